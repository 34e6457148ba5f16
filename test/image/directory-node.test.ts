import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Snapshot } from "../../appliance/git/snapshot.ts";
import { DirectoryRepository } from "../../image/directory-node.ts";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "epiphyte-directory-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(join(directory, path, ".."), { recursive: true });
  writeFileSync(join(directory, path), text);
}

function git(date: string, ...words: string[]): void {
  const who = {
    GIT_AUTHOR_NAME: "Ann",
    GIT_AUTHOR_EMAIL: "a@b",
    GIT_COMMITTER_NAME: "Ann",
    GIT_COMMITTER_EMAIL: "a@b",
  };
  const env = {
    ...process.env,
    ...who,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
    GIT_CONFIG_GLOBAL: "/dev/null",
  };
  execFileSync("git", ["-C", directory, ...words], { env, stdio: "ignore" });
}

async function read(repository: DirectoryRepository): Promise<Snapshot> {
  const result = await repository.update();
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

describe("a directory as a repository", () => {
  it("has the working tree with the dates of its history, and not what is ignored", async () => {
    git("", "init", "--quiet", "--initial-branch=main");
    write("Posts/é a.md", "one");
    write(".gitignore", "*.tmp\n");
    git("2026-01-02T03:04:05+02:00", "add", "--all");
    git("2026-01-02T03:04:05+02:00", "commit", "--quiet", "--message=first");
    write("Posts/é a.md", "two");
    write("Posts/b.md", "b");
    git("2026-02-02T00:00:00Z", "add", "--all");
    git("2026-02-02T00:00:00Z", "commit", "--quiet", "--message=second");
    write("Posts/b.md", "b, not committed");
    write("Posts/new.md", "new");
    write("x.tmp", "ignored");
    const snapshot = await read(new DirectoryRepository(directory));
    expect([...snapshot.entries.keys()]).toEqual([".gitignore", "Posts/b.md", "Posts/new.md", "Posts/é a.md"]);
    expect(snapshot.dates("Posts/é a.md")).toMatchObject({
      created: { seconds: 1_767_315_845, offsetMinutes: 120 },
      createdBy: { name: "Ann" },
      updated: { seconds: 1_769_990_400 },
    });
    expect(snapshot.head.subject).toBe("second");
    const bytes = snapshot.read(snapshot.entries.get("Posts/b.md")?.oid ?? "");
    expect(new TextDecoder().decode(bytes)).toBe("b, not committed");
    expect(snapshot.dates("Posts/new.md")?.created.seconds).toBeGreaterThan(1_769_990_400);
  });

  it("is the same Snapshot until something changes", async () => {
    write("a.md", "a");
    symlinkSync("a.md", join(directory, "link"));
    const repository = new DirectoryRepository(directory);
    const first = await read(repository);
    expect(first.entries.get("link")?.mode).toBe("symlink");
    expect(await read(repository)).toBe(first);
    write("a.md", "b");
    expect((await read(repository)).commit).not.toBe(first.commit);
  });

  it("says what is wrong when it is gone", async () => {
    const result = await new DirectoryRepository(join(directory, "nowhere")).update();
    expect(!result.ok && result.error.kind).toBe("broken");
  });
});
