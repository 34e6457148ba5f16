import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Snapshot } from "../../../appliance/git/snapshot.ts";
import { addCommits, type Change, type CommitPlan, makeRepository, Seeded } from "../../../tools/make-repository.ts";
import { type Fixture, gitMissing, makeFixture } from "./fixture.ts";

const PATHS = [
  "a",
  "b",
  "c d",
  "posts/one",
  "posts/two",
  "posts/2020/x",
  "posts/2020/y",
  "posts/2021/x",
  "z/z/z/z",
  "ü",
];

/** A history of branches, merges, reverts, deletions and returns; each commit's tree is known. */
function randomHistory(seed: number, commits: number): CommitPlan[] {
  const random = new Seeded(seed * 7919 + 13);
  const trees: Map<string, string>[] = [];
  const plans: CommitPlan[] = [];
  const heads = [0];
  for (let i = 0; i < commits; i++) {
    let parents: number[] = [];
    if (i > 0) {
      const last = i === commits - 1;
      const kind = random.below(10);
      parents = [last ? heads[heads.length - 1]! : random.pick(heads)];
      const wanted = last ? heads.length : kind < 3 ? 2 : kind === 3 ? 3 : 1;
      for (const head of [...heads].reverse())
        if (parents.length < wanted && !parents.includes(head)) parents.push(head);
      if (kind === 9 && !last) parents = random.below(3) === 0 ? [] : [random.below(i)];
    }
    const before = parents.length === 0 ? new Map<string, string>() : trees[parents[0]!]!;
    const tree = new Map(before);
    // A merge takes each path from one of its parents, sometimes from none.
    for (const parent of parents.slice(1))
      for (const path of PATHS) {
        const other = trees[parent]!.get(path);
        if (other === tree.get(path) || random.below(2) === 0) continue;
        if (other === undefined) tree.delete(path);
        else tree.set(path, other);
      }
    const touched = parents.length > 1 ? random.below(2) : 1 + random.below(2);
    for (let n = 0; n < touched; n++) {
      const path = random.pick(PATHS);
      const kind = random.below(6);
      if (kind === 0) tree.delete(path);
      // Few contents, so that many a change is a revert.
      else tree.set(path, `content ${random.below(3)}\n`);
    }
    trees.push(tree);
    const changes: Change[] = [];
    for (const path of PATHS) if (tree.get(path) !== before.get(path)) changes.push({ path, content: tree.get(path) });
    plans.push({ changes, parents });
    for (const parent of parents) {
      const at = heads.indexOf(parent);
      if (at >= 0 && (parents.length > 1 || random.below(3) > 0)) heads.splice(at, 1);
    }
    heads.push(i);
  }
  return plans;
}

function expectGitDates(fixture: Fixture, name: string, snapshot: Snapshot): void {
  const paths = fixture.git(name, "ls-tree", "-r", "-z", "--name-only", snapshot.commit).split("\0").filter(Boolean);
  expect([...snapshot.entries.keys()]).toEqual(paths);
  for (const path of paths) {
    const log = fixture
      .git(name, "log", "--date-order", "--format=%H %at", snapshot.commit, "--", path)
      .trim()
      .split("\n");
    const [updatedCommit, updated] = log[0]!.split(" ");
    const [createdCommit, created] = log[log.length - 1]!.split(" ");
    const dates = snapshot.dates(path);
    const ours = dates && [
      path,
      dates.updatedCommit,
      dates.updated.seconds,
      dates.createdCommit,
      dates.created.seconds,
    ];
    expect(ours).toEqual([path, updatedCommit, Number(updated), createdCommit, Number(created)]);
  }
}

describe.skipIf(gitMissing())("dates of paths (needs git with http-backend)", () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await makeFixture();
  });
  afterAll(() => fixture.close());

  it("are those of git log on histories with merges, reverts, deletions and returns", async () => {
    for (let seed = 0; seed < 14; seed++) {
      const name = `random-${seed}`;
      await makeRepository(fixture.directory(name), randomHistory(seed, 6 + seed * 4));
      const result = await fixture.store(name).update();
      if (!result.ok) throw new Error(result.error.kind);
      expectGitDates(fixture, name, result.value);
    }
  }, 60_000);

  it("stay those of git log when the history arrives in pieces", async () => {
    for (let seed = 100; seed < 104; seed++) {
      const name = `pieces-${seed}`;
      const plans = randomHistory(seed, 40);
      // What "main" points to must be what comes last: every piece ends on a commit of its own.
      await makeRepository(fixture.directory(name), plans.slice(0, 10));
      const store = fixture.store(name);
      for (let at = 10; at <= 40; at += 10) {
        const result = await store.update();
        if (!result.ok) throw new Error(result.error.kind);
        expectGitDates(fixture, name, result.value);
        if (at < 40) await addCommits(fixture.directory(name), plans.slice(at, at + 10), at);
      }
    }
  }, 60_000);

  it("are the author's, not the committer's, with the zone", async () => {
    await makeRepository(fixture.directory("zones"), [
      { changes: [{ path: "a", content: "1" }], time: 2_000_000, authorTime: 1_000_000, zone: "-0330" },
      { changes: [{ path: "a", content: "2" }], time: 3_000_000, authorTime: 900_000, zone: "+1245" },
    ]);
    const result = await fixture.store("zones").update();
    if (!result.ok) throw new Error(result.error.kind);
    expect(result.value.dates("a")?.created).toEqual({ seconds: 1_000_000, offsetMinutes: -210 });
    expect(result.value.dates("a")?.updated).toEqual({ seconds: 900_000, offsetMinutes: 765 });
    expect(result.value.dates("b")).toBeUndefined();
  });

  it("follow a change of mode and a directory that becomes a file", async () => {
    await makeRepository(fixture.directory("kinds"), [
      {
        changes: [
          { path: "x/y", content: "1" },
          { path: "run", content: "#!" },
        ],
      },
      { changes: [{ path: "run", content: "#!", mode: "100755" }] },
      {
        changes: [
          { path: "x/y", content: undefined },
          { path: "x", content: "file" },
        ],
      },
      { changes: [{ path: "other", content: "1" }] },
    ]);
    const result = await fixture.store("kinds").update();
    if (!result.ok) throw new Error(result.error.kind);
    const { value } = result;
    const commits = fixture.git("kinds", "log", "--reverse", "--format=%H").trim().split("\n");
    expect(value.dates("run")?.updatedCommit).toBe(commits[1]);
    expect(value.dates("run")?.createdCommit).toBe(commits[0]);
    expect(value.dates("x")?.createdCommit).toBe(commits[2]);
    expect(value.dates("x/y")).toBeUndefined();
  });
});
