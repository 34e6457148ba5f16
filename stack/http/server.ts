// The HTTP/1.1 server machine over Streams. Read first: RFC 9112 9 (connections), RFC 9110 15; then this table:
//
//   state      leaves by                                  to
//   READING    a complete head without body, ready        READING (answered at once)
//              a complete head without body, not ready    WAITING
//              a complete head with body                  BODY
//              a bad head, headTimeout                    LINGERING (400, 408, 414, 431, ...)
//              end of stream, idleTimeout                 gone
//   BODY       the body's end                             WAITING
//              bad framing, too long, bodyTimeout         LINGERING (400, 413, 408)
//   WAITING    respond, answerTimeout (503)               READING, or LINGERING when the connection is to close
//   LINGERING  end of stream, lingerTimeout, lingerBytes  gone
//
// One request of a connection is worked on at a time, so answers go out in the order of the requests (RFC 9112 9.3.2);
// what a client pipelines meanwhile stays unread and closes TCP's window.

import { NO_PAYLOAD } from "../base/link.ts";
import { copyBytes } from "../base/native.ts";
import { type Instant, SECOND } from "../base/result.ts";
import { type Handle, type Streams, StreamUser } from "../base/streams.ts";
import { AccessLine } from "./access.ts";
import { CHUNK_DONE, CHUNK_OK } from "./chunked.ts";
import { BODY, type Connection, ConnectionTable, LINGERING, READING, WAITING } from "./connections.ts";
import { DateClock } from "./date.ts";
import { type Exchange, ExchangeTable } from "./exchanges.ts";
import { hasNoContent, headStart, KEEP_FOR_RESPONSE, keepHeaders } from "./head.ts";
import { type HttpLimits, TICK } from "./limits.ts";
import { ReadyAnswer, ReadyTable } from "./ready.ts";
import { Refusals } from "./refusal.ts";
import { CR, LF, latin1Bytes } from "./syntax.ts";
import { DeadlineWheel } from "./wheel.ts";
import { decodeRequestHead, INCOMPLETE, METHOD_HEAD, RequestHead } from "./wire.ts";

/** What the server tells the one above it. */
export abstract class HttpEvents {
  /** A request that the ready table does not answer, its body complete. Read it by the server's accessors. */
  abstract request(exchange: number, now: Instant): void;
  /** The appliance's answer is not wanted any more: the peer has gone, or has been answered 503. */
  abstract cancelled(exchange: number, now: Instant): void;
  /** A response has been queued. The line and its bytes are valid during the call; it must not call Streams. */
  abstract answered(line: AccessLine, now: Instant): void;
}

export class HttpServer extends StreamUser {
  /** Publish here: begin, add, commit; put. */
  readonly ready: ReadyTable = new ReadyTable();
  readonly #streams: Streams;
  readonly #events: HttpEvents;
  readonly #limits: HttpLimits;
  readonly #connections: ConnectionTable;
  readonly #exchanges: ExchangeTable = new ExchangeTable();
  readonly #deadlines: DeadlineWheel;
  readonly #clock: DateClock = new DateClock();
  readonly #refusals: Refusals = new Refusals();
  readonly #head: RequestHead = new RequestHead();
  readonly #answer: ReadyAnswer = new ReadyAnswer();
  readonly #line: AccessLine = new AccessLine();
  /** Bytes of request bodies in memory. */
  #bodyMemory = 0;
  #hand = 0;

  constructor(streams: Streams, events: HttpEvents, limits: HttpLimits) {
    super();
    this.#streams = streams;
    this.#events = events;
    this.#limits = limits;
    this.#connections = new ConnectionTable(limits.connections);
    this.#deadlines = new DeadlineWheel(limits.connections, TICK);
  }

  /** What the wall clock (milliseconds since 1970) shows at `now`. Call before the first listen, and when it is set. */
  setWallClock(wallMs: number, now: Instant): void {
    this.#clock.set(wallMs, now);
  }

  /** Connections, and exchanges with the appliance, in progress. */
  get connections(): number {
    return this.#connections.used;
  }
  get exchanges(): number {
    return this.#exchanges.used;
  }

