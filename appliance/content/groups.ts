// Articles by a key: by their tags, their directories, their years. From one Site to the next only the groups are made
// anew in which something came or went.

import { byDate, type Difference, withDifference } from "./order.ts";
import type { Article } from "./site.ts";

/** Articles between two pauses. */
const PAUSE_ARTICLES = 64;
/** Groups that are copied between two pauses. */
const PAUSE_GROUPS = 16;

type Key = string | number;

/** Immutable. A group that is empty is not there. */
export class Groups<K extends Key> {
  readonly #keysOf: (article: Article) => readonly K[];
  readonly #lists: ReadonlyMap<K, readonly Article[]>;

  private constructor(keysOf: (article: Article) => readonly K[], lists: ReadonlyMap<K, readonly Article[]>) {
    this.#keysOf = keysOf;
    this.#lists = lists;
  }

  /** `articles`: the newest first; so is each group. An article that has a key twice is in its group once. */
  static *of<K extends Key>(
    articles: readonly Article[],
    keysOf: (article: Article) => readonly K[],
  ): Generator<undefined, Groups<K>, undefined> {
    const lists = new Map<K, Article[]>();
    let steps = 0;
    for (const article of articles) {
      if (++steps % PAUSE_ARTICLES === 0) yield;
      for (const key of keysOf(article)) {
        const list = lists.get(key);
        if (list === undefined) lists.set(key, [article]);
        else if (list[list.length - 1] !== article) list.push(article);
      }
    }
    return new Groups(keysOf, lists);
  }

  /** Equal to what `of` makes of all that is there then; an article that was never here may be among what went. */
  *with({ added, removed }: Difference): Generator<undefined, Groups<K>, undefined> {
    const changes = new Map<K, { readonly added: Article[]; readonly removed: Article[] }>();
    const note = (articles: readonly Article[], which: keyof Difference): void => {
      for (const article of articles)
        for (const key of new Set(this.#keysOf(article))) {
          const change = changes.get(key) ?? { added: [], removed: [] };
          change[which].push(article);
          changes.set(key, change);
        }
    };
    note(added, "added");
    note(removed, "removed");

    if (changes.size === 0) return this;
    const lists = new Map(this.#lists);
    let steps = 0;
    for (const [key, change] of changes) {
      if (++steps % PAUSE_GROUPS === 0) yield;
      const list = withDifference(lists.get(key) ?? [], change, byDate);
      if (list.length === 0) lists.delete(key);
      else lists.set(key, list);
    }
    return new Groups(this.#keysOf, lists);
  }

  /** In the order of their keys: the same after whatever history. */
  get sorted(): readonly (readonly [key: K, articles: readonly Article[]])[] {
    return [...this.#lists].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  get(key: K): readonly Article[] | undefined {
    return this.#lists.get(key);
  }
}
