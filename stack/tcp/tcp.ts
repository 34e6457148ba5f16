// TCP as one machine: segments and time go in, segments come out through an IpSink, users see Streams.
//
// Read RFC 9293 3.10, then connection.ts (what a connection is), input.ts, output.ts, deadlines.ts. A step of the host is
//
//   tcp.input(...) for each segment; tcp.step(now); ... users act ...; tcp.transmit(now); sleep until tcp.nextDeadline()

import { fold } from "../base/checksum.ts";
import { SEGMENTS_DAMAGED, SEGMENTS_IN, SEGMENTS_TO_NOBODY } from "../base/counters.ts";
import { type IpSink, PROTOCOL_TCP } from "../base/ip-sink.ts";
import { sumBytes } from "../base/native.ts";
import { CONGESTION_EXPERIENCED, type Packet } from "../base/packet.ts";
import type { Client, Path } from "../base/path.ts";
import { ERROR_TOO_BIG, type Quotation } from "../base/quotation.ts";
import type { Instant } from "../base/result.ts";
import { type Seq, seqDiff, seqLe, seqLt } from "../base/seq.ts";
import { Shared, SharedMemory } from "../base/shared.ts";
import { CLOSED_UNREACHABLE, type Handle, NO_HANDLE, Streams, type StreamUser } from "../base/streams.ts";
import { LARGEST_BUFFER } from "./buffers.ts";
import { abortNow, endSending, letGo, opening } from "./closing.ts";
import {
  CLOSE_WAIT,
  CLOSED,
  type Connection,
  ESTABLISHED,
  LENT,
  NOBODY,
  OPENED,
  READABLE,
  SENT,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from "./connection.ts";
import { TcpCore, type TcpCounters } from "./core.ts";
import { deadlinesPass } from "./deadlines.ts";
import { segmentArrives, settleEnd } from "./input.ts";
import type { TcpLimits } from "./limits.ts";
import { connectTo, noConnection, reopens, setReceiveLimit } from "./opening.ts";
import { output } from "./output.ts";
import { tooBig } from "./path-mtu.ts";
import { consumed, rightEdge, settle } from "./reassembly.ts";
import { freeLargeAnswers, hasSendRoom, spareMemory } from "./send-room.ts";
import { decode } from "./wire.ts";

export class Tcp extends Streams {
  readonly #core: TcpCore;
  readonly #users: StreamUser[] = [];

  /**
   * `secret`: 16 bytes or more of a cryptographic generator, kept to itself. `memory` counts what is queued to be sent,
   * together with what others (the table of ready answers) hold of it.
   */
  constructor(sink: IpSink, limits: TcpLimits, secret: Uint8Array, memory: SharedMemory = new SharedMemory()) {
    super();
    this.#core = new TcpCore(sink, limits, secret, memory);
  }

  get counters(): TcpCounters {
    return this.#core.counters;
  }

  /** How often something has happened: one of base/counters.ts. */
  counts(counter: number): number {
    return this.#core.counts.value(counter);
  }

  /** Bytes that connections may still take of what they have been given; what they took once they keep for the next. */
  get spare(): number {
    return spareMemory(this.#core);
  }

  /** Bytes of receive buffers in use. */
  get memoryInUse(): number {
    return this.#core.pool.inUse;
  }

  /** True: something waits for `transmit`, as after the link had no slot left. */
  get transmitPending(): boolean {
    return this.#core.pendingCount > 0;
  }

  /** Makes the user known; its number goes into `listen` and `connect`. */
  addUser(user: StreamUser): number {
    this.#users.push(user);
    return this.#users.length - 1;
  }

  /** Accepts connections to the port; `receiveLimit` (bytes unread, at most 256 KB) holds for each. False: port taken. */
  listen(port: number, user: number, receiveLimit: number): boolean {
    const core = this.#core;
    if (core.listener(port) >= 0) return false;
    core.listenPorts.push(port);
    core.listenUsers.push(user);
    core.listenLimits.push(Math.max(1, Math.min(receiveLimit, LARGEST_BUFFER)));
    return true;
  }

  /** No new connections to the port; those that are go on. */
  unlisten(port: number): void {
    this.#core.unlisten(port);
  }

  /** Begins a connection (RFC 9293 3.10.1). NO_HANDLE: no room, or no port free. The user hears `connected` or `closed`. */
  connect(path: Path, remotePort: number, user: number, receiveLimit: number, now: Instant): Handle {
    const core = this.#core;
    core.setNow(now);
    const index = connectTo(core, path, remotePort, now);
    if (index < 0) return NO_HANDLE;
    const c = core.connections[index]!;
    c.user = user;
    setReceiveLimit(c, Math.max(1, Math.min(receiveLimit, LARGEST_BUFFER)));
    return c.handle;
  }

  /** From now on this user hears of the connection: what is spoken over it has changed. */
  assign(handle: Handle, user: number): void {
    if (this.#core.of(handle).user !== NOBODY) this.#core.of(handle).user = user;
  }

  /** A segment has come (RFC 9293 3.10.7). Damaged ones are dropped, and what was not sent to us alone. */
  input(packet: Packet, now: Instant): void {
    const core = this.#core;
    const { bytes, offset, length, path } = packet;
    const s = core.segment;
    core.setNow(now);
    core.note(SEGMENTS_IN);
    if (decode(bytes, offset, length, s) !== 0) {
      core.note(SEGMENTS_DAMAGED);
      return;
    }
    if (!packet.checksumValid) {
      const sum = core.sink.paths.pseudoHeader(path, PROTOCOL_TCP, length);
      if (fold(sumBytes(bytes, offset, length, sum)) !== 0xffff) {
        core.note(SEGMENTS_DAMAGED);
        return;
      }
    }
    s.marked = packet.ecn === CONGESTION_EXPERIENCED;
    let index = core.table.find(path, s.destinationPort, s.sourcePort);
    if (index >= 0 && core.connections[index]!.state === TIME_WAIT && reopens(core.connections[index]!, s)) {
      core.release(core.connections[index]!);
      index = -1;
    }
    if (index < 0) {
      // RFC 1122 4.2.3.10: what was sent to a group, of hosts or of cards, opens nothing; port 0 is nobody's.
      if (!packet.unicast || s.sourcePort === 0 || s.destinationPort === 0) {
        core.note(SEGMENTS_TO_NOBODY);
        return;
      }
      index = noConnection(core, path, now);
      // Those that have made room are told of first: the newcomer may get what their users keep for them.
      if (core.endedUsers.length > 0) this.#tellEnded(now);
      if (index < 0) return;
    }
    const c = core.connections[index]!;
    const asked = core.receiveIsShort && c.user !== NOBODY;
    core.readsWhole = asked && this.#users[c.user]!.readsWhole(bytes, s.payloadOffset, s.payloadLength);
    segmentArrives(core, c, bytes, now);
    if (c.events !== 0) this.#deliver(c, now);
    if (c.bufferClass === LENT) settle(core, c);
    if (c.over || (c.state === TIME_WAIT && c.user !== NOBODY)) settleEnd(core, c);
    if (core.endedUsers.length > 0) this.#tellEnded(now);
  }

  /**
   * Tells the user what the segment at hand has brought. The user may do anything meanwhile, so after each call the
   * connection is looked at afresh.
   */
  #deliver(c: Connection, now: Instant): void {
    const handle = c.handle;
    const events = c.events;
    c.events = 0;
    if (c.user === NOBODY) return;
    const user = this.#users[c.user]!;
    if ((events & OPENED) !== 0) {
      if (c.passive) user.accepted(handle, c.localPort, now);
      else user.connected(handle, now);
      if (c.handle !== handle) return;
    }
    if ((events & SENT) !== 0) {
      user.sent(handle, now);
      if (c.handle !== handle) return;
    }
    if ((events & READABLE) !== 0) user.readable(handle, now);
  }

  /** Tells users of connections that have ended. They may end others meanwhile. */
  #tellEnded(now: Instant): void {
    const core = this.#core;
    while (core.endedUsers.length > 0) {
      const user = core.endedUsers.pop()!;
      const handle = core.endedHandles.pop()!;
      const reason = core.endedReasons.pop()!;
      this.#users[user]!.closed(handle, reason, now);
    }
  }

  /** The network says that a segment of ours has met an error. It must be one in flight (RFC 5927 4). */
  networkError(quotation: Quotation, now: Instant): void {
    const core = this.#core;
    core.setNow(now);
    const index = core.table.find(quotation.path, quotation.localPort, quotation.remotePort);
    if (index < 0) return;
    const c = core.connections[index]!;
    const seq = quotation.sequence as Seq;
    if (seqLt(seq, c.sndUna) || seqLe(c.sndMax, seq)) return;
    if (quotation.error === ERROR_TOO_BIG) {
      if (c.state !== SYN_SENT && c.state !== SYN_RECEIVED) tooBig(core, c, quotation.mtu, quotation.length, now);
    } else if (c.state === SYN_SENT) {
      // RFC 5927 5.2: after the handshake unreachable is soft, and time decides.
      core.end(c, CLOSED_UNREACHABLE);
      this.#tellEnded(now);
    }
  }

  /** The next hop of this path does not answer: connects on it fail (established connections wait, RFC 5927 5.2). */
  pathUnreachable(path: Path, now: Instant): void {
    const core = this.#core;
    for (let i = 0; i < core.connections.length; i++) {
      const c = core.connections[i]!;
      if (c.state === SYN_SENT && c.path === path) core.end(c, CLOSED_UNREACHABLE);
    }
    this.#tellEnded(now);
  }

  /** Does what time demands. */
  step(now: Instant): void {
    const core = this.#core;
    core.setNow(now);
    while (core.timers.first <= now) {
      const c = core.connections[core.timers.take()]!;
      if (c.state === CLOSED) continue;
      if (c.deadline <= now) deadlinesPass(core, c, now);
      if (c.state !== CLOSED) core.timers.schedule(c.index, c.deadline);
    }
    if (core.endedUsers.length > 0) this.#tellEnded(now);
  }

  /** Sends all that is due, ACKs included. What the link has no slot for stays due (`transmitPending`). */
  transmit(now: Instant): void {
    const core = this.#core;
    core.setNow(now);
    let done = 0;
    while (done < core.pendingCount) {
      const index = core.pending[done]!;
      const c = core.connections[index]!;
      if (c.state !== CLOSED) {
        if (!output(core, c, now)) break;
        core.timers.schedule(c.index, c.deadline);
        if (c.over || c.state === TIME_WAIT) settleEnd(core, c);
      }
      core.unlist(index);
      done++;
    }
    // What is left moves to the front.
    const left = core.pendingCount - done;
    if (done > 0) for (let i = 0; i < left; i++) core.pending[i] = core.pending[done + i]!;
    core.pendingCount = left;
    if (core.endedUsers.length > 0) this.#tellEnded(now);
  }

  /** When `step` must be called again; never later than due, at times too early. */
  nextDeadline(): Instant {
    return this.#core.timers.first;
  }

  /** An address of ours is gone: connections from it end (CLOSED_UNREACHABLE), without a word to the peers. */
  addressLost(now: Instant): void {
    const core = this.#core;
    for (let i = 0; i < core.connections.length; i++) {
      const c = core.connections[i]!;
      if (c.state !== CLOSED && !core.sink.paths.isOurs(c.path)) core.end(c, CLOSED_UNREACHABLE);
    }
    this.#tellEnded(now);
  }

  // ---- Streams ----

  override readBuffer(handle: Handle): Uint8Array {
    return this.#core.of(handle).buffer;
  }

  override readStart(handle: Handle): number {
    return this.#core.of(handle).start;
  }

  override readLength(handle: Handle): number {
    return this.#core.of(handle).unread;
  }

  override readLimit(handle: Handle): number {
    return this.#core.of(handle).receiveLimit;
  }

  override readEnded(handle: Handle): boolean {
    const c = this.#core.of(handle);
    return c.finReceived && c.unread === 0;
  }

  override peerEnded(handle: Handle): boolean {
    return this.#core.of(handle).finReceived;
  }

  override consume(handle: Handle, length: number): void {
    const core = this.#core;
    const c = core.of(handle);
    if (c.state === CLOSED || length <= 0) return;
    consumed(core, c, Math.min(length, c.unread));
    if (c.finReceived) {
      if (c.unread === 0) core.wake(c);
      return;
    }
    // RFC 9293 3.8.6.2.2: a window update of its own when it is worth a packet.
    const edge = rightEdge(core, c);
    const gain = seqDiff(edge, c.rcvAdv);
    if (gain > 0 && (gain >= 2 * c.mss || gain * 2 >= c.receiveLimit || seqDiff(c.rcvAdv, c.rcvNxt) < c.mss)) {
      c.ackNow = true;
      core.wake(c);
    }
  }

  override send(handle: Handle, bytes: Uint8Array, offset: number, length: number): boolean {
    return length <= 0 || this.sendShared(handle, new Shared(bytes), offset, length);
  }

  override sendShared(handle: Handle, shared: Shared, offset: number, length: number): boolean {
    const core = this.#core;
    const c = core.of(handle);
    if (c.finQueued || (c.state !== ESTABLISHED && c.state !== CLOSE_WAIT && !opening(c))) return false;
    if (length <= 0) return true;
    // What somebody holds already, the table or another stream, costs nothing more.
    if (shared.holders === 0 && !hasSendRoom(core, c, shared.bytes.length)) return false;
    if (c.queue.queued === 0) c.beginPhase(core.now);
    if (!c.queue.push(shared, offset, length, core.limits.sendRanges, core.memory)) return false;
    core.wake(c);
    return true;
  }

  /**
   * Has slow readers give way until large answers in flight hold `bytes` less, for the sake of this client (or
   * NO_CLIENT: then nobody has too much). Returns what they still hold.
   */
  freeSendMemory(bytes: number, client: Client, now: Instant): number {
    this.#core.setNow(now);
    const held = freeLargeAnswers(this.#core, bytes, client);
    this.#tellEnded(now);
    return held;
  }

  override queued(handle: Handle): number {
    return this.#core.of(handle).queue.queued;
  }

  override admits(handle: Handle, length: number): boolean {
    const core = this.#core;
    const c = core.of(handle);
    if (c.finQueued || (c.state !== ESTABLISHED && c.state !== CLOSE_WAIT && !opening(c))) return false;
    if (c.queue.count >= core.limits.sendRanges) return false;
    return hasSendRoom(core, c, length);
  }

  override sendable(handle: Handle): number {
    const c = this.#core.of(handle);
    // What has arrived out of order is queued, but not under way.
    return Math.max(0, Math.min(Math.floor(c.cwnd) + c.sender.board.sacked, c.sndWnd) - c.queue.queued);
  }

  override shutdown(handle: Handle): void {
    endSending(this.#core, this.#core.of(handle));
  }

  override close(handle: Handle): void {
    letGo(this.#core, this.#core.of(handle));
  }

  override abort(handle: Handle): void {
    abortNow(this.#core, this.#core.of(handle));
  }

  override hold(handle: Handle, held: boolean): void {
    const core = this.#core;
    const c = core.of(handle);
    if (c.state === CLOSED) return;
    c.held = held;
    if (c.queue.queued === 0) c.beginPhase(core.now);
  }

  override peerPath(handle: Handle): Path {
    return this.#core.of(handle).path;
  }

  override peerClient(handle: Handle): Client {
    return this.#core.of(handle).client;
  }

  override peerPort(handle: Handle): number {
    return this.#core.of(handle).remotePort;
  }
}
