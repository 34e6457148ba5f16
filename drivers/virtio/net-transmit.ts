// The transmit queue of virtio-net: slots with a header in front, payload from where it lies.
// Read: VIRTIO 1.2, 5.1.6.2.

import { NO_PAYLOAD, SLOT_SIZE } from "../../stack/base/link.ts";
import type { Hal } from "../hal.ts";
import { encodeNetHeader, NET_HEADER_SIZE } from "./net-header.ts";
import { Virtqueue } from "./queue.ts";

/** A slot is preceded by its header; 16 bytes keep it aligned. */
const HEADER_ROOM = 16;
const PITCH = HEADER_ROOM + SLOT_SIZE;

const SLOT_FREE = 0;
const SLOT_RESERVED = 1;
const SLOT_SENT = 2;

export class NetTransmit {
  readonly queue: Virtqueue;
  readonly slots: Uint8Array;
  frames = 0;
  bytes = 0;
  drops = 0;
  full = 0;

  private readonly hal: Hal;
  private readonly slotsAddress: number;
  private readonly count: number;
  private readonly state: number[] = [];
  private readonly free: number[] = [];
  private freeCount = 0;
  /** What the device reads from, kept alive until it has. */
  private readonly payloads: Uint8Array[] = [];

  constructor(hal: Hal, size: number) {
    this.hal = hal;
    this.queue = new Virtqueue(hal, size);
    // Two descriptors a frame: whoever has a slot has its descriptors.
    this.count = size / 2;
    this.slots = new Uint8Array(this.count * PITCH);
    this.slotsAddress = hal.addressOf(this.slots);
    for (let i = 0; i < this.count; i++) {
      this.state.push(SLOT_FREE);
      this.free.push(this.count - 1 - i);
      this.payloads.push(NO_PAYLOAD);
    }
    this.freeCount = this.count;
  }

  /** Empties the queue while the device is reset: what it had not sent is lost. Slots that are reserved stay so. */
  prepare(eventIndex: boolean): void {
    for (let i = 0; i < this.count; i++) {
      if (this.state[i]! === SLOT_SENT) this.giveBack(i);
    }
    this.queue.prepare(eventIndex);
    this.queue.disarm();
  }

  reserve(): number {
    if (this.freeCount === 0) {
      this.queue.publish();
      this.reclaim();
      if (this.freeCount === 0 && !this.wait()) return -1;
    }
    this.freeCount--;
    const index = this.free[this.freeCount]!;
    this.state[index] = SLOT_RESERVED;
    return index * PITCH + HEADER_ROOM;
  }

  header(slot: number, headLength: number, checksumStart: number, checksumOffset: number, segmentSize: number): void {
    encodeNetHeader(this.slots, slot - NET_HEADER_SIZE, checksumStart, checksumOffset, segmentSize, headLength);
  }

  send(slot: number, headLength: number, payload: Uint8Array, payloadOffset: number, payloadLength: number): void {
    const index = this.indexOf(slot);
    if (headLength < 0 || headLength > SLOT_SIZE) throw new RangeError(`head of ${headLength} bytes`);
    const queue = this.queue;
    // 5.1.6.2: header and frame; with VERSION_1 they may be split anywhere (2.7.4).
    queue.segmentAddress[0] = this.slotsAddress + slot - NET_HEADER_SIZE;
    queue.segmentLength[0] = NET_HEADER_SIZE + headLength;
    let segments = 1;
    if (payloadLength > 0) {
      if (payloadOffset < 0 || payloadOffset + payloadLength > payload.length) throw new RangeError("payload range");
      queue.segmentAddress[1] = this.hal.addressOf(payload) + payloadOffset;
      queue.segmentLength[1] = payloadLength;
      this.payloads[index] = payload;
      segments = 2;
    }
    this.state[index] = SLOT_SENT;
    // There are two descriptors for every slot, so this cannot fail but in a queue that lost some: then drop.
    if (!queue.add(segments, segments, index)) {
      this.giveBack(index);
      this.drops++;
      return;
    }
    this.frames++;
    this.bytes += headLength + payloadLength;
  }

  /** Lets go of a reserved slot whose frame cannot be sent. */
  drop(slot: number): void {
    this.giveBack(this.indexOf(slot));
    this.drops++;
  }

  /** Takes back what the device has sent. */
  reclaim(): void {
    if (this.freeCount === this.count) return;
    const queue = this.queue;
    for (let n = queue.ready(); n > 0; n--) {
      const index = queue.take();
      if (index < 0) return;
      queue.release();
      this.giveBack(index);
    }
  }

  /** Nothing is free: asks to be woken when half is. True when something has become free meanwhile. */
  private wait(): boolean {
    this.full++;
    if (this.queue.arm(this.queue.outstanding >> 1)) this.reclaim();
    return this.freeCount > 0;
  }

  private giveBack(index: number): void {
    this.state[index] = SLOT_FREE;
    this.payloads[index] = NO_PAYLOAD;
    this.free[this.freeCount] = index;
    this.freeCount++;
  }

  private indexOf(slot: number): number {
    const index = (slot - HEADER_ROOM) / PITCH;
    if (index < 0 || index >= this.count || index !== Math.floor(index) || this.state[index]! !== SLOT_RESERVED) {
      throw new RangeError(`slot at ${slot} is not reserved`);
    }
    return index;
  }
}
