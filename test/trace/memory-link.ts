// A link without a wire: the frames of a step are put in, what the host sends is kept as bytes, together with what it
// asked of the card.

import { writeU16, writeU32 } from "../../stack/base/bytes.ts";
import { type FrameReceiver, Link, SLOT_SIZE } from "../../stack/base/link.ts";
import { copyBytes } from "../../stack/base/native.ts";
import type { Instant } from "../../stack/base/result.ts";
import { FRAME_LIMIT } from "./format.ts";

/** Slots that may be reserved at a time, as on a TAP. */
const SLOTS = 32;
/** Where a frame begins in the receive buffer, behind what a card puts before it. */
const FRAME_AT = 12;
/** Bytes behind the frame that must not matter. */
const MARGIN = 64;
/** Before each frame sent: head length, payload length (32 bits each), checksum start and offset, segment size (16). */
export const SENT_HEADER = 14;

export class MemoryLink extends Link {
  /** What was sent since `clear`: SENT_HEADER and the frame, one after another. */
  sent: Uint8Array = new Uint8Array(65_536);
  sentLength = 0;
  /** What surrounds each frame in the receive buffer: the host must not see it. */
  filler = 0;
  /** The transmit ring is full until the next poll is over. */
  full = false;

  private readonly buffer: Uint8Array = new Uint8Array(FRAME_AT + FRAME_LIMIT + MARGIN);
  private incoming: Uint8Array = new Uint8Array(0);
  private readonly offsets: number[] = [];
  private readonly lengths: number[] = [];
  private readonly vouched: boolean[] = [];
  private readonly reserved: boolean[] = [];

  constructor(mac: number, checksum: boolean, segmentation: boolean) {
    super();
    this.mac = mac;
    this.checksumOffload = checksum;
    this.segmentOffload = checksum && segmentation;
    this.segmentOffload6 = this.segmentOffload;
    this.slots = new Uint8Array(SLOTS * SLOT_SIZE);
    for (let i = 0; i < SLOTS; i++) this.reserved.push(false);
  }

  /** A frame for the next poll; the bytes are looked at then. All of one poll lie in the same array. */
  arrive(bytes: Uint8Array, offset: number, length: number, vouched: boolean): void {
    this.incoming = bytes;
    this.offsets.push(offset);
    this.lengths.push(length);
    this.vouched.push(vouched);
  }

  clear(): void {
    this.sentLength = 0;
  }

  override poll(receiver: FrameReceiver, _now: Instant): boolean {
    const count = this.offsets.length;
    for (let i = 0; i < count; i++) {
      const length = this.lengths[i]!;
      const end = FRAME_AT + length + MARGIN;
      for (let at = 0; at < end; at++) this.buffer[at] = this.filler;
      copyBytes(this.buffer, FRAME_AT, this.incoming, this.offsets[i]!, length);
      receiver.receive(this.buffer, FRAME_AT, length, this.vouched[i]!);
    }
    this.offsets.length = 0;
    this.lengths.length = 0;
    this.vouched.length = 0;
    return count > 0;
  }

  /** Slots that were reserved and not sent. */
  get held(): number {
    let count = 0;
    for (const one of this.reserved) if (one) count++;
    return count;
  }

  override reserve(): number {
    if (this.full) return -1;
    for (let i = 0; i < SLOTS; i++) {
      if (this.reserved[i]!) continue;
      this.reserved[i] = true;
      return i * SLOT_SIZE;
    }
    return -1;
  }

  override send(
    slot: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const index = Math.floor(slot / SLOT_SIZE);
    if (index < 0 || index >= SLOTS || !this.reserved[index]!) throw new Error(`slot at ${slot} was not reserved`);
    if (headLength < 0 || headLength > SLOT_SIZE) throw new Error(`head of ${headLength} bytes`);
    if (this.checksumStart !== 0 && !this.checksumOffload) throw new Error("checksum left to a card without it");
    if (this.segmentSize !== 0 && !this.segmentOffload) throw new Error("segments left to a card without it");
    if (this.segmentSize === 0 && headLength + payloadLength > this.mtu + 14)
      throw new Error(`frame of ${headLength + payloadLength} bytes`);
    this.reserved[index] = false;
    this.need(SENT_HEADER + headLength + payloadLength);
    const { sent, sentLength } = this;
    writeU32(sent, sentLength, headLength);
    writeU32(sent, sentLength + 4, payloadLength);
    writeU16(sent, sentLength + 8, this.checksumStart);
    writeU16(sent, sentLength + 10, this.checksumOffset);
    writeU16(sent, sentLength + 12, this.segmentSize);
    copyBytes(sent, sentLength + SENT_HEADER, this.slots, slot, headLength);
    copyBytes(sent, sentLength + SENT_HEADER + headLength, payload, payloadOffset, payloadLength);
    this.sentLength += SENT_HEADER + headLength + payloadLength;
    this.checksumStart = 0;
    this.checksumOffset = 0;
    this.segmentSize = 0;
  }

  private need(more: number): void {
    if (this.sentLength + more <= this.sent.length) return;
    const grown = new Uint8Array((this.sentLength + more) * 2);
    copyBytes(grown, 0, this.sent, 0, this.sentLength);
    this.sent = grown;
  }
}
