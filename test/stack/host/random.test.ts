import { describe, expect, test } from "vitest";
import { Random } from "../../../stack/host/random.ts";
import { pattern } from "../../support/bytes.ts";

describe("random numbers", () => {
  test("are SipHash of a counter under the key", () => {
    const random = new Random(pattern(16));
    for (let i = 1; i <= 3; i++) {
      const counter = new Uint8Array(8);
      counter[0] = i;
      expect(random.next()).toBe(nativeSipHash(pattern(16), counter, 0, 8));
    }
  });

  test("those seen do not give those to come: four outputs of one bit of difference in the key share nothing", () => {
    // The generator that was here before was linear: its outputs under a ^ b were those under a and b added up.
    const outputs = (key: Uint8Array): number[] => {
      const random = new Random(key);
      return Array.from({ length: 64 }, () => random.next());
    };
    const one = outputs(pattern(16));
    const near = pattern(16);
    near[15] = near[15]! ^ 1;
    const other = outputs(near);
    let differing = 0;
    for (let i = 0; i < 64; i++) for (let x = (one[i]! ^ other[i]!) >>> 0; x !== 0; x &= x - 1) differing++;
    expect(differing).toBeGreaterThan(64 * 12);
    expect(differing).toBeLessThan(64 * 20);
  });

  test("below a limit cover all of it", () => {
    const random = new Random(pattern(16));
    const seen: boolean[] = [];
    for (let i = 0; i < 100; i++) seen.push(false);
    for (let i = 0; i < 2000; i++) {
      const value = random.below(100);
      expect(value >= 0 && value < 100).toBe(true);
      seen[value] = true;
    }
    expect(seen.includes(false)).toBe(false);
  });

  test("a key of another length is our bug", () => {
    expect(() => new Random(new Uint8Array(15))).toThrow();
  });
});
