/// <reference path="../base/native.d.ts" />
// A TCP segment on the wire (RFC 9293 3.1; options: 3.2, RFC 7323, RFC 2018). Read the field offsets, then decode.

import type { Seq } from "../base/seq.ts";

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
/** RFC 3168 6.1. */
export const ECE = 0x40;
export const CWR = 0x80;

/** Header without options. */
export const HEADER_LENGTH = 20;
/** NOP, NOP, timestamps: the option block of every segment on a connection that uses them (RFC 7323 A). */
export const TIMESTAMPS_LENGTH = 12;
/** NOP, NOP, kind and length of the SACK option (RFC 2018 3), and each of its blocks. */
export const SACK_HEAD_LENGTH = 4;
export const SACK_BLOCK_LENGTH = 8;
/** What 40 bytes of options hold. */
export const MAX_SACKS = 4;
/** The same beside timestamps. */
export const MAX_SACKS_WITH_TIMESTAMPS = 3;

// RFC 9293 3.1
const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
export const SEQUENCE = 4;
const ACKNOWLEDGMENT = 8;
const DATA_OFFSET = 12;
export const FLAGS = 13;
export const CHECKSUM = 16;

// RFC 9293 3.2 and the IANA registry
export const OPTION_END = 0;
export const OPTION_NOP = 1;
export const OPTION_MSS = 2;
export const OPTION_SCALE = 3;
export const OPTION_SACK_PERMITTED = 4;
export const OPTION_SACK = 5;
export const OPTION_TIMESTAMPS = 8;
const PLAIN_TIMESTAMPS = 0x0101080a;

export const DECODE_TOO_SHORT = 1;
export const DECODE_BAD_OFFSET = 2;

/** A segment as fields, read or to be written. One object is filled again and again. */
export class Segment {
  sourcePort = 0;
  destinationPort = 0;
  seq: Seq = 0 as Seq;
  ack: Seq = 0 as Seq;
  flags = 0;
  /** The packet that it came in has met congestion (RFC 3168 5): known to the layer below, not part of the segment. */
  marked = false;
  /** As it stands in the header: already scaled, at most 65,535. */
  window = 0;
  payloadOffset = 0;
  payloadLength = 0;
  hasTimestamps = false;
  tsValue = 0;
  tsEcho = 0;
  /** Options of a SYN; left at these values when absent. */
  mss = 0;
  scale = -1;
  sackPermitted = false;
  /** Blocks of the SACK option (RFC 2018 3): what has arrived, from a start up to but without an end. */
  sacks = 0;
  readonly sackStarts: Seq[] = [0 as Seq, 0 as Seq, 0 as Seq, 0 as Seq];
  readonly sackEnds: Seq[] = [0 as Seq, 0 as Seq, 0 as Seq, 0 as Seq];
}

/**
 * Fills `segment` from the range. Returns 0, DECODE_TOO_SHORT or DECODE_BAD_OFFSET. The checksum is the caller's.
 * Unknown options are skipped; the first malformed one ends the list (RFC 9293 3.2 MUST-7).
 */
export function decode(bytes: Uint8Array, offset: number, length: number, segment: Segment): number {
  if (length < HEADER_LENGTH) return DECODE_TOO_SHORT;
  // Data offset, flags and window in one word.
  const word = nativeLoad32(bytes, offset + DATA_OFFSET);
  const headerLength = (word >>> 28) * 4;
  if (headerLength < HEADER_LENGTH || headerLength > length) return DECODE_BAD_OFFSET;
  segment.sourcePort = nativeLoad16(bytes, offset + SOURCE_PORT);
  segment.destinationPort = nativeLoad16(bytes, offset + DESTINATION_PORT);
  segment.seq = nativeLoad32(bytes, offset + SEQUENCE) as Seq;
  segment.ack = nativeLoad32(bytes, offset + ACKNOWLEDGMENT) as Seq;
  const flags = (word >>> 16) & (FIN | SYN | RST | PSH | ACK | ECE | CWR);
  segment.flags = flags;
  segment.window = word & 0xffff;
  segment.payloadOffset = offset + headerLength;
  segment.payloadLength = length - headerLength;
  segment.hasTimestamps = false;
  segment.sacks = 0;
  if (headerLength === HEADER_LENGTH + TIMESTAMPS_LENGTH && nativeLoad32(bytes, offset + 20) === PLAIN_TIMESTAMPS) {
    segment.hasTimestamps = true;
    segment.tsValue = nativeLoad32(bytes, offset + 24);
    segment.tsEcho = nativeLoad32(bytes, offset + 28);
    if ((flags & SYN) === 0) return 0;
  }
  if ((flags & SYN) !== 0) {
    segment.mss = 0;
    segment.scale = -1;
    segment.sackPermitted = false;
  }
  if (headerLength > HEADER_LENGTH) decodeOptions(bytes, offset + HEADER_LENGTH, offset + headerLength, segment);
  return 0;
}

