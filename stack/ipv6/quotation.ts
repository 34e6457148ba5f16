// The packet of ours that an ICMPv6 error quotes (RFC 4443 3: as much of it as fits).

import { readU16, readU32 } from "../base/bytes.ts";
import type { PathTable } from "../base/path.ts";
import type { Quotation } from "../base/quotation.ts";
import { DESTINATION, FRAGMENT, FRAGMENT_HEADER, HEADER_LENGTH, NEXT_HEADER, PAYLOAD_LENGTH, SOURCE } from "./wire.ts";

/** What must be there of the transport header. */
export const QUOTED_PAYLOAD = 8;

/**
 * Reads the quotation at `offset`. We write no extension header but that of a fragment, so no other is ours. False: no
 * IPv6 header with 8 bytes of a first fragment behind it. The path is NO_PATH when we speak to no such peer: nothing is
 * entered in the table.
 */
export function decodeQuotation(
  bytes: Uint8Array,
  offset: number,
  length: number,
  paths: PathTable,
  quotation: Quotation,
): boolean {
  if (length < HEADER_LENGTH + QUOTED_PAYLOAD || bytes[offset]! >>> 4 !== 6) return false;
  let protocol = bytes[offset + NEXT_HEADER]!;
  let at = offset + HEADER_LENGTH;
  if (protocol === FRAGMENT) {
    if (length < HEADER_LENGTH + FRAGMENT_HEADER + QUOTED_PAYLOAD || (readU16(bytes, at + 2) & 0xfff8) !== 0)
      return false;
    protocol = bytes[at]!;
    at += FRAGMENT_HEADER;
  }
  quotation.length = HEADER_LENGTH + readU16(bytes, offset + PAYLOAD_LENGTH);
  quotation.protocol = protocol;
  quotation.path = paths.find6(bytes, offset + SOURCE, bytes, offset + DESTINATION);
  quotation.localPort = readU16(bytes, at);
  quotation.remotePort = readU16(bytes, at + 2);
  quotation.sequence = readU32(bytes, at + 4);
  return true;
}
