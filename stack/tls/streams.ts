// TLS as Streams over Streams: what speaks over it does not know the difference. The handle of the stream below is kept.
//
//   below.input ... -> TlsCarrier -> accepted, readable, sent, closed
//   a step of the host: the stream below, tls.step(now), who uses us, tls.transmit(now), the stream below transmits
//
// What a server is, its certificates among it, is in ServerTerms; what a client wants comes with `secure`.

import type { Instant } from "../base/result.ts";
import type { SharedMemory } from "../base/shared.ts";
import {
  CLOSED_BY_RESET,
  CLOSED_BY_TIMEOUT,
  CLOSED_FOR_ROOM,
  type Handle,
  type Streams,
  type StreamUser,
} from "../base/streams.ts";
import { TlsAccess } from "./access.ts";
import { Channel } from "./channel.ts";
import { Client } from "./client.ts";
import { Connection } from "./connection.ts";
import { TlsCore } from "./core.ts";
import { HANDSHAKES_EVICTED, HANDSHAKES_TIMED_OUT, STREAMS_REFUSED, type TlsCounters } from "./counters.ts";
import type { TlsLimits } from "./limits.ts";
import type { ServerTerms } from "./negotiation.ts";
import type { ClientTerms } from "./offer.ts";
import { drop, receive } from "./receiving.ts";
import { flushChannel, SEALED, STARVED, seal } from "./sealing.ts";
import { Server } from "./server.ts";
import { CLEAR, CONNECTING, DRAINING, GONE, NOBODY, OPEN, ORPHAN, SHAKING, type Stream } from "./stream.ts";

export class TlsStreams extends TlsAccess {
  readonly #users: StreamUser[] = [];

  /** `memory`: that of the streams below. */
  constructor(below: Streams, limits: TlsLimits, terms: ServerTerms, memory: SharedMemory) {
    super(new TlsCore(below, limits, terms, memory));
  }

  get counters(): TlsCounters {
    return this.core.counters;
  }

  /** Streams in any state. */
  get count(): number {
    return this.core.streams.length - this.core.freeCount;
  }

  /** Handshakes in progress. */
  get handshakes(): number {
    return this.core.shaking.count;
  }

  /** Has every client show that it can come back (a cookie) before a private key is used; else that depends on how many come. */
  press(pressed: boolean): void {
    this.core.pressed = pressed;
  }

  /** While a user is told of `closed`: the alert that was the reason, 0 for none, and whether we have sent it. */
  get lastAlert(): number {
    return this.core.lastAlert;
  }

  get lastAlertOurs(): boolean {
    return this.core.lastAlertOurs;
  }

  /** Makes a user known; its number goes into TlsCarrier and `secure`. */
  addUser(user: StreamUser): number {
    this.#users.push(user);
    return this.#users.length - 1;
  }

  /**
   * A stream of ours, connecting or connected: bytes pass as they are until `secure`, so that a proxy can be asked first.
   * False: there are too many.
   */
  pass(handle: Handle, user: number): boolean {
    const s = this.core.add(handle);
    if (s === GONE) return false;
    s.state = CLEAR;
    s.user = user;
    return true;
  }

  /**
   * Begins TLS as a client on a stream given to `pass`; `connected` or `closed` follows. `established`: the stream below is
   * connected, and what it brings from here on is TLS.
   */
  secure(handle: Handle, terms: ClientTerms, established: boolean, now: Instant): void {
    const s = this.core.find(handle);
    if (s.state !== CLEAR) return;
    const channel = new Channel();
    const client = new Client(terms, channel);
    s.handshake = client;
    s.connection = new Connection(channel, client);
    s.client = client;
    s.state = CONNECTING;
    if (established) this.connected(handle, now);
  }

  /** The client's side of a stream of ours: what was agreed on, and the tickets that have come. */
  client(handle: Handle): Client | undefined {
    return this.core.of(handle).client;
  }

  /** The protocol that was agreed on (RFC 7301); "": none. */
  protocol(handle: Handle): string {
    return this.core.of(handle).handshake.protocol;
  }

  /** The peer's side has ended without a close_notify: what has come may not be all (RFC 8446 6.1). */
  truncated(handle: Handle): boolean {
    return this.core.of(handle).truncated;
  }

  // ---- What the streams below tell (carrier.ts) ----

