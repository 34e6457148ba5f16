// Writes down what the recorded traces give today: data/golden.json. Look at the difference before it is committed: a
// change of the figures (requests answered, retransmits) says that the recorded peers no longer fit what the host sends,
// and that the traces want to be recorded anew.
//
//   node tools/run.mjs test/trace/golden.ts

import "../../image/native-node.ts";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../image/build/run.ts";
import { figures, replay } from "./below-trace.ts";
import { recorded } from "./build.ts";

export interface Golden {
  readonly polls: number;
  /** Hexadecimal; over all that every poll let be seen. */
  readonly digest: string;
  /** The host's figures at the end that are not 0. */
  readonly figures: Readonly<Record<string, number>>;
}

export function golden(trace: Uint8Array): Golden {
  const digests = replay(trace, 0, 0);
  const rows = figures(trace, 0)
    .split("\n")
    .map((line) => line.split(" "));
  return {
    polls: digests.length / 4 - 1,
    digest: Buffer.from(digests.subarray(-4)).toString("hex"),
    figures: Object.fromEntries(
      rows.map(([name = "", value]) => [name, Number(value)]).filter(([, value]) => value !== 0),
    ),
  };
}

export const GOLDEN_FILE = join(root, "test/trace/data/golden.json");

if (import.meta.main) {
  const all = Object.fromEntries([...recorded()].map(([name, trace]) => [name, golden(trace)]));
  writeFileSync(GOLDEN_FILE, `${JSON.stringify(all, null, 2)}\n`);
}
