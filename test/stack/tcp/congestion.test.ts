import { describe, expect, test } from "vitest";
import { NEVER } from "../../../stack/base/result.ts";
import type { Seq } from "../../../stack/base/seq.ts";
import { NO_HANDLE } from "../../../stack/base/streams.ts";
import { acknowledged, duplicateAck, timedOut } from "../../../stack/tcp/congestion.ts";
import { Connection } from "../../../stack/tcp/connection.ts";
import { MAX_RTO } from "../../../stack/tcp/limits.ts";
import { SendQueue } from "../../../stack/tcp/send-queue.ts";

const MSS = 1000;

/** Twenty segments under way, the window as large. */
function busy(): Connection {
  const c = new Connection(0, NO_HANDLE, new SendQueue());
  c.mss = MSS;
  c.cwnd = 20 * MSS;
  c.sndUna = 1 as Seq;
  c.sndNxt = (1 + 20 * MSS) as Seq;
  c.sndMax = c.sndNxt;
  return c;
}

/** The same after three duplicate ACKs. */
function recovering(): Connection {
  const c = busy();
  expect([duplicateAck(c), duplicateAck(c), duplicateAck(c)]).toEqual([false, false, true]);
  return c;
}

describe("fast recovery (RFC 6582)", () => {
  test("begins at half of what is under way, and three segments for those that have left", () => {
    const c = recovering();
    expect([c.ssthresh, c.cwnd, c.inRecovery]).toEqual([10 * MSS, 13 * MSS, true]);
  });

  test("each further duplicate lets one segment more out", () => {
    const c = recovering();
    expect(duplicateAck(c)).toBe(false);
    expect(c.cwnd).toBe(14 * MSS);
  });

  test("a partial acknowledgment takes off what it covers and gives one segment back, if it covers one", () => {
    const c = recovering();
    c.sndUna = (1 + 3 * MSS) as Seq;
    expect(acknowledged(c, 3 * MSS, 20 * MSS)).toBe(true);
    expect([c.cwnd, c.inRecovery]).toEqual([11 * MSS, true]);
    c.sndUna = (1 + 3 * MSS + 400) as Seq;
    expect(acknowledged(c, 400, 17 * MSS)).toBe(true);
    expect(c.cwnd).toBe(11 * MSS - 400);
    c.sndUna = (1 + 19 * MSS) as Seq;
    acknowledged(c, 15 * MSS + 600, 17 * MSS);
    expect(c.cwnd).toBe(MSS);
  });

  test("the full acknowledgment ends it at half, or at what is under way and one more", () => {
    const c = recovering();
    c.sndUna = c.sndMax;
    expect(acknowledged(c, 20 * MSS, 20 * MSS)).toBe(false);
    expect([c.cwnd, c.inRecovery, c.dupAcks]).toEqual([2 * MSS, false, 0]);
  });
});

describe("duplicates", () => {
  test("are counted in a row: an acknowledgment of something new begins anew", () => {
    const c = busy();
    expect([duplicateAck(c), duplicateAck(c)]).toEqual([false, false]);
    c.sndUna = (1 + MSS) as Seq;
    acknowledged(c, MSS, 20 * MSS);
    expect([duplicateAck(c), duplicateAck(c), c.inRecovery]).toEqual([false, false, false]);
    expect(duplicateAck(c)).toBe(true);
  });

  test("do not begin a second recovery for losses of the same window, nor one while a timeout is being mended", () => {
    const c = recovering();
    c.sndUna = c.sndMax;
    acknowledged(c, 20 * MSS, 20 * MSS);
    c.sndMax = (1 + 30 * MSS) as Seq;
    // What was under way when the last recovery began is acknowledged, but nothing beyond.
    expect([duplicateAck(c), duplicateAck(c), duplicateAck(c)]).toEqual([false, false, false]);
    const timed = busy();
    timedOut(timed);
    timed.sndUna = (1 + 20 * MSS + 1) as Seq;
    timed.sndMax = (1 + 40 * MSS) as Seq;
    expect([duplicateAck(timed), duplicateAck(timed), duplicateAck(timed)]).toEqual([false, false, false]);
  });
});

describe("a timeout (RFC 5681 3.1, RFC 6298 5.5)", () => {
  test("leaves one segment and half of what was under way as threshold, set once for one loss", () => {
    const c = busy();
    timedOut(c);
    expect([c.cwnd, c.ssthresh, c.retries]).toEqual([MSS, 10 * MSS, 1]);
    c.sndMax = (1 + 4 * MSS) as Seq;
    timedOut(c);
    expect([c.ssthresh, c.retries]).toEqual([10 * MSS, 2]);
  });

  test("ends recovery and what was counted towards it, backs off, and trusts no time of what is sent again", () => {
    const c = recovering();
    c.cwndCredit = 500;
    c.rttAt = 5;
    const rto = c.rto;
    timedOut(c);
    expect([c.inRecovery, c.rttAt === NEVER]).toEqual([false, true]);
    expect([c.dupAcks, c.cwndCredit, c.recover, c.rto]).toEqual([0, 0, c.sndMax, rto * 2]);
    for (let i = 0; i < 10; i++) timedOut(c);
    expect(c.rto).toBe(MAX_RTO);
  });
});
