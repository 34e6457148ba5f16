// IPv4 for tests, by field: pseudo-header and header.

import type { Ipv4 } from "../../stack/base/address.ts";
import { fold } from "../../stack/base/checksum.ts";
import { Packet } from "../../stack/base/packet.ts";
import type { Path } from "../../stack/base/path.ts";
import { encode, Ipv4Header } from "../../stack/ipv4/wire.ts";

/** Folded sum of the IPv4 pseudo-header (RFC 9293 3.1, RFC 768); `length` is that of header and payload. */
export function pseudoHeaderSum(source: Ipv4, destination: Ipv4, protocol: number, length: number): number {
  return fold(source + destination + protocol + length);
}

/** What a test wants in a header; the rest is as a host would write it. */
export interface Ipv4Fields {
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly protocol: number;
  readonly totalLength: number;
  readonly identification?: number;
  readonly flags?: number;
  readonly timeToLive?: number;
}

export function encodeIpv4(bytes: Uint8Array, offset: number, fields: Ipv4Fields): void {
  const header = new Ipv4Header();
  header.source = fields.source;
  header.destination = fields.destination;
  header.protocol = fields.protocol;
  header.totalLength = fields.totalLength;
  header.identification = fields.identification ?? 0;
  header.flags = fields.flags ?? 0;
  header.timeToLive = fields.timeToLive ?? 64;
  encode(bytes, offset, header);
}

/** A packet to our own address whose payload is all of `bytes`, or what lies behind a header of `headerLength`. */
export function packetOf(path: Path, protocol: number, bytes: Uint8Array, headerLength = 0): Packet {
  const packet = new Packet();
  packet.path = path;
  packet.protocol = protocol;
  packet.bytes = bytes;
  packet.offset = headerLength;
  packet.length = bytes.length - headerLength;
  packet.headerLength = headerLength;
  packet.unicast = true;
  return packet;
}
