// The receive side: payload to its place in one contiguous buffer, in order or not (RFC 9293 3.10.7.4, "seventh, process
// the segment text"), and the window that is promised for it (3.8.6.2.2).
//
// A segment in order on a connection that keeps no bytes is not copied at all: the user reads it where the link has put
// it (LENT), and only what is left unread afterwards goes into a buffer of the pool. So a request that has come whole is
// answered however little memory there is.

import { SEGMENTS_WITHOUT_MEMORY } from "../base/counters.ts";
import { copyBytes } from "../base/native.ts";
import { type Seq, seqAdd, seqDiff, seqLe, seqLt } from "../base/seq.ts";
import { BUFFER_SIZES } from "./buffers.ts";
import { type Connection, LENT, NO_BUFFER } from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { LEAST_WINDOW, MAX_INTERVALS } from "./limits.ts";
import { endOfLargestAddress, evict, makeRoom, ROOM_RECEIVE } from "./room.ts";
import { cameTwice } from "./sack.ts";

/**
 * Takes in payload that lies within the window. Returns how far rcv.nxt has moved: 0 when it was out of order or there
 * was no memory for it (then the peer sends it again).
 */
export function receive(
  core: TcpCore,
  c: Connection,
  seq: Seq,
  bytes: Uint8Array,
  offset: number,
  length: number,
): number {
  if (seq !== c.rcvNxt) {
    keepOutOfOrder(core, c, seq, bytes, offset, length);
    return 0;
  }
  if (c.bufferClass === NO_BUFFER && (hasBuffer(core, c, core.pool.classOf(length)) || (core.readsWhole && !c.held))) {
    c.buffer = bytes;
    c.bufferClass = LENT;
    c.start = offset;
    c.unread = length;
    c.rcvNxt = seqAdd(seq, length);
    return length;
  }
  if (!reserve(core, c, c.unread + length)) {
    core.note(SEGMENTS_WITHOUT_MEMORY);
    return 0;
  }
  copyBytes(c.buffer, c.start + c.unread, bytes, offset, length);
  let moved = length;
  c.rcvNxt = seqAdd(seq, length);
  if (c.intervals > 0) {
    const end = takeIntervals(c);
    if (seqLt(c.rcvNxt, end)) {
      moved += seqDiff(end, c.rcvNxt);
      c.rcvNxt = end;
    }
  }
  c.unread += moved;
  return moved;
}

/** After the user has been told: what it left of a lent packet is copied, an empty buffer goes back. */
export function settle(core: TcpCore, c: Connection): void {
  if (c.bufferClass !== LENT) return;
  const from = c.buffer;
  const start = c.start;
  const unread = c.unread;
  core.dropBuffer(c);
  if (unread === 0) return;
  if (!reserve(core, c, unread)) {
    // Its user has said that it would read all. What has been acknowledged cannot be taken back.
    core.note(SEGMENTS_WITHOUT_MEMORY);
    c.unread = unread;
    evict(core, c);
    return;
  }
  copyBytes(c.buffer, 0, from, start, unread);
  c.unread = unread;
  if (c.queue.queued === 0) c.beginPhase(core.now);
}

/** The user has read `length` of the unread bytes. */
export function consumed(core: TcpCore, c: Connection, length: number): void {
  c.start += length;
  c.unread -= length;
  if (c.unread === 0 && c.bufferClass >= 0 && c.intervals === 0) core.dropBuffer(c);
}

/**
 * The right edge that we could promise now: what receiveLimit leaves, no more than half of the memory that nobody
 * holds (so that a few connections do not promise away what the others live on), never to the left of the edge promised.
 * Who holds nothing may always send something, memory or not: only what comes makes others give way for it (`hasBuffer`),
 * and to a window that is shut nothing comes.
 */
export function rightEdge(core: TcpCore, c: Connection): Seq {
  let room = c.receiveLimit - c.unread;
  const share = core.pool.available >>> 1;
  if (room > share) {
    const least = c.bufferClass < 0 && c.unread === 0 ? Math.max(LEAST_WINDOW, c.mss) : 0;
    room = Math.min(room, Math.max(share, least));
  }
  const unit = 1 << c.rcvScale;
  // What the window field cannot say is not promised.
  room -= room & (unit - 1);
  if (room > 0xffff * unit) room = 0xffff * unit;
  const edge = seqAdd(c.rcvNxt, room);
  const gain = seqDiff(edge, c.rcvAdv);
  // RFC 9293 3.8.6.2.2: the edge moves by a segment or by half of the buffer, or stays.
  if (gain < Math.min(c.mss, c.receiveLimit >>> 1)) return c.rcvAdv;
  return edge;
}

/**
 * True when the connection may take a buffer of this class. Others may have given way for it. The last quarter is for
 * connections of our own and for what comes in one segment and waits for no answer: large heads, and bodies that are not
 * read yet, do not keep small ones out.
 */
