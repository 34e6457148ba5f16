import { describe, expect, test } from "vitest";
import { select, TimeSample } from "../../../stack/ntp/select.ts";

/** The offset chosen of these (offset, error); -1: none. */
function chosen(...pairs: readonly (readonly [number, number])[]): number {
  const samples: TimeSample[] = [];
  for (const [offset, error] of pairs) samples.push(new TimeSample(offset, error));
  const best = select(samples);
  return best === undefined ? -1 : best.offset;
}

describe("of several time servers", () => {
  test("one alone is believed, none is none", () => {
    expect(chosen([7, 5])).toBe(7);
    expect(chosen()).toBe(-1);
  });

  test("the surest of those who agree is taken, whatever the others say of themselves", () => {
    expect(chosen([100, 20], [105, 5], [95, 30])).toBe(105);
    // A falseticker, and a sure one at that.
    expect(chosen([100, 20], [5000, 1], [105, 10])).toBe(105);
    expect(chosen([5000, 1], [100, 20], [105, 10], [98, 30])).toBe(105);
  });

  test("two that do not agree are not believed, nor are two against two", () => {
    expect(chosen([100, 10], [200, 10])).toBe(-1);
    expect(chosen([100, 10], [101, 10], [500, 10], [501, 10])).toBe(-1);
    expect(chosen([100, 10], [120, 10])).toBe(100);
  });

  test("a chain in which each agrees with its neighbour alone has no majority", () => {
    expect(chosen([0, 6], [10, 6], [20, 6], [30, 6])).toBe(-1);
    expect(chosen([0, 6], [10, 6], [20, 6])).not.toBe(-1);
  });
});
