// RFC 6298 (how long a segment may take), RFC 6928 (initial window), and what idleness does to it. How the window grows is
// in cubic.ts, what losses do to it in recovery.ts. Functions on a Connection.

import type { Instant } from "../base/result.ts";
import type { Connection } from "./connection.ts";
import { pause } from "./cubic.ts";
import { MAX_RTO, MIN_RTO } from "./limits.ts";

/** RFC 6928 2: ten segments. */
export function initialWindow(mss: number): number {
  return Math.min(10 * mss, Math.max(2 * mss, 14_600));
}

/** RFC 6298 2.2, 2.3: takes in one measurement in µs and sets the RTO. */
export function measured(c: Connection, rtt: number): void {
  const r = Math.max(rtt, 1);
  if (c.srtt === 0) {
    c.srtt = r;
    c.rttvar = r / 2;
  } else {
    const error = c.srtt > r ? c.srtt - r : r - c.srtt;
    c.rttvar += (error - c.rttvar) / 4;
    c.srtt += (r - c.srtt) / 8;
  }
  const rto = c.srtt + Math.max(1000, 4 * c.rttvar);
  c.rto = rto < MIN_RTO ? MIN_RTO : rto > MAX_RTO ? MAX_RTO : Math.ceil(rto);
}

/** RFC 5681 4.1: after an idle RTO the old window is no longer evidence. */
export function restart(c: Connection, now: Instant): void {
  pause(c, c.sentAt, now);
  if (now - c.sentAt > c.rto) c.cwnd = Math.min(c.cwnd, initialWindow(c.mss));
}
