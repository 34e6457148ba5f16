// The order in which entries of a table were let go of: a list through the table, doubly linked by index. Whoever wants
// an entry takes the one that has been in it for longest.

const NONE = -1;

export class Recency {
  /** The entry that has been here for longest; -1: there is none. */
  oldest = NONE;
  #newest = NONE;
  readonly #older: Int32Array;
  readonly #newer: Int32Array;

  constructor(capacity: number) {
    this.#older = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
  }

  /** Enters what is not in it, as the newest. */
  append(entry: number): void {
    this.#older[entry] = this.#newest;
    this.#newer[entry] = NONE;
    if (this.#newest >= 0) this.#newer[this.#newest] = entry;
    else this.oldest = entry;
    this.#newest = entry;
  }

  /** Takes out what is in it. */
  remove(entry: number): void {
    const older = this.#older[entry]!;
    const newer = this.#newer[entry]!;
    if (older >= 0) this.#newer[older] = newer;
    else this.oldest = newer;
    if (newer >= 0) this.#older[newer] = older;
    else this.#newest = older;
  }
}
