import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "epiphyte-check-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function check(
  name: string,
  files: Readonly<Record<string, string>>,
): { readonly status: number | null; readonly text: string } {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(place, path), text);
  const run = spawnSync(process.execPath, ["image/check-node.ts", place], { encoding: "utf8" });
  return { status: run.status, text: run.stdout + run.stderr };
}

describe("npm run check", () => {
  it("prints every problem with its place, and fails", () => {
    const { status, text } = check("bad", { "a.md": "---\ntitle: A\n---\n\n[x](no.md)\n", "b.md": "x\n" });
    expect(text).toBe("a.md:5: there is nothing at no.md\na blog, 2 posts, 0 pages: 1 problem\n");
    expect(status).toBe(1);
  });
  it("ends well where there is none", () => {
    expect(check("good", { "a.md": "# A\n" })).toEqual({ status: 0, text: "a blog, 1 post, 0 pages: 0 problems\n" });
  });
  it("says what it needs", () => {
    const run = spawnSync(process.execPath, ["image/check-node.ts"], { encoding: "utf8" });
    expect([run.status, run.stderr]).toEqual([2, expect.stringContaining("npm run check -- DIR|URL")]);
  });
});
