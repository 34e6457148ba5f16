import { describe, expect, test } from "vitest";
import {
  Budget,
  CONNECTION_COST,
  LEAST_CONNECTIONS,
  LEAST_HANDSHAKES,
  LEAST_RECEIVE,
  LEAST_TLS_CONNECTIONS,
  MOST_CONNECTIONS,
  MOST_HANDSHAKES,
  TLS_CONNECTION_COST,
} from "../../../stack/base/budget.ts";
import { Shared, SharedMemory } from "../../../stack/base/shared.ts";

const MEGABYTE = 1024 * 1024;

describe("the budget", () => {
  test("divides the memory and no more than that", () => {
    for (const megabytes of [6, 14, 62, 200]) {
      const memory = megabytes * MEGABYTE;
      const budget = new Budget(memory);
      const all = budget.connections * CONNECTION_COST + budget.receive + budget.send + budget.small + budget.exchanges;
      expect(all).toBeLessThanOrEqual(memory);
    }
  });

  test("is for 3,000 connections and more with the 14 MB that a machine of 64 MB has for it", () => {
    const budget = new Budget(14 * MEGABYTE);
    expect([budget.connections, budget.receive, budget.send, budget.small, budget.exchanges]).toEqual([
      3584,
      3.5 * MEGABYTE,
      0.875 * MEGABYTE,
      0.875 * MEGABYTE,
      1.75 * MEGABYTE,
    ]);
  });

  test("has a share for TLS beside, an eighth as much, which its handshakes are a part of", () => {
    for (const megabytes of [6, 14, 62, 200]) {
      const memory = megabytes * MEGABYTE;
      const budget = new Budget(memory);
      expect(budget.tlsConnections * TLS_CONNECTION_COST + budget.handshakes).toBeLessThanOrEqual(memory / 8);
    }
    const small = new Budget(14 * MEGABYTE);
    expect([small.tlsConnections, small.handshakes]).toEqual([392, 224 * 1024]);
    const least = new Budget(0);
    expect([least.tlsConnections, least.handshakes]).toEqual([LEAST_TLS_CONNECTIONS, LEAST_HANDSHAKES]);
    const most = new Budget(2 ** 32);
    expect([most.tlsConnections, most.handshakes]).toEqual([MOST_CONNECTIONS / 8, MOST_HANDSHAKES]);
  });

  test("is promised in full from 4 MB on, and not at all up to 2: there the machine must come up first", () => {
    expect([1, 2, 3, 4, 64].map((megabytes) => new Budget(megabytes * MEGABYTE).promised)).toEqual([0, 0, 0.5, 1, 1]);
  });

  test("has its least and its most", () => {
    expect([new Budget(0).connections, new Budget(0).receive]).toEqual([LEAST_CONNECTIONS, LEAST_RECEIVE]);
    expect(new Budget(2 ** 32).connections).toBe(MOST_CONNECTIONS);
  });
});

describe("shared bytes", () => {
  test("are counted from the first holder to the last", () => {
    const memory = new SharedMemory();
    const shared = new Shared(new Uint8Array(100));
    memory.hold(shared);
    memory.hold(shared);
    expect(memory.held).toBe(100);
    memory.letGo(shared);
    expect(memory.held).toBe(100);
    memory.letGo(shared);
    expect(memory.held).toBe(0);
  });

  test("that are kept are not in flight, however often they are kept or let go", () => {
    const memory = new SharedMemory();
    const shared = new Shared(new Uint8Array(100));
    memory.keep(shared);
    memory.keep(shared);
    memory.hold(shared);
    expect([memory.held, memory.kept, memory.inFlight]).toEqual([100, 100, 0]);
    memory.drop(shared);
    memory.drop(shared);
    expect([memory.held, memory.kept, memory.inFlight]).toEqual([100, 0, 100]);
    memory.letGo(shared);
    expect(memory.held).toBe(0);
  });
});
