// Deadlines of many connections without a look at each: a timing wheel whose entries are moved lazily. A deadline that
// moves later costs one store; the entry is looked at when its old time comes, and put where it belongs then.
// Read first: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987), scheme 6.

import { type Instant, NEVER } from "../base/result.ts";

const SPOKES = 512;

export class DeadlineWheel {
  readonly #tick: number;
  readonly #deadline: Float64Array;
  /** Turn (deadline divided by the tick) under which the entry is filed, or -1. */
  readonly #turn: Float64Array;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** First entry of each spoke plus one, 0 for none. */
  readonly #first: Int32Array = new Int32Array(SPOKES);
  #count = 0;
  /** Every filed entry's turn is in [#base, #base + SPOKES). */
  #base = 0;
  /** No filed entry's turn is less than this. */
  #earliest = 0;

  /** For entries 0 to size - 1; a deadline is found at most `tick` microseconds late. */
  constructor(size: number, tick: number) {
    this.#tick = tick;
    this.#deadline = new Float64Array(size);
    this.#turn = new Float64Array(size);
    for (let i = 0; i < size; i++) this.#turn[i] = -1;
    this.#next = new Int32Array(size);
    this.#previous = new Int32Array(size);
  }

  /** Sets or moves the entry's deadline. */
  set(entry: number, deadline: Instant, now: Instant): void {
    this.#deadline[entry] = deadline;
    const turn = Math.floor(deadline / this.#tick);
    const filed = this.#turn[entry]!;
    if (filed >= 0) {
      if (filed <= turn) return;
      this.#unlink(entry);
    }
    this.#link(entry, turn, Math.floor(now / this.#tick));
  }

  clear(entry: number): void {
    if (this.#turn[entry]! >= 0) this.#unlink(entry);
  }

  deadline(entry: number): Instant {
    return this.#deadline[entry]!;
  }

  /** Takes out one entry whose deadline has come; -1 when there is none. Call until then. */
  pop(now: Instant): number {
    // Turns before this one are wholly in the past.
    const current = Math.floor(now / this.#tick);
    while (this.#count > 0 && this.#earliest < current) {
      const entry = this.#first[this.#earliest % SPOKES]! - 1;
      if (entry < 0) {
        this.#earliest++;
        continue;
      }
      this.#unlink(entry);
      if (this.#deadline[entry]! <= now) return entry;
      // All that was filed before #earliest is out, so the wheel may turn on.
      this.#base = this.#earliest;
      this.#link(entry, Math.floor(this.#deadline[entry]! / this.#tick), current);
    }
    return -1;
  }

  /** When to call `pop` next. */
  nextDeadline(): Instant {
    if (this.#count === 0) return NEVER;
    while (this.#first[this.#earliest % SPOKES]! === 0) this.#earliest++;
    return (this.#earliest + 1) * this.#tick;
  }

  #link(entry: number, turn: number, current: number): void {
    if (this.#count === 0) {
      this.#base = current;
      this.#earliest = current + SPOKES;
    }
    // Beyond the wheel's reach, or before it: filed at its end or beginning, and looked at again there.
    let filed = turn;
    if (filed < this.#base) filed = this.#base;
    if (filed >= this.#base + SPOKES) filed = this.#base + SPOKES - 1;
    if (filed < this.#earliest) this.#earliest = filed;
    const spoke = filed % SPOKES;
    const second = this.#first[spoke]!;
    this.#turn[entry] = filed;
    this.#next[entry] = second;
    this.#previous[entry] = 0;
    if (second > 0) this.#previous[second - 1] = entry + 1;
    this.#first[spoke] = entry + 1;
    this.#count++;
  }

  #unlink(entry: number): void {
    const next = this.#next[entry]!;
    const previous = this.#previous[entry]!;
    if (next > 0) this.#previous[next - 1] = previous;
    if (previous > 0) this.#next[previous - 1] = next;
    else this.#first[this.#turn[entry]! % SPOKES] = next;
    this.#turn[entry] = -1;
    this.#count--;
  }
}
