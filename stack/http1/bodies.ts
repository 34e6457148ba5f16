// Request bodies, collected as they arrive. Read first: RFC 9112 6 and 7.1.

import { copyBytes } from "../base/native.ts";
import type { HttpLimits } from "../http/limits.ts";
import { CHUNK_DONE, CHUNK_OK } from "./chunked.ts";
import type { Exchange } from "./exchanges.ts";

export class BodyReader {
  /** After `read`: bytes taken, and whether the body is complete. */
  consumed = 0;
  complete = false;
  readonly #limits: HttpLimits;
  /** Bytes of request bodies in memory. */
  #memory = 0;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
  }

  /** Takes what has arrived, up to the body's end. 0, or the status of an error: 400, 413, 503. */
  read(e: Exchange, bytes: Uint8Array, start: number, length: number): number {
    let status = 0;
    this.consumed = 0;
    this.complete = false;
    if (!e.head.chunked) {
      this.consumed = Math.min(length, e.head.contentLength - e.bodyLength);
      status = this.#append(e, bytes, start, this.consumed);
      this.complete = e.bodyLength === e.head.contentLength;
      return status;
    }
    while (this.consumed < length && !this.complete && status === 0) {
      const verdict = e.chunks.push(bytes, start + this.consumed, length - this.consumed);
      this.consumed += e.chunks.consumed;
      if (verdict === CHUNK_DONE) this.complete = true;
      else if (verdict !== CHUNK_OK) status = 400;
      else if (e.chunks.dataLength > 0) status = this.#append(e, bytes, e.chunks.dataStart, e.chunks.dataLength);
    }
    return status;
  }

  /** The exchange's body is not counted any more. */
  release(e: Exchange): void {
    this.#memory -= e.charged;
    e.charged = 0;
  }

  /** Appends to the body. 0, 413 or 503. */
  #append(e: Exchange, bytes: Uint8Array, start: number, length: number): number {
    const needed = e.bodyLength + length;
    if (needed > this.#limits.body) return 413;
    if (needed > e.body.length) {
      // Grown as it arrives, never ahead to what a client merely announces.
      let capacity = Math.max(needed, Math.min(e.body.length * 2, this.#limits.body));
      if (!e.head.chunked) capacity = Math.min(capacity, e.head.contentLength);
      if (this.#memory + capacity - e.body.length > this.#limits.bodyMemory) return 503;
      this.#memory += capacity - e.body.length;
      e.charged = capacity;
      const grown = new Uint8Array(capacity);
      copyBytes(grown, 0, e.body, 0, e.bodyLength);
      e.body = grown;
    }
    copyBytes(e.body, e.bodyLength, bytes, start, length);
    e.bodyLength = needed;
    return 0;
  }
}
