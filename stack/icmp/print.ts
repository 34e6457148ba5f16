// ICMP for people, as tcpdump writes it.

import { formatIpv4 } from "../base/address.ts";
import { readU16, readU32 } from "../base/bytes.ts";
import { PROTOCOL_TCP, PROTOCOL_UDP } from "../base/ip-sink.ts";
import { HEADER_LENGTH as IPV4_HEADER } from "../ipv4/wire.ts";
import {
  CODE_FRAGMENTATION_NEEDED,
  CODE_PORT_UNREACHABLE,
  CODE_PROTOCOL_UNREACHABLE,
  HEADER_LENGTH,
  TYPE_DESTINATION_UNREACHABLE,
  TYPE_ECHO,
  TYPE_ECHO_REPLY,
  TYPE_PARAMETER_PROBLEM,
  TYPE_TIME_EXCEEDED,
} from "./wire.ts";

export function printIcmp(bytes: Uint8Array, offset: number, end: number, length: number): string {
  if (offset + HEADER_LENGTH > end || length < HEADER_LENGTH) return "ICMP [|icmp]";
  const type = bytes[offset]!;
  const code = bytes[offset + 1]!;
  return `ICMP ${meaning(bytes, offset, end, type, code)}, length ${length}`;
}

function meaning(bytes: Uint8Array, offset: number, end: number, type: number, code: number): string {
  const quoted = offset + HEADER_LENGTH;
  switch (type) {
    case TYPE_ECHO:
    case TYPE_ECHO_REPLY: {
      const what = type === TYPE_ECHO ? "request" : "reply";
      return `echo ${what}, id ${readU16(bytes, offset + 4)}, seq ${readU16(bytes, offset + 6)}`;
    }
    case TYPE_DESTINATION_UNREACHABLE:
      return unreachable(bytes, quoted, end, code, readU16(bytes, offset + 6));
    case TYPE_TIME_EXCEEDED:
      return `time exceeded ${code === 0 ? "in-transit" : "in reassembly"}${destinationOf(bytes, quoted, end, ", for ")}`;
    case TYPE_PARAMETER_PROBLEM:
      return `parameter problem, octet ${bytes[offset + 4]!}`;
    default:
      return `type ${type}, code ${code}`;
  }
}

function unreachable(bytes: Uint8Array, quoted: number, end: number, code: number, mtu: number): string {
  const destination = destinationOf(bytes, quoted, end, "");
  switch (code) {
    case CODE_PORT_UNREACHABLE:
      return `${destination}${portOf(bytes, quoted, end)} unreachable`;
    case CODE_PROTOCOL_UNREACHABLE:
      return `${destination} protocol ${quoted + IPV4_HEADER > end ? "" : bytes[quoted + 9]!} unreachable`;
    case CODE_FRAGMENTATION_NEEDED:
      return `${destination} unreachable - need to frag (mtu ${mtu})`;
    case 0:
      return `net ${destination} unreachable`;
    case 1:
      return `host ${destination} unreachable`;
    default:
      return `${destination} unreachable, code ${code}`;
  }
}

/** Of the packet that is quoted. */
function destinationOf(bytes: Uint8Array, quoted: number, end: number, before: string): string {
  return before + (quoted + IPV4_HEADER > end ? "[|ip]" : formatIpv4(readU32(bytes, quoted + 16)));
}

function portOf(bytes: Uint8Array, quoted: number, end: number): string {
  if (quoted + IPV4_HEADER > end) return "";
  const transport = quoted + (bytes[quoted]! & 15) * 4;
  const protocol = bytes[quoted + 9]!;
  if (transport + 4 > end || (protocol !== PROTOCOL_UDP && protocol !== PROTOCOL_TCP)) return " port";
  return ` ${protocol === PROTOCOL_UDP ? "udp" : "tcp"} port ${readU16(bytes, transport + 2)}`;
}
