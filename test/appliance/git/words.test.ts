// What the operator is told when the remote is not what the parameter says.

import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeGitError, type GitTransportError } from "../../../appliance/git/error.ts";
import { DEFAULT_LIMITS } from "../../../appliance/git/limits.ts";
import { parseRemote } from "../../../appliance/git/remote.ts";
import { GitStore } from "../../../appliance/git/store.ts";
import { nodePlatform } from "../../../image/platform-node.ts";
import { makeRepository } from "../../../tools/make-repository.ts";
import { bad, type Fixture, gitMissing, good, makeFixture, noise, write } from "./fixture.ts";

describe.skipIf(gitMissing())("a remote (needs git with http-backend)", () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await makeFixture();
    await makeRepository(fixture.directory("tagged"), [write("a", "1"), write("a", "2")]);
    fixture.git("tagged", "tag", "v1", "main~1");
    fixture.git(
      "tagged",
      "-c",
      "user.name=A",
      "-c",
      "user.email=a@example.org",
      "tag",
      "-a",
      "-m",
      "x",
      "v2",
      "main~1",
    );
    fixture.git("tagged", "update-ref", "refs/changes/7", "main~1");
  });
  afterAll(() => fixture.close());

  it("is followed at a branch, whichever way it is written", async () => {
    const plain = await good(fixture.store("tagged#main"));
    const long = await good(fixture.store("tagged#refs/heads/main"));
    expect([long.commit, long.branch]).toEqual([plain.commit, "main"]);
  });

  it("is shown at a tag, a commit, and any ref", async () => {
    const commit = fixture.git("tagged", "rev-parse", "main~1").trim();
    for (const what of ["v1", "refs/tags/v1", "v2", "refs/tags/v2", "refs/changes/7", commit]) {
      const store = fixture.store(`tagged#${what}`);
      const snapshot = await good(store);
      expect([what, snapshot.commit]).toEqual([what, commit]);
      // Nothing moved.
      expect(await good(store)).toBe(snapshot);
    }
  });

  it("goes where a tag goes", async () => {
    const store = fixture.store("tagged#moves");
    fixture.git("tagged", "tag", "moves", "main~1");
    const first = await good(store);
    fixture.git("tagged", "tag", "-f", "moves", "main");
    const next = await good(store);
    expect([first.commit, next.commit]).toEqual(
      ["main~1", "main"].map((name) => fixture.git("tagged", "rev-parse", name).trim()),
    );
  });

  it("is told when there is no such branch, tag or commit", async () => {
    const commit = fixture.git("tagged", "rev-parse", "main").trim();
    const blob = fixture.git("tagged", "rev-parse", "main:a").trim();
    const cases: readonly (readonly [fragment: string, words: RegExp])[] = [
      [
        commit.slice(0, 8),
        /: there is no branch and no tag [0-9a-f]{8}\. If it is a commit, write all its 40 digits\.$/,
      ],
      ["mian", /: there is no branch and no tag mian\. There is: main\.$/],
      ["refs/heads/mian", /: there is no branch and no tag mian\. /],
      [`${"0".repeat(39)}1`, /the server (?:says|answered|ended)|lacks|broke|ended/],
      [blob, /: [0-9a-f]{40} is no commit\. Name a branch, a tag or a commit\.$/],
    ];
    for (const [fragment, words] of cases)
      expect(describeGitError(await bad(fixture.store(`tagged#${fragment}`)))).toMatch(words);
  });

  it("whose objects are named by SHA-256 is called so", async () => {
    const directory = fixture.directory("sha256");
    execFileSync("git", ["init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch=main", directory]);
    const run = (input: string, ...words: string[]): string =>
      execFileSync("git", ["-C", directory, "-c", "user.name=A", "-c", "user.email=a@example.org", ...words], {
        input,
        encoding: "utf8",
      }).trim();
    const tree = run(`100644 blob ${run("text", "hash-object", "-w", "--stdin")}\ta\n`, "mktree");
    run("", "update-ref", "refs/heads/main", run("first", "commit-tree", tree));
    expect((await bad(fixture.store("sha256"))).kind).toBe("sha256-objects");
  });

  it("that dies in the middle of a pack is told in its own words", async () => {
    const directory = fixture.directory("dying");
    const files = Array.from({ length: 30 }, (_, i) => ({ path: `f${i}`, content: noise(i, 20_000) }));
    await makeRepository(directory, [{ changes: files }]);
    // Objects lie each in a file of their own; one that the pack needs goes.
    const pack = join(directory, "objects/pack");
    for (const name of readdirSync(pack).filter((file) => file.endsWith(".pack"))) {
      const bytes = execFileSync("cat", [join(pack, name)]);
      for (const file of readdirSync(pack)) rmSync(join(pack, file), { force: true });
      fixture.git("dying", "config", "gc.auto", "0");
      execFileSync("git", ["-C", directory, "unpack-objects", "-q"], { input: bytes });
    }
    const oid = fixture.git("dying", "rev-parse", "main:f29").trim();
    rmSync(join(directory, "objects", oid.slice(0, 2), oid.slice(2)));
    const error = await bad(fixture.store("dying"));
    expect(error.kind).toBe("remote-error");
    expect(describeGitError(error)).toMatch(/the server says: (?:fatal: |aborting due to )/);
  });
});

describe("a port that speaks TLS", () => {
  const told = async (url: string, answer: GitTransportError | number): Promise<string> => {
    const remote = parseRemote(url);
    if (!remote.ok) throw new Error(remote.error);
    const store = new GitStore({
      remote: remote.value,
      transport: {
        request: async () =>
          typeof answer === "number"
            ? { ok: true, value: { status: answer, url: `${url}/info/refs`, headers: [] } }
            : { ok: false, error: answer },
      },
      platform: nodePlatform(),
      onProgress: () => {},
      limits: () => DEFAULT_LIMITS,
    });
    return (await bad(store)).kind;
  };

  it("is 443, whatever it answers to what it cannot read", async () => {
    const where = "http://git.example:443/blog.git";
    expect(await told(where, { kind: "broken", where, reason: "not HTTP" })).toBe("speaks-tls");
    expect(await told(where, 400)).toBe("speaks-tls");
    expect(await told(where, { kind: "refused", where })).toBe("refused");
    expect(await told("http://git.example/blog.git", 400)).toBe("http-status");
    expect(await told("http://git.example/blog.git", { kind: "broken", where, reason: "x" })).toBe("broken");
  });
});
