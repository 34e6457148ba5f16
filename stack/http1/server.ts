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

import { copyBytes } from "../base/native.ts";
import { type Instant, SECOND } from "../base/result.ts";
import type { Handle, Streams } from "../base/streams.ts";
import { HttpEvents } from "../http/events.ts";
import { type HttpLimits, TICK } from "../http/limits.ts";
import { ReadyAnswer, ReadyTable } from "../http/ready.ts";
import { BodyReader } from "./bodies.ts";
import { BODY, type Connection, LINGERING, READING, WAITING, worthDecoding } from "./connections.ts";
import { ExchangeAccess } from "./exchange-access.ts";
import { readyHead } from "./ready-writer.ts";
import { RequestHead } from "./request-head.ts";
import { Responder, wantsClose } from "./responder.ts";
import { DeadlineWheel } from "./wheel.ts";
import { decodeRequestHead, INCOMPLETE } from "./wire.ts";

export { HttpEvents };

export class HttpServer extends ExchangeAccess {
  /** Publish here: begin, add, commit; put. */
  readonly ready: ReadyTable = new ReadyTable();
  readonly #streams: Streams;
  readonly #events: HttpEvents;
  readonly #limits: HttpLimits;
  readonly #deadlines: DeadlineWheel;
  readonly #responder: Responder;
  readonly #head: RequestHead = new RequestHead();
  readonly #answer: ReadyAnswer = new ReadyAnswer();
  readonly #bodies: BodyReader;

  constructor(streams: Streams, events: HttpEvents, limits: HttpLimits) {
    super(limits.connections);
    this.#streams = streams;
    this.#events = events;
    this.#limits = limits;
    this.#bodies = new BodyReader(limits);
    this.#responder = new Responder(streams, events);
    this.#deadlines = new DeadlineWheel(limits.connections, TICK);
  }

  /** What the wall clock (milliseconds since 1970) shows at `now`. Call before the first listen, and when it is set. */
  setWallClock(wallMs: number, now: Instant): void {
    this.#responder.clock.set(wallMs, now);
  }

  /**
   * Answers an exchange. `headerText` is "Name: value\r\n"...; the machine writes Date, Server, Connection and
   * Content-Length itself and drops malformed lines. `body` is sent from where it lies; it is left out for HEAD, 204
   * and 304. An exchange that is over is ignored.
   */
  respond(exchange: number, status: number, headerText: string, body: Uint8Array, now: Instant): void {
    const index = this.exchangeTable.find(exchange);
    if (index < 0) return;
    const e = this.exchangeTable.at(index);
    const at = e.connection;
    const c = this.connectionTable.at(at);
    if (c.state !== WAITING) return;
    this.#responder.respond(c, e, status, headerText, body, now);
    const close = wantsClose(e.head);
    this.#releaseExchange(c);
    this.#answered(c, at, close, now);
    this.#run(c, at, now);
  }

  /** Ends an exchange without an answer: the connection is reset. */
  cancel(exchange: number): void {
    const index = this.exchangeTable.find(exchange);
    if (index < 0) return;
    const at = this.exchangeTable.at(index).connection;
    this.#streams.abort(this.connectionTable.at(at).handle);
    this.#release(at);
  }

