/// <reference path="../base/native.d.ts" />
// The IPv6 header and those that extend it (RFC 8200 3, 4). Extension headers are read and skipped, never written but for
// fragments. A chain has a bound in number and in bytes (RFC 8504 5.3): nobody needs more, and each costs time.

import { isLoopback6, isMapped, isMulticast, isUnspecified } from "../base/address6.ts";
import { PROTOCOL_TCP } from "../base/ip-sink.ts";

export const HEADER_LENGTH = 40;
export const FRAGMENT_HEADER = 8;
/** Extension headers of one packet, and the bytes of all of them. */
export const EXTENSION_LIMIT = 8;
export const EXTENSION_BYTES = 512;
/** RFC 8200 5: what every link carries. */
export const LEAST_MTU = 1280;
/** What one step of the ECN codepoint is in the first word: behind it are 20 bits of flow label. */
export const ECN_UNIT = 0x100000;
export const DEFAULT_HOP_LIMIT = 64;

// Where fields lie.
export const PAYLOAD_LENGTH = 4;
export const NEXT_HEADER = 6;
export const SOURCE = 8;
export const DESTINATION = 24;

// Next header values (RFC 8200 4).
export const HOP_BY_HOP = 0;
export const ROUTING = 43;
export const FRAGMENT = 44;
export const NO_NEXT_HEADER = 59;
export const DESTINATION_OPTIONS = 60;

// Errors of decode.
export const IPV6_TRUNCATED = 1;
export const IPV6_VERSION = 2;
/** The payload length is beyond what arrived, or none: a jumbogram (RFC 2675), which no link of ours carries. */
export const IPV6_LENGTH = 3;
/** A source or destination that is on no wire: RFC 4291 2.5.2, 2.5.3, 2.5.5.2, 2.7. */
export const IPV6_MARTIAN = 4;
/** An extension header reaches beyond the packet. */
export const IPV6_EXTENSION = 5;
/** More extension headers than are read. */
export const IPV6_CHAIN = 6;
/** A fragment that is not the last and no multiple of 8 long, or reaches beyond 65,535 bytes (RFC 8200 4.5). */
export const IPV6_FRAGMENT = 7;
/** An option that wants the packet to be dropped when it is not known; or there is nothing behind the header (59). */
export const IPV6_DROPPED = 8;
/** The sender is to be told: `problemCode` at `problemPointer` (RFC 4443 3.4). */
export const IPV6_PROBLEM = 9;

// Codes of a parameter problem (RFC 4443 3.4, RFC 7112).
export const PROBLEM_FIELD = 0;
export const PROBLEM_NEXT_HEADER = 1;
export const PROBLEM_OPTION = 2;
export const PROBLEM_FIRST_FRAGMENT = 3;

export class Ipv6Header {
  /** Where the header begins; addresses lie at SOURCE and DESTINATION from there. */
  offset = 0;
  /** It has no source: whoever sent it has no address yet. */
  sourceless = false;
  /** What lies behind the last extension header. */
  protocol = 0;
  hopLimit = 0;
  /** The ECN codepoint (RFC 3168 5); of the rest of the traffic class nothing is made. */
  ecn = 0;
  /** The header and those that extend it, up to `payloadOffset`. */
  headerLength = 0;
  /** Offset in the same array of the payload, and its length. */
  payloadOffset = 0;
  payloadLength = 0;
  /** True when a fragment header is there, be it of a whole packet (RFC 6946). */
  fragmented = false;
  /** In bytes; and whether more follow. */
  fragmentOffset = 0;
  moreFragments = false;
  identification = 0;
  /** Of the headers before the fragment header: their length, and where the field lies that names it. */
  unfragmentable = 0;
  fragmentNamedAt = 0;
  /** Where the field lies that names `protocol`. */
  namedAt = 0;
  /** IPV6_PROBLEM: the code, and the byte of the packet that it is about. */
  problemCode = 0;
  problemPointer = 0;
  /** IPV6_PROBLEM: also to be told when it was sent to a group (RFC 4443 2.4 e.3). */
  problemOfGroup = false;

