// How a loss is mended: fast recovery at the pace of proportional rate reduction (RFC 6937), recovery after a timeout, and
// how either is taken back when it was for nothing (Eifel: RFC 3522 detects by timestamps, RFC 4015 answers). For peers
// without SACK duplicate ACKs are counted (RFC 5681 3.2, RFC 6582). Functions on a Connection.

import { RECOVERIES, RECOVERIES_UNDONE } from "../base/counters.ts";
import { type Instant, NEVER } from "../base/result.ts";
import { seqAdd, seqDiff, seqLe, seqLt } from "../base/seq.ts";
import {
  type Connection,
  FAST_RECOVERY,
  NO_RECOVERY,
  RTO_RECOVERY,
  TIMER_REORDER,
  TIMER_RETRANSMIT,
  TIMER_TAIL,
} from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { BETA, countRound, grow, isCongestion, reduced } from "./cubic.ts";
import { reduceForEcho, windowReduced } from "./ecn.ts";
import { DUP_ACK_THRESHOLD, LEAST_PROBE_TIME, MAX_RTO, WORST_ACK_DELAY } from "./limits.ts";
import { detectLoss, markAfterTimeout, recovered } from "./rack.ts";
import { LOST, MOST_RUNS, SENT_AGAIN } from "./scoreboard.ts";
import { ECE } from "./wire.ts";

/** Bytes between snd.una and snd.nxt. */
export function flight(c: Connection): number {
  return seqDiff(c.sndNxt, c.sndUna);
}

/** Bytes that are in the network, as far as is known (RFC 6675 4, "pipe"). */
export function pipe(c: Connection): number {
  const board = c.sender.board;
  return flight(c) - board.sacked - board.lost;
}

/**
 * What follows from an ACK: `acked` bytes were acknowledged, `delivered` are known to have arrived since the last ACK,
 * `inFlight` were under way before. Sets the congestion window, and what is lost.
 */
export function afterAck(
  core: TcpCore,
  c: Connection,
  acked: number,
  delivered: number,
  inFlight: number,
  now: Instant,
): void {
  const s = c.sender;
  const board = s.board;
  const lostBefore = board.lost;
  s.echoed = c.ecn && (core.segment.flags & ECE) !== 0;
  s.reorderWait = c.sackPermitted && (board.sacked > 0 || c.recovery !== NO_RECOVERY) ? detectLoss(c, now) : 0;
  if (s.probing) tailProbeAnswered(core, c, acked, delivered);
  // RFC 9438 5.8: a window that is not used does not grow. It is judged by the round, not by the ACK: when the ACKs of a
  // whole window come at once, little is in flight before the last of them.
  const inUse = s.roundMostInFlight * 2 >= c.cwnd;
  countRound(c, delivered, inFlight);
  if (c.recovery === NO_RECOVERY) {
    if (board.lost > 0) {
      beginFastRecovery(core, c);
      mend(c, delivered, true, inUse, now);
    } else if (s.echoed) reduceForEcho(core, c);
    else if (acked > 0 && inUse) grow(c, acked, now);
    return;
  }
  if (acked > 0 && s.undoable && spurious(core, c)) return;
  if (seqLe(c.recover, c.sndUna)) {
    if (c.recovery === RTO_RECOVERY || s.tolerated) grow(c, delivered, now);
    // RFC 6582 3.2 step 3: without SACK the careful variant, against a burst.
    else c.cwnd = c.sackPermitted ? c.ssthresh : Math.min(c.ssthresh, Math.max(flight(c), c.mss) + c.mss);
    endRecovery(c);
    return;
  }
  if (c.recovery === FAST_RECOVERY) mend(c, delivered, acked > 0 && board.lost <= lostBefore, inUse, now);
  else if (acked > 0 && !s.echoed) grow(c, acked, now);
}

/** The reordering window is over for what was waited for (RFC 8985 6.2 step 5). */
export function reorderingEnds(core: TcpCore, c: Connection, now: Instant): void {
  c.sender.reorderWait = detectLoss(c, now);
  if (c.sender.board.lost > 0) {
    if (c.recovery === NO_RECOVERY) beginFastRecovery(core, c);
    if (c.recovery === FAST_RECOVERY) mend(c, 0, false, false, now);
    core.wake(c);
  }
  arm(c, now);
}

