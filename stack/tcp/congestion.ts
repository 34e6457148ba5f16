// How fast to send: RFC 6298 (retransmission timer), RFC 5681 (slow start, congestion avoidance, fast retransmit),
// RFC 6582 (NewReno), RFC 6928 (initial window), RFC 3042 (limited transmit, in output.ts). Functions on a Connection.

import { type Instant, NEVER } from "../base/result.ts";
import { seqDiff, seqLt } from "../base/seq.ts";
import type { Connection } from "./connection.ts";
import { MAX_RTO, MIN_RTO } from "./limits.ts";

/** Duplicate ACKs that mean a loss (RFC 5681 3.2). */
export const DUP_ACK_THRESHOLD = 3;

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

/** Bytes sent and not acknowledged; after a timeout those sent since. */
export function flight(c: Connection): number {
  return seqDiff(c.sndNxt, c.sndUna);
}

/**
 * An ACK of `acked` new bytes: cwnd grows or recovery goes on. Called when snd.una has moved. True: a partial ACK, and
 * the segment at snd.una must be sent again. `inFlight` is what was outstanding before the ACK.
 */
export function acknowledged(c: Connection, acked: number, inFlight: number): boolean {
  if (c.inRecovery) {
    if (seqLt(c.sndUna, c.recover)) {
      // RFC 6582 3.2 step 3, partial acknowledgment: deflate by what left, add back one segment.
      c.cwnd = Math.max(c.mss, c.cwnd - acked + (acked >= c.mss ? c.mss : 0));
      return true;
    }
    // Full acknowledgment: the careful variant, against a burst.
    c.cwnd = Math.min(c.ssthresh, Math.max(flight(c), c.mss) + c.mss);
    c.inRecovery = false;
    c.dupAcks = 0;
    return false;
  }
  c.dupAcks = 0;
  // RFC 7661 in short: a window that was not in use says nothing about the path.
  if (inFlight * 2 < c.cwnd) return false;
  if (c.cwnd < c.ssthresh) {
    // RFC 5681 3.1 (2) with RFC 3465 L = 2, for ACKs that cover two segments.
    c.cwnd += Math.min(acked, 2 * c.mss);
  } else {
    c.cwndCredit += acked;
    if (c.cwndCredit >= c.cwnd) {
      c.cwndCredit -= c.cwnd;
      c.cwnd += c.mss;
    }
  }
  return false;
}

/** A duplicate ACK. True: the segment at snd.una must be sent again (fast retransmit). */
export function duplicateAck(c: Connection): boolean {
  c.dupAcks++;
  if (c.inRecovery) {
    // RFC 6582 3.2 step 2: each one means that a segment has left the network.
    c.cwnd += c.mss;
    return false;
  }
  if (c.dupAcks !== DUP_ACK_THRESHOLD) return false;
  // RFC 6582 3.2 step 1: not again for losses of the same window, after a timeout as little.
  if (c.retries > 0 || !seqLt(c.recover, c.sndUna)) return false;
  c.ssthresh = Math.max(seqDiff(c.sndMax, c.sndUna) / 2, 2 * c.mss);
  c.recover = c.sndMax;
  c.inRecovery = true;
  c.cwnd = c.ssthresh + DUP_ACK_THRESHOLD * c.mss;
  c.rttAt = NEVER;
  return true;
}

/** The retransmission timer has run out: RFC 5681 3.1 (4), RFC 6298 5.5, RFC 6582 4. */
export function timedOut(c: Connection): void {
  // RFC 5681 3.1: ssthresh is set once for one loss, not for each time that the segment is sent again.
  if (c.retries === 0) c.ssthresh = Math.max(seqDiff(c.sndMax, c.sndUna) / 2, 2 * c.mss);
  c.cwnd = c.mss;
  c.cwndCredit = 0;
  c.recover = c.sndMax;
  c.inRecovery = false;
  c.dupAcks = 0;
  c.retries++;
  c.rto = Math.min(c.rto * 2, MAX_RTO);
  c.rttAt = NEVER;
}

/** RFC 5681 4.1: after an idle RTO the old window is no longer evidence. */
export function restart(c: Connection, now: Instant): void {
  if (now - c.sentAt > c.rto) c.cwnd = Math.min(c.cwnd, initialWindow(c.mss));
}
