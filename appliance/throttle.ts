// Strangers can cause lines in the log. One in a while is written, with the number of those that were not.

/** Use: `const missed = throttle.pass(); if (missed !== undefined) log.warn("…", { missed })`. */
export class Throttle {
  readonly #now: () => number;
  readonly #interval: number;
  #next = Number.NEGATIVE_INFINITY;
  #missed = 0;

  /** Both in microseconds. */
  constructor(now: () => number, interval: number) {
    this.#now = now;
    this.#interval = interval;
  }

  /** How many were held back since the last that passed; undefined: this one is held back as well. */
  pass(): number | undefined {
    const now = this.#now();
    if (now < this.#next) {
      this.#missed++;
      return undefined;
    }
    const missed = this.#missed;
    this.#missed = 0;
    this.#next = now + this.#interval;
    return missed;
  }
}
