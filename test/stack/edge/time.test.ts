import { describe, expect, test } from "vitest";
import type { Seam } from "../../../stack/edge/seam.ts";
import { EdgeTime, REFUSED_FOR, SAMPLE_INTERVAL, TIME_SERVERS } from "../../../stack/edge/time.ts";
import { TIME_NO_ANSWER, TIME_REFUSED, TIME_UNSYNCHRONISED } from "../../../stack/ntp/machine.ts";

/** What a server says, each time: offset and error, or a code. */
type Word = readonly [number, number] | number;

/** Servers by address; names have the addresses that begin with them. */
class Net {
  readonly asked: string[] = [];
  readonly waits: number[] = [];
  now = 0;
  readonly time: EdgeTime;
  #current: readonly [number, number] = [0, 0];

  constructor(words: Readonly<Record<string, Word | readonly Word[]>>) {
    const counts = new Map<string, number>();
    const seam: Partial<Seam> = {
      askTime: (address) => {
        const token = this.asked.push(address);
        const all = words[address]!;
        const nth = counts.get(address) ?? 0;
        counts.set(address, nth + 1);
        const list = (Array.isArray(all) && Array.isArray(all[0]) ? all : [all]) as readonly Word[];
        const word = list[Math.min(nth, list.length - 1)]!;
        queueMicrotask(() => {
          if (typeof word !== "number") this.#current = word;
          this.time.told(token, typeof word === "number" ? word : 0);
        });
        return token;
      },
      toldOffset: () => this.#current[0],
      toldError: () => this.#current[1],
    };
    this.time = new EdgeTime(
      seam as Seam,
      async (name) => {
        const found = Object.keys(words).filter((address) => address.startsWith(name));
        return found.length > 0 ? { ok: true, value: found } : { ok: false, error: { kind: "no-such-name", name } };
      },
      (ms, callback) => {
        this.waits.push(ms);
        queueMicrotask(callback);
        return () => {};
      },
      () => this.now,
    );
  }
}

describe("the time by servers", () => {
  test("all of a name are asked, four at most, and a falseticker is left out", async () => {
    const net = new Net({ a1: [100, 20], a2: [104, 5], a3: [9_000_000, 1], a4: [99, 10], a5: [0, 1] });
    expect(await net.time.ask(["a"], 1)).toEqual({ ok: true, value: { offset: 104, error: 5, servers: 4 } });
    expect(net.asked).toHaveLength(TIME_SERVERS);
    expect(net.waits).toEqual([]);
  });

  test("of four samples, two seconds apart, that of the shortest way counts", async () => {
    const net = new Net({
      a: [
        [130, 40],
        [101, 3],
        [80, 30],
        [120, 30],
      ] as const,
    });
    expect(await net.time.ask(["a"], 4)).toEqual({ ok: true, value: { offset: 101, error: 3, servers: 1 } });
    expect(net.waits).toEqual([SAMPLE_INTERVAL, SAMPLE_INTERVAL, SAMPLE_INTERVAL]);
  });

  test("servers that do not agree are not believed", async () => {
    const net = new Net({ a: [100, 5], b: [200, 5] });
    expect(await net.time.ask(["a", "b"], 1)).toEqual({ ok: false, error: { kind: "disagree" } });
  });

  test("who does not want to be asked is not, for a day (RFC 4330 8)", async () => {
    const net = new Net({ a: TIME_REFUSED, b: [7, 1] });
    const told = await net.time.ask(["a", "b"], 1);
    expect(told.ok && told.value.offset).toBe(7);
    expect(await net.time.ask(["a"], 1)).toEqual({ ok: false, error: { kind: "refused" } });
    expect(net.asked).toEqual(["a", "b"]);
    net.now = REFUSED_FOR + 1;
    await net.time.ask(["a"], 1);
    expect(net.asked).toEqual(["a", "b", "a"]);
  });

  test("why there is no time is told", async () => {
    const net = new Net({ a: TIME_NO_ANSWER, b: TIME_UNSYNCHRONISED });
    expect(await net.time.ask(["a"], 4)).toEqual({ ok: false, error: { kind: "no-answer" } });
    expect(await net.time.ask(["b"], 1)).toEqual({ ok: false, error: { kind: "unsynchronised" } });
    const unknown = await net.time.ask(["x"], 1);
    expect(!unknown.ok && unknown.error.kind).toBe("resolve");
  });
});
