// What the tests of TCP share: a sink that keeps packets, a user that keeps its events, a peer written by hand, and two
// machines joined by a link that loses, doubles and reorders.

import type { Ipv4 } from "../../../stack/base/address.ts";
import { readU16, readU32, writeU16, writeU32 } from "../../../stack/base/bytes.ts";
import { fold } from "../../../stack/base/checksum.ts";
import { HEAD_ROOM, IpSink, PROTOCOL_TCP } from "../../../stack/base/ip-sink.ts";
import { copyBytes, sumBytes } from "../../../stack/base/native.ts";
import { NOT_ECT } from "../../../stack/base/packet.ts";
import { NO_PATH, type Path, PathTable } from "../../../stack/base/path.ts";
import { Quotation } from "../../../stack/base/quotation.ts";
import type { Instant } from "../../../stack/base/result.ts";
import type { Seq } from "../../../stack/base/seq.ts";
import { SharedMemory } from "../../../stack/base/shared.ts";
import { type Handle, StreamUser } from "../../../stack/base/streams.ts";
import { TcpLimits } from "../../../stack/tcp/limits.ts";
import { Tcp } from "../../../stack/tcp/tcp.ts";
import { CWR, decode, encode, Segment, SYN } from "../../../stack/tcp/wire.ts";
import { bytesOf } from "../../support/bytes.ts";
import { packetOf, pseudoHeaderSum } from "../../support/ipv4.ts";

export const HERE = 0x0a000001 as Ipv4;
export const THERE = 0x0a000002 as Ipv4;
const NO_IPV4 = 0 as Ipv4;

export interface Packet {
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly bytes: Uint8Array;
  /** Its ECN codepoint. */
  readonly ecn: number;
}

/** Keeps what is sent, cut into segments when it was one large packet. Checks what every packet must keep to. */
/** What a quotation says of a segment, where it differs from the connection's. */
export interface QuotationFields {
  readonly sequence?: number;
  readonly mtu?: number;
  readonly length?: number;
  readonly localPort?: number;
  readonly remotePort?: number;
}

export class RecordingSink extends IpSink {
  override bytes: Uint8Array = new Uint8Array(4200);
  /** Slots before reserve says no. */
  slots = 1_000_000;
  packets: Packet[] = [];
  /** Payload bytes of each `send`, before cutting. */
  sends: number[] = [];
  /** The most of them that one `send` ever had. */
  largest = 0;
  fragmentable: boolean[] = [];
  /** Of each `send`: what the checksum field held, where the link was asked to complete it, and the pseudo-header's sum. */
  readonly checksums: { readonly field: number; readonly offset: number; readonly sum: number }[] = [];
  /** Packets that were begun by `repeat`, and whether there is such a thing. */
  repeats = 0;
  repeating = true;
  #reserved = false;
  // Two slots in turn. Of the last packet: where it lies while it may be repeated, or -1, and where it went.
  #next = 100;
  #last = -1;
  #path: Path = NO_PATH;
  #ecn = NOT_ECT;
  /** Paths that TCP has doubted. */
  readonly doubted: Path[] = [];

  constructor() {
    super(new PathTable(32, 1500, 7));
  }

  override doubt(path: Path): void {
    this.doubted.push(path);
  }

  override reserve(_path: Path): number {
    this.#last = -1;
    return this.#slot();
  }

