// DER (X.690 8.1, 10, 11), read in place: a reader walks the bytes and tells where contents lie; nothing is copied. A
// fault is remembered, and afterwards every read does nothing, so that what reads a structure says its fields in order
// and asks once at the end. Depth is bounded by that code: nothing here recurses.

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OBJECT_IDENTIFIER = 0x06;
export const UTF8_STRING = 0x0c;
export const PRINTABLE_STRING = 0x13;
export const IA5_STRING = 0x16;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;

/** No element: the end of what is read, or a fault. */
export const NOTHING = -1;

export class DerReader {
  readonly bytes: Uint8Array;
  /** Where the next element begins. */
  at: number;
  /** Where the structure that is read ends. */
  end: number;
  failed = false;
  /** The content of the element that was read last. */
  content = 0;
  contentEnd = 0;

  /** Reads `bytes[offset .. offset + length)`, which the caller has checked. */
  constructor(bytes: Uint8Array, offset: number, length: number) {
    this.bytes = bytes;
    this.at = offset;
    this.end = offset + length;
  }

  /** The tag of the next element; NOTHING at the end. */
  peek(): number {
    return this.at < this.end ? this.bytes[this.at]! : NOTHING;
  }

  /** From here on there is nothing to read: the end is where the reader stands, of this structure and those around it. */
  fail(): void {
    this.failed = true;
    this.end = this.at;
    this.content = this.at;
    this.contentEnd = this.at;
  }

  /** Takes the next element, whatever it is. */
  skip(): void {
    this.next(this.peek());
  }

  // Called for every element of every certificate, and most of those are short: one call, and locals.
  /** Takes the next element, which must have this tag. */
  next(tag: number): void {
    const bytes = this.bytes;
    const at = this.at;
    const end = this.end;
    // 8.1.2.4: tags from 31 on take several bytes; nothing that is read here has one.
    if (at + 2 > end || bytes[at]! !== tag || (tag & 0x1f) === 0x1f) {
      this.fail();
      return;
    }
    let content = at + 2;
    let length = bytes[at + 1]!;
    if (length >= 0x80) {
      const count = length - 0x80;
      length = longLength(bytes, content, end, count);
      content += count;
    }
    const contentEnd = content + length;
    if (length < 0 || contentEnd > end) {
      this.fail();
      return;
    }
    this.content = content;
    this.contentEnd = contentEnd;
    this.at = contentEnd;
  }

  /** Goes into the next element, which must have this tag. Returns what `leave` wants. */
  enter(tag: number): number {
    const outer = this.end;
    this.next(tag);
    this.at = this.content;
    this.end = this.contentEnd;
    return outer;
  }

  /** Goes on behind the structure that was entered, of which nothing may be left. */
  leave(outer: number): void {
    if (this.failed || this.at !== this.end) this.fail();
    else this.end = outer;
  }

  /** Takes an INTEGER in its shortest form (8.3.2). */
  integer(): void {
    this.next(INTEGER);
    const { bytes, content, contentEnd } = this;
    if (contentEnd === content) this.fail();
    else if (contentEnd - content > 1) {
      const first = bytes[content]!;
      const second = bytes[content + 1]!;
      if ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)) this.fail();
    }
  }

  /** Takes an INTEGER from 0 to 2^31 - 1; -1 after a fault. */
  small(): number {
    this.integer();
    const { bytes, content, contentEnd } = this;
    if (this.failed || bytes[content]! >= 0x80 || contentEnd - content > 4) {
      this.fail();
      return -1;
    }
    let value = 0;
    for (let i = content; i < contentEnd; i++) value = value * 256 + bytes[i]!;
    return value;
  }

  /** Takes a BOOLEAN. FALSE may be written out although it is the default: many do (see README). */
  boolean(): boolean {
    this.next(BOOLEAN);
    if (this.failed || this.contentEnd - this.content !== 1) {
      this.fail();
      return false;
    }
    const value = this.bytes[this.content]!;
    // 11.1: TRUE is 0xff.
    if (value !== 0 && value !== 0xff) this.fail();
    return value === 0xff;
  }

  /** Takes a BIT STRING whose bits fill whole bytes; the content is then those bytes. */
  octetsOfBits(): void {
    this.next(BIT_STRING);
    if (this.failed || this.contentEnd === this.content || this.bytes[this.content] !== 0) this.fail();
    else this.content++;
  }
}

/** 8.1.3.5 and 10.1: a length of `count` bytes in its shortest form; -1: not. */
function longLength(bytes: Uint8Array, at: number, end: number, count: number): number {
  // 8.1.3.6: the indefinite form (0x80) is not DER. Three bytes of length are more than any limit here allows.
  if (count === 0 || count > 3 || at + count > end) return -1;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + bytes[at + i]!;
  if (length < 0x80 || (count === 2 && length < 0x100) || (count === 3 && length < 0x10000)) return -1;
  return length;
}
