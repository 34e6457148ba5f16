// One end of a TCP connection with the host: enough of TCP to get it into every state, and the habits to leave the
// usual ways there.

import { writeU16, writeU32 } from "../../../stack/base/bytes.ts";
import { copyBytes } from "../../../stack/base/native.ts";
import type { Instant } from "../../../stack/base/result.ts";
import { ACK, FIN, PSH, RST, type Segment, SYN } from "../../../stack/tcp/wire.ts";
import { ipv4Frame, type Route, transportChecksum } from "../../support/packets.ts";
import type { Random } from "../../support/random.ts";
import type { SecurePeer } from "./secure.ts";

export const PHASE_SYN = 1;
export const PHASE_OPEN = 2;
export const PHASE_OVER = 3;

const NO_OPTIONS: Uint8Array = new Uint8Array(0);
const TCP = 6;
const URG = 0x20;
const SEGMENT_LIMIT = 1460;
/** Of a peer that keeps what it receives. */
const RECEIVED_LIMIT = 65_536;

export class Peer {
  readonly route: Route;
  readonly port: number;
  readonly hostPort: number;
  phase = PHASE_SYN;
  /** The next number that we send, and the next that we want. */
  seq: number;
  expected = 0;
  /** What the host has acknowledged. */
  acknowledged: number;
  window = 0xffff;
  /** What we send, and how much of it has gone. */
  out: Uint8Array = NO_OPTIONS;
  sent = 0;
  /** Where `out` begins. */
  outSeq: number;
  timestamps = false;
  stamp = 1;
  echo = 0;
  ackDue = false;
  finSent = false;
  finSeen = false;
  /** What came in order, when it is kept. */
  keeps = false;
  received: Uint8Array = NO_OPTIONS;
  /** Who speaks TLS over it. */
  secure: SecurePeer | undefined;

  constructor(route: Route, port: number, hostPort: number, seq: number) {
    this.route = route;
    this.port = port;
    this.hostPort = hostPort;
    this.seq = seq >>> 0;
    this.outSeq = (this.seq + 1) >>> 0;
    this.acknowledged = this.seq;
  }

  /** The opening SYN, or with ACK the answer to the host's. */
  syn(random: Random, flags: number): Uint8Array {
    const options = synOptions(this, random);
    const frame = this.frame(flags, this.seq, options, NO_OPTIONS, 0, 0);
    this.seq = this.outSeq;
    return frame;
  }

