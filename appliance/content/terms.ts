// Tags and categories of all documents.

import type { Groups } from "./groups.ts";
import type { Layout } from "./layouts/layout.ts";
import { byDate, sortedByDate } from "./order.ts";
import type { Problem } from "./problem.ts";
import type { Article, Tag, TermKind } from "./site.ts";

/** One way in which a term is written, and the articles that write it so, the newest first. */
interface Spelling {
  readonly name: string;
  readonly url: string;
  readonly articles: readonly Article[];
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
 * spelling, of equals the newest. That is a problem of whoever writes another. `names`: documents by each name that they
 * write.
 */
export function collectTerms(layout: Layout, kind: TermKind, names: Groups<string>, problems: Problem[]): Collected {
  const terms = new Map<string, Spelling[]>();
  for (const [name, articles] of names.sorted) {
    const url = termUrl(layout, kind, name);
    const key = url.toLowerCase();
    const spellings = terms.get(key);
    if (spellings === undefined) terms.set(key, [{ name, url, articles }]);
    else spellings.push({ name, url, articles });
  }
  const otherUrls: (readonly [string, string])[] = [];
  const list = [...terms.values()].map((spellings): Tag => {
    const [first] = spellings;
    if (spellings.length === 1) return first!;
    spellings.sort((a, b) => b.articles.length - a.articles.length || byDate(a.articles[0]!, b.articles[0]!));
    const { name, url } = spellings[0]!;
    for (const other of spellings.slice(1)) {
      const [written, usual] = [JSON.stringify(other.name), JSON.stringify(name)];
      problems.push({
        path: other.articles[0]!.path,
        reason: `the ${ONE[kind]} ${written} is ${usual} elsewhere; they are taken for one`,
        skipped: false,
      });
      if (other.url !== url) otherUrls.push([other.url, url]);
    }
    return { name, url, articles: sortedByDate([...new Set(spellings.flatMap(({ articles }) => articles))]) };
  });
  list.sort((a, b) => {
    const [x, y] = [a.name.toLowerCase(), b.name.toLowerCase()];
    return x < y ? -1 : x > y ? 1 : a.name < b.name ? -1 : 1;
  });
  return { list, otherUrls };
}
