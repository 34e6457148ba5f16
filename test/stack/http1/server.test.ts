import { describe, expect, it } from "vitest";
import type { Client } from "../../../stack/base/path.ts";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { CLOSED_BY_RESET, type Handle } from "../../../stack/base/streams.ts";
import { BODY_ENDED, BODY_GONE, BODY_OPEN } from "../../../stack/http/events.ts";
import { DEFAULT_LIMITS } from "../../../stack/http/limits.ts";
import { latin1Bytes } from "../../../stack/http/syntax.ts";
import { bench, exchange, publish, readText } from "../../support/http-bench.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const DATE = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
const PAGE = `HTTP/1.1 200 OK\r\n${DATE}Server: Epiphyte\r\nContent-Type: text/plain\r\nAccept-Ranges: bytes\r\nContent-Length: 5\r\n\r\nhello`;

describe("a ready page", () => {
  it("is answered at once, byte for byte", () => {
    const b = bench();
    publish(b.server, "/", "hello");
    expect(exchange(b, GET)).toBe(PAGE);
    expect(b.appliance.lines).toEqual(["GET / 200 5"]);
    expect(b.appliance.requests).toEqual([]);
  });

  it("is answered alike wherever the request is cut, and byte by byte", () => {
    const b = bench();
    publish(b.server, "/", "hello");
    for (let cut = 1; cut < GET.length; cut++) {
      const handle = b.streams.connect(b.listener, 0);
      b.streams.receive(handle, GET.slice(0, cut), 0);
      expect(b.streams.output(handle)).toBe("");
      b.streams.receive(handle, GET.slice(cut), 0);
      expect(b.streams.output(handle)).toBe(PAGE);
    }
    const handle = b.streams.connect(b.listener, 0);
    for (const c of GET) b.streams.receive(handle, c, 0);
    expect(b.streams.output(handle)).toBe(PAGE);
  });

  it("tells browsers to come by https alone where that is asked for, whatever the answer and the connection", () => {
    const b = bench(DEFAULT_LIMITS, 16_384, 0, 86_400);
    publish(b.server, "/", "hello", '"e"');
    const line = "Strict-Transport-Security: max-age=86400\r\n";
    expect(exchange(b, GET)).toBe(
      PAGE.replace("Accept-Ranges", 'ETag: "e"\r\nAccept-Ranges').replace("\r\n\r\n", `\r\n${line}\r\n`),
    );
    for (const [request, status, connection] of [
      ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200 OK", "Connection: close\r\n"],
      ["GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200 OK", "Connection: keep-alive\r\n"],
      ['GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: "e"\r\n\r\n', "304 Not Modified", ""],
      ["OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "204 No Content", ""],
    ] as const) {
      const answer = exchange(b, request);
      expect(answer).toContain(`HTTP/1.1 ${status}\r\n`);
      expect(answer).toContain(`\r\n${line}${connection}\r\n`);
    }
    // What it was before is not kept for the next connection of the same record.
    expect(exchange(bench(DEFAULT_LIMITS, 16_384, 0, 0), "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")).toContain(
      "max-age=0\r\n",
    );
  });

  it("comes without body for HEAD", () => {
    const b = bench();
    publish(b.server, "/", "hello");
    expect(exchange(b, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")).toBe(PAGE.slice(0, -5));
  });

  it("dates every second anew and leaves queued heads as they are", () => {
    const b = bench();
    publish(b.server, "/", "hello");
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, GET, 0);
    b.streams.receive(handle, GET, SECOND);
    expect(b.streams.output(handle)).toBe(PAGE + PAGE.replace("08:49:37", "08:49:38"));
    b.streams.acknowledge(handle, SECOND);
  });

  it("says how the connection goes on, by version and Connection field", () => {
    const b = bench();
    publish(b.server, "/", "hello");
    const cases: ReadonlyArray<readonly [request: string, field: string, ending: string]> = [
      ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "Connection: close\r\n", "close"],
      ["GET / HTTP/1.0\r\n\r\n", "Connection: close\r\n", "close"],
      ["GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "Connection: keep-alive\r\n", ""],
      ["GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, keep-alive\r\n\r\n", "", ""],
    ];
    for (const [request, field, ending] of cases) {
      const handle = b.streams.connect(b.listener, 0);
      b.streams.receive(handle, request, 0);
      expect(b.streams.output(handle)).toBe(PAGE.replace("\r\n\r\n", `\r\n${field}\r\n`));
      expect(b.streams.of(handle).ending).toBe(ending);
    }
  });

  it("answers pipelined requests in order, as many as may be unacknowledged at once", () => {
    const b = bench({ ...DEFAULT_LIMITS, pipelined: 3 });
    publish(b.server, "/", "hello");
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, GET.repeat(7), 0);
    expect(b.streams.output(handle)).toBe(PAGE.repeat(3));
    b.streams.acknowledge(handle, 0);
    expect(b.streams.output(handle)).toBe(PAGE.repeat(6));
    b.streams.acknowledge(handle, 0);
    expect(b.streams.output(handle)).toBe(PAGE.repeat(7));
  });

  it("ignores the query, and the authority of an absolute form", () => {
    const b = bench();
    publish(b.server, "/", "hello");
    publish(b.server, "/a", "hello");
    for (const target of ["/?x=1", "http://a", "http://a:80/", "HTTP://a?x", "/a?b/../c", "https://a/a?"])
      expect(exchange(b, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)).toBe(PAGE);
  });

  it("ignores empty lines before the request line (RFC 9112 2.2)", () => {
    const b = bench();
    publish(b.server, "/", "hello");
    expect(exchange(b, `\r\n\r\n${GET}`)).toBe(PAGE);
  });
});

describe("a request for the appliance", () => {
  it("can be read by its accessors and is answered", () => {
    const b = bench();
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, "POST /push?x=1 HTTP/1.1\r\nHost: a\r\nX-Y:  z \r\nContent-Length: 3\r\n\r\nabcGET", 0);
    const id = b.appliance.requests[0]!;
    const s = b.server;
    expect([s.method(id), s.target(id), s.headerCount(id)]).toEqual(["POST", "/push?x=1", 3]);
    expect([s.headerName(id, 1), s.headerValue(id, 1), s.headerName(id, 3)]).toEqual(["x-y", "z", ""]);
    expect(s.headerText(id)).toBe("host: a\r\nx-y:  z \r\ncontent-length: 3\r\n");
    expect(readText(b, id)).toBe("abc");
    expect([s.peerPath(id), s.peerPort(id)]).toEqual([7, 40_000]);
    s.respond(id, 404, "Content-Type: a/b\r\nConnection: no\r\nBad\r\n", latin1Bytes("gone"), 2 * SECOND);
    expect(b.streams.output(handle)).toBe(
      "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:39 GMT\r\nServer: Epiphyte\r\nContent-Type: a/b\r\nContent-Length: 4\r\n\r\ngone",
    );
    expect(b.appliance.lines).toEqual(["POST /push?x=1 404 4"]);
    expect([s.method(id), s.target(id), s.headerText(id), s.readBody(id, 0).length]).toEqual(["", "", "", 0]);
    s.respond(id, 200, "", latin1Bytes("again"), 0);
    s.cancel(id);
    expect(b.streams.output(handle)).not.toMatch(/again/);
    expect(b.streams.of(handle).ending).toBe("");
  });

  it("holds back what follows on its connection until it is answered", () => {
    const b = bench();
    publish(b.server, "/", "hello");
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, `GET /new HTTP/1.1\r\nHost: a\r\n\r\n${GET}`, 0);
    expect(b.streams.output(handle)).toBe("");
    b.server.respond(b.appliance.requests[0]!, 204, "", latin1Bytes("x"), 0);
    expect(b.streams.output(handle)).toBe(`HTTP/1.1 204 No Content\r\n${DATE}Server: Epiphyte\r\n\r\n${PAGE}`);
  });

  it("is owed an answer: its stream does not give way to others until there is one", () => {
    const b = bench();
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", 0);
    expect(b.streams.of(handle).held).toBe(true);
    // While the appliance waits for the peer's body nothing is owed.
    readText(b, b.appliance.requests[0]!);
    expect(b.streams.of(handle).held).toBe(false);
    b.streams.receive(handle, "x", 0);
    expect(readText(b, b.appliance.requests[0]!)).toBe("x");
    expect(b.streams.of(handle).held).toBe(true);
    b.server.respond(b.appliance.requests[0]!, 200, "", latin1Bytes("x"), 0);
    expect(b.streams.of(handle).held).toBe(false);
  });

  it("meets 503 when others that wait have taken the memory, and so does the next of an address that has its part", () => {
    const b = bench({ ...DEFAULT_LIMITS, exchangeMemory: 100_000 });
    const long = `GET /x HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(9000)}\r\n\r\n`;
    const ask = (path: number, request: string): string => {
      b.streams.client = path as Client;
      const handle = b.streams.connect(b.listener, 0);
      b.streams.receive(handle, request, 0);
      return b.streams.output(handle).slice(0, 12);
    };
    const first = Array.from({ length: 20 }, () => ask(1, long));
    // 7 of 10 KB are in three quarters of the memory; more than a quarter of it is this address's.
    expect(first.filter((answer) => answer === "").length).toBe(7);
    expect(first[19]).toBe("HTTP/1.1 503");
    // Another address finds the last quarter.
    expect([ask(2, long), ask(2, long)]).toEqual(["", ""]);
    expect([b.server.exchanges, b.appliance.cancels]).toEqual([9, []]);
    // Then one of the address that holds most gives way, which the appliance has not been told of,
    for (const exchange of b.appliance.requests.slice(0, 6)) b.server.known(exchange);
    expect(ask(3, long)).toBe("");
    expect(b.appliance.cancels).toEqual([b.appliance.requests[6]]);
    // but not to an address that would then hold as much.
    expect([ask(3, long), ask(4, long), ask(5, long)]).toEqual(["HTTP/1.1 503", "", "HTTP/1.1 503"]);
    expect(b.appliance.cancels).toHaveLength(2);
    expect(b.server.exchanges).toBe(9);
    for (const exchange of b.appliance.requests) b.server.respond(exchange, 200, "", latin1Bytes("x"), 0);
    expect(ask(1, long)).toBe("");
  });

  it("is admitted in place of longer ones of its own address, but not of its like", () => {
    const b = bench({ ...DEFAULT_LIMITS, exchangeMemory: 100_000 });
    const ask = (path: number, length: number): string => {
      b.streams.client = path as Client;
      const handle = b.streams.connect(b.listener, 0);
      b.streams.receive(handle, `GET /x HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(length)}\r\n\r\n`, 0);
      return b.streams.output(handle).slice(0, 12);
    };
    for (let i = 0; i < 7; i++) expect(ask(1, 9000)).toBe("");
    for (let i = 0; i < 2; i++) expect(ask(2, 9000)).toBe("");
    expect(ask(1, 9000)).toBe("HTTP/1.1 503");
    // Of the first address those give way that the appliance does not know yet, until the newcomer has its part.
    const [known] = b.appliance.requests;
    b.server.known(known!);
    expect(ask(1, 100)).toBe("");
    expect(b.appliance.cancels.length).toBeGreaterThan(0);
    for (const exchange of b.appliance.cancels) expect(b.appliance.requests.slice(1, 7)).toContain(exchange);
    // What is as long as they are still finds no room, and neither do readers push out each other.
    expect(ask(1, 9000)).toBe("HTTP/1.1 503");
    const first = Array.from({ length: 60 }, () => ask(1, 100));
    const cancels = b.appliance.cancels.length;
    expect(first.at(-1)).toBe("HTTP/1.1 503");
    expect([ask(1, 100), b.appliance.cancels.length]).toEqual(["HTTP/1.1 503", cancels]);
  });

  it("is admitted in place of those of its own address that keep the appliance waiting for a body, the silent first", () => {
    const b = bench({ ...DEFAULT_LIMITS, exchangeMemory: 20_000 });
    const open = (request: string, now: number): Handle => {
      b.streams.client = 1 as Client;
      const handle = b.streams.connect(b.listener, now);
      b.streams.receive(handle, request, now);
      return handle;
    };
    const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbegin";
    b.appliance.onRequest = (id, now) => {
      b.server.known(id);
      if (b.server.method(id) === "POST") while (b.server.readBody(id, now).length > 0);
    };
    b.appliance.onBody = (id, now) => {
      while (b.server.readBody(id, now).length > 0);
    };
    const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const posts = Array.from({ length: 13 }, (_, i) => open(post, i));
    expect(b.appliance.cancels).toEqual([]);
    // The first says something after all the others.
    b.streams.receive(posts[0]!, "more", 100);
    const reader = open(get, 101);
    expect(b.streams.output(reader)).toBe("");
    expect(b.appliance.cancels).toEqual([b.appliance.requests[1]]);
    expect(b.streams.output(posts[1]!)).toContain("HTTP/1.1 503 ");
    expect(b.streams.output(posts[0]!)).toBe("");
    // Nor do those shut readers out whose bodies come, but are not whole: who began last gives way; and not one that is.
    const busy = bench({ ...DEFAULT_LIMITS, exchangeMemory: 5000 });
    const ask = (request: string, now: number): Handle => {
      busy.streams.client = 1 as Client;
      const handle = busy.streams.connect(busy.listener, now);
      busy.streams.receive(handle, request, now);
      return handle;
    };
    busy.appliance.onRequest = (id, now) => {
      busy.server.known(id);
      busy.server.readBody(id, now);
    };
    const whole = ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nwhole", 0);
    const first = ask(post, 1);
    const second = ask(post, 2);
    expect(busy.streams.output(ask(post, 3))).toContain("HTTP/1.1 503 ");
    expect(busy.streams.output(ask(get, 4))).toBe("");
    expect(busy.streams.output(second)).toContain("HTTP/1.1 503 ");
    expect(busy.streams.output(first) + busy.streams.output(whole)).toBe("");
  });

  it("may be answered from within the event, many times over", () => {
    const b = bench({ ...DEFAULT_LIMITS, pipelined: 1000 });
    b.streams.maxRanges = 10_000;
    b.appliance.onRequest = (id, now) => b.server.respond(id, 200, "", latin1Bytes(b.server.target(id)), now);
    const handle = b.streams.connect(b.listener, 0);
    let requests = "";
    for (let i = 0; i < 500; i++) requests += `GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`;
    b.streams.receive(handle, requests, 0);
    expect(b.appliance.lines.length).toBe(500);
    expect(b.server.exchanges).toBe(0);
  });

  it("is told of before its body, which is read in pieces as it comes, its trailers dropped", () => {
    const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const body = "4;x=y\r\nWiki\r\n5\r\npedia\r\n0\r\nX-T: 1\r\n\r\n";
    for (let cut = 0; cut < body.length; cut++) {
      const b = bench();
      let text = "";
      b.appliance.onRequest = (id) => {
        text += readText(b, id);
      };
      b.appliance.onBody = b.appliance.onRequest;
      const handle = b.streams.connect(b.listener, 0);
      b.streams.receive(handle, head, 0);
      const id = b.appliance.requests[0]!;
      expect(b.server.bodyState(id)).toBe(BODY_OPEN);
      b.streams.receive(handle, body.slice(0, cut), 0);
      b.streams.receive(handle, `${body.slice(cut)}${GET}`, 0);
      expect([text, b.server.bodyState(id)]).toEqual(["Wikipedia", BODY_ENDED]);
      b.server.respond(id, 200, "", latin1Bytes(""), 0);
      expect(b.appliance.requests.length).toBe(2);
    }
  });

  it("holds a body back in the stream until it is asked for", () => {
    const b = bench();
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n${"x".repeat(50_000)}`, 0);
    expect(b.streams.of(handle).length).toBe(16_384);
    expect(b.server.readBody(b.appliance.requests[0]!, 0).length).toBe(16_384);
    expect(readText(b, b.appliance.requests[0]!).length).toBe(50_000 - 16_384);
  });

  it("is told to send its body when that is asked for, and not when it has begun", () => {
    const head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n";
    const b = bench();
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, head, 0);
    expect(b.streams.output(handle)).toBe("");
    expect(readText(b, b.appliance.requests[0]!)).toBe("");
    expect(b.streams.output(handle)).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    b.streams.receive(handle, "abc", 0);
    expect(readText(b, b.appliance.requests[0]!)).toBe("abc");
    b.server.respond(b.appliance.requests[0]!, 204, "", latin1Bytes(""), 0);
    expect(b.streams.output(handle)).not.toMatch(/Connection: close/);
    const second = b.streams.connect(b.listener, 0);
    b.streams.receive(second, `${head}a`, 0);
    expect([readText(b, b.appliance.requests[1]!), b.streams.output(second)]).toEqual(["a", ""]);
  });

  it("whose body nobody reads is answered, and the connection goes on behind it when it is short", () => {
    for (const [framing, body] of [
      ["Content-Length: 65536\r\n", "x".repeat(65_536)],
      ["Transfer-Encoding: chunked\r\n", `8000\r\n${"x".repeat(32_768)}\r\n0\r\n\r\n`],
    ] as const) {
      const b = bench();
      publish(b.server, "/", "hello");
      b.appliance.onRequest = (id, now) => b.server.respond(id, 405, "", latin1Bytes(""), now);
      const handle = b.streams.connect(b.listener, 0);
      b.streams.receive(handle, `POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n${body}${GET}`, 0);
      expect(b.streams.output(handle)).toMatch(/^HTTP\/1\.1 405 /);
      expect(b.streams.output(handle).endsWith(PAGE)).toBe(true);
    }
  });

  it("whose body is long, or waits to be asked for, gets its answer as the connection's last, and no reset", () => {
    for (const fields of ["Content-Length: 2097152\r\n", "Content-Length: 5\r\nExpect: 100-continue\r\n"]) {
      const b = bench();
      b.appliance.onRequest = (id, now) => b.server.respond(id, 405, "", latin1Bytes("no"), now);
      const handle = b.streams.connect(b.listener, 0);
      b.streams.receive(handle, `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`, 0);
      expect(b.streams.output(handle)).toMatch(/^HTTP\/1\.1 405 /);
      expect(b.streams.output(handle).endsWith("Connection: close\r\n\r\nno")).toBe(true);
      expect(b.streams.of(handle).shutdown).toBe(true);
      for (let i = 0; i < 32; i++) b.streams.receive(handle, "x".repeat(65_536), i * MILLISECOND);
      expect([b.streams.of(handle).length, b.streams.of(handle).ending]).toEqual([0, ""]);
      b.streams.end(handle, SECOND);
      expect(b.streams.of(handle).ending).toBe("close");
    }
  });

  it("that is ready is answered whether it has a body or not", () => {
    const b = bench();
    publish(b.server, "/", "hello");
    expect(exchange(b, `GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi${GET}`)).toBe(PAGE + PAGE);
    expect(b.appliance.requests).toEqual([]);
  });

  it("is answered from the table once that has it, as the next one is, and those that wait for the same", () => {
    const b = bench();
    const get = "GET /new HTTP/1.1\r\nHost: a\r\nRange: bytes=1-2\r\n\r\n";
    const handles = [0, 1, 2].map(() => b.streams.connect(b.listener, 0));
    for (const handle of handles) b.streams.receive(handle, get, 0);
    expect(b.server.retry(b.appliance.requests[0]!, 0)).toBe(false);
    publish(b.server, "/new", "hello");
    expect(b.server.retry(b.appliance.requests[0]!, 0)).toBe(true);
    b.server.retryAll(0);
    b.server.ready.forget("/new");
    for (const handle of handles) {
      expect(b.streams.output(handle)).toMatch(/^HTTP\/1\.1 206 /);
      expect(b.streams.output(handle)).toMatch(/Content-Range: bytes 1-2\/5\r\n/);
      expect(b.streams.output(handle).endsWith("\r\n\r\nel")).toBe(true);
    }
    expect([b.server.exchanges, b.server.retry(b.appliance.requests[0]!, 0)]).toEqual([0, true]);
    expect(exchange(b, get)).toBe("");
  });

  it("is cancelled when its peer goes, and its memory is free", () => {
    const b = bench();
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 0);
    b.streams.break(handle, CLOSED_BY_RESET, 0);
    expect(b.appliance.cancels).toEqual(b.appliance.requests);
    b.server.respond(b.appliance.requests[0]!, 200, "", latin1Bytes("x"), 0);
    expect([b.server.exchanges, b.server.connections]).toEqual([0, 0]);
  });

  it("can be cancelled by the appliance", () => {
    const b = bench();
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 0);
    b.server.cancel(b.appliance.requests[0]!);
    expect(b.streams.of(handle).ending).toBe("abort");
    expect([b.server.exchanges, b.server.connections]).toEqual([0, 0]);
  });

  it("cannot be made to split a response", () => {
    const b = bench();
    b.appliance.onRequest = (id, now) =>
      b.server.respond(id, 200, "A: b\nSet-Cookie: x\r\nB: c\rd\r\n: e\r\nGood: yes\r\n", latin1Bytes(""), now);
    expect(exchange(b, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n")).toBe(
      `HTTP/1.1 200 OK\r\n${DATE}Server: Epiphyte\r\nGood: yes\r\nContent-Length: 0\r\n\r\n`,
    );
  });

  it("takes OPTIONS * for a ping", () => {
    expect(exchange(bench(), "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")).toBe(
      `HTTP/1.1 204 No Content\r\n${DATE}Server: Epiphyte\r\n\r\n`,
    );
  });
});

describe("limits and time", () => {
  it("ends a bad request with a lingering close", () => {
    const b = bench();
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, "BAD\r\n\r\n and more", 0);
    expect(b.streams.output(handle)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(b.streams.output(handle)).toMatch(/Connection: close\r\n/);
    expect([b.streams.of(handle).shutdown, b.streams.of(handle).ending]).toEqual([true, ""]);
    b.streams.receive(handle, "ignored", 0);
    expect(b.streams.of(handle).length).toBe(0);
    b.streams.end(handle, 0);
    expect(b.streams.of(handle).ending).toBe("close");
    expect(b.server.connections).toBe(0);
  });

  it("stops lingering after a time, and after so many bytes", () => {
    const b = bench({ ...DEFAULT_LIMITS, lingerBytes: 100 });
    const first = b.streams.connect(b.listener, 0);
    b.streams.receive(first, "BAD\r\n\r\n", 0);
    b.server.step(DEFAULT_LIMITS.lingerTimeout - 1);
    expect(b.streams.of(first).ending).toBe("");
    b.server.step(b.server.nextDeadline());
    expect(b.streams.of(first).ending).toBe("close");
    const second = b.streams.connect(b.listener, 0);
    b.streams.receive(second, "BAD\r\n\r\n", 0);
    b.streams.receive(second, "x".repeat(200), 0);
    expect(b.streams.of(second).ending).toBe("close");
  });

  /** Steps as the host does until the connection has an answer or ends; returns the time in seconds. */
  function run(b: ReturnType<typeof bench>, done: () => boolean): number {
    let now = 0;
    for (let i = 0; i < 10_000 && !done(); i++) {
      now = b.server.nextDeadline();
      if (now === Number.POSITIVE_INFINITY) return now;
      b.server.step(now);
    }
    return now / SECOND;
  }

  it("closes an idle connection without a word", () => {
    const b = bench();
    const handle = b.streams.connect(b.listener, 0);
    const at = run(b, () => b.streams.of(handle).ending !== "");
    expect([b.streams.output(handle), Math.round(at)]).toEqual(["", 60]);
    expect(b.server.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it("answers half a head at once when its peer has ended, and half a body", () => {
    const b = bench();
    b.appliance.onBody = (id, now) => void readText(b, id, now);
    b.appliance.onRequest = b.appliance.onBody;
    for (const half of ["GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"]) {
      const handle = b.streams.connect(b.listener, 0);
      b.streams.receive(handle, half, 0);
      b.streams.end(handle, 0);
      expect(b.streams.output(handle)).toMatch(/^HTTP\/1\.1 400 /);
      expect(b.streams.of(handle).ending).toBe("close");
    }
    expect([b.server.exchanges, b.server.connections]).toEqual([0, 0]);
  });

  it("answers 408 to a head, and to a body, that does not come", () => {
    for (const [text, seconds] of [
      ["GET / HT", 10],
      ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", 20],
    ] as const) {
      const b = bench();
      b.appliance.onRequest = (id) => void readText(b, id);
      b.appliance.onBody = b.appliance.onRequest;
      const handle = b.streams.connect(b.listener, 0);
      b.streams.receive(handle, text, 0);
      const at = run(b, () => b.streams.output(handle) !== "");
      expect(Math.round(at)).toBe(seconds);
      expect(b.streams.output(handle)).toMatch(/^HTTP\/1\.1 408 /);
    }
  });

  it("does not let a head be dragged out byte by byte", () => {
    const b = bench();
    const handle = b.streams.connect(b.listener, 0);
    for (let t = 0; t < 30; t++) {
      b.server.step(t * SECOND);
      b.streams.receive(handle, t === 0 ? "GET / HTTP/1.1\r\nX: " : "x", t * SECOND);
    }
    expect(b.streams.output(handle)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("does not let a body be dragged out", () => {
    const b = bench();
    b.appliance.onRequest = (id, now) => void readText(b, id, now);
    b.appliance.onBody = b.appliance.onRequest;
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", 0);
    for (let t = 0; t < 40; t++) {
      b.server.step(t * SECOND);
      b.streams.receive(handle, "x", t * SECOND);
    }
    expect(b.streams.output(handle)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("resets a peer that does not acknowledge", () => {
    const b = bench();
    publish(b.server, "/", "hello");
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, GET, 0);
    const at = run(b, () => b.streams.of(handle).ending !== "");
    expect([b.streams.of(handle).ending, Math.round(at)]).toEqual(["abort", 60]);
  });

  it("answers 503 when the appliance does not", () => {
    const b = bench();
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 0);
    run(b, () => b.streams.output(handle) !== "");
    expect(b.streams.output(handle)).toMatch(/^HTTP\/1\.1 503 /);
    expect(b.appliance.cancels).toEqual(b.appliance.requests);
  });

  it("refuses a body that is announced too long, or grows too long, once somebody wants it", () => {
    const b = bench({ ...DEFAULT_LIMITS, body: 100 });
    b.appliance.onRequest = (id, now) => void readText(b, id, now);
    b.appliance.onBody = b.appliance.onRequest;
    const post = "POST / HTTP/1.1\r\nHost: a\r\n";
    expect(exchange(b, `${post}Content-Length: 101\r\nExpect: 100-continue\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /);
    const chunks = `${post}Transfer-Encoding: chunked\r\n\r\n32\r\n${"x".repeat(50)}\r\n`;
    // Told by the size alone, before a byte of the chunk is there.
    expect(exchange(b, `${chunks}33`)).toMatch(/^HTTP\/1\.1 413 /);
    expect(exchange(b, `${post}Transfer-Encoding: chunked\r\n\r\n100000003`)).toMatch(/^HTTP\/1\.1 413 /);
    expect(exchange(b, `${chunks}32`)).toBe("");
    expect(b.appliance.cancels).toEqual(b.appliance.requests.slice(0, 3));
    expect(b.appliance.cancels.map((id) => b.server.bodyState(id))).toEqual([BODY_GONE, BODY_GONE, BODY_GONE]);
  });

  it("lingers while bytes come, but not for ever", () => {
    const b = bench();
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, "BAD\r\n\r\n", 0);
    let t = 0;
    for (; t < 100 && b.streams.of(handle).ending === ""; t++) {
      b.server.step(t * SECOND);
      if (b.streams.of(handle).ending === "") b.streams.receive(handle, "x", t * SECOND);
    }
    expect(b.streams.of(handle).ending).toBe("close");
    expect(Math.abs(t - DEFAULT_LIMITS.lingerTotal / SECOND)).toBeLessThan(4);
  });

  it("sends everything on to https where it is told to, and nobody who names no host", () => {
    const b = bench(DEFAULT_LIMITS, 16_384, 8443);
    publish(b.server, "/a", "hello");
    for (const host of ["b.example", "b.example:80"])
      expect(exchange(b, `POST /a?x HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 2\r\n\r\nhi`)).toBe(
        `HTTP/1.1 308 Permanent Redirect\r\n${DATE}Server: Epiphyte\r\nLocation: https://b.example:8443/a?x\r\nContent-Length: 0\r\n\r\n`,
      );
    const other = exchange(b, "GET http://c/?y HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n");
    expect(other.includes("Location: https://[::1]:8443/?y\r\n")).toBe(true);
    expect(exchange(b, "GET /a HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect(exchange(bench(DEFAULT_LIMITS, 16_384, 443), GET)).toMatch(/Location: https:\/\/a\/\r\n/);
  });

  it("resets a newcomer beyond its records", () => {
    const b = bench({ ...DEFAULT_LIMITS, connections: 3 });
    const all = [0, 1, 2].map(() => b.streams.connect(b.listener, 0));
    const fourth = b.streams.connect(b.listener, 0);
    expect(b.streams.of(fourth).ending).toBe("abort");
    b.streams.break(all[1]!, CLOSED_BY_RESET, 0);
    b.streams.receive(b.streams.connect(b.listener, 0), "GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 0);
    expect(b.appliance.requests).toHaveLength(1);
    expect(b.server.connections).toBe(3);
  });

  it("resets rather than send half a response when the stream takes no more ranges", () => {
    const b = bench();
    b.streams.maxRanges = 1;
    publish(b.server, "/", "hello");
    const handle = b.streams.connect(b.listener, 0);
    b.streams.receive(handle, GET, 0);
    expect(b.streams.of(handle).ending).toBe("abort");
  });

  it("lets go of everything after ten thousand connections", () => {
    const b = bench();
    publish(b.server, "/", "hello");
    for (let i = 0; i < 2000; i++) {
      const handle = b.streams.connect(b.listener, i);
      b.streams.receive(handle, i % 3 === 0 ? "GET / HTTP/1.0\r\n\r\n" : GET, i);
      if (i % 3 !== 0) b.streams.break(handle, CLOSED_BY_RESET, i);
    }
    expect([b.server.connections, b.server.exchanges]).toEqual([0, 0]);
    expect(b.server.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a server that is about to end", () => {
  it("lets go of idle connections, and says of each answer that it is the last", () => {
    const b = bench();
    publish(b.server, "/", "hello");
    const idle = b.streams.connect(b.listener, 0);
    b.streams.receive(idle, GET, 0);
    b.streams.acknowledge(idle, 0);
    const half = b.streams.connect(b.listener, 0);
    b.streams.receive(half, GET.slice(0, 10), 0);
    const waiting = b.streams.connect(b.listener, 0);
    b.streams.receive(waiting, "GET /later HTTP/1.1\r\nHost: a\r\n\r\n", 0);
    b.server.drain();
    expect(b.streams.of(idle).ending).toBe("close");
    expect(b.streams.of(half).ending).toBe("");
    expect(b.streams.of(waiting).ending).toBe("");
    b.streams.receive(half, GET.slice(10), SECOND);
    expect(b.streams.output(half)).toContain("Connection: close\r\n");
    b.server.respond(b.appliance.requests[0]!, 200, "", latin1Bytes("late"), SECOND);
    expect(b.streams.output(waiting)).toContain("Connection: close\r\n");
    // Who comes now is answered all the same, once.
    expect(exchange(b, GET, SECOND)).toContain("Connection: close\r\n");
  });
});
