import { describe, expect, it } from "vitest";
import { setByServer, type TimeSource, WallClock } from "../../image/wall-clock.ts";

const MADE = Date.UTC(2026, 10, 27);
const ENTERED = MADE + 3_600_000;

/** A machine entered at ENTERED, whose own clock is off by so many milliseconds. */
function machine(off: number) {
  let since = 0;
  const clock = new WallClock(
    () => ENTERED + since + off,
    () => since,
    MADE,
  );
  const lines: string[] = [];
  const set: number[] = [];
  const waits: number[] = [];
  return {
    clock,
    lines,
    set,
    waits,
    later: (ms: number) => {
      since += ms;
    },
    by: (source: TimeSource) =>
      setByServer(
        clock,
        "ntp.example",
        source,
        { info: (text) => lines.push(text), warn: (text) => lines.push(`WARN ${text}`) },
        async (ms) => {
          waits.push(ms);
          since += ms;
        },
        (offset) => set.push(offset),
      ),
  };
}

const right: TimeSource = { askTime: async () => ({ ok: true, value: ENTERED }) };
const silent: TimeSource = { askTime: async () => ({ ok: false, error: { kind: "no-answer" } }) };

describe("the wall clock", () => {
  it("takes the date from another clock where nobody told it, never an earlier one", () => {
    const clock = new WallClock(
      () => 5000,
      () => 5000,
      MADE,
    );
    expect(clock.believable).toBe(false);
    clock.adopt(0);
    expect(clock.now()).toBe(5000);
    clock.adopt(ENTERED);
    expect(clock.now()).toBe(ENTERED);
    expect(clock.believable).toBe(true);
    clock.adopt(MADE);
    expect(clock.now()).toBe(ENTERED);
  });

  it("is the machine's own until a server has answered, and then the server's", async () => {
    const m = machine(-5_400_000);
    m.later(1000);
    expect(m.clock.now()).toBe(ENTERED + 1000 - 5_400_000);
    expect(m.clock.believable).toBe(false);
    await m.by(right);
    expect(m.lines).toEqual(["the clock was 5400.0 s slow: set by ntp.example"]);
    expect(m.clock.now()).toBe(ENTERED + 1000);
    m.later(60_000);
    expect(m.clock.now()).toBe(ENTERED + 61_000);
    expect(m.set).toEqual([ENTERED]);
    expect(m.clock.believable).toBe(true);
  });

  it("says nothing about what is less than a second", async () => {
    const m = machine(999);
    await m.by(right);
    expect(m.lines).toEqual([]);
    expect(m.clock.now()).toBe(ENTERED);
    const n = machine(1000);
    await n.by(right);
    expect(n.lines).toEqual(["the clock was 1.0 s fast: set by ntp.example"]);
  });

  it("is believed without a server when it can be", async () => {
    const m = machine(0);
    await m.by(silent);
    expect(m.lines).toEqual([
      "the time server ntp.example was of no use (no answer): this machine's own clock is used, 2026-11-27T01:00:00.000Z",
    ]);
    expect(m.set).toEqual([]);
  });

  it("is asked for again when it cannot be, with waits that grow to five minutes", async () => {
    const m = machine(-ENTERED);
    let asked = 0;
    await m.by({
      askTime: async () => (++asked < 12 ? silent : right).askTime(""),
    });
    expect(m.waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((s) => s * 1000));
    expect(m.lines[0]).toBe(
      "WARN this machine's clock says 1970-01-01T00:00:00.000Z, which is before this program was made, and the time " +
        "server ntp.example was of no use (no answer): no certificate can be judged. It is asked again; --ntp names another",
    );
    expect(m.clock.now()).toBe(ENTERED + 1410_000);
  });

  it("does not take a time before the program was made", async () => {
    const m = machine(0);
    await m.by({ askTime: async () => ({ ok: true, value: MADE - 1 }) });
    expect(m.lines[0]).toContain("its answer is a time before this program was made");
    expect(m.clock.now()).toBe(ENTERED);
  });
});
