// The dates of a head that lies a few commits after one that was dated: what a push brings. Only the paths that these
// commits change are looked at. What it says is what `walk` over the whole history says.

import { grown } from "./cache.ts";
import { type BlobVersion, CHANGE, type Columns, type Dates, MAX_FORMER, walk } from "./dating.ts";

/** Commits of one push, and paths that changed since the last walk over all: with more, all are walked. */
export const MAX_LINE = 1000;
export const MAX_CHANGED = 4096;

/** Dates of a head, to go on from. */
export interface Dated extends Dates {
  readonly head: number;
  /** Versions of the paths that changed since the last walk over all, and that walk's of all others. */
  readonly changed: ReadonlyMap<number, readonly BlobVersion[]>;
  readonly walked: Dates["versions"];
}

/** What all walks begin with. */
export function dated(head: number, dates: Dates): Dated {
  return { ...dates, head, changed: new Map(), walked: dates.versions };
}

/** The commits from `head` back to `end`, which is left out, when they lie in one line; else undefined. */
export function lineTo(parents: Columns["parents"], head: number, end: number): readonly number[] | undefined {
  const line: number[] = [];
  for (let commit = head; commit !== end; commit = parents[commit]![0]!) {
    if (parents[commit]!.length !== 1 || line.length === MAX_LINE) return undefined;
    line.push(commit);
  }
  return line;
}

/** `line`: from the new head back to the one that was dated before. `paths`: those of the new head's tree. */
export function* redate(
  columns: Columns,
  line: readonly number[],
  before: Dated,
  paths: ReadonlyMap<string, unknown>,
): Generator<undefined, Dated | undefined, undefined> {
  const touched = new Set<number>();
  for (const commit of line) {
    const changes = columns.changes[commit]!;
    for (let i = 0; i < changes.length; i += CHANGE) touched.add(changes[i]! >> 1);
    if (before.changed.size + touched.size > MAX_CHANGED) return undefined;
  }
  const head = line[0] ?? before.head;
  const there = [...touched].map((number) => columns.names[number]!).filter((name) => paths.has(name));
  const since = yield* walk(columns, line, head, there);
  const created = grown(before.created, new Int32Array(columns.paths.size).fill(-1));
  const updated = grown(before.updated, new Int32Array(columns.paths.size).fill(-1));
  const former = new Map(before.former);
  const changed = new Map(before.changed);
  for (const path of touched) {
    created[path] = -1;
    updated[path] = -1;
    former.delete(path);
    changed.set(path, []);
  }
  for (const { of, path } of since.standing(before.head)) {
    const isOld = (before.updated[path] ?? -1) >= 0;
    // It was there once, before it went: whole histories know when.
    if (!isOld && path < before.updated.length) return undefined;
    updated[of] = since.updated[of]! >= 0 ? since.updated[of]! : before.updated[path]!;
    created[of] = isOld ? before.created[path]! : since.created[of]!;
    const names = [...(since.former.get(of) ?? []), ...(isOld ? (before.former.get(path) ?? []) : [])];
    // Names in a circle, or more than are followed.
    if (names.includes(of) || new Set(names).size < names.length || names.length > MAX_FORMER) return undefined;
    if (names.length > 0) former.set(of, names);
    changed.set(of, [...since.versions(of), ...(isOld ? before.versions(path) : [])]);
  }
  return {
    head,
    created,
    updated,
    former,
    changed,
    walked: before.walked,
    versions: (path) => changed.get(path) ?? before.walked(path),
  };
}
