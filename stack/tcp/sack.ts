// What we report of what has arrived out of order (RFC 2018 4), and of what has come twice (RFC 2883 4).

import { type Seq, seqLe } from "../base/seq.ts";
import type { Connection } from "./connection.ts";
import { MAX_SACKS, MAX_SACKS_WITH_TIMESTAMPS, type Segment } from "./wire.ts";

/**
 * Fills the blocks of an ACK: what has come twice, then the intervals that something was added to last. Returns how many.
 * A duplicate is reported once.
 */
export function reportSacks(c: Connection, out: Segment): number {
  const most = c.timestamps ? MAX_SACKS_WITH_TIMESTAMPS : MAX_SACKS;
  let count = 0;
  let within = -1;
  if (c.duplicateStart !== c.duplicateEnd) {
    out.sackStarts[0] = c.duplicateStart;
    out.sackEnds[0] = c.duplicateEnd;
    count = 1;
    // RFC 2883 4.2: the interval that it lies in comes second.
    within = intervalWith(c, c.duplicateStart, c.duplicateEnd);
    if (within >= 0) {
      out.sackStarts[1] = c.intervalStart[within]!;
      out.sackEnds[1] = c.intervalEnd[within]!;
      count = 2;
    }
    c.duplicateEnd = c.duplicateStart;
  }
  let newest = c.intervalClock + 1;
  while (count < most) {
    const i = newestBefore(c, newest);
    if (i < 0) break;
    newest = c.intervalStamp[i]!;
    if (i === within) continue;
    out.sackStarts[count] = c.intervalStart[i]!;
    out.sackEnds[count] = c.intervalEnd[i]!;
    count++;
  }
  out.sacks = count;
  return count;
}

/** These bytes have come twice: to be said in the next ACK. */
export function cameTwice(c: Connection, start: Seq, end: Seq): void {
  c.duplicateStart = start;
  c.duplicateEnd = end;
}

/** The interval that was changed last before `stamp`, or -1. */
function newestBefore(c: Connection, stamp: number): number {
  let best = -1;
  for (let i = 0; i < c.intervals; i++) {
    const at = c.intervalStamp[i]!;
    if (at < stamp && (best < 0 || at > c.intervalStamp[best]!)) best = i;
  }
  return best;
}

/** The interval that contains these bytes, or -1. */
export function intervalWith(c: Connection, start: Seq, end: Seq): number {
  for (let i = 0; i < c.intervals; i++) {
    if (seqLe(c.intervalStart[i]!, start) && seqLe(end, c.intervalEnd[i]!)) return i;
  }
  return -1;
}
