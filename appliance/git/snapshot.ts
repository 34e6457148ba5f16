// What the rest of the appliance sees of Git: the tree of one commit, frozen, with the dates of every path. Types only;
// store.ts makes them.
//
// A Snapshot never changes and stays readable after later updates: it holds on to the packs that it reads from. Drop
// the reference and the memory goes back.

import type { TaskFault } from "../task.ts";

/** A moment as Git writes it: seconds since 1970 UTC and the zone of whoever wrote it, in minutes east of UTC. */
export interface GitTime {
  readonly seconds: number;
  readonly offsetMinutes: number;
}

/** Name and address as in the commit; the bytes that are not UTF-8 are taken for Latin-1. */
export interface GitPerson {
  readonly name: string;
  readonly email: string;
}

export interface CommitInfo {
  /** 40 lower-case hexadecimal digits. */
  readonly oid: string;
  readonly author: GitPerson;
  readonly authored: GitTime;
  readonly committed: GitTime;
  /** First line of the message, without the line's end. */
  readonly subject: string;
}

export type EntryMode = "file" | "executable" | "symlink" | "submodule";

/** A leaf of the tree. Directories are not listed; they are the prefixes of paths. */
export interface Entry {
  /** Full path with "/" between names, no leading "/": "Posts/VMM". Names are never "", ".", ".." and hold no "/". */
  readonly path: string;
  /** 40 hexadecimal digits: of the blob (file, executable, symlink: its target's text), of the commit (submodule). */
  readonly oid: string;
  readonly mode: EntryMode;
}

/**
 * When a path came and when it last changed, by the author's date, as Canopy has it.
 *
 * `updated` is the first commit that `git log --date-order -- PATH` prints and `created` the last: the default
 * simplification, in which a merge counts only when it differs from all its parents. A path that was deleted and came
 * back keeps the date of its first coming, and one that was renamed that of its first name.
 */
export interface PathDates {
  readonly created: GitTime;
  readonly createdBy: GitPerson;
  readonly createdCommit: string;
  readonly updated: GitTime;
  readonly updatedBy: GitPerson;
  readonly updatedCommit: string;
  /** Other names that it had (renames.ts), the last first; the dates are those of all of them. */
  readonly formerPaths?: readonly string[];
}

/** A blob that a path had from some time on, under the name that it had then. */
export interface Version {
  readonly path: string;
  readonly oid: string;
  readonly time: GitTime;
}

export interface Snapshot {
  /** The head commit, 40 hexadecimal digits; equal to head.oid. */
  readonly commit: string;
  /** The branch that it is the head of, without "refs/heads/". */
  readonly branch: string;
  readonly head: CommitInfo;
  /** Every leaf by its path, in the tree's order. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** All directories by their paths, "" for the top. */
  readonly directories: ReadonlyMap<string, unknown>;
  /**
   * The bytes of a blob; the caller may keep them and must not change them. Undefined when there is no such blob, as for
   * the oid of a submodule.
   */
  read(oid: string): Uint8Array | undefined;
  /** Dates of a path in `entries`; undefined for any other path. */
  dates(path: string): PathDates | undefined;
  /** The blobs that a path in `entries` had, the newest first; left out where they are not known. */
  versions?(path: string): readonly Version[];
}

/** Asked whether a Snapshot can be shown before it is kept: undefined, or what there was no share for. */
export type Accept = (snapshot: Snapshot) => Promise<TaskFault | undefined>;

/** What a clone or an update is doing, for a person who watches the console. */
export type GitProgress =
  | { readonly phase: "connecting"; readonly url: string }
  /** The server counts and compresses; its own words, one line. */
  | { readonly phase: "remote"; readonly text: string }
  | { readonly phase: "receiving"; readonly bytes: number }
  /** Objects of the pack inflated, hashed and indexed. */
  | { readonly phase: "indexing"; readonly objects: number; readonly total: number }
  | { readonly phase: "dating"; readonly commits: number; readonly total: number };

export type OnGitProgress = (progress: GitProgress) => void;
