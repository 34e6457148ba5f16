// Segments that arrive for a connection: RFC 9293 3.10.7.3 (SYN-SENT) and 3.10.7.4 (all others), in the order of the
// RFC's own steps, with the checks of RFC 5961 (blind attacks) and RFC 7323 (PAWS) where those RFCs put them.
//
// Nothing is sent from here but resets: what is due is noted on the connection, and `output` sends it at the end of the
// step. The user is told when the segment has been worked through (`TcpCore.deliver`).

import { type Instant, NEVER } from "../base/result.ts";
import { type Seq, seqAdd, seqDiff, seqLe, seqLt } from "../base/seq.ts";
import { CLOSED_BY_RESET, CLOSED_IN_ORDER, CLOSED_REFUSED } from "../base/streams.ts";
import { acknowledged, duplicateAck, initialWindow, measured } from "./congestion.ts";
import {
  CLOSE_WAIT,
  CLOSED,
  CLOSING,
  type Connection,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  NOBODY,
  OPENED,
  READABLE,
  SENT,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
} from "./connection.ts";
import type { TcpCore } from "./core.ts";
import {
  CHALLENGE_INTERVAL,
  DEFAULT_MSS,
  INITIAL_RTO_AFTER_LOSS,
  MAX_WINDOW_SCALE,
  TIMESTAMP_EXPIRY,
} from "./limits.ts";
import { setEffectiveMss } from "./output.ts";
import { receive, settle } from "./reassembly.ts";
import { refuse, sendReset } from "./reply.ts";
import { ACK, FIN, RST, type Segment, SYN } from "./wire.ts";

/** Works `core.segment` through on its connection. */
export function segmentArrives(core: TcpCore, c: Connection, bytes: Uint8Array, now: Instant): void {
  const s = core.segment;
  if (c.state === SYN_SENT) {
    if (!synSent(core, c, s, now)) return;
  } else if (!acceptable(core, c, s, now) || !acknowledgment(core, c, s, now)) return;
  if (c.state === CLOSED) return;

  // Seventh, the segment text; eighth, the FIN.
  if (s.payloadLength > 0) text(core, c, s, bytes, now);
  if ((s.flags & FIN) !== 0 && c.state !== CLOSED && !c.finSeen) {
    c.finSeen = true;
    c.finSeq = seqAdd(s.seq, s.payloadLength);
  }
  if (c.state === CLOSED) return;
  if (c.finSeen && !c.finReceived && c.rcvNxt === c.finSeq) fin(core, c, now);

  if (c.events !== 0 && !core.deliver(c, now)) return;
  settle(core, c);
  if (c.state === TIME_WAIT || c.over) settleEnd(core, c, now);
}

/** The protocol is over: the user hears of it as soon as nothing is unread. */
export function settleEnd(core: TcpCore, c: Connection, now: Instant): void {
  if (c.user === NOBODY) {
    if (c.over) core.release(c);
    return;
  }
  if (c.unread > 0) return;
  if (c.over) {
    core.end(c, CLOSED_IN_ORDER, now);
    return;
  }
  // TIME-WAIT goes on by itself, under no handle.
  const user = c.user;
  const handle = c.handle;
  core.disown(c);
  core.users[user]!.closed(handle, CLOSED_IN_ORDER, now);
}

/** Takes in the options of a SYN. */
export function takeSynOptions(c: Connection, s: Segment, now: Instant): void {
  c.peerMss = s.mss === 0 ? DEFAULT_MSS : s.mss;
  c.scaling = s.scale >= 0;
  // RFC 7323 2.3: more than 14 counts as 14.
  if (c.scaling) c.sndScale = Math.min(s.scale, MAX_WINDOW_SCALE);
  else c.rcvScale = 0;
  c.timestamps = s.hasTimestamps;
  if (s.hasTimestamps) {
    c.tsRecent = s.tsValue;
    c.tsRecentAt = now;
  }
  setEffectiveMss(c);
  c.irs = s.seq;
  c.rcvNxt = seqAdd(s.seq, 1);
  // What a SYN's window says is never scaled (RFC 7323 2.2).
  c.sndWnd = s.window;
  c.maxSndWnd = s.window;
  c.sndWl1 = s.seq;
  c.sndWl2 = s.ack;
}

