// Tags and categories of all documents.

import type { Layout } from "./layouts/layout.ts";
import { byDate } from "./order.ts";
import type { Problem } from "./problem.ts";
import type { Article, Tag, TermKind } from "./site.ts";

interface Gathered {
  /** Each spelling, and how often it is written. */
  readonly spellings: Map<string, { count: number; readonly path: string }>;
  readonly articles: Article[];
}

const ONE: Readonly<Record<TermKind, string>> = {
  tags: "tag",
  categories: "category",
  series: "series",
  authors: "author",
};

/** The address of a term's list; a generator's own for what it has lists of. */
export function termUrl(layout: Layout, kind: TermKind, name: string): string {
  if (kind === "tags" || kind === "categories") return layout.termUrl(kind, name);
  // Two slashes are one in every request: `name (https://x.example)`.
  return layout.slashes
    ? `/${kind}/${name.toLowerCase().replace(/[\s/]+/g, "-")}/`
    : `/${kind}/${name.replace(/\/{2,}/g, "/")}`;
}

/**
 * In the order of their names. Names that differ in case alone, or lead to one address, are one term: by its most frequent
 * spelling, of equals the first. That is a problem of whoever writes another.
 */
export function collectTerms(
  layout: Layout,
  kind: TermKind,
  articles: readonly Article[],
  problems: Problem[],
): readonly Tag[] {
  const byKey = new Map<string, Gathered>();
  for (const article of articles)
    for (const name of article[kind]) {
      const key = termUrl(layout, kind, name).toLowerCase();
      const known = byKey.get(key);
      const gathered: Gathered = known ?? { spellings: new Map(), articles: [] };
      if (known === undefined) byKey.set(key, gathered);
      const spelling = gathered.spellings.get(name);
      if (spelling === undefined) gathered.spellings.set(name, { count: 1, path: article.path });
      else spelling.count++;
      if (gathered.articles[gathered.articles.length - 1] !== article) gathered.articles.push(article);
    }
  const terms = [...byKey.values()].map(({ spellings, articles: list }): Tag => {
    const [name] = [...spellings].reduce((best, other) => (other[1].count > best[1].count ? other : best));
    for (const [other, { path }] of spellings)
      if (other !== name)
        problems.push({
          path,
          reason: `the ${ONE[kind]} ${JSON.stringify(other)} is ${JSON.stringify(name)} elsewhere; they are taken for one`,
          skipped: false,
        });
    return { name, url: termUrl(layout, kind, name), articles: list.sort(byDate) };
  });
  return terms.sort((a, b) => {
    const [x, y] = [a.name.toLowerCase(), b.name.toLowerCase()];
    return x < y ? -1 : x > y ? 1 : a.name < b.name ? -1 : 1;
  });
}

/** The address of each spelling that is not the term's own. */
export function otherSpellings(
  layout: Layout,
  kind: TermKind,
  articles: readonly Article[],
  terms: readonly Tag[],
): ReadonlyMap<string, string> {
  const urls = new Map(terms.map(({ url }) => [url.toLowerCase(), url]));
  const others = new Map<string, string>();
  for (const article of articles)
    for (const name of article[kind]) {
      const url = termUrl(layout, kind, name);
      const own = urls.get(url.toLowerCase());
      if (own !== undefined && own !== url) others.set(url, own);
    }
  return others;
}
