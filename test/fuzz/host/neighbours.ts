// Everybody else on the host's network: they answer its ARP, DHCP and DNS as they should, and say things unasked.

import { readU16, readU32, writeU16, writeU32 } from "../../../stack/base/bytes.ts";
import { copyBytes, sumBytes } from "../../../stack/base/native.ts";
import { arpFrame, echoPayload, ipv4Frame, Route, udpPayload } from "../../support/packets.ts";
import type { Random } from "../../support/random.ts";
import { ADDRESS, MAC, PEER } from "../../trace/appliance.ts";

export const PEER_MAC = 0x02_45_50_54_00_02;
const BROADCAST_MAC = 0xffffffffffff;
const BROADCAST = 0xffffffff;
const NO_OPTIONS: Uint8Array = new Uint8Array(0);
const ICMP = 1;
const UDP = 17;

/** To the host, from one of some addresses on its link or behind the gateway. */
export function routeOf(number: number): Route {
  if (number === 0) return new Route(PEER_MAC, MAC, PEER, ADDRESS);
  if (number % 2 === 1) return new Route(PEER_MAC + number, MAC, PEER + 1 + number, ADDRESS);
  return new Route(PEER_MAC, MAC, 0xc0000200 + number, ADDRESS);
}

/** The answer to the host's request for an address, or undefined when it asks for none of ours. */
export function arpAnswer(frame: Uint8Array, at: number): Uint8Array | undefined {
  const target = readU32(frame, at + 38);
  const sender = readU32(frame, at + 28);
  if (readU16(frame, at + 20) !== 1 || sender === 0 || sender === target) return undefined;
  if (target < PEER || target > PEER + 60 || target === ADDRESS) return undefined;
  const mac = target === PEER ? PEER_MAC : PEER_MAC + (target - PEER - 1);
  return arpFrame(new Route(mac, MAC, target, sender), 2);
}

/** What a DHCP server says to the message in this frame, or undefined. */
export function dhcpAnswer(frame: Uint8Array, random: Random, honest: boolean): Uint8Array | undefined {
  const message = 42;
  if (frame.length < message + 244) return undefined;
  let kind = 0;
  for (let at = message + 240; at + 2 < frame.length && frame[at] !== 255; at += 2 + frame[at + 1]!)
    if (frame[at] === 53) kind = frame[at + 2]!;
  if (kind !== 1 && kind !== 3) return undefined;
  const bytes = new Uint8Array(300);
  writeU32(bytes, 0, 0x02010600);
  writeU32(bytes, 4, readU32(frame, message + 4));
  writeU32(bytes, 16, honest || random.below(8) !== 0 ? ADDRESS : random.below(0x100000000));
  copyBytes(bytes, 28, frame, message + 28, 16);
  writeU32(bytes, 236, 0x63825363);
  let answer = kind === 1 ? 2 : 5;
  if (!honest && random.below(8) === 0) answer = random.below(9);
  let at = option(bytes, 240, 53, [answer]);
  at = option(bytes, at, 54, four(PEER));
  at = option(bytes, at, 51, four(honest ? 3600 : random.below(random.below(2) === 0 ? 20 : 100_000)));
  at = option(bytes, at, 1, four(0xffffff00));
  at = option(bytes, at, 3, four(PEER));
  at = option(bytes, at, 6, four(PEER));
  if (!honest)
    for (let i = random.below(3); i > 0 && at < 280; i--) {
      bytes[at] = random.below(256);
      bytes[at + 1] = random.below(20);
      at += 2 + random.below(4);
    }
  if (at < 300) bytes[at] = 255;
  const route = new Route(PEER_MAC, BROADCAST_MAC, PEER, BROADCAST);
  return ipv4Frame(route, UDP, 1, NO_OPTIONS, udpPayload(route, 67, 68, bytes));
}

/** What a name server answers to the query in `query`: a DNS message without its UDP header. */
export function dnsAnswer(query: Uint8Array, random: Random, honest: boolean): Uint8Array {
  const kind = honest ? 0 : random.below(10);
  const count = kind === 1 ? 100 : kind === 2 ? 0 : 1 + random.below(3);
  const answer = new Uint8Array(query.length + count * 16);
  copyBytes(answer, 0, query, 0, query.length);
  // Truncated, failed, without such a name, or good.
  writeU16(answer, 2, kind === 3 ? 0x8380 : kind === 4 ? 0x8182 : kind === 5 ? 0x8183 : 0x8180);
  writeU16(answer, 6, kind === 6 ? random.below(65_536) : count);
  for (let i = 0; i < count; i++) {
    const at = query.length + i * 16;
    writeU16(answer, at, kind === 7 ? 0xc000 + random.below(answer.length) : 0xc00c);
    writeU16(answer, at + 2, kind === 8 ? random.below(48) : 1);
    writeU16(answer, at + 4, 1);
    writeU32(answer, at + 6, random.below(600));
    writeU16(answer, at + 10, 4);
    writeU32(answer, at + 12, PEER + random.below(3) * 4);
  }
  if (kind === 9) for (let i = 0; i < 4; i++) answer[random.below(answer.length)] = random.below(256);
  return answer;
}

