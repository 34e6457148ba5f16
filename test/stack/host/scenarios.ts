// What two whole hosts must manage over a wire, under a virtual clock. Each scenario returns "" or what went wrong. They
// are written to compile, so that they run three ways: on Node and on quickjs-ng as simulation.test.ts, and compiled
// ahead of time in test/e2e/trace.test.ts.

import { copyBytes, equalBytes } from "../../../stack/base/native.ts";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { BODY_OPEN } from "../../../stack/http/events.ts";
import { DEFAULT_LIMITS } from "../../../stack/http/limits.ts";
import { type Faults, NO_FAULTS } from "../../support/wire.ts";
import { CLIENT, Pair, SERVER } from "./pair.ts";

export const SCENARIOS: readonly string[] = [
  "a ready page of 300 KB arrives byte by byte in spite of loss, repetition and reordering (seed 1)",
  "a ready page of 300 KB arrives byte by byte in spite of loss, repetition and reordering (seed 2)",
  "a ready page of 300 KB arrives byte by byte in spite of loss, repetition and reordering (seed 3)",
  "a request with a body goes up whole, and its answer comes back whole, over a bad wire",
  "damaged frames change nothing of what arrives",
  "after many exchanges nothing is left: no connection, no exchange, no flow, no held slot",
  "idle connections, as many as the server takes, keep out neither the next request nor a connection of its own",
  "a connect to a port that nobody serves is refused at once",
  "a connect to an address that nobody has fails as unreachable within seconds",
  "idle hosts ask to be woken seldom: not more than once in ten seconds of virtual time",
];

/** Runs one of SCENARIOS. */
export function scenario(index: number): string {
  switch (index) {
    case 0:
    case 1:
    case 2:
      return bigPage(index + 1, 0, 300_000);
    case 3:
      return bodyAndBack();
    case 4:
      return bigPage(5, 0.05, 100_000);
    case 5:
      return nothingLeft();
    case 6:
      return crowd();
    case 7:
      return refused();
    case 8:
      return unreachable();
    case 9:
      return idle();
    default:
      return "there is no such scenario";
  }
}

function bad(damage: number, delay: number): Faults {
  return { loss: 0.05, repetition: 0.02, reordering: 0.1, damage, delay };
}

function bigPage(seed: number, damage: number, length: number): string {
  const pair = new Pair(bad(damage, 5 * MILLISECOND), seed);
  const body = pattern(length, seed);
  publish(pair, "/big", body);
  return compareAnswer(pair.exchange(get("/big")), 200, body);
}

function bodyAndBack(): string {
  const pair = new Pair(bad(0, 5 * MILLISECOND), 4);
  const body = pattern(100_000, 9);
  const received = new Uint8Array(body.length + 1);
  let length = 0;
  pair.answer = (exchange: number): void => {
    const { http } = pair.server.web;
    for (let piece = http.readBody(exchange, pair.now); piece.length > 0; piece = http.readBody(exchange, pair.now)) {
      copyBytes(received, length, piece, 0, piece.length);
      length += piece.length;
    }
    if (http.bodyState(exchange) === BODY_OPEN) return;
    http.respond(exchange, 201, "Content-Type: a/b\r\n", received.slice(0, length), pair.now);
  };
  const head = ascii(`POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`);
  const request = new Uint8Array(head.length + body.length);
  copyBytes(request, 0, head, 0, head.length);
  copyBytes(request, head.length, body, 0, body.length);
  return compareAnswer(pair.exchange(request), 201, body);
}

function nothingLeft(): string {
  const pair = new Pair(bad(0, MILLISECOND), 6);
  const body = pattern(5000, 1);
  publish(pair, "/", body);
  for (let i = 0; i < 40; i++) {
    const fault = compareAnswer(pair.exchange(get("/")), 200, body);
    if (fault !== "") return `exchange ${i}: ${fault}`;
  }
  pair.run(() => false, 400 * SECOND);
  for (const host of [pair.server, pair.client]) {
    const left =
      host.tcp.counters.connections +
      host.tcp.memoryInUse +
      host.web.http.connections +
      host.web.http.exchanges +
      host.flows.count;
    if (left !== 0) return host.describe();
  }
  return "";
}

function crowd(): string {
  const pair = new Pair(NO_FAULTS, 8);
  const body = ascii("hello");
  publish(pair, "/a", body);
  const most = DEFAULT_LIMITS.connections;
  for (let i = 0; i < most; i++) {
    // Taken off the edge's list, which is shorter (FLOW_LIMIT): the connection stays.
    pair.client.flows.remove(pair.client.connect(SERVER, 80, 1024, ""));
    if (i % 100 === 99) pair.run(() => false, 20 * MILLISECOND);
  }
  pair.run(() => pair.server.web.http.connections === most, SECOND);
  if (pair.server.web.http.connections !== most) return `${pair.server.web.http.connections} connections`;
  const fault = compareAnswer(pair.exchange(get("/a"), 5 * SECOND), 200, body);
  if (fault !== "") return fault;
  pair.connected = false;
  pair.client.web.listen({ port: 81, secure: false, redirectTo: 0 });
  pair.server.connect(CLIENT, 81, 1024, "");
  return pair.run(() => pair.connected, 5 * SECOND) ? "" : "the server could not connect";
}

function refused(): string {
  const pair = new Pair(NO_FAULTS, 7);
  pair.client.connect(SERVER, 81, 65_536, "");
  return pair.run(() => pair.closed.length > 0, SECOND) ? "" : "it was not told";
}

function unreachable(): string {
  const pair = new Pair(NO_FAULTS, 8);
  pair.client.connect("10.0.0.99", 80, 65_536, "");
  return pair.run(() => pair.closed.length > 0, 10 * SECOND) ? "" : "it was not told";
}

function idle(): string {
  const pair = new Pair(NO_FAULTS, 9);
  pair.run(() => false, 30 * SECOND);
  const from = pair.now;
  let turns = 0;
  while (pair.now < from + 600 * SECOND) {
    pair.now = Math.max(pair.now + 1, Math.min(from + 600 * SECOND, pair.turn()));
    turns++;
  }
  return turns < 60 ? "" : `${turns} turns`;
}

function compareAnswer(answer: Uint8Array, status: number, body: Uint8Array): string {
  const start = bodyStart(answer);
  if (start < 0) return `no answer in ${answer.length} bytes`;
  const said = (answer[9]! - 48) * 100 + (answer[10]! - 48) * 10 + (answer[11]! - 48);
  if (said !== status) return `status ${said}`;
  if (answer.length - start !== body.length) return `a body of ${answer.length - start} bytes`;
  return equalBytes(answer, start, body, 0, body.length) ? "" : "another body";
}

/** Offset of the body: behind the first empty line. */
function bodyStart(answer: Uint8Array): number {
  for (let i = 0; i + 3 < answer.length; i++)
    if (answer[i] === 13 && answer[i + 1] === 10 && answer[i + 2] === 13 && answer[i + 3] === 10) return i + 4;
  return -1;
}

function get(path: string): Uint8Array {
  return ascii(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
}

function publish(pair: Pair, path: string, body: Uint8Array): void {
  pair.server.web.http.ready.put(path, 200, "Content-Type: text/plain\r\n", '"a"', 0, "", body);
}

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
