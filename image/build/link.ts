// The program and the layer of C as one ELF.

import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Program } from "./bundle.ts";
import { cFlags, libraries } from "./libraries.ts";
import { root, run } from "./run.ts";

/** Warnings that our own C must not have. */
const STRICT = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"];

export interface LinkOptions {
  /** What is built, relative to the root. */
  readonly out: string;
  /** C and assembly sources, relative to the root. */
  readonly sources: readonly string[];
  /** Further arguments of the compiler for these sources. */
  readonly flags?: Readonly<Record<string, readonly string[]>>;
  /** Arguments of the link. */
  readonly link: readonly string[];
  readonly program: Program;
}

/** Compiles, links and strips; the ELF appears under its name only when it is complete. */
export async function link(options: LinkOptions): Promise<void> {
  const { include, archives } = await libraries();
  const name = options.out.replaceAll("/", "-");
  const folder = join(root, "build/objects", name);
  await mkdir(folder, { recursive: true });
  const program = join(folder, "program.S");
  await writeFile(program, assembly(options.program));
  const objects: string[] = [];
  for (const source of [...options.sources, program]) {
    const object = join(folder, `${source.replace(/^.*\/(image|build)\//, "").replaceAll("/", "-")}.o`);
    const strict = source.endsWith(".c") ? STRICT : [];
    const flags = [...cFlags, ...strict, ...(options.flags?.[source] ?? []), `-ffile-prefix-map=${root}=.`, ...include];
    await run("musl-gcc", [...flags, "-Iimage/runtime", "-c", source, "-o", object]);
    objects.push(object);
  }
  const whole = join(folder, "linked");
  const strip = ["-Wl,--gc-sections", "-Wl,--build-id=none", "-s"];
  await run("musl-gcc", [...options.link, ...strip, "-o", whole, ...objects, ...archives], { label: "linking" });
  await rename(whole, join(root, options.out));
}

/** The program's bytes as they are, in read-only data. */
function assembly(program: Program): string {
  return `.section .rodata.program, "a"
.balign 16
.global program_start, program_end, program_files
program_start: .incbin "${program.bytecode}"
program_end:
program_files: .incbin "${program.files}"
.byte 0
.section .note.GNU-stack, "", @progbits
`;
}
