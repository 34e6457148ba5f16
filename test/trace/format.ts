// A trace: everything that a host was given from outside, in order. Frames and time are all there is, so what the host
// sends is a function of the trace.
//
//   "EPT1", switches
//   0, delta            poll: time goes on by `delta` microseconds, then the host is polled (delta: 32 bits)
//   1, length, bytes    a frame for the next poll (length: 16 bits)
//   2, length, bytes    the same, and the card vouches for its checksum
//   3, action           the next poll is preceded by something that the appliance does (ACTION_ of appliance.ts)
//
// Numbers are big-endian. A trace that ends within a record ends before it.

import { readU16, readU32, writeU16, writeU32 } from "../../stack/base/bytes.ts";
import { copyBytes } from "../../stack/base/native.ts";

/** "EPT1" */
const MAGIC = 0x45505431;
export const HEADER_SIZE = 5;

// Switches.
export const SWITCH_CHECKSUM = 1;
export const SWITCH_SEGMENTATION = 2;
/** The host asks for a lease; without it its address is fixed. */
export const SWITCH_DHCP = 4;
/** The host speaks TLS as well. */
export const SWITCH_TLS = 8;
/** It speaks IPv6, with an address by hand. */
export const SWITCH_IPV6 = 16;

export const RECORD_END = -1;
export const RECORD_POLL = 0;
export const RECORD_FRAME = 1;
export const RECORD_VOUCHED = 2;
export const RECORD_ACTION = 3;

/** Frames of a TAP with an MTU of 1500 and of jumbo cards. */
export const FRAME_LIMIT = 9216;

/** Goes through a trace record by record; the fields are those of the record at which it stands. */
export class TraceReader {
  readonly bytes: Uint8Array;
  switches = 0;
  kind = RECORD_END;
  /** Microseconds of RECORD_POLL, the number of RECORD_ACTION. */
  value = 0;
  /** Where the frame of RECORD_FRAME lies. */
  offset = 0;
  length = 0;

  private next = HEADER_SIZE;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    if (bytes.length < HEADER_SIZE || readU32(bytes, 0) !== MAGIC) this.next = bytes.length;
    else this.switches = bytes[4]!;
  }

  /** Goes to the next record and returns its kind. */
  read(): number {
    this.kind = this.decode();
    return this.kind;
  }

  private decode(): number {
    const { bytes } = this;
    const at = this.next;
    this.next = bytes.length;
    if (at >= bytes.length) return RECORD_END;
    const kind = bytes[at]!;
    if (kind === RECORD_POLL) {
      if (at + 5 > bytes.length) return RECORD_END;
      this.value = readU32(bytes, at + 1);
      this.next = at + 5;
      return kind;
    }
    if (kind === RECORD_ACTION) {
      if (at + 2 > bytes.length) return RECORD_END;
      this.value = bytes[at + 1]!;
      this.next = at + 2;
      return kind;
    }
    if (kind !== RECORD_FRAME && kind !== RECORD_VOUCHED) return RECORD_END;
    if (at + 3 > bytes.length) return RECORD_END;
    this.length = readU16(bytes, at + 1);
    this.offset = at + 3;
    if (this.length > FRAME_LIMIT || this.offset + this.length > bytes.length) return RECORD_END;
    this.next = this.offset + this.length;
    return kind;
  }
}

/** Writes a trace. */
export class TraceWriter {
  private bytes: Uint8Array = new Uint8Array(4096);
  length = HEADER_SIZE;

  constructor(switches: number) {
    writeU32(this.bytes, 0, MAGIC);
    this.bytes[4] = switches;
  }

  poll(delta: number): void {
    this.need(5);
    this.bytes[this.length] = RECORD_POLL;
    writeU32(this.bytes, this.length + 1, Math.min(delta, 0xffffffff));
    this.length += 5;
  }

  frame(from: Uint8Array, offset: number, length: number, vouched: boolean): void {
    this.need(3 + length);
    this.bytes[this.length] = vouched ? RECORD_VOUCHED : RECORD_FRAME;
    writeU16(this.bytes, this.length + 1, length);
    copyBytes(this.bytes, this.length + 3, from, offset, length);
    this.length += 3 + length;
  }

  action(number: number): void {
    this.need(2);
    this.bytes[this.length] = RECORD_ACTION;
    this.bytes[this.length + 1] = number;
    this.length += 2;
  }

  /** What was written from offset `from` on, as an array of its own. */
  take(from = 0): Uint8Array {
    return this.bytes.slice(from, this.length);
  }

  private need(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array((this.length + more) * 2);
    copyBytes(grown, 0, this.bytes, 0, this.length);
    this.bytes = grown;
  }
}
