import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { Ipv4 } from "../../../stack/base/address.ts";
import { writeU16 } from "../../../stack/base/bytes.ts";
import { ERRORS_SUPPRESSED } from "../../../stack/base/counters.ts";
import { equalBytes, sumBytes } from "../../../stack/base/native.ts";
import type { Packet } from "../../../stack/base/packet.ts";
import type { Path } from "../../../stack/base/path.ts";
import {
  ERROR_PORT_UNREACHABLE,
  ERROR_TOO_BIG,
  ERROR_UNREACHABLE,
  type Quotation,
} from "../../../stack/base/quotation.ts";
import { SECOND } from "../../../stack/base/result.ts";
import { ERROR_BURST, ERRORS_PER_SECOND, Icmp, IcmpUser } from "../../../stack/icmp/machine.ts";
import {
  decode,
  encode,
  ICMP_CHECKSUM,
  ICMP_QUOTATION,
  ICMP_TRUNCATED,
  IcmpMessage,
  KIND_OTHER,
} from "../../../stack/icmp/wire.ts";
import { bytesOf, hex, pattern, toHex } from "../../support/bytes.ts";
import { FakeIpSink } from "../../support/fake-ip-sink.ts";
import { encodeIpv4, packetOf } from "../../support/ipv4.ts";

const US = 0x0a00020f as Ipv4;
const PEER = 0x0a000202 as Ipv4;

class Recorder extends IcmpUser {
  readonly seen: number[][] = [];
  networkError(q: Quotation): void {
    this.seen.push([q.error, q.path, q.protocol, q.localPort, q.remotePort, q.sequence, q.length, q.mtu]);
  }
}

/** A datagram from PEER to us with this payload. */
function datagram(protocol: number, payload: Uint8Array): Packet {
  const bytes = new Uint8Array(20 + payload.length);
  encodeIpv4(bytes, 0, { source: PEER, destination: US, protocol, totalLength: bytes.length, identification: 7 });
  bytes.set(payload, 20);
  return packetOf(path, protocol, bytes, 20);
}

/** An error message of this type and code about a TCP segment of ours. */
function error(type: number, code: number, rest: number, destination = PEER): Uint8Array {
  const bytes = new Uint8Array(8 + 28);
  encodeIpv4(bytes, 8, { source: US, destination, protocol: 6, totalLength: 1500, flags: 0x4000 });
  writeU16(bytes, 28, 49_152);
  writeU16(bytes, 30, 80);
  writeU16(bytes, 32, 0xdead);
  writeU16(bytes, 34, 0xbeef);
  encode(bytes, 0, type, code, rest, bytes.length);
  return bytes;
}

let icmp: Icmp;
let sink: FakeIpSink;
let user: Recorder;
let path: Path;
beforeEach(() => {
  sink = new FakeIpSink();
  user = new Recorder();
  icmp = new Icmp(sink, user);
  path = sink.paths.open4(US, PEER);
});

function input(payload: Uint8Array, unicast = true): number {
  const packet = datagram(1, payload);
  packet.unicast = unicast;
  return icmp.input(packet, 0);
}

