// The order of articles in lists.

import type { Article } from "./site.ts";

/** Newest first; of one moment, by path, so that the order never wavers. */
function byDate(a: Article, b: Article): number {
  return b.created.seconds - a.created.seconds || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}

/**
 * As `byDate` sorts. By the seconds alone, as numbers, and only what has the same ones by a comparison: sorting is most of
 * what many articles cost otherwise.
 */
export function sortedByDate(articles: readonly Article[]): Article[] {
  const bySecond = new Map<number, Article[]>();
  for (const article of articles) {
    const { seconds } = article.created;
    const same = bySecond.get(seconds);
    if (same === undefined) bySecond.set(seconds, [article]);
    else same.push(article);
  }
  const moments = new Float64Array([...bySecond.keys()]).sort();
  const sorted: Article[] = [];
  for (let i = moments.length - 1; i >= 0; i--) {
    const same = bySecond.get(moments[i]!)!;
    if (same.length > 1) same.sort(byDate);
    for (const article of same) sorted.push(article);
  }
  return sorted;
}

/** By weight, those without one last; then as `byDate`. */
export function byWeight(a: Article, b: Article): number {
  return (a.weight ?? Number.MAX_VALUE) - (b.weight ?? Number.MAX_VALUE) || byDate(a, b);
}
