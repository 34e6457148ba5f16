import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { describeGitError } from "../../../appliance/git/error.ts";
import type { GitProgress } from "../../../appliance/git/snapshot.ts";
import { addCommits, blog, makeRepository } from "../../../tools/make-repository.ts";
import { bad, type Fixture, gitMissing, good, makeFixture, noise, same, text, write } from "./fixture.ts";

describe.skipIf(gitMissing())("a repository in memory (needs git with http-backend)", () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await makeFixture();
    await makeRepository(fixture.directory("small"), [
      write("a", "one"),
      {
        ...write("b/c", "two"),
        message: "Second\n\nwith a body",
        author: "Zoë Ünicode <z@example.org>",
        zone: "+0200",
      },
    ]);
    await makeRepository(
      fixture.directory("blog"),
      blog({ posts: 40, commits: 120, seed: 3, words: 200, layout: "flat" }),
    );
  });
  afterAll(() => fixture.close());
  afterEach(() => {
    for (const key of Object.keys(fixture.server.faults))
      delete fixture.server.faults[key as keyof typeof fixture.server.faults];
  });

  it("is the tree of the head, its blobs, and its commit", async () => {
    const snapshot = await good(fixture.store("small"));
    expect(snapshot.commit).toBe(fixture.git("small", "rev-parse", "main").trim());
    expect(snapshot.branch).toBe("main");
    expect(snapshot.head.subject).toBe("Second");
    expect(snapshot.head.author).toEqual({ name: "Zoë Ünicode", email: "z@example.org" });
    expect(snapshot.head.authored.offsetMinutes).toBe(120);
    expect([...snapshot.entries.keys()]).toEqual(["a", "b/c"]);
    expect(text(snapshot.read(snapshot.entries.get("b/c")!.oid))).toBe("two");
    expect(snapshot.read("0".repeat(40))).toBeUndefined();
    expect(snapshot.read(snapshot.commit)).toBeUndefined();
    expect(snapshot.read("not a name")).toBeUndefined();
  });

  it("has every blob of a packed history byte for byte", async () => {
    fixture.git("blog", "repack", "-adfq", "--depth=50");
    const snapshot = await good(fixture.store("blog"));
    for (const { path, oid } of snapshot.entries.values())
      expect(text(snapshot.read(oid))).toBe(fixture.git("blog", "cat-file", "blob", `${snapshot.commit}:${path}`));
  });

  it("tells how it gets on", async () => {
    const seen: GitProgress[] = [];
    await good(fixture.store("blog", {}, (progress) => seen.push(progress)));
    const phases = [...new Set(seen.map(({ phase }) => phase))];
    expect(phases).toEqual(["connecting", "remote", "indexing", "dating"]);
    expect(seen.at(-1)).toEqual({ phase: "dating", commits: 120, total: 120 });
  });

  it("has symlinks, executables, submodules and names of every kind", async () => {
    await makeRepository(fixture.directory("odd"), [
      {
        changes: [
          { path: "link", content: "a/b", mode: "120000" },
          { path: "run", content: "#!/bin/sh\n", mode: "100755" },
          { path: "module", content: "1".repeat(40), mode: "160000" },
          { path: "with space", content: "" },
          { path: 'quo"te\\', content: "q" },
          { path: "tab\tand\nline", content: "t" },
          { path: "日本語/ß", content: "u" },
          { path: "a.b/x", content: "1" },
          { path: "a/x", content: "2" },
          { path: "a0", content: "3" },
        ],
      },
    ]);
    const { entries, read, dates } = await good(fixture.store("odd")).then((s) => ({
      entries: s.entries,
      read: s.read.bind(s),
      dates: s.dates.bind(s),
    }));
    expect(entries.get("link")?.mode).toBe("symlink");
    expect(text(read(entries.get("link")!.oid))).toBe("a/b");
    expect(entries.get("run")?.mode).toBe("executable");
    expect(entries.get("module")).toEqual({ path: "module", oid: "1".repeat(40), mode: "submodule" });
    expect(read("1".repeat(40))).toBeUndefined();
    const names = fixture.git("odd", "ls-tree", "-r", "-z", "--name-only", "main").split("\0").filter(Boolean);
    expect([...entries.keys()]).toEqual(names);
    for (const name of names) expect(dates(name)).toBeDefined();
  });

  it("takes names and people that are not UTF-8 for Latin-1", async () => {
    const directory = fixture.directory("latin");
    await makeRepository(directory, [write("a", "1")]);
    const blob = fixture.git("latin", "rev-parse", "main:a").trim();
    const { execFileSync } = await import("node:child_process");
    const git = (input: Buffer, ...command: string[]): string =>
      execFileSync("git", ["-C", directory, ...command], { input, encoding: "utf8" }).trim();
    const tree = git(Buffer.from(`100644 blob ${blob}\tcaf\xe9\0`, "latin1"), "mktree", "-z");
    const commit = git(
      Buffer.from(
        `tree ${tree}\nauthor Ren\xe9 <r@example.org> 5 +0000\ncommitter x <> 5 +0000\n\nfen\xeatre\n`,
        "latin1",
      ),
      ..."hash-object -t commit -w --stdin --literally".split(" "),
    );
    fixture.git("latin", "update-ref", "refs/heads/main", commit);
    const snapshot = await good(fixture.store("latin"));
    expect([...snapshot.entries.keys()]).toEqual(["café"]);
    expect(snapshot.head.author.name).toBe("René");
    expect(snapshot.head.subject).toBe("fenêtre");
    expect(snapshot.dates("café")?.created.seconds).toBe(5);
  });

  describe("after a push", () => {
    it("is the same object while the branch has not moved, and the server is asked for nothing more", async () => {
      const store = fixture.store("small");
      const first = await good(store);
      const before = fixture.server.requests.length;
      expect(await good(store)).toBe(first);
      expect(fixture.server.requests.slice(before)).toEqual(["GET /small.git/info/refs?service=git-upload-pack"]);
    });

    it("fetches what is new and keeps the entries of what is not", async () => {
      await makeRepository(fixture.directory("grows"), [
        {
          changes: [
            { path: "big", content: noise(1, 200_000) },
            { path: "d/a", content: "1" },
            { path: "e/b", content: "1" },
          ],
        },
      ]);
      let received = 0;
      const store = fixture.store("grows", {}, (p) => {
        if (p.phase === "indexing") received = p.total;
      });
      const first = await good(store);
      expect(received).toBe(6);
      await addCommits(fixture.directory("grows"), [write("d/a", "2")], 1);
      const second = await good(store);
      expect(received).toBe(4);
      expect(second.entries.get("e/b")).toBe(first.entries.get("e/b"));
      expect(text(second.read(second.entries.get("d/a")!.oid))).toBe("2");
      expect(second.dates("big")?.updatedCommit).toBe(first.commit);
      expect(second.dates("d/a")?.updatedCommit).toBe(second.commit);
      // The old one stays readable.
      expect(text(first.read(first.entries.get("d/a")!.oid))).toBe("1");
      expect(first.dates("d/a")?.updatedCommit).toBe(first.commit);
    });

    it("follows a rewritten history, forwards and back, and clones anew afterwards", async () => {
      const directory = fixture.directory("rewritten");
      await makeRepository(directory, [write("a", "1"), write("b", "1"), write("a", "2")]);
      const store = fixture.store("rewritten");
      const first = await good(store);
      fixture.git("rewritten", "update-ref", "refs/heads/main", "main~1");
      const back = await good(store);
      expect(back.dates("a")?.updatedCommit).toBe(back.dates("a")?.createdCommit);
      await addCommits(directory, [{ ...write("c", "1"), parents: [1] }], 3);
      const other = await good(store);
      expect([...other.entries.keys()]).toEqual(["a", "b", "c"]);
      fixture.git("rewritten", "update-ref", "refs/heads/main", first.commit);
      expect([...(await good(store)).entries.keys()]).toEqual(["a", "b"]);
      // An unrelated history, the old one gone from the server.
      await addCommits(directory, [{ changes: [{ path: "new", content: "x" }], parents: [], branch: "orphan" }], 4);
      fixture.git("rewritten", "update-ref", "refs/heads/main", "orphan");
      fixture.git("rewritten", "update-ref", "-d", "refs/heads/orphan");
      fixture.git("rewritten", "gc", "-q", "--prune=now");
      expect([...(await good(store)).entries.keys()]).toEqual(["new"]);
    });

    it("clones anew when updates have piled up", async () => {
      const directory = fixture.directory("piles");
      await makeRepository(directory, [{ changes: [{ path: "a", content: noise(2, 1000) }] }]);
      let received = 0;
      const store = fixture.store("piles", {}, (p) => {
        if (p.phase === "indexing") received = p.total;
      });
      await good(store);
      for (let i = 1; i <= 4; i++) {
        await addCommits(directory, [{ changes: [{ path: "a", content: noise(2 + i, 2_000_000) }] }], i);
        const snapshot = await good(store);
        expect(same(snapshot.read(snapshot.entries.get("a")!.oid), noise(2 + i, 2_000_000))).toBe(true);
        // The third update passes the bound; the fourth clones all five commits.
        expect(received).toBe(i < 4 ? 3 : 15);
      }
    });

    it("stays as it was when the branch is deleted, and says what there is", async () => {
      await makeRepository(fixture.directory("deleted"), [write("a", "1"), { ...write("a", "2"), branch: "side" }]);
      const store = fixture.store("deleted#side");
      const first = await good(store);
      fixture.git("deleted", "update-ref", "-d", "refs/heads/side");
      expect(await bad(store)).toMatchObject({ kind: "unknown-branch", branch: "side", branches: ["main"] });
      expect(store.snapshot).toBe(first);
      expect(text(first.read(first.entries.get("a")!.oid))).toBe("2");
    });

    it("serves calls at the same time one after the other", async () => {
      const store = fixture.store("small");
      const [a, b, c] = await Promise.all([good(store), good(store), good(store)]);
      expect(b).toBe(a);
      expect(c).toBe(a);
    });
  });

  describe("on a bad day", () => {
    it("takes the branch after #, and names the branches when there is no such", async () => {
      await makeRepository(fixture.directory("branches"), [
        write("a", "1"),
        { ...write("a", "2"), branch: "drafts/next" },
      ]);
      expect((await good(fixture.store("branches#drafts/next"))).branch).toBe("drafts/next");
      expect((await good(fixture.store("branches"))).branch).toBe("main");
      const error = await bad(fixture.store("branches#nowhere"));
      expect(describeGitError(error)).toContain("There is: drafts/next, main.");
    });

    it("takes the only branch when the server's HEAD points nowhere", async () => {
      await makeRepository(fixture.directory("headless"), [{ ...write("a", "1"), branch: "trunk" }]);
      expect((await good(fixture.store("headless"))).branch).toBe("trunk");
    });

    it("says that a repository is empty", async () => {
      await makeRepository(fixture.directory("empty"), []);
      expect((await bad(fixture.store("empty"))).kind).toBe("empty-repository");
      expect((await bad(fixture.store("empty#main"))).kind).toBe("empty-repository");
    });

    it("tells 404, 500 and what is no repository apart", async () => {
      expect(await bad(fixture.store("nowhere"))).toMatchObject({ kind: "not-found", status: 404 });
      fixture.server.faults.status = 500;
      expect(await bad(fixture.store("small"))).toMatchObject({ kind: "http-status", status: 500 });
      fixture.server.faults.status = 200;
      expect(await bad(fixture.store("small"))).toMatchObject({ kind: "not-git" });
    });

    it("sends credentials from the URL and tells missing ones from wrong ones", async () => {
      fixture.server.faults.credentials = "me@home:secret:1";
      expect(await bad(fixture.store("small"))).toMatchObject({ kind: "unauthorized", given: false });
      const { host } = new URL(fixture.server.url);
      expect((await good(fixture.store(`http://me%40home:secret%3A1@${host}/small.git`))).branch).toBe("main");
      expect(await bad(fixture.store(`http://me:secret@${host}/small.git`))).toMatchObject({
        kind: "unauthorized",
        given: true,
      });
    });

    it("fetches from where a redirect leads", async () => {
      const other = await makeFixture();
      try {
        await makeRepository(other.directory("small"), [write("a", "elsewhere")]);
        fixture.server.faults.redirectTo = other.server.url;
        const snapshot = await good(fixture.store("small"));
        expect(text(snapshot.read(snapshot.entries.get("a")!.oid))).toBe("elsewhere");
        expect(other.server.requests.at(-1)).toBe("POST /small.git/git-upload-pack");
      } finally {
        await other.close();
      }
    });

    it("says that the connection is refused", async () => {
      const gone = await makeFixture();
      await gone.close();
      expect((await bad(fixture.store(`${gone.server.url}/x.git`))).kind).toBe("refused");
    });

    it("survives a pack cut short at any byte, and recovers", async () => {
      const store = fixture.store("blog");
      for (const after of [0, 2, 8, 9, 40, 1000, 20_000]) {
        fixture.server.faults.cutAfter = after;
        expect(["pack-cut-short", "broken"]).toContain((await bad(store)).kind);
        delete fixture.server.faults.cutAfter;
        fixture.server.faults.endAfter = after;
        expect(["pack-cut-short", "pack-corrupt", "remote-error", "object-missing"]).toContain((await bad(store)).kind);
        delete fixture.server.faults.endAfter;
      }
      expect(store.snapshot).toBeUndefined();
      await good(store);
    });

    it("finds a corrupted byte, and keeps what it has", async () => {
      const directory = fixture.directory("corrupt");
      await makeRepository(directory, [{ changes: [{ path: "a", content: noise(9, 3000) }] }]);
      const store = fixture.store("corrupt");
      fixture.server.faults.corruptAt = 1500;
      expect((await bad(store)).kind).toBe("pack-corrupt");
      delete fixture.server.faults.corruptAt;
      const first = await good(store);
      await addCommits(directory, [{ changes: [{ path: "a", content: noise(10, 3000) }] }], 1);
      fixture.server.faults.corruptAt = 1500;
      expect((await bad(store)).kind).toBe("pack-corrupt");
      expect(store.snapshot).toBe(first);
      expect(first.read(first.entries.get("a")!.oid)).toEqual(noise(9, 3000));
      delete fixture.server.faults.corruptAt;
      const second = await good(store);
      expect(second.read(second.entries.get("a")!.oid)).toEqual(noise(10, 3000));
    });

    it("answers a byte damaged anywhere with an error or with what is right, and recovers", async () => {
      const right = (await good(fixture.store("small"))).commit;
      const kinds = new Set<string>();
      for (let at = 0; at < 600; at += 97) {
        const store = fixture.store("small");
        fixture.server.faults.corruptAt = at;
        const got = await store.update();
        if (got.ok) expect([at, got.value.commit]).toEqual([at, right]);
        else {
          kinds.add(got.error.kind);
          expect(describeGitError(got.error)).not.toMatch(/undefined|\[object/);
          expect(store.snapshot).toBeUndefined();
        }
        delete fixture.server.faults.corruptAt;
        expect((await good(store)).commit).toBe(right);
      }
      // A length that is damaged may be more than is taken.
      const faults = [
        "pack-corrupt",
        "pack-cut-short",
        "remote-error",
        "object-missing",
        "not-git",
        "broken",
        "too-large",
      ];
      for (const kind of kinds) expect(faults).toContain(kind);
      expect(kinds.size).toBeGreaterThan(0);
    });
  });
});