  /** Acts on the deadlines that have come. */
  step(now: Instant): void {
    for (let at = this.#deadlines.pop(now); at >= 0; at = this.#deadlines.pop(now)) this.#expired(at, now);
  }

  nextDeadline(): Instant {
    return this.#deadlines.nextDeadline();
  }

  // ---- StreamUser ----------------------------------------------------------------------------------------------------

  override accepted(handle: Handle, _port: number, now: Instant): void {
    const at = this.connectionTable.take(handle);
    if (at < 0) {
      this.#streams.abort(handle);
      return;
    }
    const c = this.connectionTable.at(at);
    c.path = this.#streams.peerPath(handle);
    c.peerPort = this.#streams.peerPort(handle);
    c.maxHead = Math.min(this.#limits.head, this.#streams.readLimit(handle));
    this.#deadlines.set(at, now + this.#limits.idleTimeout, now);
  }

  override connected(handle: Handle, _now: Instant): void {
    // A server never connects; whoever did must not be left hanging.
    this.#streams.abort(handle);
  }

  override readable(handle: Handle, now: Instant): void {
    const at = this.connectionTable.find(handle);
    if (at >= 0) this.#run(this.connectionTable.at(at), at, now);
  }

  override sent(handle: Handle, now: Instant): void {
    const at = this.connectionTable.find(handle);
    if (at < 0) return;
    const c = this.connectionTable.at(at);
    const stalled = this.#streams.queued(handle) > 0;
    if (c.state === READING && c.decoded === 0)
      this.#deadlines.set(at, now + (stalled ? this.#limits.writeTimeout : this.#limits.idleTimeout), now);
    // Lingering lasts as long as the last response makes its way.
    else if (c.state === LINGERING) this.#deadlines.set(at, now + this.#limits.lingerTimeout, now);
    if (stalled) return;
    const held = c.responses >= this.#limits.pipelined;
    c.responses = 0;
    if (held) this.#run(c, at, now);
  }

  override closed(handle: Handle, _reason: number, now: Instant): void {
    const at = this.connectionTable.find(handle);
    if (at < 0) return;
    const c = this.connectionTable.at(at);
    const cancelled = c.state === WAITING ? this.exchangeTable.id(c.exchange) : -1;
    this.#release(at);
    if (cancelled >= 0) this.#events.cancelled(cancelled, now);
  }

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
      this.#responder.clock.update(now);
      const clock = this.#responder.clock;
      if (this.ready.select(bytes, head, clock.second, this.#answer)) {
        const answer = this.#answer;
        this.#responder.access(c, bytes, head, answer.status, answer.bodyLength, now - since, now);
        this.#streams.consume(handle, head.length);
        this.#responder.queue(c, head, readyHead(answer, clock), answer.body, answer.bodyOffset, answer.bodyLength);
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
    this.#responder.ping(c, bytes, head, duration, now);
    this.#streams.consume(c.handle, head.length);
    this.#answered(c, at, wantsClose(head), now);
  }

  /** The request is one for the appliance: copies its head, and goes on to its body if it has one. */
  #begin(c: Connection, at: number, bytes: Uint8Array, start: number, since: Instant, now: Instant): void {
    c.exchange = this.exchangeTable.take(at);
    const e = this.exchangeTable.at(c.exchange);
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
    if (e.head.expectContinue && this.#streams.readLength(c.handle) === 0) this.#responder.goOn(c);
  }

  #readBody(c: Connection, at: number, now: Instant): boolean {
    const handle = c.handle;
    const e = this.exchangeTable.at(c.exchange);
    const length = this.#streams.readLength(handle);
    if (length === 0) {
      // RFC 9112 8: the message is incomplete.
      if (this.#streams.readEnded(handle)) this.#refuse(c, at, 400, e.bytes, e.head, now - e.since, now);
      return this.#streams.readEnded(handle);
    }
    const bytes = this.#streams.readBuffer(handle);
    const start = this.#streams.readStart(handle);
    const status = this.#bodies.read(e, bytes, start, length);
    this.#streams.consume(handle, this.#bodies.consumed);
    if (status !== 0) this.#refuse(c, at, status, e.bytes, e.head, now - e.since, now);
    else if (this.#bodies.complete) this.#deliver(c, at, now);
    else {
      const slowest = e.bodySince + this.#limits.bodyTimeout + (e.bodyLength / this.#limits.bodyRate) * SECOND;
      this.#deadlines.set(at, Math.min(now + this.#limits.bodyTimeout, slowest), now);
    }
    return true;
  }

  #deliver(c: Connection, at: number, now: Instant): void {
    c.state = WAITING;
    this.#streams.hold(c.handle, true);
    this.#deadlines.set(at, now + this.#limits.answerTimeout, now);
    this.#events.request(this.exchangeTable.id(c.exchange), now);
  }

  /** Reads and drops, so that the last response is not lost to a reset (RFC 9112 9.6). */
  #drop(c: Connection, at: number): boolean {
    const length = this.#streams.readLength(c.handle);
    c.dropped += length;
    if (length > 0) this.#streams.consume(c.handle, length);
    if (this.#streams.readEnded(c.handle) || c.dropped > this.#limits.lingerBytes) this.#close(c, at);
    return false;
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
    this.#responder.refuse(c, status, bytes, head, duration, now);
    this.#releaseExchange(c);
    this.#linger(c, at, now);
  }

  #linger(c: Connection, at: number, now: Instant): void {
    this.#streams.shutdown(c.handle);
    c.state = LINGERING;
    this.#deadlines.set(at, now + this.#limits.lingerTimeout, now);
  }

  #expired(at: number, now: Instant): void {
    const c = this.connectionTable.at(at);
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
        const e = this.exchangeTable.at(c.exchange);
        this.#refuse(c, at, 408, e.bytes, e.head, now - e.since, now);
        this.#run(c, at, now);
        return;
      }
      case WAITING: {
        const e = this.exchangeTable.at(c.exchange);
        const id = this.exchangeTable.id(c.exchange);
        this.#refuse(c, at, 503, e.bytes, e.head, now - e.since, now);
        this.#events.cancelled(id, now);
        this.#run(c, at, now);
        return;
      }
      default:
        this.#close(c, at);
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
    this.#releaseExchange(this.connectionTable.at(at));
    this.#deadlines.clear(at);
    this.connectionTable.release(at);
  }

  #releaseExchange(c: Connection): void {
    if (c.exchange < 0) return;
    this.#bodies.release(this.exchangeTable.at(c.exchange));
    this.exchangeTable.release(c.exchange);
    this.#streams.hold(c.handle, false);
    c.exchange = -1;
  }
}
