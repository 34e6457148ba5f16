// What all parts of one TCP machine share: the connections and their pools, the table, the timers, the users, the
// counters; and the birth and death of a connection. tcp.ts puts it behind the port Streams.

import type { Counters } from "../base/counters.ts";
import type { IpSink } from "../base/ip-sink.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import type { Client, Path } from "../base/path.ts";
import { type Instant, NEVER } from "../base/result.ts";
import type { SharedMemory } from "../base/shared.ts";
import { type Handle, NO_HANDLE } from "../base/streams.ts";
import { BUFFER_SIZES, BufferPool } from "./buffers.ts";
import { Room } from "./candidates.ts";
import { CLOSED, Connection, FIN_WAIT_2, NO_BUFFER, NOBODY, SYN_RECEIVED, TIME_WAIT } from "./connection.ts";
import { Secret } from "./isn.ts";
import { HEADERS, HEADERS6, INITIAL_RTO, MAX_CONNECTIONS, MIN_PATH_MTU, type TcpLimits } from "./limits.ts";
import { SendQueue } from "./send-queue.ts";
import { Sender } from "./sender.ts";
import { ConnectionTable } from "./table.ts";
import { Timers } from "./timers.ts";
import { Segment } from "./wire.ts";

/** What there is now; what has happened is counted in base/counters.ts. */
export class TcpCounters {
  /** Connections in any state, those below included. */
  connections = 0;
  halfOpen = 0;
  timeWait = 0;
  orphans = 0;

  /** One "name value" a line. */
  describe(): string {
    return `half-open ${this.halfOpen}\ntime-wait ${this.timeWait}\norphans ${this.orphans}`;
  }
}

export class TcpCore {
  readonly sink: IpSink;
  readonly limits: TcpLimits;
  readonly secret: Secret;
  readonly table: ConnectionTable;
  readonly timers: Timers;
  readonly pool: BufferPool;
  readonly counters: TcpCounters = new TcpCounters();
  readonly room: Room = new Room();
  /** What is queued to be sent holds. */
  readonly memory: SharedMemory;
  readonly counts: Counters;
  /** The segment at hand. */
  readonly segment: Segment = new Segment();
  /** The header to be written next. */
  readonly out: Segment = new Segment();

  /** The connection of each slot that was ever used; those of slots in `#free` are CLOSED. */
  readonly connections: Connection[] = [];
  /** What a handle stands for that is dead: CLOSED for ever, nothing to read, at its end. */
  readonly gone: Connection = new Connection(-1, NO_HANDLE, new SendQueue(), new Sender());
  readonly #free: number[] = [];
  /** By slot: how often it was used, its send queue, what its sending remembers, and 1 when it is listed for `transmit`. */
  readonly #generations: number[] = [];
  readonly #queues: SendQueue[] = [];
  readonly #senders: Sender[] = [];
  readonly #listed: Uint8Array;
  readonly capacity: number;
  /** By client: bytes of receive buffers of its connections. */
  readonly #received: number[] = [];

  // Ports listened on.
  readonly listenPorts: number[] = [];
  readonly listenUsers: number[] = [];
  readonly listenLimits: number[] = [];
  /** Ephemeral ports tried. */
  portCounter = 0;
  /** When a SYN cookie was last sent. */
  cookieSentAt: Instant = -NEVER;

  // Connections that have something to send, or to tell.
  readonly pending: number[] = [];
  pendingCount = 0;

  /** Of the packet that was just written (output.ts): its payload bytes, and where in the sink it lies. */
  written = 0;
  writtenAt = 0;

  /** The user of the segment at hand would read all of it, so that it needs no memory. */
  readsWhole = false;

  // Connections that have ended and whose users do not know yet: Tcp tells them when the work at hand is done. (This
  // class knows no users: one that did could reach itself, and what can do so costs the compiled code dear.)
  readonly endedUsers: number[] = [];
  readonly endedHandles: Handle[] = [];
  readonly endedReasons: number[] = [];

  /** What `of` found last. */
  #last: Connection = this.gone;

  // The clock of timestamps: milliseconds.
  now: Instant = 0;
  milliseconds = 0;

  #oldestTimeWait = -1;
  #newestTimeWait = -1;

  constructor(sink: IpSink, limits: TcpLimits, secret: Uint8Array, memory: SharedMemory) {
    this.sink = sink;
    this.memory = memory;
    this.counts = sink.counters;
    this.limits = limits;
    this.secret = new Secret(secret, sink.paths);
    this.capacity = Math.max(1, Math.min(limits.connections, MAX_CONNECTIONS));
    this.table = new ConnectionTable(this.capacity, this.connections, this.secret.tableKey());
    this.timers = new Timers(this.capacity);
    this.pool = new BufferPool(limits.memoryTotal);
    this.#listed = new Uint8Array(this.capacity);
    this.gone.finReceived = true;
    for (let i = 0; i < this.capacity; i++) this.pending.push(0);
  }

