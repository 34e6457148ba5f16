// Histories and packs that would cost without number, and what is put back of those that came to no end.

import { describe, expect, it } from "vitest";
import type { GitError } from "../../../appliance/git/error.ts";
import { History } from "../../../appliance/git/history.ts";
import { DEFAULT_LIMITS, type GitLimits, limitsFor, MAX_PATH_LENGTH } from "../../../appliance/git/limits.ts";
import { listTree } from "../../../appliance/git/listing.ts";
import { ObjectStore } from "../../../appliance/git/objects.ts";
import { TreeReader } from "../../../appliance/git/tree.ts";
import { Task } from "../../../appliance/task.ts";
import { nodePlatform } from "../../../image/platform-node.ts";
import { appendDelta, bytes, finish, makePack, nameOf } from "./pack-builder.ts";
import { DIRECTORY, FILE, folder, Objects, padded, type Repository, times } from "./repository-builder.ts";

const WHERE = "http://example.org/blog.git";
const platform = nodePlatform();
const task = new Task(platform, { keep: 0, work: 1 });

/** What one clone makes, as store.ts puts it together. */
class Held {
  readonly objects: ObjectStore;
  readonly trees: TreeReader;
  readonly history: History;

  constructor(limits: GitLimits = DEFAULT_LIMITS) {
    this.objects = new ObjectStore(WHERE, platform, limits);
    this.trees = new TreeReader(this.objects, platform, 1_000_000);
    this.history = new History(WHERE, this.objects, this.trees, platform, limits);
  }

  add({ entries }: Pick<Repository, "entries">): void {
    const added = finish(this.objects.addPack(makePack(entries), () => {}));
    expect(added).toEqual({ ok: true, value: undefined });
  }

  learn(commit: string): GitError | undefined {
    const learnt = finish(this.history.learn(commit, task, () => {}));
    return learnt.ok ? undefined : learnt.error;
  }

  list(commit: string): GitError | readonly string[] {
    const root = this.history.treeRowOf(commit);
    const listed = finish(listTree(WHERE, this.objects, this.trees, root, this.objects.limits, new Map(), task));
    return listed.ok ? [...listed.value.entries.keys()] : listed.error;
  }
}

function steps(generator: Generator<undefined, unknown, undefined>): number {
  let count = 0;
  while (generator.next().done !== true) count++;
  return count;
}

