import { expect, test } from "vitest";
import { Edge, type EdgeListener } from "../../../stack/edge/edge.ts";
import type { Seam } from "../../../stack/edge/seam.ts";

const NOBODY: EdgeListener = { configured() {}, addressLost() {}, notice() {}, power() {}, access() {}, copied() {} };

/** An edge over a seam whose poll throws, at work on this. */
function broken(work: string): Edge {
  const seam: Partial<Seam> = {
    poll() {
      throw new RangeError("a range outside of its array");
    },
    atWork: () => work,
  };
  return new Edge(seam as Seam, NOBODY, () => () => {});
}

test("a fault below the seam says what it was about, and stays the error that it was", () => {
  expect(() => broken("holding a frame of 60 bytes (ARP): ff").turn(1)).toThrow(
    "a range outside of its array, holding a frame of 60 bytes (ARP): ff",
  );
  expect(() => broken("in the timers of TCP").turn(1)).toThrow(RangeError);
  expect(() => broken("").turn(1)).toThrow(/array$/);
});
