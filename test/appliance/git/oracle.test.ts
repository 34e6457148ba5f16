// Another implementation of Git, written by others, reads the same repositories from the same server: isomorphic-git on
// Node must have the same head, the same files and the same bytes.

import * as fs from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import git from "isomorphic-git";
import http from "isomorphic-git/http/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blog, makeRepository } from "../../../tools/make-repository.ts";
import { type Fixture, gitMissing, good, makeFixture, write } from "./fixture.ts";

describe.skipIf(gitMissing())("isomorphic-git beside us (needs git with http-backend)", () => {
  let fixture: Fixture;
  let scratch: string;
  beforeAll(async () => {
    fixture = await makeFixture();
    scratch = mkdtempSync(join(tmpdir(), "epiphyte-oracle-"));
  });
  afterAll(() => {
    fixture.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  async function agrees(name: string): Promise<void> {
    const dir = join(scratch, name);
    const url = `${fixture.server.url}/${name}`;
    await git.clone({ fs, http, dir, url, noCheckout: true, singleBranch: true });
    const theirs = await git.resolveRef({ fs, dir, ref: "HEAD" });
    const ours = await good(fixture.store(name));
    expect(ours.commit).toBe(theirs);
    const { commit } = await git.readCommit({ fs, dir, oid: theirs });
    expect(ours.head.author).toEqual({ name: commit.author.name, email: commit.author.email });
    expect(ours.head.authored.seconds).toBe(commit.author.timestamp);
    const files = await git.listFiles({ fs, dir, ref: theirs });
    expect([...ours.entries.keys()].sort()).toEqual(files.sort());
    for (const filepath of files) {
      const { oid, blob } = await git.readBlob({ fs, dir, oid: theirs, filepath });
      const entry = ours.entries.get(filepath);
      expect(entry?.oid).toBe(oid);
      expect(Buffer.from(ours.read(oid) ?? []).equals(blob)).toBe(true);
    }
  }

  it("a small repository", async () => {
    await makeRepository(fixture.directory("oracle-small"), [
      write("a", "one"),
      { ...write("b/c", "two"), author: "Zoë Ünicode <z@example.org>", zone: "+0200" },
      write("a", ""),
    ]);
    await agrees("oracle-small");
  });

  it("a blog with a history in deltas", async () => {
    const recipe = blog({ posts: 30, commits: 60, seed: 5, words: 150, layout: "flat" });
    await makeRepository(fixture.directory("oracle-blog"), recipe);
    fixture.git("oracle-blog", "repack", "-adfq", "--depth=20");
    await agrees("oracle-blog");
  });
});
