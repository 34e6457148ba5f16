// Segments that leave again: what is lost (RFC 6675 4, RFC 8985), and the probe of a lost tail (RFC 8985 7.3).

import { RETRANSMITS } from "../base/counters.ts";
import type { Instant } from "../base/result.ts";
import { type Seq, seqAdd, seqDiff } from "../base/seq.ts";
import { type Connection, FAST_RECOVERY, NO_RECOVERY } from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { MAX_OFFLOAD } from "./limits.ts";
import { grain } from "./rack.ts";
import { arm, flight, pipe } from "./recovery.ts";
import { LOST, MOST_RUNS, SENT_AGAIN } from "./scoreboard.ts";
import { sendSegment } from "./segment.ts";
import { ACK, FIN } from "./wire.ts";

/**
 * Sends again what is lost, as far as the windows allow; the first segment of it in any case when `retransmitDue`. False:
 * the link has no slot left.
 */
export function sendLost(core: TcpCore, c: Connection, now: Instant): boolean {
  const s = c.sender;
  const board = s.board;
  const limit = c.segmentOffload && c.dontFragment ? MAX_OFFLOAD : c.mss;
  for (let i = board.first; i < board.last && board.lost > 0; i++) {
    const marks = board.marks[i]!;
    if ((marks & LOST) === 0) continue;
    const start = board.start(i, c.sndUna);
    let length = seqDiff(board.end(i), start);
    let room = Math.floor(c.cwnd) - pipe(c);
    if (room < Math.min(length, c.mss)) {
      if (!c.retransmitDue) break;
      room = c.mss;
    }
    // A window that has become smaller is kept to.
    room = Math.min(room, limit, c.sndWnd - seqDiff(start, c.sndUna));
    if (room <= 0) break;
    if (length > room) length = room > c.mss ? room - (room % c.mss) : room;
    const sent = sendAgain(core, c, start, length);
    if (sent < 0) return false;
    if (sent === 0) break;
    const end = seqAdd(start, sent);
    // Where there are too many runs, more is taken for sent than was: it is found lost once more.
    if (end !== board.end(i)) board.split(i, end, MOST_RUNS);
    board.setMarks(i, (marks & ~LOST) | SENT_AGAIN, c.sndUna);
    board.times[i] = now;
    if (board.join(i, grain(c))) i--;
    if (c.recovery === FAST_RECOVERY) s.out += sent;
    if (c.retransmitDue) {
      c.retransmitDue = false;
      arm(c, now);
    }
  }
  c.retransmitDue = false;
  return true;
}

/**
 * RFC 8985 7.3: a segment of new data, whatever the congestion window says (sendNew sends it, since `tailProbeDue` stays),
 * or else the last one again.
 */
export function sendTailProbe(core: TcpCore, c: Connection, now: Instant): boolean {
  const s = c.sender;
  const board = s.board;
  // What has happened since the timer ran out may have made it needless.
  if (board.first === board.last || s.probing || c.recovery !== NO_RECOVERY) {
    c.tailProbeDue = false;
    return true;
  }
  s.duplicateSeen = false;
  const inFlight = flight(c);
  const fresh = Math.min(c.queue.queued - inFlight, c.mss, c.sndWnd - inFlight);
  if (fresh > 0) {
    s.probing = true;
    s.probeRepeats = false;
    s.probeEnd = seqAdd(c.sndNxt, fresh);
    return true;
  }
  c.tailProbeDue = false;
  const i = board.last - 1;
  const end = board.end(i);
  const length = Math.min(c.mss, seqDiff(end, board.start(i, c.sndUna)));
  const start = seqAdd(end, -length);
  const sent = sendAgain(core, c, start, length);
  if (sent < 0) {
    c.tailProbeDue = true;
    return false;
  }
  if (sent < length) return true;
  let last = i;
  if (start !== board.start(i, c.sndUna) && board.split(i, start, MOST_RUNS)) last = i + 1;
  board.setMarks(last, board.marks[last]! | SENT_AGAIN, c.sndUna);
  board.times[last] = now;
  s.probing = true;
  s.probeRepeats = true;
  s.probeEnd = end;
  return true;
}

/** One packet from `start` on, FIN included if it lies there. Returns what left of it; -1: the link has no slot. */
function sendAgain(core: TcpCore, c: Connection, start: Seq, length: number): number {
  const queue = c.queue;
  const from = seqDiff(start, c.sndUna);
  const data = Math.min(length, queue.queued - from);
  const fin = c.finQueued && length > data;
  const cursor = queue.cursor;
  const cursorSkip = queue.cursorSkip;
  queue.seek(from);
  const written = sendSegment(core, c, start, data, fin ? ACK | FIN : ACK, from + data === queue.queued);
  queue.cursor = cursor;
  queue.cursorSkip = cursorSkip;
  if (!written) return -1;
  core.note(RETRANSMITS);
  const s = c.sender;
  s.repeated = true;
  // What answers something that left before this answers what left once.
  if (!s.board.anySentAgain()) s.undoStamp = (core.milliseconds + c.tsOffset) >>> 0;
  return core.written + (fin && core.written === data ? 1 : 0);
}
