import { describe, expect, it } from "vitest";
import {
  LEAST_POLL,
  MOST_POLL,
  PANIC,
  SAMPLES,
  STOPPED,
  Timekeeper,
  type TimeSource,
  WATCH_INTERVAL,
} from "../../image/timekeeper.ts";
import { WallClock } from "../../image/wall-clock.ts";

const MADE = Date.UTC(2026, 10, 27);
const ENTERED = MADE + 3_600_000;

type Answer = Awaited<ReturnType<TimeSource["askTime"]>>;

/** A server whose time is so many milliseconds ahead of ENTERED and what has passed since. */
function ahead(ms: number, servers = 1): Answer {
  return { ok: true, value: { offset: ENTERED + ms, error: 5, servers } };
}

const SILENT: Answer = { ok: false, error: { kind: "no-answer" } };

/** A machine entered at ENTERED, whose own clock is off by so many milliseconds. */
function machine(off: number, answers: Answer | (() => Answer), servers: readonly string[] = ["ntp.example"]) {
  const lines: string[] = [];
  const set: number[] = [];
  const waits: number[] = [];
  const stops: number[] = [];
  const asked: number[] = [];
  const state = { since: 0, hardware: 0, own: 0 };
  const clock = new WallClock(
    () => ENTERED + state.since + off + state.own,
    () => state.since,
    MADE,
  );
  const keeper = new Timekeeper({
    clock,
    source: {
      askTime: async (_hosts, samples) => {
        asked.push(samples);
        return typeof answers === "function" ? answers() : answers;
      },
    },
    servers: () => servers,
    log: { info: (text) => lines.push(text), warn: (text) => lines.push(`WARN ${text}`) },
    sleep: async (ms) => {
      waits.push(ms);
      state.since += ms;
    },
    sinceEntry: () => state.since,
    hardware: () => state.hardware,
    changed: (offset) => set.push(offset),
    stopped: (ms) => stops.push(ms),
  });
  return {
    ...{ clock, lines, set, waits, stops, asked, state, keeper },
    /** Time passes, also for the hardware, a tick at a time. */
    async pass(ms: number, step = WATCH_INTERVAL): Promise<void> {
      for (let gone = 0; gone < ms; gone += step) {
        state.since += step;
        if (state.hardware !== 0) state.hardware += step;
        keeper.tick();
        for (let i = 0; i < 5; i++) await Promise.resolve();
      }
    },
  };
}

describe("the wall clock", () => {
  it("takes the date from another clock where nobody told it, never one that cannot be", () => {
    const clock = new WallClock(
      () => 5000,
      () => 5000,
      MADE,
    );
    expect([clock.known, clock.now()]).toEqual([false, MADE]);
    clock.adopt(0);
    expect([clock.known, clock.now()]).toEqual([false, MADE]);
    clock.adopt(ENTERED);
    expect([clock.known, clock.now()]).toEqual([true, ENTERED]);
    clock.adopt(MADE);
    expect(clock.now()).toBe(ENTERED);
  });

  it("is the machine's own until a server has answered, and then the server's", async () => {
    const m = machine(-1_800_000, ahead(0));
    m.state.since = 1000;
    expect(m.clock.now()).toBe(ENTERED + 1000 - 1_800_000);
    expect(m.clock.known).toBe(true);
    await m.keeper.start();
    expect(m.lines).toEqual(["the clock was 1800.0 s slow: set by ntp.example"]);
    expect(m.clock.now()).toBe(ENTERED + 1000);
    m.state.since += 60_000;
    expect(m.clock.now()).toBe(ENTERED + 61_000);
    expect(m.set).toEqual([ENTERED]);
    expect(m.asked).toEqual([1]);
  });

  it("is not set yet when it shows a time before the program was made, and goes on from that one meanwhile", async () => {
    const m = machine(-ENTERED, SILENT);
    expect([m.clock.known, m.clock.now()]).toEqual([false, MADE]);
    m.state.since = 500;
    expect(m.clock.now()).toBe(MADE + 500);
    const n = machine(-ENTERED, ahead(0));
    await n.keeper.start();
    expect([n.clock.known, n.clock.now()]).toEqual([true, ENTERED]);
  });

  it("says nothing about what is less than a second", async () => {
    const m = machine(999, ahead(0));
    await m.keeper.start();
    expect(m.lines).toEqual([]);
    expect(m.clock.now()).toBe(ENTERED);
    const n = machine(1000, ahead(0));
    await n.keeper.start();
    expect(n.lines).toEqual(["the clock was 1.0 s fast: set by ntp.example"]);
  });

  it("is believed without a server when it can be", async () => {
    const m = machine(0, SILENT);
    await m.keeper.start();
    expect(m.lines).toEqual([
      "the time server ntp.example was of no use (no answer): this machine's own clock is used, 2026-11-27T01:00:00.000Z",
    ]);
    expect(m.set).toEqual([]);
    const none = machine(0, SILENT, []);
    await none.keeper.start();
    expect([none.lines, none.asked]).toEqual([[], []]);
  });

  it("is asked for again when it is not known, with waits that grow to five minutes", async () => {
    let asked = 0;
    const m = machine(-ENTERED, () => (++asked < 12 ? SILENT : ahead(0)));
    await m.keeper.start();
    expect(m.waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((s) => s * 1000));
    expect(m.lines[0]).toBe(
      "WARN this machine's clock is not set, and the time server ntp.example was of no use (no answer): no certificate can " +
        "be judged, and dates are taken to be 2026-11-27T00:00:00.000Z. It is asked again; --ntp names another",
    );
    expect(m.clock.now()).toBe(ENTERED + 1_410_000);
  });

  it("does not take a time before the program was made", async () => {
    const m = machine(0, ahead(MADE - ENTERED - 1));
    await m.keeper.start();
    expect(m.lines[0]).toContain("its answer is a time before this program was made");
    expect(m.clock.now()).toBe(ENTERED);
  });
});

