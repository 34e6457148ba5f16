import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NEVER } from "../../../stack/base/result.ts";
import { DeadlineWheel } from "../../../stack/http1/wheel.ts";

const ENTRIES = 8;

describe("DeadlineWheel", () => {
  it("finds every deadline when it has come, at most a tick late, and no other", () => {
    const operation = fc.tuple(fc.nat(ENTRIES - 1), fc.nat(200_000), fc.nat(3000), fc.boolean());
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.array(operation, { maxLength: 60 }), (origin, operations) => {
        const tick = 100;
        const wheel = new DeadlineWheel(ENTRIES, tick);
        const expected = new Map<number, number>();
        let now = origin;
        const pump = (): void => {
          for (let entry = wheel.pop(now); entry >= 0; entry = wheel.pop(now)) {
            const deadline = expected.get(entry) ?? NEVER;
            expect(deadline).toBeLessThanOrEqual(now);
            expected.delete(entry);
          }
          for (let entry = 0; entry < ENTRIES; entry++)
            expect((expected.get(entry) ?? NEVER) + tick).toBeGreaterThan(now);
        };
        for (const [entry, after, pass, clear] of operations) {
          if (clear) {
            wheel.clear(entry);
            expected.delete(entry);
          } else {
            wheel.set(entry, now + after, now);
            expected.set(entry, now + after);
          }
          now += pass;
          pump();
        }
        for (let i = 0; i < 5000 && expected.size > 0; i++) {
          const next = wheel.nextDeadline();
          expect(next).toBeLessThan(NEVER);
          now = Math.max(now, next);
          pump();
        }
        expect(expected.size).toBe(0);
        expect(wheel.nextDeadline()).toBe(NEVER);
      }),
      { numRuns: 150 },
    );
  });

  it("does not move an entry whose deadline moves later until its old time has come", () => {
    const wheel = new DeadlineWheel(1, 100);
    wheel.set(0, 1000, 0);
    wheel.set(0, 5000, 0);
    expect(wheel.nextDeadline()).toBe(1100);
    expect(wheel.pop(1100)).toBe(-1);
    expect(wheel.nextDeadline()).toBe(5100);
    expect(wheel.pop(5100)).toBe(0);
  });
});
