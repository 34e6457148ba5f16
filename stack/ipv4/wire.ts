/// <reference path="../base/native.d.ts" />
// The IPv4 header (RFC 791 3.1). Options are skipped, never written.

import type { Ipv4 } from "../base/address.ts";
import { fold } from "../base/checksum.ts";
import { sumBytes } from "../base/native.ts";

/** Without options. */
export const HEADER_LENGTH = 20;
/** With as many options as its length field can tell. */
export const LARGEST_HEADER = 60;
export const DEFAULT_TIME_TO_LIVE = 64;
/** The largest datagram that 16 bits of length can tell. */
export const LARGEST_DATAGRAM = 65_535;

// Errors of decode.
export const IPV4_TRUNCATED = 1;
export const IPV4_VERSION = 2;
/** Header length below 20 or beyond the datagram. */
export const IPV4_HEADER_LENGTH = 3;
/** Total length below the header's or beyond what arrived. */
export const IPV4_TOTAL_LENGTH = 4;
export const IPV4_CHECKSUM = 5;
/** A source that no host may send from, or a loopback destination (RFC 1122 3.2.1.3). */
export const IPV4_MARTIAN = 6;
/** A fragment that would reach beyond 65,535 bytes, or is not the last and no multiple of 8 long (RFC 791 3.2). */
export const IPV4_FRAGMENT = 7;

export class Ipv4Header {
  source = 0 as Ipv4;
  destination = 0 as Ipv4;
  protocol = 0;
  timeToLive = 0;
  /** The ECN codepoint (RFC 3168 5); of the six bits before it (RFC 2474) nothing is made. */
  ecn = 0;
  identification = 0;
  /** The 16-bit word of flags and fragment offset: DONT_FRAGMENT, MORE_FRAGMENTS, offset / 8. */
  flags = 0;
  headerLength = 0;
  /** Header and payload; what arrived beyond it is padding. */
  totalLength = 0;
  /** Offset in the same array of the payload, and its length. */
  payloadOffset = 0;
  payloadLength = 0;

  /** True when this is a piece of a datagram. */
  isFragment(): boolean {
    return this.flags !== DONT_FRAGMENT && (this.flags & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) !== 0;
  }

  get moreFragments(): boolean {
    return (this.flags & MORE_FRAGMENTS) !== 0;
  }

  /** In bytes. */
  get fragmentOffset(): number {
    return (this.flags & FRAGMENT_OFFSET) * 8;
  }
}

/** Reads the header at `offset` of at most `length` bytes. Returns 0 or an error. */
export function decode(bytes: Uint8Array, offset: number, length: number, header: Ipv4Header): number {
  if (length < HEADER_LENGTH) return IPV4_TRUNCATED;
  const first = nativeLoad32(bytes, offset);
  if (first >>> 28 !== 4) return IPV4_VERSION;
  const headerLength = ((first >>> 24) & 15) * 4;
  if (headerLength < HEADER_LENGTH || headerLength > length) return IPV4_HEADER_LENGTH;
  const totalLength = first & 0xffff;
  if (totalLength < headerLength || totalLength > length) return IPV4_TOTAL_LENGTH;
  const second = nativeLoad32(bytes, offset + 4);
  const third = nativeLoad32(bytes, offset + 8);
  const source = nativeLoad32(bytes, offset + 12) as Ipv4;
  const destination = nativeLoad32(bytes, offset + 16) as Ipv4;
  // RFC 1071: a header with its checksum sums to all ones. (The first word is not 0, so the sum is not.)
  const sum = first + second + third + source + destination;
  if (fold(headerLength === HEADER_LENGTH ? sum : sum + optionsSum(bytes, offset, headerLength)) !== 0xffff)
    return IPV4_CHECKSUM;
  if (!mayBeSource(source) || destination >>> 24 === 127) return IPV4_MARTIAN;
  const flags = second & 0xffff;
  const payloadLength = totalLength - headerLength;
  header.ecn = (first >>> 16) & 3;
  header.flags = flags;
  if (flags !== DONT_FRAGMENT && flags !== 0) {
    if (header.fragmentOffset + payloadLength > LARGEST_DATAGRAM - HEADER_LENGTH) return IPV4_FRAGMENT;
    if (header.moreFragments && (payloadLength === 0 || (payloadLength & 7) !== 0)) return IPV4_FRAGMENT;
  }
  header.source = source;
  header.destination = destination;
  header.protocol = (third >>> 16) & 255;
  header.timeToLive = third >>> 24;
  header.identification = second >>> 16;
  header.headerLength = headerLength;
  header.totalLength = totalLength;
  header.payloadOffset = offset + headerLength;
  header.payloadLength = payloadLength;
  return 0;
}

/** Writes HEADER_LENGTH bytes at `offset`, checksum included; of the header's lengths it takes `totalLength`. */
export function encode(bytes: Uint8Array, offset: number, header: Ipv4Header): void {
  const { source, destination, totalLength, ecn, identification, flags } = header;
  // Fields are put together by arithmetic: compiled, each operation on bits goes from a double to an integer and back.
  const lifeAndProtocol = header.timeToLive * 0x100 + header.protocol;
  // The fields are at hand: adding them is cheaper than reading the bytes back.
  const sum = fold(0x4500 + ecn + totalLength + identification + flags + lifeAndProtocol + source + destination);
  nativeStore32(bytes, offset, 0x45000000 + ecn * 0x10000 + totalLength);
  nativeStore32(bytes, offset + 4, identification * 0x10000 + flags);
  nativeStore32(bytes, offset + 8, lifeAndProtocol * 0x10000 + (0xffff - sum));
  nativeStore32(bytes, offset + 12, source);
  nativeStore32(bytes, offset + 16, destination);
}

/** Gives the header at `offset` another total length (RFC 1624, equation 3, for the checksum). */
export function changeTotalLength(bytes: Uint8Array, offset: number, totalLength: number): void {
  const before = nativeLoad16(bytes, offset + 2);
  if (totalLength === before) return;
  const sum = fold(0xffff - nativeLoad16(bytes, offset + 10) + (0xffff - before) + totalLength);
  nativeStore16(bytes, offset + 2, totalLength);
  nativeStore16(bytes, offset + 10, 0xffff - sum);
}

/** Makes the header at `offset`, that of a fragment, one of a whole datagram of `totalLength` bytes with this codepoint. */
export function makeWhole(
  bytes: Uint8Array,
  offset: number,
  headerLength: number,
  totalLength: number,
  ecn: number,
): void {
  bytes[offset + 1] = (bytes[offset + 1]! & 0xfc) | ecn;
  nativeStore16(bytes, offset + 2, totalLength);
  nativeStore16(bytes, offset + 6, 0);
  nativeStore16(bytes, offset + 10, 0);
  nativeStore16(bytes, offset + 10, 0xffff - sumBytes(bytes, offset, headerLength, 0));
}

export const DONT_FRAGMENT = 0x4000;
export const MORE_FRAGMENTS = 0x2000;
/** Of the word of flags: the offset, in units of eight bytes. */
export const FRAGMENT_OFFSET = 0x1fff;

function optionsSum(bytes: Uint8Array, offset: number, headerLength: number): number {
  return sumBytes(bytes, offset + HEADER_LENGTH, headerLength - HEADER_LENGTH, 0);
}

/** False for 0/8, 127/8, multicast and above: none of them is a host that could be answered. */
function mayBeSource(address: Ipv4): boolean {
  return address >= 0x01000000 && address < 0xe0000000 && address >>> 24 !== 127;
}
