import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Seq } from "../../../stack/base/seq.ts";
import { ACK, DECODE_BAD_OFFSET, DECODE_TOO_SHORT, decode, encode, Segment, SYN } from "../../../stack/tcp/wire.ts";

function bytes(hex: string): Uint8Array {
  const text = hex.replaceAll(" ", "");
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

// A SYN as Linux sends it: MSS 1460, SACK permitted, timestamps, NOP, window scale 7.
const LINUX_SYN = bytes(
  "d904 0050 4f9c1a20 00000000 a002 faf0 1234 0000 0204 05b4 0402 080a 7b3a0f11 00000000 01 030307",
);
// An ACK with data "hi" and the usual timestamp block.
const DATA = bytes("0050 d904 00000001 fffffffe 8018 01f5 0000 0000 0101 080a 00000005 7b3a0f11 6869");

describe("decode", () => {
  test("reads the options of a SYN", () => {
    const s = new Segment();
    expect(decode(LINUX_SYN, 0, LINUX_SYN.length, s)).toBe(0);
    expect(s.sourcePort).toBe(0xd904);
    expect(s.destinationPort).toBe(80);
    expect(s.seq).toBe(0x4f9c1a20);
    expect(s.flags).toBe(SYN);
    expect(s.window).toBe(64_240);
    expect([s.mss, s.scale]).toEqual([1460, 7]);
    expect([s.hasTimestamps, s.tsValue, s.tsEcho]).toEqual([true, 0x7b3a0f11, 0]);
    expect(s.payloadLength).toBe(0);
  });

  test("finds payload and timestamps of a data segment that lies anywhere in a buffer", () => {
    const s = new Segment();
    const buffer = new Uint8Array(100);
    buffer.set(DATA, 33);
    expect(decode(buffer, 33, DATA.length, s)).toBe(0);
    expect([s.seq, s.ack]).toEqual([1, 0xfffffffe]);
    expect([s.payloadOffset, s.payloadLength]).toEqual([33 + 32, 2]);
    expect([s.hasTimestamps, s.tsValue, s.tsEcho]).toEqual([true, 5, 0x7b3a0f11]);
  });

  test("refuses a segment shorter than its header", () => {
    const s = new Segment();
    expect(decode(DATA, 0, 19, s)).toBe(DECODE_TOO_SHORT);
    expect(decode(DATA, 0, 31, s)).toBe(DECODE_BAD_OFFSET);
    const small = DATA.slice();
    small[12] = 0x40;
    expect(decode(small, 0, small.length, s)).toBe(DECODE_BAD_OFFSET);
  });

  test("ends at a malformed option and keeps what came before it", () => {
    const s = new Segment();
    for (const rest of ["0300 0101", "0301 0101", "030a 0101", "0101 0103", "0000 0303"]) {
      const segment = bytes(`d904 0050 00000000 00000000 7002 faf0 0000 0000 0204 05b4 ${rest}`);
      expect(decode(segment, 0, segment.length, s)).toBe(0);
      expect([s.mss, s.scale]).toEqual([1460, -1]);
    }
  });

  test("knows an option by its kind and its length", () => {
    const cases: ReadonlyArray<readonly [options: string, mss: number, scale: number, stamped: boolean]> = [
      ["020405b4 03030700 00000000 00000000", 1460, 7, false],
      ["080a0000 00010000 00020303 07000000", 0, 7, true],
      // Of another kind, or another length: skipped, and what follows is read.
      ["fd0a0000 00010000 00020303 07000000", 0, 7, false],
      ["08090000 00010000 00030307 01010000", 0, 7, false],
      ["02030502 04040000 00000000 00000000", 1024, -1, false],
      ["03040700 03030500 00000000 00000000", 0, 5, false],
      ["fd0405b4 fd030700 00000000 00000000", 0, -1, false],
    ];
    for (const [options, mss, scale, stamped] of cases) {
      const s = new Segment();
      const segment = bytes(`d904 0050 00000000 00000000 9002 faf0 0000 0000 ${options}`);
      expect(decode(segment, 0, segment.length, s)).toBe(0);
      expect([options, s.mss, s.scale]).toEqual([options, mss, scale]);
      expect(s.hasTimestamps).toBe(stamped);
    }
  });

  test("takes MSS and scale from a SYN only", () => {
    const s = new Segment();
    const segment = LINUX_SYN.slice();
    decode(LINUX_SYN, 0, LINUX_SYN.length, s);
    segment[13] = ACK;
    segment[22] = 9;
    expect(decode(segment, 0, segment.length, s)).toBe(0);
    expect(s.mss).toBe(1460);
  });

  test("never throws and never reads beyond the range", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (garbage) => {
        const s = new Segment();
        const error = decode(garbage, 0, garbage.length, s);
        if (error === 0) expect(s.payloadOffset + s.payloadLength).toBe(garbage.length);
      }),
      { numRuns: 200 },
    );
  });
});

describe("encode and decode", () => {
  test("give back what went in", () => {
    const u16 = fc.integer({ min: 0, max: 0xffff });
    const u32 = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(u16, u16, u32, u32, fc.integer({ min: 0, max: 31 }), u16, u32, (a, b, seq, ack, flags, w, ts) => {
        const into = new Uint8Array(64);
        const out = new Segment();
        out.sourcePort = a;
        out.destinationPort = b;
        out.seq = seq as Seq;
        out.ack = ack as Seq;
        out.flags = flags;
        out.window = w;
        out.mss = w;
        out.scale = w % 15;
        out.hasTimestamps = true;
        out.tsValue = ts;
        out.tsEcho = ack;
        const length = encode(into, 0, out);
        const s = new Segment();
        expect(decode(into, 0, length, s)).toBe(0);
        expect([s.sourcePort, s.destinationPort, s.seq, s.ack, s.flags, s.window]).toEqual([a, b, seq, ack, flags, w]);
        expect([s.hasTimestamps, s.tsValue, s.tsEcho]).toEqual([true, ts, ack]);
        if ((flags & SYN) !== 0) expect([s.mss, s.scale]).toEqual([w, w % 15]);
      }),
      { numRuns: 200 },
    );
  });
});
