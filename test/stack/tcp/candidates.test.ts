import { describe, expect, test } from "vitest";
import { type Client, NO_CLIENT } from "../../../stack/base/path.ts";
import { BATCH, HEAVY, Room } from "../../../stack/tcp/candidates.ts";
import { random } from "./harness.ts";

describe("the connections that are furthest behind", () => {
  test("are kept, worst first, of those that are alike the first to come", () => {
    const next = random(5);
    for (let round = 0; round < 50; round++) {
      const room = new Room();
      const entered: { readonly index: number; readonly lag: number }[] = [];
      const count = 1 + Math.floor(next() * 3 * BATCH);
      for (let index = 0; index < count; index++) {
        const lag = Math.floor(next() * (round % 2 === 0 ? 20 : 100_000));
        room.enter(index, lag);
        entered.push({ index, lag });
      }
      const expected = entered.sort((a, b) => b.lag - a.lag || a.index - b.index).slice(0, BATCH);
      expect(room.found).toBe(expected.length);
      const found = Array.from({ length: room.found }, (_, i) => ({ index: room.worst[i]!, lag: room.lags[i]! }));
      expect(found).toEqual(expected);
    }
  });
});

describe("the addresses that have much", () => {
  test("are among the candidates whenever they have more than their part, in whatever order what they have is counted", () => {
    const next = random(9);
    for (let round = 0; round < 200; round++) {
      const room = new Room();
      const had: number[] = [];
      let total = 0;
      for (let i = 0; i < 60; i++) {
        const path = Math.floor(next() * next() * 12);
        const amount = 1 + Math.floor(next() * 50);
        room.count(path as Client, amount);
        while (had.length <= path) had.push(0);
        had[path] = had[path]! + amount;
        total += amount;
      }
      const candidates: number[] = [];
      for (let k = 0; k < HEAVY; k++) if (room.amounts[k]! > 0) candidates.push(room.clients[k]!);
      expect(new Set(candidates).size).toBe(candidates.length);
      had.forEach((amount, path) => {
        if (amount > total / (HEAVY + 1)) expect(candidates).toContain(path);
      });
    }
  });

  test("are none at first", () => {
    expect(new Room().heavy).toBe(NO_CLIENT);
  });
});