  // ---- An exchange, by id, between `request` and `respond`. For one that is over: "", 0, an empty array. -----------

  method(exchange: number): string {
    const e = this.#exchanges.find(exchange);
    return e < 0 ? "" : this.#exchanges.at(e).method();
  }

  /** Path and query as sent; begins with "/". */
  target(exchange: number): string {
    const e = this.#exchanges.find(exchange);
    return e < 0 ? "" : this.#exchanges.at(e).target();
  }

  /** All header lines, "name: value\r\n"..., names in lower case. */
  headerText(exchange: number): string {
    const e = this.#exchanges.find(exchange);
    return e < 0 ? "" : this.#exchanges.at(e).headerText();
  }

  headerCount(exchange: number): number {
    const e = this.#exchanges.find(exchange);
    return e < 0 ? 0 : this.#exchanges.at(e).head.headerCount;
  }

  /** In lower case. */
  headerName(exchange: number, n: number): string {
    const e = this.#exchanges.find(exchange);
    return e < 0 || !(n >= 0 && n < this.#exchanges.at(e).head.headerCount) ? "" : this.#exchanges.at(e).headerName(n);
  }

  headerValue(exchange: number, n: number): string {
    const e = this.#exchanges.find(exchange);
    return e < 0 || !(n >= 0 && n < this.#exchanges.at(e).head.headerCount) ? "" : this.#exchanges.at(e).headerValue(n);
  }

  /** The whole body, chunks joined. The array is the caller's from now on. */
  body(exchange: number): Uint8Array {
    const e = this.#exchanges.find(exchange);
    return e < 0 ? new Uint8Array(0) : this.#exchanges.at(e).wholeBody();
  }

  peerAddress(exchange: number): number {
    const e = this.#exchanges.find(exchange);
    return e < 0 ? 0 : this.#connections.at(this.#exchanges.at(e).connection).peerAddress;
  }

  peerPort(exchange: number): number {
    const e = this.#exchanges.find(exchange);
    return e < 0 ? 0 : this.#connections.at(this.#exchanges.at(e).connection).peerPort;
  }

  /**
   * Answers an exchange. `headerText` is "Name: value\r\n"...; the machine writes Date, Server, Connection and
   * Content-Length itself and drops malformed lines. `body` is sent from where it lies; it is left out for HEAD, 204
   * and 304. An exchange that is over is ignored.
   */
  respond(exchange: number, status: number, headerText: string, body: Uint8Array, now: Instant): void {
    const index = this.#exchanges.find(exchange);
    if (index < 0) return;
    const e = this.#exchanges.at(index);
    const at = e.connection;
    const c = this.#connections.at(at);
    if (c.state !== WAITING) return;
    this.#clock.update(now);
    // Only final responses are the appliance's to give.
    const final = status >= 200 && status <= 599 ? status : 500;
    const length = hasNoContent(final) ? "" : `Content-Length: ${body.length}\r\n`;
    const head = latin1Bytes(
      `${headStart(final, this.#clock.second)}${keepHeaders(headerText, KEEP_FOR_RESPONSE)}${length}\r\n`,
    );
    const bodyLength = e.head.method === METHOD_HEAD || hasNoContent(final) ? 0 : body.length;
    this.#access(c, e.bytes, e.head, final, bodyLength, now - e.since, now);
    this.#queue(c, e.head, head, body, 0, bodyLength);
    const close = wantsClose(e.head);
    this.#releaseExchange(c);
    this.#answered(c, at, close, now);
    this.#run(c, at, now);
  }

  /** Ends an exchange without an answer: the connection is reset. */
  cancel(exchange: number): void {
    const index = this.#exchanges.find(exchange);
    if (index < 0) return;
    const at = this.#exchanges.at(index).connection;
    this.#streams.abort(this.#connections.at(at).handle);
    this.#release(at);
  }

  // ---- Time ----------------------------------------------------------------------------------------------------------

  /** Acts on the deadlines that have come. */
  step(now: Instant): void {
    for (let at = this.#deadlines.pop(now); at >= 0; at = this.#deadlines.pop(now)) this.#expired(at, now);
  }

  nextDeadline(): Instant {
    return this.#deadlines.nextDeadline();
  }

  // ---- StreamUser ----------------------------------------------------------------------------------------------------

  override accepted(handle: Handle, _port: number, now: Instant): void {
    let at = this.#connections.take(handle);
    if (at < 0) {
      this.#makeRoom();
      at = this.#connections.take(handle);
      if (at < 0) {
        this.#streams.abort(handle);
        return;
      }
    }
    const c = this.#connections.at(at);
    c.peerAddress = this.#streams.peerAddress(handle);
    c.peerPort = this.#streams.peerPort(handle);
    c.maxHead = Math.min(this.#limits.head, this.#streams.readLimit(handle));
    this.#deadlines.set(at, now + this.#limits.idleTimeout, now);
  }

  override connected(handle: Handle, _now: Instant): void {
    // A server never connects; whoever did must not be left hanging.
    this.#streams.abort(handle);
  }

  override readable(handle: Handle, now: Instant): void {
    const at = this.#connections.find(handle);
    if (at >= 0) this.#run(this.#connections.at(at), at, now);
  }

  override sent(handle: Handle, now: Instant): void {
    const at = this.#connections.find(handle);
    if (at < 0) return;
    const c = this.#connections.at(at);
    const stalled = this.#streams.queued(handle) > 0;
    if (c.state === READING && c.decoded === 0)
      this.#deadlines.set(at, now + (stalled ? this.#limits.writeTimeout : this.#limits.idleTimeout), now);
    if (stalled) return;
    const held = c.responses >= this.#limits.pipelined;
    c.responses = 0;
    if (held) this.#run(c, at, now);
  }

  override closed(handle: Handle, _reason: number, now: Instant): void {
    const at = this.#connections.find(handle);
    if (at < 0) return;
    const c = this.#connections.at(at);
    const cancelled = c.state === WAITING ? this.#exchanges.id(c.exchange) : -1;
    this.#release(at);
    if (cancelled >= 0) this.#events.cancelled(cancelled, now);
  }

  // ---- The machine ---------------------------------------------------------------------------------------------------

  #run(c: Connection, at: number, now: Instant): void {
    if (c.running) return;
    c.running = true;
    const handle = c.handle;
    let more = true;
    while (more && c.handle === handle) {
      if (c.state === READING) more = this.#readHead(c, at, now);
      else if (c.state === BODY) more = this.#readBody(c, at, now);
      else if (c.state === LINGERING) more = this.#drop(c, at);
      else more = false;
    }
    if (c.handle === handle) c.running = false;
  }

  /** Each of these three returns true when there may be more to do at once. */
  #readHead(c: Connection, at: number, now: Instant): boolean {
    const handle = c.handle;
    const length = this.#streams.readLength(handle);
    if (length === 0) {
      if (this.#streams.readEnded(handle)) this.#close(c, at);
      return false;
    }
    if (c.responses >= this.#limits.pipelined) {
      if (this.#streams.queued(handle) > 0) return false;
      c.responses = 0;
    }
    const bytes = this.#streams.readBuffer(handle);
    const start = this.#streams.readStart(handle);
    if (c.decoded > 0 && !worthDecoding(c, bytes, start, length)) return false;
    const status = this.#decode(c, bytes, start, length);
    if (status === INCOMPLETE) {
      if (c.decoded === 0) {
        c.since = now;
        this.#deadlines.set(at, now + this.#limits.headTimeout, now);
      }
      c.scanned = length;
      c.decoded = length;
      return false;
    }
    const since = c.decoded === 0 ? now : c.since;
    c.scanned = 0;
    c.decoded = 0;
    if (status !== 0) {
      this.#refuse(c, at, status, bytes, this.#head, now - since, now);
      return true;
    }
    const head = this.#head;
    if (head.contentLength === 0 && !head.chunked) {
      this.#clock.update(now);
      if (this.ready.select(bytes, head, this.#clock, this.#answer)) {
        const answer = this.#answer;
        this.#access(c, bytes, head, answer.status, answer.bodyLength, now - since, now);
        this.#streams.consume(handle, head.length);
        this.#queue(c, head, answer.head, answer.body, answer.bodyOffset, answer.bodyLength);
        this.#answered(c, at, wantsClose(head), now);
        return true;
      }
    } else if (head.contentLength > this.#limits.body) {
      this.#refuse(c, at, 413, bytes, head, now - since, now);
      return true;
    }
    if (head.asterisk) {
      this.#ping(c, at, bytes, now - since, now);
      return true;
    }
    this.#begin(c, at, bytes, start, since, now);
    return true;
  }

  #decode(c: Connection, bytes: Uint8Array, start: number, length: number): number {
    return decodeRequestHead(bytes, start, length, c.maxHead, this.#limits.target, this.#limits.headers, this.#head);
  }

  /** OPTIONS * (RFC 9110 9.3.7): a ping of the whole server; there is nothing that the appliance could add. */
  #ping(c: Connection, at: number, bytes: Uint8Array, duration: number, now: Instant): void {
    const head = this.#head;
    if (head.contentLength > 0 || head.chunked) {
      this.#refuse(c, at, 400, bytes, head, duration, now);
      return;
    }
    this.#access(c, bytes, head, 204, 0, duration, now);
    this.#streams.consume(c.handle, head.length);
    this.#queue(c, head, latin1Bytes(`${headStart(204, this.#clock.second)}\r\n`), NO_PAYLOAD, 0, 0);
    this.#answered(c, at, wantsClose(head), now);
  }

  /** The request is one for the appliance: copies its head, and goes on to its body if it has one. */
  #begin(c: Connection, at: number, bytes: Uint8Array, start: number, since: Instant, now: Instant): void {
    c.exchange = this.#exchanges.take(at);
    const e = this.#exchanges.at(c.exchange);
    const length = this.#head.length;
    e.bytes = new Uint8Array(length);
    copyBytes(e.bytes, 0, bytes, start, length);
    decodeRequestHead(e.bytes, 0, length, length + 1, this.#limits.target, this.#limits.headers, e.head);
    e.lowerNames();
    e.since = since;
    this.#streams.consume(c.handle, length);
    if (e.head.contentLength === 0 && !e.head.chunked) {
      this.#deliver(c, at, now);
      return;
    }
    c.state = BODY;
    e.bodySince = now;
    e.chunks.reset();
    this.#deadlines.set(at, now + this.#limits.bodyTimeout, now);
    // RFC 9110 10.1.1: the client waits for this, unless it has begun to send.
    if (e.head.expectContinue && this.#streams.readLength(c.handle) === 0) this.#send(c, CONTINUE, 0, CONTINUE.length);
  }

  #readBody(c: Connection, at: number, now: Instant): boolean {
    const handle = c.handle;
    const e = this.#exchanges.at(c.exchange);
    const length = this.#streams.readLength(handle);
    if (length === 0) {
      // RFC 9112 8: the message is incomplete.
      if (this.#streams.readEnded(handle)) this.#refuse(c, at, 400, e.bytes, e.head, now - e.since, now);
      return this.#streams.readEnded(handle);
    }
    const bytes = this.#streams.readBuffer(handle);
    const start = this.#streams.readStart(handle);
    let status = 0;
    let consumed = 0;
    let complete = false;
    if (e.head.chunked) {
      while (consumed < length && !complete && status === 0) {
        const verdict = e.chunks.push(bytes, start + consumed, length - consumed);
        consumed += e.chunks.consumed;
        if (verdict === CHUNK_DONE) complete = true;
        else if (verdict !== CHUNK_OK) status = 400;
        else if (e.chunks.dataLength > 0) status = this.#append(e, bytes, e.chunks.dataStart, e.chunks.dataLength);
      }
    } else {
      consumed = Math.min(length, e.head.contentLength - e.bodyLength);
      status = this.#append(e, bytes, start, consumed);
      complete = e.bodyLength === e.head.contentLength;
    }
    this.#streams.consume(handle, consumed);
    if (status !== 0) this.#refuse(c, at, status, e.bytes, e.head, now - e.since, now);
    else if (complete) this.#deliver(c, at, now);
    else {
      const slowest = e.bodySince + this.#limits.bodyTimeout + (e.bodyLength / this.#limits.bodyRate) * SECOND;
      this.#deadlines.set(at, Math.min(now + this.#limits.bodyTimeout, slowest), now);
    }
    return true;
  }

  /** Appends to the body. 0, 413 or 503. */
  #append(e: Exchange, bytes: Uint8Array, start: number, length: number): number {
    const needed = e.bodyLength + length;
    if (needed > this.#limits.body) return 413;
    if (needed > e.body.length) {
      // Grown as it arrives, never ahead to what a client merely announces.
      let capacity = Math.max(needed, Math.min(e.body.length * 2, this.#limits.body));
      if (!e.head.chunked) capacity = Math.min(capacity, e.head.contentLength);
      if (this.#bodyMemory + capacity - e.body.length > this.#limits.bodyMemory) return 503;
      this.#bodyMemory += capacity - e.body.length;
      e.charged = capacity;
      const grown = new Uint8Array(capacity);
      copyBytes(grown, 0, e.body, 0, e.bodyLength);
      e.body = grown;
    }
    copyBytes(e.body, e.bodyLength, bytes, start, length);
    e.bodyLength = needed;
    return 0;
  }

  #deliver(c: Connection, at: number, now: Instant): void {
    c.state = WAITING;
    this.#deadlines.set(at, now + this.#limits.answerTimeout, now);
    this.#events.request(this.#exchanges.id(c.exchange), now);
  }

  /** Reads and drops, so that the last response is not lost to a reset (RFC 9112 9.6). */
  #drop(c: Connection, at: number): boolean {
    const length = this.#streams.readLength(c.handle);
    c.dropped += length;
    if (length > 0) this.#streams.consume(c.handle, length);
    if (this.#streams.readEnded(c.handle) || c.dropped > this.#limits.lingerBytes) this.#close(c, at);
    return false;
  }

  // ---- Answers -------------------------------------------------------------------------------------------------------

  /** Queues a response. `head` ends with its empty line, before which the Connection field goes when one is needed. */
  #queue(
    c: Connection,
    request: RequestHead,
    head: Uint8Array,
    body: Uint8Array,
    bodyOffset: number,
    bodyLength: number,
  ): void {
    if (!request.close && request.minor > 0) this.#send(c, head, 0, head.length);
    else {
      // RFC 9112 9.3: what is not the version's own custom is said.
      const end = wantsClose(request) ? CLOSE_END : KEEP_ALIVE_END;
      this.#send(c, head, 0, head.length - 2);
      this.#send(c, end, 0, end.length);
    }
    if (bodyLength > 0) this.#send(c, body, bodyOffset, bodyLength);
    c.responses++;
  }

  #send(c: Connection, bytes: Uint8Array, offset: number, length: number): void {
    if (!this.#streams.send(c.handle, bytes, offset, length)) c.broken = true;
  }

  /** After a response: on to the next request, or to the end. */
  #answered(c: Connection, at: number, close: boolean, now: Instant): void {
    // Half a response would be taken for a whole one.
    if (c.broken) this.#abort(c, at);
    else if (!close) {
      c.state = READING;
      this.#deadlines.set(at, now + this.#limits.writeTimeout, now);
    } else if (this.#streams.readLength(c.handle) === 0) this.#close(c, at);
    else this.#linger(c, at, now);
  }

  /** Answers with an error of the server's own and ends the connection: after it nothing can be told apart. */
  #refuse(
    c: Connection,
    at: number,
    status: number,
    bytes: Uint8Array,
    head: RequestHead,
    duration: number,
    now: Instant,
  ): void {
    this.#clock.update(now);
    const bodyLength = head.targetEnd > 0 && head.method === METHOD_HEAD ? 0 : this.#refusals.body(status).length;
    this.#access(c, bytes, head, status, bodyLength, duration, now);
    const answer = this.#refusals.head(status, this.#clock);
    this.#send(c, answer, 0, answer.length);
    if (bodyLength > 0) this.#send(c, this.#refusals.body(status), 0, bodyLength);
    this.#releaseExchange(c);
    this.#linger(c, at, now);
  }

  #linger(c: Connection, at: number, now: Instant): void {
    this.#streams.shutdown(c.handle);
    c.state = LINGERING;
    this.#deadlines.set(at, now + this.#limits.lingerTimeout, now);
  }

  #access(
    c: Connection,
    bytes: Uint8Array,
    head: RequestHead,
    status: number,
    bodyLength: number,
    duration: number,
    now: Instant,
  ): void {
    this.#line.fill(bytes, head, status, bodyLength, duration, c.peerAddress, c.peerPort);
    this.#events.answered(this.#line, now);
  }

  // ---- Ends ----------------------------------------------------------------------------------------------------------

  #expired(at: number, now: Instant): void {
    const c = this.#connections.at(at);
    const handle = c.handle;
    switch (c.state) {
      case READING:
        if (c.decoded > 0) {
          const bytes = this.#streams.readBuffer(handle);
          // What can be told to be wrong by now is told; the rest is late.
          const status = this.#decode(c, bytes, this.#streams.readStart(handle), this.#streams.readLength(handle));
          this.#refuse(c, at, status > 0 ? status : 408, bytes, this.#head, now - c.since, now);
          this.#run(c, at, now);
        } else if (this.#streams.queued(handle) > 0) this.#abort(c, at);
        else this.#close(c, at);
        return;
      case BODY: {
        const e = this.#exchanges.at(c.exchange);
        this.#refuse(c, at, 408, e.bytes, e.head, now - e.since, now);
        this.#run(c, at, now);
        return;
      }
      case WAITING: {
        const e = this.#exchanges.at(c.exchange);
        const id = this.#exchanges.id(c.exchange);
        this.#refuse(c, at, 503, e.bytes, e.head, now - e.since, now);
        this.#events.cancelled(id, now);
        this.#run(c, at, now);
        return;
      }
      default:
        this.#close(c, at);
    }
  }

  /** Closes the least promising of a few idle connections. */
  #makeRoom(): void {
    for (let n = 0; n < MAKE_ROOM_LOOKS; n++) {
      this.#hand = (this.#hand + 1) % this.#connections.size;
      const c = this.#connections.at(this.#hand);
      if (c.state !== READING || c.decoded > 0 || c.running) continue;
      if (this.#streams.queued(c.handle) > 0 || this.#streams.readLength(c.handle) > 0) continue;
      this.#close(c, this.#hand);
      return;
    }
  }

  #close(c: Connection, at: number): void {
    this.#streams.close(c.handle);
    this.#release(at);
  }

  #abort(c: Connection, at: number): void {
    this.#streams.abort(c.handle);
    this.#release(at);
  }

  #release(at: number): void {
    this.#releaseExchange(this.#connections.at(at));
    this.#deadlines.clear(at);
    this.#connections.release(at);
  }

