// How long a forge is waited for. It may count and compress for minutes before a pack begins, and lines are slow; but a
// server that sends a byte now and then must not hold the next update up, nor a dead one the hook that says it is well.

/** Microseconds without a byte. */
export const SILENCE = 60_000_000;
/** Until what was asked for begins to come; words of progress are not that. */
export const BEGIN_WITHIN = 300_000_000;
/** From then on it comes at this rate at least, in bytes a second, looked at over this time. */
export const LEAST_RATE = 1000;
export const WINDOW = 30_000_000;
/** Silence, and the time over which the rate is looked at, when a newer update waits. */
export const HURRIED = 5_000_000;
/** And how long that one waits at all, however fast it comes: a hostile forge sends just enough, for hours. */
export const HURRIED_WITHIN = 60_000_000;
/** An honest one behind a slow line needs longer: twice as long each time that it was given up for that, up to this. */
export const LONGEST_HURRIED_WITHIN = 3600_000_000;
/** Bytes of progress in that time that show a server at work. */
export const LEAST_PROGRESS = 100;

export class Patience {
  readonly #now: () => number;
  readonly #start: number;
  #last: number;
  #begun = false;
  #window = WINDOW;
  #windowStart: number;
  /** Since then: bytes of what was asked for, and of progress. */
  #bytes = 0;
  #progress = 0;
  readonly #hurriedWithin: number;
  #hurriedAt: number | undefined;
  /** It was given up because another waited, though it got on. */
  overtaken = false;

  /** `now`: a clock in microseconds. The wait begins. */
  constructor(now: () => number, hurriedWithin = HURRIED_WITHIN) {
    this.#now = now;
    this.#hurriedWithin = hurriedWithin;
    this.#start = now();
    this.#last = this.#start;
    this.#windowStart = this.#start;
  }

  /** So many bytes of what was asked for have come. */
  received(bytes: number): void {
    this.#last = this.#now();
    if (!this.#begun) this.#openWindow();
    this.#begun = true;
    this.#bytes += bytes;
  }

  /** So many bytes of something else have come. */
  progressed(bytes: number): void {
    this.#last = this.#now();
    this.#progress += bytes;
  }

  /** A newer update waits. */
  hurry(): void {
    if (this.#hurriedAt !== undefined) return;
    this.#hurriedAt = this.#now();
    this.#window = HURRIED;
    this.#openWindow();
  }

  /** To be asked once a second at least: the server is not worth waiting for any longer. */
  isOver(): boolean {
    const now = this.#now();
    const hurriedAt = this.#hurriedAt;
    if (now - this.#last > (hurriedAt === undefined ? SILENCE : HURRIED)) return true;
    this.overtaken = hurriedAt !== undefined && now - hurriedAt > this.#hurriedWithin;
    if (this.overtaken) return true;
    if (!this.#begun && now - this.#start > BEGIN_WITHIN) return true;
    if (now - this.#windowStart < this.#window) return false;
    const [bytes, progress] = [this.#bytes, this.#progress];
    const least = (LEAST_RATE * this.#window) / 1_000_000;
    this.#openWindow();
    if (this.#begun) return bytes < least;
    return hurriedAt !== undefined && progress < LEAST_PROGRESS;
  }

  #openWindow(): void {
    this.#windowStart = this.#now();
    this.#bytes = 0;
    this.#progress = 0;
  }
}
