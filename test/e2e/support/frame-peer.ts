// A peer below sockets: bare frames through frame-port.c, and as much of TCP as an attack needs. It is on the same link as
// the host, with addresses of its own (.100 to .249 of the host's /24) behind one card, and answers ARP for them.

import { type ChildProcess, spawn } from "node:child_process";
import "../../../image/native-node.ts";
import { type Mac, parseIpv4 } from "../../../stack/base/address.ts";
import { readU16, readU32, writeU16, writeU32 } from "../../../stack/base/bytes.ts";
import { fold } from "../../../stack/base/checksum.ts";
import { copyBytes } from "../../../stack/base/native.ts";
import { ACK, decode, Segment, SYN } from "../../../stack/tcp/wire.ts";
import { pseudoHeaderSum } from "../../support/ipv4.ts";
import { arpFrame, ipv4Frame, Route, transportChecksum } from "../../support/packets.ts";
import { Random } from "../../support/random.ts";

export const NONE = new Uint8Array(0);
export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const OUR_MAC = 0x02_00_00_00_aa_01 as Mac;
export const BROADCAST = 0xff_ff_ff_ff_ff_ff as Mac;
/** Bytes of a header of virtio-net in front of a frame (virtio 1.2, 5.1.6). */
const OFFLOAD_HEADER = 10;
const NEEDS_CHECKSUM = 1;
const SEGMENTED_TCPV4 = 1;

export const text = (words: string): Uint8Array => new TextEncoder().encode(words);

/** What is in a segment besides its numbers. */
export interface Extras {
  readonly options?: readonly number[];
  readonly data?: Uint8Array;
  readonly window?: number;
  readonly port?: number;
  readonly urgent?: number;
}

/** A connection of the attacker's, as much of one as an attack needs. */
export interface Connection {
  readonly from: Route;
  readonly port: number;
  seq: number;
  ack: number;
  /** What came in one segment, whole: an ICMP error may quote it. */
  heard: Uint8Array;
}

export class FramePeer {
  readonly random = new Random(20_271);
  readonly there: number;
  readonly net: number;
  thereMac = BROADCAST;
  /** What is done once a connection is up, and then with each segment that comes. */
  opened: (c: Connection) => void = () => {};
  heard: (c: Connection, s: Segment) => void = () => {};
  readonly connections = new Map<string, Connection>();
  readonly #port: ChildProcess;
  readonly #offload: boolean;
  #pending = Buffer.alloc(0);

