// How connections begin. Segments that find none: RFC 9293 3.10.7.1 (CLOSED) and 3.10.7.2 (LISTEN), SYN cookies (RFC 4987 3.6) when
// too many connections are half open, and new SYNs for connections in TIME-WAIT (RFC 6191).
//
// Under a SYN flood cookies answer, not random eviction: with a queue of fixed length a flood that turns it over within
// a round-trip time evicts every honest peer, while a cookie costs no memory at all. What it costs is known: that
// connection has no window scale and no timestamps. The same when all connections are in use: room is made (room.ts)
// for the ACK, not for the SYN.

import { SYNS_REFUSED } from "../base/counters.ts";
import type { Path } from "../base/path.ts";
import type { Instant } from "../base/result.ts";
import { seqAdd, seqLt } from "../base/seq.ts";
import { initialWindow } from "./congestion.ts";
import { type Connection, ESTABLISHED, NOBODY, OPENED, SYN_RECEIVED, SYN_SENT, TIME_WAIT } from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { takeSynOptions } from "./input.ts";
import { COOKIE_LIFE } from "./isn.ts";
import { FIRST_EPHEMERAL, LAST_EPHEMERAL } from "./limits.ts";
import { setEffectiveMss } from "./output.ts";
import { rightEdge } from "./reassembly.ts";
import { refuse, sendCookie } from "./reply.ts";
import { makeRoom, ROOM_CONNECTION, sweep } from "./room.ts";
import { ACK, FIN, RST, type Segment, SYN } from "./wire.ts";

/** `core.segment` belongs to no connection. Returns the index of a connection that goes on with it, or -1. */
export function noConnection(core: TcpCore, path: Path, now: Instant): number {
  const s = core.segment;
  const row = core.listener(s.destinationPort);
  if ((s.flags & RST) !== 0) return -1;
  if (row < 0) {
    refuse(core, s, path);
    return -1;
  }
  if ((s.flags & ACK) !== 0) {
    const index = (s.flags & SYN) === 0 ? cookieReturned(core, s, path, row, now) : NOT_OURS;
    if (index === NOT_OURS) refuse(core, s, path);
    return index;
  }
  // A SYN that ends what it begins is no client's (RFC 9293 has no use for it in LISTEN).
  if ((s.flags & SYN) === 0 || (s.flags & FIN) !== 0) return -1;
  sweep(core, now);
  // Who has not shown that its address is its own makes nobody give way.
  if (core.counters.halfOpen >= core.limits.halfOpen || !core.hasRoom()) {
    core.cookieSentAt = now;
    sendCookie(core, s, path, core.secret.cookie(path, s, now), core.listenLimits[row]!);
    return -1;
  }
  const index = core.open(path, s.destinationPort, s.sourcePort);
  const c = core.connections[index]!;
  c.state = SYN_RECEIVED;
  c.passive = true;
  c.user = core.listenUsers[row]!;
  core.setHalfOpen(c, true);
  setReceiveLimit(c, core.listenLimits[row]!);
  c.ecn = core.limits.ecn;
  takeSynOptions(c, s, now);
  c.rcvAdv = c.rcvNxt;
  setIss(core, c, now);
  c.synDue = true;
  core.wake(c);
  return -1;
}

/** An active open (RFC 9293 3.10.1) from a free port: the connection's index, or -1. The user is the caller's to set. */
export function connectTo(core: TcpCore, path: Path, remotePort: number, now: Instant): number {
  if (path < 0) return -1;
  const localPort = ephemeralPort(core, path, remotePort);
  const index = localPort === 0 ? -1 : core.open(path, localPort, remotePort);
  if (index < 0) return -1;
  const c = core.connections[index]!;
  c.state = SYN_SENT;
  c.ecn = core.limits.ecn;
  setIss(core, c, now);
  c.lingerAt = now + core.limits.connectTimeout;
  c.synDue = true;
  core.wake(c);
  return index;
}

