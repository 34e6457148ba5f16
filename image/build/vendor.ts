// Fetches the C libraries as source: image/vendor/Cargo.lock pins them by version and checksum.

import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { need } from "../../tools/setup.ts";
import { hashOfFiles } from "./cache.ts";
import { root, run } from "./run.ts";

const folder = join(root, "image", "vendor");

/** Path of image/vendor/vendor, with one folder per crate, fetched when it is missing or the lock file has changed. */
export async function vendor(): Promise<string> {
  const sources = join(folder, "vendor");
  const mark = join(sources, ".fetched");
  const hash = await hashOfFiles([join(folder, "Cargo.toml"), join(folder, "Cargo.lock")]);
  if (existsSync(mark) && (await readFile(mark, "utf8")) === hash) return sources;
  need("cargo");
  await rm(sources, { recursive: true, force: true });
  await run("cargo", ["vendor", "--locked", "vendor"], { label: "fetching the C sources", cwd: folder });
  await writeFile(mark, hash);
  return sources;
}
