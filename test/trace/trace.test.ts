import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { replay } from "./below-trace.ts";
import { recorded } from "./build.ts";
import {
  FRAME_LIMIT,
  HEADER_SIZE,
  RECORD_ACTION,
  RECORD_END,
  RECORD_FRAME,
  RECORD_POLL,
  TraceReader,
  TraceWriter,
} from "./format.ts";
import { GOLDEN_FILE, type Golden, golden } from "./golden.ts";
import { mutate } from "./mutate.ts";

/** Of each trace. */
const MUTANTS = 20;

const expected = JSON.parse(readFileSync(GOLDEN_FILE, "utf8")) as Record<string, Golden>;

describe("recorded traces", () => {
  const traces = recorded();

  test("each has its golden figures, and there are no others", () => {
    expect(Object.keys(expected).sort()).toEqual([...traces.keys()].sort());
  });

  for (const [name, trace] of traces) {
    test(`${name}: the same bytes are sent as on the day of the recording`, () => {
      expect(golden(trace)).toEqual(expected[name]);
    });

    test(`${name}: ${MUTANTS} mutants throw nothing, and what lies around a frame does not matter`, () => {
      for (let seed = 0; seed <= MUTANTS; seed++) {
        const [zeros, others] = [replay(trace, seed, 0), replay(trace, seed, 0xee)];
        expect({ seed, same: Buffer.from(zeros).equals(others) }).toEqual({ seed, same: true });
      }
    });
  }
});

describe("traces", () => {
  test("what is written is read", () => {
    const writer = new TraceWriter(5);
    writer.frame(new Uint8Array([9, 1, 2, 3]), 1, 3, false);
    writer.action(7);
    writer.poll(70_000);
    const reader = new TraceReader(writer.take());
    expect(reader.switches).toBe(5);
    expect(reader.read()).toBe(RECORD_FRAME);
    expect([...reader.bytes.subarray(reader.offset, reader.offset + reader.length)]).toEqual([1, 2, 3]);
    expect([reader.read(), reader.value]).toEqual([RECORD_ACTION, 7]);
    expect([reader.read(), reader.value]).toEqual([RECORD_POLL, 70_000]);
    expect(reader.read()).toBe(RECORD_END);
  });

  test("a trace that is cut anywhere ends before the record that is cut", () => {
    const writer = new TraceWriter(0);
    writer.poll(1);
    writer.frame(new Uint8Array(10), 0, 10, true);
    writer.action(1);
    const whole = writer.take();
    const ends = [HEADER_SIZE + 5, HEADER_SIZE + 18, HEADER_SIZE + 20];
    for (let length = 0; length <= whole.length; length++) {
      const reader = new TraceReader(whole.slice(0, length));
      let records = 0;
      while (reader.read() !== RECORD_END) records++;
      expect(records).toBe(ends.filter((end) => end <= length).length);
    }
  });

  test("what is no trace has no records; an overlong frame ends one", () => {
    expect(new TraceReader(new Uint8Array([1, 2, 3, 4, 5, 0, 0, 0, 0, 1])).read()).toBe(RECORD_END);
    const writer = new TraceWriter(0);
    writer.frame(new Uint8Array(FRAME_LIMIT + 1), 0, FRAME_LIMIT + 1, false);
    expect(new TraceReader(writer.take()).read()).toBe(RECORD_END);
  });

  test("a seed makes the same mutant each time, and other seeds other mutants", () => {
    const trace = recorded().get("curl")!;
    const mutants = new Set<string>();
    for (let seed = 1; seed <= 50; seed++) {
      const mutant = Buffer.from(mutate(trace, seed)).toString("latin1");
      expect(Buffer.from(mutate(trace, seed)).toString("latin1") === mutant).toBe(true);
      mutants.add(mutant);
    }
    expect(mutants.size).toBe(50);
  });
});
