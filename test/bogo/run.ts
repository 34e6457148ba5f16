// Runs BoringSSL's test runner against our shim: `run.ts RUNNER TESTS [PATTERN]` (see README.md). Without a pattern core.txt.

import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { NOT_PASSED } from "./not-spoken.ts";

const here = import.meta.dirname;
const out = join(here, "../../build/bogo");

interface Result {
  readonly tests: Readonly<Record<string, { readonly actual: "PASS" | "FAIL" | "SKIP" }>>;
}

async function main(runner: string, tests: string, pattern: string | undefined): Promise<number> {
  mkdirSync(out, { recursive: true });
  const bundle = join(out, "shim.mjs");
  await build({ entryPoints: [join(here, "shim.ts")], bundle: true, platform: "node", format: "esm", outfile: bundle });
  const shim = join(out, "shim.sh");
  writeFileSync(shim, `#!/bin/sh\nexec ${process.execPath} ${bundle} "$@"\n`);
  chmodSync(shim, 0o755);
  const names = readFileSync(join(here, "core.txt"), "utf8").trim().split("\n");
  const json = join(out, "result.json");
  const words = ["-shim-path", shim, "-pipe", "-allow-unimplemented", "-loose-errors", "-num-workers", "4"];
  // A shim that waits for what does not come is given up after 4 s.
  words.push("-idle-timeout", "4s", "-json-output", json, "-test", pattern ?? names.join(";"));
  const { error } = spawnSync(runner, words, { cwd: tests, stdio: "ignore", timeout: 1_800_000 });
  if (error) throw error;
  const { tests: results } = JSON.parse(readFileSync(json, "utf8")) as Result;
  const wanted = pattern === undefined ? names : Object.keys(results);
  const passed = wanted.filter((name) => results[name]?.actual === "PASS");
  const wrong = wanted.filter((name) => !passed.includes(name) && NOT_PASSED[name] === undefined);
  const listed = passed.filter((name) => NOT_PASSED[name] !== undefined);
  for (const name of wrong) console.log(`does not pass, and is not listed: ${name}`);
  for (const name of listed) console.log(`passes, and is listed: ${name}`);
  console.log(`${passed.length} of ${wanted.length} pass`);
  return wrong.length + listed.length === 0 ? 0 : 1;
}

const [runner, tests, pattern] = process.argv.slice(2);
if (runner === undefined || tests === undefined) throw new Error("run.ts RUNNER TESTS [PATTERN]");
process.exitCode = await main(runner, tests, pattern);
