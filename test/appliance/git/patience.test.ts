import { describe, expect, it } from "vitest";
import {
  BEGIN_WITHIN,
  HURRIED,
  HURRIED_WITHIN,
  LEAST_PROGRESS,
  LEAST_RATE,
  Patience,
  SILENCE,
  WINDOW,
} from "../../../appliance/git/patience.ts";

const SECOND = 1_000_000;

/** A server that does `each` every second; the second at which it is given up, or 0 when it is not within an hour. */
function givenUpAfter(each: (patience: Patience, second: number) => void): number {
  let now = 0;
  const patience = new Patience(() => now);
  for (let second = 1; second <= 3600; second++) {
    now += SECOND;
    each(patience, second);
    if (patience.isOver()) return second;
  }
  return 0;
}

describe("patience with a forge", () => {
  it("ends after a silence, before and after the pack began", () => {
    expect(givenUpAfter(() => {})).toBe(SILENCE / SECOND + 1);
    expect(
      givenUpAfter((patience, second) => {
        if (second === 10) patience.received(1_000_000);
      }),
    ).toBeLessThanOrEqual(10 + (2 * WINDOW) / SECOND);
  });

  it("ends when there is only talk of progress", () => {
    expect(givenUpAfter((patience) => patience.progressed(1000))).toBe(BEGIN_WITHIN / SECOND + 1);
  });

  it("ends when what comes is too slow, and only then", () => {
    expect(givenUpAfter((patience) => patience.received(1))).toBe(1 + WINDOW / SECOND);
    expect(givenUpAfter((patience) => patience.received(LEAST_RATE))).toBe(0);
    expect(givenUpAfter((patience) => patience.received(LEAST_RATE - 1))).toBe(1 + (2 * WINDOW) / SECOND);
  });

  it("is short when a newer update waits, but not with a server at work", () => {
    const hurried = (each: (patience: Patience) => void): number =>
      givenUpAfter((patience, second) => {
        if (second === 20) patience.hurry();
        each(patience);
      });
    expect(hurried((patience) => patience.received(1))).toBe(20 + HURRIED / SECOND);
    expect(hurried((patience) => patience.progressed(1))).toBe(20 + HURRIED / SECOND);
    // However it gets on, it is overtaken in the end.
    const overtaken = 20 + HURRIED_WITHIN / SECOND + 1;
    expect(hurried((patience) => patience.progressed(LEAST_PROGRESS))).toBe(overtaken);
    expect(hurried((patience) => patience.received(10 * LEAST_RATE))).toBe(overtaken);
    expect(
      givenUpAfter((patience, second) => {
        if (second === 1) patience.progressed(500);
        if (second === 20) patience.hurry();
      }),
    ).toBe(20);
  });
});
