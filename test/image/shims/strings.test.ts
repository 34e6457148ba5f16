// The engine's own search in strings is patched (image/vendor/patches): here it is beside the plain way.

import { describe, expect, it } from "vitest";

function plainIndexOf(text: string, sought: string, from: number): number {
  const start = Math.min(Math.max(Math.trunc(from) || 0, 0), text.length);
  for (let at = start; at + sought.length <= text.length; at++)
    if (text.slice(at, at + sought.length) === sought) return at;
  return -1;
}

const TEXTS = [
  "",
  "a",
  "aaaa",
  "abcabcabd",
  "ab\u00e9\u00ffab",
  "ab\u20acab\u20ac",
  "\u00ff\u0141\u00ff",
  "\ud83d\ude00a\ude00",
];
const SOUGHT = [...TEXTS, "b", "ab", "abd", "\u00ff", "\u20ac", "\u0141", "\ude00", "aaaaa", "ba", "a\u20ac"];
const FROM = [-1, 0, 1, 2, 3, 4, 8, 9, 100, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.9];

describe("searching in strings", () => {
  it("finds what a comparison at each character finds", () => {
    for (const text of TEXTS)
      for (const sought of SOUGHT) {
        expect(text.indexOf(sought)).toBe(plainIndexOf(text, sought, 0));
        expect(text.includes(sought)).toBe(plainIndexOf(text, sought, 0) >= 0);
        for (const from of FROM) {
          expect(text.indexOf(sought, from)).toBe(plainIndexOf(text, sought, from));
          expect(text.includes(sought, from)).toBe(plainIndexOf(text, sought, from) >= 0);
        }
      }
  });

  it("finds it in long ones, of one byte a character and of two", () => {
    for (const filler of ["x", "\u00e9", "\u20ac"]) {
      const text = `${filler.repeat(70_000)}xy${filler.repeat(10)}xz`;
      expect(text.indexOf("xz")).toBe(70_012);
      expect(text.indexOf("xy")).toBe(70_000);
      expect(text.indexOf("xy", 70_001)).toBe(-1);
      expect(text.includes("zz")).toBe(false);
      expect(text.lastIndexOf("xy")).toBe(70_000);
    }
  });
});
