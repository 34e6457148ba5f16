// Changes to vendored C, as patch files in image/vendor/patches: a head that says what, why, what it saves and what
// upstream says, then a unified diff (POSIX, diff -u). A hunk applies where it says and nowhere else: every line of its
// context has to be there, at its number, or the build fails. A new version of a library is met by new patches.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BuildError, root } from "./run.ts";

export const PATCHES = join(root, "image/vendor/patches");

/** By library or use of it, in the order in which they apply. */
export const patchesOf = {
  engine: [
    "quickjs-anchored-regexp",
    "quickjs-yield",
    "quickjs-atom-hash",
    "quickjs-free-value",
    "quickjs-string-work",
    "quickjs-index-of",
    "quickjs-lines",
  ],
  bytecodeCompiler: ["quickjs-anchored-regexp", "quickjs-lexical-checks"],
  libdeflate: ["libdeflate-yield"],
  awsLc: ["aws-lc-randomness", "aws-lc-one-form"],
} as const;

export interface Hunk {
  /** The first line, from 0, in the file as it is before. */
  readonly from: number;
  /** What has to be there, and what comes in its place; lines with their ends. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

export interface FilePatch {
  /** Relative to the library's folder. */
  readonly file: string;
  readonly hunks: readonly Hunk[];
}

/** The text of one patch file. */
export function readPatch(name: string): Promise<string> {
  return readFile(join(PATCHES, `${name}.patch`), "utf8");
}

/** Throws what is wrong with the text; what stands before the first "--- " is the head. */
export function parsePatch(text: string): FilePatch[] {
  const lines = text.split(/(?<=\n)/);
  const files: { file: string; hunks: Hunk[] }[] = [];
  let at = lines.findIndex((line) => line.startsWith("--- "));
  if (at < 0) throw new Error("no diff");
  while (at < lines.length) {
    const file = /^\+\+\+ b\/(\S+)\n$/.exec(lines[at + 1] ?? "")?.[1];
    if (file === undefined || lines[at] !== `--- a/${file}\n`) throw new Error(`line ${at + 1}: not "--- a/FILE"`);
    const hunks: Hunk[] = [];
    for (at += 2; lines[at]?.startsWith("@@ "); ) {
      const { hunk, end } = parseHunk(lines, at);
      hunks.push(hunk);
      at = end;
    }
    if (hunks.length === 0) throw new Error(`${file}: no hunks`);
    files.push({ file, hunks });
  }
  return files;
}

/** The hunk whose "@@" is line `at`, and the line after it. */
function parseHunk(lines: readonly string[], at: number): { readonly hunk: Hunk; readonly end: number } {
  const range = /^@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(lines[at] ?? "");
  if (range === null) throw new Error(`line ${at + 1}: not "@@ -N,N +N,N @@"`);
  const [, first, old = "1", fresh = "1"] = range;
  const before: string[] = [];
  const after: string[] = [];
  let end = at + 1;
  while (before.length < Number(old) || after.length < Number(fresh)) {
    const line = lines[end++] ?? "";
    if (line.startsWith("-") || line.startsWith(" ")) before.push(line.slice(1));
    if (line.startsWith("+") || line.startsWith(" ")) after.push(line.slice(1));
    if (!/^[-+ ]/.test(line)) throw new Error(`line ${end}: not a line of a hunk`);
  }
  if (before.length !== Number(old) || after.length !== Number(fresh))
    throw new Error(`line ${at + 1}: the hunk has other lines than it says`);
  return { hunk: { from: Number(first) - 1, before, after }, end };
}

/** The text with the hunks applied; throws where a line is another than it should be. */
export function applyHunks(text: string, hunks: readonly Hunk[]): string {
  const lines = text.split(/(?<=\n)/);
  const result: string[] = [];
  let done = 0;
  for (const { from, before, after } of hunks) {
    if (from < done) throw new Error(`line ${from + 1}: the hunks overlap or are out of order`);
    for (const [i, line] of before.entries())
      if (lines[from + i] !== line)
        throw new Error(
          `line ${from + i + 1}: ${JSON.stringify(lines[from + i] ?? "")}, expected ${JSON.stringify(line)}`,
        );
    result.push(...lines.slice(done, from), ...after);
    done = from + before.length;
  }
  return [...result, ...lines.slice(done)].join("");
}

/** Applies these patches, one after the other, to the sources in `folder`. */
export async function applyPatches(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names)
    try {
      for (const { file, hunks } of parsePatch(await readPatch(name))) {
        const path = join(folder, file);
        await writeFile(path, applyHunks(await readFile(path, "utf8"), hunks));
      }
    } catch (error) {
      throw new BuildError(
        `image/vendor/patches/${name}.patch: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
}