function hasBuffer(core: TcpCore, c: Connection, sizeClass: number): boolean {
  if (sizeClass < 0) return false;
  const kept = c.passive && (sizeClass > 0 || c.held) ? core.limits.memoryTotal >>> 2 : 0;
  const wanted = BUFFER_SIZES[sizeClass]! + kept;
  if (core.pool.available >= wanted) return true;
  if (makeRoom(core, ROOM_RECEIVE, c.client, c.index, core.now) && core.pool.available >= wanted) return true;
  while (core.pool.available < wanted) if (!endOfLargestAddress(core, c, BUFFER_SIZES[sizeClass]!)) return false;
  return true;
}

/** Room for `span` bytes from `start`: there already, by moving to the front, or in a larger buffer. */
function reserve(core: TcpCore, c: Connection, span: number): boolean {
  const pool = core.pool;
  if (c.bufferClass < 0) {
    const sizeClass = pool.classOf(span);
    if (!hasBuffer(core, c, sizeClass)) return false;
    c.buffer = pool.take(sizeClass);
    core.chargeReceive(c.client, BUFFER_SIZES[sizeClass]!);
    c.bufferClass = sizeClass;
    c.start = 0;
    return true;
  }
  const size = BUFFER_SIZES[c.bufferClass]!;
  if (c.start + span <= size) return true;
  let used = c.unread;
  if (c.intervals > 0) used += seqDiff(c.intervalEnd[c.intervals - 1]!, c.rcvNxt);
  if (span <= size) {
    copyBytes(c.buffer, 0, c.buffer, c.start, used);
    c.start = 0;
    return true;
  }
  const sizeClass = pool.classOf(span);
  if (!hasBuffer(core, c, sizeClass)) return false;
  const larger = pool.take(sizeClass);
  copyBytes(larger, 0, c.buffer, c.start, used);
  pool.give(c.bufferClass, c.buffer);
  core.chargeReceive(c.client, BUFFER_SIZES[sizeClass]! - size);
  c.buffer = larger;
  c.bufferClass = sizeClass;
  c.start = 0;
  return true;
}

/** Copies to its place and notes the interval. Dropped when memory is short or the intervals are too many. */
function keepOutOfOrder(
  core: TcpCore,
  c: Connection,
  seq: Seq,
  bytes: Uint8Array,
  offset: number,
  length: number,
): void {
  const end = seqAdd(seq, length);
  // The intervals that it overlaps or touches, first to last, become one.
  let first = 0;
  while (first < c.intervals && seqLt(c.intervalEnd[first]!, seq)) first++;
  let last = first;
  while (last < c.intervals && seqLe(c.intervalStart[last]!, end)) last++;
  if (first === last && c.intervals === MAX_INTERVALS) return;
  if (last === first + 1 && seqLe(c.intervalStart[first]!, seq) && seqLe(end, c.intervalEnd[first]!)) {
    cameTwice(c, seq, end);
    return;
  }
  const place = c.unread + seqDiff(seq, c.rcvNxt);
  // The last quarter of the memory is for what can be read at once.
  if (core.pool.available * 4 < core.limits.memoryTotal || !reserve(core, c, place + length)) {
    core.note(SEGMENTS_WITHOUT_MEMORY);
    return;
  }
  copyBytes(c.buffer, c.start + place, bytes, offset, length);
  if (first === last) {
    if (c.intervals === c.intervalStart.length) {
      c.intervalStart.push(seq);
      c.intervalEnd.push(end);
      c.intervalStamp.push(0);
    }
    for (let i = c.intervals; i > first; i--) {
      c.intervalStart[i] = c.intervalStart[i - 1]!;
      c.intervalEnd[i] = c.intervalEnd[i - 1]!;
      c.intervalStamp[i] = c.intervalStamp[i - 1]!;
    }
    c.intervalStart[first] = seq;
    c.intervalEnd[first] = end;
    c.intervalStamp[first] = ++c.intervalClock;
    c.intervals++;
    return;
  }
  c.intervalStamp[first] = ++c.intervalClock;
  if (seqLt(seq, c.intervalStart[first]!)) c.intervalStart[first] = seq;
  const lastEnd = c.intervalEnd[last - 1]!;
  c.intervalEnd[first] = seqLt(lastEnd, end) ? end : lastEnd;
  removeIntervals(c, first + 1, last);
}

/** Removes the intervals that rcv.nxt has reached; returns the end of the last of them, or rcv.nxt. */
function takeIntervals(c: Connection): Seq {
  let end = c.rcvNxt;
  let count = 0;
  while (count < c.intervals && seqLe(c.intervalStart[count]!, end)) {
    if (seqLt(end, c.intervalEnd[count]!)) end = c.intervalEnd[count]!;
    count++;
  }
  removeIntervals(c, 0, count);
  return end;
}

function removeIntervals(c: Connection, from: number, to: number): void {
  const gone = to - from;
  if (gone === 0) return;
  for (let i = to; i < c.intervals; i++) {
    c.intervalStart[i - gone] = c.intervalStart[i]!;
    c.intervalEnd[i - gone] = c.intervalEnd[i]!;
    c.intervalStamp[i - gone] = c.intervalStamp[i]!;
  }
  c.intervals -= gone;
}
