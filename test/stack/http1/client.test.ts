import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { latin1Bytes } from "../../../stack/http/syntax.ts";
import {
  encodeRequest,
  FAILED,
  GOT_DATA,
  GOT_END,
  GOT_HEAD,
  HttpResponseReader,
  NEED_MORE,
  RESPONSE_LIMITS,
} from "../../../stack/http1/client.ts";

/** Reads a response that comes in pieces; "status body [keep]" or the error, and what was left over. */
function read(response: string, pieces: readonly number[], method = "GET", limits = RESPONSE_LIMITS): string {
  const reader = new HttpResponseReader(method, limits);
  let body = "";
  let from = 0;
  const bytes = latin1Bytes(response);
  for (const to of [...pieces, bytes.length]) {
    let verdict = NEED_MORE;
    do {
      verdict = reader.push(bytes, from, to - from);
      expect(reader.consumed).toBeGreaterThanOrEqual(0);
      expect(from + reader.consumed).toBeLessThanOrEqual(to);
      from += reader.consumed;
      if (verdict === GOT_DATA) {
        expect(reader.dataLength).toBeGreaterThan(0);
        body += String.fromCharCode(...bytes.subarray(reader.dataStart, reader.dataStart + reader.dataLength));
      }
      if (verdict === FAILED) return reader.error;
    } while (verdict === GOT_HEAD || verdict === GOT_DATA);
    if (verdict === GOT_END)
      return `${reader.status} ${body} ${reader.keepAlive ? "keep" : "close"} ${bytes.length - from}`;
  }
  return reader.end() === GOT_END ? `${reader.status} ${body} ${reader.keepAlive ? "keep" : "close"} 0` : reader.error;
}

/** A result without the number of bytes left over. */
function withoutRest(result: string): string {
  return result.includes(" ") ? result.slice(0, result.lastIndexOf(" ")) : result;
}

const CASES: ReadonlyArray<readonly [name: string, response: string, result: string]> = [
  ["a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP", "200 hello keep 4"],
  ["no body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200  keep 0"],
  ["204", "HTTP/1.1 204 No Content\r\n\r\n", "204  keep 0"],
  ["304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304  keep 0"],
  ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "200  keep 0"],
  ["until close", "HTTP/1.1 200 OK\r\n\r\nhello", "200 hello close 0"],
  ["until close, nothing", "HTTP/1.0 200 OK\r\n\r\n", "200  close 0"],
  [
    "chunks (RFC 9112 7.1)",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n4\r\nWiki\r\n5;a=b\r\npedia\r\n0\r\nX: y\r\n\r\nrest",
    "200 Wikipedia keep 4",
  ],
  [
    "interim responses",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx",
    "404 x keep 0",
  ],
  ["no reason", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", "200 x keep 0"],
  ["bare LF", "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", "200 x keep 0"],
  ["a fold", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 1\r\n\r\nx", "200 x keep 0"],
  ["two lengths that agree", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", "200 x keep 0"],
  ["Connection: close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", "200 x close 0"],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 x close 0"],
  ["HTTP/1.0, kept", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", "200 x keep 0"],
  [
    "both framings: the coding counts, the connection ends",
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    "200 x close 0",
  ],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "malformed"],
  ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nx", "malformed"],
  ["another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\nx", "unexpected"],
  ["another protocol", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "unexpected"],
  ["not HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "malformed"],
  ["HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", "malformed"],
  ["a bad status", "HTTP/1.1 2xx OK\r\n\r\n", "malformed"],
  ["a status out of range", "HTTP/1.1 999 OK\r\n\r\n", "malformed"],
  ["a status with four digits", "HTTP/1.1 2000 OK\r\n\r\n", "malformed"],
  ["a field without colon", "HTTP/1.1 200 OK\r\nX\r\n\r\n", "malformed"],
  ["a field with NUL", "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", "malformed"],
  ["a bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n", "malformed"],
  ["a head cut short", "HTTP/1.1 200 OK\r\n", "cut-short"],
  ["nothing", "", "cut-short"],
  ["a body cut short", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "cut-short"],
  ["chunks cut short", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "cut-short"],
];

describe("HttpResponseReader", () => {
  for (const [name, response, result] of CASES) {
    const method = name === "HEAD" ? "HEAD" : "GET";
    it(`${name}: ${result}`, () => {
      expect(read(response, [], method)).toBe(result);
      for (let cut = 0; cut < response.length; cut++) {
        // What lies beyond the response's end may not have come yet.
        const cutResult = read(response, [cut], method);
        expect(withoutRest(cutResult)).toBe(withoutRest(result));
      }
    });
  }

  it("keeps its limits", () => {
    const limits = { head: 100, interim: 2, body: 4 };
    expect(read(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(100)}\r\n\r\n`, [], "GET", limits)).toBe("head-too-large");
    expect(read("HTTP/1.1 100 C\r\n\r\n".repeat(3), [], "GET", limits)).toBe("head-too-large");
    expect(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", [], "GET", limits)).toBe("body-too-large");
    expect(read("HTTP/1.1 200 OK\r\n\r\nhello", [], "GET", limits)).toBe("body-too-large");
    expect(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello", [], "GET", limits)).toBe(
      "body-too-large",
    );
  });

  it("never throws, and reads the same however the bytes come", () => {
    const seeds = CASES.map(([, response]) => response);
    const mutated = fc
      .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 }))
      .map(([text, changes]) => {
        const codes = Array.from(text, (c) => c.charCodeAt(0));
        for (const [at, byte] of changes) if (codes.length > 0) codes[at % codes.length] = byte;
        return String.fromCharCode(...codes);
      });
    fc.assert(
      fc.property(mutated, fc.array(fc.nat(200), { maxLength: 4 }), (text, cuts) => {
        const points = cuts.map((c) => Math.min(c, text.length)).sort((a, b) => a - b);
        expect(withoutRest(read(text, points))).toBe(withoutRest(read(text, [])));
      }),
      { numRuns: 200 },
    );
  });
});

describe("encodeRequest", () => {
  it("writes a head", () => {
    const result = encodeRequest("POST", "a.b:81", "/x?y", "Accept: */*\r\n", 3);
    expect(result).toEqual({
      ok: true,
      value: latin1Bytes("POST /x?y HTTP/1.1\r\nHost: a.b:81\r\nAccept: */*\r\nContent-Length: 3\r\n\r\n"),
    });
  });

  it("refuses what would not be one", () => {
    const cases: ReadonlyArray<readonly [string, string, string, string, string]> = [
      ["", "a", "/", "", "bad-method"],
      ["G T", "a", "/", "", "bad-method"],
      ["GET", "", "/", "", "bad-host"],
      ["GET", "a\r\nX: y", "/", "", "bad-host"],
      ["GET", "a/b", "/", "", "bad-host"],
      ["GET", "a", "", "", "bad-target"],
      ["GET", "a", "x", "", "bad-target"],
      ["GET", "a", "/ x", "", "bad-target"],
      ["GET", "a", "/\u0441", "", "bad-target"],
      ["GET", "a", "/", "X", "bad-header"],
      ["GET", "a", "/", "X: y", "bad-header"],
      ["GET", "a", "/", "X: y\nz\r\n", "bad-header"],
      ["GET", "a", "/", "X y: z\r\n", "bad-header"],
      ["GET", "a", "/", "\r\n", "bad-header"],
    ];
    for (const [method, host, target, fields, error] of cases)
      expect(encodeRequest(method, host, target, fields, -1)).toEqual({ ok: false, error });
  });
});
