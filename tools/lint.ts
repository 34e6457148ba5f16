// Everything that can be said about the sources without running them: types, style, import direction, what compiles.

import { spawnSync } from "node:child_process";

const CHECKS: ReadonlyArray<readonly [name: string, command: string, ...words: string[]]> = [
  ["types", "tsc", "-p", "tsconfig.json"],
  ["types below the seam, without Node", "tsc", "-p", "tsconfig.below.json"],
  ["style and format", "biome", "check", "--error-on-warnings", "."],
  ["imports go down only", process.execPath, "tools/check-imports.ts"],
  ["idioms below the seam", process.execPath, "tools/check-below.ts"],
  ["form of our own C", process.execPath, "tools/check-c.ts"],
  ["size of our own C", process.execPath, "tools/check-size.ts"],
];

/** Runs the checks; returns the names of those that failed, their output already printed. */
export function lint(): { readonly passed: readonly string[]; readonly failed: readonly string[] } {
  const passed: string[] = [];
  const failed: string[] = [];
  for (const [name, command, ...words] of CHECKS) {
    const run = spawnSync(command, words, { encoding: "utf8" });
    // Our own checks may have a figure to tell.
    const said = command === process.execPath ? run.stdout.trim() : "";
    if (run.status === 0) passed.push(said === "" ? name : said);
    else {
      failed.push(name);
      console.error(`✗ ${name}\n${run.stdout}${run.stderr}`);
    }
  }
  return { passed, failed };
}

if (import.meta.main) {
  const { passed, failed } = lint();
  for (const name of passed) console.log(`✓ ${name}`);
  process.exit(failed.length > 0 ? 1 : 0);
}
