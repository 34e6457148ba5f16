import { describe, expect, test } from "vitest";
import { latin1 } from "../../../stack/base/native.ts";
import { canonicalPath, pathHash } from "../../../stack/http/path.ts";
import { latin1Bytes } from "../../../stack/http/syntax.ts";

/** The one spelling of a path that lies in the middle of something; as it was when it is spelt that way. */
function canonical(path: string): string {
  const bytes = latin1Bytes(`%2/${path}%41`);
  const found = canonicalPath(bytes, 3, 3 + path.length);
  return found.length === 0 ? path : latin1(found, 0, found.length);
}

describe("the one spelling of a path (RFC 3986 6.2.2)", () => {
  const CASES: ReadonlyArray<readonly [written: string, one: string]> = [
    ["/", "/"],
    ["/a/b.c", "/a/b.c"],
    ["//", "/"],
    ["///a////b//", "/a/b/"],
    // What need not be encoded is not.
    ["/%61%7e", "/a~"],
    ["/%2e", "/."],
    ["/%21%27%28", "/!'("],
    // What must be is, in capitals.
    ["/%c3%a4", "/%C3%A4"],
    ["/%C3%A4", "/%C3%A4"],
    ["/%20%22%23%3f%7f", "/%20%22%23%3F%7F"],
    ["/%00%0a", "/%00%0A"],
    ["/%0F%f0", "/%0F%F0"],
    // A percent sign and a slash stay what they are: data, and no separator.
    ["/%25%2561", "/%25%2561"],
    ["/%2f/%2F", "/%2F/%2F"],
    // Not followed by two digits: as it stands.
    ["/%", "/%"],
    ["/%4", "/%4"],
    ["/%4g", "/%4g"],
    ["/%g4", "/%g4"],
    ["/%%41", "/%A"],
    ["/a%2", "/a%2"],
    // The last digit may be the last byte.
    ["/%41", "/A"],
    ["/%e4", "/%E4"],
  ];
  for (const [written, one] of CASES)
    test(`of ${written} is ${one}`, () => {
      expect(canonical(written)).toBe(one);
      expect(canonical(one)).toBe(one);
    });

  test("is not made anew for one that is spelt that way", () => {
    for (const path of ["/", "/a/b-c_d.e", "/~!$&'()*+,;=:@"])
      expect(canonicalPath(latin1Bytes(path), 0, path.length)).toHaveLength(0);
  });
});

describe("the hash of a path", () => {
  const hash = (path: string): number => pathHash(latin1Bytes(path), 0, path.length);

  test("is of its bytes alone, wherever they lie", () => {
    for (const path of ["/", "/a", "/ab", "/abc", "/abcd", "/abcdefgh"]) {
      const bytes = latin1Bytes(`xyz${path}xyz`);
      expect(pathHash(bytes, 3, 3 + path.length)).toBe(hash(path));
    }
  });

  test("has 24 bits, and differs with each byte of a path and with its length", () => {
    const seen = new Set<number>();
    let count = 0;
    for (let length = 0; length <= 9; length++)
      for (let place = 0; place < Math.max(1, length); place++)
        for (const c of length === 0 ? [""] : ["b", "c", "~"]) {
          const letters = Array.from({ length }, (_, i) => (i === place ? c : "a"));
          const value = hash(`/${letters.join("")}`);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThan(1 << 24);
          seen.add(value);
          count++;
        }
    expect(seen.size).toBe(count);
  });
});
