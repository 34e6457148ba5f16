import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../stack/http/limits.ts";
import { endsWithEmptyLine, hexValue, latin1Bytes, matchesLower } from "../../../stack/http/syntax.ts";
import { RequestHead } from "../../../stack/http1/request-head.ts";
import { authorityIsValid, pathIsPlain } from "../../../stack/http1/target.ts";
import { decodeRequestHead, INCOMPLETE } from "../../../stack/http1/wire.ts";

const LITERALS = ["host", "close", "bytes", "chunked", "https://", "keep-alive", "100-continue", "transfer-encoding"];

describe("words compared four bytes at a time", () => {
  test("are equal when their letters are, whatever the case, and to nothing else", () => {
    // What differs in one place from the literal, by any byte that may stand in a field value.
    const value = fc.integer({ min: 32, max: 255 });
    fc.assert(
      fc.property(
        fc.constantFrom(...LITERALS),
        fc.nat(3),
        fc.nat(20),
        value,
        fc.infiniteStream(fc.nat(1)),
        (literal, before, place, byte, upper) => {
          const wanted = latin1Bytes(literal);
          const length = wanted.length;
          const bytes = new Uint8Array(before + length);
          for (let i = 0; i < length; i++) {
            const isLetter = wanted[i]! >= 97 && wanted[i]! <= 122;
            bytes[before + i] = wanted[i]! - (isLetter && upper.next().value === 1 ? 32 : 0);
          }
          expect(matchesLower(bytes, before, length, wanted)).toBe(true);
          const at = place % length;
          bytes[before + at] = byte;
          const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
          expect(matchesLower(bytes, before, length, wanted)).toBe(lower === wanted[at]!);
          expect(matchesLower(bytes, before, length - 1, wanted)).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** The text with its encoded bytes as characters; "" when it is damaged, or hides a separator or a NUL. */
function decodePercent(text: string): string {
  let decoded = "";
  for (let i = 0; i < text.length; i++) {
    if (text.charAt(i) !== "%") {
      decoded += text.charAt(i);
      continue;
    }
    if (i + 2 >= text.length) return "";
    const byte = hexValue(text.charCodeAt(i + 1)) * 16 + hexValue(text.charCodeAt(i + 2));
    if (hexValue(text.charCodeAt(i + 1)) < 0 || hexValue(text.charCodeAt(i + 2)) < 0) return "";
    if (byte === 0 || byte === 0x2f || byte === 0x5c) return "";
    decoded += String.fromCharCode(byte);
    i += 2;
  }
  return decoded;
}

describe("a path hides nothing", () => {
  test("when no segment of it is dots alone once decoded, and none of it decodes to a separator or NUL", () => {
    const piece = fc.constantFrom("/", ".", "a", "%", "2", "e", "F", "%2e", "%2F", "%00", "%5c", "%41", "x.html");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const path = `/${pieces.join("")}`;
        const decoded = decodePercent(path);
        // Bytes from 0x80 on are a matter of UTF-8, which has tests of its own.
        if ([...decoded].some((c) => c.charCodeAt(0) >= 0x80)) return;
        const plain = decoded !== "" && !decoded.split("/").some((s) => s === "." || s === "..");
        const bytes = latin1Bytes(`GET ${path}`);
        expect(pathIsPlain(bytes, 4, bytes.length)).toBe(plain);
      }),
      { numRuns: 1000 },
    );
  });

  test("and an authority is a name or an address, with a port or without", () => {
    const valid = ["a", "10.0.0.2", "example.org:80", "a%41b", "[::1]:8080", "x:", "a_b~c"];
    const invalid = ["", ":80", "a%4", "a%zz", "a[b", "a]b", "a@b", "a:123456", "a:8x", "[::1", "[]", "a b", "a/b"];
    for (const [list, expected] of [
      [valid, true],
      [invalid, false],
    ] as const) {
      for (const text of list) {
        const bytes = latin1Bytes(` ${text}`);
        expect([text, authorityIsValid(bytes, 1, bytes.length)]).toEqual([text, expected]);
      }
    }
  });
});

test("a head cut anywhere, in an array that ends there, is incomplete and reads nothing beyond", () => {
  for (const target of ["/", "/a.b/c?d", "h", "http://a/b", "https://a.b?c", "*"]) {
    const method = target === "*" ? "OPTIONS" : "GET";
    const text = `${method} ${target} HTTP/1.1\r\nHost: a.b\r\nAccept-Encoding: gzip\r\nTE: \t \r\n\r\n`;
    const limits = DEFAULT_LIMITS;
    const decode = (length: number): number =>
      decodeRequestHead(latin1Bytes(text).slice(0, length), 0, length, limits.head, limits, new RequestHead());
    const bad = target === "h" ? 400 : 0;
    for (let length = 0; length < text.length; length++) {
      const seen = length >= method.length + 1 + target.length + 1 ? bad : 0;
      expect([length, decode(length)]).toEqual([length, seen === 0 ? INCOMPLETE : seen]);
    }
    expect(decode(text.length)).toBe(bad);
  }
});

test("a head that has come whole, with nothing after it", () => {
  const head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const whole = (text: string): boolean => endsWithEmptyLine(latin1Bytes(`??${text}`), 2, text.length);
  expect(whole(head)).toBe(true);
  for (let length = 0; length < head.length; length++) expect(whole(head.slice(0, length))).toBe(false);
  expect(whole(`${head}GET`)).toBe(false);
  expect(whole("\r\n\n")).toBe(false);
});
