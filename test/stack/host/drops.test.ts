// What a host throws away it counts, each reason by its own name: one bad frame, one more in one counter.

import { beforeEach, describe, expect, test } from "vitest";
import {
  ARP_REFUSED,
  COUNTER_NAMES,
  DATAGRAMS_UNASSEMBLED,
  DHCP_REFUSED,
  DNS_REFUSED,
  FRAMES_IN,
  ICMP_DAMAGED,
  ICMP_IGNORED,
  MLD_REFUSED,
  NTP_REFUSED,
} from "../../../stack/base/counters.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { TYPE_A } from "../../../stack/dns/wire.ts";
import { WebHost } from "../../../stack/host/web.ts";
import { bytesOf, hex } from "../../support/bytes.ts";
import { FakeLink } from "../../support/fake-link.ts";
import { ipv4, ipv6, udp } from "../links/sample-frames.ts";

const MAC = 0x525400123456;
const REPLY = "525400123456 020000000001 0806 0001080006040002 020000000001 0a000001 525400123456 0a000002";

let link: FakeLink;
let host: WebHost;
let now = SECOND;

beforeEach(() => {
  link = new FakeLink(MAC, 32);
  now = SECOND;
  const secret = new Uint8Array(96);
  for (let i = 0; i < secret.length; i++) secret[i] = i;
  host = new WebHost(link, secret, 16 * 1024 * 1024);
  host.poll(now);
});

function configured(): void {
  host.configureStatic("10.0.0.2", 24, "");
}

/** What has become more by this frame, and by how much: "arp-refused 1". */
function changes(frame: Uint8Array): string {
  const before: number[] = [];
  for (let i = 0; i < COUNTER_NAMES.length; i++) before.push(host.ip.counters.value(i));
  link.incoming.push(frame);
  host.poll(now);
  let text = "";
  for (let i = 0; i < COUNTER_NAMES.length; i++) {
    const more = host.ip.counters.value(i) - before[i]!;
    if (i !== FRAMES_IN && more > 0) text += `${text === "" ? "" : ", "}${COUNTER_NAMES[i]!} ${more}`;
  }
  return text;
}

function one(counter: number): string {
  return `${COUNTER_NAMES[counter]!} 1`;
}

/** The port from which the last datagram to this port was sent. */
function portOf(to: number): number {
  host.poll(now);
  link.incoming.push(hex(REPLY));
  host.poll(now);
  let port = 0;
  for (const frame of link.drain())
    if (frame[12] === 8 && frame[13] === 0 && frame[23] === 17 && frame[36]! * 256 + frame[37]! === to)
      port = frame[34]! * 256 + frame[35]!;
  return port;
}

describe("a host counts what it throws away", () => {
  test("of ARP: damaged, and from what is no card", () => {
    configured();
    expect(changes(hex("525400123456 020000000001 0806 0001080006040001 0200"))).toBe(one(ARP_REFUSED));
    const group = "525400123456 010000000001 0806 0001080006040001 010000000001 0a000001 000000000000 0a000002";
    expect(changes(hex(group))).toBe(one(ARP_REFUSED));
    expect(changes(hex(REPLY))).toBe("");
  });

  test("of fragments: those that overlap, and those whose rest does not come", () => {
    configured();
    expect(changes(ipv4(17, new Uint8Array(16), 0x2000))).toBe("");
    expect(changes(ipv4(17, new Uint8Array(16), 0x2001))).toBe(one(DATAGRAMS_UNASSEMBLED));
    expect(changes(ipv4(17, new Uint8Array(16), 0x2000))).toBe("");
    now += 60 * SECOND;
    host.poll(now);
    expect(host.ip.counters.value(DATAGRAMS_UNASSEMBLED)).toBe(2);
  });

  test("of ICMP: damaged, and what asks for nothing or tells of nothing of ours", () => {
    configured();
    expect(changes(ipv4(1, hex("0800 0000 0007 0001")))).toBe(one(ICMP_DAMAGED));
    // An error that quotes half a header.
    expect(changes(ipv4(1, summed("0303 0000 00000000 45000020 0000")))).toBe(one(ICMP_DAMAGED));
    expect(changes(ipv4(1, summed("0000 0000 0007 0001")))).toBe(one(ICMP_IGNORED));
    const quoted = "0303 0000 00000000 45000020 00000000 4011 0000 0a000002 0a000009 0401 829a 000c 0000";
    expect(changes(ipv4(1, summed(quoted)))).toBe(one(ICMP_IGNORED));
    expect(changes(ipv4(1, summed("0800 0000 0007 0001")))).toBe("");
  });

  test("of ICMPv6 and its listeners the same", () => {
    host.ipv6.start("2001:db8::2", 64, "", now);
    for (let i = 0; i < 30; i++) {
      now += SECOND / 10;
      host.poll(now);
    }
    expect(changes(ipv6(58, hex("8000 0000 0007 0001")))).toBe(one(ICMP_DAMAGED));
    expect(changes(ipv6(58, summed6("8100 0000 0007 0001")))).toBe(one(ICMP_IGNORED));
    // A query with a hop limit that only a router further away can have brought about.
    expect(changes(ipv6(58, summed6(`8200 0000 2710 0000 ${"00".repeat(16)}`)))).toBe(one(MLD_REFUSED));
  });

  test("of DHCP: what is no answer to what was asked", () => {
    host.configureDhcp("", false);
    host.poll(now);
    const frame = ipv4(17, udp(67, 68, bytesOf("no DHCP")));
    // As servers send: to everybody.
    for (let i = 0; i < 4; i++) frame[30 + i] = 255;
    for (let i = 0; i < 6; i++) frame[i] = 255;
    frame[24] = 0;
    frame[25] = 0;
    nativeStore16(frame, 24, 0xffff ^ nativeChecksum(frame, 14, 20, 0));
    expect(changes(frame)).toBe(one(DHCP_REFUSED));
  });

  test("of DNS and of NTP", () => {
    configured();
    host.names.addServer("10.0.0.1");
    host.names.resolve("example.org", TYPE_A, now);
    const port = portOf(53);
    expect(port).toBeGreaterThan(0);
    expect(changes(ipv4(17, udp(53, port, bytesOf("no answer to anything"))))).toBe(one(DNS_REFUSED));
    host.time.ask("10.0.0.1", now);
    const ntp = portOf(123);
    expect(ntp).toBeGreaterThan(0);
    expect(changes(ipv4(17, udp(123, ntp, new Uint8Array(48))))).toBe(one(NTP_REFUSED));
  });
});

/** ICMP with its checksum. */
function summed(text: string): Uint8Array {
  const bytes = hex(text);
  nativeStore16(bytes, 2, 0xffff ^ nativeChecksum(bytes, 0, bytes.length, 0));
  return bytes;
}

/** The same of ICMPv6, from fe80::1 to 2001:db8::2. */
function summed6(text: string): Uint8Array {
  const bytes = hex(text);
  const pseudo = hex("fe800000000000000000000000000001 20010db8000000000000000000000002 00000000 0000003a");
  nativeStore32(pseudo, 32, bytes.length);
  nativeStore16(bytes, 2, 0xffff ^ nativeChecksum(bytes, 0, bytes.length, nativeChecksum(pseudo, 0, 40, 0)));
  return bytes;
}
