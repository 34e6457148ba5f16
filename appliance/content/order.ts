// The order of articles in lists.

import type { Article } from "./site.ts";

/** Newest first; of one moment, by path, so that the order never wavers. */
export function byDate(a: Article, b: Article): number {
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

/** What came and what went between two lists of the same kind. An article that was changed is in both. */
export interface Difference {
  readonly added: readonly Article[];
  readonly removed: readonly Article[];
}

/** `list` is sorted by `compare`, and so is what comes back: the list itself where nothing of it changes. */
export function withDifference(
  list: readonly Article[],
  { added, removed }: Difference,
  compare: (a: Article, b: Article) => number,
): readonly Article[] {
  if (added.length === 0 && removed.length === 0) return list;
  const changed = list.slice();
  for (const article of removed) {
    const at = placeIn(changed, article, compare);
    if (changed[at] === article) changed.splice(at, 1);
  }
  for (const article of added) changed.splice(placeIn(changed, article, compare), 0, article);
  return changed;
}

/** Of the first that does not come before it. */
function placeIn(list: readonly Article[], article: Article, compare: (a: Article, b: Article) => number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(list[middle]!, article) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
