// A request as the rest of HTTP sees it, whatever version brought it: numbers, and offsets in the bytes that were decoded.

import { copyBytes } from "../base/native.ts";
import { COMMA } from "./syntax.ts";

// Methods of RFC 9110 9.3 and RFC 5789; any other token is METHOD_UNKNOWN.
export const METHOD_UNKNOWN = 0;
export const METHOD_GET = 1;
export const METHOD_HEAD = 2;
export const METHOD_POST = 3;
export const METHOD_PUT = 4;
export const METHOD_DELETE = 5;
export const METHOD_OPTIONS = 6;
export const METHOD_PATCH = 7;
export const METHOD_TRACE = 8;
export const METHOD_CONNECT = 9;

// The fields that the machine itself looks at, as slots of Request.starts and .ends; bitOf gives their bits in .fields.
export const HOST = 0;
export const CONTENT_LENGTH = 1;
export const TRANSFER_ENCODING = 2;
export const CONNECTION = 3;
export const EXPECT = 4;
export const IF_NONE_MATCH = 5;
export const IF_MODIFIED_SINCE = 6;
export const IF_MATCH = 7;
export const IF_UNMODIFIED_SINCE = 8;
export const RANGE = 9;
export const IF_RANGE = 10;
export const ACCEPT_ENCODING = 11;
export const USER_AGENT = 12;
export const REFERER = 13;
/** Number of slots. */
export const KNOWN_FIELDS = 14;

/** Lines of known fields beyond the first of each, in one request. */
export const MAX_REPEATS = 16;

/** The bit of a slot in Request.fields and .repeated. */
export function bitOf(slot: number): number {
  return 1 << slot;
}

/** Every `Start` and `End` is an offset in the bytes that were decoded. */
export class Request {
  method = METHOD_UNKNOWN;
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  /** 0: the target is not known. */
  targetEnd = 0;
  /** Path without query. Empty for the absolute form without a path, which means "/" (RFC 9112 3.2.1), and for "*". */
  pathStart = 0;
  pathEnd = 0;
  /** pathHash of the path's bytes. */
  pathHash = 0;
  /** True for "*" (RFC 9112 3.2.4). */
  asterisk = false;
  /** Which of the known fields are there, and which more than once, as bits. */
  fields = 0;
  repeated = 0;
  /** Where the value of a known field that is there begins and ends: of its last line. */
  readonly starts: Int32Array = new Int32Array(KNOWN_FIELDS);
  readonly ends: Int32Array = new Int32Array(KNOWN_FIELDS);
  /** The lines before the last: slot, start and end of each. */
  readonly #repeats: Int32Array = new Int32Array(MAX_REPEATS * 3);
  #repeatCount = 0;

  /** Forgets all fields. */
  clearFields(): void {
    this.fields = 0;
    this.repeated = 0;
    this.#repeatCount = 0;
  }

  /** Remembers a line of a known field. False: too many. */
  note(slot: number, start: number, end: number): boolean {
    const bit = 1 << slot;
    if ((this.fields & bit) !== 0) {
      if (this.#repeatCount === MAX_REPEATS) return false;
      const at = this.#repeatCount * 3;
      this.#repeats[at] = slot;
      this.#repeats[at + 1] = this.starts[slot]!;
      this.#repeats[at + 2] = this.ends[slot]!;
      this.#repeatCount++;
      this.repeated |= bit;
    }
    this.fields |= bit;
    this.starts[slot] = start;
    this.ends[slot] = end;
    return true;
  }

  /** All lines of a field as one list (RFC 9110 5.3): they are joined by commas, in an array of their own. */
  joined(bytes: Uint8Array, slot: number): Uint8Array {
    const last = this.ends[slot]! - this.starts[slot]!;
    let length = last;
    for (let at = 0; at < this.#repeatCount * 3; at += 3)
      if (this.#repeats[at] === slot) length += this.#repeats[at + 2]! - this.#repeats[at + 1]! + 1;
    const list = new Uint8Array(length);
    let to = 0;
    for (let at = 0; at < this.#repeatCount * 3; at += 3) {
      if (this.#repeats[at] !== slot) continue;
      const part = this.#repeats[at + 2]! - this.#repeats[at + 1]!;
      copyBytes(list, to, bytes, this.#repeats[at + 1]!, part);
      list[to + part] = COMMA;
      to += part + 1;
    }
    copyBytes(list, to, bytes, this.starts[slot]!, last);
    return list;
  }
}
