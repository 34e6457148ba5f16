// The fake of stack/base/ip-sink.ts: keeps what was sent as whole packets, checksum completed as a device would.

import type { Ipv4 } from "../../stack/base/address.ts";
import { readU16, writeU16 } from "../../stack/base/bytes.ts";
import { fold } from "../../stack/base/checksum.ts";
import { HEAD_ROOM, IpSink } from "../../stack/base/ip-sink.ts";
import { copyBytes, sumBytes } from "../../stack/base/native.ts";
import { NO_PATH, type Path, PathTable } from "../../stack/base/path.ts";

export interface SentPacket {
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly protocol: number;
  /** Transport header and payload, joined; its checksum is complete (of the large packet when segmentSize is set). */
  readonly bytes: Uint8Array;
  readonly headLength: number;
  /** As given: 0 when the sender completed the checksum itself. */
  readonly checksumOffset: number;
  readonly segmentSize: number;
  readonly dontFragment: boolean;
}

export class FakeIpSink extends IpSink {
  /** Paths that a transport has doubted. */
  readonly doubted: Path[] = [];
  /** Everything sent and not yet taken. */
  readonly packets: SentPacket[] = [];
  /** Slots that may still be reserved; set it to 0 to be full. */
  free = Number.POSITIVE_INFINITY;
  /** Reserved and neither sent nor released. */
  readonly held: number[] = [];
  /** Where the last packet was written, while `repeat` may copy it, and its addresses. */
  private last = -1;
  private lastPath = NO_PATH;

  private nextSlot = 0;

  constructor(slots = 8) {
    super(new PathTable(64, 1500, 7));
    this.bytes = new Uint8Array(slots * HEAD_ROOM);
  }

  reserve(): number {
    this.last = -1;
    return this.slot();
  }

  repeat(like: number, length: number): number {
    if (like !== this.last) return -1;
    const at = this.slot();
    if (at >= 0) copyBytes(this.bytes, at, this.bytes, like, length);
    return at;
  }

  sendRepeat(at: number, headLength: number, payload: Uint8Array, payloadOffset: number, payloadLength: number): void {
    const { last } = this;
    this.send(at, this.lastPath, headLength, payload, payloadOffset, payloadLength);
    this.last = last;
  }

  private slot(): number {
    if (this.free <= 0 || this.held.length * HEAD_ROOM >= this.bytes.length) return -1;
    let at = this.nextSlot;
    while (this.held.includes(at)) at = (at + HEAD_ROOM) % this.bytes.length;
    this.nextSlot = (at + HEAD_ROOM) % this.bytes.length;
    this.free--;
    this.held.push(at);
    return at;
  }

  release(at: number): void {
    this.take(at);
    this.free++;
  }

  send(
    at: number,
    path: Path,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    this.take(at);
    if (headLength < 0 || headLength > HEAD_ROOM) throw new RangeError(`head of ${headLength} bytes`);
    const bytes = new Uint8Array(headLength + payloadLength);
    copyBytes(bytes, 0, this.bytes, at, headLength);
    copyBytes(bytes, headLength, payload, payloadOffset, payloadLength);
    if (this.checksumOffset !== 0) {
      if (!this.checksumOffload) throw new Error("checksum left to a sink without checksum offload");
      const sum = 0xffff ^ sumBytes(bytes, 0, bytes.length, 0);
      writeU16(bytes, this.checksumOffset, sum === 0 ? 0xffff : sum);
    }
    if (this.segmentSize !== 0 && !this.segmentOffload) throw new Error("segmentSize without segmentOffload");
    this.packets.push({
      source: this.paths.local4Of(path),
      destination: this.paths.remote4Of(path),
      protocol: this.protocol,
      bytes,
      headLength,
      checksumOffset: this.checksumOffset,
      segmentSize: this.segmentSize,
      dontFragment: this.dontFragment,
    });
    this.last = this.dontFragment ? at : -1;
    this.lastPath = path;
    this.checksumOffset = 0;
    this.segmentSize = 0;
    this.dontFragment = true;
  }

  doubt(path: Path): void {
    this.doubted.push(path);
  }

  /** Hands over everything sent so far, oldest first. */
  drain(): SentPacket[] {
    return this.packets.splice(0);
  }

  private take(at: number): void {
    const index = this.held.indexOf(at);
    if (index < 0) throw new Error(`slot ${at} was not reserved`);
    this.held.splice(index, 1);
  }
}

/** True when the transport checksum over pseudo-header and packet is right (TCP; UDP when not 0). */
export function checksumHolds(packet: SentPacket): boolean {
  const { source, destination, protocol, bytes } = packet;
  const pseudo = (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
  return sumBytes(bytes, 0, bytes.length, fold(pseudo + protocol + bytes.length)) === 0xffff;
}

/** The checksum field of a packet, for tests that look at it. */
export function fieldU16(packet: SentPacket, offset: number): number {
  return readU16(packet.bytes, offset);
}
