import { describe, expect, test } from "vitest";
import {
  hasHeaderLine,
  hasNoContent,
  KEEP_FOR_NOT_MODIFIED,
  KEEP_FOR_READY,
  KEEP_FOR_RESPONSE,
  keepHeaders,
} from "../../../stack/http/header-lines.ts";

describe("header lines that a response is given", () => {
  /** By name: kept in a response, in one of the table, in its 304. */
  const FIELDS: ReadonlyArray<readonly [name: string, response: boolean, ready: boolean, notModified: boolean]> = [
    ...["Date", "Server", "Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding", "Trailer", "Upgrade"].map(
      (name) => [name, false, false, false] as const,
    ),
    ...["ETag", "Last-Modified", "Content-Encoding", "Content-Range", "Accept-Ranges"].map(
      (name) => [name, true, false, false] as const,
    ),
    ...["Content-Type", "Content-Language", "Content-Disposition"].map((name) => [name, true, true, false] as const),
    ...["Cache-Control", "Vary", "Location", "Dates", "X", "Content-Location"].map(
      (name) => [name, true, true, true] as const,
    ),
  ];
  for (const [name, ...kept] of FIELDS)
    test(`${name} is kept: ${kept.join(", ")}`, () => {
      for (const written of [name, name.toLowerCase(), name.toUpperCase()]) {
        const line = `${written}: a b\r\n`;
        const found = [KEEP_FOR_RESPONSE, KEEP_FOR_READY, KEEP_FOR_NOT_MODIFIED].map((keep) => keepHeaders(line, keep));
        expect(found).toEqual(kept.map((keeps) => (keeps ? line : "")));
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
    for (const [line, found] of [
      ["vary: accept-encoding", true],
      ["cache-control: no-store", true],
      ["x: no-store, y", true],
      ["x: no-store", false],
      ["no-store", false],
      ["accept-encoding", false],
    ] as const)
      expect([line, hasHeaderLine(text, line)]).toEqual([line, found]);
    expect(hasHeaderLine("a: b", "a: b")).toBe(false);
  });
});

test("responses without content are 1xx, 204 and 304", () => {
  const none = Array.from({ length: 500 }, (_, i) => i + 100).filter((status) => hasNoContent(status));
  expect(none).toEqual([...Array.from({ length: 100 }, (_, i) => i + 100), 204, 304]);
});
