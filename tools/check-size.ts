// What has to be trusted without a compiler's checks is kept small: our own C and assembly that goes into the image, in
// lines of code, each concern with a number of its own. Comments and empty lines do not count; nor do
// image/build/*.c and the tests, which never run on the machine, nor what image/build and image/aot generate.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Concern {
  readonly name: string;
  /** Lines of code that its files may have together. */
  readonly most: number;
  /** Files or folders of image/runtime. */
  readonly files: readonly string[];
}

/** 2,600 lines in all. What is not written yet has its share kept. */
export const CONCERNS: readonly Concern[] = [
  {
    name: "boot and traps",
    most: 672,
    files: ["boot.S", "machine.h", "paging.c", "power.c", "start.c", "start_info.h", "syscall.c", "trap.c"].map(
      (f) => `virtual/${f}`,
    ),
  },
  {
    name: "platform",
    most: 558,
    files: ["platform.h", "process/", ...["clock.c", "console.c", "entropy.c", "timer.c"].map((f) => `virtual/${f}`)],
  },
  { name: "heap", most: 256, files: ["malloc.c"] },
  { name: "natives", most: 220, files: ["natives.h", "bindings.c"] },
  { name: "tasks", most: 65, files: ["task.c"] },
  { name: "engine and loop", most: 252, files: ["engine.c", "engine.h", "loop-bytecode.c", "loop-compiled.c"] },
  { name: "compiled side", most: 304, files: ["below.c", "below.h"] },
  { name: "cryptography", most: 221, files: ["cryptography.c"] },
  { name: "Xen", most: 52, files: ["virtual/xen.c"] },
];
/** What brings the image into memory is gone when it runs: counted apart. */
export const LOADER: readonly Concern[] = [
  {
    name: "loader",
    most: 450,
    files: ["head.S", "real.S", "linux.S", "linux.c", "efi.c", "disk.S", "disk.c", "loader.h"],
  },
];
const FOLDER = join(import.meta.dirname, "../image/runtime");
const LOADER_FOLDER = join(import.meta.dirname, "../image/loader");

/** C or assembly with comments taken out and strings left; lines stay where they are. */
export function withoutComments(text: string): string {
  // Strings and characters come first, so that what looks like a comment in one is kept.
  return text.replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\*[\s\S]*?\*\/|\/\/.*/g, (piece) =>
    piece.startsWith("/") ? piece.replace(/[^\n]/g, "") : piece,
  );
}

/** Lines of C or assembly that are left when comments and empty lines are taken out. */
export function codeLines(text: string): number {
  return withoutComments(text)
    .split("\n")
    .filter((line) => line.trim() !== "").length;
}

/** Files of a folder with their lines of code. */
export function ownC(folder: string = FOLDER): { readonly name: string; readonly code: number }[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[chS]$/.test(name))
    .sort()
    .map((name) => ({ name, code: codeLines(readFileSync(join(folder, name), "utf8")) }));
}

/** The lines of each concern, and what is wrong with them. */
export function weigh(
  files: readonly { readonly name: string; readonly code: number }[],
  concerns: readonly Concern[] = CONCERNS,
): { readonly lines: readonly number[]; readonly faults: readonly string[] } {
  const lines = concerns.map(() => 0);
  const faults: string[] = [];
  for (const { name, code } of files) {
    const at = concerns.findIndex((c) => c.files.some((f) => (f.endsWith("/") ? name.startsWith(f) : name === f)));
    if (at < 0) faults.push(`${name} belongs to no concern of tools/check-size.ts`);
    else lines[at]! += code;
  }
  for (const [i, { name, most, files: own }] of concerns.entries())
    if (lines[i]! > most) faults.push(`${name}: ${lines[i]} lines of code, at most ${most} (${own.join(", ")})`);
  return { lines, faults };
}

if (import.meta.main) {
  for (const [what, folder, concerns] of [
    ["own C and assembly", FOLDER, CONCERNS],
    ["loader", LOADER_FOLDER, LOADER],
  ] as const) {
    const { lines, faults } = weigh(ownC(folder), concerns);
    const sum = lines.reduce((a, b) => a + b, 0);
    const most = concerns.reduce((a, { most }) => a + most, 0);
    console.log(`${what}: ${sum} lines of code, at most ${most}`);
    for (const fault of faults) console.error(fault);
    if (faults.length === 0) continue;
    for (const [i, { name, most }] of concerns.entries()) console.error(`${name}: ${lines[i]} of ${most}`);
    process.exitCode = 1;
  }
}
