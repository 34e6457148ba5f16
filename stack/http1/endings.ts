// How connections end, and what room they leave: the half of the server that does not look at requests. Read first:
// RFC 9112 9.6 (tear-down).

import { type Instant, SECOND } from "../base/result.ts";
import { NO_HANDLE } from "../base/streams.ts";
import type { HttpEvents } from "../http/events.ts";
import { type HttpLimits, TICK } from "../http/limits.ts";
import { type Connection, LINGERING, READING, SKIPPING } from "./connections.ts";
import { ExchangeAccess } from "./exchange-access.ts";
import type { RequestHead } from "./request-head.ts";
import { Responder } from "./responder.ts";
import { DeadlineWheel } from "./wheel.ts";

export abstract class Endings extends ExchangeAccess {
  protected readonly limits: HttpLimits;
  protected readonly responder: Responder;
  protected readonly deadlines: DeadlineWheel;

  /** Each answer is the last of its connection: the machine is about to end. */
  private draining = false;

  constructor(events: HttpEvents, limits: HttpLimits) {
    super(limits);
    this.limits = limits;
    this.responder = new Responder(events);
    this.deadlines = new DeadlineWheel(limits.connections, TICK);
  }

  /** Ends an exchange without an answer: the connection is reset. */
  cancel(exchange: number): void {
    const index = this.exchangeTable.find(exchange);
    if (index < 0) return;
    const at = this.exchangeTable.at(index).connection;
    this.abort(this.connectionTable.at(at), at);
  }

  /**
   * RFC 9112 9.6: from now on each answer says that it is the last of its connection. Connections that nothing was asked on
   * are closed at once.
   */
  drain(): void {
    this.draining = true;
    for (let at = 0; at < this.connectionTable.made; at++) {
      const c = this.connectionTable.at(at);
      if (c.handle === NO_HANDLE || c.state !== READING || c.decoded > 0) continue;
      if (c.streams.readLength(c.handle) === 0 && c.streams.queued(c.handle) === 0) this.close(c, at);
    }
  }

  /** Before an answer is written: whether it is the connection's last (RFC 9112 9.3, 9.6). */
  protected decideEnd(c: Connection, head: RequestHead): void {
    c.closing = head.close || (head.minor === 0 && !head.keepAlive) || this.draining;
    // A client that waits for 100 Continue may send the body all the same or not: nothing after it can be told apart.
    if (c.body >= 0 && !this.bodies.at(c.body).ended && (head.expectContinue || head.contentLength > this.limits.skip))
      c.closing = true;
  }

  /** After a response: on to the next request, or to the end. */
  protected answered(c: Connection, at: number, now: Instant): void {
    this.releaseExchange(c);
    const unread = c.body >= 0 && !this.bodies.at(c.body).ended;
    if (!unread) this.releaseBody(c);
    // Half a response would be taken for a whole one.
    if (c.broken) this.abort(c, at);
    else if (c.closing) {
      if (unread || c.streams.readLength(c.handle) > 0) this.linger(c, at, now);
      else this.close(c, at);
    } else {
      c.state = unread ? SKIPPING : READING;
      c.since = now;
      this.deadlines.set(at, now + (unread ? this.limits.bodyTimeout : this.limits.writeTimeout), now);
    }
  }

  /** When a body that began at `since` and has come so far is too slow. */
  protected bodyDeadline(since: Instant, length: number, now: Instant): Instant {
    const slowest = since + this.limits.bodyTimeout + (length / this.limits.bodyRate) * SECOND;
    return Math.min(now + this.limits.bodyTimeout, slowest);
  }

  /** Reads and drops, so that the last response is not lost to a reset. */
  protected drop(c: Connection, at: number, now: Instant): void {
    const length = c.streams.readLength(c.handle);
    c.dropped += length;
    if (length > 0) {
      c.streams.consume(c.handle, length);
      this.deadlines.set(at, Math.min(now + this.limits.lingerTimeout, c.since + this.limits.lingerTotal), now);
    }
    if (c.streams.readEnded(c.handle) || c.dropped > this.limits.lingerBytes) this.close(c, at);
  }

  /** Answers with an error of the server's own and ends the connection: after it nothing can be told apart. */
  protected refuse(
    c: Connection,
    at: number,
    status: number,
    bytes: Uint8Array,
    head: RequestHead,
    now: Instant,
  ): void {
    this.responder.refuse(c, status, bytes, head, now);
    this.linger(c, at, now);
  }

  /** The last response is queued. */
  protected linger(c: Connection, at: number, now: Instant): void {
    this.releaseRequest(c);
    c.streams.shutdown(c.handle);
    c.state = LINGERING;
    c.since = now;
    this.deadlines.set(at, now + this.limits.lingerTimeout, now);
  }

  protected close(c: Connection, at: number): void {
    c.streams.close(c.handle);
    this.release(at);
  }

  protected abort(c: Connection, at: number): void {
    c.streams.abort(c.handle);
    this.release(at);
  }

  protected release(at: number): void {
    this.releaseRequest(this.connectionTable.at(at));
    this.deadlines.clear(at);
    this.connectionTable.release(at);
  }

  /** Nothing of the request in progress is wanted any more. */
  protected releaseRequest(c: Connection): void {
    this.releaseExchange(c);
    this.releaseBody(c);
  }

  protected releaseExchange(c: Connection): void {
    if (c.exchange < 0) return;
    this.exchangeTable.release(c.exchange);
    c.streams.hold(c.handle, false);
    c.exchange = -1;
  }

  protected releaseBody(c: Connection): void {
    if (c.body < 0) return;
    this.bodies.release(c.body);
    c.body = -1;
  }
}
