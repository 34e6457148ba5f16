import { describe, expect, it } from "vitest";
import { SharedMemory } from "../../../stack/base/shared.ts";
import { ReadyTable } from "../../../stack/http/ready.ts";
import { latin1Bytes } from "../../../stack/http/syntax.ts";
import { type Bench, bench, exchange, publish } from "../../support/http-bench.ts";

/** RFC 9110 8.8.2's example date. */
const MODIFIED = 784_903_551;
const MODIFIED_TEXT = "Tue, 15 Nov 1994 12:45:51 GMT";
const BEFORE = "Mon, 14 Nov 1994 12:45:51 GMT";
const AFTER = "Wed, 16 Nov 1994 12:45:51 GMT";

function site(): Bench {
  const b = bench();
  b.server.setWallClock((MODIFIED + 1_000_000) * 1000, 0);
  publish(b.server, "/a", "0123456789", '"xyzzy"', MODIFIED);
  return b;
}

function get(b: Bench, path: string, fields: string, method = "GET"): string {
  return exchange(b, `${method} ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
}

/** Status and body, as "200 text". */
function short(answer: string): string {
  return `${answer.slice(9, 12)} ${answer.slice(answer.indexOf("\r\n\r\n") + 4)}`;
}

describe("conditions (RFC 9110 13)", () => {
  const CASES: ReadonlyArray<readonly [fields: string, expected: string]> = [
    ['If-None-Match: "xyzzy"\r\n', "304 "],
    ['If-None-Match: W/"xyzzy"\r\n', "304 "],
    ["If-None-Match: *\r\n", "304 "],
    ['If-None-Match: "r2d2", "xyzzy" , "c3po"\r\n', "304 "],
    ['If-None-Match: "r2d2xxxx", W/"c3piozzzz"\r\n', "200 0123456789"],
    ["If-None-Match: xyzzy\r\n", "200 0123456789"],
    ['If-None-Match: "xyzzy\r\n', "200 0123456789"],
    ['If-None-Match: "XYZZY"\r\n', "200 0123456789"],
    ["If-None-Match: \r\n", "200 0123456789"],
    // A comma within a tag is part of it.
    ['If-None-Match: "a,"xyzzy"\r\n', "200 0123456789"],
    [`If-Modified-Since: ${MODIFIED_TEXT}\r\n`, "304 "],
    [`If-Modified-Since: ${AFTER}\r\n`, "304 "],
    ["If-Modified-Since: Wednesday, 16-Nov-94 12:45:51 GMT\r\n", "304 "],
    ["If-Modified-Since: Wed Nov 16 12:45:51 1994\r\n", "304 "],
    [`If-Modified-Since: ${BEFORE}\r\n`, "200 0123456789"],
    ["If-Modified-Since: yesterday\r\n", "200 0123456789"],
    // 13.1.3: If-None-Match goes before it.
    [`If-None-Match: "other"\r\nIf-Modified-Since: ${AFTER}\r\n`, "200 0123456789"],
    [`If-None-Match: "xyzzy"\r\nIf-Modified-Since: ${BEFORE}\r\n`, "304 "],
    ['If-Match: "xyzzy"\r\n', "200 0123456789"],
    ["If-Match: *\r\n", "200 0123456789"],
    ['If-Match: W/"xyzzy"\r\n', "412 "],
    ['If-Match: "other"\r\n', "412 "],
    [`If-Unmodified-Since: ${MODIFIED_TEXT}\r\n`, "200 0123456789"],
    [`If-Unmodified-Since: ${BEFORE}\r\n`, "412 "],
    ["If-Unmodified-Since: nonsense\r\n", "200 0123456789"],
    // 13.2.2: If-Match goes before If-Unmodified-Since, both before If-None-Match.
    [`If-Match: "xyzzy"\r\nIf-Unmodified-Since: ${BEFORE}\r\n`, "200 0123456789"],
    ['If-Match: "other"\r\nIf-None-Match: "xyzzy"\r\n', "412 "],
    ['If-Match: "xyzzy"\r\nIf-None-Match: "xyzzy"\r\n', "304 "],
    // Several lines of a list are one list (5.3); a field that is none and comes twice is ignored.
    ['If-None-Match: "xyzzy"\r\nIf-None-Match: "b"\r\n', "304 "],
    ['If-None-Match: "b"\r\nX: y\r\nIf-None-Match: "xyzzy"\r\n', "304 "],
    ['If-None-Match: "b"\r\nif-none-match: "c"\r\n', "200 0123456789"],
    ['If-Match: "b"\r\nIf-Match: "xyzzy"\r\nIf-Match: "c"\r\n', "200 0123456789"],
    ['If-Match: "b"\r\nIf-Match: "c"\r\n', "412 "],
    [`If-Modified-Since: ${AFTER}\r\nIf-Modified-Since: ${AFTER}\r\n`, "200 0123456789"],
    [`If-Unmodified-Since: ${BEFORE}\r\nIf-Unmodified-Since: ${BEFORE}\r\n`, "200 0123456789"],
  ];
  for (const [fields, expected] of CASES) {
    it(`${fields.replaceAll("\r\n", "; ")}→ ${expected}`, () => {
      expect(short(get(site(), "/a", fields))).toBe(expected);
      expect(short(get(site(), "/a", fields, "HEAD"))).toBe(expected.slice(0, 4));
    });
  }

  it("answer 304 with what caches need and nothing of the body", () => {
    expect(get(site(), "/a", 'If-None-Match: "xyzzy"\r\n')).toBe(
      `HTTP/1.1 304 Not Modified\r\nDate: Sun, 27 Nov 1994 02:32:31 GMT\r\nServer: Epiphyte\r\nETag: "xyzzy"\r\nLast-Modified: ${MODIFIED_TEXT}\r\n\r\n`,
    );
  });

  it("do not touch what is not a success, nor a page without validators", () => {
    const b = site();
    b.server.ready.put("/moved", 301, "Location: /a\r\n", '"m"', MODIFIED, "", latin1Bytes("moved"));
    publish(b.server, "/plain", "plain");
    expect(short(get(b, "/moved", 'If-None-Match: "m"\r\nRange: bytes=0-0\r\n'))).toBe("301 moved");
    expect(short(get(b, "/plain", `If-Modified-Since: ${AFTER}\r\nIf-Unmodified-Since: ${BEFORE}\r\n`))).toBe(
      "200 plain",
    );
    expect(short(get(b, "/plain", 'If-Match: "x"\r\n'))).toBe("412 ");
  });
});

describe("ranges (RFC 9110 14)", () => {
  const CASES: ReadonlyArray<readonly [fields: string, expected: string, contentRange: string]> = [
    ["Range: bytes=0-4\r\n", "206 01234", "bytes 0-4/10"],
    ["Range: bytes=5-\r\n", "206 56789", "bytes 5-9/10"],
    ["Range: bytes=-3\r\n", "206 789", "bytes 7-9/10"],
    ["Range: bytes=-30\r\n", "206 0123456789", "bytes 0-9/10"],
    ["Range: bytes=9-99999999999999999999\r\n", "206 9", "bytes 9-9/10"],
    ["Range: Bytes=0-0\r\n", "206 0", "bytes 0-0/10"],
    ["Range: bytes=10-\r\n", "416 ", "bytes */10"],
    ["Range: bytes=-0\r\n", "416 ", "bytes */10"],
    ["Range: bytes=5-4\r\n", "200 0123456789", ""],
    ["Range: bytes=0-1,3-4\r\n", "200 0123456789", ""],
    ["Range: lines=0-1\r\n", "200 0123456789", ""],
    ["Range: bytes=-\r\n", "200 0123456789", ""],
    ["Range: bytes=a-b\r\n", "200 0123456789", ""],
    ["Range: bytes=\r\n", "200 0123456789", ""],
    ['Range: bytes=0-4\r\nIf-Range: "xyzzy"\r\n', "206 01234", "bytes 0-4/10"],
    ['Range: bytes=0-4\r\nIf-Range: W/"xyzzy"\r\n', "200 0123456789", ""],
    ['Range: bytes=0-4\r\nIf-Range: "other"\r\n', "200 0123456789", ""],
    [`Range: bytes=0-4\r\nIf-Range: ${MODIFIED_TEXT}\r\n`, "206 01234", "bytes 0-4/10"],
    [`Range: bytes=0-4\r\nIf-Range: ${AFTER}\r\n`, "200 0123456789", ""],
    ['Range: bytes=10-\r\nIf-Range: "other"\r\n', "200 0123456789", ""],
    ['Range: bytes=0-4\r\nIf-None-Match: "xyzzy"\r\n', "304 ", ""],
    ["Range: bytes=0-4\r\nRange: bytes=5-6\r\n", "200 0123456789", ""],
  ];
  for (const [fields, expected, contentRange] of CASES) {
    it(`${fields.replaceAll("\r\n", "; ")}→ ${expected}`, () => {
      const answer = get(site(), "/a", fields);
      expect(short(answer)).toBe(expected);
      if (contentRange === "") expect(answer).not.toMatch(/Content-Range/);
      else expect(answer).toContain(`\r\nContent-Range: ${contentRange}\r\n`);
      if (expected.startsWith("206")) expect(answer).toContain(`\r\nContent-Length: ${expected.length - 4}\r\n`);
    });
  }

  it("mean nothing for HEAD", () => {
    expect(short(get(site(), "/a", "Range: bytes=0-4\r\n", "HEAD"))).toBe("200 ");
  });
});

describe("codings (RFC 9110 12.5.3)", () => {
  const CASES: ReadonlyArray<readonly [fields: string, body: string]> = [
    ["", "plain"],
    ["Accept-Encoding: gzip\r\n", "zipped"],
    ["Accept-Encoding: GZIP, deflate, br\r\n", "zipped"],
    ["Accept-Encoding: x-gzip\r\n", "zipped"],
    ["Accept-Encoding: *\r\n", "zipped"],
    ["Accept-Encoding: br, *;q=0.5\r\n", "zipped"],
    ["Accept-Encoding: gzip;q=0\r\n", "plain"],
    ["Accept-Encoding: gzip;q=0.000, *\r\n", "plain"],
    ["Accept-Encoding: gzip;q=0.5, identity\r\n", "plain"],
    ["Accept-Encoding: gzip ; q=1.0, identity;q=0.9\r\n", "zipped"],
    ["Accept-Encoding: identity;q=0.2, gzip;q=0.3\r\n", "zipped"],
    ["Accept-Encoding: br\r\n", "plain"],
    ["Accept-Encoding: \r\n", "plain"],
    ["Accept-Encoding: gzip;q=2\r\n", "plain"],
    ["Accept-Encoding: gzip;q=0.1234\r\n", "plain"],
    ["Accept-Encoding: gzip;level=9\r\n", "plain"],
  ];
  for (const [fields, body] of CASES) {
    it(`${fields.trim()} → ${body}`, () => {
      const b = site();
      b.server.ready.put("/z", 200, "Content-Type: a/b\r\n", '"p"', 0, "", latin1Bytes("plain"));
      // Served before the second representation comes: its head is made anew.
      expect(get(b, "/z", "")).not.toMatch(/Vary/);
      b.server.ready.put("/z", 200, "Content-Type: a/b\r\n", '"z"', 0, "gzip", latin1Bytes("zipped"));
      const answer = get(b, "/z", fields);
      expect(short(answer)).toBe(`200 ${body}`);
      expect(answer).toContain("\r\nVary: Accept-Encoding\r\n");
      expect(answer).toContain(body === "plain" ? '\r\nETag: "p"\r\n' : '\r\nContent-Encoding: gzip\r\nETag: "z"\r\n');
      expect(get(b, "/z", `${fields}If-None-Match: "z"\r\n`).slice(9, 12)).toBe(body === "plain" ? "200" : "304");
    });
  }

  it("send a page up that only the other side of the choice has", () => {
    const b = site();
    b.server.ready.put("/only", 200, "", '"z"', 0, "gzip", latin1Bytes("zipped"));
    expect(get(b, "/only", "")).toBe("");
    expect(b.appliance.requests.length).toBe(1);
    expect(short(get(b, "/only", "Accept-Encoding: gzip\r\n"))).toBe("200 zipped");
  });
});

describe("the table", () => {
  it("sends everything up that it does not have", () => {
    const b = bench();
    for (const [method, target] of [
      ["GET", "/"],
      ["GET", "/b"],
      ["POST", "/a"],
      ["DELETE", "/a"],
    ] as const)
      exchange(b, `${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(b.appliance.requests.map((id) => `${b.server.method(id)} ${b.server.target(id)}`)).toEqual([
      "GET /",
      "GET /b",
      "POST /a",
      "DELETE /a",
    ]);
  });

  it("is replaced in one step, while old bodies are still on their way", () => {
    const b = bench();
    const table = b.server.ready;
    publish(b.server, "/a", "old");
    publish(b.server, "/b", "old b");
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", 0);
    publish(b.server, "/c", "old c");
    table.begin();
    for (const path of ["/b", "/b", "/nowhere"]) table.keep(path);
    expect([short(get(b, "/a", "")), short(get(b, "/b", ""))]).toEqual(["200 old", "200 old b"]);
    table.commit();
    expect(get(b, "/a", "")).toBe("");
    expect(get(b, "/c", "")).toBe("");
    expect(short(get(b, "/b", ""))).toBe("200 old b");
    expect(table.size).toBe(1);
    publish(b.server, "/a", "new");
    expect(short(get(b, "/a", ""))).toBe("200 new");
    b.streams.acknowledge(handle, 0);
    expect(short(b.streams.output(handle))).toBe("200 old");
  });

  it("finds each of many pages, and replaces one in place", () => {
    const b = bench();
    for (let i = 0; i < 3000; i++) publish(b.server, `/posts/${i}`, `body ${i}`);
    publish(b.server, "/posts/7", "seven");
    expect(b.server.ready.size).toBe(3000);
    for (let i = 0; i < 3000; i += 101) expect(short(get(b, `/posts/${i}`, ""))).toBe(`200 body ${i}`);
    expect(short(get(b, "/posts/7", ""))).toBe("200 seven");
    expect(get(b, "/posts/3000", "")).toBe("");
  });

  it("writes the fields that it owns itself", () => {
    const b = bench();
    b.server.ready.put(
      "/",
      200,
      "ETag: bad\r\nContent-Length: 99\r\nConnection: close\r\nVary: Accept-Encoding\r\nX: y\r\nContent-Encoding: br\r\n",
      '"e"',
      0,
      "",
      latin1Bytes(""),
    );
    expect(get(b, "/", "")).toBe(
      'HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: Epiphyte\r\nVary: Accept-Encoding\r\nX: y\r\nETag: "e"\r\nAccept-Ranges: bytes\r\nContent-Length: 0\r\n\r\n',
    );
    expect(short(get(b, "/", "Range: bytes=0-\r\n"))).toBe("416 ");
  });
});

describe("the bodies of the table", () => {
  it("are counted while the table holds them: put, replaced, kept, forgotten, let go of", () => {
    const memory = new SharedMemory();
    const table = new ReadyTable(memory);
    const put = (path: string, encoding: string, length: number): void =>
      table.put(path, 200, "", "", 0, encoding, new Uint8Array(length));
    put("/a", "", 100);
    put("/a", "gzip", 50);
    put("/b", "", 1000);
    expect([memory.held, memory.inFlight]).toEqual([1150, 0]);
    put("/b", "", 2000);
    expect(memory.held).toBe(2150);
    table.begin();
    table.keep("/a");
    table.commit();
    expect(memory.held).toBe(150);
    table.forget("/a");
    expect(memory.held).toBe(0);
    put("/a", "", 7);
    expect(memory.held).toBe(7);
  });
});
