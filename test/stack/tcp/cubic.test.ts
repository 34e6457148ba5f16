import { describe, expect, test } from "vitest";
import { MILLISECOND, NEVER, SECOND } from "../../../stack/base/result.ts";
import type { Seq } from "../../../stack/base/seq.ts";
import { NO_HANDLE } from "../../../stack/base/streams.ts";
import { Connection } from "../../../stack/tcp/connection.ts";
import {
  BETA,
  BETA_ECN,
  countRound,
  countRtt,
  cubeRoot,
  grow,
  isCongestion,
  pause,
  reduced,
} from "../../../stack/tcp/cubic.ts";
import { NO_THRESHOLD } from "../../../stack/tcp/limits.ts";
import { SendQueue } from "../../../stack/tcp/send-queue.ts";
import { Sender } from "../../../stack/tcp/sender.ts";

const MSS = 1000;

function connection(segments: number): Connection {
  const c = new Connection(0, NO_HANDLE, new SendQueue(), new Sender());
  c.sender.begin(1 as Seq, 0);
  c.mss = MSS;
  c.cwnd = segments * MSS;
  c.srtt = 100 * MILLISECOND;
  c.sndUna = 1 as Seq;
  c.sndNxt = (1 + segments * MSS) as Seq;
  c.sndMax = c.sndNxt;
  return c;
}

/** A round trip in which all that was under way is acknowledged, each `rtt` long; the window afterwards, in segments. */
function round(c: Connection, rtt: number, now: number): number {
  const segments = Math.floor(c.cwnd / MSS);
  c.sndNxt = (c.sndUna + segments * MSS) as Seq;
  for (let i = 0; i < segments; i++) {
    c.sndUna = (c.sndUna + MSS) as Seq;
    countRtt(c.sender, rtt);
    countRound(c, MSS, 0);
    grow(c, MSS, now);
  }
  return c.cwnd / MSS;
}

test("the cube root", () => {
  for (const x of [0, 1e-9, 0.5, 1, 2, 8, 27, 1000, 123_456, 1e9]) {
    expect(Math.abs(cubeRoot(x) ** 3 - x)).toBeLessThanOrEqual(x * 1e-9);
  }
  expect(cubeRoot(-1)).toBe(0);
});

describe("slow start (RFC 9406)", () => {
  test("doubles, by eight segments for one ACK at most", () => {
    const c = connection(10);
    expect(round(c, 50 * MILLISECOND, 0)).toBe(20);
    grow(c, 100 * MSS, 0);
    expect(c.cwnd).toBe(28 * MSS);
  });

  test("slows down when even the least round trip of a round has become longer, and ends five rounds later", () => {
    const c = connection(10);
    round(c, 50 * MILLISECOND, 0);
    round(c, 50 * MILLISECOND, 0);
    const before = c.cwnd;
    round(c, 57 * MILLISECOND, 0);
    // It takes eight samples to know.
    expect(c.sender.cssRounds).toBe(1);
    expect(c.cwnd).toBeLessThan(2 * before);
    const conservative = c.cwnd;
    round(c, 57 * MILLISECOND, 0);
    // A quarter of what slow start would add.
    expect(Math.round((c.cwnd * 100) / conservative)).toBe(125);
    for (let i = 0; i < 4; i++) round(c, 57 * MILLISECOND, 0);
    expect(c.ssthresh).toBeLessThan(NO_THRESHOLD);
  });

  test("goes on as before when that was jitter", () => {
    const c = connection(10);
    round(c, 50 * MILLISECOND, 0);
    round(c, 50 * MILLISECOND, 0);
    round(c, 60 * MILLISECOND, 0);
    expect(c.sender.cssRounds).toBe(1);
    round(c, 50 * MILLISECOND, 0);
    expect(c.sender.cssRounds).toBe(-1);
    expect(c.ssthresh).toBe(NO_THRESHOLD);
  });
});