  /** Counts one of base/counters.ts. */
  note(counter: number): void {
    this.counts.note(counter);
  }

  /** Sets the clock that timestamps are taken from. */
  setNow(now: Instant): void {
    if (now === this.now) return;
    this.now = now;
    this.milliseconds = Math.floor(now / 1000) >>> 0;
  }

  /** The connection of a handle; `gone` when that is dead. Users speak of the same one many times in a row. */
  of(handle: Handle): Connection {
    if (handle === this.#last.handle) return this.#last;
    const index = handle & 0xffff;
    if (index >= this.connections.length || handle < 0) return this.gone;
    const c = this.connections[index]!;
    if (c.handle !== handle) return this.gone;
    this.#last = c;
    return c;
  }

  /** The handle is dead. */
  #forget(c: Connection): void {
    c.handle = NO_HANDLE;
    this.#last = this.gone;
  }

  /** Our MSS option and the base of the effective one. */
  localMss(path: Path): number {
    const { paths, mtu } = this.sink;
    return paths.families[path]! === 6 ? paths.linkMtu6 - HEADERS6 : mtu - HEADERS;
  }

  /** Row of the port in the list of listeners, or -1. */
  listener(port: number): number {
    for (let i = 0; i < this.listenPorts.length; i++) if (this.listenPorts[i]! === port) return i;
    return -1;
  }

  /** Nobody listens to the port any more. */
  unlisten(port: number): void {
    const row = this.listener(port);
    if (row < 0) return;
    this.listenPorts.splice(row, 1);
    this.listenUsers.splice(row, 1);
    this.listenLimits.splice(row, 1);
  }

  /** Lists the connection for `transmit`. */
  wake(c: Connection): void {
    if (this.#listed[c.index]! !== 0) return;
    this.#listed[c.index] = 1;
    if (this.pendingCount === this.pending.length) this.pending.push(c.index);
    else this.pending[this.pendingCount] = c.index;
    this.pendingCount++;
  }

  /** `transmit` has seen to this slot. */
  unlist(index: number): void {
    this.#listed[index] = 0;
  }

  /**
   * True when `open` would find room for a peer's connection: one that is free, or the oldest in TIME-WAIT. The last
   * `limits.reserved` are for connections of our own.
   */
  hasRoom(): boolean {
    return this.counters.connections < this.capacity - this.limits.reserved || this.#oldestUnowned() >= 0;
  }

  /**
   * A connection on this path, in the table, or -1: there is no room. The oldest in TIME-WAIT makes room when there is
   * one. Path and ports must not be in the table.
   */
  open(path: Path, localPort: number, remotePort: number): number {
    const index = this.#slot();
    if (index < 0) return -1;
    const generation = this.#generations[index]! + 1;
    this.#generations[index] = generation;
    const c = new Connection(
      index,
      (generation * 0x10000 + index) as Handle,
      this.#queues[index]!,
      this.#senders[index]!,
    );
    this.connections[index] = c;
    this.sink.paths.hold(path);
    c.path = path;
    c.client = this.sink.paths.clientOf(path);
    c.localPort = localPort;
    c.remotePort = remotePort;
    const six = this.sink.paths.families[path]! === 6;
    c.headers = six ? HEADERS6 : HEADERS;
    c.segmentOffload = six ? this.sink.segmentOffload6 : this.sink.segmentOffload;
    c.pathMtu = this.sink.paths.mtu(path, this.now);
    c.dontFragment = c.pathMtu >= MIN_PATH_MTU;
    c.tsOffset = this.secret.timestampOffset(path, localPort, remotePort);
    const timeout = this.sink.paths.timeouts[path]!;
    if (timeout > 0 && timeout < INITIAL_RTO) c.rto = timeout;
    this.table.insert(c);
    const counters = this.counters;
    counters.connections++;
    return index;
  }

  /** A slot for a connection, or -1. */
  #slot(): number {
    if (this.#free.length > 0) return this.#free.pop()!;
    const next = this.connections.length;
    if (next < this.capacity) {
      this.connections.push(this.gone);
      this.#generations.push(0);
      this.#queues.push(new SendQueue());
      this.#senders.push(new Sender());
      return next;
    }
    const index = this.#oldestUnowned();
    if (index < 0) return -1;
    this.release(this.connections[index]!);
    return this.#free.pop()!;
  }

  /** The connection is over: out of the table, everything back to the pools, the handle dead. Tells nobody. */
  release(c: Connection): void {
    if (c.state === CLOSED) return;
    const counters = this.counters;
    this.setHalfOpen(c, false);
    if (c.state === TIME_WAIT) this.leaveTimeWait(c);
    else if (c.user === NOBODY && c.state !== SYN_RECEIVED) counters.orphans--;
    this.table.remove(c);
    this.sink.paths.letGo(c.path);
    this.dropBuffer(c);
    c.queue.clear(this.memory);
    c.sender.board.clear();
    c.state = CLOSED;
    this.#forget(c);
    c.user = NOBODY;
    c.timerAt = NEVER;
    c.ackAt = NEVER;
    c.lingerAt = NEVER;
    c.keepAliveAt = NEVER;
    counters.connections--;
    this.#free.push(c.index);
  }

  /** `release`, and its user is to hear of it. */
  end(c: Connection, reason: number): void {
    // A connection that its user has never been told of ends without a word.
    if (c.user !== NOBODY && !(c.passive && c.state === SYN_RECEIVED)) this.tellEnded(c, reason);
    this.release(c);
  }

  tellEnded(c: Connection, reason: number): void {
    this.endedUsers.push(c.user);
    this.endedHandles.push(c.handle);
    this.endedReasons.push(reason);
  }

  setHalfOpen(c: Connection, halfOpen: boolean): void {
    if (c.halfOpen === halfOpen) return;
    c.halfOpen = halfOpen;
    const counters = this.counters;
    counters.halfOpen += halfOpen ? 1 : -1;
  }

  /** The user lets go; the protocol goes on to its end, with a deadline. The state is a synchronized one. */
  orphan(c: Connection): void {
    this.disown(c);
    if (c.state === TIME_WAIT) return;
    const counters = this.counters;
    counters.orphans++;
    const at = this.now + (c.state === FIN_WAIT_2 ? this.limits.finWait2Time : this.limits.orphanTime);
    if (at < c.lingerAt) c.lingerAt = at;
    this.wake(c);
  }

  /** The handle is dead, the connection is not. */
  disown(c: Connection): void {
    this.dropBuffer(c);
    this.#forget(c);
    c.user = NOBODY;
    c.held = false;
    c.events = 0;
  }

  /** Everything is done (RFC 9293 3.6): 2 MSL for the peer's sake. Makes room when too many wait. */
  enterTimeWait(c: Connection, now: Instant): void {
    const counters = this.counters;
    if (counters.timeWait >= this.limits.timeWait) {
      const oldest = this.#oldestUnowned();
      if (oldest >= 0) this.release(this.connections[oldest]!);
    }
    if (c.user === NOBODY) counters.orphans--;
    c.state = TIME_WAIT;
    c.timerAt = NEVER;
    c.keepAliveAt = NEVER;
    this.#enlist(c, now);
  }

  /** RFC 9293 3.10.7.4: a FIN that comes again starts the 2 MSL again. */
  restartTimeWait(c: Connection, now: Instant): void {
    this.leaveTimeWait(c);
    this.#enlist(c, now);
  }

  /** The oldest in TIME-WAIT that no user reads from any more, or -1. */
  #oldestUnowned(): number {
    let index = this.#oldestTimeWait;
    while (index >= 0 && this.connections[index]!.user !== NOBODY) index = this.connections[index]!.newerTimeWait;
    return index;
  }

