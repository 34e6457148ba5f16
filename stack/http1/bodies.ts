// Request bodies as they come: where the content lies in what has arrived. Nothing is kept here. Read first: RFC 9112 6
// and 7.1.

import { CHUNK_DONE, CHUNK_OK, CHUNK_TOO_LARGE, ChunkDecoder } from "./chunked.ts";
import type { RequestHead } from "./request-head.ts";

/** The body of one request, from its head to its end. */
export class Body {
  /** Bytes of content so far. */
  length = 0;
  ended = true;
  /** After `take`: bytes taken, and the range of content among them (possibly empty). */
  consumed = 0;
  dataStart = 0;
  dataLength = 0;
  #chunked = false;
  /** Bytes to come of a body with Content-Length. */
  #remaining = 0;
  readonly #chunks: ChunkDecoder = new ChunkDecoder();

  /** At the beginning of the head's body; `limit`: bytes of content that are taken at most. */
  begin(head: RequestHead, limit: number): void {
    this.length = 0;
    this.#chunked = head.chunked;
    this.#remaining = head.contentLength;
    this.ended = !head.chunked && head.contentLength === 0;
    this.#chunks.reset(limit);
  }

  /** Takes what has arrived, up to the end of one piece of content or of the body. 0, or 400 or 413. */
  take(bytes: Uint8Array, start: number, length: number): number {
    if (this.#chunked) return this.#takeChunk(bytes, start, length);
    const taken = Math.min(length, this.#remaining);
    this.consumed = taken;
    this.dataStart = start;
    this.dataLength = taken;
    this.length += taken;
    this.#remaining -= taken;
    this.ended = this.#remaining === 0;
    return 0;
  }

  #takeChunk(bytes: Uint8Array, start: number, length: number): number {
    const chunks = this.#chunks;
    const verdict = chunks.push(bytes, start, length);
    this.consumed = chunks.consumed;
    this.dataStart = chunks.dataStart;
    this.dataLength = chunks.dataLength;
    this.length += chunks.dataLength;
    this.ended = verdict === CHUNK_DONE;
    if (verdict === CHUNK_OK || verdict === CHUNK_DONE) return 0;
    return verdict === CHUNK_TOO_LARGE ? 413 : 400;
  }
}

/** Bodies in progress: a pool, because few connections have one. */
export class BodyPool {
  readonly #bodies: Body[] = [];
  /** Indices of free records. */
  readonly #free: number[] = [];

  /** Takes a record and returns its index. */
  take(): number {
    if (this.#free.length === 0) {
      this.#bodies.push(new Body());
      return this.#bodies.length - 1;
    }
    const index = this.#free[this.#free.length - 1]!;
    this.#free.pop();
    return index;
  }

  at(index: number): Body {
    return this.#bodies[index]!;
  }

  release(index: number): void {
    this.#free.push(index);
  }
}