/** RFC 9293 3.10.7.3. True: the connection is open and the rest of the segment is to be looked at. */
function synSent(core: TcpCore, c: Connection, s: Segment, now: Instant): boolean {
  const hasAck = (s.flags & ACK) !== 0;
  if (hasAck && (seqLe(s.ack, c.iss) || seqLt(c.sndMax, s.ack))) {
    refuse(core, s, c.remoteAddress, c.localAddress);
    return false;
  }
  if ((s.flags & RST) !== 0) {
    // Only with an acceptable ACK is it the answer to our SYN.
    if (hasAck) {
      core.counters.resetsIn++;
      core.end(c, CLOSED_REFUSED, now);
    }
    return false;
  }
  if ((s.flags & SYN) === 0) return false;
  takeSynOptions(c, s, now);
  if (!hasAck) {
    // Simultaneous open (RFC 9293 3.5, figure 7): our SYN goes out again, as a SYN-ACK.
    c.state = SYN_RECEIVED;
    c.rcvAdv = c.rcvNxt;
    c.synDue = true;
    core.wake(c);
    return false;
  }
  // The edge that our SYN has promised, or what its window field could say of it.
  c.rcvAdv = seqAdd(c.rcvNxt, Math.min(c.receiveLimit, 0xffff));
  c.sndUna = s.ack;
  c.sndNxt = s.ack;
  c.sndMax = s.ack;
  if (c.rttAt !== NEVER) measured(c, now - c.rttAt);
  established(core, c, now);
  c.ackNow = true;
  core.wake(c);
  // What follows the SYN begins one further on.
  s.seq = seqAdd(s.seq, 1);
  return true;
}

/** The handshake is over. */
function established(core: TcpCore, c: Connection, now: Instant): void {
  c.state = c.finQueued ? FIN_WAIT_1 : ESTABLISHED;
  core.setHalfOpen(c, false);
  c.events |= OPENED;
  c.lingerAt = NEVER;
  c.rtoAt = NEVER;
  c.rttAt = NEVER;
  c.recover = c.iss;
  // RFC 6298 5.7 and RFC 5681 3.1: a SYN that was lost.
  if (c.retries > 0) {
    c.rto = Math.max(c.rto, INITIAL_RTO_AFTER_LOSS);
    if (c.srtt === 0) c.rto = INITIAL_RTO_AFTER_LOSS;
    c.cwnd = c.mss;
  } else c.cwnd = initialWindow(c.mss);
  c.retries = 0;
  c.sentAt = now;
  c.queue.rewind();
  if (core.limits.keepAlive > 0) c.keepAliveAt = now + core.limits.keepAlive;
}

/** First to fifth of RFC 9293 3.10.7.4: PAWS, sequence number, RST, SYN, ACK bit. False: dropped. */
function acceptable(core: TcpCore, c: Connection, s: Segment, now: Instant): boolean {
  const flags = s.flags;
  if (c.timestamps && (flags & RST) === 0) {
    // RFC 7323 3.2: without the option it is dropped; SYNs go on to the challenge.
    if (!s.hasTimestamps) {
      if ((flags & SYN) === 0) return false;
    } else if (((s.tsValue - c.tsRecent) | 0) < 0 && now - c.tsRecentAt < TIMESTAMP_EXPIRY) {
      // RFC 7323 5.3 R1 (PAWS).
      if (c.state === SYN_RECEIVED && (flags & SYN) !== 0) return false;
      answer(core, c, s, now);
      return false;
    }
  }
  // RFC 9293 3.4: is any of it in the window?
  const window = seqDiff(c.rcvAdv, c.rcvNxt);
  const begin = seqDiff(s.seq, c.rcvNxt);
  if (begin !== 0 || s.payloadLength > window) {
    const length = s.payloadLength + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
    const end = begin + length;
    const inWindow = length === 0 ? begin >= 0 && (begin < window || begin === 0) : begin < window && end > 0;
    if (!inWindow) {
      // With a shut window ACKs, and nothing else, are still taken in (RFC 9293 3.10.7.4, RCV.WND of zero).
      if (begin === 0 && window === 0 && length > 0 && (flags & (RST | SYN)) === 0) {
        answer(core, c, s, now);
        s.payloadLength = 0;
        s.flags = flags & ~FIN;
        return (flags & ACK) !== 0;
      }
      if ((flags & RST) !== 0) return false;
      if (c.state === SYN_RECEIVED && (flags & SYN) !== 0 && s.seq === c.irs) {
        // Our SYN-ACK was lost: once more, but not faster than ten a second.
        if (now - c.sentAt >= CHALLENGE_INTERVAL) {
          c.sentAt = now;
          c.synDue = true;
          core.wake(c);
        }
        return false;
      }
      if (c.state === TIME_WAIT && (flags & FIN) !== 0) core.restartTimeWait(c, now);
      answer(core, c, s, now);
      return false;
    }
  }
  if ((flags & RST) !== 0) {
    reset(core, c, s, now);
    return false;
  }
  if ((flags & SYN) !== 0) {
    // RFC 5961 4: whatever its number. In SYN-RECEIVED a passive connection goes back to LISTEN, but a challenge
    // does as well there, and cannot be abused.
    challenge(core, c, now);
    return false;
  }
  if ((flags & ACK) === 0) return false;
  if (s.hasTimestamps && c.timestamps && seqLe(s.seq, c.lastAckSent)) {
    // RFC 7323 4.3 (2)
    c.tsRecent = s.tsValue;
    c.tsRecentAt = now;
  }
  // Cut to the window: what was received already, and what goes beyond the edge, the FIN behind it included.
  if (begin < 0) {
    s.seq = c.rcvNxt;
    s.payloadOffset -= begin;
    s.payloadLength += begin;
    if (s.payloadLength < 0) {
      // Nothing but an old FIN.
      s.payloadLength = 0;
      s.flags &= ~FIN;
    }
    c.ackNow = true;
    core.wake(c);
  }
  const room = seqDiff(c.rcvAdv, s.seq);
  if (s.payloadLength > room) {
    s.payloadLength = room;
    s.flags &= ~FIN;
  }
  return true;
}

