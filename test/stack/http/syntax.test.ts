import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../stack/http/limits.ts";
import { RequestHead } from "../../../stack/http/request-head.ts";
import { latin1Bytes, matchesLower } from "../../../stack/http/syntax.ts";
import { authorityIsValid, pathIsPlain } from "../../../stack/http/target.ts";
import { decodeRequestHead, INCOMPLETE } from "../../../stack/http/wire.ts";

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
        fc.infiniteStream(fc.boolean()),
        (literal, before, place, byte, upper) => {
          const text = [...literal].map((c) => (upper.next().value ? c.toUpperCase() : c)).join("");
          const bytes = new Uint8Array(before + text.length);
          bytes.set(latin1Bytes(text), before);
          expect(matchesLower(bytes, before, text.length, latin1Bytes(literal))).toBe(true);
          bytes[before + (place % text.length)] = byte;
          const changed = String.fromCharCode(...bytes.subarray(before));
          const same = changed.replace(/[A-Z]/g, (c) => c.toLowerCase()) === literal;
          expect(matchesLower(bytes, before, text.length, latin1Bytes(literal))).toBe(same);
          expect(matchesLower(bytes, before, text.length - 1, latin1Bytes(literal))).toBe(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("a path hides nothing", () => {
  test("when no segment of it is dots alone once decoded, and none of it decodes to a separator or NUL", () => {
    const piece = fc.constantFrom("/", ".", "a", "%", "2", "e", "F", "%2e", "%2F", "%00", "%5c", "%41", "x.html");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const path = `/${pieces.join("")}`;
        const wellFormed = !/%(?![0-9A-Fa-f]{2})/.test(path) && !/%(00|2f|5c)/i.test(path);
        const decoded = path.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
          String.fromCharCode(Number.parseInt(digits, 16)),
        );
        // Bytes from 0x80 on are a matter of UTF-8, which has tests of its own.
        if (/[\u0080-\u00ff]/.test(decoded)) return;
        const dots = decoded.split("/").some((segment) => segment === "." || segment === "..");
        const bytes = latin1Bytes(`GET ${path}`);
        expect(pathIsPlain(bytes, 4, bytes.length)).toBe(wellFormed && !dots);
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
      decodeRequestHead(
        latin1Bytes(text).slice(0, length),
        0,
        length,
        limits.head,
        limits.target,
        limits.headers,
        new RequestHead(),
      );
    const bad = target === "h" ? 400 : 0;
    for (let length = 0; length < text.length; length++) {
      const seen = length >= method.length + 1 + target.length + 1 ? bad : 0;
      expect([length, decode(length)]).toEqual([length, seen === 0 ? INCOMPLETE : seen]);
    }
    expect(decode(text.length)).toBe(bad);
  }
});