  /** A peer has connected to the port. `clearUser` takes it when it speaks HTTP in the clear; NOBODY: nobody does. */
  accepted(handle: Handle, port: number, user: number, clearUser: number, now: Instant): void {
    const core = this.core;
    core.now = now;
    if (core.shaking.count >= core.limits.handshakes) this.#evict(now);
    const s = core.add(handle);
    if (s === GONE) {
      core.counters.note(STREAMS_REFUSED);
      core.below.abort(handle);
      return;
    }
    s.user = user;
    s.clearUser = clearUser;
    s.port = port;
    const channel = new Channel();
    s.handshake = new Server(core.terms, channel);
    s.connection = new Connection(channel, s.handshake);
    core.shaking.enter(s.index, now);
    core.unproven.enter(s.index, now);
  }

  connected(handle: Handle, now: Instant): void {
    const core = this.core;
    core.now = now;
    const s = core.find(handle);
    if (s.state === CLEAR) this.#users[s.user]!.connected(handle, now);
    if (s.state !== CONNECTING) return;
    s.state = SHAKING;
    core.shaking.enter(s.index, now);
    s.client?.begin(now);
    flushChannel(core, s);
    // Something may have come with what went before in the clear.
    this.readable(handle, now);
  }

  readable(handle: Handle, now: Instant): void {
    const core = this.core;
    core.now = now;
    const s = core.find(handle);
    switch (s.state) {
      case CLEAR:
        if (s.user !== NOBODY) this.#users[s.user]!.readable(handle, now);
        return;
      case DRAINING:
        drop(core, s);
        return;
      case CONNECTING:
        return;
      default:
        if (s === GONE) return;
        receive(core, s, now);
        this.#tell(s, now);
    }
  }

  sent(handle: Handle, now: Instant): void {
    const core = this.core;
    core.now = now;
    const s = core.find(handle);
    if (s.state === OPEN || s.state === ORPHAN) core.list(s);
    if ((s.state === OPEN || s.state === CLEAR) && s.user !== NOBODY) this.#users[s.user]!.sent(handle, now);
  }

  closed(handle: Handle, reason: number, now: Instant): void {
    const s = this.core.find(handle);
    if (s === GONE) return;
    this.core.lastAlert = 0;
    this.#close(s, reason, now);
  }

  // ---- Time ----

  /** Does what time demands, and a handshake of those that wait. */
  step(now: Instant): void {
    const core = this.core;
    core.now = now;
    core.worked = false;
    if (core.waiting.length > 0) this.#resume(now);
    while (core.shaking.deadline <= now) {
      const s = core.streams[core.shaking.oldest]!;
      core.counters.note(HANDSHAKES_TIMED_OUT);
      this.#giveUp(s, CLOSED_BY_TIMEOUT, now);
    }
    while (core.draining.deadline <= now) {
      const s = core.streams[core.draining.oldest]!;
      core.below.close(s.handle);
      core.release(s);
    }
    while (core.orphans.deadline <= now) {
      const s = core.streams[core.orphans.oldest]!;
      if (s.orphanBytes >= core.limits.orphanBytes) {
        s.orphanBytes = 0;
        core.orphans.enter(s.index, now);
      } else {
        core.below.abort(s.handle);
        core.release(s);
      }
    }
  }

  /** Seals what may leave, and tells users what could not be told at once. Before the streams below transmit. */
  transmit(now: Instant): void {
    const { pending } = this.core;
    this.core.now = now;
    if (this.core.starving.length > 0) this.#feed(now);
    // Users that are told may bring more.
    for (let i = 0; i < pending.length; i++) {
      const s = pending[i]!;
      s.listed = false;
      this.#tell(s, now);
      if (!s.starving) this.#send(s, now);
    }
    pending.length = 0;
  }

