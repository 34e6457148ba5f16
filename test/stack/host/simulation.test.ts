import { describe, expect, test } from "vitest";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { DEFAULT_LIMITS } from "../../../stack/http/limits.ts";
import { NO_FAULTS } from "../../support/wire.ts";
import { CLIENT, Pair, SERVER } from "./pair.ts";

const BAD = { loss: 0.05, repetition: 0.02, reordering: 0.1, damage: 0, delay: 5 * MILLISECOND };

function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let x = seed | 1;
  for (let i = 0; i < length; i++) {
    x = Math.imul(x, 1664525) + 1013904223;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

/** Offset of the body: behind the first empty line. */
function bodyStart(answer: Uint8Array): number {
  for (let i = 0; i + 3 < answer.length; i++)
    if (answer[i] === 13 && answer[i + 1] === 10 && answer[i + 2] === 13 && answer[i + 3] === 10) return i + 4;
  return -1;
}

function statusOf(answer: Uint8Array): string {
  return String.fromCharCode(...answer.subarray(9, 12));
}

function get(path: string): Uint8Array {
  return ascii(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
}

function publish(pair: Pair, path: string, body: Uint8Array): void {
  pair.server.http.ready.put(path, 200, "Content-Type: text/plain\r\n", '"a"', 0, "", body);
}

describe("two hosts on one wire", () => {
  for (const seed of [1, 2, 3]) {
    test(`a ready page of 300 KB arrives byte by byte in spite of loss, repetition and reordering (seed ${seed})`, () => {
      const pair = new Pair(BAD, seed);
      const body = pattern(300_000, seed);
      publish(pair, "/big", body);
      const answer = pair.exchange(get("/big"));
      expect(statusOf(answer)).toBe("200");
      expect(answer.slice(bodyStart(answer))).toEqual(body);
    });
  }

  test("a request with a body goes up whole, and its answer comes back whole, over a bad wire", () => {
    const pair = new Pair(BAD, 4);
    const body = pattern(100_000, 9);
    pair.answer = (exchange) => {
      const { http } = pair.server;
      http.respond(exchange, 201, "Content-Type: a/b\r\n", http.body(exchange), pair.now);
    };
    const head = ascii(`POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`);
    const request = new Uint8Array(head.length + body.length);
    request.set(head);
    request.set(body, head.length);
    const answer = pair.exchange(request);
    expect(statusOf(answer)).toBe("201");
    expect(answer.slice(bodyStart(answer))).toEqual(body);
  });

  test("damaged frames change nothing of what arrives", () => {
    const pair = new Pair({ ...BAD, damage: 0.05 }, 5);
    const body = pattern(100_000, 5);
    publish(pair, "/big", body);
    const answer = pair.exchange(get("/big"));
    expect(answer.slice(bodyStart(answer))).toEqual(body);
  });

  test("after many exchanges nothing is left: no connection, no exchange, no flow, no held slot", () => {
    const pair = new Pair({ ...BAD, delay: MILLISECOND }, 6);
    publish(pair, "/", pattern(5000, 1));
    for (let i = 0; i < 40; i++) expect(statusOf(pair.exchange(get("/")))).toBe("200");
    pair.run(() => false, 400 * SECOND);
    for (const host of [pair.server, pair.client]) {
      expect(host.tcp.counters.connections).toBe(0);
      expect(host.tcp.memoryInUse).toBe(0);
      expect(host.http.connections).toBe(0);
      expect(host.http.exchanges).toBe(0);
      expect(host.flows.count).toBe(0);
    }
  });

  test("idle connections, as many as the server takes, keep out neither the next request nor a connection of its own", () => {
    const pair = new Pair(NO_FAULTS, 8);
    publish(pair, "/a", ascii("hello"));
    const most = DEFAULT_LIMITS.connections;
    for (let i = 0; i < most; i++) {
      pair.client.connect(SERVER, 80, 1024);
      if (i % 100 === 99) pair.run(() => false, 20 * MILLISECOND);
    }
    pair.run(() => pair.server.http.connections === most, SECOND);
    expect(pair.server.http.connections).toBe(most);
    expect(statusOf(pair.exchange(get("/a"), 5 * SECOND))).toBe("200");
    pair.connected = false;
    pair.client.serve(81);
    pair.server.connect(CLIENT, 81, 1024);
    expect(pair.run(() => pair.connected, 5 * SECOND)).toBe(true);
  });

  test("a connect to a port that nobody serves is refused at once", () => {
    const pair = new Pair(NO_FAULTS, 7);
    pair.client.connect(0x0a000001 as never, 81, 65_536);
    expect(pair.run(() => pair.closed.length > 0, SECOND)).toBe(true);
  });

  test("a connect to an address that nobody has fails as unreachable within seconds", () => {
    const pair = new Pair(NO_FAULTS, 8);
    pair.client.connect(0x0a000063 as never, 80, 65_536);
    expect(pair.run(() => pair.closed.length > 0, 10 * SECOND)).toBe(true);
  });

  test("idle hosts ask to be woken seldom: not more than once in ten seconds of virtual time", () => {
    const pair = new Pair(NO_FAULTS, 9);
    pair.run(() => false, 30 * SECOND);
    const from = pair.now;
    let turns = 0;
    while (pair.now < from + 600 * SECOND) {
      pair.now = Math.max(pair.now + 1, Math.min(from + 600 * SECOND, pair.turn()));
      turns++;
    }
    expect(turns).toBeLessThan(60);
  });
});
