// A whole frame for people: one line, as a network engineer knows it from tcpdump, put together of each protocol's
// print.ts. No payload is ever shown: lines go to consoles and logs, and payloads are passwords.

import { printArp } from "../arp/print.ts";
import { readU16 } from "../base/bytes.ts";
import { PROTOCOL_ICMP, PROTOCOL_ICMPV6, PROTOCOL_TCP, PROTOCOL_UDP } from "../base/ip-sink.ts";
import { printDhcp } from "../dhcp/print.ts";
import { CLIENT_PORT, SERVER_PORT } from "../dhcp/wire.ts";
import { printDhcpv6 } from "../dhcpv6/print.ts";
import { printDns } from "../dns/print.ts";
import { DNS_PORT } from "../dns/wire.ts";
import { printEthernet, printTag } from "../ethernet/print.ts";
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  ETHERTYPE_VLAN,
  HEADER_LENGTH,
  VLAN_TAG_LENGTH,
} from "../ethernet/wire.ts";
import { printHttp } from "../http1/print.ts";
import { printIcmp } from "../icmp/print.ts";
import { printIcmpv6 } from "../icmpv6/print.ts";
import { TYPE_ND_FIRST, TYPE_ND_LAST } from "../icmpv6/wire.ts";
import { ipv4Fault, printFragment, printIpv4 } from "../ipv4/print.ts";
import { FRAGMENT_OFFSET } from "../ipv4/wire.ts";
import { Ipv6Payload, ipv6Fault, printIpv6, readExtensions } from "../ipv6/print.ts";
import { printMld } from "../mld/print.ts";
import { TYPE_DONE_1, TYPE_QUERY, TYPE_REPORT_1, TYPE_REPORT_2 } from "../mld/wire.ts";
import { printNd } from "../ndp/print.ts";
import { printNtp } from "../ntp/print.ts";
import { NTP_PORT } from "../ntp/wire.ts";
import { printSyslog } from "../syslog/print.ts";
import { SYSLOG_PORT } from "../syslog/wire.ts";
import { printTcp } from "../tcp/print.ts";
import { printTls } from "../tls/print.ts";
import { printUdp, udpFault } from "../udp/print.ts";
import { HEADER_LENGTH as UDP_HEADER } from "../udp/wire.ts";

/** Characters of a line. */
export const LONGEST_LINE = 320;
/** RFC 6762 3, RFC 8415 7.2. */
const MDNS_PORT = 5353;
const DHCPV6_CLIENT_PORT = 546;
const DHCPV6_SERVER_PORT = 547;

/**
 * The frame at `offset` of which `captured` bytes are there; `length` is how long it was on the wire. Printable ASCII, at most
 * LONGEST_LINE characters, whatever the bytes are.
 */
export function printFrame(bytes: Uint8Array, offset: number, captured: number, length: number): string {
  const line = printWhole(bytes, offset, offset + captured, length);
  return line.length > LONGEST_LINE ? `${line.substring(0, LONGEST_LINE - 3)}...` : line;
}

/** As tcpdump shows frames of several cards: "In  ...", "Out ...". The rest as printFrame has it. */
export function traceLine(sent: boolean, bytes: Uint8Array, offset: number, captured: number, length: number): string {
  return (sent ? "Out " : "In  ") + printFrame(bytes, offset, captured, length);
}

function printWhole(bytes: Uint8Array, offset: number, end: number, length: number): string {
  if (offset + HEADER_LENGTH > end) return `${printEthernet(bytes, offset, end, 0)}, length ${length}`;
  let type = readU16(bytes, offset + 12);
  let at = offset + HEADER_LENGTH;
  let tag = "";
  if (type === ETHERTYPE_VLAN && at + VLAN_TAG_LENGTH <= end) {
    tag = `${printTag(bytes, at)}, `;
    type = readU16(bytes, at + 2);
    at += VLAN_TAG_LENGTH;
  }
  switch (type) {
    case ETHERTYPE_ARP:
      return `${tag}${printArp(bytes, at, end)}, length ${length - (at - offset)}`;
    case ETHERTYPE_IPV4:
      return tag + printPacket4(bytes, at, end);
    case ETHERTYPE_IPV6:
      return tag + printPacket6(bytes, at, end);
    default:
      return `${tag}${printEthernet(bytes, offset, end, type)}, length ${length}`;
  }
}

function printPacket4(bytes: Uint8Array, offset: number, end: number): string {
  const fault = ipv4Fault(bytes, offset, end);
  if (fault !== "") return `IP ${fault}`;
  const headerLength = (bytes[offset]! & 15) * 4;
  const at = offset + headerLength;
  const length = readU16(bytes, offset + 2) - headerLength;
  const protocol = bytes[offset + 9]!;
  const fragment = printFragment(bytes, offset);
  // What follows in a fragment that is not the first is no header.
  if (fragment !== "" && (readU16(bytes, offset + 6) & FRAGMENT_OFFSET) !== 0)
    return `${printIpv4(bytes, offset, -1, -1)}: ${fragment}, ${protocolName(protocol)}`;
  const rest = fragment === "" ? "" : `${fragment}, `;
  const ports = hasPorts(at, end, length, protocol);
  const source = ports ? readU16(bytes, at) : -1;
  const destination = ports ? readU16(bytes, at + 2) : -1;
  // The Ethernet frame may have padding behind the packet.
  const until = Math.min(end, at + length);
  return `${printIpv4(bytes, offset, source, destination)}: ${rest}${printTransport(bytes, at, until, length, protocol)}`;
}

