// The whole host under a seeded storm (session.ts), on Node; the same sessions as bytecode and compiled are in
// test/e2e/trace.test.ts, and without an end by hand: npm run fuzz -- host.

import { describe, expect, test } from "vitest";
import { TLS_COUNTER_NAMES } from "../../../stack/tls/counters.ts";
import { RECORD_ACTION, RECORD_END, RECORD_FRAME, TraceReader, TraceWriter } from "../../trace/format.ts";
import { onNode } from "./campaign.ts";
import { record, shorten, verdict } from "./replay.ts";
import { Session } from "./session.ts";

/** A session each: with and without offloads, with a lease and with a fixed address. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
const FRAMES = 5000;

describe("a host in a storm", () => {
  for (const seed of SEEDS)
    test(`of ${FRAMES} frames by seed ${seed} keeps what must hold, comes to rest and serves`, () => {
      const outcome = onNode(seed, FRAMES);
      expect(outcome.fault).toBe("");
      expect(outcome.frames).toBeGreaterThanOrEqual(FRAMES);
    });

  test("an episode is the same by itself as often as it is run, and its trace replays it", () => {
    const first = record(3, 2, 2);
    const again = record(3, 2, 2);
    expect(first.fault).toBe("");
    expect(Buffer.from(first.trace).equals(again.trace)).toBe(true);
    expect(verdict(first.trace)).toBe("");
  });

  test("gets into deep states of TLS: handshakes done, resumed, asked again, refused, broken off, silent", () => {
    const sums = TLS_COUNTER_NAMES.map(() => 0);
    for (const seed of [4, 5, 6]) {
      const session = new Session(seed, false);
      for (let episode = 0; episode < 4; episode++) session.episode(episode);
      const { counters } = session.appliance.host.secure().tls;
      for (let i = 0; i < sums.length; i++) sums[i]! += counters.value(i);
    }
    // Too few connections at a time for these; and that a peer breaks off by an alert is one in 50 episodes.
    const rare = ["old-versions", "in-the-clear", "handshakes-evicted", "streams-refused", "alerts-received"];
    const never = TLS_COUNTER_NAMES.filter((name, i) => sums[i] === 0 && !rare.includes(name));
    expect(never).toEqual([]);
  });

  test("gets into deep states: requests served, fragments put together, segments sent again, leases taken", () => {
    const session = new Session(4, false);
    for (let episode = 0; episode < 3; episode++) session.episode(episode);
    const figures = new Map(
      session.appliance.host
        .describe()
        .split("\n")
        .map((line) => line.split(" ") as [string, string]),
    );
    for (const name of ["requests", "retransmits", "segments-in", "segments-out", "frames-dropped"])
      expect(`${name} ${Number(figures.get(name)) > 20}`).toBe(`${name} true`);
  });

  test("speaks IPv6 as well: visitors are served, echoes answered, neighbours asked for and told, errors reported", () => {
    const session = new Session(4, false);
    for (let episode = 0; episode < 3; episode++) session.episode(episode);
    expect(session.answers6).toBeGreaterThan(10);
    // TCP, and ICMPv6: unreachable, parameter problem, echo reply, listener report, solicitations and advertisements.
    for (const kind of [6, 1001, 1004, 1129, 1135, 1136]) expect(session.said6).toContain(kind);
  });

  test("a trace is shortened to what shows the fault", () => {
    const writer = new TraceWriter(0);
    for (let i = 0; i < 40; i++) {
      writer.frame(new Uint8Array(60 + i), 0, 60 + i, false);
      writer.poll(1000);
      if (i === 20 || i === 30) writer.action(i);
    }
    expect(shorten(writer.take())).toEqual(writer.take());
    // A fault that takes one frame and one action after it.
    const judge = (trace: Uint8Array): string => {
      const reader = new TraceReader(trace);
      let seen = false;
      for (let kind = reader.read(); kind !== RECORD_END; kind = reader.read()) {
        if (kind === RECORD_FRAME && reader.length === 67) seen = true;
        if (kind === RECORD_ACTION && reader.value === 30 && seen) return "fault 12";
      }
      return "";
    };
    const short = new TraceWriter(0);
    short.frame(new Uint8Array(67), 0, 67, false);
    short.action(30);
    expect(shorten(writer.take(), judge)).toEqual(short.take());
  });
});
