// Builds the tests of what is below the seam as one program of the process target in which they, and what they test, are
// machine code: each file is rewritten (rewrite.ts) into build/suites, and all of them are compiled together, in the way
// of the image's own compiled side.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";
import { buildProcess } from "../../image/build/process.ts";
import { BuildError, root } from "../../image/build/run.ts";
import { RewriteError } from "./edits.ts";
import { withoutOptimisation } from "./quick.ts";
import { rewrite } from "./rewrite.ts";

/** Files of the folders below that are not compiled, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  "test/stack/base/counters.test.ts": "it compares the module's names with its list, and compiled code has no names",
  "test/stack/edge/edge.test.ts": "stack/edge is above the seam: it is asynchronous and runs on the engine only",
  "test/stack/edge/proxy.test.ts": "stack/edge is above the seam: it is asynchronous and runs on the engine only",
  "test/stack/edge/attempts.test.ts": "stack/edge is above the seam: it is asynchronous and runs on the engine only",
  "test/stack/edge/names.test.ts": "stack/edge is above the seam: it is asynchronous and runs on the engine only",
  "test/stack/edge/time.test.ts": "stack/edge is above the seam: it is asynchronous and runs on the engine only",
  "test/stack/edge/http-client.test.ts": "stack/edge is above the seam: it is asynchronous and runs on the engine only",
};
const FOLDERS = ["test/stack", "test/drivers", "test/compiled"];
/** Tests of the rewriting itself. */
const TOOLS = ["test/compiled/rewrite.test.ts"];
/** Every test in it must fail. */
export const MUST_FAIL = "test/compiled/must-fail.ts";
const OUT = "build/suites";
const ENTRY = `${OUT}/below-suites.ts`;
const PROGRAM = "build/tests-compiled";

/** The files that are compiled, relative to the root, in order of their names. */
export function testFiles(): string[] {
  const left = new Set([...Object.keys(LEFT_OUT), ...TOOLS]);
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => join(folder, name))
      .filter((file) => !left.has(file))
      .sort(),
  );
}

/** Resolves to the program's path. */
export async function build(): Promise<string> {
  const files = [...testFiles(), MUST_FAIL];
  rmSync(join(root, OUT), { recursive: true, force: true });
  const inputs = copy(files);
  writeFileSync(join(root, ENTRY), entry(files));
  writeFileSync(
    join(root, `${PROGRAM}.ts`),
    `import * as suites from "./suites/below-suites.ts";\nimport { run } from "../test/compiled/runner.ts";\nrun(suites);\n`,
  );
  await buildProcess(`${PROGRAM}.ts`, PROGRAM, {
    below: ENTRY,
    extras: {
      natives: "test/compiled/native.d.ts",
      header: "test/compiled/attempt.h",
      runtime: ["copying"],
      inputs: [...inputs, ...["vitest", "fast-check", "expect", "library", "attempt", "quick"].map(standIn)],
      finish: withoutOptimisation,
    },
    sources: ["test/compiled/attempt.c"],
    link: ["-Wl,--wrap=platform_panic"],
  });
  return join(root, PROGRAM);
}

function standIn(name: string): string {
  return `test/compiled/${name}.ts`;
}

/** Rewrites the files and what they import of the tests; the copies, relative to the root. */
function copy(files: readonly string[]): string[] {
  const program = ts.createProgram([...files.map((file) => join(root, file)), join(root, "image/native.d.ts")], {
    target: ts.ScriptTarget.ES2023,
    lib: ["lib.es2023.d.ts"],
    module: ts.ModuleKind.NodeNext,
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
  });
  const copies = new Map<string, string>();
  for (const { fileName, isDeclarationFile } of program.getSourceFiles())
    if (fileName.startsWith(join(root, "test/")) && !isDeclarationFile)
      copies.set(fileName, join(root, OUT, relative(root, fileName)));
  const faults: string[] = [];
  for (const [file, target] of copies) {
    mkdirSync(dirname(target), { recursive: true });
    try {
      writeFileSync(target, rewrite(program, file, target, copies));
    } catch (error) {
      if (!(error instanceof RewriteError)) throw error;
      faults.push(`${relative(root, file)} cannot run compiled: ${error.message}`);
    }
  }
  if (faults.length > 0) throw new BuildError(faults.join("\n"));
  return [...copies.values()].map((path) => relative(root, path));
}

/** Imports are evaluated in order, and each registers its tests. */
function entry(files: readonly string[]): string {
  return `${files.map((file) => `import "./${file}";\n`).join("")}
import { runTest as inner_runTest, testCount as inner_testCount, testName as inner_testName } from "../../${standIn("vitest")}";
import { setSeed as inner_setSeed } from "../../${standIn("fast-check")}";
export function runTest(index: number): string { return inner_runTest(index); }
export function testCount(): number { return inner_testCount(); }
export function testName(index: number): string { return inner_testName(index); }
export function setSeed(seed: number): void { inner_setSeed(seed); }
`;
}
