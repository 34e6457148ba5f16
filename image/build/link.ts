// The program and the layer of C as one ELF.

import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Program } from "./bundle.ts";
import { cached, hashOf, hashOfFiles } from "./cache.ts";
import { MOST_CHUNKS } from "./chunks.ts";
import { trapCrashes } from "./crashes.ts";
import { engineGlue, prototypes } from "./glue.ts";
import { deflater, type Libraries, libraries } from "./libraries.ts";
import { placesOf } from "./places.ts";
import { root, run } from "./run.ts";
import { commonFlags, ownFlags } from "./sources.ts";

export interface LinkOptions {
  /** What is built, relative to the root. */
  readonly out: string;
  /** C and assembly sources, relative to the root, in link order. */
  readonly sources: readonly string[];
  /** Arguments of the compiler for one source besides the common ones. */
  readonly flags: (source: string) => readonly string[];
  /** Arguments of the link. */
  readonly link: readonly string[];
  /** Archives besides the libraries'. */
  readonly archives: readonly string[];
  readonly program: Program;
  /** It runs in ring 0: crashes.ts. */
  readonly bare: boolean;
}

/** Compiles, links and strips; the ELF appears under its name only when it is complete, beside one with symbols (.debug). */
export async function link(options: LinkOptions): Promise<void> {
  const built = await libraries();
  const objects: string[] = [];
  for (const source of options.sources) objects.push(await object(source, options.flags(source), built));
  const folder = join(root, "build/objects");
  await mkdir(folder, { recursive: true });
  const name = options.out.replaceAll("/", "-");
  const program = join(folder, `${name}-program`);
  const whole = join(folder, `${name}.linked`);
  const packed: (Packed | undefined)[] = [];
  for (let i = 0; i <= MOST_CHUNKS; i++) {
    const file = i === 0 ? options.program.bytecode : options.program.chunks.get(i);
    packed.push(file === undefined ? undefined : await pack(file, `${program}.${i}.deflated`));
  }
  const linkWith = async (places: Uint8Array): Promise<void> => {
    await writeFile(`${program}.places`, places);
    await writeFile(`${program}.S`, assembly(options.program.files, packed, `${program}.places`));
    await run("musl-gcc", ["-c", `${program}.S`, "-o", `${program}.o`]);
    const parts = [...objects, `${program}.o`, ...options.archives, ...built.archives];
    await run("musl-gcc", [...options.link, "-o", whole, ...parts], { label: "linking" });
  };
  await linkWith(Uint8Array.of(0, 0));
  // Distances between addresses of code, which is what the table holds, do not depend on the table's size.
  if (options.archives.length > 0) await linkWith(await placesOf(whole));
  if (options.bare) await trapCrashes(whole);
  await run("strip", ["-o", `${whole}.stripped`, whole]);
  await rename(whole, join(root, `${options.out}.debug`));
  await rename(`${whole}.stripped`, join(root, options.out));
}

/** The object file of one source, compiled when it, a header of ours or the flags have changed. */
async function object(source: string, flags: readonly string[], built: Libraries): Promise<string> {
  const strict = source.endsWith(".c") ? ownFlags : [];
  const all = [...commonFlags(root), ...strict, ...flags, ...built.include, "-Iimage/runtime"];
  const generated: readonly (readonly [name: string, text: string])[] = [
    ...(source.endsWith("/bindings.c") ? [["native-glue.h", engineGlue()] as const] : []),
    ...(/\/(bindings|cryptography)\.c$/.test(source) ? [["cryptography-natives.h", prototypes()] as const] : []),
  ];
  const headers = ["platform.h", "engine.h", "natives.h", "virtual/machine.h"].map((name) =>
    join(root, "image/runtime", name),
  );
  const texts = [...generated.flat(), await readFile(join(root, source), "utf8"), await hashOfFiles(headers)];
  const name = source.replace("image/runtime/", "").replaceAll("/", "-");
  const folder = await cached(name, hashOf([source, ...all, ...texts]), async (into) => {
    for (const [header, text] of generated) await writeFile(join(into, header), text);
    await run("musl-gcc", [...all, `-I${into}`, "-c", source, "-o", join(into, `${basename(source)}.o`)]);
  });
  return join(folder, `${basename(source)}.o`);
}

/** Bytecode, deflated; `size`: bytes of it when it is not. */
interface Packed {
  readonly file: string;
  readonly size: number;
}

async function pack(bytecode: string, file: string): Promise<Packed> {
  await run(await deflater(), [bytecode, file]);
  return { file, size: (await stat(bytecode)).size };
}

/** The program and its chunks, deflated: each is needed whole for a moment only; in read-only data. */
function assembly(files: string, packed: readonly (Packed | undefined)[], places: string): string {
  const rows = packed.map((it, i) =>
    it === undefined ? ".quad 0, 0, 0\n" : `.quad packed_${i}, packed_end_${i} - packed_${i}, ${it.size}\n`,
  );
  const bytes = packed.map((it, i) =>
    it === undefined ? "" : `packed_${i}: .incbin "${it.file}"\npacked_end_${i}:\n`,
  );
  return `.section .rodata.program, "a"
.balign 16
.global program_packed, program_files, program_places
program_packed:
${rows.join("")}${bytes.join("")}program_files: .incbin "${files}"
.byte 0
program_places: .incbin "${places}"
.section .note.GNU-stack, "", @progbits
`;
}