/** Sets the timer anew for what is in flight: RFC 6298 5.3, or what comes before it (RFC 8985 6.2, 7.2). */
export function arm(c: Connection, now: Instant): void {
  const s = c.sender;
  c.timer = TIMER_RETRANSMIT;
  if (c.sndMax === c.sndUna) {
    c.timerAt = NEVER;
    return;
  }
  c.timerAt = now + c.rto;
  if (s.reorderWait === 0) armTailProbe(c, now);
  else if (s.reorderWait < c.rto) {
    c.timerAt = now + s.reorderWait;
    c.timer = TIMER_REORDER;
  }
}

/** RFC 8985 7.2: a tail loss probe before the retransmission timer, if there is to be one. */
export function armTailProbe(c: Connection, now: Instant): void {
  const s = c.sender;
  if (!c.sackPermitted || c.recovery !== NO_RECOVERY || s.probing || s.board.sacked !== 0 || c.srtt === 0) return;
  let wait = Math.max(2 * c.srtt, LEAST_PROBE_TIME);
  if (flight(c) <= c.mss) wait += WORST_ACK_DELAY;
  const at = now + Math.ceil(wait);
  if (at >= c.timerAt) return;
  c.timerAt = at;
  c.timer = TIMER_TAIL;
}

/** Something is lost. */
export function beginFastRecovery(core: TcpCore, c: Connection): void {
  remember(c);
  core.note(RECOVERIES);
  c.recovery = FAST_RECOVERY;
  c.recover = c.sndNxt;
  c.retransmitDue = true;
  c.sender.tolerated = c.sackPermitted && !isCongestion(c);
  if (!c.sender.tolerated) beginReduction(c);
}

/** The window becomes smaller, once for a window of data. */
function beginReduction(c: Connection): void {
  const s = c.sender;
  const used = flight(c);
  s.tolerated = false;
  // RFC 3168 6.1.2: once for a window of data, be it marked or lost.
  const once = seqLt(c.sndUna, s.reducedUntil);
  c.ssthresh = once ? Math.max(Math.floor(c.cwnd), 2 * c.mss) : reduced(c, used, BETA);
  windowReduced(c);
  s.delivered = 0;
  s.out = 0;
  s.flightBefore = Math.max(used, 1);
}

/** An ACK during fast recovery. While its losses are tolerated the window goes on as before. */
function mend(c: Connection, delivered: number, safe: boolean, inUse: boolean, now: Instant): void {
  if (c.sender.tolerated) {
    if (!isCongestion(c)) {
      if (inUse) grow(c, delivered, now);
      return;
    }
    beginReduction(c);
  }
  reduce(c, delivered, safe);
}

/** RFC 6937 3.1; `safe`: the ACK brought something and no new loss, so that the window may be filled faster. */
function reduce(c: Connection, delivered: number, safe: boolean): void {
  const s = c.sender;
  s.delivered += delivered;
  const inFlight = pipe(c);
  let more = 0;
  if (inFlight > c.ssthresh) more = Math.ceil((s.delivered * c.ssthresh) / s.flightBefore) - s.out;
  else {
    const limit = Math.max(s.delivered - s.out, delivered) + (safe ? c.mss : 0);
    more = Math.min(c.ssthresh - inFlight, limit);
  }
  c.cwnd = inFlight + Math.max(more, 0);
}

/** Recovery is over: what was under way when it began has arrived. */
function endRecovery(c: Connection): void {
  c.recovery = NO_RECOVERY;
  c.dupAcks = 0;
  c.sender.undoable = false;
  if (!c.sackPermitted) c.sender.board.sacked = 0;
  recovered(c);
}

/** What is given back if nothing was lost. */
function remember(c: Connection): void {
  const s = c.sender;
  s.undoable = c.timestamps;
  s.cwndBefore = c.cwnd;
  s.ssthreshBefore = c.ssthresh;
  s.wMaxBefore = s.wMax;
}

/**
 * RFC 3522 3.2: the ACK that ends what was waited for answers a segment that had left before anything left again. True:
 * it did, and everything is as before.
 */
function spurious(core: TcpCore, c: Connection): boolean {
  const s = c.sender;
  // Only the first ACK of something new says so.
  s.undoable = false;
  const echo = core.segment;
  if (!echo.hasTimestamps || echo.tsEcho === 0 || ((echo.tsEcho - s.undoStamp) | 0) >= 0) return false;
  core.note(RECOVERIES_UNDONE);
  c.cwnd = Math.max(c.cwnd, s.cwndBefore);
  c.ssthresh = s.ssthreshBefore;
  s.wMax = s.wMaxBefore;
  s.reducedUntil = c.sndUna;
  s.board.unmarkLost(c.sndUna);
  s.reordering = true;
  c.retransmitDue = false;
  endRecovery(c);
  return true;
}

