// The HTTP/1.1 server machine over Streams. Read first: RFC 9112 9 (connections), RFC 9110 15; then this table:
//
//   state      leaves by                                  to
//   READING    a complete head, ready                     READING (answered at once), SKIPPING, LINGERING
//              a complete head, not ready                 WAITING
//              a bad head, half a head and no more,
//              headTimeout                                LINGERING (400, 408, 414, 431, ...)
//              end of stream, idleTimeout                 gone
//   WAITING    respond, retry                             READING; SKIPPING when there is a body that nobody has read;
//                                                         LINGERING when the connection is to close
//              of the body, once the appliance reads it:
//              bad framing, too long, bodyTimeout         LINGERING (400, 413, 408)
//              answerTimeout                              LINGERING (503)
//   SKIPPING   the body's end                             READING
//              bad framing, too long, bodyTimeout         LINGERING
//   LINGERING  end of stream, lingerTimeout and others    gone
//
// One request of a connection is worked on at a time, so answers go out in the order of the requests (RFC 9112 9.3.2);
// what a client sends meanwhile stays unread and closes TCP's window.

import { NO_PAYLOAD } from "../base/link.ts";
import { copyBytes } from "../base/native.ts";
import type { Instant } from "../base/result.ts";
import { type Handle, NO_HANDLE, type Streams } from "../base/streams.ts";
import type { HttpEvents } from "../http/events.ts";
import type { HttpLimits } from "../http/limits.ts";
import { ReadyAnswer, type ReadyTable } from "../http/ready.ts";
import type { Body } from "./bodies.ts";
import { type Connection, LINGERING, READING, SKIPPING, WAITING, worthDecoding } from "./connections.ts";
import { Endings } from "./endings.ts";
import type { Exchange } from "./exchanges.ts";
import type { Manner } from "./manner.ts";
import { RequestHead } from "./request-head.ts";
import { isChallenge } from "./target.ts";
import { decodeRequestHead, INCOMPLETE } from "./wire.ts";

export class HttpServer extends Endings {
  /** What is answered at once. */
  readonly ready: ReadyTable;
  readonly #events: HttpEvents;
  readonly #head: RequestHead = new RequestHead();
  readonly #answer: ReadyAnswer = new ReadyAnswer();

  constructor(ready: ReadyTable, events: HttpEvents, limits: HttpLimits) {
    super(events, limits);
    this.ready = ready;
    this.#events = events;
  }

  /** What the wall clock (milliseconds since 1970) shows at `now`. Call before the first listen, and when it is set. */
  setWallClock(wallMs: number, now: Instant): void {
    this.responder.clock.set(wallMs, now);
  }

  // ---- The appliance -------------------------------------------------------------------------------------------------

