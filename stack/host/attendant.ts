// What a target wants done in each step of the host besides the stack: its other devices, and word of its card.

import { type Instant, NEVER } from "../base/result.ts";
import type { EventQueue } from "./event-queue.ts";
import { EVENT_NOTICE, EVENT_POWER } from "./events.ts";

/** What somebody outside wants of the machine. */
export const WISH_NONE = 0;
export const WISH_POWER_OFF = 1;
export const WISH_RESTART = 2;

export abstract class Attendant {
  /** WISH_: `attend` sets it, and returns who wants it. */
  wish = WISH_NONE;

  /** Called in each poll, after the link has been polled. Returns what the person at the console should know, or "". */
  abstract attend(now: Instant): string;

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
