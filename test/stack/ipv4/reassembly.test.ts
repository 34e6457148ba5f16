import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { Ipv4 } from "../../../stack/base/address.ts";
import { DATAGRAM_LIMIT, FRAGMENT_LIMIT, LENGTH_LIMIT, REASSEMBLY_TIMEOUT } from "../../../stack/base/pieces.ts";
import { NEVER } from "../../../stack/base/result.ts";
import { Reassembly } from "../../../stack/ipv4/reassembly.ts";
import { decode, HEADER_LENGTH, Ipv4Header } from "../../../stack/ipv4/wire.ts";
import { pattern } from "../../support/bytes.ts";
import { encodeIpv4 } from "../../support/ipv4.ts";

const PEER = 0x0a000202 as Ipv4;
const US = 0x0a00020f as Ipv4;
/** A header, and the payload that all fragments are pieces of. */
const WHOLE = new Uint8Array(HEADER_LENGTH + LENGTH_LIMIT + 64);
WHOLE.set(pattern(LENGTH_LIMIT + 64), HEADER_LENGTH);
encodeIpv4(WHOLE, 0, {
  source: PEER,
  destination: US,
  protocol: 17,
  totalLength: 28,
  identification: 1,
  flags: 0x2000,
});

function piece(start: number, end: number, more: boolean, identification = 1, ecn = 0): Ipv4Header {
  const header = new Ipv4Header();
  header.ecn = ecn;
  header.source = PEER;
  header.destination = US;
  header.protocol = 17;
  header.identification = identification;
  header.flags = Math.floor(start / 8) + (more ? 0x2000 : 0);
  header.headerLength = HEADER_LENGTH;
  header.payloadOffset = HEADER_LENGTH + start;
  header.payloadLength = end - start;
  return header;
}

let reassembly: Reassembly;
beforeEach(() => {
  reassembly = new Reassembly();
});

