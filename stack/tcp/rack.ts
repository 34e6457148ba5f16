// Which segments are lost: RACK (RFC 8985 6), by the time at which others that left later have arrived; of what is
// reported (RFC 2018, duplicates by RFC 2883) and acknowledged it keeps the times. Functions on a Connection.

import type { Instant } from "../base/result.ts";
import { SECOND } from "../base/result.ts";
import { type Seq, seqDiff, seqLe, seqLt } from "../base/seq.ts";
import { type Connection, NO_RECOVERY } from "./connection.ts";
import { countRtt } from "./cubic.ts";
import { DUP_ACK_THRESHOLD } from "./limits.ts";
import { LOST, MAX_RUNS, SACKED, type Scoreboard, SENT_AGAIN } from "./scoreboard.ts";
import type { Sender } from "./sender.ts";
import type { Segment } from "./wire.ts";

/** Recoveries for which a widened reordering window stays (RFC 8985 6.2 step 4). */
const WIDE_RECOVERIES = 16;
/** How long the least round trip is believed in: routes change. */
const MIN_RTT_LIFE = 300 * SECOND;
/** What leaves within this part of a round trip is one run: far less than the reordering window. */
const GRAIN_PART = 32;

/** Times that lie no further apart are the same, µs. */
export function grain(c: Connection): number {
  return c.srtt / GRAIN_PART;
}

/**
 * snd.una has moved from `before`. Returns the bytes that are known to have arrived since; the round trip of what never
 * left twice is in `c.sender.sample`, 0: there is none (RFC 6298 3).
 */
export function takeAcknowledged(c: Connection, before: Seq, now: Instant): number {
  const s = c.sender;
  const board = s.board;
  const una = c.sndUna;
  let bytes = 0;
  let from = before;
  let i = board.first;
  s.sample = 0;
  while (i < board.last) {
    const end = board.end(i);
    const whole = seqLe(end, una);
    const to = whole ? end : una;
    const length = seqDiff(to, from);
    if (length <= 0) break;
    const marks = board.marks[i]!;
    if ((marks & SACKED) !== 0) board.sacked -= length;
    else {
      if ((marks & LOST) !== 0) board.lost -= length;
      bytes += length;
      const time = board.times[i]!;
      const again = (marks & SENT_AGAIN) !== 0;
      // The timer must bear with an ACK that was delayed, so the one that waited longest counts.
      if (!again && s.sample === 0) s.sample = Math.max(1, now - time);
      arrived(c, time, to, again, now);
    }
    if (!whole) break;
    from = end;
    i++;
  }
  board.drop(i);
  return bytes;
}

function leastRtt(s: Sender, rtt: number, now: Instant): void {
  if (s.minRtt !== 0 && rtt > s.minRtt && now - s.minRttAt < MIN_RTT_LIFE) return;
  s.minRtt = rtt;
  s.minRttAt = now;
}

/** RFC 8985 6.2 steps 2 and 3: what left at `time` and ends at `end` has arrived. */
function arrived(c: Connection, time: Instant, end: Seq, again: boolean, now: Instant): void {
  const s = c.sender;
  if (seqLt(s.highest, end)) s.highest = end;
  else if (!again && seqLt(end, s.highest)) s.reordering = true;
  const rtt = Math.max(1, now - time);
  // It may be the first that has arrived, not the one sent again.
  if (again && rtt < s.minRtt) return;
  if (!again) {
    countRtt(s, rtt);
    leastRtt(s, rtt, now);
  }
  s.rackRtt = rtt;
  if (time > s.rackAt || (time === s.rackAt && seqLt(s.rackEnd, end))) {
    s.rackAt = time;
    s.rackEnd = end;
  }
}

/** The blocks of an ACK. Returns the bytes that they newly report. Nonsense is passed over. */
export function takeSacks(c: Connection, segment: Segment, now: Instant): number {
  let bytes = 0;
  let i = 0;
  if (segment.sacks > 0 && isDuplicate(segment, segment.sackStarts[0]!, segment.sackEnds[0]!)) {
    if (seqLt(segment.sackStarts[0]!, segment.sackEnds[0]!)) takeDuplicate(c, segment.sackEnds[0]!);
    i = 1;
  }
  sortBlocks(segment, i);
  for (; i < segment.sacks; i++) {
    const start = segment.sackStarts[i]!;
    const end = segment.sackEnds[i]!;
    if (!seqLt(start, end) || seqLe(end, c.sndUna) || seqLt(c.sndNxt, end)) continue;
    bytes += takeBlock(c, start, end, now);
  }
  if (bytes > 0) joinSacked(c.sender.board);
  return bytes;
}

/**
 * The blocks from this one on by their numbers. They come with the latest first (RFC 2018 4), and what an ACK that was lost
 * would have reported is no reordering when it is told of behind that.
 */
function sortBlocks(segment: Segment, from: number): void {
  const { sackStarts, sackEnds } = segment;
  for (let i = from + 1; i < segment.sacks; i++) {
    const start = sackStarts[i]!;
    const end = sackEnds[i]!;
    let at = i;
    for (; at > from && seqLt(start, sackStarts[at - 1]!); at--) {
      sackStarts[at] = sackStarts[at - 1]!;
      sackEnds[at] = sackEnds[at - 1]!;
    }
    sackStarts[at] = start;
    sackEnds[at] = end;
  }
}

