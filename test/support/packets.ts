// Frames as a neighbour would put them on the wire: datagrams in Ethernet frames, whole or in fragments.

import { ArpPacket, encode as encodeArp, PACKET_LENGTH } from "../../stack/arp/wire.ts";
import type { Ipv4, Mac } from "../../stack/base/address.ts";
import { writeU16, writeU32 } from "../../stack/base/bytes.ts";
import { fold } from "../../stack/base/checksum.ts";
import { copyBytes, sumBytes } from "../../stack/base/native.ts";
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, encode as encodeEthernet } from "../../stack/ethernet/wire.ts";
import { pseudoHeaderSum } from "./ipv4.ts";

const ETHERNET = 14;

/** Who sends to whom. */
export class Route {
  readonly sourceMac: Mac;
  readonly destinationMac: Mac;
  readonly source: Ipv4;
  readonly destination: Ipv4;

  constructor(sourceMac: number, destinationMac: number, source: number, destination: number) {
    this.sourceMac = sourceMac as Mac;
    this.destinationMac = destinationMac as Mac;
    this.source = source as Ipv4;
    this.destination = destination as Ipv4;
  }
}

/** The source says where it is, as a request for the destination or a reply to it. */
export function arpFrame(route: Route, operation: number): Uint8Array {
  const frame = new Uint8Array(ETHERNET + PACKET_LENGTH);
  encodeEthernet(frame, 0, route.destinationMac, route.sourceMac, ETHERTYPE_ARP);
  const packet = new ArpPacket();
  packet.operation = operation;
  packet.senderMac = route.sourceMac;
  packet.senderAddress = route.source;
  packet.targetMac = route.destinationMac;
  packet.targetAddress = route.destination;
  encodeArp(frame, ETHERNET, packet);
  return frame;
}

/** A frame with this datagram; `options`: a multiple of four bytes of IPv4 options. */
export function ipv4Frame(
  route: Route,
  protocol: number,
  identification: number,
  options: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  return fragmentFrame(route, protocol, identification, 0, options, payload, 0, payload.length);
}

/** The frames of the datagram when each carries `size` payload bytes, a multiple of 8; the last what is left. */
export function ipv4Fragments(
  route: Route,
  protocol: number,
  identification: number,
  options: Uint8Array,
  payload: Uint8Array,
  size: number,
): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const length = Math.min(size, payload.length - at);
    const flags = (at + length < payload.length ? 0x2000 : 0) + at / 8;
    frames.push(fragmentFrame(route, protocol, identification, flags, options, payload, at, length));
  }
  return frames;
}

function fragmentFrame(
  route: Route,
  protocol: number,
  identification: number,
  flags: number,
  options: Uint8Array,
  payload: Uint8Array,
  offset: number,
  length: number,
): Uint8Array {
  const headerLength = 20 + options.length;
  const frame = new Uint8Array(ETHERNET + headerLength + length);
  encodeEthernet(frame, 0, route.destinationMac, route.sourceMac, ETHERTYPE_IPV4);
  writeU16(frame, ETHERNET, 0x4000 + (headerLength / 4) * 0x100);
  writeU16(frame, ETHERNET + 2, headerLength + length);
  writeU16(frame, ETHERNET + 4, identification);
  writeU16(frame, ETHERNET + 6, flags);
  writeU16(frame, ETHERNET + 8, 64 * 0x100 + protocol);
  writeU32(frame, ETHERNET + 12, route.source);
  writeU32(frame, ETHERNET + 16, route.destination);
  copyBytes(frame, ETHERNET + 20, options, 0, options.length);
  writeU16(frame, ETHERNET + 10, 0xffff ^ sumBytes(frame, ETHERNET, headerLength, 0));
  copyBytes(frame, ETHERNET + headerLength, payload, offset, length);
  return frame;
}

/** A UDP datagram with its checksum. */
export function udpPayload(route: Route, sourcePort: number, destinationPort: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + data.length);
  writeU16(bytes, 0, sourcePort);
  writeU16(bytes, 2, destinationPort);
  writeU16(bytes, 4, bytes.length);
  copyBytes(bytes, 8, data, 0, data.length);
  writeU16(bytes, 6, transportChecksum(route, 17, bytes));
  return bytes;
}

/** An echo request with its checksum. */
export function echoPayload(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + data.length);
  bytes[0] = 8;
  writeU32(bytes, 4, 0x12340001);
  copyBytes(bytes, 8, data, 0, data.length);
  writeU16(bytes, 2, 0xffff ^ sumBytes(bytes, 0, bytes.length, 0));
  return bytes;
}

/** Of bytes whose checksum field is 0. */
export function transportChecksum(route: Route, protocol: number, bytes: Uint8Array): number {
  const pseudo = pseudoHeaderSum(route.source, route.destination, protocol, bytes.length);
  const sum = 0xffff ^ fold(sumBytes(bytes, 0, bytes.length, pseudo));
  return sum === 0 ? 0xffff : sum;
}
