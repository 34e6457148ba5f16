// Segments without a connection: resets (RFC 9293 3.5.2) and SYN-ACKs that are cookies. Written at once, and lost when
// the link has no slot: their senders come again.

import type { Ipv4 } from "../base/address.ts";
import { fold, pseudoHeaderSum } from "../base/checksum.ts";
import { type IpSink, PROTOCOL_TCP } from "../base/ip-sink.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import { sumBytes } from "../base/native.ts";
import { type Seq, seqAdd } from "../base/seq.ts";
import type { Connection } from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { ACK, CHECKSUM, encodeHeader, encodeSynOptions, FIN, HEADER_LENGTH, RST, type Segment, SYN } from "./wire.ts";

/** Completes the checksum of a segment that lies wholly in its slot, or leaves it to the link. */
export function writeChecksum(sink: IpSink, at: number, source: Ipv4, destination: Ipv4, length: number): void {
  const sum = pseudoHeaderSum(source, destination, PROTOCOL_TCP, length);
  let field = sum;
  if (sink.checksumOffload) sink.checksumOffset = CHECKSUM;
  else field = fold(sumBytes(sink.bytes, at, length, sum)) ^ 0xffff;
  sink.bytes[at + CHECKSUM] = field >>> 8;
  sink.bytes[at + CHECKSUM + 1] = field;
}

/** RFC 9293 3.10.7.1: the answer to a segment for which there is no connection. Never to a reset. */
export function refuse(core: TcpCore, s: Segment, source: Ipv4, destination: Ipv4): void {
  if ((s.flags & RST) !== 0) return;
  if ((s.flags & ACK) !== 0) {
    bare(core, destination, s.destinationPort, source, s.sourcePort, s.ack, 0 as Seq, RST);
    return;
  }
  const length = s.payloadLength + ((s.flags & SYN) !== 0 ? 1 : 0) + ((s.flags & FIN) !== 0 ? 1 : 0);
  bare(core, destination, s.destinationPort, source, s.sourcePort, 0 as Seq, seqAdd(s.seq, length), RST | ACK);
}

/** RST of a connection of ours: its number is the one that the peer expects (RFC 5961 3.2 takes no other). */
export function sendReset(core: TcpCore, c: Connection): void {
  bare(core, c.localAddress, c.localPort, c.remoteAddress, c.remotePort, c.sndMax, c.rcvNxt, RST | ACK);
}

/** A SYN-ACK for which nothing is remembered: no scale, no timestamps; the MSS is in the cookie. */
export function sendCookie(
  core: TcpCore,
  s: Segment,
  source: Ipv4,
  destination: Ipv4,
  cookie: Seq,
  window: number,
): void {
  const sink = core.sink;
  const at = sink.reserve();
  if (at < 0) return;
  const options = encodeSynOptions(sink.bytes, at + HEADER_LENGTH, core.localMss, -1, false, 0, 0);
  const length = HEADER_LENGTH + options;
  encodeHeader(
    sink.bytes,
    at,
    s.destinationPort,
    s.sourcePort,
    cookie,
    seqAdd(s.seq, 1),
    SYN | ACK,
    Math.min(window, 0xffff),
    options,
  );
  writeChecksum(sink, at, destination, source, length);
  const counters = core.counters;
  counters.segmentsOut++;
  counters.cookiesSent++;
  sink.send(at, destination, source, PROTOCOL_TCP, length, NO_PAYLOAD, 0, 0);
}

function bare(
  core: TcpCore,
  local: Ipv4,
  localPort: number,
  remote: Ipv4,
  remotePort: number,
  seq: Seq,
  ack: Seq,
  flags: number,
): void {
  const sink = core.sink;
  const at = sink.reserve();
  if (at < 0) return;
  encodeHeader(sink.bytes, at, localPort, remotePort, seq, ack, flags, 0, 0);
  writeChecksum(sink, at, local, remote, HEADER_LENGTH);
  const counters = core.counters;
  counters.segmentsOut++;
  counters.resetsOut++;
  sink.send(at, local, remote, PROTOCOL_TCP, HEADER_LENGTH, NO_PAYLOAD, 0, 0);
}
