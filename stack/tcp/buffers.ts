// Receive buffers, in four sizes under one bound. A connection takes one when bytes must be kept and gives it back when
// they have been read, so an idle connection holds none; what has been given back is used again before anything new.

import { NO_PAYLOAD } from "../base/link.ts";

/** Sizes by class. */
export const BUFFER_SIZES: readonly number[] = [4096, 16_384, 65_536, 262_144];
export const LARGEST_BUFFER = 262_144;
const CLASSES = 4;

export class BufferPool {
  readonly #limit: number;
  readonly #free: Uint8Array[][] = [];
  #allocated = 0;
  /** Bytes that connections hold. */
  inUse = 0;

  constructor(limit: number) {
    this.#limit = limit;
    for (let i = 0; i < CLASSES; i++) {
      const none: Uint8Array[] = [];
      this.#free.push(none);
    }
  }

  /** Bytes allocated, in use and waiting for use: at most the limit. */
  get allocated(): number {
    return this.#allocated;
  }

  /** Bytes that may still be taken. */
  get available(): number {
    return this.#limit - this.inUse;
  }

  /** The smallest class that holds `length` bytes, or -1: there is none so large. */
  classOf(length: number): number {
    if (length <= 4096) return 0;
    if (length <= 16_384) return 1;
    if (length <= 65_536) return 2;
    return length <= LARGEST_BUFFER ? 3 : -1;
  }

  /** True when `take` of this class would succeed. */
  has(sizeClass: number): boolean {
    return this.inUse + BUFFER_SIZES[sizeClass]! <= this.#limit;
  }

  /** A buffer of the class; NO_PAYLOAD (empty) when that would exceed the limit. */
  take(sizeClass: number): Uint8Array {
    const size = BUFFER_SIZES[sizeClass]!;
    if (this.inUse + size > this.#limit) return NO_PAYLOAD;
    this.inUse += size;
    const waiting = this.#free[sizeClass]!;
    // (A function that returns what may be undefined makes the compiler box its bytes, and in every call of copyBytes.)
    if (waiting.length > 0) return waiting.pop()!;
    // Buffers that wait in other sizes give way.
    for (let i = 0; i < CLASSES; i++) {
      while (this.#allocated + size > this.#limit && this.#free[i]!.length > 0) {
        this.#free[i]!.pop();
        this.#allocated -= BUFFER_SIZES[i]!;
      }
    }
    this.#allocated += size;
    return new Uint8Array(size);
  }

  give(sizeClass: number, buffer: Uint8Array): void {
    this.inUse -= BUFFER_SIZES[sizeClass]!;
    this.#free[sizeClass]!.push(buffer);
  }
}
