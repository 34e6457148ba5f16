// Tags and categories of all documents.

import type { Layout } from "./layouts/layout.ts";
import type { Problem } from "./problem.ts";
import type { Article, Tag, TermKind } from "./site.ts";

/** One way in which a term is written. */
interface Spelling {
  readonly name: string;
  readonly path: string;
  readonly of: Gathered;
  count: number;
}

interface Gathered {
  readonly spellings: Spelling[];
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

/** The terms of a kind, and where other spellings lead. */
export interface Collected {
  readonly list: readonly Tag[];
  /** Addresses of spellings that have one of their own, and the address of the term. */
  readonly otherUrls: readonly (readonly [url: string, to: string])[];
}

/**
 * In the order of their names. Names that differ in case alone, or lead to one address, are one term: by its most frequent
 * spelling, of equals the first. That is a problem of whoever writes another. `articles`: the newest first; so are a
 * term's.
 */
export function collectTerms(
  layout: Layout,
  kind: TermKind,
  articles: readonly Article[],
  problems: Problem[],
): Collected {
  const byKey = new Map<string, Gathered>();
  const byName = new Map<string, Spelling>();
  const spelt = (name: string, path: string): Spelling => {
    const key = termUrl(layout, kind, name).toLowerCase();
    const of = byKey.get(key) ?? { spellings: [], articles: [] };
    const spelling = { name, path, of, count: 0 };
    of.spellings.push(spelling);
    byKey.set(key, of);
    byName.set(name, spelling);
    return spelling;
  };
  for (const article of articles) {
    const names = article[kind];
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const spelling = byName.get(name) ?? spelt(name, article.path);
      spelling.count++;
      const list = spelling.of.articles;
      if (list[list.length - 1] !== article) list.push(article);
    }
  }
  const otherUrls: (readonly [string, string])[] = [];
  const terms = [...byKey.values()].map(({ spellings, articles: list }): Tag => {
    const { name } = spellings.reduce((best, other) => (other.count > best.count ? other : best));
    const url = termUrl(layout, kind, name);
    for (const other of spellings) {
      if (other.name === name) continue;
      const [written, usual] = [JSON.stringify(other.name), JSON.stringify(name)];
      problems.push({
        path: other.path,
        reason: `the ${ONE[kind]} ${written} is ${usual} elsewhere; they are taken for one`,
        skipped: false,
      });
      const otherUrl = termUrl(layout, kind, other.name);
      if (otherUrl !== url) otherUrls.push([otherUrl, url]);
    }
    return { name, url, articles: list };
  });
  const list = terms.sort((a, b) => {
    const [x, y] = [a.name.toLowerCase(), b.name.toLowerCase()];
    return x < y ? -1 : x > y ? 1 : a.name < b.name ? -1 : 1;
  });
  return { list, otherUrls };
}