/** A frame that nobody asked for. `sent`: a frame of the host's, or an empty array. */
export function unasked(random: Random, sent: Uint8Array): Uint8Array {
  const route = routeOf(random.below(12));
  switch (random.below(12)) {
    case 0: // who has, or here is, by anybody for anybody
      return arpFrame(
        new Route(
          random.below(4) === 0 ? BROADCAST_MAC : PEER_MAC + random.below(20),
          random.below(2) === 0 ? MAC : BROADCAST_MAC,
          someAddress(random),
          someAddress(random),
        ),
        1 + random.below(3),
      );
    case 1:
      return ipv4Frame(route, ICMP, 1, NO_OPTIONS, echoPayload(new Uint8Array(random.below(1472))));
    case 2: // larger than a frame: Delivery cuts some of them
      return ipv4Frame(route, ICMP, random.below(9), NO_OPTIONS, echoPayload(new Uint8Array(random.below(8000))));
    case 3: {
      const to = random.below(3) === 0 ? 68 : random.below(65_536);
      return ipv4Frame(route, UDP, 2, NO_OPTIONS, udpPayload(route, 53, to, new Uint8Array(random.below(2000))));
    }
    case 4:
      return ipv4Frame(route, random.below(256), random.below(9), NO_OPTIONS, new Uint8Array(random.below(1481)));
    case 5: {
      const group = new Route(PEER_MAC, BROADCAST_MAC, route.source, random.below(2) === 0 ? BROADCAST : ADDRESS | 255);
      return ipv4Frame(group, UDP, 3, NO_OPTIONS, udpPayload(group, 4000, random.below(100), new Uint8Array(40)));
    }
    case 6: // with options
      return ipv4Frame(
        route,
        UDP,
        4,
        new Uint8Array(4 * random.below(11)),
        udpPayload(route, 9, 9, new Uint8Array(20)),
      );
    case 7: {
      const noise = new Uint8Array(random.below(200));
      for (let i = 0; i < noise.length; i++) noise[i] = random.below(256);
      return noise;
    }
    case 8: // from whoever cannot be, to whoever is not here
      return ipv4Frame(
        new Route(PEER_MAC, MAC, someAddress(random), someAddress(random)),
        random.below(2) === 0 ? 6 : UDP,
        5,
        NO_OPTIONS,
        new Uint8Array(random.below(60)),
      );
    default:
      return sent.length >= 62 && readU16(sent, 12) === 0x0800 ? icmpError(random, route, sent) : arpFrame(route, 1);
  }
}

/** ICMP's word on a packet that the host has really sent. */
function icmpError(random: Random, route: Route, sent: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(36);
  const kind = random.below(6);
  bytes[0] = kind === 0 ? 11 : kind === 1 ? 12 : 3;
  bytes[1] = random.below(2) === 0 ? 4 : random.below(14);
  writeU16(bytes, 6, random.below(3) === 0 ? random.below(65_536) : random.below(1500));
  copyBytes(bytes, 8, sent, 14, 28);
  writeU16(bytes, 2, 0xffff ^ sumBytes(bytes, 0, bytes.length, 0));
  return ipv4Frame(route, ICMP, 6, NO_OPTIONS, bytes);
}

function someAddress(random: Random): number {
  switch (random.below(8)) {
    case 0:
      return ADDRESS;
    case 1:
      return BROADCAST;
    case 2:
      return ADDRESS | 255;
    case 3:
      return 0;
    case 4:
      return 0x7f000001;
    case 5:
      return 0xe0000001;
    case 6:
      return random.below(0x100000000);
    default:
      return PEER + random.below(12);
  }
}

function option(bytes: Uint8Array, at: number, code: number, value: readonly number[]): number {
  bytes[at] = code;
  bytes[at + 1] = value.length;
  for (let i = 0; i < value.length; i++) bytes[at + 2 + i] = value[i]!;
  return at + 2 + value.length;
}

function four(value: number): number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
