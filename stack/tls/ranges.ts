// What a connection has to seal: ranges of its user's bytes, by reference, first in first out. They are held until they have
// been sealed; from then on the records are what is kept.

import { copyBytes } from "../base/native.ts";
import { NOTHING_SHARED, type Shared, type SharedMemory } from "../base/shared.ts";

/** Ranges that have left keep their places until there are so many, or none is left. */
const MOST_LEFT = 64;

export class Ranges {
  readonly #owners: Shared[] = [];
  readonly #offsets: number[] = [];
  readonly #lengths: number[] = [];
  /** The first one; those before it have been sealed. */
  #head = 0;
  /** Bytes in all of them. */
  queued = 0;

  get count(): number {
    return this.#owners.length - this.#head;
  }

  /** Places in use, those of ranges that have left among them. */
  get places(): number {
    return this.#owners.length;
  }

  push(owner: Shared, offset: number, length: number, memory: SharedMemory): void {
    memory.hold(owner);
    this.#owners.push(owner);
    this.#offsets.push(offset);
    this.#lengths.push(length);
    this.queued += length;
  }

  /** The first range: its bytes, where it begins, how long it is. */
  get bytes(): Uint8Array {
    return this.#owners[this.#head]!.bytes;
  }

  get offset(): number {
    return this.#offsets[this.#head]!;
  }

  get length(): number {
    return this.#lengths[this.#head]!;
  }

  /** Drops so many bytes of the first range. */
  drop(length: number, memory: SharedMemory): void {
    const head = this.#head;
    this.queued -= length;
    if (length < this.#lengths[head]!) {
      this.#offsets[head] = this.#offsets[head]! + length;
      this.#lengths[head] = this.#lengths[head]! - length;
      return;
    }
    memory.letGo(this.#owners[head]!);
    this.#owners[head] = NOTHING_SHARED;
    this.#head++;
    if (this.#head < this.#owners.length && this.#head < MOST_LEFT) return;
    this.#owners.splice(0, this.#head);
    this.#offsets.splice(0, this.#head);
    this.#lengths.splice(0, this.#head);
    this.#head = 0;
  }

  /** Moves `length` bytes, of as many ranges as it takes, to the beginning of `into`. */
  gather(into: Uint8Array, length: number, memory: SharedMemory): void {
    let done = 0;
    while (done < length) {
      const part = Math.min(length - done, this.length);
      copyBytes(into, done, this.bytes, this.offset, part);
      done += part;
      this.drop(part, memory);
    }
  }

  clear(memory: SharedMemory): void {
    while (this.count > 0) this.drop(this.length, memory);
  }
}