describe("a history", () => {
  it("of 24 diamonds has 73 commits, though 2^24 ways lead through it", () => {
    const o = new Objects();
    const tree = (text: string): string => folder(o, { "a.md": text });
    let head = o.commit(tree("0"), [], 1);
    for (let i = 0; i < 24; i++) {
      const sides = ["left", "right"].map((side) => o.commit(tree(`${side} ${i}`), [head], 3 * i + 2));
      head = o.commit(tree(`merged ${i}`), sides, 3 * i + 4);
    }
    const held = new Held();
    held.add(o);
    expect(held.learn(head)).toBeUndefined();
    expect(held.history.mark()).toMatchObject({ commits: 73, paths: 1 });
    const dating = finish(held.history.date(head, treeOf("a.md")));
    expect(dating.dates("a.md")).toMatchObject({ created: { seconds: 1 }, updated: { seconds: 73 } });
  });

  it("of merges of the same parents again and again costs each parent once", () => {
    const o = new Objects();
    const tree = (text: string): string => {
      const oid = o.blob(text);
      return o.tree(times(50, (i) => [FILE, `${padded(i)}.md`, oid]));
    };
    const parents = times(60, (i) => o.commit(tree(`text ${i}`), [], i + 1));
    let head = parents[0]!;
    for (let i = 0; i < 60; i++) head = o.commit(tree(`merged ${i}`), [head, ...parents.slice(1)], 1000 + i);
    const held = new Held();
    held.add(o);
    expect(held.learn(head)).toBeUndefined();
    // A pause for each 8,192 changes and tracks: 60 merges of 50 paths on 60 tracks, not on 60 times as many.
    const pauses = steps(held.history.date(head, treeOf(...times(50, (i) => `${padded(i)}.md`))));
    expect(pauses).toBeGreaterThan(10);
    expect(pauses).toBeLessThan(60);
  });

  it("is as it was when what was learnt is forgotten, and can be learnt again", () => {
    const o = new Objects();
    const first = o.commit(folder(o, { "a.md": "1" }), [], 10, "Ann");
    const held = new Held();
    held.add(o);
    held.objects.keep();
    expect(held.learn(first)).toBeUndefined();
    const before = held.history.mark();
    const dates = finish(held.history.date(first, treeOf("a.md"))).dates("a.md");

    const more = new Objects();
    const second = more.commit(folder(more, { "a.md": "2", "b.md": "1" }), [first], 20, "Bob");
    held.add(more);
    // As far as it went: not all commits of the second pack have been looked at.
    const learning = held.history.learn(second, task, () => {});
    learning.next();
    learning.next();
    expect(held.history.mark()).not.toEqual(before);
    held.objects.abandon();
    held.history.forget(before);
    expect(held.history.mark()).toEqual(before);
    expect(held.history.treeRowOf(second)).toBe(-1);
    expect(finish(held.history.date(first, treeOf("a.md"))).dates("a.md")).toEqual(dates);

    held.add(more);
    expect(held.learn(second)).toBeUndefined();
    const again = finish(held.history.date(second, treeOf("a.md", "b.md")));
    expect(again.dates("a.md")).toMatchObject({ created: { seconds: 10 }, updated: { seconds: 20 } });
    expect(again.dates("b.md")).toMatchObject({ createdBy: { name: "Bob" }, created: { seconds: 20 } });
  });
});

describe("a pack that was given up", () => {
  it("leaves no object, wherever it stood, and those of before are found", () => {
    const o = new Objects();
    const [blob, commit] = [o.blob("kept"), o.commit(folder(o, { "a.md": "kept" }))];
    const more = new Objects();
    const late = more.blob("text 0");
    for (let i = 1; i < 400; i++) more.blob(`text ${i}`);
    const pack = makePack(more.entries);
    for (let stop = 0; stop < 6; stop++) {
      const held = new Held();
      held.add(o);
      held.objects.keep();
      const { count, packBytes } = held.objects;
      const adding = held.objects.addPack(pack, () => {});
      for (let i = 0; i < stop; i++) adding.next();
      held.objects.abandon();
      expect(held.objects).toMatchObject({ count, packBytes, packCount: 1 });
      expect(held.objects.findHex(late)).toBe(-1);
      expect(held.objects.read(held.objects.findHex(blob), false)).toEqual(bytes("kept"));
      expect(held.objects.findHex(commit)).toBeGreaterThanOrEqual(0);
      // And there is room for it later.
      held.add(more);
      expect(held.objects.findHex(late)).toBeGreaterThanOrEqual(0);
    }
  });
});

describe("a pack of few bytes that make many", () => {
  it.each(["before", "after"])("is indexed in pieces: the base comes %s its deltas", (order) => {
    const base = new Uint8Array(500_000);
    const name = nameOf("blob", base);
    const deltas = times(40, (i) => ({ type: 7, name, data: appendDelta(base.length, `${i}`) }));
    const blob = { type: 3, data: base };
    const pack = makePack(order === "before" ? [blob, ...deltas] : [...deltas, blob]);
    // Twenty megabytes are made; a megabyte is about two milliseconds.
    const pauses = steps(new Held().objects.addPack(pack, () => {}));
    expect(pauses).toBeGreaterThan(10);
    expect(pauses).toBeLessThan(50);
  });
});

