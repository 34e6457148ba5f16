// image/runtime/malloc.c on the build host, its functions renamed so that the host's own heap stays out of the way.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const folder = mkdtempSync(join(tmpdir(), "malloc-"));
const program = join(folder, "stress");
const functions = "malloc free realloc calloc malloc_usable_size".split(" ");
const flags = ["-O2", "-g", "-fsanitize=undefined", "-fno-sanitize-recover=all", "-Wall", "-Wextra", "-Werror"];

function gcc(...args: readonly string[]): string {
  return spawnSync("gcc", [...flags, ...args], { cwd: root, encoding: "utf8" }).stderr;
}

function stress(...args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const done = spawnSync(program, args, { encoding: "utf8" });
  return { status: done.status, said: done.stdout + done.stderr };
}

describe.skipIf(spawnSync("gcc", ["--version"]).status !== 0)("the heap (needs gcc)", () => {
  beforeAll(() => {
    const object = join(folder, "malloc.o");
    const renames = functions.map((name) => `-D${name}=heap_${name}`);
    expect(gcc("-fno-builtin", ...renames, "-c", "image/runtime/malloc.c", "-o", object)).toBe("");
    expect(gcc("test/image/malloc-test.c", object, "-o", program)).toBe("");
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(["1", "2"])(
    "keeps blocks apart, aligned and whole, and merges all when they are freed (seed %s)",
    (seed) => {
      expect(stress(seed).said).toMatch(/^ok: /);
    },
    60_000,
  );

  it.each(["twice", "inside", "foreign"])("ends in a panic on a bad free: %s", (kind) => {
    expect(stress("1", kind)).toMatchObject({ status: 2 });
  });
});
