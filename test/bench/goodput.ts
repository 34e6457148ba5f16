// Goodput of one download between two machines under a virtual clock, over links that lose, reorder and queue.
//
//   node tools/run.mjs test/bench/goodput.ts [--json] [SEEDS]
//
// Each row is the mean of several seeds. The peer is our own TCP; beside Linux it is measured in test/e2e/lossy.test.ts.

import "../../image/native-node.ts";
import { RECOVERIES, RECOVERIES_UNDONE, RETRANSMITS, TAIL_PROBES, TIMEOUTS } from "../../stack/base/counters.ts";
import type { TcpLimits } from "../../stack/tcp/limits.ts";
import { PATTERN, type RecordingSink } from "../stack/tcp/harness.ts";
import { type LinkQuality, Pair } from "../stack/tcp/pair.ts";

const LENGTH = 2_000_000;
const MBIT = 0.125;
const HOURS = 3_600_000_000;

interface Row {
  readonly name: string;
  readonly mbits: number;
  readonly again: number;
  readonly recoveries: number;
  readonly undone: number;
  readonly probes: number;
  readonly timeouts: number;
}

function download(quality: LinkQuality, length: number, ecn: boolean): { readonly mbits: number; readonly pair: Pair } {
  const pair = new Pair(quality, (limits: TcpLimits, _sink: RecordingSink): void => {
    limits.ecn = ecn;
  });
  const { a, b } = pair;
  b.tcp.listen(80, b.userNumber, 262_144);
  // The window must not be what limits it.
  const handle = a.tcp.connect(a.path, 80, a.userNumber, 262_144, 0);
  let sent = 0;
  let received = 0;
  b.user.onReadable = (h): void => {
    received += b.tcp.readLength(h);
    b.tcp.consume(h, b.tcp.readLength(h));
  };
  b.user.reads = false;
  pair.run(HOURS, () => {
    while (a.user.handle >= 0 && sent < length) {
      const n = Math.min(50_000, length - sent);
      if (!a.tcp.send(handle, PATTERN, sent % 1_000_000, n)) break;
      sent += n;
    }
    return received === length;
  });
  if (received !== length) throw new Error(`${received} of ${length} bytes have come`);
  return { mbits: (length * 8) / pair.now, pair };
}

function row(name: string, quality: Omit<LinkQuality, "seed">, seeds: number, length = LENGTH, ecn = true): Row {
  const sums = { mbits: 0, again: 0, recoveries: 0, undone: 0, probes: 0, timeouts: 0 };
  for (let seed = 1; seed <= seeds; seed++) {
    const { mbits, pair } = download({ ...quality, seed }, length, ecn);
    const { tcp } = pair.a;
    sums.mbits += mbits / seeds;
    sums.again += tcp.counts(RETRANSMITS) / seeds;
    sums.recoveries += tcp.counts(RECOVERIES) / seeds;
    sums.undone += tcp.counts(RECOVERIES_UNDONE) / seeds;
    sums.probes += tcp.counts(TAIL_PROBES) / seeds;
    sums.timeouts += tcp.counts(TIMEOUTS) / seeds;
  }
  return { name, ...sums };
}

const words = process.argv.slice(2);
const seeds = Number(words.find((word) => /^\d+$/.test(word)) ?? 3);
const rows: Row[] = [];
for (const [ms, label] of [
  [1, "1 ms"],
  [25, "50 ms"],
  [100, "200 ms"],
  [500, "1 s"],
] as const)
  for (const loss of [0, 0.01, 0.03, 0.05, 0.1]) {
    const quality = { loss, duplication: 0, reordering: 0, delay: ms * 1000, rate: 100 * MBIT, queue: 1000 };
    rows.push(row(`${label === "1 ms" ? "2 ms" : label}, ${loss * 100} % loss`, quality, seeds));
  }
const still = { loss: 0, duplication: 0, reordering: 0, delay: 25_000, rate: 100 * MBIT };
rows.push(row("50 ms, 100 Mbit/s, queue of 200", { ...still, queue: 200 }, seeds, 4 * LENGTH));
rows.push(row("50 ms, 10 Mbit/s, queue of 50", { ...still, rate: 10 * MBIT, queue: 50 }, seeds, 4 * LENGTH));
for (const [name, rate] of [
  ["10 Mbit/s", 10],
  ["100 Mbit/s", 100],
] as const) {
  const codel = { ...still, rate: rate * MBIT, queue: 1000, mark: 5000 };
  rows.push(row(`50 ms, ${name}, CoDel`, codel, seeds, 4 * LENGTH));
  rows.push(row(`50 ms, ${name}, CoDel, no ECN`, codel, seeds, 4 * LENGTH, false));
}
rows.push(row("50 ms, 2 % loss, 5 % reordered", { ...still, queue: 200, loss: 0.02, reordering: 0.05 }, seeds));
rows.push(row("50 ms, 5 % reordered", { ...still, queue: 1000, reordering: 0.05 }, seeds));
rows.push(row("50 ms, 5 % doubled", { ...still, queue: 1000, duplication: 0.05 }, seeds));

if (words.includes("--json")) console.log(JSON.stringify(rows));
else {
  console.log("| link | Mbit/s | segments sent again | recoveries | undone | tail probes | timeouts |");
  console.log("|---|---|---|---|---|---|---|");
  for (const r of rows) {
    const cells = [r.again, r.recoveries, r.undone, r.probes, r.timeouts].map((n) => n.toFixed(1));
    console.log(`| ${r.name} | ${r.mbits.toFixed(2)} | ${cells.join(" | ")} |`);
  }
}
