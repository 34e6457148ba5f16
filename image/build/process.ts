// npm run process: build/epiphyte, the appliance as one static Linux binary over a TAP device.
// `process.ts ENTRY OUT` builds another program the same way.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type BundleOptions, bundle } from "./bundle.ts";
import { link } from "./link.ts";
import { command, root } from "./run.ts";

/** Builds `entry` as a static binary at `out`, both relative to the root. */
export async function buildProcess(entry: string, out: string, options: BundleOptions = {}): Promise<void> {
  const name = out.replace(/^build\//, "").replaceAll("/", "-");
  await link({
    out,
    sources: ["engine.c", "bindings.c", "malloc.c", "process/platform.c"].map((name) => `image/runtime/${name}`),
    flags: { "image/runtime/malloc.c": ["-fno-builtin"] },
    link: ["-static", "-no-pie"],
    program: await bundle(join(root, entry), name, options),
  });
}

if (import.meta.main)
  await command(async () => {
    const [entry = "image/target-process.ts", out = "build/epiphyte"] = process.argv.slice(2);
    await buildProcess(entry, out);
    process.stdout.write(`${out}: ${((await stat(join(root, out))).size / 1e6).toFixed(2)} MB\n`);
  });
