// ICMPv6 messages (RFC 4443): echo, and the errors that transports learn from. Those of neighbour discovery are in ndp,
// those of multicast listeners in mld.

import { readU16, readU32, writeU16, writeU32 } from "../base/bytes.ts";
import { sumBytes } from "../base/native.ts";

export const HEADER_LENGTH = 8;

export const TYPE_UNREACHABLE = 1;
export const TYPE_TOO_BIG = 2;
export const TYPE_TIME_EXCEEDED = 3;
export const TYPE_PARAMETER_PROBLEM = 4;
export const TYPE_ECHO = 128;
export const TYPE_ECHO_REPLY = 129;
/** Those of multicast listener discovery and neighbour discovery, of both versions: 130 to 137, and 143. */
export const TYPE_MLD_QUERY = 130;
export const TYPE_ND_FIRST = 133;
export const TYPE_ND_LAST = 137;

export const CODE_PORT_UNREACHABLE = 4;

// What a message means, coarser than type and code.
export const KIND_OTHER = 0;
export const KIND_ECHO = 1;
/** Network, host, policy: soft (RFC 5927 5.2), TCP goes on and remembers. */
export const KIND_UNREACHABLE = 2;
export const KIND_PORT_UNREACHABLE = 3;
/** `mtu` is that of the next hop. */
export const KIND_TOO_BIG = 4;
/** An error that says nothing to a transport. */
export const KIND_OTHER_ERROR = 5;
export const KIND_MLD_QUERY = 6;
export const KIND_ND = 7;

// Errors of decode.
export const ICMPV6_TRUNCATED = 1;
export const ICMPV6_CHECKSUM = 2;
/** An error message whose quotation cannot be read (stack/ipv6/quotation.ts). */
export const ICMPV6_QUOTATION = 3;

export class Icmpv6Message {
  kind = KIND_OTHER;
  type = 0;
  code = 0;
  checksum = 0;
  mtu = 0;
}

/**
 * Reads the message at `offset`, `length` bytes, checksum verified; `pseudo` is the sum of the pseudo-header. Returns 0 or
 * an error. An error's quotation follows the header.
 */
export function decode(
  bytes: Uint8Array,
  offset: number,
  length: number,
  pseudo: number,
  message: Icmpv6Message,
): number {
  if (length < HEADER_LENGTH) return ICMPV6_TRUNCATED;
  if (sumBytes(bytes, offset, length, pseudo) !== 0xffff) return ICMPV6_CHECKSUM;
  message.type = bytes[offset]!;
  message.code = bytes[offset + 1]!;
  message.checksum = readU16(bytes, offset + 2);
  message.kind = kindOf(message.type, message.code);
  message.mtu = message.kind === KIND_TOO_BIG ? readU32(bytes, offset + 4) : 0;
  return 0;
}

/** What the header of a message says, with its checksum still to come. */
export function encode(bytes: Uint8Array, offset: number, type: number, code: number, rest: number): void {
  writeU16(bytes, offset, (type << 8) | code);
  writeU16(bytes, offset + 2, 0);
  writeU32(bytes, offset + 4, rest);
}

/** Completes the checksum over `length` bytes. */
export function writeChecksum(bytes: Uint8Array, offset: number, length: number, pseudo: number): void {
  writeU16(bytes, offset + 2, 0xffff ^ sumBytes(bytes, offset, length, pseudo));
}

function kindOf(type: number, code: number): number {
  switch (type) {
    case TYPE_UNREACHABLE:
      return code === CODE_PORT_UNREACHABLE ? KIND_PORT_UNREACHABLE : KIND_UNREACHABLE;
    case TYPE_TOO_BIG:
      return KIND_TOO_BIG;
    case TYPE_ECHO:
      return KIND_ECHO;
    case TYPE_MLD_QUERY:
      return KIND_MLD_QUERY;
    default:
      if (type >= TYPE_ND_FIRST && type <= TYPE_ND_LAST) return KIND_ND;
      // RFC 4443 2.1: errors have the high bit clear.
      return type < 128 ? KIND_OTHER_ERROR : KIND_OTHER;
  }
}