  override repeat(like: number, length: number): number {
    if (!this.repeating || like !== this.#last) return -1;
    const at = this.#slot();
    if (at >= 0) copyBytes(this.bytes, at, this.bytes, like, length);
    return at;
  }

  override sendRepeat(
    at: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const last = this.#last;
    this.repeats++;
    this.ecn = this.#ecn;
    this.send(at, this.#path, headLength, payload, payloadOffset, payloadLength);
    this.#last = last;
  }

  #slot(): number {
    if (this.#reserved) throw new Error("reserved twice");
    if (this.slots === 0) return -1;
    this.slots--;
    this.#reserved = true;
    this.#next = this.#next === 100 ? 2100 : 100;
    return this.#next;
  }

  override release(_at: number, _path: Path): void {
    this.#reserved = false;
  }

  override send(
    at: number,
    path: Path,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    if (!this.#reserved || this.protocol !== PROTOCOL_TCP || headLength > HEAD_ROOM) throw new Error("bad send");
    this.#reserved = false;
    const six = this.paths.families[path]! === 6;
    const source = six ? NO_IPV4 : this.paths.local4Of(path);
    // Of IPv6 the sum of both addresses stands for them.
    const destination = six ? (this.paths.sums[path]! as Ipv4) : this.paths.remote4Of(path);
    const packet = new Uint8Array(headLength + payloadLength);
    copyBytes(packet, 0, this.bytes, at, headLength);
    copyBytes(packet, headLength, payload, payloadOffset, payloadLength);
    const header = (packet[12]! >> 4) * 4;
    this.sends.push(packet.length - header);
    this.largest = Math.max(this.largest, packet.length - header);
    this.fragmentable.push(!this.dontFragment);
    const sum = pseudoHeaderSum(source, destination, PROTOCOL_TCP, packet.length);
    this.checksums.push({ field: readU16(packet, 16), offset: this.checksumOffset, sum });
    if (this.segmentSize > 0) this.#cut(source, destination, packet, header);
    else {
      if (packet.length > this.mtu - 20) throw new Error(`packet of ${packet.length} beyond the MTU`);
      if (this.checksumOffset > 0) checksum(packet, source, destination);
      this.packets.push({ source, destination, bytes: packet, ecn: this.ecn });
    }
    this.#last = this.dontFragment ? at : -1;
    this.#path = path;
    this.#ecn = this.ecn;
    this.ecn = NOT_ECT;
    this.checksumOffset = 0;
    this.segmentSize = 0;
    this.dontFragment = true;
  }

  /** TSO, as a card does it. */
  #cut(source: Ipv4, destination: Ipv4, packet: Uint8Array, header: number): void {
    if (!this.segmentOffload || packet.length > 65_515) throw new Error("not to be cut");
    const seq = readU32(packet, 4);
    for (let from = header; from < packet.length; from += this.segmentSize) {
      const end = Math.min(packet.length, from + this.segmentSize);
      const piece = new Uint8Array(header + end - from);
      copyBytes(piece, 0, packet, 0, header);
      copyBytes(piece, header, packet, from, end - from);
      writeU32(piece, 4, (seq + from - header) >>> 0);
      // FIN and PSH only on the last; who wants CWR on the first alone must say so (HOST_ECN).
      if ((packet[13]! & CWR) !== 0) throw new Error("CWR in a packet that is cut");
      if (end < packet.length) piece[13] = piece[13]! & ~0x09;
      checksum(piece, source, destination);
      this.packets.push({ source, destination, bytes: piece, ecn: this.ecn });
    }
  }

  take(): Packet[] {
    const packets = this.packets;
    this.packets = [];
    this.sends = [];
    this.fragmentable = [];
    return packets;
  }
}

export function checksum(packet: Uint8Array, source: Ipv4, destination: Ipv4): void {
  writeU16(packet, 16, 0);
  const sum = pseudoHeaderSum(source, destination, PROTOCOL_TCP, packet.length);
  writeU16(packet, 16, fold(sumBytes(packet, 0, packet.length, sum)) ^ 0xffff);
}

/** Keeps what it is told, and what it reads if it is to read. */
export class RecordingUser extends StreamUser {
  events: string[] = [];
  received: number[] = [];
  handle: Handle = -1 as Handle;
  reads = true;
  /** What it says when it is asked whether it would read all. */
  isWhole = false;
  onReadable: (handle: Handle) => void = () => {};
  onAccepted: (handle: Handle) => void = () => {};
  tcp: Tcp | undefined;

  override accepted(handle: Handle, port: number, _now: Instant): void {
    this.events.push(`accepted ${port}`);
    this.handle = handle;
    this.onAccepted(handle);
  }
  override connected(handle: Handle, _now: Instant): void {
    this.events.push("connected");
    this.handle = handle;
  }
  override readable(handle: Handle, _now: Instant): void {
    this.events.push("readable");
    this.onReadable(handle);
    if (this.reads) this.read(handle);
  }
  override readsWhole(_bytes: Uint8Array, _offset: number, _length: number): boolean {
    return this.isWhole;
  }
  override sent(_handle: Handle, _now: Instant): void {
    this.events.push("sent");
  }
  override closed(_handle: Handle, reason: number, _now: Instant): void {
    this.events.push(`closed ${reason}`);
  }
  read(handle: Handle): void {
    const tcp = this.tcp!;
    const length = tcp.readLength(handle);
    const start = tcp.readStart(handle);
    const bytes = tcp.readBuffer(handle);
    for (let i = 0; i < length; i++) this.received.push(bytes[start + i]!);
    tcp.consume(handle, length);
  }
  take(): string[] {
    const events = this.events;
    this.events = [];
    return events;
  }
}

export interface SegmentFields {
  seq?: number;
  ack?: number;
  flags?: number;
  window?: number;
  mss?: number;
  scale?: number;
  timestamps?: readonly [value: number, echo: number];
  /** Of a SYN. */
  sackPermitted?: boolean;
  sacks?: readonly (readonly [start: number, end: number])[];
  data?: Uint8Array | string;
  /** The codepoint of the packet that it comes in. */
  ecn?: number;
}

/** A machine at HERE and a peer at THERE whose segments the test writes by hand. */
export class Bench {
  readonly sink: RecordingSink = new RecordingSink();
  readonly user: RecordingUser = new RecordingUser();
  readonly limits: TcpLimits = new TcpLimits();
  readonly memory: SharedMemory = new SharedMemory();
  readonly tcp: Tcp;
  readonly userNumber: number;
  /** From HERE to THERE. */
  readonly path: Path;
  now = 1_000_000;
  localPort = 80;
  remotePort = 5555;
  remote = THERE;
  /** The last 32 bits of the peer's address, and its network's number, when it speaks IPv6; network -1: it does not. */
  remote6 = 1;
  network = -1;
  /** The peer's next sequence number, and what it has acknowledged. */
  seq = 7_000_000;
  ack = 0;
  iss = 0;
  handle: Handle = -1 as Handle;
  /** Codepoints of the packets that `sent` has returned last. */
  ecns: number[] = [];

  constructor(change: (limits: TcpLimits, sink: RecordingSink) => void = () => {}) {
    change(this.limits, this.sink);
    this.path = this.sink.paths.open4(HERE, THERE);
    this.sink.paths.hold(this.path);
    this.tcp = new Tcp(this.sink, this.limits, SECRET, this.memory);
    this.user.tcp = this.tcp;
    this.userNumber = this.tcp.addUser(this.user);
    this.tcp.listen(80, this.userNumber, 65_536);
  }

  /** Brings a segment from the peer in, and answers what the machine sends in return. */
  receive(fields: SegmentFields): Segment[] {
    this.input(fields);
    return this.sent();
  }

  input(fields: SegmentFields): void {
    const bytes = build(this.remotePort, this.localPort, this.seq, this.ack, fields);
    const { paths } = this.sink;
    if (this.network >= 0) {
      const path = paths.open6(this.#pair(), 0);
      checksum(bytes, NO_IPV4, paths.sums[path]! as Ipv4);
      this.#hear(path, bytes, fields);
      return;
    }
    checksum(bytes, this.remote, HERE);
    this.#hear(paths.open4(HERE, this.remote), bytes, fields);
  }

  #hear(path: Path, bytes: Uint8Array, fields: SegmentFields): void {
    const packet = packetOf(path, PROTOCOL_TCP, bytes);
    packet.ecn = fields.ecn ?? NOT_ECT;
    this.tcp.input(packet, this.now);
  }

  /** The peer's address of IPv6, and ours behind it. */
  #pair(): Uint8Array {
    const pair = new Uint8Array(32);
    for (const at of [0, 16]) writeU32(pair, at, 0x20010db8);
    writeU32(pair, 4, this.network);
    writeU32(pair, 12, this.remote6);
    pair[31] = 1;
    return pair;
  }

  /** The network reports an error about a segment of ours: `about` names it. */
  networkError(error: number, about: QuotationFields): void {
    const quotation = new Quotation();
    quotation.error = error;
    quotation.path = this.path;
    quotation.protocol = PROTOCOL_TCP;
    quotation.localPort = this.localPort;
    quotation.remotePort = this.remotePort;
    quotation.length = 1500;
    if (about.sequence !== undefined) quotation.sequence = about.sequence >>> 0;
    if (about.mtu !== undefined) quotation.mtu = about.mtu;
    if (about.length !== undefined) quotation.length = about.length;
    if (about.localPort !== undefined) quotation.localPort = about.localPort;
    if (about.remotePort !== undefined) quotation.remotePort = about.remotePort;
    this.tcp.networkError(quotation, this.now);
  }

  /** Lets the machine send; what it sent. */
  sent(): Segment[] {
    this.tcp.transmit(this.now);
    this.ecns = [];
    return this.sink.take().map((packet) => {
      this.ecns.push(packet.ecn);
      expectChecksum(packet);
      return decoded(packet.bytes);
    });
  }

  /** Time goes on, in steps of the machine's own deadlines; all it sent meanwhile. */
  pass(microseconds: number): Segment[] {
    const end = this.now + microseconds;
    const out: Segment[] = [];
    for (;;) {
      const next = this.tcp.nextDeadline();
      if (next > end) break;
      this.now = Math.max(this.now, next);
      this.tcp.step(this.now);
      for (const segment of this.sent()) out.push(segment);
    }
    this.now = end;
    return out;
  }

  /** The peer connects to port 80. */
  accept(fields: SegmentFields = {}): Segment {
    const [synAck] = this.receive({ ...fields, flags: SYN, mss: fields.mss ?? 1460 });
    this.seq++;
    this.iss = synAck!.seq;
    this.ack = this.iss + 1;
    const last: SegmentFields = { flags: 0x10 };
    if (fields.window !== undefined) last.window = fields.window;
    if (fields.timestamps !== undefined) last.timestamps = [fields.timestamps[0], synAck!.tsValue];
    this.receive(last);
    this.handle = this.user.handle;
    return synAck!;
  }

  /** The machine connects to the peer's port 443. */
  connect(fields: SegmentFields = {}): Segment {
    this.remotePort = 443;
    this.handle = this.tcp.connect(this.path, 443, this.userNumber, 65_536, this.now);
    const [syn] = this.sent();
    this.iss = syn!.seq;
    this.localPort = syn!.sourcePort;
    this.ack = this.iss + 1;
    this.receive({ ...fields, flags: 0x12, mss: fields.mss ?? 1460 });
    this.seq++;
    return syn!;
  }

  send(length: number): void {
    this.tcp.send(this.handle, PATTERN, 0, length);
  }
}

export const SECRET: Uint8Array = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
export const PATTERN: Uint8Array = new Uint8Array(1 << 21);
for (let i = 0; i < PATTERN.length; i++) PATTERN[i] = (i * 7 + (i >> 8) * 13) & 255;

export function build(
  sourcePort: number,
  destinationPort: number,
  seq: number,
  ack: number,
  fields: SegmentFields,
): Uint8Array {
  const data = typeof fields.data === "string" ? bytesOf(fields.data) : (fields.data ?? NONE);
  const head = new Uint8Array(80);
  const segment = new Segment();
  segment.sourcePort = sourcePort;
  segment.destinationPort = destinationPort;
  segment.seq = ((fields.seq ?? seq) >>> 0) as Seq;
  segment.ack = ((fields.ack ?? ack) >>> 0) as Seq;
  segment.flags = fields.flags ?? 0x10;
  segment.window = fields.window ?? 65_535;
  segment.mss = fields.mss ?? 1460;
  segment.scale = fields.scale ?? -1;
  if (fields.timestamps !== undefined) {
    segment.hasTimestamps = true;
    segment.tsValue = fields.timestamps[0];
    segment.tsEcho = fields.timestamps[1];
  }
  if (fields.sackPermitted !== undefined) segment.sackPermitted = fields.sackPermitted;
  if (fields.sacks !== undefined) {
    for (const block of fields.sacks) {
      segment.sackStarts[segment.sacks] = (block[0] >>> 0) as Seq;
      segment.sackEnds[segment.sacks] = (block[1] >>> 0) as Seq;
      segment.sacks++;
    }
  }
  const length = encode(head, 0, segment);
  const bytes = new Uint8Array(length + data.length);
  bytes.set(head.subarray(0, length));
  bytes.set(data, length);
  return bytes;
}

const NONE = new Uint8Array(0);

export function decoded(bytes: Uint8Array): Segment {
  const segment = new Segment();
  if (decode(bytes, 0, bytes.length, segment) !== 0) throw new Error("not decodable");
  return segment;
}

export function expectChecksum(packet: Packet): void {
  const sum = pseudoHeaderSum(packet.source, packet.destination, PROTOCOL_TCP, packet.bytes.length);
  if (fold(sumBytes(packet.bytes, 0, packet.bytes.length, sum)) !== 0xffff) throw new Error("bad checksum");
}

/** A generator of numbers in [0, 1) from a seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  };
}