/** RFC 6056 3.3.3, algorithm 3: a start that depends on the peer, then upwards. 0: none free. */
function ephemeralPort(core: TcpCore, path: Path, remotePort: number): number {
  const count = LAST_EPHEMERAL - FIRST_EPHEMERAL + 1;
  const start = core.secret.port(path, remotePort) + core.portCounter;
  for (let i = 0; i < count; i++) {
    core.portCounter++;
    const port = FIRST_EPHEMERAL + ((start + i) % count);
    if (core.listener(port) < 0 && core.table.find(path, port, remotePort) < 0) return port;
  }
  return 0;
}

/** RFC 6528 and the send variables that begin there. */
export function setIss(core: TcpCore, c: Connection, now: Instant): void {
  c.iss = core.secret.isn(c.path, c.localPort, c.remotePort, now);
  c.sndUna = c.iss;
  c.sndNxt = c.iss;
  c.sndMax = c.iss;
}

/** The limit on unread bytes, and the window scale that can express it (RFC 7323 2.3). */
export function setReceiveLimit(c: Connection, limit: number): void {
  c.receiveLimit = limit;
  c.rcvScale = 0;
  while (limit >>> c.rcvScale > 0xffff) c.rcvScale++;
}

/**
 * RFC 6191 2 and RFC 9293 3.6.1: may this segment begin a new connection over one in TIME-WAIT? By a newer timestamp,
 * or without timestamps by a sequence number beyond the old ones.
 */
export function reopens(c: Connection, s: Segment): boolean {
  if (c.state !== TIME_WAIT || (s.flags & (SYN | ACK | RST | FIN)) !== SYN || c.user !== NOBODY) return false;
  if (c.timestamps && s.hasTimestamps) {
    const later = (s.tsValue - c.tsRecent) | 0;
    return later > 0 || (later === 0 && seqLt(c.rcvNxt, s.seq));
  }
  return seqLt(c.rcvNxt, s.seq);
}

/** `cookieReturned`: no cookie of ours, or one for which there is no room now. */
const NOT_OURS = -1;
const NO_ROOM = -2;

/** The ACK of a cookie makes the connection that the SYN did not. Returns its index, NOT_OURS or NO_ROOM. */
function cookieReturned(core: TcpCore, s: Segment, path: Path, row: number, now: Instant): number {
  // While none is under way, none can come back: nobody guesses 24 bits at leisure.
  if (now - core.cookieSentAt > COOKIE_LIFE) return NOT_OURS;
  const irs = seqAdd(s.seq, -1);
  const cookie = seqAdd(s.ack, -1);
  const mss = core.secret.cookieMss(path, s, now);
  if (mss === 0) return NOT_OURS;
  if (!core.hasRoom() && !makeRoom(core, ROOM_CONNECTION, core.sink.paths.clientOf(path), -1, now)) {
    // No answer: what the peer sends next carries the cookie as well, and comes again until there is room.
    core.note(SYNS_REFUSED);
    return NO_ROOM;
  }
  const index = core.open(path, s.destinationPort, s.sourcePort);
  const c = core.connections[index]!;
  c.state = ESTABLISHED;
  c.passive = true;
  c.user = core.listenUsers[row]!;
  c.receiveLimit = core.listenLimits[row]!;
  c.irs = irs;
  c.rcvNxt = s.seq;
  c.rcvAdv = s.seq;
  c.peerMss = mss;
  setEffectiveMss(c);
  c.rcvAdv = rightEdge(core, c);
  c.iss = cookie;
  c.sndUna = s.ack;
  c.sndNxt = s.ack;
  c.sndMax = s.ack;
  c.recover = cookie;
  c.sndWnd = s.window;
  c.maxSndWnd = s.window;
  c.sndWl1 = s.seq;
  c.sndWl2 = s.ack;
  c.cwnd = initialWindow(c.mss);
  c.sender.begin(s.ack, 0);
  c.sentAt = now;
  c.events = OPENED;
  c.beginPhase(now);
  core.wake(c);
  return index;
}
