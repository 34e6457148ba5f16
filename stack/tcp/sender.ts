// What loss detection, recovery and congestion control of one connection remember, beside the few variables that every
// segment needs (connection.ts). One for each slot, set back when a connection begins.

import { type Instant, NEVER } from "../base/result.ts";
import type { Seq } from "../base/seq.ts";
import { Scoreboard } from "./scoreboard.ts";

export class Sender {
  readonly board: Scoreboard = new Scoreboard();

  /** The round trip that the ACK at hand has measured, µs; 0: none. */
  sample = 0;
  /** Something has left twice. */
  repeated = false;

  // ---- RACK (RFC 8985 5.3): of what was delivered, that which left last ----
  rackAt: Instant = 0;
  rackEnd: Seq = 0 as Seq;
  rackRtt = 0;
  /** Everything that was delivered ends here or before (RACK.fack). */
  highest: Seq = 0 as Seq;
  /** The least round trip seen lately, µs, and when. 0: none. */
  minRtt = 0;
  minRttAt: Instant = 0;
  /** Segments have overtaken each other on this path. */
  reordering = false;
  /** The reordering window in quarters of the least round trip (RACK.reo_wnd_mult), and for how many recoveries yet. */
  reorderSteps = 1;
  reorderRecoveries = 0;
  /** A duplicate that the peer reports widens it once a round trip: until this is acknowledged not again. */
  duplicateRoundEnd: Seq = 0 as Seq;
  duplicateSeen = false;

  /** How long until something more may be lost, µs; 0: nothing is waited for. */
  reorderWait = 0;

  // ---- Tail loss probe (RFC 8985 7) ----
  /** A probe is under way, and what follows it begins here. */
  probing = false;
  probeEnd: Seq = 0 as Seq;
  /** It repeated what had left before. */
  probeRepeats = false;

  // ---- Proportional rate reduction (RFC 6937), bytes since recovery began ----
  delivered = 0;
  out = 0;
  flightBefore = 0;

  // ---- What is given back when a recovery turns out to have been for nothing (RFC 3522, RFC 4015) ----
  undoable = false;
  /** Our timestamp when the first of what is under way left again. */
  undoStamp = 0;
  cwndBefore = 0;
  ssthreshBefore = 0;
  wMaxBefore = 0;

  // ---- CUBIC (RFC 9438), bytes and seconds ----
  wMax = 0;
  /** Begin of the current increase, NEVER: none yet. */
  epochAt: Instant = NEVER;
  k = 0;
  /** Where the plateau lies (W_max of the current epoch). */
  origin = 0;
  /** What Reno would have. */
  wReno = 0;

  // ---- Rounds: from when something leaves until it is acknowledged; this one and the last ----
  roundEnd: Seq = 0 as Seq;
  /** The least round trip, µs, of how many; 0: none yet. */
  roundMinRtt = 0;
  roundSamples = 0;
  lastRoundMinRtt = 0;
  /** The most bytes that were in flight. */
  roundMostInFlight = 0;
  /** Bytes that have arrived, and bytes that were lost. */
  roundDelivered = 0;
  lastRoundDelivered = 0;
  roundLost = 0;
  lastRoundLost = 0;
  /** The losses that are being mended were none of congestion as far as is known (cubic.ts). */
  tolerated = false;

  // ---- ECN (RFC 3168 6.1.2) ----
  /** What was under way when the window became smaller last ends here. */
  reducedUntil: Seq = 0 as Seq;
  /** The ACK at hand tells of a mark. */
  echoed = false;

  // ---- HyStart++ (RFC 9406): rounds of conservative slow start so far, -1: not in it; the least round trip before ----
  cssRounds = -1;
  cssBaseline = 0;

  /** A connection begins: nothing is under way, and what leaves first has this number. The handshake took `rtt` µs, or 0. */
  begin(first: Seq, rtt: number): void {
    this.board.clear();
    this.repeated = false;
    this.rackAt = -1;
    this.rackEnd = first;
    this.rackRtt = 0;
    this.highest = first;
    this.minRtt = rtt;
    this.minRttAt = 0;
    this.reordering = false;
    this.reorderWait = 0;
    this.reorderSteps = 1;
    this.reorderRecoveries = 0;
    this.duplicateRoundEnd = first;
    this.duplicateSeen = false;
    this.probing = false;
    this.undoable = false;
    this.wMax = 0;
    this.epochAt = NEVER;
    this.roundEnd = first;
    this.roundMinRtt = 0;
    this.lastRoundMinRtt = 0;
    this.roundSamples = 0;
    this.roundMostInFlight = 0;
    this.roundDelivered = 0;
    this.lastRoundDelivered = 0;
    this.roundLost = 0;
    this.lastRoundLost = 0;
    this.cssRounds = -1;
    this.reducedUntil = first;
    this.echoed = false;
  }
}