  /**
   * Has the table answer an exchange that it could not answer before. False: it still cannot. An exchange that is over
   * wants no answer: true.
   */
  retry(exchange: number, now: Instant): boolean {
    const index = this.exchangeTable.find(exchange);
    if (index < 0) return true;
    const e = this.exchangeTable.at(index);
    const at = e.connection;
    const c = this.connectionTable.at(at);
    if (!this.#select(e.bytes, e.head, now)) return false;
    this.#answerReady(c, e.bytes, e.head, now);
    this.answered(c, at, now);
    this.#run(c, at, now);
    return true;
  }

  /** Has the table answer all exchanges that it can. */
  retryAll(now: Instant): void {
    for (let index = 0; index < this.exchangeTable.size; index++)
      if (this.exchangeTable.at(index).connection >= 0) this.retry(this.exchangeTable.id(index), now);
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
    this.decideEnd(c, e.head);
    this.responder.respond(c, e, status, headerText, body, now);
    this.answered(c, at, now);
    this.#run(c, at, now);
  }

  /**
   * The next piece of an exchange's body, as an array of its own. Empty: nothing has come yet, and `bodyReadable` will
   * tell; or there is no more (see `bodyState`). The first call says that the body is wanted at all.
   */
  readBody(exchange: number, now: Instant): Uint8Array {
    const index = this.exchangeTable.find(exchange);
    if (index < 0) return NO_PAYLOAD;
    const e = this.exchangeTable.at(index);
    const at = e.connection;
    const c = this.connectionTable.at(at);
    if (c.body < 0) return NO_PAYLOAD;
    const body = this.bodies.at(c.body);
    if (e.bodySince < 0) {
      e.bodySince = now;
      if (e.head.contentLength > this.limits.body) {
        this.#refuseBody(c, at, 413, now);
        return NO_PAYLOAD;
      }
      // RFC 9110 10.1.1: the client waits for this, unless it has begun to send.
      if (e.head.expectContinue && c.streams.readLength(c.handle) === 0) this.responder.goOn(c);
      e.head.expectContinue = false;
    }
    e.hungrySince = -1;
    while (!body.ended) {
      const length = c.streams.readLength(c.handle);
      if (length === 0) {
        this.#awaitBody(c, at, e, body, now);
        return NO_PAYLOAD;
      }
      const bytes = c.streams.readBuffer(c.handle);
      const status = body.take(bytes, c.streams.readStart(c.handle), length);
      const piece = body.dataLength === 0 || status !== 0 ? NO_PAYLOAD : new Uint8Array(body.dataLength);
      copyBytes(piece, 0, bytes, body.dataStart, piece.length);
      e.uploading = !body.ended;
      c.streams.consume(c.handle, body.consumed);
      if (status !== 0) {
        this.#refuseBody(c, at, status, now);
        return NO_PAYLOAD;
      }
      c.streams.hold(c.handle, true);
      this.deadlines.set(at, now + this.limits.answerTimeout, now);
      if (piece.length > 0) return piece;
    }
    return NO_PAYLOAD;
  }

  // ---- Time ----------------------------------------------------------------------------------------------------------

  /** Acts on the deadlines that have come. */
  step(now: Instant): void {
    for (let at = this.deadlines.pop(now); at >= 0; at = this.deadlines.pop(now)) this.#expired(at, now);
  }

  nextDeadline(): Instant {
    return this.deadlines.nextDeadline();
  }

  // ---- What streams tell (listener.ts) -------------------------------------------------------------------------------

  /** A peer has connected; its requests are served, or redirected to https at that port when it is not 0. */
  accepted(streams: Streams, handle: Handle, manner: Manner, now: Instant): void {
    const at = this.connectionTable.take(streams, handle, manner);
    if (at < 0) {
      streams.abort(handle);
      return;
    }
    const c = this.connectionTable.at(at);
    c.path = streams.peerPath(handle);
    c.client = streams.peerClient(handle);
    c.peerPort = streams.peerPort(handle);
    c.maxHead = Math.min(this.limits.head, streams.readLimit(handle));
    this.deadlines.set(at, now + this.limits.idleTimeout, now);
  }

  readable(handle: Handle, now: Instant): void {
    const at = this.connectionTable.find(handle);
    if (at >= 0) this.#run(this.connectionTable.at(at), at, now);
  }

  sent(handle: Handle, now: Instant): void {
    const at = this.connectionTable.find(handle);
    if (at < 0) return;
    const c = this.connectionTable.at(at);
    const stalled = c.streams.queued(handle) > 0;
    if (c.state === READING && c.decoded === 0)
      this.deadlines.set(at, now + (stalled ? this.limits.writeTimeout : this.limits.idleTimeout), now);
    // Lingering lasts as long as the last response makes its way.
    else if (c.state === LINGERING) this.deadlines.set(at, now + this.limits.lingerTimeout, now);
    if (stalled) return;
    const held = c.responses >= this.limits.pipelined;
    c.responses = 0;
    if (held) this.#run(c, at, now);
  }

  closed(handle: Handle, now: Instant): void {
    const at = this.connectionTable.find(handle);
    if (at < 0) return;
    const c = this.connectionTable.at(at);
    const waiting = c.state === WAITING;
    const id = waiting ? this.exchangeTable.id(c.exchange) : -1;
    const reading = waiting && this.exchangeTable.at(c.exchange).bodySince >= 0;
    this.release(at);
    if (waiting) this.#events.cancelled(id, reading, now);
  }

  // ---- Requests ------------------------------------------------------------------------------------------------------

  #run(c: Connection, at: number, now: Instant): void {
    const handle = c.handle;
    if (c.running || handle === NO_HANDLE) return;
    c.running = true;
    let more = true;
    while (more && c.handle === handle) {
      more = false;
      if (c.state === READING) more = this.#readHead(c, at, now);
      else if (c.state === SKIPPING) more = this.#skip(c, at, now);
      else if (c.state === LINGERING) this.drop(c, at, now);
      else more = this.#tellOfBody(c, now);
    }
    if (c.handle === handle) c.running = false;
  }

