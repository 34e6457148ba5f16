// What was built once is not built again: a folder under build/cache is named by the hash of all that went into it, and
// appears under that name only when it is complete.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./run.ts";

/** A hash over strings, in order; a file's contents go in as `await readFile(path, "utf8")`. */
export function hashOf(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest("hex").slice(0, 16);
}

/** The hash over names and contents of files. */
export async function hashOfFiles(paths: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const path of paths) parts.push(path, (await readFile(path)).toString("latin1"));
  return hashOf(parts);
}

/** The folder build/cache/NAME-HASH, made by `make` when it is not there. Older folders of the same name are removed. */
export async function cached(name: string, hash: string, make: (folder: string) => Promise<void>): Promise<string> {
  const cache = join(root, "build", "cache");
  const folder = join(cache, `${name}-${hash}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const unfinished = join(cache, `.${name}-${hash}-${process.pid}`);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished);
  await make(unfinished);
  for (const old of await readdir(cache))
    if (old.startsWith(`${name}-`) && old.length === `${name}-${hash}`.length)
      await rm(join(cache, old), { recursive: true, force: true });
  try {
    await rename(unfinished, folder);
  } catch (error) {
    // Another build, running beside this one, was first.
    if (!existsSync(folder)) throw error;
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}
