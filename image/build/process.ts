// npm run process: build/epiphyte, the appliance as one static Linux binary over a TAP device.
// `process.ts ENTRY OUT` builds another program the same way. --engine=bytecode: image/build/engine.ts.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Extras } from "../aot/compile.ts";
import { type BundleOptions, bundle } from "./bundle.ts";
import { below, engineOf, helped, outOf } from "./engine.ts";
import { link } from "./link.ts";
import { command, root } from "./run.ts";
import { heapFlags, heapSource } from "./sources.ts";

const USAGE = `npm run process -- [--engine=compiled|bytecode] [ENTRY OUT]

  Builds build/epiphyte, or from another program ENTRY the binary OUT, both relative to the project.
  --engine=bytecode   the whole program on the engine (build/epiphyte-bytecode), nothing compiled ahead of time`;

export interface ProcessOptions extends BundleOptions {
  /** The module of the compiled side; bytecode alone when left out. */
  readonly below?: string;
  /** What that module brings along besides TypeScript. */
  readonly extras?: Extras;
  /** C of the program's own, relative to the root, and arguments for the link. */
  readonly sources?: readonly string[];
  readonly link?: readonly string[];
}

/** Builds `entry` as a static binary at `out`, both relative to the root. */
export async function buildProcess(entry: string, out: string, options: ProcessOptions = {}): Promise<void> {
  const side = await below(options.below, options.extras);
  await link({
    out,
    sources: [
      heapSource,
      ...["engine.c", "task.c", "bindings.c", "cryptography.c", side.loop, "process/platform.c"].map(
        (name) => `image/runtime/${name}`,
      ),
      ...(options.sources ?? []),
    ],
    flags: (source) => (source === heapSource ? heapFlags : []),
    link: ["-static", "-no-pie", "-Wl,--gc-sections", "-Wl,--build-id=none", ...(options.link ?? [])],
    archives: side.archives,
    bare: false,
    program: await bundle(entry, out, { ...options, plugins: [...(options.plugins ?? []), ...side.plugins] }),
  });
}

if (import.meta.main)
  await command(async () => {
    const { engine, words } = engineOf(process.argv.slice(2));
    if (helped(words, USAGE)) return;
    const [entry = "image/target-process.ts", out = outOf("build/epiphyte", engine)] = words;
    await buildProcess(entry, out, engine === "compiled" ? { below: "image/below-process.ts" } : {});
    process.stdout.write(`${out}: ${((await stat(join(root, out))).size / 1e6).toFixed(2)} MB\n`);
  });
