// Segments that arrive for a connection: RFC 9293 3.10.7.3 (SYN-SENT) and 3.10.7.4 (all others), in the order of the
// RFC's own steps, with the checks of RFC 5961 (blind attacks) and RFC 7323 (PAWS) where those RFCs put them.
//
// Nothing is sent from here but resets: what is due is noted on the connection, and `output` sends it at the end of the
// step. The user is told by Tcp when the segment has been worked through.

import { RESETS_IN } from "../base/counters.ts";
import type { Instant } from "../base/result.ts";
import { type Seq, seqAdd, seqDiff, seqLe, seqLt } from "../base/seq.ts";
import { CLOSED_BY_RESET, CLOSED_IN_ORDER, CLOSED_REFUSED } from "../base/streams.ts";
import { acceptable } from "./acceptance.ts";
import { acknowledgment, established, measureHandshake } from "./acknowledgment.ts";
import {
  CLOSE_WAIT,
  CLOSED,
  CLOSING,
  type Connection,
  ESTABLISHED,
  FIN_WAIT_1,
  FIN_WAIT_2,
  NOBODY,
  READABLE,
  SYN_RECEIVED,
  SYN_SENT,
} from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { negotiateEcn, takeMarks } from "./ecn.ts";
import { DEFAULT_MSS, MAX_DUPLICATE_ACKS, MAX_WINDOW_SCALE } from "./limits.ts";
import { setEffectiveMss } from "./output.ts";
import { receive } from "./reassembly.ts";
import { refuse, sendReset } from "./reply.ts";
import { ACK, FIN, RST, type Segment, SYN } from "./wire.ts";

/** Works `core.segment` through on its connection. What the user is to be told is then in `c.events`. */
export function segmentArrives(core: TcpCore, c: Connection, bytes: Uint8Array, now: Instant): void {
  const s = core.segment;
  if (c.state === SYN_SENT) {
    if (!synSent(core, c, s, now)) return;
  } else if (!acceptable(core, c, s, now) || !acknowledgment(core, c, s, now)) return;

  // Seventh, the segment text; eighth, the FIN.
  if (s.payloadLength > 0) {
    if (c.ecn) takeMarks(core, c, s);
    text(core, c, s, bytes);
    if (c.state === CLOSED) return;
  }
  if ((s.flags & FIN) !== 0 && !c.finSeen) {
    c.finSeen = true;
    c.finSeq = seqAdd(s.seq, s.payloadLength);
  }
  if (c.finSeen && !c.finReceived && c.rcvNxt === c.finSeq) fin(core, c, now);
}

/** In TIME-WAIT, or when the protocol is over: the user hears of it as soon as nothing is unread. */
export function settleEnd(core: TcpCore, c: Connection): void {
  if (c.user === NOBODY) {
    if (c.over) core.release(c);
  } else if (c.unread === 0) {
    core.tellEnded(c, CLOSED_IN_ORDER);
    // TIME-WAIT goes on by itself, under no handle.
    if (c.over) core.release(c);
    else core.disown(c);
  }
}

/** Takes in the options of a SYN. */
export function takeSynOptions(c: Connection, s: Segment, now: Instant): void {
  c.peerMss = s.mss === 0 ? DEFAULT_MSS : s.mss;
  c.scaling = s.scale >= 0;
  // RFC 7323 2.3: more than 14 counts as 14.
  if (c.scaling) c.sndScale = Math.min(s.scale, MAX_WINDOW_SCALE);
  else c.rcvScale = 0;
  c.timestamps = s.hasTimestamps;
  c.sackPermitted = s.sackPermitted;
  negotiateEcn(c, s);
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
    refuse(core, s, c.path);
    return false;
  }
  if ((s.flags & RST) !== 0) {
    // Only with an acceptable ACK is it the answer to our SYN.
    if (hasAck) {
      core.note(RESETS_IN);
      core.end(c, CLOSED_REFUSED);
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
  // Of ours it can acknowledge the SYN alone: snd.nxt lies there already.
  c.sndUna = s.ack;
  measureHandshake(core, c, s, now);
  established(core, c, now);
  c.ackNow = true;
  core.wake(c);
  // What follows the SYN begins one further on.
  s.seq = seqAdd(s.seq, 1);
  return true;
}

/** Seventh of RFC 9293 3.10.7.4. */
function text(core: TcpCore, c: Connection, s: Segment, bytes: Uint8Array): void {
  const state = c.state;
  // After the peer's FIN there is none.
  if (state !== ESTABLISHED && state !== FIN_WAIT_1 && state !== FIN_WAIT_2) return;
  if (c.user === NOBODY) {
    // RFC 9293 3.6.1 (1): nobody will read it, and the peer should know.
    sendReset(core, c);
    core.end(c, CLOSED_BY_RESET);
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
    // RFC 5681 4.2: at once when out of order, and one for each, so that the peer counts duplicates. The first of them
    // is none when it is also the first to acknowledge what came in order before.
    if (c.duplicateAcks === 0 && c.unacknowledged > 0) c.duplicateAcks = 1;
    if (c.duplicateAcks < MAX_DUPLICATE_ACKS) c.duplicateAcks++;
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
  // What is acknowledged now is more than the ACKs due were to say: they would be duplicates of nothing.
  c.duplicateAcks = 0;
  // RFC 5681 4.2: for every second full segment, and at once when a gap is filled.
  c.unacknowledged += s.payloadLength > c.mss ? 2 : 1;
  if (gap || c.unacknowledged >= 2) c.ackNow = true;
}

/** Eighth of RFC 9293 3.10.7.4: rcv.nxt has reached the FIN. */
function fin(core: TcpCore, c: Connection, now: Instant): void {
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
