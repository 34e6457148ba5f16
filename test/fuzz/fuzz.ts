// npm run fuzz: what npm test does for some seconds, for as long as one likes.
//
//   npm run fuzz -- host [--frames=N] [--seed=S] [--way=node|bytecode|compiled]
//   npm run fuzz -- host --replay=FILE
//   npm run fuzz -- NAME|all [--runs=N] [--seconds=N] [--seed=S] [--keep] [--input=FILE]      a target, or each of them

import "../../image/native-node.ts";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { BuildError, command, root } from "../../image/build/run.ts";
import { mutating } from "../mutate/plugin.ts";
import { buildRunner } from "../trace/build.ts";
import { inProgram, type Outcome, onNode, report, SESSION_FRAMES } from "./host/campaign.ts";
import { describeTrace, verdict } from "./host/replay.ts";

const USAGE = `npm run fuzz -- host [--frames=N] [--seed=S] [--way=node|bytecode|compiled] [--replay=FILE]`;
const DEFAULT_FRAMES = 1_000_000;

function option(name: string): string | undefined {
  return process.argv.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
}

async function host(): Promise<void> {
  const replay = option("replay");
  if (replay !== undefined) {
    const trace = new Uint8Array(readFileSync(replay));
    const fault = verdict(trace);
    console.log(describeTrace(trace));
    console.log(fault === "" ? "nothing is wrong" : fault);
    process.exitCode = fault === "" ? 0 : 1;
    return;
  }
  const wanted = Number(option("frames") ?? DEFAULT_FRAMES);
  const first = Number(option("seed") ?? 1);
  const way = option("way") ?? "compiled";
  if (!["node", "bytecode", "compiled"].includes(way) || !(wanted > 0) || !Number.isInteger(first))
    throw new BuildError(USAGE);
  const program = way === "node" ? "" : await buildRunner(way === "compiled");
  const run = (seed: number, frames: number): Promise<Outcome> =>
    way === "node" ? Promise.resolve(onNode(seed, frames)) : inProgram(program, seed, frames);
  let next = first;
  let begun = 0;
  let done = 0;
  const faults: string[] = [];
  const work = async (): Promise<void> => {
    while (begun < wanted && faults.length === 0) {
      const seed = next++;
      const frames = Math.min(SESSION_FRAMES, wanted - begun);
      begun += frames;
      const outcome = await run(seed, frames);
      done += outcome.frames;
      console.log(`seed ${seed}: ${outcome.frames} frames in ${outcome.shown.length} episodes, ${done} in all`);
      if (outcome.fault !== "") faults.push(report(seed, outcome));
    }
  };
  await Promise.all(Array.from({ length: way === "node" ? 1 : availableParallelism() }, work));
  for (const fault of faults) console.log(fault);
  console.log(`${done} frames, seeds ${first} to ${next - 1}, ${way}: ${faults.length} faults`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

/** Bundles the targets with the places counted that an input comes by, and runs them (run.ts). */
async function targets(): Promise<void> {
  const outfile = join(root, "build/fuzz/targets.mjs");
  await build({
    entryPoints: [join(import.meta.dirname, "run.ts")],
    bundle: true,
    outfile,
    format: "esm",
    platform: "node",
    target: "node24",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    plugins: [mutating((file) => !file.startsWith("test/") && file !== "image/native-node.ts", [])],
    logLevel: "silent",
  });
  const run = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: "inherit", cwd: root });
  process.exitCode = run.status ?? 1;
}

await command(() => (process.argv[2] === "host" ? host() : targets()));
