// What has become of what was sent (RFC 6675 3, RFC 8985 5): [snd.una, snd.nxt) as runs of bytes that left at one time and
// share one fate. A FIN counts as a byte.
//
// Runs lie in the order of their numbers, without gaps: each begins where the one before it ends, the first at snd.una.
// What leaves within a small part of a round trip becomes one run, so that there are some dozens of them however large
// the window is; a peer whose reports would cut it into more than MAX_RUNS is not believed as finely as it speaks.

import type { Instant } from "../base/result.ts";
import { type Seq, seqDiff } from "../base/seq.ts";

/** The peer has it, though something before it is missing. */
export const SACKED = 1;
/** It is taken for lost and has not left again since. */
export const LOST = 2;
/** It has left more than once: its time says when it left last. */
export const SENT_AGAIN = 4;

/** Runs beyond which reports of the peer cut no more of them. */
export const MAX_RUNS = 96;
/** And beyond which nothing does: the memory that a peer can make one connection hold here is 4.4 KB. */
export const MOST_RUNS = 128;
const FIRST_CAPACITY = 4;
/** Room that is kept between connections. */
const KEPT_CAPACITY = 16;

export class Scoreboard {
  // Parallel arrays; runs lie at first <= i < last.
  ends: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** When it left last. */
  times: Float64Array = new Float64Array(FIRST_CAPACITY);
  marks: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  first = 0;
  last = 0;
  /** Bytes marked SACKED, and bytes marked LOST. Of a peer without SACK: what its duplicate ACKs say has arrived. */
  sacked = 0;
  lost = 0;

  get runs(): number {
    return this.last - this.first;
  }

  /** Where run `i` begins. */
  start(i: number, una: Seq): Seq {
    return i === this.first ? una : (this.ends[i - 1]! as Seq);
  }

  end(i: number): Seq {
    return this.ends[i]! as Seq;
  }

  /** Bytes up to `end` have left, for the first time or not (`mark` 0 or SENT_AGAIN). `una`: where the first run begins. */
  sent(end: Seq, now: Instant, grain: number, mark: number, una: Seq): void {
    const i = this.last - 1;
    if (i >= this.first) {
      if (this.marks[i]! === mark && now - this.times[i]! <= grain) {
        this.ends[i] = end;
        return;
      }
      if (this.runs >= MAX_RUNS) {
        this.setMarks(i, 0, una);
        this.ends[i] = end;
        this.times[i] = now;
        return;
      }
    }
    this.#insert(this.last, end, now, mark);
  }

  /** The first runs up to `first` are acknowledged: what is left moves to the front, now and then. */
  drop(first: number): void {
    const count = this.last - first;
    if (first < count) {
      this.first = first;
      return;
    }
    for (let k = 0; k < count; k++) this.#copy(k, first + k);
    this.first = 0;
    this.last = count;
  }

  /** Changes what run `i` is marked with. */
  setMarks(i: number, marks: number, una: Seq): void {
    const before = this.marks[i]!;
    if (((before ^ marks) & (SACKED | LOST)) !== 0) {
      const length = seqDiff(this.end(i), this.start(i, una));
      if ((before & SACKED) !== 0) this.sacked -= length;
      if ((before & LOST) !== 0) this.lost -= length;
      if ((marks & SACKED) !== 0) this.sacked += length;
      if ((marks & LOST) !== 0) this.lost += length;
    }
    this.marks[i] = marks;
  }

  /** Run `i` ends at `at`, which lies within it; what is left of it is run `i + 1`. False: there are `most` already. */
  split(i: number, at: Seq, most: number): boolean {
    if (this.runs >= most) return false;
    this.#insert(i, at, this.times[i]!, this.marks[i]!);
    return true;
  }

  /**
   * Run `i` becomes one with the run before it, if they share their marks and left at about the same time; when that says
   * nothing any more, or there are many runs, at any time.
   */
  join(i: number, grain: number): boolean {
    if (i <= this.first || this.marks[i]! !== this.marks[i - 1]!) return false;
    const sameTime = (this.marks[i]! & SACKED) !== 0 || this.runs > MAX_RUNS;
    if (!sameTime && Math.abs(this.times[i]! - this.times[i - 1]!) > grain) return false;
    this.ends[i - 1] = this.ends[i]!;
    this.#remove(i);
    return true;
  }

  /** Everything that is not SACKED is LOST. */
  markLost(una: Seq): void {
    for (let i = this.first; i < this.last; i++) {
      if ((this.marks[i]! & SACKED) === 0) this.setMarks(i, this.marks[i]! | LOST, una);
    }
  }

  /** Something that is under way has left more than once. */
  anySentAgain(): boolean {
    for (let i = this.first; i < this.last; i++) if ((this.marks[i]! & SENT_AGAIN) !== 0) return true;
    return false;
  }

  /** Nothing is LOST, after all. */
  unmarkLost(una: Seq): void {
    for (let i = this.first; i < this.last; i++) this.setMarks(i, this.marks[i]! & ~LOST, una);
  }

  /** The peer has thrown away what it had reported (RFC 2018 8). */
  forgetSacked(una: Seq): void {
    for (let i = this.first; i < this.last; i++) this.setMarks(i, this.marks[i]! & ~SACKED, una);
  }

  /** Nothing is under way. */
  clear(): void {
    this.first = 0;
    this.last = 0;
    this.sacked = 0;
    this.lost = 0;
    if (this.ends.length > KEPT_CAPACITY) this.#resize(FIRST_CAPACITY);
  }

  #insert(at: number, end: Seq, time: Instant, mark: number): void {
    if (this.last === this.ends.length) this.#resize(this.ends.length * 2);
    for (let k = this.last; k > at; k--) this.#copy(k, k - 1);
    this.ends[at] = end;
    this.times[at] = time;
    this.marks[at] = mark;
    this.last++;
  }

  #remove(i: number): void {
    this.last--;
    for (let k = i; k < this.last; k++) this.#copy(k, k + 1);
  }

  #copy(to: number, from: number): void {
    this.ends[to] = this.ends[from]!;
    this.times[to] = this.times[from]!;
    this.marks[to] = this.marks[from]!;
  }

  #resize(capacity: number): void {
    const ends = new Float64Array(capacity);
    const times = new Float64Array(capacity);
    const marks = new Uint8Array(capacity);
    for (let i = this.first; i < this.last; i++) {
      ends[i] = this.ends[i]!;
      times[i] = this.times[i]!;
      marks[i] = this.marks[i]!;
    }
    this.ends = ends;
    this.times = times;
    this.marks = marks;
  }
}
