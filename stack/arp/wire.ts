// ARP for IPv4 over Ethernet (RFC 826).

import type { Ipv4, Mac } from "../base/address.ts";
import { readU16, readU32, readU48, writeU16, writeU32, writeU48 } from "../base/bytes.ts";

export const PACKET_LENGTH = 28;

export const OPERATION_REQUEST = 1;
export const OPERATION_REPLY = 2;

// Errors of decode.
export const ARP_TRUNCATED = 1;
/** Not IPv4 over Ethernet. */
export const ARP_OTHER_PROTOCOL = 2;
/** Neither request nor reply. */
export const ARP_OPERATION = 3;

export class ArpPacket {
  operation = 0;
  senderMac = 0 as Mac;
  senderAddress = 0 as Ipv4;
  targetMac = 0 as Mac;
  targetAddress = 0 as Ipv4;
}

/** Reads the packet at `offset`; what follows it within `length` is padding. Returns 0 or an error. */
export function decode(bytes: Uint8Array, offset: number, length: number, packet: ArpPacket): number {
  if (length < PACKET_LENGTH) return ARP_TRUNCATED;
  // ar$hrd Ethernet, ar$pro IPv4, ar$hln 6, ar$pln 4.
  if (readU32(bytes, offset) !== 0x00010800 || readU16(bytes, offset + 4) !== 0x0604) return ARP_OTHER_PROTOCOL;
  const operation = readU16(bytes, offset + 6);
  if (operation !== OPERATION_REQUEST && operation !== OPERATION_REPLY) return ARP_OPERATION;
  packet.operation = operation;
  packet.senderMac = readU48(bytes, offset + 8) as Mac;
  packet.senderAddress = readU32(bytes, offset + 14) as Ipv4;
  packet.targetMac = readU48(bytes, offset + 18) as Mac;
  packet.targetAddress = readU32(bytes, offset + 24) as Ipv4;
  return 0;
}

/** Writes PACKET_LENGTH bytes at `offset`. */
export function encode(bytes: Uint8Array, offset: number, packet: ArpPacket): void {
  writeU32(bytes, offset, 0x00010800);
  writeU16(bytes, offset + 4, 0x0604);
  writeU16(bytes, offset + 6, packet.operation);
  writeU48(bytes, offset + 8, packet.senderMac);
  writeU32(bytes, offset + 14, packet.senderAddress);
  writeU48(bytes, offset + 18, packet.targetMac);
  writeU32(bytes, offset + 24, packet.targetAddress);
}