  /** True when this is a piece of a packet. */
  isFragment(): boolean {
    return this.fragmented && (this.fragmentOffset > 0 || this.moreFragments);
  }
}

/** Reads the header at `offset` of at most `length` bytes, and those that extend it. Returns 0 or an error. */
export function decode(bytes: Uint8Array, offset: number, length: number, header: Ipv6Header): number {
  if (length < HEADER_LENGTH) return IPV6_TRUNCATED;
  const first = nativeLoad16(bytes, offset);
  if (first >>> 12 !== 6) return IPV6_VERSION;
  const second = nativeLoad32(bytes, offset + PAYLOAD_LENGTH);
  const payloadLength = second >>> 16;
  if (payloadLength === 0 || payloadLength > length - HEADER_LENGTH) return IPV6_LENGTH;
  if (isMartian(bytes, offset)) return IPV6_MARTIAN;
  const protocol = (second >>> 8) & 255;
  header.offset = offset;
  header.sourceless = nativeLoad32(bytes, offset + SOURCE) === 0 && isUnspecified(bytes, offset + SOURCE);
  header.protocol = protocol;
  header.hopLimit = second & 255;
  header.ecn = (first >>> 4) & 3;
  header.headerLength = HEADER_LENGTH;
  header.payloadOffset = offset + HEADER_LENGTH;
  header.payloadLength = payloadLength;
  header.fragmented = false;
  header.fragmentOffset = 0;
  header.moreFragments = false;
  header.namedAt = offset + NEXT_HEADER;
  return protocol === PROTOCOL_TCP ? 0 : decodeExtensions(bytes, header);
}

/** Goes on from the fixed header to what lies behind all that extends it. */
function decodeExtensions(bytes: Uint8Array, header: Ipv6Header): number {
  for (let count = 0; ; count++) {
    const next = header.protocol;
    if (next === NO_NEXT_HEADER) return IPV6_DROPPED;
    if (next !== HOP_BY_HOP && next !== ROUTING && next !== FRAGMENT && next !== DESTINATION_OPTIONS) return 0;
    // RFC 8200 4.3: hop-by-hop options come right behind the header or not at all.
    if (next === HOP_BY_HOP && count > 0) return problem(header, PROBLEM_NEXT_HEADER, header.namedAt);
    if (count === EXTENSION_LIMIT) return IPV6_CHAIN;
    const at = header.payloadOffset;
    if (header.payloadLength < 8) return IPV6_EXTENSION;
    const length = next === FRAGMENT ? FRAGMENT_HEADER : (bytes[at + 1]! + 1) * 8;
    if (length > header.payloadLength) return IPV6_EXTENSION;
    if (header.headerLength + length > HEADER_LENGTH + EXTENSION_BYTES) return IPV6_CHAIN;
    let error = 0;
    if (next === FRAGMENT) error = decodeFragment(bytes, at, header);
    else if (next === ROUTING) error = decodeRouting(bytes, at, header);
    else error = decodeOptions(bytes, at, length, header);
    if (error !== 0) return error;
    header.namedAt = at;
    header.protocol = bytes[at]!;
    header.headerLength += length;
    header.payloadOffset += length;
    header.payloadLength -= length;
    // What follows in a fragment that is not the first is no header.
    if (header.fragmentOffset > 0) return 0;
  }
}

