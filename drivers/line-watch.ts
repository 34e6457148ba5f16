// Whether the line by which a device wakes the machine leads to it at all: firmware says so, and firmware can be wrong. A card
// is looked at now and then though it was silent; when it had called all the while, nobody was woken.

import { MILLISECOND } from "../stack/base/result.ts";

/** How often a device that wakes by a line is looked at although it was silent. */
export const LINE_INTERVAL = 250 * MILLISECOND;
/** How often it may then have called in vain: after that it is polled. */
export const MISSED_MOST = 4;

export class LineWatch {
  private missed = 0;

  /** The device has called, and what it called for was found `since` after the last look. */
  called(since: number): void {
    if (since >= LINE_INTERVAL) this.missed++;
  }

  lost(): boolean {
    return this.missed >= MISSED_MOST;
  }
}
