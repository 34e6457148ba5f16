import { expect, test } from "vitest";
import { FrameLines, LINES_A_SECOND } from "../../image/frame-lines.ts";
import { encodeRecordHeader, RECORD_HEADER } from "../../stack/links/pcap.ts";
import { SENT } from "../../stack/links/pcap-writer.ts";
import { sampleFrames } from "../stack/links/sample-frames.ts";

const ARP = sampleFrames()[5]!;

function records(count: number, time: number): Uint8Array {
  const size = RECORD_HEADER + ARP.frame.length;
  const bytes = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    encodeRecordHeader(bytes, i * size, time, ARP.frame.length, ARP.frame.length);
    bytes.set(ARP.frame, i * size + RECORD_HEADER);
  }
  return bytes;
}

test("a frame is a line: when since the start, which way, what", () => {
  const lines: string[] = [];
  const frames = new FrameLines((line) => lines.push(line));
  frames.show(records(1, 1_234_567), 2_000_000);
  frames.show(records(1, SENT + 2_000_000), 2_000_000);
  expect(lines).toEqual([`1.234567 In  ${ARP.line}`, `2.000000 Out ${ARP.line}`]);
});

test("so many lines a second, and how many frames there were besides", () => {
  const lines: string[] = [];
  const frames = new FrameLines((line) => lines.push(line));
  frames.show(records(LINES_A_SECOND + 50, 0), 1_000_000);
  frames.pass(7, 1_000_000);
  expect(lines.length).toBe(LINES_A_SECOND);
  // A tenth of a second later there is room for a tenth of the lines, of which none says this.
  frames.pass(0, 1_100_000);
  expect(lines.at(-1)).toBe(`57 frames more: ${LINES_A_SECOND} lines a second are shown`);
  lines.length = 0;
  frames.show(records(50, 0), 1_100_000);
  expect(lines.length).toBe(10);
  // What was not shown is said before the next frame that is.
  frames.show(records(1, 0), 9_000_000);
  expect(lines.slice(10)).toEqual(["40 frames more: 100 lines a second are shown", `0.000000 In  ${ARP.line}`]);
});
