// One program out of an entry module: esbuild bundles TypeScript and packages, then the bytecode compiler takes the
// bundle together with a table of where every place came from.

import { spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { packedTrustAnchors } from "../trust-anchors-node.ts";
import { Chunks } from "./chunks.ts";
import { bytecodeCompiler } from "./libraries.ts";
import { literals } from "./literals.ts";
import { BuildError, root, run } from "./run.ts";

export interface Program {
  /** The module as bytecode. */
  readonly bytecode: string;
  /** The table by which engine.c names the file of a module-level line. */
  readonly files: string;
  /** What it loads when it first needs it, as bytecode, by number: chunks.ts. */
  readonly chunks: ReadonlyMap<number, string>;
}

/** Modules that packages ask for and that the machine has in its own form. */
export const aliases: Readonly<Record<string, string>> = {
  cssfilter: join(root, "image/shims/absent.ts"),
  // Its sources: the bundle has chemistry with it, a quarter of all.
  temml: join(root, "node_modules/temml/temml.js"),
};

export interface BundleOptions {
  readonly plugins?: readonly Plugin[];
  readonly alias?: Readonly<Record<string, string>>;
}

/** Bundles and compiles `entry` (relative to the root); the program's files lie in build/program, named after `out`. */
export async function bundle(entry: string, out: string, options: BundleOptions = {}): Promise<Program> {
  const name = out.replace(/^build\//, "").replaceAll("/", "-");
  const folder = join(root, "build/program");
  await mkdir(folder, { recursive: true });
  const script = join(folder, `${name}.js`);
  const settings: BuildOptions = {
    bundle: true,
    absWorkingDir: root,
    platform: "browser",
    // Names of modules reach the program: they must not tell where node_modules really lies.
    preserveSymlinks: true,
    mainFields: ["browser", "module", "main"],
    conditions: ["import", "module"],
    target: "es2023",
    // Constants of other modules are inlined; names and lines stay for stacks.
    minifySyntax: true,
    legalComments: "none",
    sourcemap: "external",
    sourcesContent: false,
    define: {
      "process.env.NODE_ENV": '"production"',
      "import.meta.vitest": "undefined",
      EPIPHYTE_VERSION: JSON.stringify(await version()),
      EPIPHYTE_TRUST_ANCHORS: JSON.stringify(packedTrustAnchors()),
      EPIPHYTE_COMMITTED: String(committed()),
    },
    inject: [join(root, "image/shims/globals.ts")],
    alias: { ...aliases, ...options.alias },
    logLevel: "silent",
  };
  const chunks = new Chunks(settings);
  try {
    const plugins = [...(options.plugins ?? []), chunks.plugin, literals];
    await build({ ...settings, plugins, entryPoints: [join(root, entry)], outfile: script, format: "esm" });
    for (const [number, chunk] of chunks.names) await chunks.write(chunk, `${script}.${number}.js`);
  } catch (error) {
    throw new BuildError(`bundling ${entry}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const program = await compile(script, "module");
  const compiled = new Map<number, string>();
  for (const number of chunks.names.keys())
    compiled.set(number, (await compile(`${script}.${number}.js`, "script")).bytecode);
  return { ...program, chunks: compiled };
}

/** Compiles a bundle to bytecode, beside it. */
async function compile(script: string, kind: "module" | "script"): Promise<{ bytecode: string; files: string }> {
  const folder = dirname(script);
  const base = script.replace(/\.js$/, "");
  const lines = `${base}.lines`;
  await writeFile(lines, await places(`${script}.map`, folder));
  const [bytecode, files] = [`${base}.bytecode`, `${base}.files`];
  await run(await bytecodeCompiler(), [kind, basename(script), lines, bytecode, files], {
    cwd: folder,
    label: "compiling to bytecode",
  });
  return { bytecode, files };
}

/** "0.1.0 (1a2b3c4d)": the package's version and, in a checkout of Git, the commit. */
export async function version(): Promise<string> {
  const json = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { readonly version: string };
  const git = spawnSync("git", ["rev-parse", "--short=8", "HEAD"], { cwd: root, encoding: "utf8" });
  return git.status === 0 ? `${json.version} (${git.stdout.trim()})` : json.version;
}

/** When the commit was made, in milliseconds since 1970; 0 outside of a checkout. Not the time of the build: same bytes. */
export function committed(): number {
  const git = spawnSync("git", ["show", "--no-patch", "--format=%ct", "HEAD"], { cwd: root, encoding: "utf8" });
  return git.status === 0 ? Number(git.stdout.trim()) * 1000 : 0;
}

/** The source map as rows for bytecode.c; lines and columns (of the bundle alone) count from 1. */
async function places(path: string, folder: string): Promise<string> {
  const map = JSON.parse(await readFile(path, "utf8")) as { sources: string[]; mappings: string };
  const highest = map.sources.map(() => 0);
  const rows: string[] = [];
  let [source, line] = [0, 0];
  for (const [i, row] of map.mappings.split(";").entries()) {
    let at = 0;
    for (const segment of row.split(",")) {
      const [advance, toSource, toLine] = vlq(segment);
      if (advance === undefined) continue;
      at += advance;
      if (toSource === undefined || toLine === undefined) continue;
      source += toSource;
      line += toLine;
      highest[source] = Math.max(highest[source] ?? 0, line + 1);
      rows.push(`at ${i + 1} ${at + 1} ${source} ${line + 1}`);
    }
  }
  const names = map.sources.map((name, i) => `file ${sourceName(join(folder, name))} ${highest[i]}`);
  return `${[...names, ...rows].join("\n")}\n`;
}

function sourceName(path: string): string {
  const inner = path.lastIndexOf("/node_modules/");
  return inner < 0 ? relative(root, path) : path.slice(inner + "/node_modules/".length);
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 VLQ, as source maps (ECMA-426) have it. */
function vlq(segment: string): number[] {
  const values: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of segment) {
    const digit = DIGITS.indexOf(character);
    value += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    values.push(value & 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return values;
}
