// Builds the runner with the recorded traces in it: as bytecode, or with the replay compiled ahead of time.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "esbuild";
import { buildProcess } from "../../image/build/process.ts";
import { root } from "../../image/build/run.ts";

const DATA = join(root, "test/trace/data");

/** The recorded traces by name, in order of their names. */
export function recorded(): Map<string, Uint8Array> {
  const names = readdirSync(DATA).filter((file) => file.endsWith(".trace"));
  return new Map(
    names.sort().map((file) => [file.slice(0, -".trace".length), new Uint8Array(readFileSync(join(DATA, file)))]),
  );
}

const traceFiles: Plugin = {
  name: "trace-files",
  setup(build) {
    build.onLoad({ filter: /\.trace$/ }, ({ path }) => ({ contents: readFileSync(path), loader: "binary" }));
  },
};

/** Resolves to the program's path. */
export async function buildRunner(compiled: boolean): Promise<string> {
  const out = `build/trace-${compiled ? "compiled" : "bytecode"}`;
  const names = [...recorded().keys()];
  const imports = names.map((name, i) => `import t${i} from "../test/trace/data/${name}.trace";\n`).join("");
  const table = names.map((name, i) => `${JSON.stringify(name)}: t${i}`).join(", ");
  mkdirSync(join(root, "build"), { recursive: true });
  writeFileSync(
    join(root, `${out}.ts`),
    `${imports}import { run } from "../test/trace/runner.ts";\nrun({ ${table} });\n`,
  );
  const below = compiled ? { below: "test/trace/below-trace.ts" } : {};
  await buildProcess(`${out}.ts`, out, { plugins: [traceFiles], ...below });
  return join(root, out);
}
