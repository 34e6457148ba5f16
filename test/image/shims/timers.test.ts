import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as timers from "../../../image/shims/timers.ts";

let now = 0;
let calls: string[] = [];
const call = (name: string) => (): void => {
  calls.push(name);
};

beforeEach(() => {
  now = 1_000_000;
  calls = [];
  vi.stubGlobal("nativeNow", () => now);
});
afterEach(() => {
  timers.runTimers(Number.MAX_SAFE_INTEGER);
  vi.unstubAllGlobals();
});

describe("timers", () => {
  test("run when due, in order of time and then of age", () => {
    timers.setTimeout(call("b"), 2);
    timers.setTimeout(call("c"), 2);
    timers.setTimeout(call("a"), 1);
    expect(timers.nextTimer()).toBe(1_001_000);
    timers.runTimers(1_000_999);
    expect(calls).toEqual([]);
    timers.runTimers(1_002_000);
    expect(calls).toEqual(["a", "b", "c"]);
    expect(timers.nextTimer()).toBe(Number.POSITIVE_INFINITY);
  });

  test("what a callback sets for now waits for the next turn", () => {
    timers.setTimeout(() => timers.setTimeout(call("inner")), 0);
    timers.runTimers(now);
    expect(calls).toEqual([]);
    timers.runTimers(now);
    expect(calls).toEqual(["inner"]);
  });

  test("a callback may clear one that is due in the same turn", () => {
    let second = 0;
    timers.setTimeout(() => timers.clearTimeout(second), 1);
    second = timers.setTimeout(call("second"), 1);
    timers.runTimers(now + 1000);
    expect(calls).toEqual([]);
  });

  test("an interval goes on until it is cleared, and does not catch up", () => {
    const id = timers.setInterval(call("tick"), 10);
    timers.runTimers(now + 35_000);
    expect(calls).toEqual(["tick"]);
    expect(timers.nextTimer()).toBe(now + 45_000);
    timers.clearInterval(id);
    expect(timers.nextTimer()).toBe(Number.POSITIVE_INFINITY);
  });

  test("values are handed on; clearing what is gone does nothing", () => {
    const id = timers.setTimeout((...values) => calls.push(values.join()), 0, 1, "x");
    timers.runTimers(now);
    timers.clearTimeout(id);
    timers.clearTimeout(undefined);
    expect(calls).toEqual(["1,x"]);
  });
});
