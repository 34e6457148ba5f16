// Handshake messages out of records (RFC 8446 5.1): one may lie in several, and several in one.

import { copyBytes, zeroBytes } from "../base/native.ts";
import { Reader } from "./wire/reader.ts";

const HEADER = 4;
const FIRST_CAPACITY = 2048;
const NONE: Uint8Array = new Uint8Array(0);

export class Messages {
  #bytes: Uint8Array = NONE;
  #start = 0;
  #end = 0;

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes held for them. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Where the first message begins, its header included. */
  get offset(): number {
    return this.#start;
  }

  get pending(): number {
    return this.#end - this.#start;
  }

  /** The type of the first message; -1: nothing has come of it. */
  get type(): number {
    return this.pending === 0 ? -1 : this.#bytes[this.#start]!;
  }

  /** The length of the first message with its header; 0: its header has not come yet. */
  get length(): number {
    if (this.pending < HEADER) return 0;
    const header = new Reader(this.#bytes, this.#start + 1, 3);
    return HEADER + header.u24();
  }

  /** The whole of the first message has come. */
  get ready(): boolean {
    const { length } = this;
    return length > 0 && length <= this.pending;
  }

  add(bytes: Uint8Array, offset: number, length: number): void {
    const used = this.pending;
    if (this.#end + length > this.#bytes.length) {
      const into =
        used + length <= this.#bytes.length
          ? this.#bytes
          : new Uint8Array(Math.max(FIRST_CAPACITY, used + length, this.#bytes.length * 2));
      copyBytes(into, 0, this.#bytes, this.#start, used);
      this.#bytes = into;
      this.#start = 0;
      this.#end = used;
    }
    copyBytes(this.#bytes, this.#end, bytes, offset, length);
    this.#end += length;
  }

  /** The first message has been seen to. Nothing is kept when there is no other. */
  drop(): void {
    this.#start += this.length;
    if (this.#start < this.#end) return;
    this.clear();
  }

  clear(): void {
    zeroBytes(this.#bytes, 0, this.#end);
    this.#bytes = NONE;
    this.#start = 0;
    this.#end = 0;
  }
}
