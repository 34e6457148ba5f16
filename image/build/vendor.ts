// Fetches the C libraries as source: image/vendor/Cargo.lock pins them by version and checksum.

import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashOfFiles } from "./cache.ts";
import { BuildError, root, run } from "./run.ts";

const OLDEST_CARGO = [1, 74] as const;
const folder = join(root, "image", "vendor");

/** Path of image/vendor/vendor, with one folder per crate, fetched when it is missing or the lock file has changed. */
export async function vendor(): Promise<string> {
  const sources = join(folder, "vendor");
  const mark = join(sources, ".fetched");
  const hash = await hashOfFiles([join(folder, "Cargo.toml"), join(folder, "Cargo.lock")]);
  if (existsSync(mark) && (await readFile(mark, "utf8")) === hash) return sources;
  await checkCargo();
  await rm(sources, { recursive: true, force: true });
  await run("cargo", ["vendor", "--locked", "vendor"], { label: "fetching the C sources", cwd: folder });
  await writeFile(mark, hash);
  return sources;
}

/** Debian 12's cargo 1.65 knows neither the sparse index nor lock files of version 4. */
async function checkCargo(): Promise<void> {
  const wanted = `cargo ${OLDEST_CARGO.join(".")} or newer is needed to fetch the C sources`;
  const hint = "Debian 13: sudo apt-get install -y cargo; elsewhere: https://rustup.rs";
  let text: string;
  try {
    text = await run("cargo", ["--version"]);
  } catch {
    throw new BuildError(`${wanted}, and there is none.\n${hint}`);
  }
  const match = /(\d+)\.(\d+)/.exec(text);
  const [major, minor] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  if (major < OLDEST_CARGO[0] || (major === OLDEST_CARGO[0] && minor < OLDEST_CARGO[1]))
    throw new BuildError(`${wanted}; this one is ${text.trim()}.\n${hint}`);
}
