// Segments that leave: what to send and when (RFC 9293 3.8.6.2.1, 3.10.7; RFC 5681). How one is written is in segment.ts,
// what leaves again in retransmission.ts.
//
// `output` is called for a connection at the end of a step in which anything happened to it, so that an ACK leaves with
// the answer that the user has queued meanwhile. The Nagle algorithm (RFC 9293 3.7.4) is off: our users queue whole
// answers, by reference and many ranges at a time, and one step sends what they queued in as few packets as it takes, so
// Nagle would save nothing and would cost a round trip for the last short segment.

import { RETRANSMITS, SEGMENTS_OUT } from "../base/counters.ts";
import { PROTOCOL_TCP } from "../base/ip-sink.ts";
import { NO_PAYLOAD } from "../base/link.ts";
import { type Instant, NEVER } from "../base/result.ts";
import { type Seq, seqAdd, seqDiff, seqLt } from "../base/seq.ts";
import { restart } from "./congestion.ts";
import {
  CLOSED,
  CLOSING,
  type Connection,
  FAST_RECOVERY,
  FIN_WAIT_1,
  LAST_ACK,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
  TIMER_PERSIST,
  TIMER_RETRANSMIT,
  TIMER_TAIL,
} from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { DELAYED_ACK, MAX_OFFLOAD, MAX_RTO, MIN_MSS, MIN_PATH_MTU } from "./limits.ts";
import { grain } from "./rack.ts";
import { rightEdge } from "./reassembly.ts";
import { arm, armTailProbe, flight } from "./recovery.ts";
import { writeChecksum } from "./reply.ts";
import { sendLost, sendTailProbe } from "./retransmission.ts";
import { SENT_AGAIN } from "./scoreboard.ts";
import { sendFollowing, sendSegment } from "./segment.ts";
import { ACK, CWR, ECE, encode, FIN, SYN, TIMESTAMPS_LENGTH } from "./wire.ts";

/** Sends all that may leave now and sets the deadlines that follow from it. False: the link has no slot left. */
export function output(core: TcpCore, c: Connection, now: Instant): boolean {
  if (c.state === CLOSED) return true;
  if (c.state === SYN_SENT || c.state === SYN_RECEIVED) return !c.synDue || sendSyn(core, c, now);
  // Before any data: an ACK that carries some is no duplicate (RFC 5681 2).
  while (c.duplicateAcks > 0) {
    if (!sendSegment(core, c, c.sndMax, 0, ACK, false)) return false;
    c.duplicateAcks--;
  }
  if (c.state !== TIME_WAIT) {
    if ((c.retransmitDue || c.sender.board.lost > 0) && !sendLost(core, c, now)) return false;
    if (c.tailProbeDue && !sendTailProbe(core, c, now)) return false;
    // What is lost comes first (RFC 6675 4, NextSeg).
    if ((c.queue.queued > 0 || c.finQueued) && c.sender.board.lost === 0 && !sendNew(core, c, now)) return false;
  }
  if (c.keepAliveDue) {
    // RFC 9293 3.8.4: an old sequence number, so that the peer answers.
    if (!sendSegment(core, c, seqAdd(c.sndUna, -1), 0, ACK, false)) return false;
    c.keepAliveDue = false;
  }
  if (c.ackNow) return sendSegment(core, c, c.sndMax, 0, ACK, false);
  // RFC 9293 3.8.6.3: an ACK may wait for company, but not long.
  if (c.unacknowledged > 0 && c.ackAt === NEVER) c.ackAt = now + DELAYED_ACK;
  return true;
}

/** MSS options taken off (RFC 6691), from the peer's MSS and the path's MTU. */
export function setEffectiveMss(c: Connection): void {
  const path = Math.max(c.pathMtu, MIN_PATH_MTU) - c.headers;
  const mss = Math.max(MIN_MSS, Math.min(c.peerMss, path));
  c.mss = c.timestamps ? mss - TIMESTAMPS_LENGTH : mss;
}

/** RFC 9293 3.10.1 and 3.10.7.2: a SYN, or a SYN-ACK. */
function sendSyn(core: TcpCore, c: Connection, now: Instant): boolean {
  const sink = core.sink;
  const at = sink.reserve(c.path);
  if (at < 0) return false;
  const synAck = c.state === SYN_RECEIVED;
  if (synAck) c.rcvAdv = rightEdge(core, c);
  // RFC 7323 2.2: the window of a SYN is never scaled.
  const window = synAck ? seqDiff(c.rcvAdv, c.rcvNxt) : c.receiveLimit;
  const { out } = core;
  out.sourcePort = c.localPort;
  out.destinationPort = c.remotePort;
  out.seq = c.iss;
  out.ack = synAck ? c.rcvNxt : (0 as Seq);
  // RFC 3168 6.1.1.
  out.flags = synAck ? (c.ecn ? SYN | ACK | ECE : SYN | ACK) : c.ecn ? SYN | ECE | CWR : SYN;
  out.window = Math.min(window, 0xffff);
  out.mss = core.localMss(c.path);
  out.scale = synAck && !c.scaling ? -1 : c.rcvScale;
  out.sackPermitted = !synAck || c.sackPermitted;
  out.sacks = 0;
  out.hasTimestamps = !synAck || c.timestamps;
  out.tsValue = (core.milliseconds + c.tsOffset) >>> 0;
  out.tsEcho = c.tsRecent;
  const length = encode(sink.bytes, at, out);
  c.synDue = false;
  c.lastAckSent = c.rcvNxt;
  c.synSentAt = c.sndNxt === c.iss ? now : NEVER;
  c.sndNxt = seqAdd(c.iss, 1);
  c.sndMax = c.sndNxt;
  c.timerAt = now + c.rto;
  core.note(SEGMENTS_OUT);
  writeChecksum(sink, at, c.path, length);
  sink.protocol = PROTOCOL_TCP;
  sink.send(at, c.path, length, NO_PAYLOAD, 0, 0);
  return true;
}

