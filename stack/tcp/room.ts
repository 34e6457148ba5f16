// Who gives way when something is short: connections, receive memory, memory that is queued to be sent.
//
// A connection is measured by its lag: how long it has done what it does now (send, receive, nothing at all), less the
// time that the bytes moved meanwhile would take at a least rate. So one that keeps up has none, however long it lasts,
// and one that takes a byte now and then has nearly its age: that an ACK comes is not progress. Who is behind by more
// than STALL_GRACE gives way, the worst first: idle ones by a FIN, orphans whose answer has arrived without a word, the
// rest by a reset. A newcomer is turned away only when nobody is stalled; for a small answer there is no grace, and when
// even so nobody is behind (what a peer's kernel took in counts as read), who holds most gives way to who holds less. So does,
// for what a request's beginning takes, the address that holds most. An address of IPv6 stands for its network here
// (PathTable.clientOf).
//
// One address that has more than its part gives way sooner, and without grace, but only to others: alone (a reverse
// proxy) it may have everything. Connections whose user owes an answer (`held`) and our own never give way.

import { CONNECTIONS_EVICTED } from "../base/counters.ts";
import { type Client, NO_CLIENT } from "../base/path.ts";
import type { Instant } from "../base/result.ts";
import { seqDiff } from "../base/seq.ts";
import { CLOSED_FOR_ROOM } from "../base/streams.ts";
import { BUFFER_SIZES } from "./buffers.ts";
import { HEAVY } from "./candidates.ts";
import { CLOSED, type Connection, ESTABLISHED, NOBODY, SYN_RECEIVED, SYN_SENT, TIME_WAIT } from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { ADDRESS_PART, LEAST_RATE, OVER_PART_WEIGHT, ROOM_PAUSE, STALL_GRACE } from "./limits.ts";
import { sendEnd, sendReset } from "./reply.ts";

// What is short.
export const ROOM_CONNECTION = 0;
export const ROOM_RECEIVE = 1;
/** Memory that large answers hold, and small ones. */
export const ROOM_SEND = 2;
export const ROOM_SMALL = 3;

/** Of what is short, one in this many is made free at a time, so that not every newcomer costs a look at everybody. */
const BATCH_PART = 64;

/** Microseconds by which the connection is behind `rate` (bytes a second); negative: ahead. */
export function lag(c: Connection, rate: number, now: Instant): number {
  // What arrives does not count for one that is to take in an answer.
  const moved = c.queue.queued > 0 ? seqDiff(c.sndUna, c.phaseUna) : seqDiff(c.rcvNxt, c.phaseNxt);
  return now - c.phaseAt - (moved / rate) * 1_000_000;
}

/**
 * Ends connections so that there is more of `kind` for those of `client` (NO_CLIENT: for nobody, and none has more than
 * its part). `self` is the connection that asks, which is left alone, or -1. True: something was freed. The users of what was ended are in `core.endedUsers`.
 */
export function makeRoom(core: TcpCore, kind: number, client: Client, self: number, now: Instant): boolean {
  const room = core.room;
  const slot = kind * 2 + (client === room.heavy ? 1 : 0);
  if (now < room.pausedUntil[slot]!) return false;
  const total = totalOf(core, kind);
  if (client !== NO_CLIENT) findHeavy(core, kind, total);
  else room.heavy = NO_CLIENT;
  findWorst(core, kind, client, self, now);
  const wanted = Math.max(1, Math.floor(total / BATCH_PART));
  let freed = 0;
  for (let i = 0; i < room.found && freed < wanted; i++) {
    const c = core.connections[room.worst[i]!]!;
    freed += amountOf(c, kind);
    evict(core, c);
  }
  if (freed > 0) return true;
  room.pausedUntil[slot] = now + ROOM_PAUSE;
  return false;
}

/**
 * Ends the connection that holds most small answers in flight, if that is more than the asking one would hold with
 * `length` bytes more; also one whose next answer is being made. True: memory was freed.
 */
export function endLargestHolder(core: TcpCore, asker: Connection, length: number): boolean {
  const { room, now } = core;
  const wanted = asker.queue.inFlight(true) + length;
  // Nobody is looked for in vain again so soon.
  if (now < room.largestUntil && wanted >= room.largest) return false;
  let largest = 0;
  let at = -1;
  for (let i = 0; i < core.connections.length; i++) {
    const c = core.connections[i]!;
    if (i === asker.index || c.state === CLOSED || !c.passive || c.over || c.queue.queued === 0) continue;
    const amount = c.queue.inFlight(true);
    if (amount <= largest) continue;
    largest = amount;
    at = i;
  }
  if (largest > wanted) {
    evict(core, core.connections[at]!);
    return true;
  }
  room.largest = largest;
  room.largestUntil = now + ROOM_PAUSE;
  return false;
}

/**
 * Ends one of the connections of the address that holds most receive memory, if that is more than the asking one's would
 * hold with `size` bytes more: its largest. True: memory was freed.
 */
