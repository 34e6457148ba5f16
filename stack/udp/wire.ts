// UDP datagrams (RFC 768, RFC 1122 4.1).

import { readU16, writeU16 } from "../base/bytes.ts";
import { PROTOCOL_UDP } from "../base/ip-sink.ts";
import { sumBytes } from "../base/native.ts";
import type { Packet } from "../base/packet.ts";
import type { PathTable } from "../base/path.ts";

export const HEADER_LENGTH = 8;
export const CHECKSUM_OFFSET = 6;
/** What an IPv4 datagram without options leaves for the payload. */
export const LARGEST_PAYLOAD = 65_535 - 20 - HEADER_LENGTH;

// Errors of decode.
export const UDP_TRUNCATED = 1;
/** The length field is below 8 or beyond the packet. */
export const UDP_LENGTH = 2;
export const UDP_CHECKSUM = 3;
/** Port 0 cannot be answered (RFC 768: "none"). */
export const UDP_PORT = 4;

export class UdpHeader {
  sourcePort = 0;
  destinationPort = 0;
  payloadOffset = 0;
  payloadLength = 0;
}

/** Reads the packet's payload as a datagram. Returns 0 or an error. */
export function decode(packet: Packet, paths: PathTable, header: UdpHeader): number {
  const { bytes, offset, length } = packet;
  if (length < HEADER_LENGTH) return UDP_TRUNCATED;
  const declared = readU16(bytes, offset + 4);
  if (declared < HEADER_LENGTH || declared > length) return UDP_LENGTH;
  // A field of 0 says that the sender made no checksum, which only IPv4 allows (RFC 8200 8.1).
  const made = readU16(bytes, offset + CHECKSUM_OFFSET) !== 0;
  if (!made && paths.families[packet.path]! === 6) return UDP_CHECKSUM;
  if (!packet.checksumValid && made) {
    const pseudo = paths.pseudoHeader(packet.path, PROTOCOL_UDP, declared);
    if (sumBytes(bytes, offset, declared, pseudo) !== 0xffff) return UDP_CHECKSUM;
  }
  const sourcePort = readU16(bytes, offset);
  const destinationPort = readU16(bytes, offset + 2);
  if (sourcePort === 0 || destinationPort === 0) return UDP_PORT;
  header.sourcePort = sourcePort;
  header.destinationPort = destinationPort;
  header.payloadOffset = offset + HEADER_LENGTH;
  header.payloadLength = declared - HEADER_LENGTH;
  return 0;
}

/** Writes HEADER_LENGTH bytes at `offset`; `length` is that of header and payload, `checksum` goes in as it is. */
export function encode(
  bytes: Uint8Array,
  offset: number,
  sourcePort: number,
  destinationPort: number,
  length: number,
  checksum: number,
): void {
  writeU16(bytes, offset, sourcePort);
  writeU16(bytes, offset + 2, destinationPort);
  writeU16(bytes, offset + 4, length);
  writeU16(bytes, offset + 6, checksum);
}