/** RFC 2883 4: the first block says what has come twice, when it lies below the ACK or within the second. */
function isDuplicate(segment: Segment, start: Seq, end: Seq): boolean {
  if (seqLe(end, segment.ack)) return true;
  if (segment.sacks < 2) return false;
  return seqLe(segment.sackStarts[1]!, start) && seqLe(end, segment.sackEnds[1]!);
}

/** RFC 8985 6.2 step 4: something left twice for nothing, so segments take longer to come in order than was thought. */
function takeDuplicate(c: Connection, end: Seq): void {
  const s = c.sender;
  // What was never sent twice the network has doubled, or the peer makes up.
  if (seqLt(c.sndMax, end) || !s.repeated) return;
  s.duplicateSeen = true;
  if (seqLt(c.sndUna, s.duplicateRoundEnd)) return;
  s.duplicateRoundEnd = c.sndNxt;
  s.reordering = true;
  s.reorderSteps++;
  s.reorderRecoveries = WIDE_RECOVERIES;
}

/** A recovery has ended: a wide window is not for ever. */
export function recovered(c: Connection): void {
  const s = c.sender;
  if (s.reorderRecoveries > 0 && --s.reorderRecoveries === 0) s.reorderSteps = 1;
}

function takeBlock(c: Connection, start: Seq, end: Seq, now: Instant): number {
  const board = c.sender.board;
  const una = c.sndUna;
  let bytes = 0;
  for (let i = board.first; i < board.last; i++) {
    const from = board.start(i, una);
    if (seqLe(end, from)) break;
    const marks = board.marks[i]!;
    if (seqLe(board.end(i), start) || (marks & SACKED) !== 0) continue;
    if (seqLt(from, start)) {
      if (!board.split(i, start, MAX_RUNS)) break;
      continue;
    }
    if (seqLt(end, board.end(i)) && !board.split(i, end, MAX_RUNS)) break;
    arrived(c, board.times[i]!, board.end(i), (marks & SENT_AGAIN) !== 0, now);
    bytes += seqDiff(board.end(i), from);
    board.setMarks(i, (marks & ~LOST) | SACKED, una);
  }
  return bytes;
}

/** Neighbours that have both arrived are one run, however they came. */
function joinSacked(board: Scoreboard): void {
  let i = board.first + 1;
  while (i < board.last) {
    const both = board.marks[i - 1]! & board.marks[i]! & SACKED;
    if (both !== 0) board.marks[i] = board.marks[i - 1]!;
    if (both === 0 || !board.join(i, 0)) i++;
  }
}

/** RFC 8985 6.2 step 4: how much later than another a segment may come before it is lost, µs. */
function reorderWindow(c: Connection): number {
  const s = c.sender;
  if (!s.reordering) {
    // As many segments as make duplicate ACKs a loss (RFC 5681) have overtaken it, or losses are being mended already.
    // What is no further apart than a run is long cannot be told apart.
    if (c.recovery !== NO_RECOVERY || s.board.sacked > (DUP_ACK_THRESHOLD - 1) * c.mss) return grain(c);
  }
  return Math.max(grain(c), Math.min((s.reorderSteps * s.minRtt) / 4, c.srtt));
}

/**
 * RFC 8985 6.2 step 5: marks what is lost by now. Returns how long to wait until something more may be, µs, or 0:
 * nothing is waited for.
 */
export function detectLoss(c: Connection, now: Instant): number {
  const s = c.sender;
  const board = s.board;
  const window = reorderWindow(c);
  let wait = 0;
  for (let i = board.first; i < board.last; i++) {
    const marks = board.marks[i]!;
    if ((marks & (SACKED | LOST)) !== 0) continue;
    const time = board.times[i]!;
    if (time > s.rackAt || (time === s.rackAt && !seqLt(board.end(i), s.rackEnd))) continue;
    const left = time + s.rackRtt + window - now;
    if (left <= 0) {
      board.setMarks(i, marks | LOST, c.sndUna);
      s.roundLost += seqDiff(board.end(i), board.start(i, c.sndUna));
    } else if (left > wait) wait = left;
  }
  return Math.ceil(wait);
}

/** RFC 8985 6.3: after a timeout the first is lost, and what left as long ago as others take to arrive. */
export function markAfterTimeout(c: Connection, now: Instant): void {
  const s = c.sender;
  const board = s.board;
  // RFC 2018 8: who lacks the first and has reported it has thrown away what it had.
  if (board.first < board.last && (board.marks[board.first]! & SACKED) !== 0) board.forgetSacked(c.sndUna);
  const window = reorderWindow(c);
  for (let i = board.first; i < board.last; i++) {
    const marks = board.marks[i]!;
    if ((marks & SACKED) !== 0) continue;
    const late = board.times[i]! + s.rackRtt + window - now <= 0;
    if (i === board.first || late || !c.sackPermitted) board.setMarks(i, marks | LOST, c.sndUna);
  }
}