/** Sends from snd.nxt what congestion and peer allow, and the FIN behind it. */
function sendNew(core: TcpCore, c: Connection, now: Instant): boolean {
  const queue = c.queue;
  let inFlight = flight(c);
  let unsent = queue.queued - inFlight;
  if (unsent > 0) {
    if (inFlight === 0) restart(c, now);
    // What has arrived out of order makes room for more: RFC 6675 4, and before there is a loss RFC 3042.
    let window = Math.floor(c.cwnd) + c.sender.board.sacked;
    if (c.tailProbeDue) {
      c.tailProbeDue = false;
      window += c.mss;
    }
    if (window > c.sndWnd) window = c.sndWnd;
    while (unsent > 0) {
      let usable = window - inFlight;
      let probe = false;
      // RFC 9293 3.8.6.2.1, sender's SWS avoidance: not a short segment, unless it is all there is or half of the
      // largest window that the peer ever had.
      if (usable < unsent && usable < c.mss && (usable <= 0 || usable * 2 < c.maxSndWnd)) {
        if (!c.probeDue) break;
        probe = true;
        if (usable <= 0) usable = 1;
      } else if (c.persisting) {
        c.timer = TIMER_RETRANSMIT;
        c.persistCount = 0;
        c.timerAt = NEVER;
      }
      // What may be fragmented on its way is not cut by the card: it would be cut twice. Nor is what carries CWR (ecn.ts).
      const cwr = c.cwrDue;
      const limit = c.segmentOffload && c.dontFragment && !cwr ? MAX_OFFLOAD : c.mss;
      let length = Math.min(unsent, usable);
      if (length > limit) length = limit;
      // A packet of several segments ends at a segment's boundary unless it takes everything.
      if (length < unsent && length > c.mss) length -= length % c.mss;
      const fin = c.finQueued && length === unsent;
      if (!sendSegment(core, c, c.sndNxt, length, fin ? ACK | FIN : ACK, length === unsent)) return false;
      c.probeDue = false;
      const sent = core.written;
      const next = seqAdd(c.sndNxt, sent + (fin && sent === length ? 1 : 0));
      if (probe) {
        // What a probe carries counts as not sent, so that it leaves again with the rest when the window opens.
        if (seqLt(c.sndMax, next)) c.sndMax = next;
        queue.rewind();
        c.timerAt = now + persistInterval(c);
        return true;
      }
      if (seqLt(c.sndNxt, c.sndMax)) core.note(RETRANSMITS);
      advance(c, next, now);
      inFlight += sent;
      unsent -= sent;
      // The FIN went along.
      if (seqDiff(next, c.sndUna) > inFlight) return true;
      if (unsent > 0 && !c.segmentOffload && !cwr && c.sndNxt === c.sndMax) {
        const more = sendFollowing(core, c, unsent, window - inFlight);
        if (more > 0) advance(c, seqAdd(c.sndNxt, more), now);
        inFlight += more;
        unsent -= more;
      }
    }
    if (unsent > 0 && inFlight === 0 && c.timerAt === NEVER) {
      // Nothing under way that could bring a window update: ask for it (RFC 9293 3.8.6.1).
      c.timer = TIMER_PERSIST;
      c.persistCount = 0;
      c.probeDue = false;
      c.unackedSince = now;
      c.timerAt = now + persistInterval(c);
    }
  }
  if (unsent === 0 && c.finQueued && inFlight === queue.queued && finMayLeave(c)) {
    if (!sendSegment(core, c, c.sndNxt, 0, ACK | FIN, false)) return false;
    advance(c, seqAdd(c.sndNxt, 1), now);
  }
  return true;
}

function finMayLeave(c: Connection): boolean {
  return c.state === FIN_WAIT_1 || c.state === CLOSING || c.state === LAST_ACK;
}

/** snd.nxt has moved: RFC 6298 5.1, start the timer unless it runs; a tail loss probe follows what left last. */
function advance(c: Connection, next: Seq, now: Instant): void {
  if (c.sndMax === c.sndUna) c.unackedSince = now;
  const s = c.sender;
  if (c.recovery === FAST_RECOVERY) s.out += seqDiff(next, c.sndNxt);
  // After a probe of a shut window a byte or more has left already.
  s.board.sent(next, now, grain(c), seqLt(c.sndNxt, c.sndMax) ? SENT_AGAIN : 0, c.sndUna);
  c.sndNxt = next;
  const inFlight = seqDiff(next, c.sndUna);
  if (inFlight > s.roundMostInFlight) s.roundMostInFlight = inFlight;
  if (seqLt(c.sndMax, next)) c.sndMax = next;
  c.sentAt = now;
  if (c.timerAt === NEVER || c.timer === TIMER_TAIL) arm(c, now);
  else if (c.timer === TIMER_RETRANSMIT) armTailProbe(c, now);
}

/** RFC 9293 3.8.6.1: the first probe after an RTO, the next ones exponentially later. */
function persistInterval(c: Connection): number {
  return Math.min(c.rto * (1 << Math.min(c.persistCount, 8)), MAX_RTO);
}