/** An ACK for a segment that is not acceptable: at once for data, throttled for those without (against ACK loops). */
function answer(core: TcpCore, c: Connection, s: Segment, now: Instant): void {
  if (s.payloadLength === 0 && (s.flags & FIN) === 0) {
    challenge(core, c, now);
    return;
  }
  c.ackNow = true;
  core.wake(c);
}

/** RFC 5961 7: an ACK that lets the true peer show itself, rate-limited. */
function challenge(core: TcpCore, c: Connection, now: Instant): void {
  if (now - c.challengeAt < CHALLENGE_INTERVAL && c.challengeAt > 0) return;
  c.challengeAt = now;
  core.counters.challengeAcks++;
  c.ackNow = true;
  core.wake(c);
}

/** RFC 5961 3.2: only the exact number resets; one in the window is challenged. */
function reset(core: TcpCore, c: Connection, s: Segment, now: Instant): void {
  // RFC 1337: TIME-WAIT is not ended by a reset.
  if (c.state === TIME_WAIT) return;
  if (s.seq !== c.rcvNxt) {
    challenge(core, c, now);
    return;
  }
  core.counters.resetsIn++;
  core.end(c, c.state === SYN_RECEIVED && !c.passive ? CLOSED_REFUSED : CLOSED_BY_RESET, now);
}

/** Fifth of RFC 9293 3.10.7.4: the acknowledgment number and the window. False: dropped. */
function acknowledgment(core: TcpCore, c: Connection, s: Segment, now: Instant): boolean {
  const acked = seqDiff(s.ack, c.sndUna);
  if (c.state === SYN_RECEIVED) {
    if (acked <= 0 || seqLt(c.sndMax, s.ack)) {
      refuse(core, s, c.remoteAddress, c.localAddress);
      return false;
    }
    if (c.rttAt !== NEVER) measured(c, now - c.rttAt);
    c.sndUna = seqAdd(c.iss, 1);
    established(core, c, now);
    core.wake(c);
  } else if (acked > 0) {
    if (seqLt(c.sndMax, s.ack)) {
      // RFC 9293 3.10.7.4: acknowledges what was never sent.
      challenge(core, c, now);
      return false;
    }
    newAck(core, c, s, acked, now);
    if (c.state === CLOSED) return false;
  } else if (acked < 0) {
    // RFC 5961 5.2: older than the largest window could be.
    if (-acked > c.maxSndWnd && -acked > 0xffff) {
      challenge(core, c, now);
      return false;
    }
    return true;
  } else if (
    // RFC 5681 2: a duplicate ACK.
    s.payloadLength === 0 &&
    c.sndMax !== c.sndUna &&
    s.window << c.sndScale === c.sndWnd &&
    (s.flags & FIN) === 0 &&
    !c.persisting
  ) {
    if (duplicateAck(c)) c.retransmitDue = true;
    core.wake(c);
  }
  if (c.persisting) c.unackedSince = now;
  if (c.keepAliveAt !== NEVER) {
    c.keepAliveAt = now + core.limits.keepAlive;
    c.keepAliveProbes = 0;
  }
  // The window, from this segment unless an earlier one was newer (RFC 9293 3.10.7.4, SND.WL1 and SND.WL2).
  if (seqLt(c.sndWl1, s.seq) || (c.sndWl1 === s.seq && seqLe(c.sndWl2, s.ack))) {
    const window = s.window << c.sndScale;
    c.sndWl1 = s.seq;
    c.sndWl2 = s.ack;
    if (window !== c.sndWnd) {
      c.sndWnd = window;
      if (window > c.maxSndWnd) c.maxSndWnd = window;
      core.wake(c);
    }
  }
  return true;
}

