// An HTTP server on fake streams, whose appliance records what it is asked and answers when the test says so.

import type { Client } from "../../stack/base/path.ts";
import type { Handle } from "../../stack/base/streams.ts";
import type { AccessLine } from "../../stack/http/access.ts";
import { HttpEvents } from "../../stack/http/events.ts";
import { DEFAULT_LIMITS, type HttpLimits } from "../../stack/http/limits.ts";
import { ReadyTable } from "../../stack/http/ready.ts";
import { latin1Bytes } from "../../stack/http/syntax.ts";
import { HttpListener } from "../../stack/http1/listener.ts";
import { Manner } from "../../stack/http1/manner.ts";
import { HttpServer } from "../../stack/http1/server.ts";
import { FakeStreams } from "./fake-streams.ts";

/** Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's examples. */
export const WALL_MS = 784_111_777_000;

export class Appliance extends HttpEvents {
  readonly requests: number[] = [];
  readonly cancels: number[] = [];
  /** "METHOD target status bytes" a response. */
  readonly lines: string[] = [];
  /** Called for a request; by default it waits. */
  onRequest: (exchange: number, now: number) => void = () => {};

  /** Called when a body that was read to where it had come goes on. */
  onBody: (exchange: number, now: number) => void = () => {};

  override request(exchange: number, _client: Client, now: number): void {
    this.requests.push(exchange);
    this.onRequest(exchange, now);
  }
  override bodyReadable(exchange: number, now: number): void {
    this.onBody(exchange, now);
  }
  override cancelled(exchange: number, reading: boolean, now: number): void {
    this.cancels.push(exchange);
    if (reading) this.onBody(exchange, now);
  }
  override answered(line: AccessLine, _now: number): void {
    const { request } = line;
    const known = request.targetEnd > 0;
    const text = (start: number, end: number): string =>
      known ? String.fromCharCode(...line.bytes.subarray(start, end)) : "";
    const method = text(request.methodStart, request.methodEnd);
    this.lines.push(`${method} ${text(request.targetStart, request.targetEnd)} ${line.status} ${line.sent}`);
  }
}

export interface Bench {
  readonly streams: FakeStreams;
  readonly appliance: Appliance;
  readonly server: HttpServer;
  readonly listener: HttpListener;
}

export function bench(limits: HttpLimits = DEFAULT_LIMITS, readLimit = 16_384, redirectTo = 0, strictFor = -1): Bench {
  const streams = new FakeStreams(readLimit);
  const appliance = new Appliance();
  const server = new HttpServer(new ReadyTable(), appliance, limits);
  server.setWallClock(WALL_MS, 0);
  const listener = new HttpListener(server, streams, new Manner(redirectTo, strictFor));
  return { streams, appliance, server, listener };
}

/** Publishes a page as text. */
export function publish(server: HttpServer, path: string, body: string, etag = "", lastModified = 0): void {
  server.ready.put(path, 200, "Content-Type: text/plain\r\n", etag, lastModified, "", latin1Bytes(body));
}

/** Without the time of day of its dates, which are all of the day of WALL_MS. */
export function undated(answer: string): string {
  const [first = "", ...rest] = answer.split("06 Nov 1994 ");
  return first + rest.map((part) => part.slice("08:49:37".length)).join("");
}

/** Whether it begins as `HTTP/1.1 200 ` does. */
export function beginsWithStatus(answer: string): boolean {
  for (const at of [9, 10, 11]) if (!"0123456789".includes(answer.charAt(at)) || answer.length <= at) return false;
  return answer.startsWith("HTTP/1.1 ") && answer.charAt(12) === " ";
}

/** Sends bytes on a new connection and returns what comes back. */
export function exchange(b: Bench, text: string, now = 0): string {
  const handle: Handle = b.streams.connect(b.listener, now);
  b.streams.receive(handle, text, now);
  return b.streams.output(handle);
}

/** Reads what has come of an exchange's body, as text. */
export function readText(b: Bench, id: number, now = 0): string {
  let text = "";
  for (let piece = b.server.readBody(id, now); piece.length > 0; piece = b.server.readBody(id, now))
    text += String.fromCharCode(...piece);
  return text;
}
