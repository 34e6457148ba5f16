// A router says that a segment of ours was too big (RFC 1191, RFC 8201, RFC 5927 7).

import type { Instant } from "../base/result.ts";
import type { Connection } from "./connection.ts";
import type { TcpCore } from "./core.ts";
import { BLACK_HOLE_MTU, HEADERS6, LEAST_IPV4_MTU, LEAST_IPV6_MTU, MIN_PATH_MTU } from "./limits.ts";
import { setEffectiveMss } from "./output.ts";
import { startOver } from "./recovery.ts";

/** RFC 1191 7.1: MTUs that there are, for routers that do not say theirs. */
const PLATEAUS: readonly number[] = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68];

/**
 * The path's MTU is `mtu`, or, when the router does not say (0), guessed from the length of the packet that it refused.
 * Segments become smaller and the first of those under way is sent again. The caller has checked that the message speaks
 * of a segment in flight.
 */
export function tooBig(core: TcpCore, c: Connection, mtu: number, refusedLength: number, now: Instant): void {
  const next = mtu > 0 ? mtu : plateauBelow(Math.min(refusedLength, c.pathMtu));
  const six = c.headers === HEADERS6;
  // RFC 1191 3, RFC 8201 4: only ever down; never below what a link must carry. (IPv6's routers all say.)
  if (next >= c.pathMtu || next < (six ? LEAST_IPV6_MTU : LEAST_IPV4_MTU) || (six && mtu === 0)) return;
  c.pathMtu = next;
  c.dontFragment = next >= MIN_PATH_MTU;
  core.sink.paths.lowerMtu(c.path, next, now);
  setEffectiveMss(c);
  // Who lies about an MTU that falls and falls must not make us send much for little: what one message a timeout does not
  // mend, the timeout will.
  if (now - c.mtuLoweredAt < c.rto) return;
  c.mtuLoweredAt = now;
  // RFC 1191 6.5: no sign of congestion, so the window that there was is what slow start returns to; but one segment
  // only, until acknowledgments come.
  c.ssthresh = Math.max(Math.floor(c.cwnd), 2 * c.mss);
  c.sender.board.markLost(c.sndUna);
  c.sender.undoable = false;
  startOver(c);
  core.wake(c);
}

/**
 * Timeout after timeout, and nobody says why: somewhere large segments are thrown away without a word (RFC 2923 2.1). This
 * connection goes on with smaller ones; others find out for themselves.
 */
export function suspectBlackHole(c: Connection): void {
  if (!c.dontFragment || c.pathMtu <= BLACK_HOLE_MTU) return;
  c.pathMtu = BLACK_HOLE_MTU;
  setEffectiveMss(c);
}

function plateauBelow(length: number): number {
  for (const plateau of PLATEAUS) if (plateau < length) return plateau;
  return 0;
}