describe("reassembly", () => {
  test("fragments in any order, repeated or not, give the datagram back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 7 }),
        fc.infiniteStream(fc.nat(1000)),
        (eighths, tail, random) => {
          const r = new Reassembly();
          const pieces: Ipv4Header[] = [];
          let at = 0;
          for (const n of eighths) {
            pieces.push(piece(at, at + n * 8, true));
            at += n * 8;
          }
          pieces.push(piece(at, at + tail, false));
          for (let i = pieces.length - 1; i > 0; i--) {
            const j = (random.next().value as number) % (i + 1);
            [pieces[i], pieces[j]] = [pieces[j]!, pieces[i]!];
          }
          for (let i = 0; i < pieces.length - 1; i++) {
            expect(r.input(pieces[i]!, WHOLE, 0)).toBe(false);
            expect(r.input(pieces[i]!, WHOLE, 0)).toBe(false);
          }
          expect(r.input(pieces[pieces.length - 1]!, WHOLE, 0)).toBe(true);
          const whole = new Ipv4Header();
          expect(decode(r.bytes, r.offset, r.length, whole)).toBe(0);
          expect([whole.source, whole.destination, whole.protocol, whole.timeToLive]).toEqual([PEER, US, 17, 64]);
          expect([whole.isFragment(), whole.identification]).toEqual([false, 1]);
          expect(whole.payloadLength).toBe(at + tail);
          const payload = r.bytes.slice(whole.payloadOffset, whole.payloadOffset + whole.payloadLength);
          expect(payload).toEqual(WHOLE.slice(HEADER_LENGTH, HEADER_LENGTH + at + tail));
        },
      ),
      { numRuns: 100 },
    );
  });

  test("overlapping fragments end the datagram", () => {
    reassembly.input(piece(0, 16, true), WHOLE, 0);
    expect(reassembly.input(piece(8, 24, true), WHOLE, 0)).toBe(false);
    expect(reassembly.dropped).toBe(1);
    expect(reassembly.input(piece(16, 24, false), WHOLE, 0)).toBe(false);
  });

  test("fragments beyond the end, and two different ends, end the datagram", () => {
    reassembly.input(piece(16, 24, false), WHOLE, 0);
    reassembly.input(piece(24, 32, true), WHOLE, 0);
    expect(reassembly.dropped).toBe(1);
    reassembly.input(piece(16, 24, true, 2), WHOLE, 0);
    reassembly.input(piece(0, 8, false, 2), WHOLE, 0);
    expect(reassembly.dropped).toBe(2);
    reassembly.input(piece(16, 24, false, 3), WHOLE, 0);
    reassembly.input(piece(32, 40, false, 3), WHOLE, 0);
    expect(reassembly.dropped).toBe(3);
  });

  test("a mark on any fragment is one on the datagram, but not where a sender knows of none (RFC 3168 5.3)", () => {
    const marked = WHOLE.slice();
    for (const [first, second, whole] of [
      [0, 0, 0],
      [2, 2, 2],
      [1, 1, 1],
      [3, 3, 3],
      [2, 3, 3],
      [3, 1, 3],
      [2, 1, 2],
      [0, 3, -1],
      [3, 0, -1],
    ] as const) {
      const r = new Reassembly();
      marked[1] = first;
      expect(r.input(piece(0, 8, true, 1, first), marked, 0)).toBe(false);
      expect(r.input(piece(8, 12, false, 1, second), marked, 0)).toBe(whole >= 0);
      expect(r.dropped).toBe(whole >= 0 ? 0 : 1);
      if (whole < 0) continue;
      const header = new Ipv4Header();
      expect(decode(r.bytes, r.offset, r.length, header)).toBe(0);
      expect(header.ecn).toBe(whole);
    }
  });

  test("datagrams with different keys do not mix", () => {
    reassembly.input(piece(0, 8, true, 1), WHOLE, 0);
    expect(reassembly.input(piece(8, 12, false, 2), WHOLE, 0)).toBe(false);
    const other = piece(8, 12, false, 1);
    other.protocol = 1;
    expect(reassembly.input(other, WHOLE, 0)).toBe(false);
    expect(reassembly.input(piece(8, 12, false, 1), WHOLE, 0)).toBe(true);
  });

  test("a datagram longer than LENGTH_LIMIT is given up", () => {
    expect(reassembly.input(piece(LENGTH_LIMIT - 8, LENGTH_LIMIT, true), WHOLE, 0)).toBe(false);
    expect(reassembly.dropped).toBe(0);
    reassembly.input(piece(LENGTH_LIMIT, LENGTH_LIMIT + 8, true), WHOLE, 0);
    expect(reassembly.dropped).toBe(1);
  });

  test("more than FRAGMENT_LIMIT fragments are given up", () => {
    for (let i = 0; i < FRAGMENT_LIMIT; i++) reassembly.input(piece(i * 8, i * 8 + 8, true), WHOLE, 0);
    expect(reassembly.dropped).toBe(0);
    reassembly.input(piece(FRAGMENT_LIMIT * 8, FRAGMENT_LIMIT * 8 + 8, true), WHOLE, 0);
    expect(reassembly.dropped).toBe(1);
  });

  test("one datagram more than DATAGRAM_LIMIT drives out the oldest", () => {
    for (let i = 0; i <= DATAGRAM_LIMIT; i++) reassembly.input(piece(0, 8, true, i), WHOLE, i);
    expect(reassembly.dropped).toBe(1);
    for (let i = DATAGRAM_LIMIT; i >= 1; i--) expect(reassembly.input(piece(8, 9, false, i), WHOLE, 10)).toBe(true);
    expect(reassembly.input(piece(8, 9, false, 0), WHOLE, 10)).toBe(false);
  });

  test("what stays incomplete is given up after the timeout", () => {
    expect(reassembly.nextDeadline()).toBe(NEVER);
    reassembly.input(piece(0, 8, true), WHOLE, 100);
    expect(reassembly.nextDeadline()).toBe(100 + REASSEMBLY_TIMEOUT);
    reassembly.step(100 + REASSEMBLY_TIMEOUT);
    expect(reassembly.dropped).toBe(1);
    expect(reassembly.nextDeadline()).toBe(NEVER);
    expect(reassembly.input(piece(8, 9, false), WHOLE, 100 + REASSEMBLY_TIMEOUT)).toBe(false);
  });
});
