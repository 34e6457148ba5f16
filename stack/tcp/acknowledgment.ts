// What the acknowledgment number and the window of a segment do: "fifth, check the ACK field" of RFC 9293 3.10.7.4, with
// the round-trip measurement of RFC 6298 and RFC 7323 4.

import { type Instant, NEVER } from "../base/result.ts";
import { seqAdd, seqDiff, seqLe, seqLt } from "../base/seq.ts";
import { challenge } from "./acceptance.ts";
import { initialWindow, measured } from "./congestion.ts";
import {
  CLOSED,
  CLOSING,
  type Connection,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  LAST_ACK,
  NOBODY,
  OPENED,
  SENT,
  SYN_RECEIVED,
  TIMER_REORDER,
  TIMER_TAIL,
} from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { INITIAL_RTO_AFTER_LOSS } from "./limits.ts";
import { takeAcknowledged, takeSacks } from "./rack.ts";
import { afterAck, arm, duplicateAck, withoutSack } from "./recovery.ts";
import { refuse } from "./reply.ts";
import { FIN, type Segment } from "./wire.ts";

/** Fifth of RFC 9293 3.10.7.4: the acknowledgment number and the window. False: dropped. */
export function acknowledgment(core: TcpCore, c: Connection, s: Segment, now: Instant): boolean {
  const acked = seqDiff(s.ack, c.sndUna);
  if (c.state === SYN_RECEIVED) {
    if (acked <= 0 || seqLt(c.sndMax, s.ack)) {
      refuse(core, s, c.path);
      return false;
    }
    measureHandshake(core, c, s, now);
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
  } else if (c.sackPermitted) {
    if (s.sacks > 0) reported(core, c, s, now);
  } else if (
    // RFC 5681 2: a duplicate ACK.
    s.payloadLength === 0 &&
    c.sndMax !== c.sndUna &&
    s.window << c.sndScale === c.sndWnd &&
    (s.flags & FIN) === 0 &&
    !c.persisting
  ) {
    duplicateAck(core, c);
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
  const before = c.sndUna;
  const inFlight = seqDiff(c.sndMax, before);
  const bytes = Math.min(acked, queue.queued);
  c.sndUna = s.ack;
  const behind = seqLt(c.sndNxt, s.ack);
  if (behind) {
    // After a timeout: more had arrived than we knew.
    c.sndNxt = s.ack;
  }
  if (bytes > 0) {
    queue.drop(bytes, core.memory);
    if (queue.queued === 0) c.beginPhase(now);
    c.events |= SENT;
  }
  if (behind) queue.rewind();

  let delivered = takeAcknowledged(c, before, now);
  if (c.sackPermitted) {
    if (s.sacks > 0) delivered += takeSacks(c, s, now);
  } else if (c.dupAcks > 0) delivered = Math.max(0, delivered - withoutSack(c, acked));
  // RFC 6298 3 (Karn) by our own clock; when all of it has left twice, the timestamp's echo tells.
  const sample = c.sender.sample;
  if (sample > 0) measured(c, sample);
  else measureEcho(core, c, s);
  c.retries = 0;
  c.unackedSince = now;
  afterAck(core, c, acked, delivered, inFlight, now);
  // The probe was the last that was queued.
  if (!c.persisting || queue.queued === 0) arm(c, now);
  if (queue.queued > 0 || c.finQueued) core.wake(c);

  // Is our FIN acknowledged? It is, when more was than the queue held.
  if (acked > bytes) finAcknowledged(core, c, now);
}

/** The round trip by which timestamp comes back (RFC 7323 4.1): it says which of those that left twice is answered. */
function measureEcho(core: TcpCore, c: Connection, s: Segment): void {
  if (!c.timestamps || !s.hasTimestamps || s.tsEcho === 0) return;
  const ms = (core.milliseconds + c.tsOffset - s.tsEcho) | 0;
  if (ms >= 0 && ms < 600_000) measured(c, ms * 1000);
}

/** Our SYN is acknowledged. */
export function measureHandshake(core: TcpCore, c: Connection, s: Segment, now: Instant): void {
  if (c.synSentAt !== NEVER) measured(c, now - c.synSentAt);
  else measureEcho(core, c, s);
}

/** Nothing new is acknowledged, but something has arrived behind it. */
function reported(core: TcpCore, c: Connection, s: Segment, now: Instant): void {
  const inFlight = seqDiff(c.sndMax, c.sndUna);
  const delivered = takeSacks(c, s, now);
  afterAck(core, c, 0, delivered, inFlight, now);
  // RFC 6298 5: only what is acknowledged starts the timer again; but what comes before it may have changed.
  if (c.timer === TIMER_TAIL || c.timer === TIMER_REORDER || c.sender.reorderWait > 0) arm(c, now);
  core.wake(c);
}

function finAcknowledged(core: TcpCore, c: Connection, now: Instant): void {
  // It was the last that was under way: newAck has stopped the timer.
  c.finQueued = false;
  if (c.state === FIN_WAIT_1) {
    c.state = FIN_WAIT_2;
    if (c.user === NOBODY) c.lingerAt = now + core.limits.finWait2Time;
    core.wake(c);
  } else if (c.state === CLOSING) {
    core.enterTimeWait(c, now);
  } else if (c.state === LAST_ACK) c.over = true;
}

/** The handshake is over. */
export function established(core: TcpCore, c: Connection, now: Instant): void {
  c.state = c.finQueued ? FIN_WAIT_1 : ESTABLISHED;
  core.setHalfOpen(c, false);
  c.events |= OPENED;
  c.lingerAt = NEVER;
  c.timerAt = NEVER;
  c.recover = c.iss;
  // RFC 6298 5.7: a timeout of which nobody knows whether it was too short.
  if (c.srtt > 0) core.sink.paths.timeouts[c.path] = c.rto;
  else if (c.retries > 0) c.rto = INITIAL_RTO_AFTER_LOSS;
  // RFC 5681 3.1 has one segment after a SYN that was lost, when the first timeout was 3 s: here two must be, as in Linux.
  c.cwnd = c.retries > 1 ? c.mss : initialWindow(c.mss);
  c.retries = 0;
  c.sentAt = now;
  c.beginPhase(now);
  c.queue.rewind();
  // What a timestamp has measured is too coarse to be the least there is.
  c.sender.begin(c.sndNxt, c.synSentAt === NEVER ? 0 : c.srtt);
  if (core.limits.keepAlive > 0) c.keepAliveAt = now + core.limits.keepAlive;
}
