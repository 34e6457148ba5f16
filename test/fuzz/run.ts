// What fuzz.ts bundles and runs, with the places counted: the targets under their engine.
//
//   NAME|all [--runs=N] [--seconds=N] [--seed=S] [--keep] [--input=FILE]

import "../../image/native-node.ts";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { corpusOf, keepCorpus, nameOf } from "./corpus.ts";
import { type Fault, Fuzzer } from "./engine.ts";
import type { Target } from "./target.ts";
import { TARGETS } from "./targets.ts";

const TELL_EVERY_MS = 5000;

const words = process.argv.slice(2);
const option = (name: string): string | undefined =>
  words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);

const name = words[0] ?? "";
const runs = Number(option("runs") ?? Number.POSITIVE_INFINITY);
const seconds = Number(option("seconds") ?? Number.POSITIVE_INFINITY);
const seed = Number(option("seed") ?? 1);
const chosen = TARGETS.filter((target) => name === "all" || target.name === name);
if (chosen.length === 0 || !(runs >= 0) || !(seconds > 0) || !Number.isInteger(seed)) {
  console.log(`npm run fuzz -- NAME|all [--runs=N] [--seconds=N] [--seed=S] [--keep] [--input=FILE]`);
  console.log(`host, ${TARGETS.map((target) => target.name).join(", ")}`);
  process.exit(2);
}
const input = option("input");
let failed = 0;
for (const target of chosen) if (input === undefined ? !fuzz(target) : !replay(target, input)) failed++;
console.log(`${chosen.length - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed > 0 ? 1 : 0;

function fuzz(target: Target): boolean {
  const fuzzer = new Fuzzer(target, seed);
  const began = Date.now();
  let told = began;
  const tell = (): void =>
    console.log(
      `${target.name}: ${fuzzer.runs} runs, ${fuzzer.places} places, ${fuzzer.kept} inputs kept, at most ${fuzzer.rounds} rounds of loops`,
    );
  for (const bytes of [...corpusOf(target.name).map((kept) => kept.bytes), ...target.seeds()]) {
    const fault = fuzzer.add(bytes);
    if (fault !== undefined) return report(fuzzer, fault);
  }
  while (fuzzer.runs < runs && Date.now() - began < seconds * 1000) {
    for (let i = 0; i < 64; i++) {
      const fault = fuzzer.step();
      if (fault !== undefined) return report(fuzzer, fault);
    }
    if (Date.now() - told < TELL_EVERY_MS) continue;
    told = Date.now();
    tell();
    // An endless run is ended by hand at any time.
    if (words.includes("--keep")) keepCorpus(target.name, fuzzer.smallest());
  }
  tell();
  if (words.includes("--keep")) keepCorpus(target.name, fuzzer.smallest());
  return true;
}

function report(fuzzer: Fuzzer, fault: Fault): false {
  const { name: target } = fuzzer.target;
  const { input: bytes, what } = fuzzer.shorten(fault);
  const folder = join("build", "fuzz");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${target}-${nameOf(bytes)}`);
  writeFileSync(file, bytes);
  console.log(`${target}: after ${fuzzer.runs} runs (seed ${seed}): ${what}`);
  console.log(`${bytes.length} bytes, in ${file}: ${JSON.stringify(Buffer.from(bytes).toString("latin1"))}`);
  console.log(`again: npm run fuzz -- ${target} --input=${file}`);
  return false;
}

function replay(target: Target, file: string): boolean {
  const fault = new Fuzzer(target, seed).add(new Uint8Array(readFileSync(file)));
  console.log(fault === undefined ? "nothing is wrong" : fault.what);
  return fault === undefined;
}