describe("a clock that was set", () => {
  it("is compared with the servers again, four samples each, more seldom the longer it is right", async () => {
    const m = machine(0, ahead(0));
    await m.keeper.start();
    await m.pass(2 * 3_600_000);
    expect(m.asked.slice(0, 3)).toEqual([1, SAMPLES, SAMPLES]);
    const once = 2 * 3_600_000;
    expect(m.asked.length).toBeGreaterThan(once / MOST_POLL);
    expect(m.asked.length).toBeLessThan(once / MOST_POLL + 8);
    expect(m.lines).toEqual([]);
  });

  it("is moved without a jump by what is less than a second", async () => {
    let off = 0;
    const m = machine(0, () => ahead(off));
    await m.keeper.start();
    off = 400;
    await m.pass(2 * LEAST_POLL);
    let before = m.clock.offset;
    for (let i = 0; i < 600; i++) {
      await m.pass(2000, 2000);
      const now = m.clock.offset;
      expect(now - before).toBeGreaterThanOrEqual(0);
      expect(now - before).toBeLessThanOrEqual(1);
      before = now;
    }
    expect(m.clock.offset).toBe(ENTERED + 400);
    expect(m.set[m.set.length - 1]).toBe(ENTERED + 400);
  });

  it("is set at once by more, and told", async () => {
    let off = 0;
    const m = machine(0, () => ahead(off));
    await m.keeper.start();
    off = 90_000;
    await m.pass(3 * LEAST_POLL);
    expect(m.lines).toEqual(["the clock was 90.0 s slow: set by ntp.example"]);
    off = -90_000;
    await m.pass(3 * LEAST_POLL);
    expect(m.lines[1]).toBe("the clock was 180.0 s fast: set by ntp.example");
  });

  it("does not follow one server by a year until it insists; three that agree it does", async () => {
    let off = 0;
    let servers = 1;
    const m = machine(0, () => ahead(off, servers));
    await m.keeper.start();
    off = 365 * 86_400_000;
    await m.pass(2 * LEAST_POLL);
    expect(m.clock.offset).toBe(ENTERED);
    expect(m.lines).toEqual(["WARN the time server ntp.example is off by 31536000.0 s slow: not believed yet"]);
    await m.pass(4 * LEAST_POLL);
    expect(m.clock.offset).toBe(ENTERED + off);
    off = 0;
    servers = 3;
    await m.pass(4 * LEAST_POLL);
    expect(m.clock.offset).toBe(ENTERED);
    expect(PANIC).toBeLessThan(365 * 86_400_000);
  });
});