function printPacket6(bytes: Uint8Array, offset: number, end: number): string {
  const fault = ipv6Fault(bytes, offset, end);
  if (fault !== "") return `IP6 ${fault}`;
  const payload = new Ipv6Payload();
  if (!readExtensions(bytes, offset, end, payload))
    return `${printIpv6(bytes, offset, -1, -1)}: ${payload.headers}[|ip6]`;
  const { protocol, length, headers } = payload;
  if (payload.continued) return `${printIpv6(bytes, offset, -1, -1)}: ${headers}${protocolName(protocol)}`;
  const at = payload.offset;
  const ports = hasPorts(at, end, length, protocol);
  const source = ports ? readU16(bytes, at) : -1;
  const destination = ports ? readU16(bytes, at + 2) : -1;
  const until = Math.min(end, at + length);
  return `${printIpv6(bytes, offset, source, destination)}: ${headers}${printTransport(bytes, at, until, length, protocol)}`;
}

function hasPorts(at: number, end: number, length: number, protocol: number): boolean {
  return (protocol === PROTOCOL_TCP || protocol === PROTOCOL_UDP) && at + 4 <= end && length >= 4;
}

function printTransport(bytes: Uint8Array, at: number, end: number, length: number, protocol: number): string {
  switch (protocol) {
    case PROTOCOL_TCP:
      return printSegment(bytes, at, end, length);
    case PROTOCOL_UDP:
      return printDatagram(bytes, at, end, length);
    case PROTOCOL_ICMP:
      return printIcmp(bytes, at, end, length);
    case PROTOCOL_ICMPV6:
      return `ICMP6, ${printControl6(bytes, at, end)}, length ${length}`;
    default:
      return `${protocolName(protocol)}, length ${length}`;
  }
}

function printControl6(bytes: Uint8Array, at: number, end: number): string {
  const type = at < end ? bytes[at]! : 0;
  if (type >= TYPE_ND_FIRST && type <= TYPE_ND_LAST) return printNd(bytes, at, end);
  if (type === TYPE_QUERY || type === TYPE_REPORT_1 || type === TYPE_DONE_1 || type === TYPE_REPORT_2)
    return printMld(bytes, at, end);
  return printIcmpv6(bytes, at, end);
}

function printSegment(bytes: Uint8Array, at: number, end: number, length: number): string {
  const text = printTcp(bytes, at, end, length);
  if (at + 13 > end) return text;
  const payload = at + (bytes[at + 12]! >>> 4) * 4;
  if (payload >= end) return text;
  const http = printHttp(bytes, payload, end);
  const what = http !== "" ? http : printTls(bytes, payload, end);
  return what === "" ? text : `${text}: ${what}`;
}

function printDatagram(bytes: Uint8Array, at: number, end: number, length: number): string {
  const fault = udpFault(bytes, at, end, length);
  if (fault !== "") return fault;
  const payloadLength = readU16(bytes, at + 4) - UDP_HEADER;
  const payload = at + UDP_HEADER;
  const until = Math.min(end, payload + payloadLength);
  const source = readU16(bytes, at);
  const destination = readU16(bytes, at + 2);
  if (isOf(source, destination, DNS_PORT) || isOf(source, destination, MDNS_PORT))
    return printDns(bytes, payload, until, payloadLength);
  if (isOf(source, destination, SERVER_PORT) || isOf(source, destination, CLIENT_PORT))
    return printDhcp(bytes, payload, until, payloadLength);
  if (isOf(source, destination, DHCPV6_SERVER_PORT) || isOf(source, destination, DHCPV6_CLIENT_PORT))
    return printDhcpv6(bytes, payload, until, payloadLength);
  if (isOf(source, destination, NTP_PORT)) return printNtp(bytes, payload, until, payloadLength);
  if (isOf(source, destination, SYSLOG_PORT)) return printSyslog(bytes, payload, until, payloadLength);
  return printUdp(payloadLength);
}

function isOf(source: number, destination: number, port: number): boolean {
  return source === port || destination === port;
}

function protocolName(protocol: number): string {
  switch (protocol) {
    case PROTOCOL_ICMP:
      return "icmp";
    case PROTOCOL_TCP:
      return "tcp";
    case PROTOCOL_UDP:
      return "udp";
    case PROTOCOL_ICMPV6:
      return "icmp6";
    default:
      return `ip-proto-${protocol}`;
  }
}
