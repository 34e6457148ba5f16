// Explicit congestion notification (RFC 3168): a router whose queue grows marks a packet instead of dropping one, and the
// sender makes its window smaller before anything is lost.
//
//   SYN      ECE, CWR: shall we?                    SYN-ACK  ECE: yes (6.1.1)
//   data     ECT(0), which a router may make CE     ACK      ECE, from a CE on until CWR has come (6.1.3)
//   data     CWR: the window is smaller now (6.1.2)
//
// Only data that leaves for the first time is ECT(0): what is not repeated when it is lost, and what leaves again, could be
// marked and nobody would learn of it, or by somebody else's hand (6.1.4 to 6.1.6). CWR never leaves in a packet that the
// card cuts: not every card knows that it belongs on the first piece alone (VIRTIO 1.2, 5.1.3, HOST_ECN).

import { CONGESTION_ECHOES, CONGESTION_MARKS } from "../base/counters.ts";
import { seqLt } from "../base/seq.ts";
import type { Connection } from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { BETA_ECN, reduced } from "./cubic.ts";
import { ACK, CWR, ECE, type Segment } from "./wire.ts";

/**
 * RFC 3168 6.1.1: the peer's SYN, or its answer to ours. A SYN-ACK with both flags is that of a host which sends back what it
 * does not know.
 */
export function negotiateEcn(c: Connection, s: Segment): void {
  const flags = s.flags & (ECE | CWR);
  c.ecn = c.ecn && flags === ((s.flags & ACK) !== 0 ? ECE : ECE | CWR);
}

/** RFC 3168 6.1.3: data has come, in the window and on a connection with ECN. */
export function takeMarks(core: TcpCore, c: Connection, s: Segment): void {
  // The window of who says so may be so small that it waits for this ACK.
  if ((s.flags & CWR) !== 0) {
    c.echoDue = false;
    c.ackNow = true;
  }
  if (!s.marked) return;
  core.note(CONGESTION_MARKS);
  c.echoDue = true;
  c.ackNow = true;
}

/**
 * RFC 3168 6.1.2: the peer has told of a mark, outside any recovery. Once a window: what was under way at the last
 * reduction, whatever was its reason, and the CWR behind it must have arrived.
 */
export function reduceForEcho(core: TcpCore, c: Connection): void {
  if (!seqLt(c.sender.reducedUntil, c.sndUna)) return;
  core.note(CONGESTION_ECHOES);
  // Of the window, not of what is in flight: this may be the ACK of the last that was.
  c.ssthresh = reduced(c, c.cwnd, BETA_ECN);
  c.cwnd = c.ssthresh;
  windowReduced(c);
}

/** The window has become smaller, for whatever reason: the peer is to know (RFC 3168 6.1.2), and what is under way counts as one. */
export function windowReduced(c: Connection): void {
  c.sender.reducedUntil = c.sndMax;
  c.cwrDue = c.ecn;
}