export function endOfLargestAddress(core: TcpCore, asker: Connection, size: number): boolean {
  const { room, now } = core;
  const wanted = core.receiveMemoryOf(asker.client) + size;
  // Nobody is looked for in vain again so soon.
  if (now < room.largestAddressUntil && wanted >= room.largestAddress) return false;
  let most = 0;
  let largest = 0;
  let at = -1;
  for (let i = 0; i < core.connections.length; i++) {
    const c = core.connections[i]!;
    if (i === asker.index || !eligible(c, ROOM_RECEIVE)) continue;
    const held = core.receiveMemoryOf(c.client);
    const amount = amountOf(c, ROOM_RECEIVE);
    if (held < most || (held === most && amount <= largest)) continue;
    most = held;
    largest = amount;
    at = i;
  }
  if (most > wanted) {
    evict(core, core.connections[at]!);
    return true;
  }
  room.largestAddress = most;
  room.largestAddressUntil = now + ROOM_PAUSE;
  return false;
}

/**
 * Takes away what connections are ahead, when more than half of all are in use: who was fast once must not be slow for
 * long. At most once a STALL_GRACE.
 */
export function sweep(core: TcpCore, now: Instant): void {
  const room = core.room;
  if (core.counters.connections * 2 < core.capacity || now - room.sweptAt < STALL_GRACE) return;
  room.sweptAt = now;
  for (let i = 0; i < core.connections.length; i++) {
    const c = core.connections[i]!;
    if (c.state !== CLOSED && lag(c, LEAST_RATE, now) < 0) c.beginPhase(now);
  }
}

function totalOf(core: TcpCore, kind: number): number {
  if (kind === ROOM_CONNECTION) return core.capacity;
  if (kind === ROOM_RECEIVE) return core.limits.memoryTotal;
  return kind === ROOM_SEND ? core.limits.sendTotal : core.limits.smallTotal;
}

/** What ending the connection would give back. */
function amountOf(c: Connection, kind: number): number {
  if (kind === ROOM_CONNECTION) return 1;
  if (kind === ROOM_SEND || kind === ROOM_SMALL) return c.queue.queued > 0 ? c.queue.inFlight(kind === ROOM_SMALL) : 0;
  return c.bufferClass >= 0 ? BUFFER_SIZES[c.bufferClass]! : 0;
}

/** True for those that may have to give way. */
function eligible(c: Connection, kind: number): boolean {
  const state = c.state;
  if (state === CLOSED || state === SYN_SENT || state === SYN_RECEIVED || state === TIME_WAIT) return false;
  return c.passive && !c.held && !c.over && amountOf(c, kind) > 0;
}

function findHeavy(core: TcpCore, kind: number, total: number): void {
  const room = core.room;
  room.heavy = NO_CLIENT;
  for (let i = 0; i < HEAVY; i++) room.amounts[i] = 0;
  for (let i = 0; i < core.connections.length; i++) {
    const c = core.connections[i]!;
    if (eligible(c, kind)) room.count(c.client, amountOf(c, kind));
  }
  // They are candidates; now each is counted.
  let most = total / ADDRESS_PART;
  for (let k = 0; k < HEAVY; k++) {
    const client = room.clients[k]! as Client;
    if (room.amounts[k]! === 0) continue;
    let amount = 0;
    for (let i = 0; i < core.connections.length; i++) {
      const c = core.connections[i]!;
      if (c.client === client && eligible(c, kind)) amount += amountOf(c, kind);
    }
    if (amount > most) {
      most = amount;
      room.heavy = client;
    }
  }
}

function findWorst(core: TcpCore, kind: number, client: Client, self: number, now: Instant): void {
  const room = core.room;
  // A small answer is a matter of a round trip: whoever has not taken his for longest gives way at once.
  const grace = kind === ROOM_SMALL ? 0 : STALL_GRACE;
  room.found = 0;
  for (let i = 0; i < core.connections.length; i++) {
    const c = core.connections[i]!;
    if (i === self || !eligible(c, kind)) continue;
    const behind = lag(c, LEAST_RATE, now);
    if (behind < 0) c.beginPhase(now);
    if (c.client === room.heavy && c.client !== client) {
      room.enter(i, Math.max(0, behind) * OVER_PART_WEIGHT);
    } else if (behind > grace) room.enter(i, behind);
  }
}

/** Ends a connection for the others' sake; its peer is told. */
export function evict(core: TcpCore, c: Connection): void {
  core.note(CONNECTIONS_EVICTED);
  if (c.queue.queued > 0 || c.unread > 0) sendReset(core, c);
  // Idle: told, so that its peer need not find out. What it has sent meanwhile will be answered by a reset.
  else if (c.state === ESTABLISHED && c.user !== NOBODY) sendEnd(core, c);
  core.end(c, CLOSED_FOR_ROOM);
}
