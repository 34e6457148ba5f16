// Before the first test: builds what is to be tested, unless it was named, as `npm run image` and `npm run process` do.

import { execFileSync } from "node:child_process";
import { root } from "../../../image/build/run.ts";
import { need } from "../../../tools/setup.ts";

/** From nothing; what is there already takes a few seconds. */
const BUILD_LIMIT_MS = 900_000;

export default function setup(): void {
  // What nearly every file calls; what only some do is asked for there, and they are skipped without it.
  need("git", "qemu-system-x86_64");
  build("EPIPHYTE_IMAGE", "image/build/image.ts", "build/epiphyte.elf");
  build("EPIPHYTE_PROCESS", "image/build/process.ts", "build/epiphyte");
}

/** What is named by then is not built; what is built is named, for this is called once for each project. */
function build(variable: string, program: string, file: string): void {
  if (process.env[variable] !== undefined) return;
  execFileSync(process.execPath, [program], {
    cwd: root,
    timeout: BUILD_LIMIT_MS,
    stdio: ["ignore", "ignore", "inherit"],
  });
  process.env[variable] = file;
}
