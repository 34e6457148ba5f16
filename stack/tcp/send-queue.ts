// What a connection has to send: ranges of its user's bytes, by reference, in a ring that starts small and grows to a
// limit. The first byte of the queue is snd.una. `cursor` marks where snd.nxt lies in it, so that sending goes on
// without a search and acknowledging drops from the front.

import { NO_PAYLOAD } from "../base/link.ts";
import { NOTHING_SHARED, type Shared, type SharedMemory, SMALL_ANSWER } from "../base/shared.ts";

const FIRST_CAPACITY = 4;

export class SendQueue {
  // Ring of ranges; a place counts upwards and is masked on use.
  readonly bytes: Uint8Array[] = [];
  /** What the bytes belong to, which is held for as long as the range is queued. */
  readonly owners: Shared[] = [];
  readonly offsets: number[] = [];
  readonly lengths: number[] = [];
  mask = FIRST_CAPACITY - 1;
  #head = 0;
  #tail = 0;
  /** Bytes of the first range that are acknowledged. */
  #headSkip = 0;
  /** Bytes queued and not acknowledged. */
  queued = 0;
  /** Place and offset within the range of the byte at snd.nxt. */
  cursor = 0;
  cursorSkip = 0;

  constructor() {
    for (let i = 0; i < FIRST_CAPACITY; i++) this.#grow();
  }

  /** Ranges queued. */
  get count(): number {
    return this.#tail - this.#head;
  }

  /** Queues a range of what is shared, which is held until it is acknowledged. False: `limit` ranges are queued. */
  push(owner: Shared, offset: number, length: number, limit: number, memory: SharedMemory): boolean {
    const count = this.#tail - this.#head;
    if (count >= limit) return false;
    if (count > this.mask) this.#double();
    const slot = this.#tail++ & this.mask;
    memory.hold(owner);
    this.owners[slot] = owner;
    this.bytes[slot] = owner.bytes;
    this.offsets[slot] = offset;
    this.lengths[slot] = length;
    this.queued += length;
    return true;
  }

  /** Drops `length` acknowledged bytes. The cursor is not before them. */
  drop(length: number, memory: SharedMemory): void {
    this.queued -= length;
    let left = length;
    while (left > 0) {
      const slot = this.#head & this.mask;
      const rest = this.lengths[slot]! - this.#headSkip;
      if (left < rest) {
        this.#headSkip += left;
        return;
      }
      left -= rest;
      memory.letGo(this.owners[slot]!);
      this.owners[slot] = NOTHING_SHARED;
      this.bytes[slot] = NO_PAYLOAD;
      this.#headSkip = 0;
      this.#head++;
    }
  }

  /** Sets the cursor to snd.una. */
  rewind(): void {
    this.cursor = this.#head;
    this.cursorSkip = this.#headSkip;
  }

  /** Sets the cursor `offset` bytes behind snd.una; no further than what is queued. */
  seek(offset: number): void {
    this.rewind();
    let left = offset;
    while (left > 0) {
      const rest = this.lengths[this.cursor & this.mask]! - this.cursorSkip;
      if (left < rest) {
        this.cursorSkip += left;
        return;
      }
      left -= rest;
      this.cursor++;
      this.cursorSkip = 0;
    }
  }

  clear(memory: SharedMemory): void {
    for (let i = this.#head; i < this.#tail; i++) {
      memory.letGo(this.owners[i & this.mask]!);
      this.owners[i & this.mask] = NOTHING_SHARED;
      this.bytes[i & this.mask] = NO_PAYLOAD;
    }
    this.#head = 0;
    this.#tail = 0;
    this.#headSkip = 0;
    this.queued = 0;
    this.rewind();
  }

  /**
   * This queue's part of the bytes in flight that it holds, small ones or large ones: what is in the table would not be
   * freed without it.
   */
  inFlight(small: boolean): number {
    let bytes = 0;
    for (let i = this.#head; i < this.#tail; i++) {
      const owner = this.owners[i & this.mask]!;
      const length = owner.bytes.length;
      const counts = length <= SMALL_ANSWER ? small : !small;
      if (counts && !owner.kept) bytes += length / owner.holders;
    }
    return bytes;
  }

  #grow(): void {
    this.bytes.push(NO_PAYLOAD);
    this.owners.push(NOTHING_SHARED);
    this.offsets.push(0);
    this.lengths.push(0);
  }

  /** Doubles a full ring: what wrapped around to the front moves behind. */
  #double(): void {
    const capacity = this.mask + 1;
    for (let i = 0; i < capacity; i++) this.#grow();
    const start = this.#head & this.mask;
    for (let i = 0; i < start; i++) {
      this.bytes[capacity + i] = this.bytes[i]!;
      this.owners[capacity + i] = this.owners[i]!;
      this.offsets[capacity + i] = this.offsets[i]!;
      this.lengths[capacity + i] = this.lengths[i]!;
      this.bytes[i] = NO_PAYLOAD;
      this.owners[i] = NOTHING_SHARED;
    }
    this.mask = capacity * 2 - 1;
    // Places are kept small and congruent: the head lies at `start` in the new ring as well.
    this.cursor -= this.#head - start;
    this.#tail -= this.#head - start;
    this.#head = start;
  }
}
