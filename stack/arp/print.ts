// ARP for people, as tcpdump writes it.

import { formatIpv4, formatMac, type Mac } from "../base/address.ts";
import { readU16, readU32, readU48 } from "../base/bytes.ts";
import { OPERATION_REPLY, OPERATION_REQUEST, PACKET_LENGTH } from "./wire.ts";

export function printArp(bytes: Uint8Array, offset: number, end: number): string {
  if (offset + PACKET_LENGTH > end) return "ARP, [|arp]";
  const hardware = readU16(bytes, offset);
  const protocol = readU16(bytes, offset + 2);
  if (hardware !== 1 || protocol !== 0x0800 || readU16(bytes, offset + 4) !== 0x0604)
    return `ARP, hardware ${hardware}, protocol ${protocol}`;
  const operation = readU16(bytes, offset + 6);
  const sender = formatIpv4(readU32(bytes, offset + 14));
  const target = formatIpv4(readU32(bytes, offset + 24));
  const mac = formatMac(readU48(bytes, offset + 8) as Mac);
  switch (operation) {
    case OPERATION_REQUEST:
      // RFC 5227 2.1.1, 3: a probe comes from no address, an announcement asks for the sender's own.
      if (sender === target) return `ARP, Announcement ${sender} is-at ${mac}`;
      return sender === "0.0.0.0" ? `ARP, Probe who-has ${target}` : `ARP, Request who-has ${target} tell ${sender}`;
    case OPERATION_REPLY:
      return `ARP, Reply ${sender} is-at ${mac}`;
    default:
      return `ARP, operation ${operation}`;
  }
}