  /** True when there may be more to do at once. */
  #readHead(c: Connection, at: number, now: Instant): boolean {
    const { handle, streams } = c;
    const length = streams.readLength(handle);
    if (length === 0) {
      if (streams.readEnded(handle)) this.close(c, at);
      return false;
    }
    if (c.responses >= this.limits.pipelined) {
      if (streams.queued(handle) > 0) return false;
      c.responses = 0;
    }
    const bytes = streams.readBuffer(handle);
    const start = streams.readStart(handle);
    if (c.decoded > 0 && !worthDecoding(c, bytes, start, length) && !streams.peerEnded(handle)) return false;
    let status = this.#decode(c, bytes, start, length);
    if (c.decoded === 0) c.since = now;
    if (status === INCOMPLETE) {
      if (!streams.peerEnded(handle)) {
        if (c.decoded === 0) this.deadlines.set(at, now + this.limits.headTimeout, now);
        c.scanned = length;
        c.decoded = length;
        return false;
      }
      // RFC 9112 8: the message is incomplete, and will stay so.
      status = 400;
    }
    c.scanned = 0;
    c.decoded = 0;
    const head = this.#head;
    if (status === 0 && head.asterisk && (head.contentLength > 0 || head.chunked)) status = 400;
    if (status !== 0) {
      this.refuse(c, at, status, bytes, head, now);
      return true;
    }
    if (head.contentLength > 0 || head.chunked) {
      c.body = this.bodies.take();
      this.bodies.at(c.body).begin(head, this.limits.body);
    }
    const redirected = c.manner.redirectTo > 0 && !isChallenge(bytes, head.pathStart, head.pathEnd);
    if (redirected || head.asterisk || this.#select(bytes, head, now)) {
      if (redirected || head.asterisk) {
        this.decideEnd(c, head);
        if (head.asterisk) this.responder.ping(c, bytes, head, now);
        else this.responder.redirect(c, bytes, head, now);
      } else this.#answerReady(c, bytes, head, now);
      streams.consume(handle, head.length);
      this.answered(c, at, now);
      return true;
    }
    if (this.#admits(head.length, c, now)) this.#begin(c, at, bytes, start, now);
    else this.refuse(c, at, 503, bytes, head, now);
    return true;
  }

