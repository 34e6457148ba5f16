// Cases of test/vectors, as its README has them written.

import { readU16 } from "../../stack/base/bytes.ts";

/** The length of a field that is the same as in the case before. */
const AS_BEFORE = 0xffff;
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** RFC 4648 4. */
function fromBase64(text: string): Uint8Array {
  const values = new Uint8Array(128);
  for (let i = 0; i < 64; i++) values[DIGITS.charCodeAt(i)] = i;
  let length = text.length;
  while (text.charCodeAt(length - 1) === 61) length--;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let bits = 0;
  let at = 0;
  for (let i = 0; i < length; i++) {
    bits = ((bits << 6) | values[text.charCodeAt(i)]!) & 0xffffff;
    if (i % 4 === 0) continue;
    bytes[at++] = bits >> (6 - 2 * (i % 4));
  }
  return bytes;
}

/** The cases of one file, one after the other; collects those that are not answered as they should be. */
export class Cases {
  readonly #bytes: Uint8Array;
  readonly #fields: Uint8Array[] = [];
  #at = 0;
  id = 0;
  isValid = false;
  count = 0;
  wrong = "";

  constructor(text: string, fields: number) {
    this.#bytes = fromBase64(text);
    for (let i = 0; i < fields; i++) this.#fields.push(new Uint8Array(0));
  }

  /** Goes on to the next case; false at the end. */
  next(): boolean {
    if (this.#at === this.#bytes.length) return false;
    this.id = readU16(this.#bytes, this.#at);
    this.isValid = this.#bytes[this.#at + 2] === 1;
    this.#at += 3;
    for (let i = 0; i < this.#fields.length; i++) {
      const length = readU16(this.#bytes, this.#at);
      this.#at += 2;
      if (length === AS_BEFORE) continue;
      this.#fields[i] = this.#bytes.slice(this.#at, this.#at + length);
      this.#at += length;
    }
    this.count++;
    return true;
  }

  field(i: number): Uint8Array {
    return this.#fields[i]!;
  }

  answered(rightly: boolean): void {
    if (!rightly) this.wrong += ` ${this.id}`;
  }

  result(): string {
    return `${this.count} cases, wrong:${this.wrong}`;
  }
}