/** RFC 8985 7.4: was what the probe has repeated lost? Then the network was too full, though the probe has mended it. */
function tailProbeAnswered(core: TcpCore, c: Connection, acked: number, delivered: number): void {
  const s = c.sender;
  if (c.recovery !== NO_RECOVERY) {
    s.probing = false;
    return;
  }
  if (seqLt(c.sndUna, s.probeEnd)) return;
  if (!s.probeRepeats || s.duplicateSeen) s.probing = false;
  else if (seqLt(s.probeEnd, c.sndUna)) {
    s.probing = false;
    core.note(RECOVERIES);
    c.ssthresh = reduced(c, Math.max(flight(c), c.cwnd), BETA);
    c.cwnd = c.ssthresh;
    windowReduced(c);
  } else if (acked === 0 && delivered === 0) s.probing = false;
}

/** A duplicate ACK of a peer without SACK: a segment has left the network, and the third says that one is missing. */
export function duplicateAck(core: TcpCore, c: Connection): void {
  const board = c.sender.board;
  c.dupAcks++;
  const delivered = Math.max(0, Math.min(c.mss, flight(c) - board.lost - board.sacked - c.mss));
  board.sacked += delivered;
  if (c.recovery === FAST_RECOVERY) {
    reduce(c, delivered, false);
    return;
  }
  // RFC 6582 3.2 step 1: not again for losses of the same window, after a timeout as little.
  if (c.dupAcks !== DUP_ACK_THRESHOLD || c.recovery !== NO_RECOVERY || !seqLt(c.recover, c.sndUna)) return;
  // A FIN alone is overtaken by nothing.
  if (c.queue.queued === 0) return;
  markFirst(c);
  beginFastRecovery(core, c);
  reduce(c, delivered, false);
}

/**
 * An ACK of something new by such a peer: part of it duplicates have told of, and in recovery it shows the next hole.
 * Returns how much was known already.
 */
export function withoutSack(c: Connection, acked: number): number {
  const board = c.sender.board;
  const known = board.sacked;
  if (c.recovery === FAST_RECOVERY && seqLt(c.sndUna, c.recover)) {
    // RFC 6582 3.2 step 3: a partial ACK. The segment that was sent again had not been told of.
    board.sacked = Math.max(0, board.sacked - Math.max(0, acked - c.mss));
    const told = known - board.sacked;
    markFirst(c);
    c.retransmitDue = true;
    return told;
  }
  board.sacked = 0;
  c.dupAcks = 0;
  return Math.min(known, acked);
}

/** The segment at snd.una is lost. */
function markFirst(c: Connection): void {
  const board = c.sender.board;
  const i = board.first;
  if (i >= board.last) return;
  const end = seqAdd(c.sndUna, c.mss);
  if (seqLt(end, board.end(i))) board.split(i, end, MOST_RUNS);
  board.setMarks(i, (board.marks[i]! & SENT_AGAIN) | LOST, c.sndUna);
  // What is lost has not arrived.
  board.sacked = Math.max(0, Math.min(board.sacked, flight(c) - board.lost));
}

/** The retransmission timer has run out: RFC 5681 3.1 (4), RFC 6298 5.5, RFC 8985 6.3. */
export function timedOut(c: Connection, now: Instant): void {
  // RFC 5681 3.1: once for one loss, not for each time that the segment is sent again.
  if (c.retries === 0) {
    remember(c);
    c.ssthresh = reduced(c, flight(c), BETA);
    windowReduced(c);
  }
  if (!c.sackPermitted) c.sender.board.sacked = 0;
  markAfterTimeout(c, now);
  startOver(c);
  c.retries++;
  c.rto = Math.min(c.rto * 2, MAX_RTO);
}

/** From one segment on by slow start; what is marked lost leaves again. */
export function startOver(c: Connection): void {
  c.cwnd = c.mss;
  c.recovery = RTO_RECOVERY;
  c.recover = c.sndMax;
  c.dupAcks = 0;
  c.retransmitDue = true;
  c.sender.probing = false;
  c.sender.epochAt = NEVER;
}
