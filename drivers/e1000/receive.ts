/// <reference path="../native.d.ts" />
// The receive ring of an e1000: a buffer for each descriptor, handed back as soon as its frame was taken. Read: 317453, 3.2.
// Of what the card writes only a status and a length are believed, each read once; the length is checked.

import type { FrameReceiver } from "../../stack/base/link.ts";
import { LEAST_FRAME, RECEIVE_BUDGET } from "../card.ts";
import type { Hal } from "../hal.ts";
import { DESCRIPTOR_LENGTH, DESCRIPTOR_SIZE, DESCRIPTOR_STATUS, DONE, END_OF_PACKET, RECEIVE_ERRORS } from "./wire.ts";

export const RECEIVE_ENTRIES = 256;
export const BUFFER_SIZE = 2048;

export class E1000Receive {
  frames = 0;
  drops = 0;
  /** A length that no buffer has. */
  fault = false;
  readonly ringAddress: number;
  readonly ringLength = RECEIVE_ENTRIES * DESCRIPTOR_SIZE;
  /** Descriptors handed back since the tail was written. */
  private returned = 0;
  /** The next that the card fills. */
  private next = 0;
  /** In a frame that goes on beyond its buffer: it is dropped as a whole. */
  private within = false;
  private readonly hal: Hal;
  private readonly ring: Uint8Array;
  private readonly ringAt: number;
  private readonly buffers: Uint8Array;
  private readonly buffersAddress: number;

  constructor(hal: Hal) {
    this.hal = hal;
    this.ring = new Uint8Array(this.ringLength + DESCRIPTOR_SIZE);
    const address = hal.addressOf(this.ring);
    this.ringAt = (DESCRIPTOR_SIZE - (address % DESCRIPTOR_SIZE)) % DESCRIPTOR_SIZE;
    this.ringAddress = address + this.ringAt;
    this.buffers = new Uint8Array(RECEIVE_ENTRIES * BUFFER_SIZE);
    this.buffersAddress = hal.addressOf(this.buffers);
  }

  /** Hands every buffer over, while the card is reset. */
  prepare(): void {
    this.fault = false;
    this.within = false;
    this.next = 0;
    this.returned = 0;
    for (let i = 0; i < RECEIVE_ENTRIES; i++) this.give(i);
  }

  /** The tail to write, or -1 when nothing was handed back. One descriptor stays ours: head and tail must differ (3.2.6). */
  tail(): number {
    if (this.returned === 0) return -1;
    this.returned = 0;
    return (this.next + RECEIVE_ENTRIES - 1) % RECEIVE_ENTRIES;
  }

  /** Whether a frame waits. */
  ready(): boolean {
    return (this.status() & DONE) !== 0;
  }

  /** True: there was something. */
  poll(receiver: FrameReceiver): boolean {
    let taken = 0;
    for (; taken < RECEIVE_BUDGET; taken++) {
      const status = this.status();
      if ((status & DONE) === 0) break;
      // The rest of the descriptor, and the frame, are read after what vouches for them.
      this.hal.fence();
      const at = this.ringAt + this.next * DESCRIPTOR_SIZE;
      const length = nativeLoadLittle32(this.ring, at + DESCRIPTOR_LENGTH) % 0x10000;
      if (length > BUFFER_SIZE) {
        this.fault = true;
        break;
      }
      const whole = (status & END_OF_PACKET) !== 0;
      if (whole && !this.within && length >= LEAST_FRAME && (status & RECEIVE_ERRORS) === 0) {
        this.frames++;
        receiver.receive(this.buffers, this.next * BUFFER_SIZE, length, false);
      } else if (whole) this.drops++;
      this.within = !whole;
      this.give(this.next);
      this.returned++;
      this.next = (this.next + 1) % RECEIVE_ENTRIES;
    }
    return taken > 0;
  }

  private status(): number {
    return this.hal.sharedRead32(this.ringAddress + this.next * DESCRIPTOR_SIZE + DESCRIPTOR_STATUS);
  }

  private give(index: number): void {
    const at = this.ringAt + index * DESCRIPTOR_SIZE;
    const address = this.buffersAddress + index * BUFFER_SIZE;
    const low = address >>> 0;
    nativeStoreLittle32(this.ring, at, low);
    nativeStoreLittle32(this.ring, at + 4, (address - low) / 0x100000000);
    nativeStoreLittle32(this.ring, at + DESCRIPTOR_LENGTH, 0);
    nativeStoreLittle32(this.ring, at + DESCRIPTOR_STATUS, 0);
  }
}
