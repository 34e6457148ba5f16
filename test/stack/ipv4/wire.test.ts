import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Ipv4 } from "../../../stack/base/address.ts";
import { writeU16 } from "../../../stack/base/bytes.ts";
import { sumBytes } from "../../../stack/base/native.ts";
import {
  changeTotalLength,
  DONT_FRAGMENT,
  decode,
  HEADER_LENGTH,
  IPV4_CHECKSUM,
  IPV4_FRAGMENT,
  IPV4_HEADER_LENGTH,
  IPV4_MARTIAN,
  IPV4_TOTAL_LENGTH,
  IPV4_TRUNCATED,
  IPV4_VERSION,
  Ipv4Header,
  MORE_FRAGMENTS,
} from "../../../stack/ipv4/wire.ts";
import { hex } from "../../support/bytes.ts";
import { encodeIpv4 } from "../../support/ipv4.ts";

// A UDP datagram's header as Wikipedia and many courses show it: checksum b861.
const VECTOR = hex("4500 0073 0000 4000 4011 b861 c0a80001 c0a800c7");

function packet(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = new Uint8Array(0x73);
  bytes.set(VECTOR);
  change(bytes);
  writeU16(bytes, 10, 0);
  writeU16(bytes, 10, 0xffff ^ sumBytes(bytes, 0, Math.min(60, Math.max(20, (bytes[0]! & 15) * 4)), 0));
  return bytes;
}

function decodeChanged(change: (bytes: Uint8Array) => void): number {
  const bytes = packet(change);
  return decode(bytes, 0, bytes.length, new Ipv4Header());
}

describe("the IPv4 header", () => {
  test("with another total length is as if written with it", () => {
    const word = fc.nat(0xffff);
    const address = fc.nat(0xffffffff) as fc.Arbitrary<Ipv4>;
    fc.assert(
      fc.property(address, address, word, word, word, (source, destination, before, after, flags) => {
        const changed = new Uint8Array(HEADER_LENGTH + 1);
        const written = new Uint8Array(HEADER_LENGTH + 1);
        const fields = { source, destination, protocol: 6, identification: 7, flags };
        encodeIpv4(changed, 1, { ...fields, totalLength: before });
        encodeIpv4(written, 1, { ...fields, totalLength: after });
        changeTotalLength(changed, 1, after);
        expect(changed).toEqual(written);
        expect(sumBytes(changed, 1, HEADER_LENGTH, 0)).toBe(0xffff);
      }),
    );
  });

  test("a published header is read", () => {
    const bytes = packet(() => {});
    expect(bytes.slice(0, 20)).toEqual(VECTOR);
    const header = new Ipv4Header();
    expect(decode(bytes, 0, bytes.length, header)).toBe(0);
    expect(header.source).toBe(0xc0a80001);
    expect(header.destination).toBe(0xc0a800c7);
    expect(header.protocol).toBe(17);
    expect(header.timeToLive).toBe(64);
    expect(header.flags).toBe(DONT_FRAGMENT);
    expect(header.isFragment()).toBe(false);
    expect(header.payloadOffset).toBe(20);
    expect(header.payloadLength).toBe(0x73 - 20);
  });

  test("a published header is written", () => {
    const bytes = new Uint8Array(HEADER_LENGTH);
    const [source, destination] = [0xc0a80001 as Ipv4, 0xc0a800c7 as Ipv4];
    encodeIpv4(bytes, 0, { source, destination, protocol: 17, totalLength: 0x73, flags: DONT_FRAGMENT });
    expect(bytes).toEqual(VECTOR);
  });

  test("options are skipped and padding is cut off", () => {
    const bytes = packet((b) => {
      b[0] = 0x46;
      b[3] = 40;
    });
    const header = new Ipv4Header();
    expect(decode(bytes, 0, bytes.length, header)).toBe(0);
    expect(header.payloadOffset).toBe(24);
    expect(header.payloadLength).toBe(16);
  });

  test("each damage has its error", () => {
    const header = new Ipv4Header();
    expect(decode(VECTOR, 0, 19, header)).toBe(IPV4_TRUNCATED);
    expect(decode(VECTOR, 0, 20, header)).toBe(IPV4_TOTAL_LENGTH);
    expect(decodeChanged((b) => (b[0] = 0x65))).toBe(IPV4_VERSION);
    expect(decodeChanged((b) => (b[0] = 0x44))).toBe(IPV4_HEADER_LENGTH);
    expect(decodeChanged((b) => (b[3] = 19))).toBe(IPV4_TOTAL_LENGTH);
    const damaged = packet(() => {});
    damaged[8] = 63;
    expect(decode(damaged, 0, damaged.length, header)).toBe(IPV4_CHECKSUM);
  });

  test("sources that no host has, and loopback, are refused (RFC 1122 3.2.1.3)", () => {
    for (const top of [0, 127, 224, 240, 255]) expect(decodeChanged((b) => (b[12] = top))).toBe(IPV4_MARTIAN);
    expect(decodeChanged((b) => (b[16] = 127))).toBe(IPV4_MARTIAN);
  });

  test("fragments that could not be part of a datagram are refused", () => {
    // Reaches beyond 65,535 bytes.
    expect(decodeChanged((b) => writeU16(b, 6, 0x1fff))).toBe(IPV4_FRAGMENT);
    // Not the last, and 95 bytes long.
    expect(decodeChanged((b) => writeU16(b, 6, MORE_FRAGMENTS))).toBe(IPV4_FRAGMENT);
    // Not the last, and empty.
    expect(
      decodeChanged((b) => {
        b[3] = 20;
        writeU16(b, 6, MORE_FRAGMENTS);
      }),
    ).toBe(IPV4_FRAGMENT);
  });

  test("what is written is read back", () => {
    const address = fc.integer({ min: 0x01000000, max: 0x7effffff });
    fc.assert(
      fc.property(
        address,
        address,
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 20, max: 1500 }),
        fc.integer({ min: 0, max: 0xffff }),
        fc.integer({ min: 0, max: 255 }),
        (source, destination, protocol, total, identification, life) => {
          const bytes = new Uint8Array(1510);
          const addresses = { source: source as Ipv4, destination: destination as Ipv4 };
          encodeIpv4(bytes, 7, { ...addresses, protocol, totalLength: total, identification, timeToLive: life });
          const header = new Ipv4Header();
          expect(decode(bytes, 7, 1503, header)).toBe(0);
          expect([header.source, header.destination, header.protocol]).toEqual([source, destination, protocol]);
          expect([header.totalLength, header.identification, header.timeToLive]).toEqual([total, identification, life]);
        },
      ),
    );
  });

  test("any bytes give a number and no exception, and a range that lies within them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (random, repair) => {
        const bytes = random;
        if (repair && bytes.length >= 20) {
          bytes[0] = 0x45;
          bytes[2] = 0;
          writeU16(bytes, 10, 0);
          writeU16(bytes, 10, 0xffff ^ sumBytes(bytes, 0, 20, 0));
        }
        const header = new Ipv4Header();
        if (decode(bytes, 0, bytes.length, header) !== 0) return;
        expect(header.payloadOffset + header.payloadLength).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 200 },
    );
  });
});
