// The inputs that are kept for each target: corpus/NAME/*, named by what they hold.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "corpus");

export interface Input {
  readonly file: string;
  readonly bytes: Uint8Array;
}

export function corpusOf(target: string): Input[] {
  const folder = join(FOLDER, target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => ({ file, bytes: new Uint8Array(readFileSync(join(folder, file))) }));
}

export function corpusNames(): string[] {
  return readdirSync(FOLDER).sort();
}

/** Puts these in the place of those that there are, except for what was put there by hand under a name in words. */
export function keepCorpus(target: string, inputs: readonly Uint8Array[]): void {
  const folder = join(FOLDER, target);
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(folder)) if (/^[0-9a-f]{12}$/.test(file)) rmSync(join(folder, file));
  for (const bytes of inputs) writeFileSync(join(folder, nameOf(bytes)), bytes);
}

export function nameOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 12);
}
