// ICMP messages (RFC 792, RFC 1191 4, RFC 1122 3.2.2): echo, and the errors that transports learn from.

import type { Ipv4 } from "../base/address.ts";
import { readU16, readU32, writeU16, writeU32 } from "../base/bytes.ts";
import { sumBytes } from "../base/native.ts";

export const HEADER_LENGTH = 8;

export const TYPE_ECHO_REPLY = 0;
export const TYPE_DESTINATION_UNREACHABLE = 3;
export const TYPE_ECHO = 8;
export const TYPE_TIME_EXCEEDED = 11;
export const TYPE_PARAMETER_PROBLEM = 12;

export const CODE_PROTOCOL_UNREACHABLE = 2;
export const CODE_PORT_UNREACHABLE = 3;
export const CODE_FRAGMENTATION_NEEDED = 4;

// What a message means, coarser than type and code.
export const KIND_OTHER = 0;
export const KIND_ECHO = 1;
export const KIND_ECHO_REPLY = 2;
/** Network or host cannot be reached now: soft (RFC 1122 4.2.3.9), TCP goes on and remembers. */
export const KIND_UNREACHABLE = 3;
export const KIND_PROTOCOL_UNREACHABLE = 4;
export const KIND_PORT_UNREACHABLE = 5;
/** `mtu` is that of the next hop, or 0 from a router before RFC 1191. */
export const KIND_TOO_BIG = 6;
export const KIND_TIME_EXCEEDED = 7;
export const KIND_PARAMETER_PROBLEM = 8;

// Errors of decode.
export const ICMP_TRUNCATED = 1;
export const ICMP_CHECKSUM = 2;
/** An error message whose quotation is no IPv4 header with 8 bytes of a first fragment behind it. */
export const ICMP_QUOTATION = 3;

export class IcmpMessage {
  kind = KIND_OTHER;
  type = 0;
  code = 0;
  checksum = 0;
  /** The four bytes behind the checksum: identifier and sequence number of an echo. */
  rest = 0;
  mtu = 0;

  // Of an error: the packet of ours that it quotes. Anyone can send such a message: check it against a connection, TCP
  // also by `sequence` (RFC 5927 4.1).
  protocol = 0;
  source = 0 as Ipv4;
  destination = 0 as Ipv4;
  sourcePort = 0;
  destinationPort = 0;
  /** Bytes 4 to 7 of the quoted transport header: TCP's sequence number. */
  sequence = 0;
}

/** Reads the message at `offset`, `length` bytes, checksum verified. Returns 0 or an error. */
export function decode(bytes: Uint8Array, offset: number, length: number, message: IcmpMessage): number {
  if (length < HEADER_LENGTH) return ICMP_TRUNCATED;
  if (sumBytes(bytes, offset, length, 0) !== 0xffff) return ICMP_CHECKSUM;
  const type = bytes[offset]!;
  const code = bytes[offset + 1]!;
  message.type = type;
  message.code = code;
  message.checksum = readU16(bytes, offset + 2);
  message.rest = readU32(bytes, offset + 4);
  message.kind = kindOf(type, code);
  message.mtu = message.kind === KIND_TOO_BIG ? message.rest & 0xffff : 0;
  if (message.kind < KIND_UNREACHABLE) return 0;
  return decodeQuotation(bytes, offset + HEADER_LENGTH, length - HEADER_LENGTH, message);
}

/** Writes a header of HEADER_LENGTH bytes at `offset`, its checksum over `length` bytes from there. */
export function encode(
  bytes: Uint8Array,
  offset: number,
  type: number,
  code: number,
  rest: number,
  length: number,
): void {
  writeU16(bytes, offset, (type << 8) | code);
  writeU16(bytes, offset + 2, 0);
  writeU32(bytes, offset + 4, rest);
  writeU16(bytes, offset + 2, 0xffff ^ sumBytes(bytes, offset, length, 0));
}

function kindOf(type: number, code: number): number {
  switch (type) {
    case TYPE_ECHO_REPLY:
      return KIND_ECHO_REPLY;
    case TYPE_ECHO:
      return KIND_ECHO;
    case TYPE_DESTINATION_UNREACHABLE:
      if (code === CODE_PROTOCOL_UNREACHABLE) return KIND_PROTOCOL_UNREACHABLE;
      if (code === CODE_PORT_UNREACHABLE) return KIND_PORT_UNREACHABLE;
      return code === CODE_FRAGMENTATION_NEEDED ? KIND_TOO_BIG : KIND_UNREACHABLE;
    case TYPE_TIME_EXCEEDED:
      return KIND_TIME_EXCEEDED;
    case TYPE_PARAMETER_PROBLEM:
      return KIND_PARAMETER_PROBLEM;
    default:
      // Source quench, too: deprecated by RFC 6633.
      return KIND_OTHER;
  }
}

/** RFC 792: the header of the packet that caused it and 8 bytes of its data. Its own checksum may have changed. */
function decodeQuotation(bytes: Uint8Array, offset: number, length: number, message: IcmpMessage): number {
  if (length < 28 || bytes[offset]! >> 4 !== 4) return ICMP_QUOTATION;
  const headerLength = (bytes[offset]! & 15) * 4;
  if (headerLength < 20 || length < headerLength + 8) return ICMP_QUOTATION;
  if ((readU16(bytes, offset + 6) & 0x1fff) !== 0) return ICMP_QUOTATION;
  message.protocol = bytes[offset + 9]!;
  message.source = readU32(bytes, offset + 12) as Ipv4;
  message.destination = readU32(bytes, offset + 16) as Ipv4;
  message.sourcePort = readU16(bytes, offset + headerLength);
  message.destinationPort = readU16(bytes, offset + headerLength + 2);
  message.sequence = readU32(bytes, offset + headerLength + 4);
  return 0;
}
