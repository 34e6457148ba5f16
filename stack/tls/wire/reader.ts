// What every message is read with: a place in a range of bytes that cannot leave it. A read beyond the end answers 0 and
// sets `failed`, so a decoder looks once, at its end. A vector within (RFC 8446 3.4) is a Reader of its own.

import { readU16, readU32 } from "../../base/bytes.ts";
import { copyBytes } from "../../base/native.ts";

export class Reader {
  readonly bytes: Uint8Array;
  at: number;
  end: number;
  failed = false;

  /** The caller vouches for the range. */
  constructor(bytes: Uint8Array, offset: number, length: number) {
    this.bytes = bytes;
    this.at = offset;
    this.end = offset + length;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** Everything was read, and nothing beyond. */
  get done(): boolean {
    return !this.failed && this.at === this.end;
  }

  u8(): number {
    return this.#has(1) ? this.bytes[this.at++]! : 0;
  }

  u16(): number {
    if (!this.#has(2)) return 0;
    this.at += 2;
    return readU16(this.bytes, this.at - 2);
  }

  u24(): number {
    return this.u8() * 0x10000 + this.u16();
  }

  u32(): number {
    if (!this.#has(4)) return 0;
    this.at += 4;
    return readU32(this.bytes, this.at - 4);
  }

  /** Where a fixed number of bytes lies, which are read past; -1: they do not fit. */
  skip(length: number): number {
    if (!this.#has(length)) return -1;
    this.at += length;
    return this.at - length;
  }

  /** A copy of so many bytes; empty when they do not fit. */
  take(length: number): Uint8Array {
    if (!this.#has(length)) return new Uint8Array(0);
    const copy = new Uint8Array(length);
    copyBytes(copy, 0, this.bytes, this.at, length);
    this.at += length;
    return copy;
  }

  /** The vector at the place, its length in `prefix` bytes and at least `least`. An empty one that has failed: none fits. */
  vector(prefix: number, least: number): Reader {
    const length = prefix === 1 ? this.u8() : prefix === 2 ? this.u16() : this.u24();
    if (!this.failed && length >= least && length <= this.left) {
      this.at += length;
      return new Reader(this.bytes, this.at - length, length);
    }
    this.failed = true;
    const none = new Reader(this.bytes, this.end, 0);
    none.failed = true;
    return none;
  }

  #has(length: number): boolean {
    if (length <= this.end - this.at && !this.failed) return true;
    this.failed = true;
    this.at = this.end;
    return false;
  }
}
