// Runs test files on quickjs-ng: bundles them with a small stand-in for vitest into one program of the process target,
// and runs it. `run-on-engine.ts FILE|FOLDER...`; the last line of the output is "N passed, N failed, N skipped".
//
// The same bytecode, engine and C as in the image; what differs is only what lies beneath.

import { spawn } from "node:child_process";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Plugin } from "esbuild";
import { buildProcess } from "./process.ts";
import { BuildError, command, root } from "./run.ts";

/** A run that lasts longer hangs. */
const LIMIT_MS = 15 * 60 * 1000;
const STAND_IN = join(root, "test/support/engine-vitest.ts");

/** The *.test.ts files of a folder, or the file itself; relative to the root, in order of their names. */
async function testFiles(name: string): Promise<string[]> {
  const path = join(root, name);
  if ((await stat(path)).isFile()) return [name];
  const entries = await readdir(path, { recursive: true });
  return entries
    .filter((entry) => entry.endsWith(".test.ts"))
    .map((entry) => relative(root, join(path, entry)))
    .sort();
}

/** Imports are evaluated in order: before each file, a module that names it. */
function entryModule(files: readonly string[]): string {
  const imports = files.map((file) => `import "begin:${file}";\nimport "../${file}";\n`).join("");
  return `${imports}import { runAll } from "vitest";\nrunAll();\n`;
}

const beginFile: Plugin = {
  name: "begin-file",
  setup(build) {
    build.onResolve({ filter: /^begin:/ }, ({ path }) => ({ path: path.slice("begin:".length), namespace: "begin" }));
    build.onLoad({ filter: /.*/, namespace: "begin" }, ({ path }) => ({
      contents: `import { beginFile } from "vitest";\nbeginFile(${JSON.stringify(path)});\n`,
      resolveDir: root,
    }));
  },
};

function execute(program: string): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, { stdio: ["ignore", "inherit", "inherit"], timeout: LIMIT_MS, killSignal: "SIGKILL" });
    child.on("close", (status, signal) => {
      if (signal !== null)
        process.stdout.write(`ended by ${signal} (limit ${LIMIT_MS / 1000} s)\n0 passed, 1 failed, 0 skipped\n`);
      resolve(status ?? 1);
    });
  });
}

if (import.meta.main)
  await command(async () => {
    const files: string[] = [];
    for (const name of process.argv.slice(2)) files.push(...(await testFiles(name)));
    if (files.length === 0) throw new BuildError("no test file: run-on-engine.ts FILE|FOLDER...");
    const out = "build/tests-on-engine";
    const entry = `${out}.ts`;
    await mkdir(join(root, "build"), { recursive: true });
    await writeFile(join(root, entry), entryModule(files));
    await buildProcess(entry, out, { alias: { vitest: STAND_IN }, plugins: [beginFile] });
    process.exitCode = await execute(join(root, out));
  });
