// npm run image: build/epiphyte.elf, the appliance as an ELF that a hypervisor enters by PVH.
// `image.ts ENTRY OUT` builds another program the same way. --engine=bytecode: engine.ts; --disk and --parameters:
// carriers.ts.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { carriersOf, writeCarriers } from "./carriers.ts";
import { below, engineOf, helped, outOf } from "./engine.ts";
import { link } from "./link.ts";
import type { ProcessOptions } from "./process.ts";
import { BuildError, command, root } from "./run.ts";
import { heapFlags, heapSource, virtualCFlags, virtualLinkFlags, virtualSources } from "./sources.ts";

const USAGE = `npm run image -- [--engine=compiled|bytecode] [--disk[=raw|qcow2|vmdk]] [--parameters=FILE] [ENTRY OUT]

  Builds build/epiphyte.elf, or from another program ENTRY the image OUT, both relative to the project, and beside it the
  .efi that UEFI and boot loaders of Linux start.
  --engine=bytecode   the whole program on the engine (build/epiphyte-bytecode.elf), nothing compiled ahead of time
  --disk[=FORM]       a disk that BIOS and UEFI boot: raw (build/disk.img), qcow2 or vmdk; may be repeated
  --parameters=FILE   what its EPIPHYTE.TXT says, one boot parameter a line`;
/** The most that the image may take; it is loaded into memory whole. */
const SIZE_LIMIT = 3_900_000;

/** Builds `entry` as an image at `out`, both relative to the root. */
export async function buildImage(entry: string, out: string, options: ProcessOptions = {}): Promise<void> {
  const side = await below(options.below, options.extras);
  await link({
    out,
    sources: [
      ...virtualSources,
      heapSource,
      ...["engine.c", "task.c", "bindings.c", "cryptography.c", side.loop].map((name) => `image/runtime/${name}`),
    ],
    flags: (source) => (source === heapSource ? heapFlags : virtualSources.includes(source) ? virtualCFlags : []),
    link: virtualLinkFlags(root),
    archives: side.archives,
    bare: true,
    program: await bundle(entry, out, { ...options, plugins: [...(options.plugins ?? []), ...side.plugins] }),
  });
}

if (import.meta.main)
  await command(async () => {
    const { engine, words: rest } = engineOf(process.argv.slice(2));
    const { forms, parameters, words } = carriersOf(rest);
    if (helped(words, USAGE)) return;
    const [entry = "image/target-virtual.ts", out = outOf("build/epiphyte.elf", engine)] = words;
    await buildImage(entry, out, engine === "compiled" ? { below: "image/below-virtual.ts" } : {});
    const size = await told(out);
    if (size > SIZE_LIMIT) throw new BuildError(`${out} is larger than ${SIZE_LIMIT / 1e6} MB`);
    for (const file of await writeCarriers(out, forms, parameters)) await told(file);
  });

/** Prints a file's name and size; its size. */
async function told(file: string): Promise<number> {
  const { size } = await stat(join(root, file));
  process.stdout.write(`${file}: ${(size / 1e6).toFixed(2)} MB\n`);
  return size;
}
