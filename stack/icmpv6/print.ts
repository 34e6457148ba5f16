// ICMPv6 for people, as tcpdump writes it. Neighbour discovery and multicast listeners are printed by their own.

import { formatIpv6 } from "../base/address6.ts";
import { readU16, readU32 } from "../base/bytes.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../base/ip-sink.ts";
import { DESTINATION, HEADER_LENGTH as IPV6_HEADER, NEXT_HEADER } from "../ipv6/wire.ts";
import {
  CODE_PORT_UNREACHABLE,
  HEADER_LENGTH,
  TYPE_ECHO,
  TYPE_ECHO_REPLY,
  TYPE_PARAMETER_PROBLEM,
  TYPE_TIME_EXCEEDED,
  TYPE_TOO_BIG,
  TYPE_UNREACHABLE,
} from "./wire.ts";

/** By code (RFC 4443 3.1). */
const UNREACHABLE: readonly string[] = [
  "unreachable route",
  "administratively prohibited",
  "beyond scope",
  "unreachable address",
  "unreachable port",
  "failed policy",
  "reject route",
];

export function printIcmpv6(bytes: Uint8Array, offset: number, end: number): string {
  if (offset + HEADER_LENGTH > end) return "[|icmp6]";
  const type = bytes[offset]!;
  const code = bytes[offset + 1]!;
  const quoted = offset + HEADER_LENGTH;
  switch (type) {
    case TYPE_ECHO:
    case TYPE_ECHO_REPLY: {
      const what = type === TYPE_ECHO ? "request" : "reply";
      return `echo ${what}, id ${readU16(bytes, offset + 4)}, seq ${readU16(bytes, offset + 6)}`;
    }
    case TYPE_UNREACHABLE: {
      const why = code < UNREACHABLE.length ? UNREACHABLE[code]! : `code ${code}`;
      return `destination unreachable, ${why}${quotation(bytes, quoted, end, code === CODE_PORT_UNREACHABLE)}`;
    }
    case TYPE_TOO_BIG:
      return `packet too big, mtu ${readU32(bytes, offset + 4)}`;
    case TYPE_TIME_EXCEEDED:
      return `time exceeded ${code === 0 ? "in-transit" : "in reassembly"}${quotation(bytes, quoted, end, false)}`;
    case TYPE_PARAMETER_PROBLEM:
      return `parameter problem, code ${code}, octet ${readU32(bytes, offset + 4)}`;
    default:
      return `type ${type}, code ${code}`;
  }
}

/** Where the packet that is quoted was to go; "" when it is not there. */
function quotation(bytes: Uint8Array, quoted: number, end: number, withPort: boolean): string {
  if (quoted + IPV6_HEADER > end) return "";
  const destination = `, ${formatIpv6(bytes, quoted + DESTINATION)}`;
  const protocol = bytes[quoted + NEXT_HEADER]!;
  if (!withPort || quoted + IPV6_HEADER + 4 > end || (protocol !== PROTOCOL_UDP && protocol !== PROTOCOL_TCP))
    return destination;
  return `${destination} ${protocol === PROTOCOL_UDP ? "udp" : "tcp"} port ${readU16(bytes, quoted + IPV6_HEADER + 2)}`;
}
