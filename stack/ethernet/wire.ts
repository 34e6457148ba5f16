/// <reference path="../base/native.d.ts" />
// Ethernet II frames (IEEE 802.3 clause 3.2.6, RFC 894). No frame check sequence: the card adds and removes it.

import type { Mac } from "../base/address.ts";

export const HEADER_LENGTH = 14;
export const VLAN_TAG_LENGTH = 4;

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_IPV6 = 0x86dd;
export const ETHERTYPE_VLAN = 0x8100;

// Errors of decode.
/** Shorter than its header. */
export const ETHERNET_TRUNCATED = 1;
/** Tagged for a VLAN: not for us (IEEE 802.1Q 9.6; only the null VLAN, a bare priority, is taken). */
export const ETHERNET_OTHER_VLAN = 2;
/** An IEEE 802.3 length instead of a type (802.3 3.2.6: below 0x0600). */
export const ETHERNET_NO_TYPE = 3;

export class EthernetHeader {
  destination = 0 as Mac;
  source = 0 as Mac;
  etherType = 0;
  /** Offset in the same array of what the frame carries. */
  payloadOffset = 0;
}

/** Reads the header of the frame that lies at `offset`, `length` bytes long. Returns 0 or an error. */
export function decode(bytes: Uint8Array, offset: number, length: number, header: EthernetHeader): number {
  if (length < HEADER_LENGTH) return ETHERNET_TRUNCATED;
  let etherType = nativeLoad16(bytes, offset + 12);
  let payloadOffset = offset + HEADER_LENGTH;
  if (etherType === ETHERTYPE_VLAN) {
    if (length < HEADER_LENGTH + VLAN_TAG_LENGTH) return ETHERNET_TRUNCATED;
    if ((nativeLoad16(bytes, offset + 14) & 0x0fff) !== 0) return ETHERNET_OTHER_VLAN;
    etherType = nativeLoad16(bytes, offset + 16);
    payloadOffset += VLAN_TAG_LENGTH;
  }
  if (etherType < 0x0600) return ETHERNET_NO_TYPE;
  header.destination = (nativeLoad16(bytes, offset) * 0x100000000 + nativeLoad32(bytes, offset + 2)) as Mac;
  header.source = (nativeLoad16(bytes, offset + 6) * 0x100000000 + nativeLoad32(bytes, offset + 8)) as Mac;
  header.etherType = etherType;
  header.payloadOffset = payloadOffset;
  return 0;
}

/** Writes HEADER_LENGTH bytes at `offset`. */
export function encode(bytes: Uint8Array, offset: number, destination: Mac, source: Mac, etherType: number): void {
  // A store takes its value modulo 2^16 or 2^32, and its integer part.
  nativeStore16(bytes, offset, destination / 0x100000000);
  nativeStore32(bytes, offset + 2, destination);
  nativeStore16(bytes, offset + 6, source / 0x100000000);
  nativeStore32(bytes, offset + 8, source);
  nativeStore16(bytes, offset + 12, etherType);
}

/** True for group addresses, broadcast among them: the first byte's lowest bit (802.3 3.2.3). */
export function isGroup(mac: Mac): boolean {
  return Math.floor(mac / 0x10000000000) % 2 === 1;
}
