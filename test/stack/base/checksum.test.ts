import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Ipv4 } from "../../../stack/base/address.ts";
import { fold } from "../../../stack/base/checksum.ts";
import { sumBytes } from "../../../stack/base/native.ts";
import { hex } from "../../support/bytes.ts";
import { pseudoHeaderSum } from "../../support/ipv4.ts";

/** RFC 1071, word by word, the carry going round. */
function wordByWord(words: readonly number[]): number {
  let sum = 0;
  for (const word of words) {
    sum += word;
    if (sum > 0xffff) sum = (sum & 0xffff) + 1;
  }
  return sum;
}

test("fold is the sum with the carry going round, also of words added two at a time", () => {
  expect([0, 1, 0xffff, 0x10000, 0x1fffe, 0x1ffff, 0xffffffff].map(fold)).toEqual([0, 1, 0xffff, 1, 0xffff, 1, 0xffff]);
  const words = fc.array(fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 1, 0xfffe, 0xffff)), { maxLength: 200 });
  fc.assert(
    fc.property(words, (list) => {
      const even = list.length % 2 === 0 ? list : [...list, 0];
      const pairs = even.map((word, i) => (i % 2 === 0 ? word * 0x10000 + even[i + 1]! : 0));
      expect(fold(list.reduce((sum, word) => sum + word, 0))).toBe(wordByWord(list));
      expect(fold(pairs.reduce((sum, pair) => sum + pair, 0))).toBe(wordByWord(list));
    }),
  );
});

test("the pseudo-header's sum is that of its twelve bytes", () => {
  const bytes = hex("c0a80001 ffffffff 0006 ff9c");
  expect(pseudoHeaderSum(0xc0a80001 as Ipv4, 0xffffffff as Ipv4, 6, 0xff9c)).toBe(sumBytes(bytes, 0, 12, 0));
});