  #releaseExchange(c: Connection): void {
    if (c.exchange < 0) return;
    this.#bodyMemory -= this.#exchanges.at(c.exchange).charged;
    this.#exchanges.release(c.exchange);
    c.exchange = -1;
  }
}

/** How many connections are looked at for one to close when a new one comes and all records are taken. */
const MAKE_ROOM_LOOKS = 64;

const CONTINUE: Uint8Array = latin1Bytes("HTTP/1.1 100 Continue\r\n\r\n");
const CLOSE_END: Uint8Array = latin1Bytes("Connection: close\r\n\r\n");
const KEEP_ALIVE_END: Uint8Array = latin1Bytes("Connection: keep-alive\r\n\r\n");

/** RFC 9112 9.3: whether the connection ends with this request's response. */
function wantsClose(head: RequestHead): boolean {
  return head.close || (head.minor === 0 && !head.keepAlive);
}

/**
 * An incomplete head is decoded again when its end may be there or when it has doubled, so that a head that comes byte
 * by byte costs no more than a constant times its length.
 */
function worthDecoding(c: Connection, bytes: Uint8Array, start: number, length: number): boolean {
  if (length >= c.decoded * 2 || length >= c.maxHead) return true;
  let found = false;
  for (let i = Math.max(c.scanned, 3); i < length && !found; i++)
    found = bytes[start + i] === LF && bytes[start + i - 1] === CR && bytes[start + i - 2] === LF;
  c.scanned = length;
  return found;
}