  /** More to send. */
  say(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.out.length + bytes.length);
    copyBytes(joined, 0, this.out, 0, this.out.length);
    copyBytes(joined, this.out.length, bytes, 0, bytes.length);
    this.out = joined;
  }

  /** The next `length` bytes of what there is to send. */
  piece(length: number, flags: number): Uint8Array {
    const size = Math.min(length, SEGMENT_LIMIT, this.out.length - this.sent);
    const frame = this.frame(flags, this.seq, this.usualOptions(), this.out, this.sent, size);
    this.sent += size;
    this.seq = (this.seq + size) >>> 0;
    return frame;
  }

  ack(): Uint8Array {
    this.ackDue = false;
    return this.frame(ACK, this.seq, this.usualOptions(), NO_OPTIONS, 0, 0);
  }

  fin(): Uint8Array {
    const frame = this.frame(FIN | ACK, this.seq, this.usualOptions(), NO_OPTIONS, 0, 0);
    if (!this.finSent) this.seq = (this.seq + 1) >>> 0;
    this.finSent = true;
    return frame;
  }

  reset(sequence: number): Uint8Array {
    return this.frame(RST | ACK, sequence >>> 0, NO_OPTIONS, NO_OPTIONS, 0, 0);
  }

  /** Something that a good peer does not send, or not often. */
  oddity(random: Random): Uint8Array {
    const { out, sent } = this;
    const usual = this.usualOptions();
    switch (random.below(14)) {
      case 0: {
        // Sent before: whole, or over the edge of what was acknowledged.
        const from = random.below(sent + 1);
        const length = Math.min(SEGMENT_LIMIT, random.below(sent - from + 1));
        return this.frame(ACK | PSH, this.outSeq + from, usual, out, from, length);
      }
      case 1: {
        // Ahead of what comes next.
        const from = Math.min(out.length, sent + random.below(3000));
        const length = Math.min(SEGMENT_LIMIT, out.length - from);
        return this.frame(ACK, this.outSeq + from, usual, out, from, length);
      }
      case 2:
        return this.frame(ACK, this.seq - 1, usual, NO_OPTIONS, 0, 0); // keep-alive
      case 3:
        return this.frame(ACK, this.seq - 1, usual, new Uint8Array(1), 0, 1);
      case 4:
        return this.frame(SYN, random.below(2) === 0 ? this.seq : random.below(0x100000000), usual, NO_OPTIONS, 0, 0);
      case 5:
        return this.frame(random.below(64), this.seq, usual, NO_OPTIONS, 0, 0);
      case 6:
        return this.frame(ACK | URG | PSH, this.seq, usual, new Uint8Array(100), 0, random.below(100));
      case 7:
        return this.reset(random.below(3) === 0 ? this.seq : this.seq + random.below(70_000) - 1000);
      case 8: {
        // Acknowledges too little or too much.
        const right = this.expected;
        this.expected = (right + random.below(6000) - 3000) >>> 0;
        const frame = this.frame(ACK, this.seq, usual, NO_OPTIONS, 0, 0);
        this.expected = right;
        return frame;
      }
      case 9:
        this.window = random.below(4) === 0 ? 0xffff : random.below(random.below(2) === 0 ? 4 : 3000);
        return this.ack();
      case 10:
        return this.frame(ACK, this.seq, sackOptions(this, random), NO_OPTIONS, 0, 0);
      case 11:
        this.stamp = (this.stamp + random.below(0x100000000) - 0x80000000) >>> 0;
        return this.ack();
      case 12:
        return this.frame(ACK, this.seq, randomOptions(random), NO_OPTIONS, 0, 0);
      default:
        return this.frame(ACK | FIN, this.seq + random.below(2000), usual, new Uint8Array(100), 0, random.below(100));
    }
  }

  /** A segment of the host's. */
  hear(segment: Segment, bytes: Uint8Array, now: Instant): void {
    const flags = segment.flags;
    if (segment.hasTimestamps) this.echo = segment.tsValue;
    if ((flags & RST) !== 0) {
      this.phase = PHASE_OVER;
      return;
    }
    if ((flags & SYN) !== 0) {
      this.expected = (segment.seq + 1) >>> 0;
      this.timestamps = this.timestamps && segment.hasTimestamps;
      this.phase = PHASE_OPEN;
      this.ackDue = true;
      return;
    }
    if ((flags & ACK) !== 0) this.acknowledged = segment.ack;
    const length = segment.payloadLength + ((flags & FIN) !== 0 ? 1 : 0);
    if (length === 0) return;
    this.ackDue = true;
    if (segment.seq !== this.expected) return;
    this.expected = (segment.seq + length) >>> 0;
    if ((flags & FIN) !== 0) this.finSeen = true;
    const { secure } = this;
    if (secure !== undefined) secure.hear(bytes, segment.payloadOffset, segment.payloadLength, now);
    else if (this.keeps && this.received.length < RECEIVED_LIMIT) {
      const grown = new Uint8Array(this.received.length + segment.payloadLength);
      copyBytes(grown, 0, this.received, 0, this.received.length);
      copyBytes(grown, this.received.length, bytes, segment.payloadOffset, segment.payloadLength);
      this.received = grown;
    }
  }

  private usualOptions(): Uint8Array {
    if (!this.timestamps) return NO_OPTIONS;
    const options = new Uint8Array(12);
    writeU32(options, 0, 0x0101080a);
    this.stamp = (this.stamp + 1) >>> 0;
    writeU32(options, 4, this.stamp);
    writeU32(options, 8, this.echo);
    return options;
  }

  private frame(
    flags: number,
    seq: number,
    options: Uint8Array,
    data: Uint8Array,
    offset: number,
    length: number,
  ): Uint8Array {
    const segment = new Uint8Array(20 + options.length + length);
    const ack = (flags & ACK) !== 0 ? this.expected : 0;
    writeU16(segment, 0, this.port);
    writeU16(segment, 2, this.hostPort);
    writeU32(segment, 4, seq >>> 0);
    writeU32(segment, 8, ack);
    writeU16(segment, 12, (20 + options.length) * 0x400 + flags);
    writeU16(segment, 14, this.window);
    copyBytes(segment, 20, options, 0, options.length);
    copyBytes(segment, 20 + options.length, data, offset, length);
    writeU16(segment, 16, transportChecksum(this.route, TCP, segment));
    return ipv4Frame(this.route, TCP, this.seq & 0xffff, NO_OPTIONS, segment);
  }
}

function synOptions(peer: Peer, random: Random): Uint8Array {
  const kind = random.below(8);
  // Who asks for a page and wants to see it does nothing odd.
  if (kind === 0 || peer.keeps) return NO_OPTIONS;
  if (kind === 1) return randomOptions(random);
  peer.timestamps = random.below(3) !== 0;
  const options = new Uint8Array(20);
  writeU32(options, 0, 0x02040000 + (random.below(4) === 0 ? random.below(0x10000) : 1460));
  writeU32(options, 4, 0x01030300 + (random.below(4) === 0 ? random.below(256) : random.below(8)));
  writeU32(options, 8, peer.timestamps ? 0x0402080a : 0x01010402);
  if (peer.timestamps) {
    writeU32(options, 12, peer.stamp);
    return options;
  }
  return options.slice(0, 12);
}

/** Some intervals, near what the host has sent or anywhere. */
function sackOptions(peer: Peer, random: Random): Uint8Array {
  const blocks = 1 + random.below(4);
  const options = new Uint8Array(4 + blocks * 8);
  writeU32(options, 0, 0x01010500 + 2 + blocks * 8);
  for (let i = 0; i < blocks; i++) {
    const start = random.below(4) === 0 ? random.below(0x100000000) : peer.expected + random.below(9000) - 3000;
    writeU32(options, 4 + i * 8, start >>> 0);
    writeU32(options, 8 + i * 8, (start + random.below(5000) - 500) >>> 0);
  }
  return options;
}

function randomOptions(random: Random): Uint8Array {
  const options = new Uint8Array(4 * random.below(11));
  for (let i = 0; i < options.length; i++) options[i] = random.below(3) === 0 ? random.below(256) : random.below(11);
  return options;
}
