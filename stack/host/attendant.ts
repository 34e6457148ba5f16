// What a target wants done in each step of the host besides the stack: its other devices, and word of its card.

import { type Instant, NEVER } from "../base/result.ts";
import type { EventQueue } from "./event-queue.ts";
import { EVENT_COPIED, EVENT_NOTICE, EVENT_POWER } from "./events.ts";
import type { Random } from "./random.ts";
import type { Secure } from "./secure.ts";

/** What somebody outside wants of the machine. */
export const WISH_NONE = 0;
export const WISH_POWER_OFF = 1;
export const WISH_RESTART = 2;

const NO_RENEWAL = new Uint8Array(0);
/** How many bytes a renewal has, if any. */
export const RENEWAL_LENGTH = 64;

export abstract class Attendant {
  /** WISH_: `attend` sets it, and returns who wants it. */
  wish = WISH_NONE;

  /** Called in each poll, after the link has been polled. Returns what the person at the console should know, or "". */
  abstract attend(now: Instant): string;

  /**
   * Asked first in each poll. Bytes that nobody else has: the machine was copied, or set back, and what it took for a secret
   * before may be known. None: it was not.
   */
  renewal(): Uint8Array {
    return NO_RENEWAL;
  }

  /** When to be called again at the latest. */
  nextDeadline(): Instant {
    return NEVER;
  }
}

/** Nothing else to do. */
export class NoAttendant extends Attendant {
  override attend(_now: Instant): string {
    return "";
  }
}

/** Calls it, and tells the edge what came of that. */
export function attend(attendant: Attendant, events: EventQueue, now: Instant): void {
  const word = attendant.attend(now);
  if (attendant.wish !== WISH_NONE) events.push(EVENT_POWER, 0, attendant.wish, word);
  else if (word !== "") events.push(EVENT_NOTICE, 0, 0, word);
  attendant.wish = WISH_NONE;
}

/** Has nothing go on that was random before, when the machine was copied. */
export function renew(
  attendant: Attendant,
  random: Random,
  seed: Uint8Array,
  secure: Secure | undefined,
  events: EventQueue,
  now: Instant,
): void {
  const fresh = attendant.renewal();
  if (fresh.length === 0) return;
  random.add(fresh.subarray(0, 16));
  for (let i = 0; i < seed.length; i++) seed[i] = seed[i]! ^ fresh[i]!;
  secure?.renew(fresh, now);
  events.push(EVENT_COPIED, 0, 0, "");
}
