// The fake of stack/base/link.ts: keeps the frames sent as they would appear on the wire, doing in software what a card
// does: completes checksums (RFC 1071) and cuts large TCP segments (TSO).

import type { Ipv4 } from "../../stack/base/address.ts";
import { readU16, readU32, writeU16, writeU32 } from "../../stack/base/bytes.ts";
import { type FrameReceiver, Link, SLOT_SIZE } from "../../stack/base/link.ts";
import { copyBytes, sumBytes } from "../../stack/base/native.ts";
import type { Instant } from "../../stack/base/result.ts";
import { pseudoHeaderSum } from "./ipv4.ts";

export class FakeLink extends Link {
  /** Frames on the wire, oldest first; `drain` takes them. */
  readonly frames: Uint8Array[] = [];
  /** Calls of send, before any cutting. */
  sends = 0;
  /** Slots that may still be reserved; set it to 0 to be full. */
  free = Number.POSITIVE_INFINITY;

  /** Frames that will be handed over by the next poll. */
  readonly incoming: Uint8Array[] = [];
  /** What poll says of them: true as of a card that has checked the checksums. */
  checksumValid = false;

  private readonly taken: boolean[] = [];

  constructor(mac = 0x52_54_00_12_34_56, slots = 16) {
    super();
    this.mac = mac;
    this.slots = new Uint8Array(slots * SLOT_SIZE);
    for (let i = 0; i < slots; i++) this.taken.push(false);
  }

  /** Reserved and not sent. */
  get held(): number {
    return this.taken.filter((t) => t).length;
  }

  reserve(): number {
    const index = this.free > 0 ? this.taken.indexOf(false) : -1;
    if (index < 0) return -1;
    this.free--;
    this.taken[index] = true;
    return index * SLOT_SIZE;
  }

  send(slot: number, headLength: number, payload: Uint8Array, payloadOffset: number, payloadLength: number): void {
    const index = slot / SLOT_SIZE;
    if (this.taken[index] !== true) throw new Error(`slot at ${slot} was not reserved`);
    if (headLength > SLOT_SIZE) throw new RangeError(`head of ${headLength} bytes`);
    this.taken[index] = false;
    this.sends++;
    const frame = new Uint8Array(headLength + payloadLength);
    copyBytes(frame, 0, this.slots, slot, headLength);
    copyBytes(frame, headLength, payload, payloadOffset, payloadLength);
    const { checksumStart, checksumOffset, segmentSize } = this;
    this.checksumStart = 0;
    this.checksumOffset = 0;
    this.segmentSize = 0;
    if (checksumStart !== 0 && !this.checksumOffload) throw new Error("checksum left to a card without the offload");
    if (segmentSize !== 0) {
      if (!this.segmentOffload) throw new Error("segmentSize on a card without the offload");
      for (const part of cut(frame, segmentSize)) this.frames.push(part);
      return;
    }
    if (frame.length > this.mtu + 14) throw new RangeError(`frame of ${frame.length} bytes on an MTU of ${this.mtu}`);
    if (checksumStart !== 0) complete(frame, checksumStart, checksumOffset);
    this.frames.push(frame);
  }

  override poll(receiver: FrameReceiver, _now: Instant): boolean {
    const frames = this.incoming.splice(0);
    for (const frame of frames) receiver.receive(frame, 0, frame.length, this.checksumValid);
    return frames.length > 0;
  }

  /** Takes the frames sent so far, oldest first. */
  drain(): Uint8Array[] {
    return this.frames.splice(0);
  }
}

function complete(frame: Uint8Array, start: number, offset: number): void {
  const sum = 0xffff ^ sumBytes(frame, start, frame.length - start, 0);
  writeU16(frame, start + offset, sum === 0 ? 0xffff : sum);
}

/** What TSO does to an Ethernet + IPv4 + TCP frame: sequence, length, identification, flags and checksums per piece. */
function cut(frame: Uint8Array, segmentSize: number): Uint8Array[] {
  const ip = 14;
  const tcp = ip + (frame[ip]! & 15) * 4;
  const headLength = tcp + (frame[tcp + 12]! >> 4) * 4;
  const parts: Uint8Array[] = [];
  for (let n = 0; headLength + n * segmentSize < frame.length || n === 0; n++) {
    const at = headLength + n * segmentSize;
    const length = Math.min(segmentSize, frame.length - at);
    const last = at + length >= frame.length;
    const part = new Uint8Array(headLength + length);
    copyBytes(part, 0, frame, 0, headLength);
    copyBytes(part, headLength, frame, at, length);
    writeU16(part, ip + 2, part.length - ip);
    writeU16(part, ip + 4, (readU16(frame, ip + 4) + n) & 0xffff);
    writeU16(part, ip + 10, 0);
    writeU16(part, ip + 10, 0xffff ^ sumBytes(part, ip, tcp - ip, 0));
    writeU32(part, tcp + 4, (readU32(frame, tcp + 4) + at - headLength) >>> 0);
    // FIN and PSH only on the last piece, CWR only on the first (RFC 9293 3.1, RFC 3168 6.1.2).
    if (!last) part[tcp + 13] = part[tcp + 13]! & ~0x09;
    if (n > 0) part[tcp + 13] = part[tcp + 13]! & ~0x80;
    const source = readU32(part, ip + 12) as Ipv4;
    const destination = readU32(part, ip + 16) as Ipv4;
    writeU16(part, tcp + 16, pseudoHeaderSum(source, destination, 6, part.length - tcp));
    complete(part, tcp, 16);
    parts.push(part);
  }
  return parts;
}