describe("directories", () => {
  const bomb = (leaf: (o: Objects) => string): [Held, string] => {
    const o = new Objects();
    let tree = leaf(o);
    for (let level = 0; level < 10; level++) tree = o.tree(times(10, (i) => [DIRECTORY, `d${i}`, tree]));
    const made = new Held({ ...DEFAULT_LIMITS, files: 100 });
    const commit = o.commit(tree);
    made.add(o);
    return [made, commit];
  };

  it("without a file are looked into once each, though 10^10 ways lead to them", () => {
    const [made, commit] = bomb((o) => o.tree([]));
    expect(made.learn(commit)).toBeUndefined();
    expect(made.history.mark().visits).toBe(11);
    expect(made.list(commit)).toEqual([]);
  });

  it("with a file are not: each is another path", () => {
    const [made, commit] = bomb((o) => folder(o, { "a.md": "x" }));
    expect(made.learn(commit)).toMatchObject({ kind: "too-large", what: "paths in the history" });
  });

  it("of one tree all have its files, the second of a name as well", () => {
    const o = new Objects();
    const posts = folder(o, { "a.md": "x" });
    const tree = o.tree(["d", "d", "e", "f"].map((name) => [DIRECTORY, name, posts] as const));
    const commit = o.commit(tree);
    const made = new Held();
    made.add(o);
    expect(made.learn(commit)).toBeUndefined();
    expect(made.list(commit)).toEqual(["d/a.md", "e/a.md", "f/a.md"]);
  });
});

describe("a path", () => {
  const long = "n".repeat(MAX_PATH_LENGTH - 4);
  const held = (directory: string, name: string): [Held, string] => {
    const o = new Objects();
    const commit = o.commit(o.tree([[DIRECTORY, directory, folder(o, { [name]: "x" })]]));
    const made = new Held();
    made.add(o);
    return [made, commit];
  };

  it("may be as long as a file system takes, and no longer", () => {
    const [fits, first] = held("abc", long);
    expect(fits.learn(first)).toBeUndefined();
    expect(fits.list(first)).toEqual([`abc/${long}`]);
    const [beyond, second] = held("abcd", long);
    expect(beyond.learn(second)).toMatchObject({ kind: "too-large", what: "characters in a path" });
  });

  it("is looked at by the listing as well", () => {
    const o = new Objects();
    const [short, tree] = [folder(o, { "a.md": "x" }), folder(o, { [`${long}12345`]: "x" })];
    const commit = o.commit(tree, [o.commit(short)]);
    const made = new Held();
    made.add(o);
    // The commit as one whose changes are known: only its tree is looked at.
    made.learn(commit);
    expect(made.list(commit)).toMatchObject({ kind: "too-large", what: "characters in a path" });
  });
});

describe("the limits by the memory of the machine", () => {
  const MEGABYTE = 1024 * 1024;
  it.each([
    // Of machines with 32, 64 and 256 MB, nothing of which is in use.
    [24, { objects: 98_304, files: 24_576, advertisementBytes: 1_572_864, cacheBytes: 3 * MEGABYTE }],
    [56, { objects: 229_376, files: 57_344, advertisementBytes: 3_670_016, cacheBytes: 7 * MEGABYTE }],
    [248, { objects: 1_015_808, files: 200_000, advertisementBytes: 8 * MEGABYTE, cacheBytes: 16 * MEGABYTE }],
  ])("are, with %i MB of heap", (megabytes, expected) => {
    const heap = megabytes * MEGABYTE;
    const limits = limitsFor(heap, heap, heap);
    expect(limits).toMatchObject(expected);
    expect(limits.heldBytes).toBe(heap / 4);
    expect(limits.packBytes).toBe(Math.floor(0.3 * heap));
    // An object exists four times, a pack three times while it comes, beside what is held.
    expect(4 * limits.objectBytes).toBeLessThan(heap - limits.cacheBytes);
    expect(3 * limits.packBytes).toBeLessThanOrEqual(0.91 * heap);
  });
});

/** As far as dating looks at it. */
function treeOf(...paths: readonly string[]): ReadonlyMap<string, unknown> {
  return new Map(paths.map((path) => [path, undefined]));
}
