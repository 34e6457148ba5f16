// The transmit queue of virtio-net: slots with a header in front, payload from where it lies.
// Read: VIRTIO 1.2, 5.1.6.2.

import { NO_PAYLOAD, SLOT_SIZE } from "../../stack/base/link.ts";
import type { Hal } from "../hal.ts";
import { encodeNetHeader } from "./net-header.ts";
import type { Virtqueue } from "./queue.ts";

/** A slot is preceded by its header; 16 bytes keep it aligned. */
const HEADER_ROOM = 16;
const PITCH = HEADER_ROOM + SLOT_SIZE;

/** Descriptors of a slot, kept for it: header and head in the slot, then the payload. */
const CHAIN = 2;
/** Where the header has one of its own. */
const CHAIN_APART = 3;

export class NetTransmit {
  readonly queue: Virtqueue;
  readonly slots: Uint8Array;
  frames = 0;
  bytes = 0;
  drops = 0;
  full = 0;
  // What the next `send` asks of the device, as on Link; it stays until it is set anew.
  checksumStart = 0;
  checksumOffset = 0;
  segmentSize = 0;

  private readonly hal: Hal;
  private readonly headerSize: number;
  private readonly offloads: boolean;
  private readonly apart: boolean;
  private readonly slotsAddress: number;
  private readonly count: number;
  /** By slot: 1 while it is reserved. */
  private readonly reserved: Uint8Array;
  private readonly free: Int32Array;
  private freeCount = 0;
  /** What the device reads from, kept alive until it has. */
  private readonly payloads: Uint8Array[] = [];

  /**
   * `offloads`: the device may be asked for something. The header of one that may not is zeros and stays so. `apart`: the
   * header has a descriptor of its own (2.7.4.3: a device without ANY_LAYOUT); then chains are made anew for each frame.
   */
  constructor(hal: Hal, queue: Virtqueue, headerSize: number, offloads: boolean, apart: boolean) {
    this.hal = hal;
    this.queue = queue;
    this.headerSize = headerSize;
    this.offloads = offloads;
    this.apart = apart;
    this.count = Math.floor(queue.descriptorCount / (apart ? CHAIN_APART : CHAIN));
    this.slots = new Uint8Array(this.count * PITCH);
    this.slotsAddress = hal.addressOf(this.slots);
    for (let i = 0; i < this.count; i++) {
      this.payloads.push(NO_PAYLOAD);
    }
    this.free = new Int32Array(this.count);
    this.reserved = new Uint8Array(this.count);
  }

  /** Empties the queue while the device is reset: what it had not sent is lost. Slots that are reserved stay so. */
  prepare(eventIndex: boolean): void {
    const queue = this.queue;
    queue.prepare(eventIndex);
    queue.disarm();
    this.freeCount = 0;
    for (let i = this.count - 1; i >= 0; i--) if (this.reserved[i]! === 0) this.giveBack(i);
    for (let i = 0; i < this.count && !this.apart; i++) {
      queue.segmentAddress[0] = this.slotsAddress + i * PITCH + HEADER_ROOM - this.headerSize;
      // The rest differs from frame to frame.
      queue.segmentLength[0] = 0;
      queue.segmentAddress[1] = 0;
      queue.segmentLength[1] = 0;
      if (queue.keep(CHAIN, CHAIN, i) !== i * CHAIN) throw new Error("chains of slots are made out of order");
    }
  }

  reserve(): number {
    if (this.freeCount === 0) {
      this.queue.publish();
      this.reclaim();
      if (this.freeCount === 0 && !this.wait()) return -1;
    }
    this.freeCount--;
    const index = this.free[this.freeCount]!;
    this.reserved[index] = 1;
    return index * PITCH + HEADER_ROOM;
  }

  /** As `Link.send`; the device is asked to do what checksumStart, checksumOffset and segmentSize say. */
  send(slot: number, headLength: number, payload: Uint8Array, payloadOffset: number, payloadLength: number): void {
    const index = this.indexOf(slot);
    if (headLength < 0 || headLength > SLOT_SIZE) throw new RangeError(`head of ${headLength} bytes`);
    let address = 0;
    if (payloadLength > 0) {
      if (payloadOffset < 0 || payloadOffset + payloadLength > payload.length) throw new RangeError("payload range");
      address = this.hal.addressOf(payload) + payloadOffset;
      this.payloads[index] = payload;
    }
    if (this.offloads) {
      const { checksumStart, checksumOffset, segmentSize } = this;
      encodeNetHeader(this.slots, slot - this.headerSize, checksumStart, checksumOffset, segmentSize, headLength);
    }
    this.reserved[index] = 0;
    // 5.1.6.2: header and frame; with VERSION_1 they may be split anywhere (2.7.4).
    if (this.apart) this.addApart(index, slot, headLength, address, payloadLength);
    else this.queue.postPair(index * CHAIN, this.headerSize + headLength, address, payloadLength);
    this.frames++;
    this.bytes += headLength + payloadLength;
  }

  /** Lets go of a reserved slot whose frame cannot be sent. */
  drop(slot: number): void {
    const index = this.indexOf(slot);
    this.reserved[index] = 0;
    this.giveBack(index);
    this.drops++;
  }

  /** Takes back what the device has sent. */
  reclaim(): void {
    if (this.freeCount === this.count) return;
    const queue = this.queue;
    for (let n = queue.ready(); n > 0; n--) {
      const index = queue.take();
      if (index < 0) return;
      if (this.apart) this.queue.release();
      this.giveBack(index);
    }
  }

  /** 5.1.6.6 (legacy interface): the header alone, then the frame. */
  private addApart(index: number, slot: number, headLength: number, payload: number, payloadLength: number): void {
    const { queue, headerSize } = this;
    const at = this.slotsAddress + slot;
    queue.segmentAddress[0] = at - headerSize;
    queue.segmentLength[0] = headerSize;
    queue.segmentAddress[1] = at;
    queue.segmentLength[1] = headLength;
    queue.segmentAddress[2] = payload;
    queue.segmentLength[2] = payloadLength;
    const count = payloadLength > 0 ? CHAIN_APART : CHAIN;
    if (!queue.add(count, count, index)) throw new Error("a reserved slot has no descriptors");
  }

  /** Nothing is free: asks to be woken when half is. True when something has become free meanwhile. */
  private wait(): boolean {
    this.full++;
    if (this.queue.arm(this.queue.outstanding >> 1)) this.reclaim();
    return this.freeCount > 0;
  }

  private giveBack(index: number): void {
    this.payloads[index] = NO_PAYLOAD;
    this.free[this.freeCount] = index;
    this.freeCount++;
  }

  private indexOf(slot: number): number {
    const index = (slot - HEADER_ROOM) / PITCH;
    if (index < 0 || index >= this.count || index !== Math.floor(index) || this.reserved[index]! === 0) {
      throw new RangeError(`slot at ${slot} is not reserved`);
    }
    return index;
  }
}
