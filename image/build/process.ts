// npm run process: build/epiphyte, the appliance as one static Linux binary over a TAP device.
// `process.ts ENTRY OUT` builds another program the same way.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type BundleOptions, bundle } from "./bundle.ts";
import { link } from "./link.ts";
import { command, root } from "./run.ts";
import { heapFlags, heapSource } from "./sources.ts";

/** Builds `entry` as a static binary at `out`, both relative to the root. */
export async function buildProcess(entry: string, out: string, options: BundleOptions = {}): Promise<void> {
  await link({
    out,
    sources: [heapSource, ...["engine.c", "bindings.c", "process/platform.c"].map((name) => `image/runtime/${name}`)],
    flags: (source) => (source === heapSource ? heapFlags : []),
    link: ["-static", "-no-pie", "-Wl,--gc-sections", "-Wl,--build-id=none"],
    program: await bundle(entry, out, options),
  });
}

if (import.meta.main)
  await command(async () => {
    const [entry = "image/target-process.ts", out = "build/epiphyte"] = process.argv.slice(2);
    await buildProcess(entry, out);
    process.stdout.write(`${out}: ${((await stat(join(root, out))).size / 1e6).toFixed(2)} MB\n`);
  });
