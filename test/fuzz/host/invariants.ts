// What must hold of a host whatever it is sent. Each check returns "" or what is wrong.

import type { Ipv4 } from "../../../stack/base/address.ts";
import { readU16, readU32, readU48 } from "../../../stack/base/bytes.ts";
import { fold } from "../../../stack/base/checksum.ts";
import { sumBytes } from "../../../stack/base/native.ts";
import { WAITING_LIMIT } from "../../../stack/ethernet/waiting.ts";
import { FLOW_LIMIT } from "../../../stack/host/flows.ts";
import { DEFAULT_LIMITS } from "../../../stack/http/limits.ts";
import { pseudoHeaderSum } from "../../support/ipv4.ts";
import { type Appliance, MAC } from "../../trace/appliance.ts";
import { SENT_HEADER } from "../../trace/memory-link.ts";
import { pseudoSum6 } from "./storm6.ts";

/** Slots of the link that the host may keep: packets that wait for a neighbour, and some given up and kept for the next. */
const SLOTS_KEPT = WAITING_LIMIT + 8;

/** After every poll. */
export function checkRunning(appliance: Appliance): string {
  const { host, link, deadline } = appliance;
  const { tcp, flows } = host;
  const { http } = host.web;
  const t = tcp.counters;
  if (!(deadline >= 0)) return `deadline ${deadline}`;
  if (t.halfOpen < 0 || t.timeWait < 0 || t.orphans < 0 || t.connections < 0)
    return `counters below 0: ${host.describe()}`;
  if (t.halfOpen + t.timeWait + t.orphans > t.connections) return `parts beyond the whole: ${host.describe()}`;
  if (tcp.memoryInUse < 0) return `memory in use: ${tcp.memoryInUse}`;
  if (http.connections < 0 || http.connections > DEFAULT_LIMITS.connections) return `${http.connections} of HTTP`;
  if (http.connections > t.connections) return `more of HTTP than of TCP: ${host.describe()}`;
  if (http.exchanges < 0 || http.exchanges > http.connections) return `exchanges: ${host.describe()}`;
  if (appliance.secure) {
    const { tls } = host.secure();
    const { buffered, limits } = tls.core;
    if (tls.count > t.connections || tls.handshakes > tls.count) return `more of TLS than of TCP: ${host.describe()}`;
    if (buffered < 0 || buffered > limits.handshakeMemory) return `${buffered} bytes of handshakes`;
  }
  if (flows.count > FLOW_LIMIT) return `${flows.count} flows`;
  if (host.events.length > 0) return `${host.events.length} events are left`;
  if (link.held > SLOTS_KEPT) return `${link.held} slots of the link are held`;
  return "";
}

/** When all have left and time has passed. */
export function checkAtRest(appliance: Appliance): string {
  const { host } = appliance;
  const { tcp, flows } = host;
  const { http } = host.web;
  const left = tcp.counters.connections + tcp.memoryInUse + http.connections + http.exchanges + flows.count;
  if (left !== 0 || tcp.transmitPending) return `not all is let go of: memory ${tcp.memoryInUse}\n${host.describe()}`;
  if (appliance.secure) {
    const { tls } = host.secure();
    if (tls.count + tls.handshakes + tls.core.buffered !== 0)
      return `not all of TLS is let go of: ${tls.core.buffered} bytes\n${host.describe()}`;
  }
  if (host.events.dropped > 0) return `${host.events.dropped} events dropped`;
  return "";
}

