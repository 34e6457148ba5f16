// All leaves of one commit's tree. A directory that has not changed since the last listing gives the same Entry objects.

import type { Result } from "../../stack/base/result.ts";
import type { Task } from "../task.ts";
import type { GitError } from "./error.ts";
import { type GitLimits, MAX_PATH_LENGTH, MAX_TREE_DEPTH } from "./limits.ts";
import type { ObjectStore } from "./objects.ts";
import { OID_LENGTH, oidAt } from "./oid.ts";
import type { Entry, EntryMode } from "./snapshot.ts";
import { isDirectory, isSubmodule, isSymlink, modeAt, type TreeReader } from "./tree.ts";

/** One directory as listed: its leaves and, between them, the directories in it, in the tree's order. */
export interface Directory {
  readonly row: number;
  readonly items: readonly (Entry | { readonly path: string; readonly row: number })[];
}

export interface Listing {
  readonly entries: ReadonlyMap<string, Entry>;
  /** By path, "" for the root; to be given to the next listing. */
  readonly directories: ReadonlyMap<string, Directory>;
}

/** Directories between two pauses. */
const PAUSE_DIRECTORIES = 64;

/** Steps of the task. */
export function* listTree(
  where: string,
  objects: ObjectStore,
  trees: TreeReader,
  root: number,
  limits: GitLimits,
  before: ReadonlyMap<string, Directory>,
  task: Task,
): Generator<undefined, Result<Listing, GitError>, undefined> {
  const entries = new Map<string, Entry>();
  const directories = new Map<string, Directory>();
  /** Rows of trees in which there is no leaf at any depth, and leaves seen so far. */
  const barren = new Set<number>();
  let leaves = 0;

  /** Depth first, so that the order is the tree's own. */
  function* visit(path: string, row: number, depth: number): Generator<undefined, GitError | undefined, undefined> {
    if (barren.has(row)) return undefined;
    const leavesBefore = leaves;
    task.at = path;
    if (directories.size % PAUSE_DIRECTORIES === 0) yield;
    if (depth > MAX_TREE_DEPTH)
      return { kind: "pack-corrupt", where, reason: `directories are nested deeper than ${MAX_TREE_DEPTH}` };
    const known = before.get(path);
    const directory = known?.row === row ? known : { row, items: listDirectory(trees, path, row) };
    const { fault } = trees;
    if (fault !== undefined) {
      trees.clearFault();
      if (fault.kind === "missing") return { kind: "object-missing", where, oid: fault.oid };
      if (fault.kind === "names")
        return { kind: "too-large", where, what: "names in a directory", limit: fault.limit, path };
      return { kind: "pack-corrupt", where, reason: `object ${objects.nameOf(fault.row)} makes no sense` };
    }
    directories.set(path, directory);
    for (const item of directory.items) {
      if (entries.size + directories.size > limits.files)
        return { kind: "too-large", where, what: "files", limit: limits.files, path };
      if (item.path.length > MAX_PATH_LENGTH)
        return { kind: "too-large", where, what: "characters in a path", limit: MAX_PATH_LENGTH, path: item.path };
      if ("mode" in item) {
        entries.set(item.path, item);
        leaves++;
        continue;
      }
      const error = yield* visit(item.path, item.row, depth + 1);
      if (error !== undefined) return error;
    }
    if (leaves === leavesBefore) barren.add(row);
    return undefined;
  }

  const error = yield* visit("", root, 0);
  return error === undefined ? { ok: true, value: { entries, directories } } : { ok: false, error };
}

function listDirectory(trees: TreeReader, path: string, row: number): Directory["items"] {
  const { bytes, starts } = trees.view(row);
  const prefix = path === "" ? "" : `${path}/`;
  const items: (Entry | { readonly path: string; readonly row: number })[] = [];
  for (let i = 0; i + 1 < starts.length; i++) {
    const start = starts[i]!;
    const end = starts[i + 1]!;
    const name = trees.nameAt(bytes, start, end);
    // git-fsck(1) reports these; a path made of them would not be where it seems to be.
    if (name === "." || name === ".." || name.includes("/")) continue;
    const mode = modeAt(bytes, start);
    const oid = end - OID_LENGTH;
    if (isDirectory(mode)) items.push({ path: prefix + name, row: trees.rowOf(bytes, oid) });
    else items.push({ path: prefix + name, oid: oidAt(bytes, oid), mode: entryMode(mode) });
  }
  return items;
}

function entryMode(mode: number): EntryMode {
  if (isSymlink(mode)) return "symlink";
  if (isSubmodule(mode)) return "submodule";
  return mode & 0o100 ? "executable" : "file";
}
