// The pcap file format, version 2.4, Ethernet, microseconds, big-endian (draft-ietf-opsawg-pcap): what tcpdump and
// Wireshark read, also from a pipe, and whose end may come anywhere.

import { readU32, writeU16, writeU32 } from "../base/bytes.ts";

export const FILE_HEADER = 24;
export const RECORD_HEADER = 16;

const MAGIC = 0xa1b2c3d4;
const LINKTYPE_ETHERNET = 1;
/** Microseconds in a second. */
const MILLION = 1_000_000;

/** Writes FILE_HEADER bytes at the start of `into`; no record has more than `snapLength` bytes of a frame. */
export function encodeFileHeader(into: Uint8Array, snapLength: number): void {
  writeU32(into, 0, MAGIC);
  writeU16(into, 4, 2);
  writeU16(into, 6, 4);
  // Neither a time zone nor an accuracy is told any more (4.1).
  writeU32(into, 8, 0);
  writeU32(into, 12, 0);
  writeU32(into, 16, snapLength);
  writeU32(into, 20, LINKTYPE_ETHERNET);
}

/** Writes RECORD_HEADER bytes at `offset`; `captured` bytes of the frame follow. `time`: whole microseconds since 1970. */
export function encodeRecordHeader(
  into: Uint8Array,
  offset: number,
  time: number,
  captured: number,
  length: number,
): void {
  writeU32(into, offset, Math.floor(time / MILLION));
  writeU32(into, offset + 4, time % MILLION);
  writeU32(into, offset + 8, captured);
  writeU32(into, offset + 12, length);
}

export class PcapRecord {
  /** Microseconds. */
  time = 0;
  captured = 0;
  /** Of the frame on the wire. */
  length = 0;
}

/** Reads a record's header; the frame begins RECORD_HEADER bytes behind `offset`. Of our own records only: nothing is checked. */
export function recordAt(bytes: Uint8Array, offset: number, record: PcapRecord): void {
  record.time = readU32(bytes, offset) * MILLION + readU32(bytes, offset + 4);
  record.captured = readU32(bytes, offset + 8);
  record.length = readU32(bytes, offset + 12);
}
