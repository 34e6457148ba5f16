// The receive queue of virtio-net: buffers of fixed size in one array, handed back as soon as their frame was taken.
// Read: VIRTIO 1.2, 5.1.6.3 (setting up receive buffers), 5.1.6.4 (processing of incoming packets).

import type { FrameReceiver } from "../../stack/base/link.ts";
import { copyBytes } from "../../stack/base/native.ts";
import { LEAST_FRAME, MOST_GATHERED, RECEIVE_BUDGET } from "../card.ts";
import type { Hal } from "../hal.ts";
import { bufferCount, checksumVouched } from "./net-header.ts";
import { FAULT_NONE, type Virtqueue } from "./queue.ts";

/** 5.1.6.3.1: without GUEST_TSO a buffer holds at least 1,526 bytes. */
export const BUFFER_SIZE = 2048;

export class NetReceive {
  readonly queue: Virtqueue;
  frames = 0;
  bytes = 0;
  drops = 0;
  /** The device returned a buffer with less than a header, or with a number of buffers that cannot be. */
  badHeader = false;

  private readonly memory: Uint8Array;
  private readonly address: number;
  private readonly headerSize: number;
  private readonly apart: boolean;
  private readonly mergeable: boolean;
  private readonly guestChecksum: boolean;
  private readonly gathered: Uint8Array;

  /** `apart`: the header has a descriptor of its own (2.7.4.3: a device without ANY_LAYOUT). */
  constructor(
    hal: Hal,
    queue: Virtqueue,
    headerSize: number,
    mergeable: boolean,
    guestChecksum: boolean,
    apart: boolean,
  ) {
    this.queue = queue;
    this.apart = apart;
    this.memory = new Uint8Array(Math.floor(queue.descriptorCount / (apart ? 2 : 1)) * BUFFER_SIZE);
    this.headerSize = headerSize;
    this.address = hal.addressOf(this.memory);
    this.mergeable = mergeable;
    this.guestChecksum = guestChecksum;
    this.gathered = new Uint8Array(mergeable ? MOST_GATHERED : 0);
  }

  /** Empties the queue and adds every buffer, while the device is reset. */
  prepare(eventIndex: boolean): void {
    const queue = this.queue;
    this.badHeader = false;
    queue.prepare(eventIndex);
    for (let at = 0; at < this.memory.length; at += BUFFER_SIZE) {
      const first = this.apart ? this.headerSize : BUFFER_SIZE;
      queue.segmentAddress[0] = this.address + at;
      queue.segmentLength[0] = first;
      queue.segmentAddress[1] = this.address + at + first;
      queue.segmentLength[1] = BUFFER_SIZE - first;
      queue.add(this.apart ? 2 : 1, 0, at);
    }
  }

  /** True: there was something. False: there was nothing, and the next frame interrupts. */
  poll(receiver: FrameReceiver): boolean {
    const queue = this.queue;
    let ready = queue.ready();
    if (ready === 0) {
      if (queue.fault !== FAULT_NONE || !queue.arm(0)) return false;
      ready = queue.ready();
    }
    queue.disarm();
    const { memory, headerSize } = this;
    for (let budget = RECEIVE_BUDGET; ready > 0 && budget > 0; budget--) {
      const at = queue.take();
      if (at < 0) break;
      ready--;
      const length = queue.usedLength - headerSize;
      // 5.1.6.4: num_buffers is read once, before anything is made of it.
      const buffers = this.mergeable ? bufferCount(memory, at) : 1;
      // 5.1.6.4.1: all buffers of a frame become used together.
      if (length < 0 || buffers === 0 || buffers - 1 > ready) {
        this.badHeader = true;
        break;
      }
      const checksumValid = this.guestChecksum && checksumVouched(memory, at);
      if (buffers > 1) {
        const whole = this.gather(at, length, buffers);
        ready -= buffers - 1;
        if (this.badHeader || queue.fault !== FAULT_NONE) break;
        if (whole < LEAST_FRAME) this.drops++;
        else {
          this.frames++;
          this.bytes += whole;
          receiver.receive(this.gathered, 0, whole, checksumValid);
        }
        continue;
      }
      if (length < LEAST_FRAME) this.drops++;
      else {
        this.frames++;
        this.bytes += length;
        receiver.receive(memory, at + headerSize, length, checksumValid);
      }
      queue.repost();
    }
    queue.publish();
    return true;
  }

  /** Puts a frame together; its length, or 0 when it is too long. The buffers go back in any case. */
  private gather(first: number, firstLength: number, buffers: number): number {
    const queue = this.queue;
    let whole = 0;
    let at = first + this.headerSize;
    let length = firstLength;
    let fits = true;
    for (let i = 0; i < buffers; i++) {
      if (i > 0) {
        at = queue.take();
        if (at < 0) return 0;
        length = queue.usedLength;
      }
      fits = fits && whole + length <= MOST_GATHERED;
      if (fits) {
        copyBytes(this.gathered, whole, this.memory, at, length);
        whole += length;
      }
      queue.repost();
    }
    return fits ? whole : 0;
  }
}
