// The chunked transfer coding, as a decoder that is fed whatever has arrived. Read first: RFC 9112 7.1.
//
//   chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF      last-chunk = 1*"0" [ chunk-ext ] CRLF      trailers CRLF
//
// Extensions and trailers are read past and dropped (RFC 9112 7.1.1, RFC 9110 6.5.1), within limits.

import { COLON, CR, HTAB, hexValue, LF, SEMICOLON, SP, TOKEN, VALUE } from "../http/syntax.ts";

export const CHUNK_OK = 0;
export const CHUNK_DONE = 1;
export const CHUNK_MALFORMED = 2;
/** An extension or the trailers are longer than the limits. */
export const CHUNK_TOO_LONG = 3;
/** A chunk's size leads beyond the body's limit: known before a byte of it has come. */
export const CHUNK_TOO_LARGE = 4;

/** Bytes of one chunk's size line. */
export const MAX_CHUNK_LINE = 256;
/** Bytes of all trailer lines. */
export const MAX_TRAILERS = 4096;
/** Bytes of chunk framing for one byte of data at most, over a whole body, beyond a first allowance of 4 KB. */
export const MAX_CHUNK_OVERHEAD = 16;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER_START = 6;
const TRAILER_NAME = 7;
const TRAILER_VALUE = 8;
const TRAILER_LF = 9;
const LAST_LF = 10;
const DONE = 11;

export class ChunkDecoder {
  /** After `push`: the input bytes it took, and the range of data among them (possibly empty), as offsets. */
  consumed = 0;
  dataStart = 0;
  dataLength = 0;
  #state = SIZE;
  #remaining = 0;
  #digits = 0;
  #line = 0;
  #trailers = 0;
  #overhead = 0;
  #data = 0;
  #limit = 0;

  /** Back to the beginning of a body of at most `limit` bytes of data (below 2^48). */
  reset(limit: number): void {
    this.#limit = limit;
    this.#state = SIZE;
    this.#remaining = 0;
    this.#digits = 0;
    this.#line = 0;
    this.#trailers = 0;
    this.#overhead = 0;
    this.#data = 0;
  }

  /**
   * Takes bytes up to the end of one piece of data, of the body or of the input. CHUNK_OK: call again with what follows
   * `consumed`, if anything. At CHUNK_DONE nothing beyond the body has been taken.
   */
  push(bytes: Uint8Array, offset: number, length: number): number {
    const end = offset + length;
    let i = offset;
    this.consumed = 0;
    this.dataStart = offset;
    this.dataLength = 0;
    if (this.#state === DONE) return CHUNK_DONE;
    while (i < end) {
      if (this.#state === DATA) {
        const take = Math.min(end - i, this.#remaining);
        this.dataStart = i;
        this.dataLength = take;
        this.#remaining -= take;
        this.#data += take;
        if (this.#remaining === 0) this.#state = DATA_CR;
        this.consumed = i + take - offset;
        return CHUNK_OK;
      }
      const verdict = this.#frame(bytes[i]!);
      i++;
      if (verdict !== CHUNK_OK) {
        this.consumed = i - offset;
        return verdict;
      }
      // Tiny chunks must not cost far more to read than they bring.
      this.#overhead++;
      if (this.#overhead > MAX_TRAILERS + this.#data * MAX_CHUNK_OVERHEAD) return CHUNK_TOO_LONG;
    }
    this.consumed = length;
    return CHUNK_OK;
  }

  /** One byte that is not data. */
  #frame(c: number): number {
    switch (this.#state) {
      case SIZE: {
        const digit = hexValue(c);
        if (digit >= 0) {
          // No more leading zeros than the digits of the largest size that is exact in a number.
          this.#digits++;
          if (this.#digits > 12) return CHUNK_TOO_LONG;
          this.#remaining = this.#remaining * 16 + digit;
          return this.#data + this.#remaining > this.#limit ? CHUNK_TOO_LARGE : CHUNK_OK;
        }
        if (this.#digits === 0) return CHUNK_MALFORMED;
        this.#line = 0;
        if (c === CR) this.#state = SIZE_LF;
        else if (c === SEMICOLON || c === SP || c === HTAB) this.#state = EXTENSION;
        else return CHUNK_MALFORMED;
        return CHUNK_OK;
      }
      case EXTENSION:
        if (c === CR) this.#state = SIZE_LF;
        else if (VALUE[c]! !== 1) return CHUNK_MALFORMED;
        else {
          this.#line++;
          if (this.#line > MAX_CHUNK_LINE) return CHUNK_TOO_LONG;
        }
        return CHUNK_OK;
      case SIZE_LF:
        if (c !== LF) return CHUNK_MALFORMED;
        this.#digits = 0;
        this.#state = this.#remaining === 0 ? TRAILER_START : DATA;
        return CHUNK_OK;
      case DATA_CR:
        if (c !== CR) return CHUNK_MALFORMED;
        this.#state = DATA_LF;
        return CHUNK_OK;
      case DATA_LF:
        if (c !== LF) return CHUNK_MALFORMED;
        this.#state = SIZE;
        return CHUNK_OK;
      case LAST_LF:
        if (c !== LF) return CHUNK_MALFORMED;
        this.#state = DONE;
        return CHUNK_DONE;
      default:
        return this.#trailer(c);
    }
  }

  #trailer(c: number): number {
    this.#trailers++;
    if (this.#trailers > MAX_TRAILERS) return CHUNK_TOO_LONG;
    switch (this.#state) {
      case TRAILER_START:
        if (c === CR) this.#state = LAST_LF;
        else if (TOKEN[c]! !== 0) this.#state = TRAILER_NAME;
        else return CHUNK_MALFORMED;
        return CHUNK_OK;
      case TRAILER_NAME:
        if (c === COLON) this.#state = TRAILER_VALUE;
        else if (TOKEN[c]! === 0) return CHUNK_MALFORMED;
        return CHUNK_OK;
      case TRAILER_VALUE:
        if (c === CR) this.#state = TRAILER_LF;
        else if (VALUE[c]! !== 1) return CHUNK_MALFORMED;
        return CHUNK_OK;
      default:
        if (c !== LF) return CHUNK_MALFORMED;
        this.#state = TRAILER_START;
        return CHUNK_OK;
    }
  }
}
