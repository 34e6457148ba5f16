/// <reference path="../base/native.d.ts" />
// The prefix behind which a router's network translates to IPv4 (RFC 8781). One: who was told of first stays until its time
// is over.

import { equalBytes } from "../base/native.ts";
import { type Instant, NEVER, SECOND } from "../base/result.ts";
import { TRANSLATION_LENGTHS, Translation } from "../base/translation.ts";

/** RFC 8781 4: lifetimes count in eights of seconds. */
const LIFETIME_UNIT = 8 * SECOND;
const PREFIX_BYTES = 12;

export class Translator {
  readonly translation: Translation = new Translation();
  private until: Instant = NEVER;

  /** Reads a PREF64 option (4). */
  read(bytes: Uint8Array, at: number, now: Instant): void {
    const word = nativeLoad16(bytes, at + 2);
    const code = word & 7;
    if (bytes[at + 1]! !== 2 || code >= TRANSLATION_LENGTHS.length) return;
    const { translation } = this;
    const length = TRANSLATION_LENGTHS[code]!;
    const until = now + (word >>> 3) * LIFETIME_UNIT;
    const told = new Translation();
    const whole = new Uint8Array(16);
    nativeCopy(whole, 0, bytes, at + 4, PREFIX_BYTES);
    told.take(whole, 0, length);
    const same = translation.length === length && equalBytes(told.prefix, 0, translation.prefix, 0, 16);
    if (translation.length > 0 && !same) return;
    translation.take(told.prefix, 0, until > now ? length : 0);
    this.until = until > now ? until : NEVER;
  }

  step(now: Instant): void {
    if (now < this.until) return;
    this.translation.length = 0;
    this.until = NEVER;
  }

  nextDeadline(): Instant {
    return this.until;
  }
}
