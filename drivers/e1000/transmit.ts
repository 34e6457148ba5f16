/// <reference path="../native.d.ts" />
// The transmit ring of an e1000: slots, and payload from where it lies. Read: 317453, 3.3, 3.4.

import { NO_PAYLOAD, SLOT_SIZE } from "../../stack/base/link.ts";
import type { Hal } from "../hal.ts";
import {
  COMMAND_END,
  COMMAND_FCS,
  COMMAND_REPORT,
  DESCRIPTOR_LENGTH,
  DESCRIPTOR_SIZE,
  DESCRIPTOR_STATUS,
  DONE,
} from "./wire.ts";

/** Places of frames in the ring; one stays free, for a ring whose tail is its head is empty (3.4). */
const PLACES = 128;
export const SLOTS = PLACES - 1;
/** Each frame has two descriptors, by its place: what is in the slot, and its payload. */
const PER_FRAME = 2;
export const TRANSMIT_ENTRIES = PLACES * PER_FRAME;

export class E1000Transmit {
  frames = 0;
  drops = 0;
  full = 0;
  readonly slots: Uint8Array;
  readonly ringAddress: number;
  readonly ringLength = TRANSMIT_ENTRIES * DESCRIPTOR_SIZE;
  private readonly hal: Hal;
  private readonly ring: Uint8Array;
  private readonly ringAt: number;
  private readonly slotsAddress: number;
  /** By frame in the ring: its slot, kept until it is sent, and what it points to. */
  private readonly slotOf: Int32Array;
  private readonly payloads: Uint8Array[] = [];
  private readonly free: Int32Array;
  private freeCount = 0;
  private readonly reserved: Uint8Array;
  /** Frames ever put into the ring, told to the card, taken back. */
  private queued = 0;
  private told = 0;
  private done = 0;

  constructor(hal: Hal) {
    this.hal = hal;
    this.slots = new Uint8Array(SLOTS * SLOT_SIZE);
    this.slotsAddress = hal.addressOf(this.slots);
    this.ring = new Uint8Array(this.ringLength + DESCRIPTOR_SIZE);
    const address = hal.addressOf(this.ring);
    this.ringAt = (DESCRIPTOR_SIZE - (address % DESCRIPTOR_SIZE)) % DESCRIPTOR_SIZE;
    this.ringAddress = address + this.ringAt;
    this.slotOf = new Int32Array(PLACES);
    this.free = new Int32Array(SLOTS);
    this.reserved = new Uint8Array(SLOTS);
    for (let i = 0; i < PLACES; i++) this.payloads.push(NO_PAYLOAD);
  }

  /** Empties the ring while the card is reset: what it had not sent is lost. Slots that are reserved stay so. */
  prepare(): void {
    nativeZero(this.ring, 0, this.ring.length);
    this.queued = 0;
    this.told = 0;
    this.done = 0;
    this.freeCount = 0;
    for (let i = 0; i < PLACES; i++) this.payloads[i] = NO_PAYLOAD;
    for (let i = SLOTS - 1; i >= 0; i--) if (this.reserved[i]! === 0) this.giveBack(i);
  }

  reserve(): number {
    if (this.freeCount === 0) this.reclaim();
    if (this.freeCount === 0) {
      this.full++;
      return -1;
    }
    this.freeCount--;
    const index = this.free[this.freeCount]!;
    this.reserved[index] = 1;
    return index * SLOT_SIZE;
  }

  send(slot: number, headLength: number, payload: Uint8Array, payloadOffset: number, payloadLength: number): void {
    const index = this.indexOf(slot);
    if (headLength < 1 || headLength > SLOT_SIZE) throw new RangeError(`head of ${headLength} bytes`);
    if (payloadOffset < 0 || payloadOffset + payloadLength > payload.length) throw new RangeError("payload range");
    const place = this.queued % PLACES;
    const second = payloadLength > 0;
    this.slotOf[place] = index;
    this.payloads[place] = second ? payload : NO_PAYLOAD;
    const first = place * PER_FRAME;
    // A frame without a payload leaves from its second descriptor as well: half of it here, half there.
    const head = second ? headLength : headLength - 1;
    const last = second ? this.hal.addressOf(payload) + payloadOffset : this.slotsAddress + slot + head;
    this.describe(first, this.slotsAddress + slot, head + COMMAND_FCS);
    this.describe(first + 1, last, (second ? payloadLength : 1) + COMMAND_END + COMMAND_FCS + COMMAND_REPORT);
    this.reserved[index] = 0;
    this.queued++;
    this.frames++;
  }

  /** Lets go of a reserved slot whose frame cannot be sent. */
  drop(slot: number): void {
    const index = this.indexOf(slot);
    this.reserved[index] = 0;
    this.giveBack(index);
    this.drops++;
  }

  /** The tail to write, or -1 when the card knows all. */
  tail(): number {
    if (this.told === this.queued) return -1;
    this.told = this.queued;
    return (this.queued % PLACES) * PER_FRAME;
  }

  /** Takes back what the card has sent, in order (3.3.3.2: it says so in the last descriptor of a frame). */
  reclaim(): void {
    while (this.done < this.told) {
      const place = this.done % PLACES;
      const last = this.ringAddress + (place * PER_FRAME + 1) * DESCRIPTOR_SIZE;
      if ((this.hal.sharedRead32(last + DESCRIPTOR_STATUS) & DONE) === 0) return;
      this.payloads[place] = NO_PAYLOAD;
      this.giveBack(this.slotOf[place]!);
      this.done++;
    }
  }

  private describe(index: number, address: number, lengthAndCommand: number): void {
    const at = this.ringAt + index * DESCRIPTOR_SIZE;
    const low = address >>> 0;
    nativeStoreLittle32(this.ring, at, low);
    nativeStoreLittle32(this.ring, at + 4, (address - low) / 0x100000000);
    nativeStoreLittle32(this.ring, at + DESCRIPTOR_LENGTH, lengthAndCommand);
    nativeStoreLittle32(this.ring, at + DESCRIPTOR_STATUS, 0);
  }

  private giveBack(index: number): void {
    this.free[this.freeCount] = index;
    this.freeCount++;
  }

  private indexOf(slot: number): number {
    const index = slot / SLOT_SIZE;
    if (index < 0 || index >= SLOTS || index !== Math.floor(index) || this.reserved[index]! === 0) {
      throw new RangeError(`slot at ${slot} is not reserved`);
    }
    return index;
  }
}
