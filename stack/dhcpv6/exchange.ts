// One exchange with servers, from its first message to its end: how long each is waited for (RFC 8415 15).

import { type Instant, MILLISECOND, NEVER } from "../base/result.ts";

export class Exchange {
  /** 24 bits that no server can foresee which is not on the link. */
  transaction = 0;
  /** Messages sent so far. */
  attempts = 0;
  began: Instant = 0;
  deadline: Instant = NEVER;
  private interval = 0;

  /** The first message is due at `now`. */
  begin(now: Instant, random: number): void {
    this.transaction = random & 0xffffff;
    this.attempts = 0;
    this.began = now;
    this.deadline = now;
  }

  end(): void {
    this.deadline = NEVER;
  }

  /**
   * A message was sent: the next one is due after `first` (IRT), then after twice as long each time, up to `most` (MRT), a
   * tenth more or less.
   */
  sent(now: Instant, first: number, most: number, random: number): void {
    const spread = ((random >>> 0) / 0xffffffff) * 0.2 - 0.1;
    // 15: RT = IRT + RAND*IRT, then 2*RTprev + RAND*RTprev, unless that is beyond MRT.
    this.interval = this.attempts === 0 ? first * (1 + spread) : this.interval * (2 + spread);
    if (this.interval > most) this.interval = most * (1 + spread);
    this.attempts++;
    this.deadline = now + Math.floor(this.interval);
  }

  /** 21.9: hundredths of a second since the first message. */
  elapsed(now: Instant): number {
    return Math.floor((now - this.began) / (10 * MILLISECOND));
  }
}
