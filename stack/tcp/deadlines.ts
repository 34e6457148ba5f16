// What time does to a connection: retransmission (RFC 6298 5), zero-window probes (RFC 9293 3.8.6.1), delayed ACKs,
// keep-alive (3.8.4), and every limit on how long a state may last.

import { RETRANSMITS, TAIL_PROBES, TIMEOUTS } from "../base/counters.ts";
import { type Instant, NEVER } from "../base/result.ts";
import { CLOSED_BY_TIMEOUT } from "../base/streams.ts";
import {
  CLOSED,
  type Connection,
  FIN_WAIT_2,
  NOBODY,
  SYN_RECEIVED,
  SYN_SENT,
  TIME_WAIT,
  TIMER_PERSIST,
  TIMER_REORDER,
  TIMER_RETRANSMIT,
  TIMER_TAIL,
} from "./connection.ts";
import type { TcpCore } from "./core.ts";
import {
  BLACK_HOLE_RETRIES,
  DOUBT_RETRIES,
  INITIAL_RTO,
  KEEP_ALIVE_INTERVAL,
  KEEP_ALIVE_PROBES,
  MAX_RTO,
  ORPHAN_RATE,
} from "./limits.ts";
import { suspectBlackHole } from "./path-mtu.ts";
import { reorderingEnds, timedOut } from "./recovery.ts";
import { sendReset } from "./reply.ts";
import { lag } from "./room.ts";

/** Does what is due at `now`. */
export function deadlinesPass(core: TcpCore, c: Connection, now: Instant): void {
  if (c.ackAt <= now) {
    c.ackAt = NEVER;
    c.ackNow = true;
    core.wake(c);
  }
  if (c.lingerAt <= now) {
    if (c.state === TIME_WAIT) {
      // A user that has not read to the end keeps the bytes, not the wait.
      if (c.user === NOBODY) core.release(c);
      else {
        c.lingerAt = NEVER;
        c.over = true;
      }
      return;
    }
    // An orphan may go on as long as its peer keeps up with a least rate.
    if (c.user === NOBODY && c.state !== FIN_WAIT_2 && c.state !== SYN_SENT && c.state !== SYN_RECEIVED) {
      const behind = lag(c, ORPHAN_RATE, now);
      if (behind < core.limits.orphanTime) {
        c.lingerAt = now + core.limits.orphanTime - Math.max(0, behind);
        return;
      }
    }
    giveUp(core, c, now);
    return;
  }
  if (c.timerAt <= now) {
    c.timerAt = NEVER;
    if (c.timer === TIMER_PERSIST) persist(core, c, now);
    else if (c.timer === TIMER_TAIL) tailProbe(core, c, now);
    else if (c.timer === TIMER_REORDER) reorderingEnds(core, c, now);
    else retransmissionTimeout(core, c, now);
  }
  if (c.state !== CLOSED && c.keepAliveAt <= now) keepAlive(core, c, now);
}

/** The connection has lasted too long in its state. */
function giveUp(core: TcpCore, c: Connection, _now: Instant): void {
  // The peer may still believe in it, unless it never answered.
  if (c.state !== SYN_SENT && c.state !== SYN_RECEIVED) sendReset(core, c);
  core.note(TIMEOUTS);
  core.end(c, CLOSED_BY_TIMEOUT);
}

/** RFC 6298 5.4 to 5.7, RFC 9293 3.8.3. */
function retransmissionTimeout(core: TcpCore, c: Connection, now: Instant): void {
  if (c.state === SYN_SENT || c.state === SYN_RECEIVED) {
    if (c.passive && c.retries >= core.limits.synAckRetries) {
      core.note(TIMEOUTS);
      core.release(c);
      return;
    }
    // RFC 6298 5.5. The congestion window begins after the handshake (acknowledgment.ts, established).
    c.retries++;
    // What the path was known to take was no answer: from here on as if nothing was known.
    c.rto = c.rto < INITIAL_RTO ? INITIAL_RTO : Math.min(c.rto * 2, MAX_RTO);
    c.synDue = true;
    // RFC 3168 6.1.1.1: there are boxes that drop a SYN for its flags.
    if (c.state === SYN_SENT) c.ecn = false;
    core.note(RETRANSMITS);
    if (c.retries >= DOUBT_RETRIES) core.sink.doubt(c.path);
    core.wake(c);
    return;
  }
  if (now - c.unackedSince >= core.limits.userTimeout) {
    giveUp(core, c, now);
    return;
  }
  if (c.sndWnd === 0) {
    // The window was shut over what is in flight: nothing of it needs be there. Ask until it opens (RFC 9293 3.8.6.1).
    c.sndNxt = c.sndUna;
    c.sender.board.clear();
    c.queue.rewind();
    c.timer = TIMER_PERSIST;
    c.persistCount = 0;
    c.probeDue = true;
    core.wake(c);
    return;
  }
  timedOut(c, now);
  if (c.retries === BLACK_HOLE_RETRIES) suspectBlackHole(c);
  if (c.retries >= DOUBT_RETRIES) core.sink.doubt(c.path);
  core.wake(c);
}

/** RFC 8985 7.3. Whatever becomes of it, the retransmission timer runs from here. */
function tailProbe(core: TcpCore, c: Connection, now: Instant): void {
  core.note(TAIL_PROBES);
  c.tailProbeDue = true;
  c.timer = TIMER_RETRANSMIT;
  c.timerAt = now + c.rto;
  core.wake(c);
}

/** RFC 9293 3.8.6.1: as long as the peer acknowledges probes, it may keep its window shut. */
function persist(core: TcpCore, c: Connection, now: Instant): void {
  if (now - c.unackedSince >= core.limits.userTimeout) {
    giveUp(core, c, now);
    return;
  }
  c.persistCount++;
  c.probeDue = true;
  core.wake(c);
}

function keepAlive(core: TcpCore, c: Connection, now: Instant): void {
  if (c.keepAliveProbes >= KEEP_ALIVE_PROBES) {
    giveUp(core, c, now);
    return;
  }
  c.keepAliveProbes++;
  c.keepAliveDue = true;
  c.keepAliveAt = now + KEEP_ALIVE_INTERVAL;
  core.wake(c);
}