describe("CUBIC (RFC 9438)", () => {
  test("a loss leaves 0.7 of the window, never less than two segments", () => {
    const c = connection(100);
    expect(reduced(c, 100 * MSS, BETA)).toBe(70 * MSS);
    expect(c.sender.wMax).toBe(100 * MSS);
    expect(reduced(connection(2), 2 * MSS, BETA)).toBe(2 * MSS);
    // What was not used was not tried.
    expect(reduced(connection(100), 10 * MSS, BETA)).toBe(7 * MSS);
  });

  test("a mark leaves 0.85 of it (RFC 8511)", () => {
    expect(reduced(connection(100), 100 * MSS, BETA_ECN)).toBe(85 * MSS);
  });

  test("a loss below the last plateau makes room for others (4.7)", () => {
    const c = connection(100);
    c.cwnd = reduced(c, 100 * MSS, BETA);
    reduced(c, 70 * MSS, BETA);
    expect(Math.round(c.sender.wMax)).toBe(59_500);
  });

  test("the window is back at the plateau after K seconds, flat there, and grows faster again behind it", () => {
    const c = connection(1000);
    c.ssthresh = reduced(c, 1000 * MSS, BETA);
    c.cwnd = c.ssthresh;
    // K = cube root of (1000 - 700) / 0.4 = 9.09 s.
    const at: number[] = [];
    for (let now = 0; now <= 14 * SECOND; now += 100 * MILLISECOND) {
      c.sndUna = c.sndNxt;
      const segments = Math.floor(c.cwnd / MSS);
      for (let i = 0; i < segments; i++) grow(c, MSS, now);
      if (now % SECOND === 0) at.push(Math.round(c.cwnd / MSS));
    }
    expect(at[9]!).toBeGreaterThan(990);
    expect(at[9]!).toBeLessThan(1010);
    expect(at[1]! - at[0]!).toBeGreaterThan(at[9]! - at[8]!);
    expect(at[14]! - at[13]!).toBeGreaterThan(at[10]! - at[9]!);
  });

  test("time in which the window was not in use does not count (5.8)", () => {
    const c = connection(10);
    pause(c, 0, SECOND);
    expect(c.sender.epochAt).toBe(NEVER);
    c.sender.epochAt = 5;
    pause(c, 10, 110);
    expect(c.sender.epochAt).toBe(105);
  });
});

describe("a loss", () => {
  test("is congestion when nothing is known of the path", () => {
    expect(isCongestion(connection(10))).toBe(true);
  });

  test("is none while round trips are as short as ever, up to a tenth of what was sent", () => {
    const c = connection(200);
    c.sender.minRtt = 50 * MILLISECOND;
    c.sender.roundMinRtt = 55 * MILLISECOND;
    c.sender.roundDelivered = 90 * MSS;
    c.sender.roundLost = 9 * MSS;
    expect(isCongestion(c)).toBe(false);
    c.sender.roundMinRtt = 57 * MILLISECOND;
    expect(isCongestion(c)).toBe(true);
    c.sender.roundMinRtt = 50 * MILLISECOND;
    c.sender.roundLost = 11 * MSS;
    expect(isCongestion(c)).toBe(true);
    // A few of a few say nothing.
    c.sender.roundLost = 8 * MSS;
    c.sender.roundDelivered = 0;
    expect(isCongestion(c)).toBe(false);
  });

  test("is judged by this round and the last", () => {
    const c = connection(100);
    c.sender.minRtt = 50 * MILLISECOND;
    for (let i = 0; i < 2; i++) countRtt(c.sender, 50 * MILLISECOND);
    c.sender.roundLost = 20 * MSS;
    countRound(c, 0, 0);
    expect(isCongestion(c)).toBe(true);
    c.sndUna = c.sndNxt;
    for (let i = 0; i < 2; i++) countRtt(c.sender, 50 * MILLISECOND);
    countRound(c, 100 * MSS, 0);
    expect(c.sender.lastRoundLost).toBe(0);
    expect(isCongestion(c)).toBe(false);
  });
});
