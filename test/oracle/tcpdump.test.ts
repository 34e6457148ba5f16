// Every frame that was ever recorded, shown by our printers and by tcpdump: the same line, but for what ours say more.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { printFrame } from "../../stack/links/print.ts";
import { want } from "../../tools/setup.ts";
import { pcapOf } from "../support/wire.ts";
import { RECORD_END, RECORD_FRAME, RECORD_VOUCHED, TraceReader } from "../trace/format.ts";

const TRACES = join(import.meta.dirname, "../trace/data");
const tool = want("tcpdump");

describe.skipIf(!tool)(`lines of tcpdump${tool ? "" : " (skipped: there is no tcpdump)"}`, () => {
  for (const file of readdirSync(TRACES).filter((name) => name.endsWith(".trace")))
    test(file, () => {
      const frames = framesOf(new Uint8Array(readFileSync(join(TRACES, file))));
      expect(frames.length).toBeGreaterThan(0);
      const ours = frames.map((frame) => printFrame(frame, 0, frame.length, frame.length));
      expect(ours.map(common)).toEqual(tcpdump(frames).map(common));
    });
});

/** What both say: tcpdump has a word for each segment of a port, ours look what it is; ours show more of some. */
function common(line: string): string {
  return line
    .replace(/: HTTP.*$/, "")
    .replace(/^(.*BOOTP\/DHCP, ).*(, length \d+)$/, "$1$2")
    .replace(/, gaddr [0-9a-f:]+/, "")
    .replace(/: frag [^,]*, icmp$/, ": ip-proto-1")
    .replace(/frag \d+:\d+@0\+, /, "");
}

function tcpdump(frames: readonly Uint8Array[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "epiphyte-tcpdump-"));
  try {
    const file = join(folder, "frames.pcap");
    writeFileSync(file, pcapOf(frames.map((frame) => ({ at: 0, frame }))));
    const words = ["-nn", "-t", "-S", "-r", file];
    const text = execFileSync("tcpdump", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return text.trimEnd().split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function framesOf(trace: Uint8Array): Uint8Array[] {
  const reader = new TraceReader(trace);
  const frames: Uint8Array[] = [];
  for (let kind = reader.read(); kind !== RECORD_END; kind = reader.read())
    if (kind === RECORD_FRAME || kind === RECORD_VOUCHED)
      frames.push(trace.slice(reader.offset, reader.offset + reader.length));
  return frames;
}
