import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LONGEST_LINE, printFrame } from "../../../stack/links/print.ts";
import { longAnswer, sampleFrames } from "./sample-frames.ts";

describe("a frame is one line, as tcpdump writes it", () => {
  test("each protocol", () => {
    const lines: string[] = [];
    const wanted: string[] = [];
    for (const sample of sampleFrames()) {
      lines.push(printFrame(sample.frame, 0, sample.frame.length, sample.frame.length));
      wanted.push(sample.line);
    }
    expect(lines).toEqual(wanted);
  });

  test("wherever it lies, and never what lies around it", () => {
    for (const sample of sampleFrames()) {
      const { frame } = sample;
      const around = new Uint8Array(frame.length + 100);
      for (let i = 0; i < around.length; i++) around[i] = 0x41;
      around.set(frame, 33);
      expect(printFrame(around, 33, frame.length, frame.length)).toBe(sample.line);
    }
  });

  test("of which only the beginning was kept", () => {
    for (const sample of sampleFrames())
      for (let captured = 0; captured <= sample.frame.length; captured++)
        expect(isLine(printFrame(sample.frame, 0, captured, sample.frame.length))).toBe(true);
  });

  test("padding of the frame is no payload", () => {
    const { frame, line } = sampleFrames()[13]!;
    const padded = new Uint8Array(frame.length + 20);
    padded.set(frame);
    expect(printFrame(padded, 0, padded.length, padded.length)).toBe(line);
  });
});

describe("what a frame carries is not shown", () => {
  test("nor any of its characters", () => {
    for (const sample of sampleFrames()) {
      expect(sample.line.includes("secret")).toBe(false);
      expect(sample.line.includes("c2VjcmV0")).toBe(false);
    }
  });
});

describe("any bytes", () => {
  test("make a line", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 120 }), (bytes) =>
        isLine(printFrame(bytes, 0, bytes.length, bytes.length)),
      ),
    );
  });

  test("in a frame of a known kind make a line", () => {
    const samples = sampleFrames();
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: samples.length - 1 }),
        fc.integer({ min: 12, max: 120 }),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        (which, at, bytes) => {
          const frame = samples[which]!.frame.slice(0);
          for (let i = 0; i < bytes.length; i++) if (at + i < frame.length) frame[at + i] = bytes[i]!;
          return isLine(printFrame(frame, 0, frame.length, frame.length));
        },
      ),
    );
  });

  test("that are too much for a line are cut", () => {
    const frame = longAnswer();
    const line = printFrame(frame, 0, frame.length, frame.length);
    expect(line.length).toBe(LONGEST_LINE);
    expect(line.slice(LONGEST_LINE - 4, LONGEST_LINE)).toBe("a...");
  });
});

/** Printable ASCII, and no longer than a line may be. */
function isLine(line: string): boolean {
  for (let i = 0; i < line.length; i++) if (line.charCodeAt(i) < 0x20 || line.charCodeAt(i) > 0x7e) return false;
  return line.length > 0 && line.length <= LONGEST_LINE;
}
