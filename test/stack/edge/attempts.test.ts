// To which of a name's addresses a connection goes: RFC 8305 5.

import { expect, test } from "vitest";
import type { Port } from "../../../stack/base/address.ts";
import { CLOSED_REFUSED } from "../../../stack/base/streams.ts";
import { ATTEMPT_DELAY_MS, EdgeFlows } from "../../../stack/edge/flows.ts";
import type { Seam } from "../../../stack/edge/seam.ts";
import { EVENT_CLOSED, EVENT_CONNECTED } from "../../../stack/host/events.ts";

/** A seam that writes down what is asked of it, and timers that run out when they are told to. */
class Bed {
  readonly asked: string[] = [];
  readonly closed: number[] = [];
  #timers: { readonly ms: number; readonly callback: () => void }[] = [];
  readonly flows: EdgeFlows;

  constructor() {
    const seam: Partial<Seam> = {
      connect: (address) => this.asked.push(address),
      close: (handle) => void this.closed.push(handle),
      abort: (handle) => void this.closed.push(handle),
      canSecure: () => false,
    };
    this.flows = new EdgeFlows(seam as Seam, (ms, callback) => {
      const timer = { ms, callback };
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      };
    });
  }

  async connect(...addresses: string[]): Promise<string> {
    const result = await this.flows.connect(addresses, 80 as Port, "", { timeoutMs: 9000 });
    return result.ok ? "connected" : result.error.kind;
  }

  /** The timers of so many milliseconds run out. */
  async passes(ms: number): Promise<void> {
    const due = this.#timers.filter((timer) => timer.ms === ms);
    this.#timers = this.#timers.filter((timer) => timer.ms !== ms);
    for (const timer of due) timer.callback();
    await settled();
  }

  async event(kind: number, handle: number, number = 0): Promise<void> {
    this.flows.event(kind, handle, number, "");
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

test("the other family is tried when one says nothing for a while; who comes late is let go of", async () => {
  const bed = new Bed();
  const connection = bed.connect("2001:db8::1", "192.0.2.1", "2001:db8::2");
  expect(bed.asked).toEqual(["2001:db8::1"]);
  await bed.passes(ATTEMPT_DELAY_MS);
  expect(bed.asked).toEqual(["2001:db8::1", "192.0.2.1"]);
  await bed.event(EVENT_CONNECTED, 2);
  expect(await connection).toBe("connected");
  await bed.passes(ATTEMPT_DELAY_MS);
  expect(bed.asked).toHaveLength(2);
  await bed.event(EVENT_CONNECTED, 1);
  expect(bed.closed).toEqual([1]);
});

test("who refuses is followed at once", async () => {
  const bed = new Bed();
  const connection = bed.connect("2001:db8::1", "192.0.2.1");
  await bed.event(EVENT_CLOSED, 1, CLOSED_REFUSED);
  expect(bed.asked).toEqual(["2001:db8::1", "192.0.2.1"]);
  await bed.event(EVENT_CLOSED, 2, CLOSED_REFUSED);
  expect(await connection).toBe("refused");
});

test("the last to fail says why, and not before all have", async () => {
  const bed = new Bed();
  const connection = bed.connect("2001:db8::1", "192.0.2.1");
  await bed.passes(ATTEMPT_DELAY_MS);
  await bed.event(EVENT_CLOSED, 2, CLOSED_REFUSED);
  await bed.passes(9000);
  expect(await connection).toBe("timed-out");
});

test("addresses of one family come one after the other, and none at all leads nowhere", async () => {
  const bed = new Bed();
  const connection = bed.connect("192.0.2.1", "192.0.2.2");
  await bed.passes(ATTEMPT_DELAY_MS);
  expect(bed.asked).toEqual(["192.0.2.1"]);
  await bed.passes(9000);
  expect(bed.asked).toEqual(["192.0.2.1", "192.0.2.2"]);
  await bed.event(EVENT_CONNECTED, 2);
  expect(await connection).toBe("connected");
  expect(await new Bed().connect()).toBe("unreachable");
});
