// What every message is written with: bytes that grow. A vector is opened, written and closed, which sets its length.

import { writeU16 } from "../../base/bytes.ts";
import { copyBytes } from "../../base/native.ts";

const LEAST_CAPACITY = 64;
const NOTHING: Uint8Array = new Uint8Array(0);

export class Writer {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    writeU16(this.bytes, this.length, value);
    this.length += 2;
  }

  u24(value: number): void {
    this.u8(value >>> 16);
    this.u16(value & 0xffff);
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  append(bytes: Uint8Array): void {
    this.range(bytes, 0, bytes.length);
  }

  range(bytes: Uint8Array, offset: number, length: number): void {
    this.reserve(length);
    copyBytes(this.bytes, this.length, bytes, offset, length);
    this.length += length;
  }

  /** Begins a vector whose length has `prefix` bytes; what it returns goes to `close`. */
  open(prefix: number): number {
    for (let i = 0; i < prefix; i++) this.u8(0);
    return this.length;
  }

  close(start: number, prefix: number): void {
    const length = this.length - start;
    if (prefix === 1) this.bytes[start - 1] = length;
    else writeU16(this.bytes, start - 2, length & 0xffff);
    if (prefix === 3) this.bytes[start - 3] = length >>> 16;
  }

  /** Room for so many more bytes. */
  reserve(length: number): void {
    const needed = this.length + length;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2, LEAST_CAPACITY));
    copyBytes(larger, 0, this.bytes, 0, this.length);
    this.bytes = larger;
  }

  /** Forgets everything, the room for it as well. */
  release(): void {
    this.bytes = NOTHING;
    this.length = 0;
  }

  /** What was written, as an array of its own. */
  copy(): Uint8Array {
    const copy = new Uint8Array(this.length);
    copyBytes(copy, 0, this.bytes, 0, this.length);
    return copy;
  }
}
