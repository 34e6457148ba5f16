// Articles that have most in common with one: by tags and series they share, a rare one counting more than a common one.

import type { Article, Site, Tag, Terms } from "../content/site.ts";

/** Articles of a tag that are looked at: the newest. */
const LOOKED_AT = 200;
export const MAX_RELATED = 4;

/** The best first; of equals, the newer one. */
export class Related {
  readonly #terms: ReadonlyMap<string, Tag>;

  constructor(site: Site) {
    const terms = new Map<string, Tag>();
    for (const { kind, list } of [site.tags, site.categories, site.series] satisfies readonly Terms[])
      for (const tag of list) terms.set(keyOf(kind, tag.name), tag);
    this.#terms = terms;
  }

  /** Others than `not`, which stand on the page already. */
  of(article: Article, not: readonly (Article | undefined)[]): readonly Article[] {
    const points = new Map<Article, number>();
    const names = [
      ...article.tags.map((name) => keyOf("tags", name)),
      ...article.categories.map((name) => keyOf("categories", name)),
      ...article.series.map((name) => keyOf("series", name)),
    ];
    for (const name of names) {
      const tag = this.#terms.get(name);
      if (tag === undefined) continue;
      const worth = 1 / Math.log2(1 + tag.articles.length);
      for (const other of tag.articles.slice(0, LOOKED_AT))
        if (other !== article && !not.includes(other)) points.set(other, (points.get(other) ?? 0) + worth);
    }
    return [...points]
      .sort(([a, x], [b, y]) => y - x || b.created.seconds - a.created.seconds)
      .slice(0, MAX_RELATED)
      .map(([other]) => other);
  }
}

/** Spellings that differ in case are one term. */
function keyOf(kind: string, name: string): string {
  return `${kind} ${name.toLowerCase()}`;
}
