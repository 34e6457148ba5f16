/// <reference path="../base/native.d.ts" />
// How a segment is written (RFC 9293 3.1), and those that follow it. Which ones, and when, is decided in output.ts and
// retransmission.ts.

import { fold, sumBehind } from "../base/checksum.ts";
import { SEGMENTS_OUT } from "../base/counters.ts";
import { HEAD_ROOM, PROTOCOL_TCP } from "../base/ip-sink.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import { copyBytes } from "../base/native.ts";
import { ECT0 } from "../base/packet.ts";
import { NEVER } from "../base/result.ts";
import { type Seq, seqAdd, seqDiff } from "../base/seq.ts";
import type { Connection } from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { COPY_LIMIT } from "./limits.ts";
import { rightEdge } from "./reassembly.ts";
import { reportSacks } from "./sack.ts";
import {
  CHECKSUM,
  CWR,
  ECE,
  encode,
  FIN,
  FLAGS,
  HEADER_LENGTH,
  PSH,
  SACK_BLOCK_LENGTH,
  SACK_HEAD_LENGTH,
  SEQUENCE,
  TIMESTAMPS_LENGTH,
} from "./wire.ts";

/**
 * Writes and sends one packet with up to `length` bytes from the queue's cursor, which moves on; `core.written` tells
 * how many it took (ranges may end it early). A FIN is left out when not all could be taken.
 */
export function sendSegment(
  core: TcpCore,
  c: Connection,
  seq: Seq,
  length: number,
  flags: number,
  push: boolean,
): boolean {
  const sink = core.sink;
  const at = sink.reserve(c.path);
  if (at < 0) return false;
  core.writtenAt = at;
  const bytes = sink.bytes;
  let headLength = c.timestamps ? HEADER_LENGTH + TIMESTAMPS_LENGTH : HEADER_LENGTH;
  const { out } = core;
  // Segments with data do without: those that come out of order are answered by ACKs of their own.
  out.sacks = 0;
  if (length === 0 && c.sackPermitted && reportSacks(c, out) > 0) {
    headLength += SACK_HEAD_LENGTH + out.sacks * SACK_BLOCK_LENGTH;
  }

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
  if (c.ecn) {
    if (c.echoDue) flagBits |= ECE;
    // RFC 3168 6.1.4 to 6.1.6: no ACK, nothing that leaves again, no probe of a shut window.
    if (length > 0 && seq === c.sndMax && !c.probeDue) {
      sink.ecn = ECT0;
      if (c.cwrDue) flagBits |= CWR;
      c.cwrDue = false;
    }
  }

  // The window: what was promised, or more if there is more (RFC 9293 3.8.6.2.2).
  const edge = rightEdge(core, c);
  c.rcvAdv = edge;
  const window = seqDiff(edge, c.rcvNxt) >>> c.rcvScale;
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
export function sendFollowing(core: TcpCore, c: Connection, unsent: number, usable: number): number {
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
      bytes[at + FLAGS] = bytes[at + FLAGS]! | PSH;
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
