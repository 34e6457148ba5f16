// Is a segment to be looked at? The checks of RFC 9293 3.10.7.4 that come before the acknowledgment: sequence number, RST,
// SYN, and that there is an ACK at all (nothing here has a security compartment), with PAWS (RFC 7323 5) before and the
// answers of RFC 5961 to what might be a blind attack.

import { CHALLENGE_ACKS, RESETS_IN, SEGMENTS_UNACCEPTABLE } from "../base/counters.ts";
import type { Instant } from "../base/result.ts";
import { seqAdd, seqDiff, seqLe } from "../base/seq.ts";
import { CLOSED_BY_RESET, CLOSED_REFUSED } from "../base/streams.ts";
import { type Connection, SYN_RECEIVED, TIME_WAIT } from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { negotiateEcn } from "./ecn.ts";
import { CHALLENGE_INTERVAL, TIMESTAMP_EXPIRY } from "./limits.ts";
import { cameTwice } from "./sack.ts";
import { ACK, FIN, RST, type Segment, SYN } from "./wire.ts";

/** PAWS, sequence number, RST, SYN, and that there is an ACK at all. False: dropped. */
export function acceptable(core: TcpCore, c: Connection, s: Segment, now: Instant): boolean {
  const flags = s.flags;
  // RFC 7323 3.2 would drop what comes without the option on a connection that has it; as Linux does, we take it: there
  // are boxes on the way that strip options.
  if (c.timestamps && s.hasTimestamps && (flags & RST) === 0) {
    if (((s.tsValue - c.tsRecent) | 0) < 0 && now - c.tsRecentAt < TIMESTAMP_EXPIRY) {
      // RFC 7323 5.3 R1 (PAWS).
      core.note(SEGMENTS_UNACCEPTABLE);
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
    const inWindow = begin < window && (length === 0 ? begin > 0 : end > 0);
    if (!inWindow) {
      // With a shut window ACKs, and nothing else, are still taken in (RFC 9293 3.10.7.4, RCV.WND of zero).
      if (begin === 0 && window === 0 && length > 0 && (flags & (RST | SYN)) === 0) {
        answer(core, c, s, now);
        s.payloadLength = 0;
        s.flags = flags & ~FIN;
        return (flags & ACK) !== 0;
      }
      core.note(SEGMENTS_UNACCEPTABLE);
      if ((flags & RST) !== 0) return false;
      if (c.state === SYN_RECEIVED && (flags & SYN) !== 0 && s.seq === c.irs) {
        // Our SYN-ACK was lost: once more, but not faster than ten a second. Who asks without ECN now does without
        // (RFC 3168 6.1.1).
        negotiateEcn(c, s);
        if (now - c.sentAt >= CHALLENGE_INTERVAL) {
          c.sentAt = now;
          c.synDue = true;
          core.wake(c);
        }
        return false;
      }
      if (c.state === TIME_WAIT && (flags & FIN) !== 0) core.restartTimeWait(c, now);
      if (begin < 0 && s.payloadLength > 0) cameTwice(c, s.seq, seqAdd(s.seq, s.payloadLength));
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
  if ((flags & ACK) === 0) {
    core.note(SEGMENTS_UNACCEPTABLE);
    return false;
  }
  if (s.hasTimestamps && c.timestamps && seqLe(s.seq, c.lastAckSent)) {
    // RFC 7323 4.3 (2)
    c.tsRecent = s.tsValue;
    c.tsRecentAt = now;
  }
  // Cut to the window: what was received already, and what goes beyond the edge, the FIN behind it included.
  if (begin < 0) {
    if (s.payloadLength > 0) cameTwice(c, s.seq, seqAdd(s.seq, Math.min(s.payloadLength, -begin)));
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
export function challenge(core: TcpCore, c: Connection, now: Instant): void {
  if (now - c.challengeAt < CHALLENGE_INTERVAL && c.challengeAt > 0) return;
  c.challengeAt = now;
  core.note(CHALLENGE_ACKS);
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
  core.note(RESETS_IN);
  core.end(c, c.state === SYN_RECEIVED && !c.passive ? CLOSED_REFUSED : CLOSED_BY_RESET);
}
