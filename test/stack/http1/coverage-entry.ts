// What the compiler sees of stack/http: everything the seam reaches, once.

import { type Handle, Streams } from "../../../stack/base/streams.ts";
import type { AccessLine } from "../../../stack/http/access.ts";
import { HttpEvents } from "../../../stack/http/events.ts";
import { DEFAULT_LIMITS } from "../../../stack/http/limits.ts";
import { latin1Bytes } from "../../../stack/http/syntax.ts";
import { HttpServer } from "../../../stack/http1/server.ts";

const REQUEST = latin1Bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

class OneStream extends Streams {
  unread = REQUEST.length;
  sentBytes = 0;
  override readBuffer(_handle: Handle): Uint8Array {
    return REQUEST;
  }
  override readStart(_handle: Handle): number {
    return REQUEST.length - this.unread;
  }
  override readLength(_handle: Handle): number {
    return this.unread;
  }
  override readLimit(_handle: Handle): number {
    return 16_384;
  }
  override readEnded(_handle: Handle): boolean {
    return false;
  }
  override consume(_handle: Handle, length: number): void {
    this.unread -= length;
  }
  override send(_handle: Handle, _bytes: Uint8Array, _offset: number, length: number): boolean {
    this.sentBytes += length;
    return true;
  }
  override queued(_handle: Handle): number {
    return 0;
  }
  override shutdown(_handle: Handle): void {}
  override close(_handle: Handle): void {}
  override abort(_handle: Handle): void {}
  override peerAddress(_handle: Handle): number {
    return 1;
  }
  override peerPort(_handle: Handle): number {
    return 2;
  }
}

class NoAppliance extends HttpEvents {
  seen = 0;
  override request(exchange: number, _now: number): void {
    this.seen = exchange;
  }
  override cancelled(exchange: number, _now: number): void {
    this.seen = exchange;
  }
  override answered(line: AccessLine, _now: number): void {
    this.seen = line.status;
  }
}

const streams = new OneStream();
const events = new NoAppliance();
const server = new HttpServer(streams, events, DEFAULT_LIMITS);
const body = new Uint8Array(8192);
server.setWallClock(784_111_777_000, 0);
server.ready.put("/", 200, "Content-Type: text/html\r\n", '"a"', 784_111_777, "", body);
server.ready.put("/", 200, "Content-Type: text/html\r\n", '"b"', 784_111_777, "gzip", body);
server.ready.begin();
server.ready.keep("/");
server.ready.commit();
server.ready.put("/x", 200, "Content-Type: text/html\r\n", '"a"', 784_111_777, "", body);
server.accepted(1 as Handle, 80, 0);
server.readable(1 as Handle, 0);
server.sent(1 as Handle, 0);
server.respond(5, 200, "", body, 1);
server.cancel(5);
server.step(5);
console.log(
  streams.sentBytes,
  events.seen,
  server.nextDeadline(),
  server.method(1),
  server.target(1),
  server.headerText(1),
  server.headerCount(1),
  server.headerName(1, 0),
  server.headerValue(1, 0),
  server.body(1).length,
  server.peerAddress(1),
  server.peerPort(1),
  server.connections,
  server.exchanges,
);
server.closed(1 as Handle, 0, 0);