  #enlist(c: Connection, now: Instant): void {
    const counters = this.counters;
    counters.timeWait++;
    c.lingerAt = now + this.limits.timeWaitTime;
    c.olderTimeWait = this.#newestTimeWait;
    c.newerTimeWait = -1;
    if (this.#newestTimeWait >= 0) this.connections[this.#newestTimeWait]!.newerTimeWait = c.index;
    else this.#oldestTimeWait = c.index;
    this.#newestTimeWait = c.index;
  }

  leaveTimeWait(c: Connection): void {
    const counters = this.counters;
    counters.timeWait--;
    if (c.olderTimeWait >= 0) this.connections[c.olderTimeWait]!.newerTimeWait = c.newerTimeWait;
    else this.#oldestTimeWait = c.newerTimeWait;
    if (c.newerTimeWait >= 0) this.connections[c.newerTimeWait]!.olderTimeWait = c.olderTimeWait;
    else this.#newestTimeWait = c.olderTimeWait;
  }

  dropBuffer(c: Connection): void {
    if (c.bufferClass >= 0) {
      this.pool.give(c.bufferClass, c.buffer);
      this.chargeReceive(c.client, -BUFFER_SIZES[c.bufferClass]!);
    }
    c.bufferClass = NO_BUFFER;
    c.buffer = NO_PAYLOAD;
    c.start = 0;
    c.unread = 0;
    c.intervals = 0;
  }

  /** Less than half of the receive memory is left. */
  get receiveIsShort(): boolean {
    return this.pool.available * 2 < this.limits.memoryTotal;
  }

  /** Bytes of receive buffers that the client's connections hold. */
  receiveMemoryOf(client: Client): number {
    return client >= 0 && client < this.#received.length ? this.#received[client]! : 0;
  }

  /** A connection of the client holds so many bytes of receive buffers more. */
  chargeReceive(client: Client, bytes: number): void {
    if (client < 0) return;
    while (this.#received.length <= client) this.#received.push(0);
    this.#received[client] = this.#received[client]! + bytes;
  }
}