function decodeOptions(bytes: Uint8Array, start: number, end: number, segment: Segment): void {
  let at = start;
  while (at < end) {
    const kind = bytes[at]!;
    if (kind === OPTION_END) return;
    if (kind === OPTION_NOP) {
      at++;
      continue;
    }
    if (at + 1 >= end) return;
    const length = bytes[at + 1]!;
    if (length < 2 || at + length > end) return;
    if (kind === OPTION_TIMESTAMPS && length === 10) {
      segment.hasTimestamps = true;
      segment.tsValue = nativeLoad32(bytes, at + 2);
      segment.tsEcho = nativeLoad32(bytes, at + 6);
    } else if ((segment.flags & SYN) !== 0) {
      // RFC 9293 3.7.1 and RFC 7323 2.2: these mean something on a SYN only.
      if (kind === OPTION_MSS && length === 4) segment.mss = nativeLoad16(bytes, at + 2);
      else if (kind === OPTION_SCALE && length === 3) segment.scale = bytes[at + 2]!;
      else if (kind === OPTION_SACK_PERMITTED && length === 2) segment.sackPermitted = true;
    } else if (kind === OPTION_SACK) decodeSacks(bytes, at, length, segment);
    at += length;
  }
}

/** RFC 2018 3. A length that no number of blocks has is passed over. */
function decodeSacks(bytes: Uint8Array, at: number, length: number, segment: Segment): void {
  const count = (length - 2) / SACK_BLOCK_LENGTH;
  if (count > MAX_SACKS || count * SACK_BLOCK_LENGTH !== length - 2 || (count | 0) !== count) return;
  for (let i = 0; i < count; i++) {
    segment.sackStarts[i] = nativeLoad32(bytes, at + 2 + i * SACK_BLOCK_LENGTH) as Seq;
    segment.sackEnds[i] = nativeLoad32(bytes, at + 6 + i * SACK_BLOCK_LENGTH) as Seq;
  }
  segment.sacks = count;
}

/**
 * Writes the header, and returns its length: with a SYN's options when it has that flag (a `scale` below 0 is left out),
 * with timestamps and SACK blocks when it has them. The checksum is left 0. At most LARGEST_HEADER bytes.
 */
export function encode(into: Uint8Array, at: number, segment: Segment): number {
  let length = HEADER_LENGTH;
  if ((segment.flags & SYN) !== 0) {
    nativeStore32(into, at + length, 0x02040000 + segment.mss);
    length += 4;
    if (segment.scale >= 0) {
      nativeStore32(into, at + length, 0x01030300 + segment.scale);
      length += 4;
    }
    if (segment.sackPermitted) {
      nativeStore32(into, at + length, 0x01010402);
      length += 4;
    }
  }
  if (segment.hasTimestamps) {
    nativeStore32(into, at + length, PLAIN_TIMESTAMPS);
    nativeStore32(into, at + length + 4, segment.tsValue);
    nativeStore32(into, at + length + 8, segment.tsEcho);
    length += TIMESTAMPS_LENGTH;
  }
  if (segment.sacks > 0) {
    nativeStore32(into, at + length, 0x01010502 + segment.sacks * SACK_BLOCK_LENGTH);
    length += SACK_HEAD_LENGTH;
    for (let i = 0; i < segment.sacks; i++) {
      nativeStore32(into, at + length, segment.sackStarts[i]!);
      nativeStore32(into, at + length + 4, segment.sackEnds[i]!);
      length += SACK_BLOCK_LENGTH;
    }
  }
  // Two fields a word: five stores for the whole header. The last are the checksum, to be filled in, and the urgent
  // pointer.
  nativeStore32(into, at + SOURCE_PORT, segment.sourcePort * 0x10000 + segment.destinationPort);
  nativeStore32(into, at + SEQUENCE, segment.seq);
  nativeStore32(into, at + ACKNOWLEDGMENT, segment.ack);
  nativeStore32(into, at + DATA_OFFSET, length * 0x4000000 + segment.flags * 0x10000 + segment.window);
  nativeStore32(into, at + CHECKSUM, 0);
  return length;
}
