import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NEVER, SECOND } from "../../../stack/base/result.ts";
import { BODY_ENDED } from "../../../stack/http/events.ts";
import { DEFAULT_LIMITS } from "../../../stack/http/limits.ts";
import { latin1Bytes } from "../../../stack/http/syntax.ts";
import { type Bench, beginsWithStatus, bench, exchange, publish, readText, undated } from "../../support/http-bench.ts";

const HOST = "Host: a\r\n";
const line = (target: string): string => `GET ${target} HTTP/1.1\r\n${HOST}\r\n`;
const post = (fields: string): string => `POST / HTTP/1.1\r\n${HOST}${fields}\r\n`;

/** Everything that is refused, and with which status. */
const REFUSED: ReadonlyArray<readonly [name: string, status: number, request: string]> = [
  ["bytes that are not HTTP", 400, "\x16\x03\x01\x02\x00\x01\x00"],
  ["HTTP/0.9", 400, "GET /\r\n"],
  ["the preface of HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["HTTP/2.0", 505, `GET / HTTP/2.0\r\n${HOST}\r\n`],
  ["a version with two digits", 400, `GET / HTTP/1.10\r\n${HOST}\r\n`],
  ["a version in lower case", 400, `GET / http/1.1\r\n${HOST}\r\n`],
  ["two spaces in the request line", 400, `GET  / HTTP/1.1\r\n${HOST}\r\n`],
  ["a space at the end of the request line", 400, `GET / HTTP/1.1 \r\n${HOST}\r\n`],
  ["a tab for a space", 400, `GET\t/ HTTP/1.1\r\n${HOST}\r\n`],
  ["a bare LF", 400, `GET / HTTP/1.1\n${HOST}\r\n`],
  ["a bare LF after a field", 400, "GET / HTTP/1.1\r\nHost: a\n\r\n"],
  ["a bare CR in a field", 400, "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n"],
  ["a bare CR before the request line", 400, `\rGET / HTTP/1.1\r\n${HOST}\r\n`],
  ["NUL in a field", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"],
  ["NUL in the target", 400, line("/a\0b")],
  ["a folded field (RFC 9112 5.2)", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"],
  ["whitespace before the first field", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"],
  ["whitespace before a colon (RFC 9112 5.1)", 400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"],
  ["a field without colon", 400, "GET / HTTP/1.1\r\nHost\r\n\r\n"],
  ["a field without name", 400, "GET / HTTP/1.1\r\n: a\r\n\r\n"],
  ["no Host (RFC 9112 3.2)", 400, "GET / HTTP/1.1\r\n\r\n"],
  ["two Hosts", 400, `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`],
  ["a bad Host", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"],
  ["userinfo in Host", 400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"],
  ["a bad port in Host", 400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"],
  ["userinfo in an absolute form", 400, line("http://u@a/")],
  ["an absolute form without host", 400, line("http:///x")],
  ["another scheme", 400, line("ftp://a/")],
  ["a target that is no form", 400, line("x")],
  ["* for GET", 400, line("*")],
  ["a fragment", 400, line("/a#b")],
  ["raw bytes above 127 in the target", 400, line("/\xc3\xa9")],
  ["a backslash in the path", 400, line("/a\\b")],
  ["a parent segment", 400, line("/a/../b")],
  ["a parent segment at the end", 400, line("/a/..")],
  ["a segment of one dot", 400, line("/./a")],
  ["encoded dots", 400, line("/%2e%2E/etc/passwd")],
  ["half encoded dots", 400, line("/.%2e/x")],
  ["an encoded slash", 400, line("/a%2fb")],
  ["an encoded backslash", 400, line("/a%5Cb")],
  ["an encoded NUL", 400, line("/a%00b")],
  ["a percent sign without digits", 400, line("/100%")],
  ["a percent sign with one digit", 400, line("/%4")],
  ["a percent sign with other letters", 400, line("/%zz")],
  ["overlong UTF-8 of a slash", 400, line("/%c0%af")],
  ["overlong UTF-8 of three bytes", 400, line("/%e0%80%af")],
  ["a surrogate in UTF-8", 400, line("/%ed%a0%80")],
  ["UTF-8 beyond U+10FFFF", 400, line("/%f4%90%80%80")],
  ["UTF-8 cut short", 400, line("/%c3/x")],
  ["a lone continuation byte", 400, line("/%80")],
  ["tricks in an absolute form", 400, line("http://a/x/../y")],
  ["an unknown method", 501, `BREW / HTTP/1.1\r\n${HOST}\r\n`],
  ["a method in lower case", 501, `get / HTTP/1.1\r\n${HOST}\r\n`],
  ["a method without end", 501, "A".repeat(100)],
  ["CONNECT", 501, `CONNECT a:80 HTTP/1.1\r\n${HOST}\r\n`],
  ["another expectation", 417, post("Expect: tea\r\n")],
  ["Content-Length and Transfer-Encoding", 400, post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")],
  ["two different Content-Lengths", 400, post("Content-Length: 3\r\nContent-Length: 4\r\n")],
  ["two equal Content-Lengths", 400, post("Content-Length: 3\r\nContent-Length: 3\r\n")],
  ["a list as Content-Length", 400, post("Content-Length: 3, 3\r\n")],
  ["a signed Content-Length", 400, post("Content-Length: +3\r\n")],
  ["a negative Content-Length", 400, post("Content-Length: -3\r\n")],
  ["a hexadecimal Content-Length", 400, post("Content-Length: 0x3\r\n")],
  ["an empty Content-Length", 400, post("Content-Length: \r\n")],
  ["a Content-Length beyond all numbers", 400, post(`Content-Length: ${"9".repeat(30)}\r\n`)],
  ["a body that is too long", 413, post(`Content-Length: ${DEFAULT_LIMITS.body + 1}\r\n`)],
  ["chunked twice", 400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")],
  ["another transfer coding", 400, post("Transfer-Encoding: gzip\r\n")],
  ["another transfer coding before chunked", 501, post("Transfer-Encoding: gzip, chunked\r\n")],
  ["chunked that is not last", 400, post("Transfer-Encoding: chunked, gzip\r\n")],
  ["a veiled chunked", 400, post("Transfer-Encoding: xchunke\r\n")],
  ["Transfer-Encoding in HTTP/1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["a chunk size that is none", 400, `${post("Transfer-Encoding: chunked\r\n")}x\r\n`],
  ["a chunk size with a sign", 400, `${post("Transfer-Encoding: chunked\r\n")}-1\r\n`],
  ["a chunk without its CRLF", 400, `${post("Transfer-Encoding: chunked\r\n")}1\r\nab`],
  ["a chunk size line with a bare LF", 400, `${post("Transfer-Encoding: chunked\r\n")}1\nab`],
  ["a chunk size beyond all numbers", 413, `${post("Transfer-Encoding: chunked\r\n")}${"f".repeat(20)}\r\n`],
  ["a chunk extension without end", 400, `${post("Transfer-Encoding: chunked\r\n")}1;${"x".repeat(300)}`],
  ["a chunk size beyond the limit", 413, `${post("Transfer-Encoding: chunked\r\n")}100000003`],
  ["known fields too often", 431, `GET / HTTP/1.1\r\n${HOST}${"Range: x\r\n".repeat(18)}\r\n`],
  ["trailers without end", 400, `${post("Transfer-Encoding: chunked\r\n")}0\r\n${"X: y\r\n".repeat(2000)}`],
  ["a folded trailer", 400, `${post("Transfer-Encoding: chunked\r\n")}0\r\nX: y\r\n z\r\n\r\n`],
  ["a target that is too long", 414, line(`/${"x".repeat(8000)}`)],
  ["a query that is too long", 414, line(`/?${"x".repeat(8000)}`)],
  ["a target without end", 414, `GET /${"x".repeat(20_000)}`],
  ["a field that is too long", 431, `GET / HTTP/1.1\r\nX: ${"x".repeat(20_000)}`],
  ["a head that is too long", 431, `GET / HTTP/1.1\r\n${HOST}${`X: ${"x".repeat(200)}\r\n`.repeat(90)}\r\n`],
  ["too many fields", 431, `GET / HTTP/1.1\r\n${HOST}${"X: y\r\n".repeat(100)}\r\n`],
  ["empty lines without end", 414, "\r\n".repeat(10_000)],
];

/** A server whose appliance reads every body. */
function reader(): Bench {
  const b = bench();
  b.appliance.onRequest = (id, now) => void readText(b, id, now);
  b.appliance.onBody = b.appliance.onRequest;
  return b;
}

describe("a request that is refused", () => {
  for (const [name, status, request] of REFUSED) {
    it(`${name}: ${status}`, () => {
      const b = reader();
      publish(b.server, "/", "hello");
      const handle = b.streams.connect(b.listener, 0);
      b.streams.receive(handle, request, 0);
      const answer = b.streams.output(handle);
      expect(answer.slice(0, 13)).toBe(`HTTP/1.1 ${status} `);
      expect(answer).toMatch(/\r\nConnection: close\r\n/);
      expect(b.streams.of(handle).shutdown).toBe(true);
      expect(b.appliance.requests).toEqual(b.appliance.cancels);
      expect(b.server.exchanges).toBe(0);
      expect(b.appliance.lines.length).toBe(1);
    });
  }

  it("has the same answer wherever it is cut in two, at the latest when its time is up", () => {
    for (const [, , request] of REFUSED) {
      const whole = exchange(reader(), request);
      const step = request.length > 1000 ? 997 : 1;
      for (let cut = 1; cut < request.length; cut += step) {
        const b = reader();
        const handle = b.streams.connect(b.listener, 0);
        b.streams.receive(handle, request.slice(0, cut), 0);
        b.streams.receive(handle, request.slice(cut), 0);
        if (b.streams.output(handle) === "") b.server.step(DEFAULT_LIMITS.headTimeout + SECOND);
        expect(undated(b.streams.output(handle))).toBe(undated(whole));
      }
    }
  });
});

describe("a request that is not refused", () => {
  const ACCEPTED: ReadonlyArray<readonly [name: string, request: string, target: string]> = [
    ["a double encoding is an ordinary name", line("/%252e%252e/x"), "/%252e%252e/x"],
    ["dots within a name", line("/a..b/...c/.x./.well-known"), "/a..b/...c/.x./.well-known"],
    ["UTF-8 of every length", line("/%c3%a9%E2%82%AC%f0%9f%8c%bf"), "/%c3%a9%E2%82%AC%f0%9f%8c%bf"],
    ["what browsers send unencoded in a query", line('/a?b=[{|^`}]\\"<>'), '/a?b=[{|^`}]\\"<>'],
    ["dots in a query", line("/a?../.."), "/a?../.."],
    ["two slashes", line("//a"), "//a"],
    ["an absolute form with a query and no path", line("http://a?x"), "/?x"],
    ["an IPv6 literal as Host", "GET /x HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "/x"],
    ["an empty Host", "GET /x HTTP/1.1\r\nHost:\r\n\r\n", "/x"],
    ["no Host in HTTP/1.0", "GET /x HTTP/1.0\r\n\r\n", "/x"],
    ["a later version of HTTP/1", "GET /x HTTP/1.9\r\nHost: a\r\n\r\n", "/x"],
    ["obs-text in a field", "GET /x HTTP/1.1\r\nHost: a\r\nX: \xe9\r\n\r\n", "/x"],
    ["TRACE and others, for the appliance to decide", `TRACE /x HTTP/1.1\r\n${HOST}\r\n`, "/x"],
    ["a target of exactly the limit", line(`/${"x".repeat(7999)}`), `/${"x".repeat(7999)}`],
  ];
  for (const [name, request, target] of ACCEPTED) {
    it(name, () => {
      const b = bench();
      expect(exchange(b, request)).toBe("");
      expect(b.server.target(b.appliance.requests[0]!)).toBe(target);
    });
  }
});

describe("whatever arrives", () => {
  const SEEDS = [
    `GET / HTTP/1.1\r\n${HOST}Range: bytes=1-2\r\nIf-None-Match: "a", W/"b"\r\nAccept-Encoding: gzip;q=0.5, *;q=0\r\n\r\n`,
    `${post("Transfer-Encoding: chunked\r\n")}4;x\r\nabcd\r\n0\r\nT: u\r\n\r\n`,
    `${post("Content-Length: 4\r\nExpect: 100-continue\r\n")}abcd`,
    line("http://a.b:80/%c3%a9?x=y"),
    "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  ];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    // A request in which some bytes are others, or missing, or twice.
    fc
      .tuple(
        fc.constantFrom(...SEEDS),
        fc.constantFrom(...SEEDS),
        fc.array(fc.record({ at: fc.nat(400), byte: fc.nat(255), kind: fc.nat(3) }), { maxLength: 4 }),
      )
      .map(([first, second, changes]) => {
        const all = [...latin1Bytes(first + second)];
        for (const change of changes) {
          const i = change.at % all.length;
          if (change.kind === 0) all.splice(i, 1);
          else if (change.kind === 1) all.splice(i, 0, change.byte);
          else all[i] = change.byte;
        }
        return Uint8Array.from(all);
      }),
  );

  it("never throws, answers in whole responses, and is answered alike however it is cut", () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(500), { maxLength: 5 }), (data, cuts) => {
        const outputs: string[] = [];
        for (const points of [[], cuts, data.length < 120 ? Array.from({ length: data.length }, (_, i) => i) : []]) {
          const b = bench();
          b.server.ready.put("/", 200, "", '"a"', 784_111_000, "", new Uint8Array(10));
          // Reads the body to its end, and sends it back.
          const read: string[] = [];
          b.appliance.onRequest = (id, now) => {
            read[id] = (read[id] ?? "") + readText(b, id, now);
            if (b.server.bodyState(id) === BODY_ENDED) b.server.respond(id, 404, "", latin1Bytes(read[id] ?? ""), now);
          };
          b.appliance.onBody = b.appliance.onRequest;
          const handle = b.streams.connect(b.listener, 0);
          let from = 0;
          for (const point of [...points.map((p) => Math.min(p, data.length)), data.length].sort((x, y) => x - y)) {
            if (point > from) b.streams.receive(handle, data.slice(from, point), 0);
            from = Math.max(from, point);
          }
          // Whether 100 Continue is sent depends on when the body comes (RFC 9110 10.1.1), and on nothing else.
          for (let i = 0; i < 4 && b.streams.of(handle).ending === ""; i++) b.streams.acknowledge(handle, 0);
          for (let i = 0; i < 1000 && b.server.nextDeadline() !== NEVER; i++) b.server.step(b.server.nextDeadline());
          outputs.push(undated(b.streams.output(handle).replaceAll("HTTP/1.1 100 Continue\r\n\r\n", "")));
          expect([b.server.connections, b.server.exchanges]).toEqual([0, 0]);
        }
        expect(outputs[0] === "" || beginsWithStatus(outputs[0]!)).toBe(true);
        expect(outputs[1]).toBe(outputs[0]);
        if (data.length < 120) expect(outputs[2]).toBe(outputs[0]);
      }),
      { numRuns: 200 },
    );
  });
});
