// The Date field's clock: the wall clock in whole seconds, written out once a second. Read first: RFC 9110 6.6.1.
//
// A head that is queued must not change until it is acknowledged, so a date is never rewritten in place: whoever needs a
// head in a new second makes a new one from its template (29 bytes patched into a copy), and keeps it for that second.
// A page asked for ten thousand times a second costs one small copy a second.

import { copyBytes } from "../base/native.ts";
import { type Instant, SECOND } from "../base/result.ts";
import { NOTHING_SHARED, Shared } from "../base/shared.ts";
import { formatImfDate } from "../base/time.ts";

export const DATE_LENGTH = 29;

export class DateClock {
  /** Seconds since 1970 of what `bytes` says. */
  second = 0;
  /** "Sun, 06 Nov 1994 08:49:37 GMT" */
  readonly bytes: Uint8Array = new Uint8Array(DATE_LENGTH);
  /** Wall clock in microseconds at Instant 0. */
  #offset = 0;
  /** The Instant from which `bytes` is out of date. */
  #until = -1;

  /** Says what the wall clock shows (milliseconds since 1970) at the instant `now`. */
  set(wallMs: number, now: Instant): void {
    this.#offset = wallMs * 1000 - now;
    this.#until = -1;
    this.update(now);
  }

  /** Brings `second` and `bytes` up to `now`. */
  update(now: Instant): void {
    if (now < this.#until) return;
    this.second = Math.floor((this.#offset + now) / SECOND);
    this.#until = (this.second + 1) * SECOND - this.#offset;
    const text = formatImfDate(this.second);
    for (let i = 0; i < DATE_LENGTH; i++) this.bytes[i] = text.charCodeAt(i);
  }
}

/** A head in which only the date changes. */
export class StampedHead {
  /** Empty: not made yet. */
  #template: Uint8Array = new Uint8Array(0);
  #dateAt = 0;
  #current: Shared = NOTHING_SHARED;
  #second = -1;

  get made(): boolean {
    return this.#template.length > 0;
  }

  /** `template` holds any 29 bytes at `dateAt`, where the date goes. */
  make(template: Uint8Array, dateAt: number): void {
    this.#template = template;
    this.#dateAt = dateAt;
    this.#second = -1;
  }

  /** The head with the clock's date: bytes that never change, counted once for all who send them. */
  at(clock: DateClock): Shared {
    if (clock.second === this.#second) return this.#current;
    const head = new Uint8Array(this.#template.length);
    copyBytes(head, 0, this.#template, 0, head.length);
    copyBytes(head, this.#dateAt, clock.bytes, 0, DATE_LENGTH);
    this.#current = new Shared(head);
    this.#second = clock.second;
    return this.#current;
  }
}
