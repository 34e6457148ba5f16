// The engine finds what it should, on targets of a few lines.

import { describe, expect, test } from "vitest";
import { Fuzzer } from "./engine.ts";
import { check, type Target } from "./target.ts";

describe("the fuzzer", () => {
  const stub = (run: (bytes: Uint8Array) => void, limit = 40): Target => ({
    name: "stub",
    limit,
    words: ["magic"],
    seeds: () => [Uint8Array.from([1, 2, 3])],
    run,
  });
  const fuzz = (target: Target, steps: number): Fuzzer | { readonly input: Uint8Array; readonly what: string } => {
    const fuzzer = new Fuzzer(target, 3);
    for (const bytes of target.seeds()) fuzzer.add(bytes);
    for (let i = 0; i < steps; i++) {
      const fault = fuzzer.step();
      if (fault !== undefined) return fuzzer.shorten(fault);
    }
    return fuzzer;
  };
  /** What the bundle writes into the text of a decoder. */
  const at = (place: number): void => void (Reflect.get(globalThis, "mutant") as (id: number) => boolean)(place);

  test("finds a fault behind a word of the format, and makes its input short", () => {
    const found = fuzz(
      stub((bytes) => {
        at(0);
        const text = String.fromCharCode(...bytes);
        if (!text.includes("magic")) return;
        at(1);
        check(!/magic.*ma/.test(text), "twice");
      }),
      20_000,
    );
    expect("what" in found && found.what).toContain("twice");
    expect("input" in found && found.input.length).toBe(7);
  });

  test("goes on from what came by a new place", () => {
    // Four bytes in their order by chance: one in four milliards. Step by step it is soon done.
    const word = [7, 99, 200, 5];
    const found = fuzz(
      stub((bytes) => {
        at(0);
        for (let i = 0; i < word.length; i++) {
          if (bytes[i] !== word[i]) return;
          at(i + 1);
        }
        throw new Error("all four");
      }, 8),
      200_000,
    );
    expect("what" in found && found.what).toContain("all four");
  });

  test("keeps as few inputs as come by all places", () => {
    const found = fuzz(
      stub((bytes) => {
        for (const byte of bytes) at(byte & 3);
      }, 8),
      3000,
    );
    const smallest = found instanceof Fuzzer ? found.smallest() : [];
    expect(new Set(smallest.flatMap((bytes) => [...bytes].map((byte) => byte & 3)))).toEqual(new Set([0, 1, 2, 3]));
    expect(smallest.length).toBeLessThan(12);
  });

  test("counts work, and takes a loop without an end for a fault", () => {
    const round = Reflect.get(globalThis, "mutantLoop") as () => void;
    const found = fuzz(
      stub((bytes) => {
        at(0);
        while (bytes[0] !== 1) round();
      }),
      1000,
    );
    expect("what" in found && found.what).toContain("the work has no bound");
  });
});
