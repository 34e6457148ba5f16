// Writing answers: what goes into the stream's queue, and the access line for it. Read first: RFC 9112 9.3.

import { latin1 } from "../base/native.ts";
import type { Instant } from "../base/result.ts";
import { NOTHING_SHARED, Shared } from "../base/shared.ts";
import { AccessLine } from "../http/access.ts";
import { DateClock } from "../http/date.ts";
import type { HttpEvents } from "../http/events.ts";
import { hasNoContent, KEEP_FOR_RESPONSE, keepHeaders } from "../http/header-lines.ts";
import type { ReadyAnswer } from "../http/ready.ts";
import { bitOf, HOST, METHOD_HEAD } from "../http/request.ts";
import { COLON, isDigit, latin1Bytes } from "../http/syntax.ts";
import type { Connection } from "./connections.ts";
import type { Exchange } from "./exchanges.ts";
import { headStart } from "./head.ts";
import { readyHead } from "./ready-writer.ts";
import { Refusals, standing } from "./refusal.ts";
import type { RequestHead } from "./request-head.ts";

export class Responder {
  readonly clock: DateClock = new DateClock();
  readonly #events: HttpEvents;
  readonly #refusals: Refusals = new Refusals();
  readonly #line: AccessLine = new AccessLine();

  constructor(events: HttpEvents) {
    this.#events = events;
  }

  /** Queues a response. `head` ends with its empty line, before which the Connection field goes when one is needed. */
  queue(c: Connection, request: RequestHead, head: Shared, body: Shared, bodyOffset: number, bodyLength: number): void {
    const length = head.bytes.length;
    const usual = !c.closing && request.minor > 0;
    if (usual && !c.manner.speaks) send(c, head, 0, length);
    else {
      // RFC 9112 9.3: what is not the version's own custom is said.
      const { manner } = c;
      const end = usual ? manner.end : c.closing ? manner.closeEnd : manner.keepEnd;
      send(c, head, 0, length - 2);
      send(c, end, 0, end.bytes.length);
    }
    if (bodyLength > 0) send(c, body, bodyOffset, bodyLength);
    c.responses++;
  }

  /** Queues what the table answers. */
  queueReady(c: Connection, request: RequestHead, answer: ReadyAnswer): void {
    const { shared } = answer.representation;
    this.queue(c, request, readyHead(answer, this.clock), shared, answer.bodyOffset, answer.bodyLength);
  }

  /** Queues the interim response that asks for the body (RFC 9110 15.2.1). */
  goOn(c: Connection): void {
    send(c, CONTINUE, 0, CONTINUE.bytes.length);
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
    this.access(c, e.bytes, e.head, final, bodyLength, now);
    this.queue(c, e.head, new Shared(head), new Shared(body), 0, bodyLength);
  }

  /** OPTIONS * (RFC 9110 9.3.7): a ping of the whole server; there is nothing that the appliance could add. */
  ping(c: Connection, bytes: Uint8Array, head: RequestHead, now: Instant): void {
    this.clock.update(now);
    this.access(c, bytes, head, 204, 0, now);
    const answer = latin1Bytes(`${headStart(204, this.clock.second)}\r\n`);
    this.queue(c, head, new Shared(answer), NOTHING_SHARED, 0, 0);
  }

  /** Sends the client on to the same target over https; the method stays what it is (RFC 9110 15.4.9). */
  redirect(c: Connection, bytes: Uint8Array, head: RequestHead, now: Instant): void {
    this.clock.update(now);
    const location = secureLocation(bytes, head, c.manner.redirectTo);
    // RFC 9110 7.2: without a host nobody can be sent anywhere.
    const status = location === "" ? 400 : 308;
    const line = location === "" ? "" : `Location: ${location}\r\n`;
    this.access(c, bytes, head, status, 0, now);
    const answer = latin1Bytes(`${headStart(status, this.clock.second)}${line}Content-Length: 0\r\n\r\n`);
    this.queue(c, head, new Shared(answer), NOTHING_SHARED, 0, 0);
  }

  /** Queues an error of the server's own; the connection is to end after it. */
  refuse(c: Connection, status: number, bytes: Uint8Array, head: RequestHead, now: Instant): void {
    this.clock.update(now);
    const bodyLength = head.targetEnd > 0 && head.method === METHOD_HEAD ? 0 : this.#refusals.body(status).bytes.length;
    this.access(c, bytes, head, status, bodyLength, now);
    const answer = this.#refusals.head(status, this.clock);
    send(c, answer, 0, answer.bytes.length);
    if (bodyLength > 0) send(c, this.#refusals.body(status), 0, bodyLength);
  }

  /** Tells the access log. Before the request's bytes are consumed. */
  access(c: Connection, bytes: Uint8Array, head: RequestHead, status: number, sent: number, now: Instant): void {
    const line = this.#line;
    line.bytes = bytes;
    line.request = head;
    line.status = status;
    line.sent = sent;
    line.duration = now - c.since;
    line.path = c.path;
    this.#events.answered(line, now);
  }
}

function send(c: Connection, shared: Shared, offset: number, length: number): void {
  if (!c.streams.sendShared(c.handle, shared, offset, length)) c.broken = true;
}

/** The target's URL with the scheme https, or "" when the request names no host. */
function secureLocation(bytes: Uint8Array, head: RequestHead, port: number): string {
  if ((head.fields & bitOf(HOST)) === 0) return "";
  // The port that the client named is the one of http.
  const start = head.starts[HOST]!;
  let end = head.ends[HOST]!;
  while (end > start && isDigit(bytes[end - 1]!)) end--;
  if (end > start && bytes[end - 1] === COLON) end--;
  else end = head.ends[HOST]!;
  if (end === start) return "";
  const host = latin1(bytes, start, end - start);
  const target = latin1(bytes, head.pathStart, head.targetEnd - head.pathStart);
  return `https://${host}${port === 443 ? "" : `:${port}`}${target.startsWith("/") ? "" : "/"}${target}`;
}

const CONTINUE: Shared = standing("HTTP/1.1 100 Continue\r\n\r\n");