describe("a machine that was stopped", () => {
  it("goes on from the hardware's time, tells below, and asks the servers at once", async () => {
    let off = 0;
    const m = machine(0, () => ahead(off));
    m.state.hardware = ENTERED;
    await m.keeper.start();
    await m.pass(20_000);
    const asked = m.asked.length;
    m.state.hardware += 3_600_400;
    off = 3_600_000;
    await m.pass(WATCH_INTERVAL);
    expect(m.lines).toEqual([
      "this machine was stopped for about 3600 s: its clock goes on from 2026-11-27T02:00:25.400Z",
    ]);
    expect(m.stops).toEqual([3_600_400]);
    expect(m.asked.length).toBe(asked + 1);
    expect(m.clock.offset).toBe(ENTERED + 3_600_000);
    expect(m.set[m.set.length - 1]).toBe(ENTERED + 3_600_000);
  });

  it("does so without a server as well; whole seconds of the hardware and its drift are no stop", async () => {
    const m = machine(0, SILENT, []);
    m.state.hardware = ENTERED;
    for (let i = 0; i < 2000; i++) {
      m.state.since += WATCH_INTERVAL;
      // Half a second lost a minute, and seconds cut off.
      m.state.hardware = Math.floor((ENTERED + m.state.since * 0.99) / 1000) * 1000;
      m.keeper.tick();
    }
    expect([m.stops, m.set]).toEqual([[], []]);
    m.state.hardware += 10_000;
    await m.pass(WATCH_INTERVAL);
    expect(m.stops).toHaveLength(1);
    expect(Math.abs(m.stops[0]! - 10_000)).toBeLessThan(STOPPED);
  });

  it("is not told from a host whose clock was set back; without servers that is followed", async () => {
    const m = machine(0, ahead(0));
    m.state.hardware = ENTERED + 600_000;
    await m.keeper.start();
    await m.pass(WATCH_INTERVAL);
    m.state.hardware -= 600_000;
    await m.pass(WATCH_INTERVAL);
    expect([m.clock.offset, m.stops]).toEqual([ENTERED, []]);
    const n = machine(600_000, SILENT, []);
    n.state.hardware = ENTERED + 600_000;
    await n.pass(WATCH_INTERVAL);
    n.state.hardware -= 600_000;
    await n.pass(WATCH_INTERVAL);
    expect(n.clock.offset).toBe(ENTERED);
    expect(n.lines).toEqual(["the clock of the host was set back by about 600 s: it is 2026-11-27T01:00:10.000Z"]);
  });

  it("is noticed where its own clock is read anew, as by Xen: servers are asked at once, the lease is asked about", async () => {
    const m = machine(300, ahead(0));
    await m.keeper.start();
    await m.pass(20_000);
    const asked = m.asked.length;
    m.state.own += 3_600_000;
    await m.pass(WATCH_INTERVAL);
    expect(m.lines).toEqual([
      "this machine was stopped, or the clock of its host set ahead, by about 3600 s: it is 2026-11-27T02:00:25.000Z",
      "the clock was 3600.0 s fast: set by ntp.example",
    ]);
    expect([m.stops, m.asked.length]).toEqual([[3_600_000], asked + 1]);
    expect(m.clock.offset).toBe(ENTERED);
    m.state.own -= 3_600_000;
    await m.pass(WATCH_INTERVAL);
    expect(m.lines[2]).toBe("the clock of the host was set back by about 3600 s: it is 2026-11-27T00:00:30.000Z");
    expect([m.stops.length, m.clock.offset]).toEqual([1, ENTERED]);
    // To before the program was made: that cannot be.
    m.state.own -= 86_400_000;
    await m.pass(WATCH_INTERVAL);
    expect([m.lines.length, m.clock.offset]).toEqual([4, ENTERED]);
  });
});

describe("a machine that was copied", () => {
  it("asks the servers at once, and believes one that is a year ahead", async () => {
    const year = 365 * 86_400_000;
    let off = 0;
    const m = machine(0, () => ahead(off));
    await m.keeper.start();
    await m.pass(LEAST_POLL * 4);
    const before = m.asked.length;
    off = year;
    m.keeper.copied();
    for (let i = 0; i < 5; i++) await Promise.resolve();
    expect(m.asked.length).toBe(before + 1);
    expect(m.clock.now()).toBe(ENTERED + m.state.since + year);
    expect(m.lines.at(-1)).toContain("s slow: set by ntp.example");
  });
});
