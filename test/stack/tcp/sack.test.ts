import { describe, expect, test } from "vitest";
import type { Seq } from "../../../stack/base/seq.ts";
import { ACK, decode, encode, Segment, SYN } from "../../../stack/tcp/wire.ts";
import { Bench, PATTERN, type SegmentFields } from "./harness.ts";

/** The blocks of a segment, relative to `base`. */
function blocks(segment: Segment, base: number): number[][] {
  const out: number[][] = [];
  for (let i = 0; i < segment.sacks; i++)
    out.push([(segment.sackStarts[i]! - base) | 0, (segment.sackEnds[i]! - base) | 0]);
  return out;
}

function permitted(fields: SegmentFields = {}): Bench {
  const bench = new Bench();
  const synAck = bench.accept({ ...fields, sackPermitted: true });
  expect(synAck.sackPermitted).toBe(true);
  return bench;
}

function data(bench: Bench, base: number, from: number, length: number, fields: SegmentFields = {}): number[][] {
  const segments = bench.receive({ ...fields, seq: base + from, data: PATTERN.slice(from, from + length) });
  return segments.length === 0 ? [] : blocks(segments[segments.length - 1]!, base);
}

describe("the options (RFC 2018 2, 3)", () => {
  test("are written and read", () => {
    for (let count = 0; count <= 4; count++) {
      const bytes = new Uint8Array(80);
      const out = new Segment();
      out.flags = ACK;
      for (let i = 0; i < count; i++) {
        out.sackStarts[i] = (1000 * i + 0xffff_f000) as Seq;
        out.sackEnds[i] = ((1000 * i + 0xffff_f000 + 500) >>> 0) as Seq;
      }
      out.sacks = count;
      out.hasTimestamps = count < 4;
      const length = encode(bytes, 0, out);
      expect(length).toBe(20 + (count < 4 ? 12 : 0) + (count > 0 ? 4 + 8 * count : 0));
      const back = new Segment();
      expect(decode(bytes, 0, length, back)).toBe(0);
      expect(back.hasTimestamps).toBe(count < 4);
      expect(blocks(back, 0)).toEqual(blocks(out, 0));
    }
  });

  test("of a length that no number of blocks has are passed over, what follows is read", () => {
    for (const length of [2, 3, 9, 11, 34, 42]) {
      const bytes = new Uint8Array(60);
      bytes[12] = 0xf0;
      bytes[13] = ACK;
      bytes[20] = 5;
      bytes[21] = length;
      if (length <= 30) {
        bytes[20 + length] = 8;
        bytes[21 + length] = 10;
      }
      const segment = new Segment();
      segment.sacks = 3;
      expect(decode(bytes, 0, 60, segment)).toBe(0);
      expect([length, segment.sacks]).toEqual([length, length === 34 ? 4 : 0]);
      expect([length, segment.hasTimestamps]).toEqual([length, length <= 30]);
    }
  });

  test("permission is asked for in each SYN, given to who asks, and means nothing elsewhere", () => {
    const bench = new Bench();
    expect(bench.receive({ flags: SYN, sackPermitted: true })[0]!.sackPermitted).toBe(true);
    expect(new Bench().receive({ flags: SYN })[0]!.sackPermitted).toBe(false);
    expect(new Bench().connect().sackPermitted).toBe(true);
  });

  test("a cookie gives none: it would not remember it", () => {
    const bench = new Bench((limits) => {
      limits.halfOpen = 0;
    });
    expect(bench.receive({ flags: SYN, sackPermitted: true })[0]!.sackPermitted).toBe(false);
  });
});

describe("what has come out of order is reported (RFC 2018 4)", () => {
  test("the interval of the newest segment first, then those changed before it", () => {
    const bench = permitted();
    const base = bench.seq;
    expect(data(bench, base, 100, 50)).toEqual([[100, 150]]);
    expect(data(bench, base, 300, 50)).toEqual([
      [300, 350],
      [100, 150],
    ]);
    expect(data(bench, base, 500, 50)).toEqual([
      [500, 550],
      [300, 350],
      [100, 150],
    ]);
    expect(data(bench, base, 150, 50)).toEqual([
      [100, 200],
      [500, 550],
      [300, 350],
    ]);
    expect(data(bench, base, 0, 100)).toEqual([
      [500, 550],
      [300, 350],
    ]);
    expect(data(bench, base, 200, 350)).toEqual([]);
  });

  test("four blocks at most, three beside timestamps", () => {
    for (const [fields, most] of [
      [{}, 4],
      [{ timestamps: [5, 0] }, 3],
    ] as ReadonlyArray<readonly [SegmentFields, number]>) {
      const bench = permitted(fields);
      const base = bench.seq;
      let last: number[][] = [];
      for (let i = 1; i <= 6; i++) last = data(bench, base, i * 100, 50, fields);
      expect(last).toHaveLength(most);
      expect(last[0]).toEqual([600, 650]);
    }
  });

  test("to nobody who has not permitted it", () => {
    const bench = new Bench();
    bench.accept();
    expect(data(bench, bench.seq, 100, 50)).toEqual([]);
  });

  test("in ACKs, not in segments with data", () => {
    const bench = permitted();
    const base = bench.seq;
    bench.send(100);
    const segments = bench.receive({ seq: base + 200, data: PATTERN.slice(200, 250) });
    expect(segments.map((s) => [s.payloadLength, s.sacks])).toEqual([
      [0, 1],
      [100, 0],
    ]);
  });
});

describe("what has come twice is reported once (RFC 2883)", () => {
  test("below the ACK", () => {
    const bench = permitted();
    const base = bench.seq;
    data(bench, base, 0, 100);
    expect(data(bench, base, 0, 100)).toEqual([[0, 100]]);
    expect(data(bench, base, 300, 50)).toEqual([[300, 350]]);
  });

  test("in part", () => {
    const bench = permitted();
    const base = bench.seq;
    data(bench, base, 0, 100);
    expect(data(bench, base, 50, 100)).toEqual([[50, 100]]);
  });

  test("within an interval, which comes second", () => {
    const bench = permitted();
    const base = bench.seq;
    data(bench, base, 500, 100);
    data(bench, base, 200, 100);
    expect(data(bench, base, 520, 20)).toEqual([
      [520, 540],
      [500, 600],
      [200, 300],
    ]);
  });
});
