// What rendering a document costs by its length, in instructions of user space: the `process` target under callgrind,
// without what an empty document costs. An exponent of 1 is linear.
//
//   node tools/run.mjs test/bench/render.ts [KILOBYTES...]

import { execFileSync } from "node:child_process";
import { buildProcess } from "../../image/build/process.ts";
import { need } from "../../tools/setup.ts";

const SIZES = [10, 40, 80, 160, 320, 500];
const PROGRAM = "build/bench-render";

need("valgrind");
await buildProcess("test/bench/render-document.ts", PROGRAM);

/** Instructions of one run. */
function run(kilobytes: number): number {
  const words = ["--tool=callgrind", "--callgrind-out-file=/dev/null", PROGRAM, `${kilobytes}`];
  const said = execFileSync("sh", ["-c", 'exec valgrind "$@" 2>&1', "sh", ...words], { encoding: "utf8" });
  const count = /Collected : (\d+)/.exec(said)?.[1];
  if (count === undefined) throw new Error(said);
  return Number(count);
}

const empty = run(0);
let last: { readonly size: number; readonly cost: number } | undefined;
console.log("   KB  M instructions  exponent");
for (const size of process.argv.length > 2 ? process.argv.slice(2).map(Number) : SIZES) {
  const cost = run(size) - empty;
  const exponent = last === undefined ? "" : (Math.log(cost / last.cost) / Math.log(size / last.size)).toFixed(2);
  console.log(`${String(size).padStart(5)}  ${(cost / 1e6).toFixed(0).padStart(14)}  ${exponent.padStart(8)}`);
  last = { size, cost };
}