  /** `program`: frame-port.c; with `offload` frames go with virtio-net's header, as a neighbour on the same host may send. */
  constructor(host: string, program: string, link: string, offload: boolean) {
    this.there = parseIpv4(host)!;
    this.net = this.there - (this.there % 256);
    this.#offload = offload;
    this.#port = spawn(program, offload ? [link, "offload"] : [link], { stdio: ["pipe", "pipe", "inherit"] });
    this.#port.on("exit", () => process.exit(0));
    this.#port.stdout!.on("data", (chunk: Buffer) => {
      this.#pending = Buffer.concat([this.#pending, chunk]);
      while (this.#pending.length >= 4 && this.#pending.length >= 4 + this.#pending.readUInt32BE(0)) {
        const length = this.#pending.readUInt32BE(0);
        this.#receive(new Uint8Array(this.#pending.subarray(4 + (offload ? OFFLOAD_HEADER : 0), 4 + length)));
        this.#pending = this.#pending.subarray(4 + length);
      }
    });
  }

  /** Frames wait to be taken: more would only fill this program's memory. */
  get busy(): boolean {
    return this.#port.stdin!.writableLength >= 1 << 20;
  }

  send(frame: Uint8Array, header = new Uint8Array(OFFLOAD_HEADER)): void {
    const head = new Uint8Array(4);
    writeU32(head, 0, frame.length + (this.#offload ? OFFLOAD_HEADER : 0));
    this.#port.stdin!.write(head);
    if (this.#offload) this.#port.stdin!.write(header);
    this.#port.stdin!.write(frame);
  }

  /** A segment as its sender hands it to its card: one checksum for all, to be cut into pieces of `size` bytes. */
  sendUncut(c: Connection, data: Uint8Array, size: number): void {
    const frame = this.segment(c.from, c.port, ACK, c.seq, c.ack, { data });
    const length = frame.length - 34;
    writeU16(frame, 34 + 16, fold(pseudoHeaderSum(c.from.source, c.from.destination, TCP, length)));
    const header = new DataView(new ArrayBuffer(OFFLOAD_HEADER));
    header.setUint8(0, NEEDS_CHECKSUM);
    header.setUint8(1, data.length > size ? SEGMENTED_TCPV4 : 0);
    header.setUint16(2, 54, true);
    header.setUint16(4, data.length > size ? size : 0, true);
    header.setUint16(6, 34, true);
    header.setUint16(8, 16, true);
    this.send(frame, new Uint8Array(header.buffer));
  }

  route(address: number): Route {
    return new Route(OUR_MAC, this.thereMac, address, this.there);
  }

  /** One of the attacker's own addresses; any address at all. */
  ours(): number {
    return this.net + 100 + this.random.below(150);
  }

  anybody(): number {
    return this.random.below(4) === 0 ? this.ours() : 0x0b00_0000 + this.random.below(0x1000_0000);
  }

  /** A TCP segment as the payload of a datagram. */
  bytes(from: Route, sourcePort: number, flags: number, seq: number, ack: number, extras: Extras = {}): Uint8Array {
    const { options = [], data = NONE, window = 0xffff, port = 80, urgent = 0 } = extras;
    const bytes = new Uint8Array(20 + options.length + data.length);
    writeU16(bytes, 0, sourcePort);
    writeU16(bytes, 2, port);
    writeU32(bytes, 4, seq >>> 0);
    writeU32(bytes, 8, ack >>> 0);
    bytes[12] = (20 + options.length) << 2;
    bytes[13] = flags;
    writeU16(bytes, 14, window);
    writeU16(bytes, 18, urgent);
    options.forEach((option, i) => {
      bytes[20 + i] = option;
    });
    copyBytes(bytes, 20 + options.length, data, 0, data.length);
    writeU16(bytes, 16, transportChecksum(from, TCP, bytes));
    return bytes;
  }

  segment(from: Route, sourcePort: number, flags: number, seq: number, ack: number, extras: Extras = {}): Uint8Array {
    const bytes = this.bytes(from, sourcePort, flags, seq, ack, extras);
    return ipv4Frame(from, TCP, this.random.below(65_536), NONE, bytes);
  }

  open(options: readonly number[] = [2, 4, 5, 180], window = 0xffff): void {
    const { random } = this;
    const from = this.route(this.ours());
    const c = { from, port: 1024 + random.below(64_000), seq: random.below(1 << 30), ack: 0, heard: NONE };
    this.connections.set(`${from.source} ${c.port}`, c);
    this.send(this.segment(from, c.port, SYN, c.seq, 0, { options, window }));
  }

  say(c: Connection, flags: number, extras: Extras = {}, ahead = 0): void {
    this.send(this.segment(c.from, c.port, flags, c.seq + ahead, c.ack, extras));
  }

  /** Says it in order. */
  tell(c: Connection, flags: number, data: Uint8Array, window = 0xffff): void {
    this.say(c, flags, { data, window });
    c.seq = (c.seq + data.length) >>> 0;
  }

  forget(c: Connection): void {
    this.connections.delete(`${c.from.source} ${c.port}`);
  }

  #receive(frame: Uint8Array): void {
    if (frame.length < 42) return;
    const { there, net } = this;
    const type = readU16(frame, 12);
    if (type === 0x0806 && readU32(frame, 28) === there) {
      this.thereMac = (readU16(frame, 22) * 0x1_0000_0000 + readU32(frame, 24)) as Mac;
      const asked = readU32(frame, 38);
      if (readU16(frame, 20) === 1 && asked >= net + 100 && asked <= net + 249)
        this.send(arpFrame(this.route(asked), 2));
    }
    if (type !== 0x0800 || frame[23] !== TCP || readU32(frame, 26) !== there) return;
    const at = 14 + (frame[14]! & 15) * 4;
    const s = new Segment();
    if (decode(frame, at, readU16(frame, 16) - (at - 14), s) !== 0) return;
    const c = this.connections.get(`${readU32(frame, 30)} ${s.destinationPort}`);
    if (c === undefined) return;
    if ((s.flags & SYN) !== 0) {
      c.seq = (c.seq + 1) >>> 0;
      c.ack = (s.seq + 1) >>> 0;
      this.opened(c);
      return;
    }
    c.heard = frame.slice(14, 14 + 60);
    this.heard(c, s);
  }
}
