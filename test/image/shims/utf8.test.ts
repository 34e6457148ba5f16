import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactDecode, exactEncode } from "../../../image/shims/utf8.ts";

// A stand-in for the engine: exact for what is well-formed; otherwise it only says that something is wrong.
const node = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
function engineLike(bytes: Uint8Array, offset: number, length: number): string {
  try {
    return strict.decode(bytes.subarray(offset, offset + length));
  } catch {
    return length % 2 === 0 ? "\ufffd" : "\ud800";
  }
}
const decode = exactDecode(engineLike);

describe("UTF-8 over the engine's own", () => {
  test("decodes any bytes as WHATWG does", () => {
    const byte = fc.oneof(
      fc.constantFrom(0x61, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xf5, 0xff),
      fc.nat(255),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 40 }), fc.nat(5), fc.nat(5), (list, before, after) => {
        const bytes = Uint8Array.from([...Array(before).fill(0xe2), ...list, ...Array(after).fill(0x82)]);
        expect(decode(bytes, before, list.length)).toBe(node.decode(Uint8Array.from(list)));
      }),
      { numRuns: 5000 },
    );
  });

  test("goes in pieces through long texts, whatever lies where they are cut", () => {
    const letters = fc.constantFrom("a", "é", "€", "😀", "\ud800", "\udc00");
    const encode = exactEncode((text) => {
      expect(text.length).toBeLessThanOrEqual(16_384);
      expect(text.isWellFormed()).toBe(true);
      return new TextEncoder().encode(text);
    });
    const around = fc.array(letters, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        around,
        fc.integer({ min: 16_370, max: 16_390 }),
        around,
        fc.nat(255),
        (before, many, after, byte) => {
          const text = `${before.join("")}${"x".repeat(many)}${after.join("").repeat(6)}${"y".repeat(many)}`;
          const bytes = encode(text);
          expect(Buffer.compare(bytes, new TextEncoder().encode(text))).toBe(0);
          expect(decode(bytes, 0, bytes.length)).toBe(text.toWellFormed());
          bytes[16_384] = byte;
          expect(decode(bytes, 1, bytes.length - 2)).toBe(node.decode(bytes.subarray(1, -1)));
        },
      ),
      { numRuns: 200 },
    );
  });

  test("decodes the examples of Unicode 15, 3.9 (maximal subparts)", () => {
    const of = (...list: number[]): string => decode(Uint8Array.from(list), 0, list.length);
    expect(of(0xc0, 0xaf, 0xe0, 0x80, 0xbf, 0xf0, 0x81, 0x82, 0x41)).toBe(`${"\ufffd".repeat(8)}A`);
    expect(of(0xed, 0xa0, 0x80, 0xed, 0xbf, 0xbf, 0xed, 0xaf, 0x41)).toBe(`${"\ufffd".repeat(8)}A`);
    expect(of(0xe1, 0x80, 0xe2, 0xf0, 0x91, 0x92, 0xf1, 0xbf, 0x41)).toBe(`${"\ufffd".repeat(4)}A`);
  });

  test("encodes a lone surrogate as U+FFFD", () => {
    const seen: string[] = [];
    const encode = exactEncode((text) => {
      seen.push(text);
      return new Uint8Array();
    });
    encode("a\ud800b😀\udc00");
    expect(seen).toEqual(["a\ufffdb😀\ufffd"]);
  });
});
