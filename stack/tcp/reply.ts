/// <reference path="../base/native.d.ts" />
// Segments without a connection: resets (RFC 9293 3.5.2) and SYN-ACKs that are cookies. Written at once, and lost when
// the link has no slot: their senders come again.

import { fold } from "../base/checksum.ts";
import { COOKIES_SENT, RESETS_OUT, SEGMENTS_OUT } from "../base/counters.ts";
import { type IpSink, PROTOCOL_TCP } from "../base/ip-sink.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import { sumBytes } from "../base/native.ts";
import type { Path } from "../base/path.ts";
import { type Seq, seqAdd } from "../base/seq.ts";
import type { Connection } from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { ACK, CHECKSUM, encode, FIN, RST, type Segment, SYN } from "./wire.ts";

/** Completes the checksum of a segment that lies wholly in its slot, or leaves it to the link. */
export function writeChecksum(sink: IpSink, at: number, path: Path, length: number): void {
  const sum = sink.paths.pseudoHeader(path, PROTOCOL_TCP, length);
  let field = sum;
  if (sink.checksumOffload) sink.checksumOffset = CHECKSUM;
  else field = fold(sumBytes(sink.bytes, at, length, sum)) ^ 0xffff;
  nativeStore16(sink.bytes, at + CHECKSUM, field);
}

/** RFC 9293 3.10.7.1: the answer to a segment for which there is no connection. Never to a reset. */
export function refuse(core: TcpCore, s: Segment, path: Path): void {
  if ((s.flags & RST) !== 0) return;
  answerTo(core, s);
  const { out } = core;
  if ((s.flags & ACK) !== 0) {
    out.seq = s.ack;
    out.ack = 0 as Seq;
    out.flags = RST;
  } else {
    const length = s.payloadLength + ((s.flags & SYN) !== 0 ? 1 : 0) + ((s.flags & FIN) !== 0 ? 1 : 0);
    out.seq = 0 as Seq;
    out.ack = seqAdd(s.seq, length);
    out.flags = RST | ACK;
  }
  core.note(RESETS_OUT);
  transmit(core, path);
}

/** RST of a connection of ours: its number is the one that the peer expects (RFC 5961 3.2 takes no other). */
export function sendReset(core: TcpCore, c: Connection): void {
  core.note(RESETS_OUT);
  last(core, c, RST | ACK);
}

/** FIN, sent once, of a connection that is not kept for it. */
export function sendEnd(core: TcpCore, c: Connection): void {
  last(core, c, FIN | ACK);
}

function last(core: TcpCore, c: Connection, flags: number): void {
  const { out } = core;
  out.sourcePort = c.localPort;
  out.destinationPort = c.remotePort;
  out.seq = c.sndMax;
  out.ack = c.rcvNxt;
  out.flags = flags;
  out.window = 0;
  out.hasTimestamps = false;
  out.sackPermitted = false;
  out.sacks = 0;
  transmit(core, c.path);
}

/** A SYN-ACK for which nothing is remembered: no scale, no timestamps; the MSS is in the cookie. */
export function sendCookie(core: TcpCore, s: Segment, path: Path, cookie: Seq, window: number): void {
  answerTo(core, s);
  const { out } = core;
  out.seq = cookie;
  out.ack = seqAdd(s.seq, 1);
  out.flags = SYN | ACK;
  out.window = Math.min(window, 0xffff);
  out.mss = core.localMss(path);
  out.scale = -1;
  core.note(COOKIES_SENT);
  transmit(core, path);
}

/** Begins an answer to the segment in `core.out`. */
function answerTo(core: TcpCore, s: Segment): void {
  const { out } = core;
  out.sourcePort = s.destinationPort;
  out.destinationPort = s.sourcePort;
  out.window = 0;
  out.hasTimestamps = false;
  out.sackPermitted = false;
  out.sacks = 0;
}

/** Sends `core.out`, which has no payload. */
function transmit(core: TcpCore, path: Path): void {
  const sink = core.sink;
  const at = sink.reserve(path);
  if (at < 0) return;
  const length = encode(sink.bytes, at, core.out);
  writeChecksum(sink, at, path, length);
  core.note(SEGMENTS_OUT);
  sink.protocol = PROTOCOL_TCP;
  sink.send(at, path, length, NO_PAYLOAD, 0, 0);
}