describe("ICMP", () => {
  test("a literal echo is answered with identifier, number and data as they came", () => {
    const echo = hex("0800 0000 1234 0001 6162636465666768");
    writeU16(echo, 2, 0xffff ^ sumBytes(echo, 0, echo.length, 0));
    expect(input(echo)).toBe(0);
    const [reply] = sink.drain();
    expect([reply!.source, reply!.destination, reply!.protocol]).toEqual([US, PEER, 1]);
    expect(toHex(reply!.bytes, 4)).toBe("123400016162636465666768");
    expect(reply!.bytes[0]).toBe(0);
    expect(sumBytes(reply!.bytes, 0, reply!.bytes.length, 0)).toBe(0xffff);
    expect(reply!.dontFragment).toBe(false);
  });

  test("an echo of any length and content has a reply with a right checksum", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.integer({ min: 0, max: 3000 }), (data, more) => {
        const echo = new Uint8Array(8 + data.length + more);
        echo.set(data, 8);
        echo.set(pattern(more), 8 + data.length);
        encode(echo, 0, 8, 0, 0x11223344, echo.length);
        expect(input(echo)).toBe(0);
        const [reply] = sink.drain();
        expect(reply!.bytes.length).toBe(echo.length);
        expect(equalBytes(reply!.bytes, 4, echo, 4, echo.length - 4)).toBe(true);
        expect(sumBytes(reply!.bytes, 0, reply!.bytes.length, 0)).toBe(0xffff);
      }),
    );
  });

  test("an echo of nothing but zeros has a reply with a right checksum", () => {
    const echo = new Uint8Array(64);
    encode(echo, 0, 8, 0, 0, echo.length);
    input(echo);
    expect(sumBytes(sink.packets[0]!.bytes, 0, 64, 0)).toBe(0xffff);
  });

  test("an echo to everybody, and one when nothing can be sent, stay without an answer", () => {
    const echo = new Uint8Array(16);
    encode(echo, 0, 8, 0, 1, 16);
    input(echo, false);
    sink.free = 0;
    input(echo);
    expect(sink.packets).toHaveLength(0);
  });

  test("errors are told with what they quote, those that say nothing to a transport are not", () => {
    for (const [type, code] of [
      [3, 0],
      [3, 1],
      [3, 2],
      [3, 3],
      [3, 4],
      [3, 13],
      [11, 0],
    ])
      expect(input(error(type!, code!, 1400))).toBe(0);
    for (const seen of user.seen) {
      expect(seen.slice(1, 7)).toEqual([path, 6, 49_152, 80, 0xdeadbeef, 1500]);
      expect(seen[7]).toBe(seen[0] === ERROR_TOO_BIG ? 1400 : 0);
    }
    expect(user.seen.map((seen) => seen[0])).toEqual([
      ERROR_UNREACHABLE,
      ERROR_UNREACHABLE,
      ERROR_UNREACHABLE,
      ERROR_PORT_UNREACHABLE,
      ERROR_TOO_BIG,
      ERROR_UNREACHABLE,
    ]);
  });

  test("an error about a peer that we never spoke to is not believed, and enters nothing", () => {
    const before = sink.paths.size;
    expect(input(error(3, 1, 0, 0x0a0002aa as Ipv4))).toBe(0);
    expect(user.seen).toHaveLength(0);
    expect(sink.paths.size).toBe(before);
  });

  test("damage is refused, source quench and redirects mean nothing", () => {
    expect(input(new Uint8Array(7))).toBe(ICMP_TRUNCATED);
    const flipped = error(3, 3, 0);
    flipped[20] = flipped[20]! ^ 1;
    expect(input(flipped)).toBe(ICMP_CHECKSUM);
    const short = error(3, 3, 0).slice(0, 30);
    encode(short, 0, 3, 3, 0, short.length);
    expect(input(short)).toBe(ICMP_QUOTATION);
    const later = error(3, 3, 0);
    writeU16(later, 8 + 6, 100);
    encode(later, 0, 3, 3, 0, later.length);
    expect(input(later)).toBe(ICMP_QUOTATION);
    const message = new IcmpMessage();
    for (const type of [4, 5, 13]) {
      const bytes = error(type, 0, 0);
      expect(decode(bytes, 0, bytes.length, message)).toBe(0);
      expect(message.kind).toBe(KIND_OTHER);
    }
    expect(user.seen).toHaveLength(0);
  });

  test("any bytes give a number and no exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 80 }), fc.boolean(), (bytes, repair) => {
        const copy = new Uint8Array(bytes);
        if (repair) encode(copy, 0, copy[0]! % 13, copy[1]! % 16, 0, copy.length);
        expect(decode(copy, 0, copy.length, new IcmpMessage())).toBeLessThanOrEqual(3);
      }),
    );
  });

  test("the sender of a datagram to a closed port is told, with the head of its datagram", () => {
    const packet = datagram(17, bytesOf("abcdefghijkl"));
    icmp.portUnreachable(packet, 0);
    const [sent] = sink.drain();
    expect([sent!.source, sent!.destination, sent!.protocol]).toEqual([US, PEER, 1]);
    expect(toHex(sent!.bytes, 0, 2)).toBe("0303");
    expect(sent!.bytes.slice(8)).toEqual(packet.bytes.slice(0, 28));
    expect(sumBytes(sent!.bytes, 0, sent!.bytes.length, 0)).toBe(0xffff);
  });

  test("no error is sent about ICMP, nor about what was sent to a group", () => {
    icmp.protocolUnreachable(datagram(1, new Uint8Array(8)), 0);
    const group = datagram(17, new Uint8Array(8));
    group.unicast = false;
    icmp.portUnreachable(group, 0);
    expect(sink.packets).toHaveLength(0);
  });

  test("errors are limited to a burst and then to so many a second", () => {
    const packet = datagram(17, new Uint8Array(8));
    for (let i = 0; i < 100; i++) icmp.portUnreachable(packet, 5 * SECOND);
    expect(sink.drain()).toHaveLength(ERROR_BURST);
    for (let i = 0; i < 1000; i++) icmp.portUnreachable(packet, 5 * SECOND + i * 1000);
    expect(sink.drain().length).toBe(ERRORS_PER_SECOND - 1);
    expect(sink.counters.value(ERRORS_SUPPRESSED)).toBe(80 + 1000 - ERRORS_PER_SECOND + 1);
  });
});
