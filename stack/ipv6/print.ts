// The IPv6 header and those that extend it for people, as tcpdump writes them.

import { formatIpv6 } from "../base/address6.ts";
import { readU16, readU32 } from "../base/bytes.ts";
import { hexNumber } from "../base/text.ts";
import {
  DESTINATION,
  DESTINATION_OPTIONS,
  EXTENSION_LIMIT,
  FRAGMENT,
  FRAGMENT_HEADER,
  HEADER_LENGTH,
  HOP_BY_HOP,
  NEXT_HEADER,
  PAYLOAD_LENGTH,
  ROUTING,
  SOURCE,
} from "./wire.ts";

/** "IP6 fe80::1.546 > ff02::1:2.547"; a port below 0 is left out. The header is there. */
export function printIpv6(bytes: Uint8Array, offset: number, sourcePort: number, destinationPort: number): string {
  return `IP6 ${end(bytes, offset + SOURCE, sourcePort)} > ${end(bytes, offset + DESTINATION, destinationPort)}`;
}

/** What is wrong with the header at `offset`; "": nothing that is looked at. */
export function ipv6Fault(bytes: Uint8Array, offset: number, captured: number): string {
  if (offset + HEADER_LENGTH > captured) return "[|ip6]";
  const version = bytes[offset]! >>> 4;
  return version === 6 ? "" : `version ${version}`;
}

/** What lies behind the headers that extend the one at `offset`. */
export class Ipv6Payload {
  protocol = 0;
  /** Where it begins, and how long it says it is. */
  offset = 0;
  length = 0;
  /** A piece that is not the first: it begins with no header. */
  continued = false;
  /** "HBH ", "frag (0x4711:1232|1448) ": the headers that were passed. */
  headers = "";
}

/** Passes the extension headers, as many as are read elsewhere (EXTENSION_LIMIT). False: they are not all there. */
export function readExtensions(bytes: Uint8Array, offset: number, captured: number, into: Ipv6Payload): boolean {
  into.protocol = bytes[offset + NEXT_HEADER]!;
  into.offset = offset + HEADER_LENGTH;
  into.length = readU16(bytes, offset + PAYLOAD_LENGTH);
  into.continued = false;
  into.headers = "";
  for (let count = 0; count < EXTENSION_LIMIT && !into.continued; count++) {
    const name = nameOf(into.protocol);
    if (name === "") return true;
    if (into.offset + FRAGMENT_HEADER > captured || into.length < FRAGMENT_HEADER) return false;
    const length = into.protocol === FRAGMENT ? FRAGMENT_HEADER : (bytes[into.offset + 1]! + 1) * 8;
    if (length > into.length) return false;
    if (into.protocol === FRAGMENT) {
      const word = readU16(bytes, into.offset + 2);
      into.continued = (word & 0xfff8) !== 0;
      const identification = hexNumber(readU32(bytes, into.offset + 4));
      into.headers += `frag (0x${identification}:${word & 0xfff8}|${into.length - length}${(word & 1) === 0 ? "" : "+"}) `;
    } else into.headers += `${name} `;
    into.protocol = bytes[into.offset]!;
    into.offset += length;
    into.length -= length;
  }
  return true;
}

function nameOf(header: number): string {
  switch (header) {
    case HOP_BY_HOP:
      return "HBH";
    case ROUTING:
      return "srcrt";
    case FRAGMENT:
      return "frag";
    case DESTINATION_OPTIONS:
      return "DSTOPT";
    default:
      return "";
  }
}

function end(bytes: Uint8Array, at: number, port: number): string {
  const address = formatIpv6(bytes, at);
  return port < 0 ? address : `${address}.${port}`;
}
