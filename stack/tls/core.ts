// What the parts of TlsStreams share: the streams and their table, the timeouts, what is pending; birth and death of a
// stream. Users are known only to TlsStreams, which tells them.

import { IndexTable, mix } from "../base/index-table.ts";
import type { Instant } from "../base/result.ts";
import type { SharedMemory } from "../base/shared.ts";
import type { Handle, Streams } from "../base/streams.ts";
import { TlsCounters } from "./counters.ts";
import { STARVING_PAUSE, type TlsLimits } from "./limits.ts";
import type { ServerTerms } from "./negotiation.ts";
import { DRAINING, GONE, NO_CONNECTION, ORPHAN, OVER, Stream } from "./stream.ts";
import { Timeouts } from "./timeouts.ts";

export class TlsCore {
  /** What carries the records. */
  readonly below: Streams;
  readonly limits: TlsLimits;
  readonly terms: ServerTerms;
  /** What is queued to be sealed holds. */
  readonly memory: SharedMemory;
  readonly counters: TlsCounters = new TlsCounters();
  /** The caller says that cookies are wanted whatever is under way. */
  pressed = false;
  /** Since the last step a private key has been used: others wait until the next. */
  worked = false;
  /** Those who wait. */
  waiting: Handle[] = [];
  /** Those who wait for memory to seal into. */
  starving: Handle[] = [];
  /** When the event at hand has come: for calls of users, which do not say. */
  now: Instant = 0;
  /** The alert that ended the stream that is just being told of, and whether it was ours. */
  lastAlert = 0;
  lastAlertOurs = false;

  /** Bytes that all streams hold of handshake messages. */
  buffered = 0;

  readonly shaking: Timeouts;
  /** Of those the ones whose peer has not yet been answered with a key: a hello from it, or a second one, is to come. */
  readonly unproven: Timeouts;
  readonly draining: Timeouts;
  readonly orphans: Timeouts;

  /** By slot; GONE: free. */
  readonly streams: Stream[] = [];
  readonly #free: number[] = [];
  readonly #table: IndexTable = new IndexTable(16);
  readonly #key: number;
  #last: Stream = GONE;

  /** Streams that have something to send or to tell. */
  readonly pending: Stream[] = [];

  constructor(below: Streams, limits: TlsLimits, terms: ServerTerms, memory: SharedMemory) {
    this.below = below;
    this.limits = limits;
    this.terms = terms;
    this.memory = memory;
    this.shaking = new Timeouts(limits.connections, limits.handshakeTime);
    this.unproven = new Timeouts(limits.connections, limits.handshakeTime);
    this.draining = new Timeouts(limits.connections, limits.drainTime);
    this.orphans = new Timeouts(limits.connections, limits.orphanTime);
    this.#key = 0x2545f491;
  }

  get freeCount(): number {
    return this.#free.length;
  }

  /** A stream for the handle; GONE when there are too many. */
  add(handle: Handle): Stream {
    let index = this.streams.length;
    if (this.#free.length > 0) index = this.#free.pop()!;
    else if (index >= this.limits.connections) return GONE;
    else this.streams.push(GONE);
    const stream = new Stream(index, handle);
    this.streams[index] = stream;
    this.#table.insert(this.#hash(handle), index);
    return stream;
  }

  /** The handle's stream, whoever still cares; GONE: there is none. */
  find(handle: Handle): Stream {
    if (this.#last.handle === handle) return this.#last;
    const hash = this.#hash(handle);
    for (let slot = this.#table.first(hash); slot >= 0; slot = this.#table.next(slot, hash)) {
      const stream = this.streams[this.#table.at(slot)]!;
      if (stream.handle !== handle) continue;
      this.#last = stream;
      return stream;
    }
    return GONE;
  }

  /** The handle's stream as its user may see it. */
  of(handle: Handle): Stream {
    const stream = this.find(handle);
    return stream.state === ORPHAN || stream.state === DRAINING ? GONE : stream;
  }

  /** Lists the stream for `transmit`. */
  list(stream: Stream): void {
    if (stream.listed || stream === GONE) return;
    stream.listed = true;
    this.pending.push(stream);
  }

  /** The stream is over: its secrets wiped, its slot free. The stream below is the caller's to end. */
  release(stream: Stream): void {
    const { index } = stream;
    if (index < 0 || this.streams[index]! !== stream) return;
    this.endHandshake(stream);
    this.draining.leave(index);
    this.orphans.leave(index);
    this.forget(stream);
    stream.state = OVER;
    this.#table.remove(this.#hash(stream.handle), index);
    if (this.#last === stream) this.#last = GONE;
    this.streams[index] = GONE;
    this.#free.push(index);
  }

  /** Its handshake is over, well or not. */
  endHandshake(stream: Stream): void {
    this.shaking.leave(stream.index);
    this.unproven.leave(stream.index);
  }

  /**
   * Whose handshake makes room for another: one of which nothing was heard but a hello that may be anybody's, if there is any,
   * the oldest. Who has answered us, and whom we have called, goes last.
   */
  leastProven(): Stream {
    const { oldest } = this.unproven;
    return this.streams[oldest >= 0 ? oldest : this.shaking.oldest]!;
  }

  /** Lets go of all that only a working connection needs. */
  forget(stream: Stream): void {
    stream.ranges.clear(this.memory);
    if (stream.connection === NO_CONNECTION) return;
    stream.connection.wipe();
    stream.connection = NO_CONNECTION;
    this.account(stream, 0);
  }

  /** The stream holds so many bytes of handshake messages. */
  account(stream: Stream, buffered: number): void {
    this.buffered += buffered - stream.buffered;
    stream.buffered = buffered;
  }

  /** Whether this stream is still the one in its slot. */
  alive(stream: Stream): boolean {
    return stream.index >= 0 && this.streams[stream.index]! === stream;
  }

  /** Whether a client is to show that it can come back before a key is used. */
  loaded(): boolean {
    return this.pressed || this.shaking.count >= this.limits.loaded;
  }

  nextDeadline(): Instant {
    // Those who wait have waited for this step long enough.
    if (this.waiting.length > 0) return 0;
    const timeout = Math.min(this.shaking.deadline, this.draining.deadline, this.orphans.deadline);
    // Others let go of memory as their peers acknowledge it, which has us called; this is for what frees it otherwise.
    return this.starving.length > 0 ? Math.min(timeout, this.now + STARVING_PAUSE) : timeout;
  }

  #hash(handle: Handle): number {
    return mix(handle & 0xffff, Math.floor(handle / 0x10000) & 0x7fffffff, 0, this.#key);
  }
}
