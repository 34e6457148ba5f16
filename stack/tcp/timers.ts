// The next deadline among all connections: a binary heap that is kept lazily.
//
// A connection keeps its own deadlines (connection.ts) and tells the heap only the earliest. Nearly every change moves
// that later (an ACK restarts the retransmission timer), and a later deadline is not entered: the old entry comes up,
// the connection is asked again and put back. So a request on a kept-alive connection costs one comparison here, and
// each connection at most one heap operation for each time that a deadline would have come.

import { type Instant, NEVER } from "../base/result.ts";

export class Timers {
  readonly #at: Float64Array;
  readonly #who: Int32Array;
  /** Place of a connection in the heap, -1: none. */
  readonly #place: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#at = new Float64Array(capacity);
    this.#who = new Int32Array(capacity);
    this.#place = new Int32Array(capacity);
    for (let i = 0; i < capacity; i++) this.#place[i] = -1;
  }

  /** No deadline comes before this one. */
  get first(): Instant {
    return this.#size === 0 ? NEVER : this.#at[0]!;
  }

  /** The connection wants to be asked at `at` or before. */
  schedule(who: number, at: Instant): void {
    let place = this.#place[who]!;
    if (place < 0) {
      if (at === NEVER) return;
      place = this.#size++;
    } else if (this.#at[place]! <= at) return;
    this.#up(place, who, at);
  }

  /** Takes the connection whose entry is first; there must be one. */
  take(): number {
    const who = this.#who[0]!;
    this.#place[who] = -1;
    const last = --this.#size;
    if (last > 0) this.#down(this.#who[last]!, this.#at[last]!);
    return who;
  }

  #put(place: number, who: number, at: Instant): void {
    this.#at[place] = at;
    this.#who[place] = who;
    this.#place[who] = place;
  }

  #up(from: number, who: number, at: Instant): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#at[parent]! <= at) break;
      this.#put(place, this.#who[parent]!, this.#at[parent]!);
      place = parent;
    }
    this.#put(place, who, at);
  }

  #down(who: number, at: Instant): void {
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#at[child + 1]! < this.#at[child]!) child++;
      if (this.#at[child]! >= at) break;
      this.#put(place, this.#who[child]!, this.#at[child]!);
      place = child;
    }
    this.#put(place, who, at);
  }
}
