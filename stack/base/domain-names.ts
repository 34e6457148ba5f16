// Domain names as DNS writes them, one behind the other and without compression (RFC 1035 3.1): the lists of RFC 8106 5.2
// and RFC 8415 10. What cannot be a name that people search in ends the list.

import { latin1 } from "./native.ts";

/** Characters of a name (RFC 1035 2.3.4), and of one label. */
export const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;

export class DomainNames {
  /** What `next` has read. */
  name = "";
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private at: number;

  /** Of bytes[at .. end). */
  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** Reads the next name. False: there is none, only padding, or something that is no name. */
  next(): boolean {
    const { bytes, end } = this;
    let name = "";
    while (this.at < end) {
      const length = bytes[this.at]!;
      if (length === 0) {
        this.at++;
        this.name = name;
        return name !== "";
      }
      const label = this.at + 1;
      if (length > LONGEST_LABEL || label + length > end || !isLabel(bytes, label, length)) return false;
      name = name === "" ? latin1(bytes, label, length) : `${name}.${latin1(bytes, label, length)}`;
      if (name.length > LONGEST_NAME) return false;
      this.at = label + length;
    }
    return false;
  }
}

/** Letters, digits, hyphens and underscores. */
function isLabel(bytes: Uint8Array, from: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const c = bytes[from + i]!;
    const letter = (c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a;
    if (!letter && !(c >= 0x30 && c <= 0x39) && c !== 0x2d && c !== 0x5f) return false;
  }
  return true;
}
