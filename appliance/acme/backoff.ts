// How long to wait after something went wrong: longer each time, with chance in it, and as the authority says.

import type { Failure } from "./problem.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** After what may be over in a moment: an authority that is away. */
export const FIRST_PASSING = 15 * SECOND;
export const LAST_PASSING = 30 * MINUTE;
/** After a refusal: Let's Encrypt allows five proofs that fail, and one more every twelve minutes; two ways are two. */
export const FIRST_REFUSED = 10 * MINUTE;
export const LAST_REFUSED = 12 * HOUR;
/** When there is another way to prove a name that has not been tried. */
export const OTHER_WAY = 10 * SECOND;
/** What an authority may ask for: one that wants more is asked once a day all the same. */
export const LONGEST = 24 * HOUR;

export class Backoff {
  #passing = FIRST_PASSING;
  #refused = FIRST_REFUSED;

  reset(): void {
    this.#passing = FIRST_PASSING;
    this.#refused = FIRST_REFUSED;
  }

  /** Milliseconds; `chance` is from 0 to 1, `otherWay`: there is one. */
  next(failure: Failure, otherWay: boolean, chance: number): number {
    if (failure.retryAfter !== undefined) {
      // Not all at once when its time has come, and not before.
      const asked = Math.max(FIRST_PASSING, failure.retryAfter);
      return Math.min(LONGEST, asked + chance * Math.min(asked / 10, 10 * MINUTE));
    }
    if (otherWay) return OTHER_WAY * (1 + chance);
    if (failure.passing) {
      const wait = this.#passing;
      this.#passing = Math.min(LAST_PASSING, wait * 2);
      return wait * (0.75 + chance / 4);
    }
    const wait = this.#refused;
    this.#refused = Math.min(LAST_REFUSED, wait * 2);
    return wait * (0.75 + chance / 4);
  }
}
