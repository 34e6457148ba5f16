// Before the first test: builds what is to be tested, unless it was named, as `npm run image` and `npm run process` do.

import { execFileSync } from "node:child_process";
import { root } from "../../../image/build/run.ts";
import { need } from "../../../tools/setup.ts";

/** From nothing; what is there already takes a few seconds. */
const BUILD_LIMIT_MS = 900_000;

export default function setup(): void {
  // What nearly every file calls; what only some do is asked for there, and they are skipped without it.
  need("git", "qemu-system-x86_64");
  if (process.env["EPIPHYTE_IMAGE"] === undefined) build("image/build/image.ts");
  if (process.env["EPIPHYTE_PROCESS"] === undefined) build("image/build/process.ts");
}

function build(...words: readonly string[]): void {
  execFileSync(process.execPath, words, { cwd: root, timeout: BUILD_LIMIT_MS, stdio: ["ignore", "ignore", "inherit"] });
}
