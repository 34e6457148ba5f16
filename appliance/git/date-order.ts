// git-log(1), "Commit Ordering", --date-order: no parent before all of its children, otherwise by the committer's date.

/**
 * Numbers of the commits that can be reached from `head` by way of those that are `wanted`. `parents` and `dates` are
 * columns by number; of commits with equal dates the one that came up first goes first.
 */
export function dateOrder(
  head: number,
  parents: readonly (readonly number[])[],
  dates: readonly number[],
  wanted: (commit: number) => boolean,
): number[] {
  if (!wanted(head)) return [];
  const children = new Int32Array(parents.length);
  const reached = new Uint8Array(parents.length);
  const stack = [head];
  reached[head] = 1;
  for (let commit = stack.pop(); commit !== undefined; commit = stack.pop())
    for (const parent of parents[commit]!) {
      children[parent] = children[parent]! + 1;
      if (reached[parent] === 1 || !wanted(parent)) continue;
      reached[parent] = 1;
      stack.push(parent);
    }

  const order: number[] = [];
  const queue = new DateQueue(dates);
  let next: number | undefined = head;
  while (next !== undefined) {
    const commit: number = next;
    next = undefined;
    order.push(commit);
    for (const parent of parents[commit]!) {
      const left = children[parent]! - 1;
      children[parent] = left;
      if (left > 0 || reached[parent] !== 1) continue;
      // Most of a history is one line: it needs no queue.
      if (next === undefined && queue.isEmpty) {
        next = parent;
        continue;
      }
      if (next !== undefined) queue.push(next);
      next = undefined;
      queue.push(parent);
    }
    next ??= queue.pop();
  }
  return order;
}

/** A binary heap, the youngest commit on top, ties in order of arrival. */
class DateQueue {
  readonly #dates: readonly number[];
  readonly #heap: number[] = [];
  readonly #arrivals: number[] = [];
  #arrived = 0;

  constructor(dates: readonly number[]) {
    this.#dates = dates;
  }

  get isEmpty(): boolean {
    return this.#heap.length === 0;
  }

  push(commit: number): void {
    let at = this.#heap.length;
    this.#heap.push(commit);
    this.#arrivals.push(this.#arrived++);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#before(at, above)) break;
      this.#swap(at, above);
      at = above;
    }
  }

  pop(): number | undefined {
    const top = this.#heap[0];
    const last = this.#heap.length - 1;
    if (last > 0) this.#swap(0, last);
    this.#heap.pop();
    this.#arrivals.pop();
    let at = 0;
    for (;;) {
      let best = at;
      for (const below of [2 * at + 1, 2 * at + 2]) if (below < last && this.#before(below, best)) best = below;
      if (best === at) return top;
      this.#swap(at, best);
      at = best;
    }
  }

  #before(a: number, b: number): boolean {
    const aDate = this.#dates[this.#heap[a]!]!;
    const bDate = this.#dates[this.#heap[b]!]!;
    return aDate !== bDate ? aDate > bDate : this.#arrivals[a]! < this.#arrivals[b]!;
  }

  #swap(a: number, b: number): void {
    const commit = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = commit;
    const arrival = this.#arrivals[a]!;
    this.#arrivals[a] = this.#arrivals[b]!;
    this.#arrivals[b] = arrival;
  }
}