/** Of a frame that was sent, as MemoryLink keeps it, with what was asked of the card. */
export function checkFrame(sent: Uint8Array, record: number): string {
  const headLength = readU32(sent, record);
  const length = headLength + readU32(sent, record + 4);
  const checksumStart = readU16(sent, record + 8);
  const checksumOffset = readU16(sent, record + 10);
  const segmentSize = readU16(sent, record + 12);
  const at = record + SENT_HEADER;
  if (readU48(sent, at + 6) !== MAC) return "a frame from another card";
  const type = readU16(sent, at + 12);
  if (type === 0x0806) return length >= 42 ? "" : `ARP of ${length} bytes`;
  if (type === 0x86dd) return checkFrame6(sent, at, length, checksumStart, checksumOffset, segmentSize);
  if (type !== 0x0800) return `EtherType ${type}`;
  if (sent[at + 14] !== 0x45) return "an IPv4 header with options";
  if (readU16(sent, at + 16) !== length - 14) return `total length ${readU16(sent, at + 16)} of ${length - 14} bytes`;
  if (sumBytes(sent, at + 14, 20, 0) !== 0xffff) return "the checksum of an IPv4 header is wrong";
  // Fragments have the transport's header in the first only.
  if ((readU16(sent, at + 20) & 0x3fff) !== 0) return "";
  const protocol = sent[at + 23]!;
  if (protocol !== 6 && protocol !== 17 && protocol !== 1) return `protocol ${protocol}`;
  const payload = length - 34;
  const field = protocol === 6 ? 16 : protocol === 17 ? 6 : 2;
  const source = readU32(sent, at + 26) as Ipv4;
  const destination = readU32(sent, at + 30) as Ipv4;
  const pseudo = protocol === 1 ? 0 : pseudoHeaderSum(source, destination, protocol, payload);
  if (checksumStart !== 0) {
    if (checksumStart !== 34 || checksumOffset !== field) return `checksum at ${checksumStart} + ${checksumOffset}`;
    if (segmentSize === 0 && readU16(sent, at + 34 + field) !== pseudo)
      return "the card is given another pseudo-header";
  } else if (protocol !== 17 || readU16(sent, at + 40) !== 0) {
    if (fold(sumBytes(sent, at + 34, payload, pseudo)) !== 0xffff) return `a wrong checksum of protocol ${protocol}`;
  }
  if (protocol === 6 && (sent[at + 46]! >> 4) * 4 > payload) return "a TCP header longer than its segment";
  if (segmentSize !== 0 && headLength < 34 + (sent[at + 46]! >> 4) * 4) return "a head that lacks some of the headers";
  if (segmentSize !== 0 && payload - (sent[at + 46]! >> 4) * 4 <= segmentSize) return "one segment left to be cut";
  return "";
}

function checkFrame6(
  sent: Uint8Array,
  at: number,
  length: number,
  checksumStart: number,
  checksumOffset: number,
  segmentSize: number,
): string {
  if (length < 54 || sent[at + 14]! >> 4 !== 6) return `IPv6 of ${length} bytes`;
  const payload = length - 54;
  if (readU16(sent, at + 18) !== payload) return `payload length ${readU16(sent, at + 18)} of ${payload} bytes`;
  if (sent[at + 22] === 0xff) return "from a group";
  const protocol = sent[at + 20]!;
  // Reports of listeners have options before them; fragments have the transport's header in the first only.
  if (protocol === 0 || protocol === 44) return "";
  if (protocol !== 6 && protocol !== 17 && protocol !== 58) return `protocol ${protocol}`;
  const field = protocol === 6 ? 16 : protocol === 17 ? 6 : 2;
  const pseudo = pseudoSum6(sent, at, protocol, payload);
  if (checksumStart !== 0) {
    if (checksumStart !== 54 || checksumOffset !== field) return `checksum at ${checksumStart} + ${checksumOffset}`;
    if (segmentSize === 0 && readU16(sent, at + 54 + field) !== pseudo)
      return "the card is given another pseudo-header";
  } else if (fold(sumBytes(sent, at + 54, payload, pseudo)) !== 0xffff)
    return `a wrong checksum of protocol ${protocol}`;
  if (protocol !== 6) return "";
  const header = (sent[at + 66]! >> 4) * 4;
  if (header > payload) return "a TCP header longer than its segment";
  return segmentSize !== 0 && payload - header <= segmentSize ? "one segment left to be cut" : "";
}
