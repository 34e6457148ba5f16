// DHCPv6 for people, as tcpdump writes it: type and transaction (RFC 8415 7.3, 8).

import { readU16 } from "../base/bytes.ts";
import { hexNumber } from "../base/text.ts";

export function printDhcpv6(bytes: Uint8Array, offset: number, end: number, length: number): string {
  if (offset + 4 > end) return "dhcp6 [|dhcp6]";
  const type = bytes[offset]!;
  const name = type > 0 && type < TYPES6.length ? TYPES6[type]! : `type ${type}`;
  // Message type and transaction, in one word.
  const transaction = (bytes[offset + 1]! << 16) | readU16(bytes, offset + 2);
  return `dhcp6 ${name}, xid 0x${hexNumber(transaction)}, length ${length}`;
}

const TYPES6: readonly string[] = [
  "",
  "solicit",
  "advertise",
  "request",
  "confirm",
  "renew",
  "rebind",
  "reply",
  "release",
  "decline",
  "reconfigure",
  "inf-req",
];
