// Assertions that do not hold, one a test: run.ts runs them compiled and wants each to fail at its own line. They tell
// whether a compiled test can fail at all.

import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { copyBytes } from "../../stack/base/native.ts";

interface Point {
  readonly x: number;
  readonly label?: string;
}

type Shape = { readonly kind: "point"; readonly at: Point } | { readonly kind: "none" };

const point = (x: number): Point => ({ x });
const shape = (x: number): Shape => (x > 0 ? { kind: "point", at: { x } } : { kind: "none" });

describe("numbers, strings and booleans", () => {
  test("another number", () => {
    expect(point(1).x).toBe(2);
  });
  test("zero of another sign", () => {
    expect(0 * point(-1).x).toBe(0);
  });
  test("another string", () => {
    expect("ab".slice(1)).toBe("a");
  });
  test("another boolean", () => {
    expect(point(1).x > 1).toBe(true);
  });
  test("what is to be another", () => {
    expect(point(1).x).not.toBe(1);
  });
  test("not less", () => {
    expect(point(1).x).toBeLessThan(1);
  });
  test("not at most", () => {
    expect(point(1).x).toBeLessThanOrEqual(0);
  });
  test("not greater", () => {
    expect(point(1).x).toBeGreaterThan(1);
  });
  test("not at least", () => {
    expect(point(1).x).toBeGreaterThanOrEqual(2);
  });
  test("no such text", () => {
    expect("ab".slice(1)).toMatch(/^a/);
  });
  test("a text that is not to be", () => {
    expect("ab".slice(1)).not.toMatch(/b/);
  });
  test("no such part", () => {
    expect("ab".slice(1)).toContain("a");
  });
});

describe("objects, lists and bytes", () => {
  test("another property", () => {
    expect(point(1)).toEqual({ x: 2 });
  });
  test("a property too few", () => {
    expect(point(1)).toEqual({ x: 1, label: "one" });
  });
  test("another form", () => {
    expect(shape(1)).toEqual({ kind: "none" });
  });
  test("deep within another form", () => {
    expect(shape(1)).toEqual({ kind: "point", at: { x: 2 } });
  });
  test("another object of the same form", () => {
    const one = point(1);
    expect(one).toBe(point(1));
  });
  test("another element", () => {
    expect([point(1), point(2)]).toEqual([point(1), point(3)]);
  });
  test("an element too few", () => {
    expect([1, 2].slice(1)).toEqual([]);
  });
  test("no such element", () => {
    expect([1, 2].slice(1)).toContain(1);
  });
  test("another byte", () => {
    expect(new Uint8Array([1, 2])).toEqual(new Uint8Array([1, 3]));
  });
  test("another length", () => {
    expect(new Uint8Array(3)).toHaveLength(2);
  });
  test("something for nothing", () => {
    expect([1, 2].find((x) => x > 1)).toBeUndefined();
  });
  test("nothing for something", () => {
    expect([1, 2].find((x) => x > 2)).toBeDefined();
  });
});

describe("throws and traps", () => {
  test("a throw that does not come", () => {
    expect(() => point(1)).toThrow();
  });
  test("a throw that is not to come", () => {
    expect(() => copyBytes(new Uint8Array(1), 0, new Uint8Array(1), 0, 2)).not.toThrow();
  });
  test("a property that does not hold for every value", () => {
    fc.assert(
      fc.property(fc.record({ a: fc.nat(100), b: fc.tuple(fc.boolean(), fc.nat(9)) }), ({ a, b }) => {
        expect(a + b[1]).toBeLessThan(100);
      }),
    );
  });
});

describe("hooks", () => {
  let count = 0;
  beforeEach(() => {
    count = 1;
  });
  test("what was set before the test is set", () => {
    expect(count).toBe(0);
  });
});
