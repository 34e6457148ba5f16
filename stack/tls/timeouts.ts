// Deadlines of one kind, all of the same length: whoever enters last is due last, so a list in the order of entry is
// sorted. By index; -1 for none.

import { type Instant, NEVER } from "../base/result.ts";

export class Timeouts {
  readonly #after: Instant;
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  readonly #due: Float64Array;
  #oldest = -1;
  #newest = -1;
  count = 0;

  /** For indices below `capacity`; each is due `after` microseconds after it has entered. */
  constructor(capacity: number, after: Instant) {
    this.#after = after;
    this.#older = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
    this.#due = new Float64Array(capacity);
    for (let i = 0; i < capacity; i++) this.#due[i] = NEVER;
  }

  has(index: number): boolean {
    return this.#due[index]! !== NEVER;
  }

  /** Its time begins, or begins anew. */
  enter(index: number, now: Instant): void {
    this.leave(index);
    this.#due[index] = now + this.#after;
    this.#older[index] = this.#newest;
    this.#newer[index] = -1;
    if (this.#newest >= 0) this.#newer[this.#newest] = index;
    else this.#oldest = index;
    this.#newest = index;
    this.count++;
  }

  leave(index: number): void {
    if (!this.has(index)) return;
    const older = this.#older[index]!;
    const newer = this.#newer[index]!;
    if (older >= 0) this.#newer[older] = newer;
    else this.#oldest = newer;
    if (newer >= 0) this.#older[newer] = older;
    else this.#newest = older;
    this.#due[index] = NEVER;
    this.count--;
  }

  /** The one that has been there longest. */
  get oldest(): number {
    return this.#oldest;
  }

  /** When the oldest is due; NEVER: there is none. */
  get deadline(): Instant {
    return this.#oldest < 0 ? NEVER : this.#due[this.#oldest]!;
  }
}