/** snd.una moves. */
function newAck(core: TcpCore, c: Connection, s: Segment, acked: number, now: Instant): void {
  const queue = c.queue;
  const inFlight = seqDiff(c.sndMax, c.sndUna);
  const bytes = Math.min(acked, queue.queued);
  c.sndUna = s.ack;
  const behind = seqLt(c.sndNxt, s.ack);
  if (behind) {
    // After a timeout: more had arrived than we knew.
    c.sndNxt = s.ack;
  }
  if (bytes > 0) {
    queue.drop(bytes);
    c.events |= SENT;
  }
  if (behind) queue.rewind();

  // RFC 6298 3 (Karn) by our own clock; when that was spoilt by a retransmission, the timestamp's echo tells.
  if (c.rttAt !== NEVER) {
    if (seqLe(c.rttSeq, s.ack)) {
      measured(c, now - c.rttAt);
      c.rttAt = NEVER;
    }
  } else if (c.timestamps && s.hasTimestamps && s.tsEcho !== 0) {
    const ms = (core.milliseconds + c.tsOffset - s.tsEcho) | 0;
    if (ms >= 0 && ms < 600_000) measured(c, ms * 1000);
  }
  c.retries = 0;
  c.unackedSince = now;
  if (c.user === NOBODY && c.state !== TIME_WAIT) c.lingerAt = now + core.limits.orphanTime;
  if (acknowledged(c, acked, inFlight)) c.retransmitDue = true;
  if (!c.persisting) c.rtoAt = c.sndUna === c.sndMax ? NEVER : now + c.rto;
  if (queue.queued > 0 || c.finQueued) core.wake(c);

  // Is our FIN acknowledged? It is, when more was than the queue held.
  if (acked > bytes) finAcknowledged(core, c, now);
}

function finAcknowledged(core: TcpCore, c: Connection, now: Instant): void {
  c.finQueued = false;
  c.rtoAt = NEVER;
  c.persisting = false;
  if (c.state === FIN_WAIT_1) {
    c.state = FIN_WAIT_2;
    if (c.user === NOBODY) c.lingerAt = now + core.limits.finWait2Time;
    core.wake(c);
  } else if (c.state === CLOSING) {
    core.enterTimeWait(c, now);
  } else if (c.state === LAST_ACK) {
    if (c.user === NOBODY) core.release(c);
    else c.over = true;
  }
}

/** Seventh of RFC 9293 3.10.7.4. */
function text(core: TcpCore, c: Connection, s: Segment, bytes: Uint8Array, now: Instant): void {
  const state = c.state;
  // After the peer's FIN there is none.
  if (state !== ESTABLISHED && state !== FIN_WAIT_1 && state !== FIN_WAIT_2) return;
  if (c.user === NOBODY) {
    // RFC 9293 3.6.1 (1): nobody will read it, and the peer should know.
    sendReset(core, c);
    core.end(c, CLOSED_BY_RESET, now);
    return;
  }
  // Nothing lies behind the FIN.
  if (c.finSeen && seqDiff(c.finSeq, s.seq) < s.payloadLength) {
    s.payloadLength = seqDiff(c.finSeq, s.seq);
    if (s.payloadLength <= 0) return;
  }
  const inOrder = s.seq === c.rcvNxt;
  const gap = c.intervals > 0;
  const moved = receive(core, c, s.seq, bytes, s.payloadOffset, s.payloadLength);
  core.wake(c);
  if (moved === 0 && !inOrder) {
    // RFC 5681 4.2: at once when out of order, so that the peer counts duplicates.
    c.ackNow = true;
    return;
  }
  if (moved === 0) {
    // No memory. The ACK says how far we are; the edge stays (RFC 9293 3.8.6).
    c.ackNow = true;
    s.flags &= ~FIN;
    return;
  }
  c.events |= READABLE;
  // RFC 5681 4.2: for every second full segment, and at once when a gap is filled.
  c.unacknowledged += s.payloadLength > c.mss ? 2 : 1;
  if (gap || c.unacknowledged >= 2) c.ackNow = true;
}

/** Eighth of RFC 9293 3.10.7.4: rcv.nxt has reached the FIN. */
function fin(core: TcpCore, c: Connection, now: Instant): void {
  if (c.state === SYN_SENT || c.state === SYN_RECEIVED) return;
  c.rcvNxt = seqAdd(c.rcvNxt, 1) as Seq;
  if (seqLt(c.rcvAdv, c.rcvNxt)) c.rcvAdv = c.rcvNxt;
  c.finReceived = true;
  c.ackNow = true;
  c.events |= READABLE;
  core.wake(c);
  if (c.state === ESTABLISHED) c.state = CLOSE_WAIT;
  else if (c.state === FIN_WAIT_1) c.state = CLOSING;
  else if (c.state === FIN_WAIT_2) core.enterTimeWait(c, now);
}
