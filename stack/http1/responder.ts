// Writing answers: what goes into the stream's queue, and the access line for it. Read first: RFC 9112 9.3.

import { NO_PAYLOAD } from "../base/link.ts";
import type { Instant } from "../base/result.ts";
import type { Streams } from "../base/streams.ts";
import { AccessLine } from "../http/access.ts";
import { DateClock } from "../http/date.ts";
import type { HttpEvents } from "../http/events.ts";
import { hasNoContent, KEEP_FOR_RESPONSE, keepHeaders } from "../http/header-lines.ts";
import { METHOD_HEAD } from "../http/request.ts";
import { latin1Bytes } from "../http/syntax.ts";
import type { Connection } from "./connections.ts";
import type { Exchange } from "./exchanges.ts";
import { headStart } from "./head.ts";
import { Refusals } from "./refusal.ts";
import type { RequestHead } from "./request-head.ts";

/** RFC 9112 9.3: whether the connection ends with this request's response. */
export function wantsClose(head: RequestHead): boolean {
  return head.close || (head.minor === 0 && !head.keepAlive);
}

export class Responder {
  readonly clock: DateClock = new DateClock();
  readonly #streams: Streams;
  readonly #events: HttpEvents;
  readonly #refusals: Refusals = new Refusals();
  readonly #line: AccessLine = new AccessLine();

  constructor(streams: Streams, events: HttpEvents) {
    this.#streams = streams;
    this.#events = events;
  }

  /** Queues a response. `head` ends with its empty line, before which the Connection field goes when one is needed. */
  queue(
    c: Connection,
    request: RequestHead,
    head: Uint8Array,
    body: Uint8Array,
    bodyOffset: number,
    bodyLength: number,
  ): void {
    if (!request.close && request.minor > 0) this.send(c, head, 0, head.length);
    else {
      // RFC 9112 9.3: what is not the version's own custom is said.
      const end = wantsClose(request) ? CLOSE_END : KEEP_ALIVE_END;
      this.send(c, head, 0, head.length - 2);
      this.send(c, end, 0, end.length);
    }
    if (bodyLength > 0) this.send(c, body, bodyOffset, bodyLength);
    c.responses++;
  }

  send(c: Connection, bytes: Uint8Array, offset: number, length: number): void {
    if (!this.#streams.send(c.handle, bytes, offset, length)) c.broken = true;
  }

  /** Queues the interim response that asks for the body (RFC 9110 15.2.1). */
  goOn(c: Connection): void {
    this.send(c, CONTINUE, 0, CONTINUE.length);
  }

  /** Queues the appliance's answer. */
  respond(c: Connection, e: Exchange, status: number, headerText: string, body: Uint8Array, now: Instant): void {
    this.clock.update(now);
    // Only final responses are the appliance's to give.
    const final = status >= 200 && status <= 599 ? status : 500;
    const length = hasNoContent(final) ? "" : `Content-Length: ${body.length}\r\n`;
    const head = latin1Bytes(
      `${headStart(final, this.clock.second)}${keepHeaders(headerText, KEEP_FOR_RESPONSE)}${length}\r\n`,
    );
    const bodyLength = e.head.method === METHOD_HEAD || hasNoContent(final) ? 0 : body.length;
    this.access(c, e.bytes, e.head, final, bodyLength, now - e.since, now);
    this.queue(c, e.head, head, body, 0, bodyLength);
  }

  /** Queues the answer to OPTIONS *. */
  ping(c: Connection, bytes: Uint8Array, head: RequestHead, duration: number, now: Instant): void {
    this.access(c, bytes, head, 204, 0, duration, now);
    this.queue(c, head, latin1Bytes(`${headStart(204, this.clock.second)}\r\n`), NO_PAYLOAD, 0, 0);
  }

  /** Queues an error of the server's own; the connection is to end after it. */
  refuse(c: Connection, status: number, bytes: Uint8Array, head: RequestHead, duration: number, now: Instant): void {
    this.clock.update(now);
    const bodyLength = head.targetEnd > 0 && head.method === METHOD_HEAD ? 0 : this.#refusals.body(status).length;
    this.access(c, bytes, head, status, bodyLength, duration, now);
    const answer = this.#refusals.head(status, this.clock);
    this.send(c, answer, 0, answer.length);
    if (bodyLength > 0) this.send(c, this.#refusals.body(status), 0, bodyLength);
  }

  /** Tells the access log. Before the request's bytes are consumed. */
  access(
    c: Connection,
    bytes: Uint8Array,
    head: RequestHead,
    status: number,
    bodyLength: number,
    duration: number,
    now: Instant,
  ): void {
    this.#line.fill(bytes, head, status, bodyLength, duration, c.path);
    this.#events.answered(this.#line, now);
  }
}

const CONTINUE: Uint8Array = latin1Bytes("HTTP/1.1 100 Continue\r\n\r\n");
const CLOSE_END: Uint8Array = latin1Bytes("Connection: close\r\n\r\n");
const KEEP_ALIVE_END: Uint8Array = latin1Bytes("Connection: keep-alive\r\n\r\n");
