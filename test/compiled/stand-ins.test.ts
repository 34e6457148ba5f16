// What compiled tests stand on, as Node has it: this file runs on Node with vitest and fast-check themselves, and compiled
// with the stand-ins for them.

import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

describe("a loop whose functions are kept", () => {
  const kept: (() => string)[] = [];
  const rows: ReadonlyArray<readonly [name: string, value: number]> = [
    ["a", 1],
    ["b", 2],
  ];
  const records: ReadonlyArray<{ readonly name: string; readonly value: number }> = [
    { name: "c", value: 3 },
    { name: "d", value: 4 },
  ];
  for (const [name, value] of rows) kept.push(() => `${name}${value}`);
  for (const { name, value: worth } of records) kept.push(() => `${name}${worth}`);
  for (const row of rows) {
    const [name] = row;
    kept.push(() => name);
  }
  for (const [text, base] of [
    ["11", 2],
    ["ff", 16],
  ] as const)
    kept.push(() => `${Number.parseInt(text, base)}`);
  for (let i = 0; i < 2; i++) kept.push(() => `${i}`);

  test("gives each what its own round had", () => {
    expect(kept.map((f) => f()).join(" ")).toBe("a1 b2 c3 d4 a b 3 255 0 1");
  });
});

describe("the library", () => {
  test("replaces one or all", () => {
    expect("a-b-c".replace("-", "+")).toBe("a+b-c");
    expect("a-b-c".replaceAll("-", "")).toBe("abc");
    expect("abc".replace("x", "y")).toBe("abc");
  });

  test("writes and reads numbers in a base", () => {
    expect((0).toString(16)).toBe("0");
    expect((0xdeadbeef).toString(16)).toBe("deadbeef");
    expect((10).toString(2)).toBe("1010");
    expect((1.5).toString()).toBe("1.5");
    expect(0xff).toBe(255);
  });

  test("makes lists and bytes", () => {
    expect(Array.from({ length: 3 }, (_, i) => i * i)).toEqual([0, 1, 4]);
    expect(Uint8Array.from({ length: 3 }, (_, i) => i + 255)).toEqual(new Uint8Array([255, 0, 1]));
    const bytes = Uint8Array.from([1, 2, 3, 4]);
    bytes.set([8, 9], 1);
    expect(bytes).toEqual(new Uint8Array([1, 8, 9, 4]));
    bytes.fill(7);
    expect([...bytes]).toEqual([7, 7, 7, 7]);
  });

  test("knows what is no number", () => {
    expect(Number.NaN).toBe(Number.NaN);
    expect(Number.NaN).not.toBe(0);
  });
});

describe("hooks", () => {
  const log: string[] = [];
  beforeEach(() => {
    log.push("before");
  });
  afterEach(() => {
    log.push("after");
  });
  describe("and those within", () => {
    beforeEach(() => {
      log.push("inner");
    });
    test("come in their order", () => {
      expect(log).toEqual(["before", "inner"]);
    });
  });
  test("and are over before the next test", () => {
    expect(log).toEqual(["before", "inner", "after", "before"]);
  });
});

describe("generated values", () => {
  test("reach both ends of their range, and stay within", () => {
    const seen = { least: 9, most: 0 };
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 6 }), (n) => {
        expect(n).toBeGreaterThanOrEqual(3);
        expect(n).toBeLessThanOrEqual(6);
        seen.least = Math.min(seen.least, n);
        seen.most = Math.max(seen.most, n);
      }),
      { numRuns: 200 },
    );
    expect([seen.least, seen.most]).toEqual([3, 6]);
  });

  test("take every form of a choice, and lists every length", () => {
    let numbers = 0;
    let texts = 0;
    let empty = 0;
    let full = 0;
    const either = fc.oneof(
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("number" as const), n: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("text" as const), t: fc.string({ maxLength: 3 }) }) },
    );
    fc.assert(
      fc.property(fc.array(either, { maxLength: 4 }), fc.uint8Array({ minLength: 1, maxLength: 2 }), (list, bytes) => {
        if (list.length === 0) empty++;
        if (list.length === 4) full++;
        for (const it of list) {
          if (it.kind === "number") numbers++;
          else texts += it.t.length >= 0 ? 1 : 0;
        }
        expect(list.length).toBeLessThanOrEqual(4);
        expect([1, 2]).toContain(bytes.length);
      }),
      { numRuns: 200 },
    );
    for (const count of [numbers, texts, empty, full]) expect(count).toBeGreaterThan(0);
  });

  test("that are not wanted are passed over", () => {
    let odd = 0;
    fc.assert(
      fc.property(fc.nat(9), fc.boolean(), fc.constantFrom(1, 3), (n, flag, step) => {
        fc.pre(n % 2 === 1);
        odd += flag ? step : 1;
        expect(n % 2).toBe(1);
      }),
    );
    expect(odd).toBeGreaterThan(0);
  });
});
