// Ethernet for people, as tcpdump writes it.

import { formatMac, type Mac } from "../base/address.ts";
import { readU16, readU48 } from "../base/bytes.ts";
import { hexNumber } from "../base/text.ts";
import { HEADER_LENGTH } from "./wire.ts";

/** A frame of which nothing but the Ethernet header is known; `etherType` is the one behind its tags. */
export function printEthernet(bytes: Uint8Array, offset: number, end: number, etherType: number): string {
  if (offset + HEADER_LENGTH > end) return "[|ether]";
  const source = formatMac(readU48(bytes, offset + 6) as Mac);
  const destination = formatMac(readU48(bytes, offset) as Mac);
  // IEEE 802.3 3.2.6: below 0x0600 it is a length.
  const what = etherType < 0x0600 ? "802.3" : `ethertype 0x${hexNumber(etherType)}`;
  return `${source} > ${destination}, ${what}`;
}

/** A tag of IEEE 802.1Q 9.6, behind the type that announces it. */
export function printTag(bytes: Uint8Array, offset: number): string {
  const control = readU16(bytes, offset);
  return `vlan ${control & 0x0fff}, p ${control >>> 13}`;
}
