// The compiled side as an archive: TypeScript -> C (scriptc) -> patched C -> machine code (musl-gcc), cached by the
// hash of all that went into it. image/aot/README.md says how it works and how to move to a newer compiler.

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { registerHooks } from "node:module";
import { dirname, join, relative } from "node:path";
import { cached, hashOf } from "../build/cache.ts";
import { compiledGlue, prototypes } from "../build/glue.ts";
import { BuildError, progress, root, run } from "../build/run.ts";
import { commonFlags, ownFlags } from "../build/sources.ts";
import { binding } from "./binding.ts";
import { type BoundaryFunction, describeFunctions, describeInterface, describeReached } from "./describe.ts";
import { entryModule, profile } from "./entry.ts";
import { parseHotList } from "./hot.ts";
import { PatchError } from "./lines.ts";
import { patch } from "./patch.ts";
import { reachedNatives } from "./reach.ts";

/** What the seam's page and the target's own page declare. */
export interface Boundary {
  /** Called by the engine: interface Seam, and the target's start and its findings. */
  readonly exports: readonly BoundaryFunction[];
  /** Called by the loop in C: interface SeamLoop. */
  readonly loop: readonly BoundaryFunction[];
}

const SEAM_PAGE = join(root, "stack/edge/seam.ts");
const HOT_LIST = "image/aot/hot.txt";
const RUNTIME = join(root, "node_modules/@scriptc/runtime");

/** What another program than the image's brings along, or wants otherwise. Paths are relative to the root. */
export interface Extras {
  /** A page of natives beside the others. */
  readonly natives?: string;
  /** A header for all of the C: it defines those natives. */
  readonly header?: string;
  /** Of the compiler's runtime, what that program needs besides: "copying" is scr_copying.c. */
  readonly runtime?: readonly string[];
  /** Files whose change means another archive. */
  readonly inputs?: readonly string[];
  /** Changes the patched C. */
  readonly finish?: (c: string) => string;
  /** Every function and branch counts how often it runs: hot.ts. */
  readonly counted?: boolean;
}

/** Of the compiler's runtime in C, what below.c does not stand in for and the linker finds a use for. */
const RUNTIME_SOURCES = [
  ...["array", "bytes", "closure", "error", "json", "lib", "map", "number", "object", "string"].map(
    (name) => `src/scr_${name}.c`,
  ),
  "vendor/ryu/d2s.c",
];

/** Not pedantic about signs: the generated code compares sizes of its own. */
const RUNTIME_FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-DSCR_LIB", "-DSCR_MUSL", "-DNDEBUG", "-w"];

/** Of the generated code, for what is hot (hot.ts): a request takes 3 % fewer instructions, the image 40 KB more. */
const LEVEL = "-O3";

/** The archive of everything below the seam for the target whose `start` is in `below` ("image/below-virtual.ts"). */
export async function compileBelow(below: string, include: readonly string[], extras: Extras = {}): Promise<string> {
  const target = /below-(\w+)\.ts$/.exec(below)?.[1] ?? "other";
  const name = extras.counted === true ? `aot-counted-${target}` : `aot-${target}`;
  const flags = [
    ...commonFlags(root),
    ...RUNTIME_FLAGS,
    ...include,
    ...["src", "vendor/ryu"].map((d) => `-I${join(RUNTIME, d)}`),
  ];
  // The folder that the tree lies in changes nothing: commonFlags keeps it out of the objects.
  const words = [...flags, LEVEL, ...ownFlags].map((flag) => flag.replaceAll(root, "."));
  const folder = await cached(
    name,
    hashOf([below, ...words, ...(extras.runtime ?? []), ...(await inputs(below, extras))]),
    async (into) => {
      const c = await generate(below, into, extras);
      await writeFile(join(into, "below.c"), extras.finish?.(c) ?? c);
      const jobs = [
        () =>
          object(into, join(into, "below.c"), [
            "-g1",
            ...flags,
            LEVEL,
            ...(extras.header === undefined ? [] : ["-include", join(root, extras.header)]),
          ]),
        () => object(into, join(root, "image/runtime/below.c"), flags, "support"),
        ...[...RUNTIME_SOURCES, ...(extras.runtime ?? []).map((name) => `src/scr_${name}.c`)].map(
          (source) => () => object(into, join(RUNTIME, source), flags),
        ),
      ];
      const workers = [0, 1].map(async () => {
        for (let job = jobs.shift(); job; job = jobs.shift()) await job();
      });
      await progress("compiling what is below the seam", Promise.all(workers));
      const objects = (await readdir(into)).filter((file) => file.endsWith(".o")).sort();
      await run("ar", ["rcsD", "library.a", ...objects], { cwd: into });
    },
  );
  return join(folder, "library.a");
}

