// A part of some bytes, and what may be asked of one: names and their subtrees are compared so.

export class Range {
  bytes: Uint8Array;
  begin: number;
  end: number;

  constructor(bytes: Uint8Array, begin: number, end: number) {
    this.bytes = bytes;
    this.begin = begin;
    this.end = end;
  }

  get length(): number {
    return this.end - this.begin;
  }

  /** The byte at `index`; -1 beyond the end. */
  at(index: number): number {
    const at = this.begin + index;
    return at < this.end ? this.bytes[at]! : -1;
  }

  /** Where a byte comes first; -1: nowhere. */
  find(byte: number): number {
    for (let i = this.begin; i < this.end; i++) if (this.bytes[i] === byte) return i - this.begin;
    return -1;
  }

  from(index: number): Range {
    return new Range(this.bytes, this.begin + index, this.end);
  }

  /** Whether both are the same but for the case of ASCII letters. */
  equalsFolded(other: Range): boolean {
    if (this.length !== other.length) return false;
    for (let i = 0; i < this.length; i++) if (lower(this.at(i)) !== lower(other.at(i))) return false;
    return true;
  }
}

/** ASCII letters in lower case. */
export function lower(c: number): number {
  return c >= 65 && c <= 90 ? c + 32 : c;
}