function decodeFragment(bytes: Uint8Array, at: number, header: Ipv6Header): number {
  // A packet is cut once.
  if (header.fragmented) return IPV6_FRAGMENT;
  const word = nativeLoad16(bytes, at + 2);
  const offset = word & 0xfff8;
  const more = (word & 1) !== 0;
  const piece = header.payloadLength - FRAGMENT_HEADER;
  // RFC 8200 4.5: the pointer is to the payload length, and to the fragment offset.
  if (more && (piece & 7) !== 0) return problem(header, PROBLEM_FIELD, header.offset + PAYLOAD_LENGTH);
  if (offset + piece > 0xffff) return problem(header, PROBLEM_FIELD, at + 2);
  if ((offset > 0 || more) && piece === 0) return IPV6_FRAGMENT;
  header.fragmented = true;
  header.fragmentOffset = offset;
  header.moreFragments = more;
  header.identification = nativeLoad32(bytes, at + 4);
  header.unfragmentable = header.headerLength;
  header.fragmentNamedAt = header.namedAt;
  return 0;
}

/** RFC 8200 4.4, RFC 5095: one that has been followed to its end is skipped, and no other is followed. */
function decodeRouting(bytes: Uint8Array, at: number, header: Ipv6Header): number {
  return bytes[at + 3]! === 0 ? 0 : problem(header, PROBLEM_FIELD, at + 2);
}

/** RFC 8200 4.2: options that we do not know say themselves what is to be done. We know padding, and the router alert. */
function decodeOptions(bytes: Uint8Array, at: number, length: number, header: Ipv6Header): number {
  const end = at + length;
  let option = at + 2;
  while (option < end) {
    const type = bytes[option]!;
    if (type === 0) {
      option++;
      continue;
    }
    if (option + 2 > end) return IPV6_EXTENSION;
    const next = option + 2 + bytes[option + 1]!;
    if (next > end) return IPV6_EXTENSION;
    switch (type >>> 6) {
      case 0:
        break;
      case 1:
        return IPV6_DROPPED;
      default:
        problem(header, PROBLEM_OPTION, option);
        header.problemOfGroup = type >>> 6 === 2;
        return IPV6_PROBLEM;
    }
    option = next;
  }
  return 0;
}

function problem(header: Ipv6Header, code: number, at: number): number {
  header.problemCode = code;
  header.problemPointer = at - header.offset;
  header.problemOfGroup = false;
  return IPV6_PROBLEM;
}

/** Addresses that no packet on a wire has. (The unspecified one as source is for who asks whether an address is free.) */
function isMartian(bytes: Uint8Array, offset: number): boolean {
  const source = offset + SOURCE;
  const destination = offset + DESTINATION;
  if (isMulticast(bytes, source)) return true;
  if (nativeLoad32(bytes, source) === 0 && (isLoopback6(bytes, source) || isMapped(bytes, source))) return true;
  if (nativeLoad32(bytes, destination) !== 0) return false;
  return isLoopback6(bytes, destination) || isMapped(bytes, destination) || isUnspecified(bytes, destination);
}

/** Gives the header at `offset` another ECN codepoint. */
export function setEcn(bytes: Uint8Array, offset: number, ecn: number): void {
  bytes[offset + 1] = (bytes[offset + 1]! & 0xcf) | (ecn << 4);
}

/**
 * Writes the first eight bytes at `offset`; both addresses follow. `classAndFlow`: the traffic class, of which we set the
 * ECN codepoint (times ECN_UNIT), and 20 bits of flow label (RFC 6437).
 */
export function encodeStart(
  bytes: Uint8Array,
  offset: number,
  classAndFlow: number,
  payloadLength: number,
  nextHeader: number,
  hopLimit: number,
): void {
  nativeStore32(bytes, offset, 0x60000000 + classAndFlow);
  nativeStore32(bytes, offset + PAYLOAD_LENGTH, payloadLength * 0x10000 + nextHeader * 0x100 + hopLimit);
}

/** Writes a fragment header (RFC 8200 4.5) of FRAGMENT_HEADER bytes; `from` is a multiple of 8. */
export function encodeFragment(
  bytes: Uint8Array,
  offset: number,
  nextHeader: number,
  from: number,
  more: boolean,
  identification: number,
): void {
  nativeStore32(bytes, offset, nextHeader * 0x1000000 + from + (more ? 1 : 0));
  nativeStore32(bytes, offset + 4, identification);
}