async function object(into: string, source: string, flags: readonly string[], name?: string): Promise<void> {
  const out = name ?? source.replace(/.*\//, "").replace(/\.c$/, "");
  await run("musl-gcc", [
    ...flags,
    `-ffile-prefix-map=${into}=.`,
    "-I",
    join(root, "image/runtime"),
    "-c",
    source,
    "-o",
    join(into, `${out}.o`),
  ]);
}

export async function boundary(below: string): Promise<Boundary> {
  return {
    exports: [...describeInterface(SEAM_PAGE, "Seam"), ...describeFunctions(join(root, below))],
    loop: describeInterface(SEAM_PAGE, "SeamLoop"),
  };
}

/** The patched C, with the intermediate files in `into`. */
async function generate(below: string, into: string, extras: Extras): Promise<string> {
  const { exports, loop } = await boundary(below);
  const own = new Set(describeInterface(SEAM_PAGE, "Seam").map((f) => f.name));
  const start = exports.filter((f) => !own.has(f.name));
  // The entry lies where its imports are as short in every tree: in the root of the sources.
  const work = join(root, "build/aot", below.replace(/.*below-|\.ts$/g, ""));
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  const entry = join(work, "entry.ts");
  const up = relative(work, root);
  await writeFile(
    entry,
    entryModule(
      unique([...exports.filter((f) => own.has(f.name)), ...loop]),
      start,
      `${up}/stack/host/seam.ts`,
      `${up}/${below}`,
      `${up}/image/native.d.ts`,
    ),
  );
  const natives = describeReached(
    reachedNatives(entry),
    extras.natives === undefined ? [] : [join(root, extras.natives)],
  );
  await writeFile(join(work, "profile.json"), profile("entry.ts", unique([...exports, ...loop]), natives));
  const c = await emit(join(work, "profile.json"), entry, work);
  try {
    const names = natives.map((f) => f.name);
    return patch(c, (path) => relative(root, path), names, {
      header: await readFile(join(root, "image/runtime/below.h"), "utf8"),
      glue: `${prototypes(names)}${compiledGlue(names)}`,
      tail: binding(exports, loop),
      hot: extras.counted === true ? "counted" : parseHotList(await readFile(join(root, HOT_LIST), "utf8")),
    });
  } catch (error) {
    await writeFile(join(work, "unpatched.c"), c);
    if (error instanceof PatchError)
      throw new BuildError(`patching the compiler's output (build/aot): ${error.message}`);
    throw error;
  } finally {
    await writeFile(join(into, "profile.json"), await readFile(join(work, "profile.json"), "utf8"));
  }
}

function unique(functions: readonly BoundaryFunction[]): BoundaryFunction[] {
  return functions.filter((f, i) => functions.findIndex((other) => other.name === f.name) === i);
}

/**
 * TypeScript to C. The compiler writes its intermediate form on the way to a native archive, for which it wants a clang
 * that we do not have: we take the intermediate form and have it written as C, with the lines of the sources in it.
 */
async function emit(profilePath: string, entry: string, work: string): Promise<string> {
  process.env["SCRIPTC_NO_CACHE"] = "1";
  const compiler = await compilerOfManyNatives();
  const ir = join(work, "entry.lib.ir.json");
  try {
    const result = await compiler.compileLibrary({
      profilePath,
      outDir: work,
      outPath: join(work, "entry.a"),
      emitIr: true,
    });
    if (!result.ok) throw new BuildError(compiler.renderDiagnostics(result.diagnostics, result.sourceTexts));
  } catch (error) {
    if (error instanceof BuildError) throw error;
    if (!(error instanceof Error && /clang/.test(error.message))) throw error;
  }
  const module = compiler.deserializeModule(await readFile(ir, "utf8"));
  const sources = new Map<string, string>();
  for (const path of sourceFiles(module)) if (path.endsWith(".ts")) sources.set(path, await readFile(path, "utf8"));
  return compiler.emitCModule(module, await readFile(entry, "utf8"), { debugSources: sources });
}

const LIMIT = /^const LIB_MAX_CALLBACKS = 32;$/m;

/**
 * The compiler, without its limit of 32 natives: that many places has a table in its runtime, which is not linked, for
 * every call of a native becomes a direct one. The limit is a constant of one module, changed as it is loaded.
 */
async function compilerOfManyNatives(): Promise<typeof import("@scriptc/compiler")> {
  let found = 0;
  const hooks = registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.endsWith("/library/library-profile.js")) return loaded;
      const source = new TextDecoder().decode(loaded.source as Uint8Array);
      if (LIMIT.test(source)) found++;
      return { ...loaded, source: source.replace(LIMIT, "const LIB_MAX_CALLBACKS = Infinity;") };
    },
  });
  const compiler = await import("@scriptc/compiler");
  hooks.deregister();
  lifted ||= found === 1;
  if (!lifted) throw new BuildError("the compiler's limit of natives is not where it was (image/aot/compile.ts)");
  return compiler;
}

/** A module is loaded once: the first time. */
let lifted = false;

/** The files that any node of the intermediate form names; "<builtin>" among them. */
function sourceFiles(module: unknown): Set<string> {
  const files = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (value instanceof Map || value instanceof Set) for (const v of value.values()) visit(v);
    const { file, start } = value as { file?: unknown; start?: unknown };
    if (typeof file === "string" && typeof start === "number") files.add(file);
    for (const child of Object.values(value)) visit(child);
  };
  visit(module);
  return files;
}

/** Everything whose change means another archive. */
async function inputs(below: string, { natives, header, inputs: more = [] }: Extras): Promise<string[]> {
  const own: string[] = [HOT_LIST, ...[natives, header].filter((file) => file !== undefined), ...more];
  for (const folder of ["stack", "drivers", "image/aot"])
    for (const entry of await readdir(join(root, folder), { recursive: true }))
      if (entry.endsWith(".ts")) own.push(join(folder, entry));
  for (const folder of new Set(["image", dirname(below)]))
    for (const entry of await readdir(join(root, folder))) if (entry.endsWith(".ts")) own.push(join(folder, entry));
  own.push(...["below.h", "below.c", "engine.h", "natives.h", "platform.h"].map((name) => `image/runtime/${name}`));
  own.push("image/build/natives.ts", "image/build/glue.ts");
  const parts: string[] = [];
  for (const path of own.sort()) parts.push(path, await readFile(join(root, path), "utf8"));
  parts.push(await readFile(join(root, "node_modules/@scriptc/compiler/package.json"), "utf8"));
  return parts;
}
