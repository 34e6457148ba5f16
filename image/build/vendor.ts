// Fetches the C libraries as source: image/vendor/Cargo.lock pins them by version and checksum.

import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { need } from "../../tools/setup.ts";
import { hashOfFiles } from "./cache.ts";
import { root, run } from "./run.ts";

const folder = join(root, "image", "vendor");

const sources = join(folder, "vendor");
/** Holds the hash of what was fetched. */
const mark = join(sources, ".fetched");

/** False when they are missing or the lock file has changed. */
export async function isFetched(): Promise<boolean> {
  return existsSync(mark) && (await readFile(mark, "utf8")) === (await hashOfPins());
}

/** Path of image/vendor/vendor, with one folder per crate, fetched when need be. */
export async function vendor(): Promise<string> {
  if (await isFetched()) return sources;
  need("cargo");
  await rm(sources, { recursive: true, force: true });
  await run("cargo", ["vendor", "--locked", "vendor"], { label: "fetching the C sources", cwd: folder });
  await writeFile(mark, await hashOfPins());
  return sources;
}

function hashOfPins(): Promise<string> {
  return hashOfFiles([join(folder, "Cargo.toml"), join(folder, "Cargo.lock")]);
}