  /** Those who wait for memory, in turn, until there is none again. */
  #feed(now: Instant): void {
    const core = this.core;
    const { starving } = core;
    core.starving = [];
    for (let i = 0; i < starving.length; i++) {
      const s = core.find(starving[i]!);
      if (s === GONE) continue;
      // While one waits, those behind it do.
      if (core.starving.length === 0) this.#send(s, now);
      if (s.starving) core.starving.push(s.handle);
    }
  }

  nextDeadline(): Instant {
    return this.core.nextDeadline();
  }

  /** Those who wait for a private key, in turn, until one is used. */
  #resume(now: Instant): void {
    const core = this.core;
    const { waiting } = core;
    core.waiting = [];
    for (let i = 0; i < waiting.length; i++) {
      const s = core.find(waiting[i]!);
      if (s.state !== SHAKING) continue;
      if (core.worked) {
        core.waiting.push(s.handle);
        continue;
      }
      s.waiting = false;
      receive(core, s, now);
      this.#tell(s, now);
    }
  }

  /** Ends all that speak TLS, at once and without a word. */
  abortAll(now: Instant): void {
    const core = this.core;
    core.now = now;
    core.lastAlert = 0;
    for (let i = 0; i < core.streams.length; i++) {
      const s = core.streams[i]!;
      // What passes in the clear goes on; one that is not connected yet has said nothing.
      if (s === GONE || s.state === CLEAR || s.state === CONNECTING) continue;
      core.below.abort(s.handle);
      this.#close(s, CLOSED_BY_RESET, now);
    }
  }

  #evict(now: Instant): void {
    const core = this.core;
    const s = core.leastProven();
    core.counters.note(HANDSHAKES_EVICTED);
    core.below.abort(s.handle);
    this.#close(s, CLOSED_FOR_ROOM, now);
  }

  /** A handshake that comes to no end. */
  #giveUp(s: Stream, reason: number, now: Instant): void {
    const core = this.core;
    s.connection.end();
    flushChannel(core, s);
    core.below.consume(s.handle, core.below.readLength(s.handle));
    core.below.close(s.handle);
    this.#close(s, reason, now);
  }

  /** The stream below is gone, or given up. */
  #close(s: Stream, reason: number, now: Instant): void {
    const { handle, user } = s;
    const why = s.closedDue >= 0 ? s.closedDue : reason;
    // Of a handshake that did not come to its end a server's user has heard nothing.
    const known = user !== NOBODY && (s.port === 0 || s.told);
    this.core.release(s);
    if (known) this.#users[user]!.closed(handle, why, now);
  }

  /** Tells its user what is due. */
  #tell(s: Stream, now: Instant): void {
    const core = this.core;
    const { handle } = s;
    if (!core.alive(s)) return;
    if (s.openedDue && s.user !== NOBODY) {
      s.openedDue = false;
      s.told = true;
      const user = this.#users[s.user]!;
      if (s.port !== 0) user.accepted(handle, s.port, now);
      else user.connected(handle, now);
    }
    if (s.readableDue && s.user !== NOBODY && core.alive(s)) {
      s.readableDue = false;
      if (s.state === OPEN || s.state === CLEAR) this.#users[s.user]!.readable(handle, now);
    }
    if (s.state === ORPHAN && s.plain > 0) {
      // RFC 9293 3.6.1: data for an orphan.
      core.below.abort(handle);
      core.release(s);
      return;
    }
    if (s.closedDue < 0 || !core.alive(s)) return;
    const reason = s.closedDue;
    const { user } = s;
    s.closedDue = -1;
    s.user = NOBODY;
    // A server's user knows nothing of one whose handshake has failed.
    if (user !== NOBODY && (s.port === 0 || s.told)) this.#users[user]!.closed(handle, reason, now);
    if (core.alive(s)) drop(core, s);
  }

  #send(s: Stream, now: Instant): void {
    const core = this.core;
    if (!core.alive(s) || (s.state !== OPEN && s.state !== ORPHAN)) {
      s.starving = false;
      return;
    }
    const verdict = seal(core, s, now);
    if (verdict === STARVED && (!s.starving || now - s.starvingAt < core.limits.starvingTime)) {
      if (s.starving) return;
      s.starving = true;
      s.starvingAt = now;
      core.starving.push(s.handle);
      return;
    }
    s.starving = false;
    if (verdict !== SEALED) {
      core.below.abort(s.handle);
      core.lastAlert = 0;
      this.#close(s, CLOSED_FOR_ROOM, now);
      return;
    }
    if (s.ranges.queued > 0) return;
    if (s.ending && !s.ended) this.#end(s);
    if (s.state !== ORPHAN) return;
    // The beginning of a record that will not come to its end is no reason for a reset.
    core.below.consume(s.handle, core.below.readLength(s.handle));
    core.below.close(s.handle);
    core.release(s);
  }

  /** Our side ends in order. */
  #end(s: Stream): void {
    const core = this.core;
    s.ended = true;
    s.connection.end();
    flushChannel(core, s);
    core.below.shutdown(s.handle);
  }
}
