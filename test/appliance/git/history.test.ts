import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Snapshot } from "../../../appliance/git/snapshot.ts";
import { addCommits, type Change, type CommitPlan, makeRepository, Seeded } from "../../../tools/make-repository.ts";
import { type Fixture, gitMissing, good, makeFixture } from "./fixture.ts";

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
      // Few contents, so that many a change is a revert; none like another path's, which would be a rename.
      else tree.set(path, `${path}, content ${random.below(3)}\n`);
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

/**
 * A history of one line in which files are renamed, some with changes, some more than once; and files come and go.
 * `returning`: some under the names of those that went.
 */
function renamingHistory(seed: number, commits: number, returning = false): CommitPlan[] {
  const random = new Seeded(seed * 104_729 + 7);
  const tree = new Map<string, string[]>();
  const plans: CommitPlan[] = [];
  let lines = 0;
  const newLine = (): string => `line ${lines++} of seed ${seed} ${"word ".repeat(random.below(30))}`;
  for (let i = 0; i < commits; i++) {
    const before = new Map([...tree].map(([path, text]) => [path, text.join("\n")]));
    const names = [...tree.keys()];
    const touched = new Set<string>();
    for (let n = 1 + random.below(3); n > 0; n--) {
      const kind = random.below(8);
      const path = names.length === 0 ? undefined : random.pick(names);
      if (path === undefined || kind < 2) {
        const number = returning ? random.below(4) : `${i}-${n}`;
        const name = `${random.pick(["posts", "notes", "a/b"])}/file ${number}.md`;
        if (tree.has(name)) continue;
        tree.set(
          name,
          Array.from({ length: 12 + random.below(20) }, () => newLine()),
        );
        continue;
      }
      // Each once in a commit: what goes in the same commit as another comes is what Git's measure is about.
      const text = tree.get(path);
      if (touched.has(path) || text === undefined) continue;
      touched.add(path);
      const changed = [...text];
      if (kind !== 3) changed[random.below(changed.length)] = newLine();
      if (kind === 7) tree.delete(path);
      else if (kind < 6) {
        tree.delete(path);
        // To another directory under its name, or to another name.
        const base = path.slice(path.lastIndexOf("/") + 1);
        tree.set(random.below(2) === 0 ? `moved ${i}/${base}` : `posts/renamed ${i}-${n}.md`, changed);
      } else tree.set(path, changed);
    }
    const changes: Change[] = [];
    for (const path of new Set([...before.keys(), ...tree.keys()])) {
      const content = tree.get(path)?.join("\n");
      if (content !== before.get(path)) changes.push({ path, content });
    }
    if (changes.length > 0) plans.push({ changes });
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

function datesOf(snapshot: Snapshot, path: string): unknown {
  const { created, createdBy, createdCommit, updated, updatedBy, updatedCommit, formerPaths } = snapshot.dates(path)!;
  return { created, createdBy, createdCommit, updated, updatedBy, updatedCommit, formerPaths };
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

  it("are the same whether the history arrives commit by commit or whole, renames included", async () => {
    for (let seed = 20; seed < 22; seed++) {
      const name = `pushes-${seed}`;
      const plans = renamingHistory(seed, 40, seed % 2 === 1);
      await makeRepository(fixture.directory(name), plans.slice(0, 8));
      const store = fixture.store(name);
      for (let at = 8; at < plans.length; ) {
        const before = await good(store);
        const length = 1 + (at % 3);
        await addCommits(fixture.directory(name), plans.slice(at, at + length), at);
        at = Math.min(plans.length, at + length);
        const [pushed, whole] = [await good(store), await good(fixture.store(name))];
        for (const path of whole.entries.keys()) {
          expect(datesOf(pushed, path)).toEqual(datesOf(whole, path));
          expect(pushed.versions?.(path)).toEqual(whole.versions?.(path));
          // What does not change stays the same object: nothing that was made of it is made again.
          if (before.entries.get(path)?.oid === whole.entries.get(path)?.oid && before.dates(path) !== undefined)
            expect(pushed.dates(path) === before.dates(path)).toBe(
              JSON.stringify(datesOf(pushed, path)) === JSON.stringify(datesOf(before, path)),
            );
        }
        expect(pushed.dates("never there")).toBeUndefined();
      }
    }
  }, 60_000);

  it("go back over renames, as those of git log --follow do", async () => {
    let renamed = 0;
    for (let seed = 0; seed < 6; seed++) {
      const name = `renames-${seed}`;
      await makeRepository(fixture.directory(name), renamingHistory(seed, 30));
      const result = await fixture.store(name).update();
      if (!result.ok) throw new Error(result.error.kind);
      const snapshot = result.value;
      for (const path of snapshot.entries.keys()) {
        const log = fixture.git(name, "log", "--follow", "--format=%x00%H", "--name-only", snapshot.commit, "--", path);
        const commits = log
          .split("\0")
          .slice(1)
          .map((entry) => entry.trim().split("\n\n"));
        const names = [...new Set(commits.map(([, file]) => file!))];
        const dates = snapshot.dates(path);
        expect([path, dates?.updatedCommit, dates?.createdCommit, dates?.formerPaths]).toEqual([
          path,
          commits[0]![0],
          commits[commits.length - 1]![0],
          names.slice(1),
        ]);
        // Each version is the blob that Git has at that commit under that name.
        const versions = snapshot.versions?.(path) ?? [];
        expect(versions.map((version) => version.path)).toEqual(commits.map(([, file]) => file));
        for (const [i, { oid }] of versions.entries())
          expect(fixture.git(name, "rev-parse", `${commits[i]![0]!}:${commits[i]![1]!}`).trim()).toBe(oid);
        renamed += names.length - 1;
      }
    }
    expect(renamed).toBeGreaterThan(30);
  }, 60_000);

  it("go back over many files that were moved and changed at once, by their names", async () => {
    const text = (n: number, more: string): string =>
      `${Array.from({ length: 20 }, (_, i) => `${n} ${i}`).join("\n")}${more}`;
    const numbers = Array.from({ length: 100 }, (_, n) => n);
    await makeRepository(fixture.directory("moved"), [
      { changes: numbers.map((n) => ({ path: `old/${n}.md`, content: text(n, "") })) },
      {
        changes: numbers.flatMap((n) => [
          { path: `old/${n}.md`, content: undefined },
          { path: `new/${n}.md`, content: text(n, "\nmore") },
        ]),
      },
    ]);
    const result = await fixture.store("moved").update();
    if (!result.ok) throw new Error(result.error.kind);
    for (const n of numbers) expect(result.value.dates(`new/${n}.md`)?.formerPaths).toEqual([`old/${n}.md`]);
  });

  it("do not go back to a file that is another", async () => {
    const lines = (from: number, to: number): string =>
      Array.from({ length: to - from }, (_, i) => `line ${from + i}`).join("\n");
    await makeRepository(fixture.directory("others"), [
      { changes: [{ path: "a", content: lines(100, 200) }] },
      {
        changes: [
          { path: "a", content: undefined },
          // 40 of 100 lines are the same.
          { path: "b", content: lines(160, 260) },
        ],
      },
    ]);
    const result = await fixture.store("others").update();
    if (!result.ok) throw new Error(result.error.kind);
    expect(result.value.dates("b")?.formerPaths).toEqual([]);
  });

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