  /** Whether there is memory for an exchange of c with so long a head; others may give way (exchanges.ts). */
  #admits(length: number, c: Connection, now: Instant): boolean {
    while (!this.exchangeTable.admits(length, c.client)) {
      const worst = this.exchangeTable.worst(length, c.body >= 0, c.client);
      if (worst < 0) return false;
      const { connection } = this.exchangeTable.at(worst);
      this.#refuseBody(this.connectionTable.at(connection), connection, 503, now);
    }
    return true;
  }

  #decode(c: Connection, bytes: Uint8Array, start: number, length: number): number {
    return decodeRequestHead(bytes, start, length, c.maxHead, this.limits, this.#head);
  }

  /** Whether the table has an answer, which is then in #answer. */
  #select(bytes: Uint8Array, head: RequestHead, now: Instant): boolean {
    this.responder.clock.update(now);
    return this.ready.select(bytes, head, this.responder.clock.second, this.#answer);
  }

  #answerReady(c: Connection, bytes: Uint8Array, head: RequestHead, now: Instant): void {
    const answer = this.#answer;
    this.decideEnd(c, head);
    this.responder.access(c, bytes, head, answer.status, answer.bodyLength, now);
    this.responder.queueReady(c, head, answer);
  }

  /** The request is one for the appliance: copies its head. Its body stays where it is. */
  #begin(c: Connection, at: number, bytes: Uint8Array, start: number, now: Instant): void {
    c.exchange = this.exchangeTable.take(at, c.client, this.#head.length);
    const e = this.exchangeTable.at(c.exchange);
    const length = this.#head.length;
    e.bytes = new Uint8Array(length);
    copyBytes(e.bytes, 0, bytes, start, length);
    decodeRequestHead(e.bytes, 0, length, length + 1, this.limits, e.head);
    e.uploading = c.body >= 0;
    e.lowerNames();
    c.streams.consume(c.handle, length);
    c.state = WAITING;
    c.streams.hold(c.handle, true);
    this.deadlines.set(at, now + this.limits.answerTimeout, now);
    this.#events.request(this.exchangeTable.id(c.exchange), c.client, now);
  }

  // ---- Bodies --------------------------------------------------------------------------------------------------------

  /** The appliance has read all that there is of a body. */
  #awaitBody(c: Connection, at: number, e: Exchange, body: Body, now: Instant): void {
    // RFC 9112 8: the message is incomplete.
    if (c.streams.readEnded(c.handle)) {
      this.#refuseBody(c, at, 400, now);
      return;
    }
    e.hungrySince = now;
    // It is the peer's turn: nothing is owed to it.
    c.streams.hold(c.handle, false);
    this.deadlines.set(at, this.bodyDeadline(e.bodySince, body.length, now), now);
  }

  /** True when the appliance has acted on it at once. */
  #tellOfBody(c: Connection, now: Instant): boolean {
    const e = this.exchangeTable.at(c.exchange);
    if (e.hungrySince < 0 || (c.streams.readLength(c.handle) === 0 && !c.streams.readEnded(c.handle))) return false;
    e.hungrySince = -1;
    this.#events.bodyReadable(this.exchangeTable.id(c.exchange), now);
    return c.state !== WAITING;
  }

  /** The appliance wanted a body that cannot be taken; it is told that the exchange is over. */
  #refuseBody(c: Connection, at: number, status: number, now: Instant): void {
    const e = this.exchangeTable.at(c.exchange);
    const id = this.exchangeTable.id(c.exchange);
    const reading = e.bodySince >= 0;
    this.refuse(c, at, status, e.bytes, e.head, now);
    this.#events.cancelled(id, reading, now);
    this.#run(c, at, now);
  }

  /** Reads past a body that nobody wanted. True when there may be more to do at once. */
  #skip(c: Connection, at: number, now: Instant): boolean {
    const { handle, streams } = c;
    const body = this.bodies.at(c.body);
    const length = streams.readLength(handle);
    if (length === 0) {
      if (streams.readEnded(handle)) this.close(c, at);
      return false;
    }
    const status = body.take(streams.readBuffer(handle), streams.readStart(handle), length);
    streams.consume(handle, body.consumed);
    if (status !== 0 || body.length > this.limits.skip) this.linger(c, at, now);
    else if (body.ended) {
      this.releaseBody(c);
      c.state = READING;
      this.deadlines.set(at, now + this.limits.writeTimeout, now);
    } else this.deadlines.set(at, this.bodyDeadline(c.since, body.length, now), now);
    return true;
  }

  // ---- Deadlines -----------------------------------------------------------------------------------------------------

  #expired(at: number, now: Instant): void {
    const c = this.connectionTable.at(at);
    const { handle, streams } = c;
    switch (c.state) {
      case READING:
        if (c.decoded > 0) {
          const bytes = streams.readBuffer(handle);
          // What can be told to be wrong by now is told; the rest is late.
          const status = this.#decode(c, bytes, streams.readStart(handle), streams.readLength(handle));
          this.refuse(c, at, status > 0 ? status : 408, bytes, this.#head, now);
          this.#run(c, at, now);
        } else if (streams.queued(handle) > 0) this.abort(c, at);
        else this.close(c, at);
        return;
      case WAITING:
        this.#refuseBody(c, at, this.exchangeTable.at(c.exchange).hungrySince >= 0 ? 408 : 503, now);
        return;
      case SKIPPING:
        this.linger(c, at, now);
        return;
      default:
        this.close(c, at);
    }
  }
}
