// ICMP messages (RFC 792, RFC 1191 4, RFC 1122 3.2.2): echo, and the errors that transports learn from.

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
/** An error message whose quotation cannot be read (stack/ipv4/quotation.ts). */
export const ICMP_QUOTATION = 3;

export class IcmpMessage {
  kind = KIND_OTHER;
  type = 0;
  code = 0;
  checksum = 0;
  /** The four bytes behind the checksum: identifier and sequence number of an echo. */
  rest = 0;
  mtu = 0;
}

/** Reads the message at `offset`, `length` bytes, checksum verified. Returns 0 or an error. An error's quotation follows the header. */
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
  return 0;
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
