import { describe, expect, test } from "vitest";
import { Shared, SharedMemory } from "../../../stack/base/shared.ts";
import { Ranges } from "../../../stack/tls/ranges.ts";
import { pattern, toHex } from "../../support/bytes.ts";

describe("ranges to be sealed", () => {
  test("come out in their order, over any number of ranges at a time, and are let go of when they have", () => {
    const memory = new SharedMemory();
    const ranges = new Ranges();
    const bytes = pattern(100);
    ranges.push(new Shared(bytes), 10, 30, memory);
    ranges.push(new Shared(bytes), 0, 10, memory);
    ranges.push(new Shared(bytes), 40, 60, memory);
    expect(memory.held).toBe(300);
    const into = new Uint8Array(50);
    ranges.gather(into, 35, memory);
    expect(toHex(into, 0, 35)).toBe(toHex(bytes, 10, 30) + toHex(bytes, 0, 5));
    expect(ranges.count).toBe(2);
    expect(ranges.queued).toBe(65);
    expect(memory.held).toBe(200);
    ranges.clear(memory);
    expect(ranges.queued).toBe(0);
    expect(memory.held).toBe(0);
  });

  test("a queue that is never empty keeps no places of what has left", () => {
    const memory = new SharedMemory();
    const ranges = new Ranges();
    const bytes = new Uint8Array(7);
    ranges.push(new Shared(bytes), 0, 7, memory);
    for (let i = 0; i < 1000; i++) {
      ranges.push(new Shared(bytes), 0, 7, memory);
      ranges.drop(7, memory);
      expect(ranges.places).toBeLessThan(70);
    }
    expect(ranges.count).toBe(1);
    expect(memory.held).toBe(7);
  });
});
