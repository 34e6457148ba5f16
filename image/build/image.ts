// npm run image: build/epiphyte.elf, the appliance as an ELF that a hypervisor enters by PVH.
// `image.ts ENTRY OUT` builds another program the same way.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type BundleOptions, bundle } from "./bundle.ts";
import { link } from "./link.ts";
import { BuildError, command, root } from "./run.ts";
import { heapFlags, heapSource, virtualCFlags, virtualLinkFlags, virtualSources } from "./sources.ts";

/** The most that the image may take; it is loaded into memory whole. */
const SIZE_LIMIT = 4_000_000;

/** Builds `entry` as an image at `out`, both relative to the root. */
export async function buildImage(entry: string, out: string, options: BundleOptions = {}): Promise<void> {
  await link({
    out,
    sources: [...virtualSources, heapSource, "image/runtime/engine.c", "image/runtime/bindings.c"],
    flags: (source) => (source === heapSource ? heapFlags : virtualSources.includes(source) ? virtualCFlags : []),
    link: virtualLinkFlags(root),
    program: await bundle(entry, out, options),
  });
}

if (import.meta.main)
  await command(async () => {
    const [entry = "image/target-virtual.ts", out = "build/epiphyte.elf"] = process.argv.slice(2);
    await buildImage(entry, out);
    const { size } = await stat(join(root, out));
    process.stdout.write(`${out}: ${(size / 1e6).toFixed(2)} MB\n`);
    if (size > SIZE_LIMIT) throw new BuildError(`${out} is larger than ${SIZE_LIMIT / 1e6} MB`);
  });
