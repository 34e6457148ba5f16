// The IPv4 header for people, as tcpdump writes it.

import { formatIpv4 } from "../base/address.ts";
import { readU16, readU32 } from "../base/bytes.ts";
import { sumBytes } from "../base/native.ts";
import { FRAGMENT_OFFSET, HEADER_LENGTH, MORE_FRAGMENTS } from "./wire.ts";

const SOURCE = 12;
const DESTINATION = 16;

/** "IP 10.0.0.1.1024 > 10.0.0.2.80"; a port below 0 is left out. The header is there. */
export function printIpv4(bytes: Uint8Array, offset: number, sourcePort: number, destinationPort: number): string {
  return `IP ${end(bytes, offset + SOURCE, sourcePort)} > ${end(bytes, offset + DESTINATION, destinationPort)}`;
}

/** What is wrong with the header at `offset`; "": nothing. What of it lies behind `captured` is not judged. */
export function ipv4Fault(bytes: Uint8Array, offset: number, captured: number): string {
  if (offset + HEADER_LENGTH > captured) return "[|ip]";
  const version = bytes[offset]! >>> 4;
  if (version !== 4) return `version ${version}`;
  const headerLength = (bytes[offset]! & 15) * 4;
  if (headerLength < HEADER_LENGTH) return `bad header length ${headerLength}`;
  const totalLength = readU16(bytes, offset + 2);
  if (totalLength < headerLength) return `bad length ${totalLength}`;
  if (offset + headerLength > captured) return "[|ip]";
  return sumBytes(bytes, offset, headerLength, 0) === 0xffff ? "" : "bad checksum";
}

/** "frag 4711:1480@2960+" of a piece; "" of a whole datagram. */
export function printFragment(bytes: Uint8Array, offset: number): string {
  const flags = readU16(bytes, offset + 6);
  const more = (flags & MORE_FRAGMENTS) !== 0;
  if (!more && (flags & FRAGMENT_OFFSET) === 0) return "";
  const length = readU16(bytes, offset + 2) - (bytes[offset]! & 15) * 4;
  return `frag ${readU16(bytes, offset + 4)}:${length}@${(flags & FRAGMENT_OFFSET) * 8}${more ? "+" : ""}`;
}

function end(bytes: Uint8Array, at: number, port: number): string {
  const address = formatIpv4(readU32(bytes, at));
  return port < 0 ? address : `${address}.${port}`;
}
