// The packet of ours that an ICMP error quotes (RFC 792: its header and the first 8 bytes behind it).

import type { Ipv4 } from "../base/address.ts";
import { readU16, readU32 } from "../base/bytes.ts";
import type { PathTable } from "../base/path.ts";
import type { Quotation } from "../base/quotation.ts";
import { HEADER_LENGTH } from "./wire.ts";

/** What is quoted of the payload (RFC 792). */
export const QUOTED_PAYLOAD = 8;

/**
 * Reads the quotation at `offset`. Its own checksum may have changed on the way. False: no IPv4 header with 8 bytes of a
 * first fragment behind it. The path is NO_PATH when we speak to no such peer: nothing is entered in the table.
 */
export function decodeQuotation(
  bytes: Uint8Array,
  offset: number,
  length: number,
  paths: PathTable,
  quotation: Quotation,
): boolean {
  if (length < HEADER_LENGTH + QUOTED_PAYLOAD || bytes[offset]! >> 4 !== 4) return false;
  const headerLength = (bytes[offset]! & 15) * 4;
  if (headerLength < HEADER_LENGTH || length < headerLength + QUOTED_PAYLOAD) return false;
  if ((readU16(bytes, offset + 6) & 0x1fff) !== 0) return false;
  quotation.length = readU16(bytes, offset + 2);
  quotation.protocol = bytes[offset + 9]!;
  quotation.path = paths.find4(readU32(bytes, offset + 12) as Ipv4, readU32(bytes, offset + 16) as Ipv4);
  quotation.localPort = readU16(bytes, offset + headerLength);
  quotation.remotePort = readU16(bytes, offset + headerLength + 2);
  quotation.sequence = readU32(bytes, offset + headerLength + 4);
  return true;
}
