import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GitError } from "../../../appliance/git/error.ts";
import { DEFAULT_LIMITS, limitsFor } from "../../../appliance/git/limits.ts";
import { addCommits, blog, makeRepository } from "../../../tools/make-repository.ts";
import { bad, type Fixture, gitMissing, good, makeFixture, noise, same, write } from "./fixture.ts";

describe("the limits", () => {
  it("follow the memory of the machine", () => {
    expect(limitsFor(2 ** 40, 2 ** 40, 2 ** 40)).toEqual(DEFAULT_LIMITS);
    const megabyte = 1024 * 1024;
    const empty = limitsFor(24 * megabyte, 19 * megabyte, 18 * megabyte);
    expect(empty).toMatchObject({
      packBytes: Math.floor(5.7 * megabyte),
      heldBytes: 6 * megabyte,
      cacheBytes: 3 * megabyte,
    });
    const full = limitsFor(24 * megabyte, 5 * megabyte, 5 * megabyte);
    expect(full).toMatchObject({ packBytes: 1.5 * megabyte, heldBytes: 6 * megabyte });
    expect(full.objectBytes).toBeLessThan(empty.objectBytes);
    expect(limitsFor(24 * megabyte, 0, 0).packBytes).toBe(0);
    // Free, but in pieces.
    const torn = limitsFor(24 * megabyte, 8 * megabyte, 1.5 * megabyte);
    expect(torn.packBytes).toBe(0.5 * megabyte);
    expect(torn.objectBytes).toBe(Math.floor(0.3 * megabyte));
  });
});

describe.skipIf(gitMissing())("a store and its limits (needs git with http-backend)", () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await makeFixture();
    await makeRepository(
      fixture.directory("blog"),
      blog({ posts: 40, commits: 120, seed: 3, words: 200, layout: "flat" }),
    );
  });
  afterAll(() => fixture.close());

  it("keeps its limits", async () => {
    const limit = async (limits: Parameters<Fixture["store"]>[1]): Promise<GitError> =>
      bad(fixture.store("blog", limits));
    expect(await limit({ packBytes: 5000 })).toMatchObject({ kind: "too-large", what: "pack bytes" });
    expect(await limit({ objects: 100 })).toMatchObject({ kind: "too-large", what: "objects" });
    expect(await limit({ objectBytes: 500 })).toMatchObject({ kind: "too-large", what: "object bytes" });
    expect(await limit({ files: 10 })).toMatchObject({ kind: "too-large" });
    expect(await limit({ advertisementBytes: 100 })).toMatchObject({
      kind: "too-large",
      what: "advertisement bytes",
    });
    await good(fixture.store("blog", { cacheBytes: 0 }));
  });

  it("refuses trees that multiply themselves", async () => {
    // Ten levels of ten times the same directory: a kilobyte that unfolds into 10^10 files.
    const directory = fixture.directory("bomb");
    await makeRepository(directory, [write("a", "1")]);
    const git = (input: string, ...command: string[]): string =>
      execFileSync("git", ["-C", directory, ...command], { input, encoding: "utf8" }).trim();
    let item = `100644 blob ${fixture.git("bomb", "rev-parse", "main:a").trim()}`;
    for (let level = 0; level < 10; level++) {
      const lines = Array.from({ length: 10 }, (_, i) => `${item}\t${i}\n`).join("");
      item = `040000 tree ${git(lines, "mktree")}`;
    }
    const tree = item.split(" ")[2]!;
    const commit = git("bomb\n", "-c", "user.name=x", "-c", "user.email=x", "commit-tree", tree);
    fixture.git("bomb", "update-ref", "refs/heads/main", commit);
    expect(await bad(fixture.store("bomb", { files: 5000 }))).toMatchObject({ kind: "too-large" });
  });

  it("refuses what the memory that is left does not hold, and keeps what it has", async () => {
    const directory = fixture.directory("tight");
    await makeRepository(directory, [{ changes: [{ path: "a", content: noise(2, 50_000) }] }]);
    const limits = { packBytes: 100_000 };
    const store = fixture.store("tight", limits);
    const first = await good(store);
    await addCommits(directory, [{ changes: [{ path: "b", content: noise(3, 50_000) }] }], 1);
    limits.packBytes = 20_000;
    expect(await bad(store)).toMatchObject({ kind: "too-large", what: "pack bytes", limit: 20_000 });
    expect(store.snapshot).toBe(first);
    expect(same(first.read(first.entries.get("a")!.oid), noise(2, 50_000))).toBe(true);
    limits.packBytes = 100_000;
    expect([...(await good(store)).entries.keys()]).toEqual(["a", "b"]);
  });

  it("clones anew only when the old packs and the new ones fit beside each other", async () => {
    const directory = fixture.directory("beside");
    await makeRepository(directory, [{ changes: [{ path: "a", content: noise(2, 50_000) }] }]);
    const limits = { packBytes: 1_000_000 };
    let received = 0;
    const store = fixture.store("beside", limits, (p) => {
      if (p.phase === "indexing") received = p.total;
    });
    await good(store);
    await addCommits(directory, [write("b", "1")], 1);
    await good(store);
    fixture.git("beside", "update-ref", "refs/heads/main", "main~1");
    await good(store);
    // A rewritten history: the next update with anything new clones all of it, if it can.
    await addCommits(directory, [{ ...write("c", "1"), parents: [0] }], 2);
    limits.packBytes = 20_000;
    expect([...(await good(store)).entries.keys()]).toEqual(["a", "c"]);
    expect(received).toBe(3);
    limits.packBytes = 1_000_000;
    await addCommits(directory, [{ ...write("d", "1"), parents: [2] }], 3);
    await good(store);
    expect(received).toBe(8);
  });
});
