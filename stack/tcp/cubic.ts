// How the congestion window grows, and how far it falls: slow start with HyStart++ (RFC 5681 3.1, RFC 9406), then CUBIC
// (RFC 9438); losses that are no sign of congestion. Functions on a Connection; windows are bytes.

import { type Instant, MILLISECOND, NEVER, SECOND } from "../base/result.ts";
import { seqLt } from "../base/seq.ts";
import type { Connection } from "./connection.ts";
import { NO_THRESHOLD } from "./limits.ts";
import type { Sender } from "./sender.ts";

// RFC 9438 4.1, 4.6, 5
const C = 0.4;
export const BETA = 0.7;
/**
 * RFC 8511: what a queue that marks wants is less than what one that has overflowed does, since it is shorter.
 */
export const BETA_ECN = 0.85;
const RENO_ALPHA = (3 * (1 - BETA)) / (1 + BETA);

// RFC 9406 4.3
const MIN_RTT_THRESHOLD = 4 * MILLISECOND;
const MAX_RTT_THRESHOLD = 16 * MILLISECOND;
const MIN_RTT_DIVISOR = 8;
const RTT_SAMPLES = 8;
const CSS_GROWTH_DIVISOR = 4;
const CSS_ROUNDS = 5;
/** Segments by which one ACK opens the window at most: nothing paces what leaves then. */
const BURST = 8;

// Losses without congestion (below).
/** The part of what is sent that may be lost without a queue before it counts as congestion all the same. */
const LOSS_TOLERANCE = 0.1;
/** And how many segments it must be: a few say nothing of a part. */
const LOSS_TOLERANCE_SEGMENTS = 8;

/**
 * An ACK has come: `delivered` bytes are known to have arrived since the last one, and `inFlight` were under way before.
 * Call it before `grow`.
 */
export function countRound(c: Connection, delivered: number, inFlight: number): void {
  const s = c.sender;
  if (!seqLt(c.sndUna, s.roundEnd)) {
    s.roundEnd = c.sndNxt;
    s.roundMostInFlight = inFlight;
    // One that began when nothing was under way has measured next to nothing: it goes on.
    if (s.roundSamples > 1) nextRound(c);
  }
  s.roundDelivered += delivered;
}

function nextRound(c: Connection): void {
  const s = c.sender;
  s.lastRoundMinRtt = s.roundMinRtt;
  s.lastRoundDelivered = s.roundDelivered;
  s.lastRoundLost = s.roundLost;
  s.roundMinRtt = 0;
  s.roundSamples = 0;
  s.roundDelivered = 0;
  s.roundLost = 0;
  if (s.cssRounds < 0) return;
  s.cssRounds++;
  if (s.cssRounds < CSS_ROUNDS) return;
  s.cssRounds = -1;
  c.ssthresh = Math.floor(c.cwnd);
}

/** What was delivered took `rtt` µs. */
export function countRtt(s: Sender, rtt: number): void {
  s.roundSamples++;
  if (s.roundMinRtt === 0 || rtt < s.roundMinRtt) s.roundMinRtt = rtt;
}

/** A round trip by which a queue has been noticed: RFC 9406 4.2. */
function longer(rtt: number): number {
  return rtt + Math.max(MIN_RTT_THRESHOLD, Math.min(rtt / MIN_RTT_DIVISOR, MAX_RTT_THRESHOLD));
}

/**
 * Is what was lost a sign of congestion? On paths over the air it often is none, and halving the window for each such
 * loss leaves most of the path unused. A full queue shows in the round trip before it overflows: while even the least of
 * a round trip's is as short as ever, little is lost and no router says otherwise (ECN), the window stays. Without that
 * knowledge it is congestion.
 */
export function isCongestion(c: Connection): boolean {
  const s = c.sender;
  if (s.echoed) return true;
  const lost = s.roundLost + s.lastRoundLost;
  const sent = lost + s.roundDelivered + s.lastRoundDelivered;
  if (lost > LOSS_TOLERANCE_SEGMENTS * c.mss && lost > sent * LOSS_TOLERANCE) return true;
  const rtt = s.roundMinRtt === 0 ? s.lastRoundMinRtt : s.roundMinRtt;
  return s.minRtt === 0 || rtt === 0 || rtt >= longer(s.minRtt);
}

/** `acked` new bytes have arrived while the window was in use. */
export function grow(c: Connection, acked: number, now: Instant): void {
  if (c.cwnd < c.ssthresh) slowStart(c, acked);
  else avoid(c, acked, now);
}

/** RFC 9406 4.2. */
function slowStart(c: Connection, acked: number): void {
  const s = c.sender;
  const growth = Math.min(acked, BURST * c.mss);
  if (s.cssRounds < 0) c.cwnd += growth;
  else c.cwnd += growth / CSS_GROWTH_DIVISOR;
  // After a loss the threshold is known.
  if (c.ssthresh !== NO_THRESHOLD || s.roundSamples < RTT_SAMPLES || s.lastRoundMinRtt === 0) return;
  if (s.cssRounds < 0) {
    if (s.roundMinRtt < longer(s.lastRoundMinRtt)) return;
    s.cssBaseline = s.roundMinRtt;
    s.cssRounds = 0;
  } else if (s.roundMinRtt < s.cssBaseline) s.cssRounds = -1; // It was jitter: on as before.
}

/** RFC 9438 4.2 to 4.5. */
function avoid(c: Connection, acked: number, now: Instant): void {
  const s = c.sender;
  if (s.epochAt === NEVER) {
    s.epochAt = now;
    s.wReno = c.cwnd;
    s.origin = Math.max(s.wMax, c.cwnd);
    s.k = cubeRoot((s.origin - c.cwnd) / c.mss / C);
  }
  const t = (now - s.epochAt + c.srtt) / SECOND - s.k;
  const target = Math.max(c.cwnd, Math.min(s.origin + C * t * t * t * c.mss, c.cwnd * 1.5));
  // RFC 9438 4.3: never less than Reno would have, which from its own plateau on adds a segment a round trip.
  s.wReno += ((s.wReno < s.wMax ? RENO_ALPHA : 1) * acked * c.mss) / c.cwnd;
  const cubic = c.cwnd + ((target - c.cwnd) / c.cwnd) * acked;
  c.cwnd = Math.max(cubic, Math.min(s.wReno, c.cwnd + acked));
}

/**
 * What was sent was lost, or marked: the threshold of RFC 9438 4.6, `beta` of what was `used` (bytes), and the plateau
 * moves (4.7, fast convergence).
 */
export function reduced(c: Connection, used: number, beta: number): number {
  const s = c.sender;
  const window = Math.min(c.cwnd, used);
  s.wMax = window < s.wMax ? (window * (1 + beta)) / 2 : window;
  s.epochAt = NEVER;
  s.cssRounds = -1;
  return Math.max(Math.floor(window * beta), 2 * c.mss);
}

/** The window was not in use since `since`: that time does not count (RFC 9438 5.8). */
export function pause(c: Connection, since: Instant, now: Instant): void {
  const s = c.sender;
  if (s.epochAt !== NEVER && now > since) s.epochAt += now - since;
}

/** By Newton's method, so that it is the same number on every engine. `x` is not negative. */
export function cubeRoot(x: number): number {
  if (x <= 0) return 0;
  let y = Math.max(1, x / 3);
  for (let i = 0; i < 64; i++) {
    const next = (2 * y + x / (y * y)) / 3;
    if (Math.abs(next - y) <= y * 1e-12) return next;
    y = next;
  }
  return y;
}
