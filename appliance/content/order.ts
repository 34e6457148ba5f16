// The order of articles in lists.

import type { Article } from "./site.ts";

/** Newest first; of one moment, by path, so that the order never wavers. */
export function byDate(a: Article, b: Article): number {
  return b.created.seconds - a.created.seconds || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}

/** By weight, those without one last; then as `byDate`. */
export function byWeight(a: Article, b: Article): number {
  return (a.weight ?? Number.MAX_VALUE) - (b.weight ?? Number.MAX_VALUE) || byDate(a, b);
}
