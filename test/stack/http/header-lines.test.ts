import { describe, expect, test } from "vitest";
import { asciiLower } from "../../../stack/base/text.ts";
import {
  hasHeaderLine,
  hasNoContent,
  KEEP_FOR_NOT_MODIFIED,
  KEEP_FOR_READY,
  KEEP_FOR_RESPONSE,
  keepHeaders,
} from "../../../stack/http/header-lines.ts";

function upper(text: string): string {
  let all = "";
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    all += String.fromCharCode(c >= 97 && c <= 122 ? c - 32 : c);
  }
  return all;
}

describe("header lines that a response is given", () => {
  /** By name: kept in a response, in one of the table, in its 304. */
  const KINDS: ReadonlyArray<readonly [names: string, response: boolean, ready: boolean, notModified: boolean]> = [
    ["Date Server Connection Keep-Alive Content-Length Transfer-Encoding Trailer Upgrade", false, false, false],
    ["ETag Last-Modified Content-Encoding Content-Range Accept-Ranges", true, false, false],
    ["Content-Type Content-Language Content-Disposition", true, true, false],
    ["Cache-Control Vary Location Dates X Content-Location", true, true, true],
  ];
  for (const [names, response, ready, notModified] of KINDS)
    test(`${names}: kept ${response}, ${ready}, ${notModified}`, () => {
      for (const name of names.split(" "))
        for (const written of [name, asciiLower(name), upper(name)]) {
          const line = `${written}: a b\r\n`;
          expect(keepHeaders(line, KEEP_FOR_RESPONSE)).toBe(response ? line : "");
          expect(keepHeaders(line, KEEP_FOR_READY)).toBe(ready ? line : "");
          expect(keepHeaders(line, KEEP_FOR_NOT_MODIFIED)).toBe(notModified ? line : "");
        }
    });

  test("go out only when they are lines", () => {
    const cases: ReadonlyArray<readonly [text: string, kept: string]> = [
      ["", ""],
      ["X: y", "X: y\r\n"],
      ["X:y\r\n", "X:y\r\n"],
      ["X:\r\n", "X:\r\n"],
      ["X: y\r\nZ: w", "X: y\r\nZ: w\r\n"],
      ["X: y\r\n\r\nZ: w\r\n", "X: y\r\nZ: w\r\n"],
      ["X y\r\n", ""],
      [": y\r\n", ""],
      ["X : y\r\n", ""],
      ["X\r\n: y\r\n", ""],
      ["X: a\nb\r\nZ: w\r\n", "Z: w\r\n"],
      ["X: a\rb\r\n", ""],
      ["X: a\0\r\n", ""],
      ["X: a\x7f\r\n", ""],
      ["X: a\tb\xe4\u20ac\r\n", "X: a\tb\xe4\u20ac\r\n"],
      ["\u20ac: y\r\n", ""],
      ["X\u0141: y\r\n", ""],
    ];
    for (const [text, kept] of cases) expect([text, keepHeaders(text, KEEP_FOR_RESPONSE)]).toEqual([text, kept]);
  });

  test("are found as a whole, whatever their case, anywhere", () => {
    const text = "Vary: Accept-Encoding\r\nX: no-store, y\r\nCache-Control: No-Store\r\n";
    const cases: readonly (readonly [string, boolean])[] = [
      ["vary: accept-encoding", true],
      ["cache-control: no-store", true],
      ["x: no-store, y", true],
      ["x: no-store", false],
      ["no-store", false],
      ["accept-encoding", false],
    ];
    for (const [line, found] of cases) expect(`${line} ${hasHeaderLine(text, line)}`).toBe(`${line} ${found}`);
    expect(hasHeaderLine("a: b", "a: b")).toBe(false);
  });
});

test("responses without content are 1xx, 204 and 304", () => {
  const none = Array.from({ length: 500 }, (_, i) => i + 100).filter((status) => hasNoContent(status));
  expect(none).toEqual([...Array.from({ length: 100 }, (_, i) => i + 100), 204, 304]);
});
