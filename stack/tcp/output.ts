/// <reference path="../base/native.d.ts" />
// Segments that leave: what to send and when (RFC 9293 3.8.6.2.1, 3.10.7; RFC 5681), and how one is written.
//
// `output` is called for a connection at the end of a step in which anything happened to it, so that an ACK leaves with
// the answer that the user has queued meanwhile. The Nagle algorithm (RFC 9293 3.7.4) is off: our users queue whole
// answers, by reference and many ranges at a time, and one step sends what they queued in as few packets as it takes, so
// Nagle would save nothing and would cost a round trip for the last short segment.

import { fold, sumBehind } from "../base/checksum.ts";
import { RETRANSMITS, SEGMENTS_OUT } from "../base/counters.ts";
import { HEAD_ROOM, PROTOCOL_TCP } from "../base/ip-sink.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import { copyBytes } from "../base/native.ts";
import { type Instant, NEVER } from "../base/result.ts";
import { type Seq, seqAdd, seqDiff, seqLt } from "../base/seq.ts";
import { DUP_ACK_THRESHOLD, flight, restart } from "./congestion.ts";
import {
  CLOSED,
  CLOSING,
  type Connection,
  FIN_WAIT_1,
  LAST_ACK,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { COPY_LIMIT, DELAYED_ACK, HEADERS, MAX_OFFLOAD, MAX_RTO, MIN_MSS, MIN_PATH_MTU } from "./limits.ts";
import { rightEdge } from "./reassembly.ts";
import { writeChecksum } from "./reply.ts";
import { ACK, CHECKSUM, encode, FIN, FLAGS, HEADER_LENGTH, PSH, SEQUENCE, SYN, TIMESTAMPS_LENGTH } from "./wire.ts";

/** Sends all that may leave now and sets the deadlines that follow from it. False: the link has no slot left. */
export function output(core: TcpCore, c: Connection, now: Instant): boolean {
  if (c.state === CLOSED) return true;
  if (c.state === SYN_SENT || c.state === SYN_RECEIVED) return !c.synDue || sendSyn(core, c, now);
  // Before any data: an ACK that carries some is no duplicate (RFC 5681 2).
  while (c.duplicateAcks > 0) {
    if (!sendSegment(core, c, c.sndMax, 0, ACK, false)) return false;
    c.duplicateAcks--;
  }
  if (c.state !== TIME_WAIT) {
    if (c.retransmitDue) {
      c.retransmitDue = false;
      if (!retransmit(core, c, now)) {
        c.retransmitDue = true;
        return false;
      }
    }
    if ((c.queue.queued > 0 || c.finQueued) && !sendNew(core, c, now)) return false;
  }
  if (c.keepAliveDue) {
    // RFC 9293 3.8.4: an old sequence number, so that the peer answers.
    if (!sendSegment(core, c, seqAdd(c.sndUna, -1), 0, ACK, false)) return false;
    c.keepAliveDue = false;
  }
  if (c.ackNow) return sendSegment(core, c, c.sndMax, 0, ACK, false);
  // RFC 9293 3.8.6.3: an ACK may wait for company, but not long.
  if (c.unacknowledged > 0 && c.ackAt === NEVER) c.ackAt = now + DELAYED_ACK;
  return true;
}

/** MSS options taken off (RFC 6691), from the peer's MSS and the path's MTU. */
export function setEffectiveMss(c: Connection): void {
  const path = Math.max(c.pathMtu, MIN_PATH_MTU) - HEADERS;
  const mss = Math.max(MIN_MSS, Math.min(c.peerMss, path));
  c.mss = c.timestamps ? mss - TIMESTAMPS_LENGTH : mss;
}

/** RFC 9293 3.10.1 and 3.10.7.2: a SYN, or a SYN-ACK. */
function sendSyn(core: TcpCore, c: Connection, now: Instant): boolean {
  const sink = core.sink;
  const at = sink.reserve();
  if (at < 0) return false;
  const synAck = c.state === SYN_RECEIVED;
  if (synAck) c.rcvAdv = rightEdge(core, c);
  // RFC 7323 2.2: the window of a SYN is never scaled.
  const window = synAck ? seqDiff(c.rcvAdv, c.rcvNxt) : c.receiveLimit;
  const { out } = core;
  out.sourcePort = c.localPort;
  out.destinationPort = c.remotePort;
  out.seq = c.iss;
  out.ack = synAck ? c.rcvNxt : (0 as Seq);
  out.flags = synAck ? SYN | ACK : SYN;
  out.window = Math.min(window, 0xffff);
  out.mss = core.localMss;
  out.scale = synAck && !c.scaling ? -1 : c.rcvScale;
  out.hasTimestamps = !synAck || c.timestamps;
  out.tsValue = (core.milliseconds + c.tsOffset) >>> 0;
  out.tsEcho = c.tsRecent;
  const length = encode(sink.bytes, at, out);
  c.synDue = false;
  c.lastAckSent = c.rcvNxt;
  c.sndNxt = seqAdd(c.iss, 1);
  c.sndMax = c.sndNxt;
  if (c.retries === 0) c.rttAt = now;
  c.rtoAt = now + c.rto;
  core.note(SEGMENTS_OUT);
  writeChecksum(sink, at, c.path, length);
  sink.protocol = PROTOCOL_TCP;
  sink.send(at, c.path, length, NO_PAYLOAD, 0, 0);
  return true;
}

/** Sends the segment at snd.una again (fast retransmit, partial ACK). snd.nxt stays. */
function retransmit(core: TcpCore, c: Connection, now: Instant): boolean {
  const sent = Math.min(seqDiff(c.sndMax, c.sndUna), c.queue.queued, c.mss);
  if (sent <= 0) return true;
  const cursor = c.queue.cursor;
  const cursorSkip = c.queue.cursorSkip;
  c.queue.rewind();
  const written = sendSegment(core, c, c.sndUna, sent, ACK, false);
  c.queue.cursor = cursor;
  c.queue.cursorSkip = cursorSkip;
  if (!written) return false;
  core.note(RETRANSMITS);
  c.rtoAt = now + c.rto;
  return true;
}

/** Sends from snd.nxt what congestion and peer allow, and the FIN behind it. */
function sendNew(core: TcpCore, c: Connection, now: Instant): boolean {
  const queue = c.queue;
  let inFlight = flight(c);
  let unsent = queue.queued - inFlight;
  if (unsent > 0) {
    if (inFlight === 0) restart(c, now);
    let window = c.cwnd;
    // RFC 3042: the first two duplicate ACKs let a new segment out each.
    if (!c.inRecovery && c.dupAcks > 0 && c.dupAcks < DUP_ACK_THRESHOLD) window += c.dupAcks * c.mss;
    if (window > c.sndWnd) window = c.sndWnd;
    while (unsent > 0) {
      let usable = window - inFlight;
      let probe = false;
      // RFC 9293 3.8.6.2.1, sender's SWS avoidance: not a short segment, unless it is all there is or half of the
      // largest window that the peer ever had.
      if (usable < unsent && usable < c.mss && (usable <= 0 || usable * 2 < c.maxSndWnd)) {
        if (!c.probeDue) break;
        probe = true;
        if (usable <= 0) usable = 1;
      } else if (c.persisting) {
        c.persisting = false;
        c.persistCount = 0;
        c.rtoAt = NEVER;
      }
      // What may be fragmented on its way is not cut by the card: it would be cut twice.
      const limit = core.sink.segmentOffload && c.dontFragment ? MAX_OFFLOAD : c.mss;
      let length = Math.min(unsent, usable);
      if (length > limit) length = limit;
      // A packet of several segments ends at a segment's boundary unless it takes everything.
      if (length < unsent && length > c.mss) length -= length % c.mss;
      const fin = c.finQueued && length === unsent;
      if (!sendSegment(core, c, c.sndNxt, length, fin ? ACK | FIN : ACK, length === unsent)) return false;
      c.probeDue = false;
      const sent = core.written;
      const next = seqAdd(c.sndNxt, sent + (fin && sent === length ? 1 : 0));
      if (probe) {
        // What a probe carries counts as not sent, so that it leaves again with the rest when the window opens.
        if (seqLt(c.sndMax, next)) c.sndMax = next;
        queue.rewind();
        c.rtoAt = now + persistInterval(c);
        return true;
      }
      if (seqLt(c.sndNxt, c.sndMax)) core.note(RETRANSMITS);
      else if (c.rttAt === NEVER) {
        c.rttAt = now;
        c.rttSeq = next;
      }
      advance(c, next, now);
      inFlight += sent;
      unsent -= sent;
      // The FIN went along.
      if (seqDiff(next, c.sndUna) > inFlight) return true;
      if (unsent > 0 && !core.sink.segmentOffload && c.sndNxt === c.sndMax) {
        const more = sendFollowing(core, c, unsent, window - inFlight);
        if (more > 0) advance(c, seqAdd(c.sndNxt, more), now);
        inFlight += more;
        unsent -= more;
      }
    }
    if (unsent > 0 && inFlight === 0 && c.rtoAt === NEVER) {
      // Nothing under way that could bring a window update: ask for it (RFC 9293 3.8.6.1).
      c.persisting = true;
      c.persistCount = 0;
      c.probeDue = false;
      c.unackedSince = now;
      c.rtoAt = now + persistInterval(c);
    }
  }
  if (unsent === 0 && c.finQueued && inFlight === queue.queued && finMayLeave(c)) {
    if (!sendSegment(core, c, c.sndNxt, 0, ACK | FIN, false)) return false;
    advance(c, seqAdd(c.sndNxt, 1), now);
  }
  return true;
}

function finMayLeave(c: Connection): boolean {
  return c.state === FIN_WAIT_1 || c.state === CLOSING || c.state === LAST_ACK;
}

/** snd.nxt has moved: RFC 6298 5.1, start the timer unless it runs. */
function advance(c: Connection, next: Seq, now: Instant): void {
  if (c.sndMax === c.sndUna) c.unackedSince = now;
  c.sndNxt = next;
  if (seqLt(c.sndMax, next)) c.sndMax = next;
  c.sentAt = now;
  if (c.rtoAt === NEVER) c.rtoAt = now + c.rto;
}

/** RFC 9293 3.8.6.1: the first probe after an RTO, the next ones exponentially later. */
function persistInterval(c: Connection): number {
  return Math.min(c.rto * (1 << Math.min(c.persistCount, 8)), MAX_RTO);
}

/**
 * Writes and sends one packet with up to `length` bytes from the queue's cursor, which moves on; `core.written` tells
 * how many it took (ranges may end it early). A FIN is left out when not all could be taken.
 */
function sendSegment(core: TcpCore, c: Connection, seq: Seq, length: number, flags: number, push: boolean): boolean {
  const sink = core.sink;
  const at = sink.reserve();
  if (at < 0) return false;
  core.writtenAt = at;
  const bytes = sink.bytes;
  let headLength = c.timestamps ? HEADER_LENGTH + TIMESTAMPS_LENGTH : HEADER_LENGTH;

  // Short ranges are copied behind the header; the first long one ends the packet and stays where it is.
  let foreign = NO_PAYLOAD;
  let foreignOffset = 0;
  let foreignLength = 0;
  if (length > 0) {
    const queue = c.queue;
    const whole = length <= c.mss;
    let left = length;
    while (left > 0) {
      const slot = queue.cursor & queue.mask;
      const rest = queue.lengths[slot]! - queue.cursorSkip;
      const take = Math.min(rest, left);
      const from = queue.offsets[slot]! + queue.cursorSkip;
      if (take === rest) {
        queue.cursor++;
        queue.cursorSkip = 0;
      } else queue.cursorSkip += take;
      left -= take;
      // Within one segment a range that others follow is copied, too: full segments, not fragments of ranges.
      if (headLength + take <= HEAD_ROOM && (take <= COPY_LIMIT || (whole && left > 0))) {
        const range: Uint8Array = queue.bytes[slot]!;
        copyBytes(bytes, at + headLength, range, from, take);
        headLength += take;
      } else {
        foreign = queue.bytes[slot]!;
        foreignOffset = from;
        foreignLength = take;
        break;
      }
    }
    core.written = length - left;
  } else core.written = 0;

  const payloadLength = core.written;
  let flagBits = flags;
  if (payloadLength < length) flagBits &= ~FIN;
  else if (push) flagBits |= PSH;

  // The window: what was promised, or more if there is more (RFC 9293 3.8.6.2.2).
  const edge = rightEdge(core, c);
  c.rcvAdv = edge;
  const window = seqDiff(edge, c.rcvNxt) >>> c.rcvScale;
  const { out } = core;
  out.sourcePort = c.localPort;
  out.destinationPort = c.remotePort;
  out.seq = seq;
  out.ack = c.rcvNxt;
  out.flags = flagBits;
  out.window = Math.min(window, 0xffff);
  out.hasTimestamps = c.timestamps;
  if (c.timestamps) {
    out.tsValue = (core.milliseconds + c.tsOffset) >>> 0;
    out.tsEcho = c.tsRecent;
  }
  encode(bytes, at, out);
  c.lastAckSent = c.rcvNxt;
  c.ackNow = false;
  c.unacknowledged = 0;
  c.ackAt = NEVER;

  // RFC 9293 3.1: the checksum; the pseudo-header's length is that of the whole packet even when it will be cut.
  let field = sink.paths.pseudoHeader(c.path, PROTOCOL_TCP, headLength + foreignLength);
  if (sink.checksumOffload) sink.checksumOffset = CHECKSUM;
  else {
    const head = nativeChecksum(bytes, at, headLength, field);
    field = 0xffff - sumBehind(foreign, foreignOffset, foreignLength, headLength, head);
  }
  nativeStore16(bytes, at + CHECKSUM, field);
  if (payloadLength > c.mss) sink.segmentSize = c.mss;
  if (!c.dontFragment) sink.dontFragment = false;
  core.note(SEGMENTS_OUT);
  sink.protocol = PROTOCOL_TCP;
  sink.send(at, c.path, headLength, foreign, foreignOffset, foreignLength);
  return true;
}

/**
 * After a segment of new data: sends those that follow it as long as each lies in one long range, `unsent` bytes at most
 * and no more than `usable`. They differ from the one before in sequence number, PSH and checksum; the rest is copied.
 * Returns the bytes sent; what is left, and a FIN, is for sendSegment, which would write the same.
 */
function sendFollowing(core: TcpCore, c: Connection, unsent: number, usable: number): number {
  const sink = core.sink;
  const queue = c.queue;
  const place = queue.cursor & queue.mask;
  const range = queue.bytes[place]!;
  const from = queue.offsets[place]! + queue.cursorSkip;
  const rest = queue.lengths[place]! - queue.cursorSkip;
  const most = Math.min(rest, usable);
  const bytes = sink.bytes;
  const offload = sink.checksumOffload;
  const headLength = c.timestamps ? HEADER_LENGTH + TIMESTAMPS_LENGTH : HEADER_LENGTH;
  let same = sink.paths.pseudoHeader(c.path, PROTOCOL_TCP, headLength);
  let sent = 0;
  let segments = 0;
  while (sent < unsent) {
    const left = unsent - sent;
    const length = Math.min(left, c.mss);
    if (sent + length > most || length <= COPY_LIMIT || (length === left && c.finQueued)) break;
    const at = sink.repeat(core.writtenAt, headLength);
    if (at < 0) break;
    if (sent === 0 && !offload) {
      // What the checksums have in common: the header without what differs.
      nativeStore32(bytes, at + SEQUENCE, 0);
      nativeStore16(bytes, at + CHECKSUM, 0);
      same = nativeChecksum(bytes, at, headLength, same);
    }
    const seq = seqAdd(c.sndNxt, sent);
    let sum = same + length;
    nativeStore32(bytes, at + SEQUENCE, seq);
    if (length === left) {
      bytes[at + FLAGS] = ACK | PSH;
      sum += PSH;
    }
    let field = 0;
    if (offload) {
      sink.checksumOffset = CHECKSUM;
      field = fold(same + length);
    } else {
      field = 0xffff - nativeChecksum(range, from + sent, length, fold(sum + seq));
    }
    nativeStore16(bytes, at + CHECKSUM, field);
    sink.sendRepeat(at, headLength, range, from + sent, length);
    sent += length;
    segments++;
  }
  if (sent === rest) {
    queue.cursor++;
    queue.cursorSkip = 0;
  } else queue.cursorSkip += sent;
  core.counts.add(SEGMENTS_OUT, segments);
  return sent;
}
