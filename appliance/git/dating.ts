// Read first: git-log(1), "History Simplification", default mode. The second step of history.ts: from what each commit
// changes to the dates of every path. It reads no object.
//
// A path that is another one's new name (renames.ts) has that one's history before.

/** In a record: the path differs from all parents. */
export const ALL = -1;
/** Numbers of one change in a record. */
export const CHANGE = 3;
/** Changes between two pauses. */
const PAUSE_CHANGES = 8192;
/** Former names that are followed, for each path of the head and in all; the rest of a history is left where it is. */
export const MAX_FORMER = 32;
const MAX_FOLLOWED = 200_000;

/** What history.ts knows of the commits, by their numbers. */
export interface Columns {
  readonly parents: readonly (readonly number[])[];
  /**
   * What the commit changes, three numbers each: the path's number times two, plus one if the path is there afterwards;
   * the index of the first parent that has it the same (ALL: none has); the row of its blob, of the one that went if it is
   * not there afterwards. Undefined: not looked at yet.
   */
  readonly changes: readonly (Int32Array | undefined)[];
  /** Numbers of the paths, and their names by number. */
  readonly paths: ReadonlyMap<string, number>;
  readonly names: readonly string[];
  /** Pairs of numbers of paths, new and old, that a commit renames. */
  renames(commit: number): readonly number[];
}

/** By number of a path of the head. */
export interface Dates {
  /** Commits; -1: no such path. As long as there were paths at that time. */
  readonly created: Int32Array;
  readonly updated: Int32Array;
  /** Other names that it had, the last first. */
  readonly former: ReadonlyMap<number, readonly number[]>;
  /** Its blobs, the newest first. */
  versions(path: number): readonly BlobVersion[];
}

export interface Walked extends Dates {
  /** Paths of the head (`of`) and the names that they have at a parent of the commits that were walked. */
  standing(commit: number): readonly { readonly of: number; readonly path: number }[];
}

/** A blob that came with a commit, by its row, under the name (number of a path) that it had there. */
export interface BlobVersion {
  readonly commit: number;
  readonly row: number;
  readonly path: number;
}

/** A path of the head (`of`), under the name that it has at some commits. */
interface Follower {
  readonly of: number;
  readonly path: number;
  tracks: number[];
}

/**
 * From the head back, every path on a track that lies at a commit. A track moves on to the first parent; what a merge
 * has from another parent changes over to a track there; where two tracks meet they become one (union-find), so that
 * a path costs something only at commits that change it.
 */
export function* walk(
  columns: Columns,
  order: readonly number[],
  head: number,
  paths: Iterable<string>,
): Generator<undefined, Walked, undefined> {
  const created = new Int32Array(columns.paths.size).fill(-1);
  const updated = new Int32Array(columns.paths.size).fill(-1);
  /** By the name that they have: those who follow it. The head's track is 0; a path that differs from all parents of a
   * merge is on several. */
  const followers: (Follower[] | undefined)[] = new Array<Follower[] | undefined>(columns.paths.size).fill(undefined);
  const all: Follower[] = [];
  const follow = (follower: Follower): void => {
    followers[follower.path] = [...(followers[follower.path] ?? []), follower];
    all.push(follower);
  };
  for (const name of paths) {
    const number = columns.paths.get(name);
    if (number !== undefined) follow({ of: number, path: number, tracks: [0] });
  }
  const former = new Map<number, number[]>();
  const versions = new Versions(columns.paths.size);
  let followed = 0;
  const unions: number[] = [0];
  const find = (track: number): number => {
    let root = track;
    while (unions[root] !== root) root = unions[root]!;
    unions[track] = root;
    return root;
  };
  const trackAt: (number | undefined)[] = new Array<number | undefined>(columns.parents.length).fill(undefined);
  trackAt[head] = 0;
  const trackTo = (commit: number): number => {
    let track = trackAt[commit];
    if (track === undefined) {
      track = unions.length;
      unions.push(track);
      trackAt[commit] = track;
    }
    return track;
  };
  /** From this commit on back the follower has another name, on this track. */
  const rename = (follower: Follower, to: number, track: number): void => {
    const names = former.get(follower.of) ?? [];
    const there = followers[to] ?? [];
    const known = there.find((other) => other.of === follower.of);
    if (known === undefined && (names.length >= MAX_FORMER || followed >= MAX_FOLLOWED)) return;
    follower.tracks = follower.tracks.filter((other) => find(other) !== track);
    if (known !== undefined) {
      known.tracks = [...new Set([...known.tracks.map(find), track])];
      return;
    }
    followed++;
    follow({ of: follower.of, path: to, tracks: [track] });
    if (to !== follower.of) former.set(follower.of, [...names, to]);
  };

  let steps = 0;
  for (const commit of order) {
    const at = trackAt[commit];
    if (at === undefined) continue;
    const track = find(at);
    const parents = columns.parents[commit]!;
    const changes = columns.changes[commit]!;
    steps += changes.length;
    if (steps > PAUSE_CHANGES) {
      steps = 0;
      yield;
    }
    for (let i = 0; i < changes.length; i += CHANGE)
      for (const follower of followers[changes[i]! >> 1] ?? []) {
        const { tracks, of } = follower;
        if (!tracks.some((other) => find(other) === track)) continue;
        const same = changes[i + 1]!;
        if (same !== ALL) {
          follower.tracks = [...tracks.filter((other) => find(other) !== track), trackTo(parents[same]!)];
          continue;
        }
        if (updated[of]! < 0) updated[of] = commit;
        if (changes[i]! & 1) {
          created[of] = commit;
          versions.add(of, { commit, row: changes[i + 2]!, path: follower.path });
        }
        if (parents.length < 2) continue;
        // Each once: merge upon merge of the same parents would else make a track of each for every path.
        const merged = new Set(tracks.map(find));
        for (let k = 1; k < parents.length; k++) merged.add(find(trackTo(parents[k]!)));
        follower.tracks = [...merged];
        steps += merged.size;
        if (steps > PAUSE_CHANGES) {
          steps = 0;
          yield;
        }
      }
    const renames = columns.renames(commit);
    for (let i = 0; i < renames.length; i += 2)
      for (const follower of followers[renames[i]!] ?? [])
        if (follower.tracks.some((other) => find(other) === track)) rename(follower, renames[i + 1]!, track);
    const next = parents[0];
    if (next === undefined) continue;
    const there = trackAt[next];
    if (there === undefined) trackAt[next] = track;
    else unions[track] = find(there);
  }
  return {
    created,
    updated,
    former,
    versions: (path) => versions.of(path),
    standing: (commit) => {
      const track = find(trackTo(commit));
      return all.filter(({ tracks }) => tracks.some((at) => find(at) === track));
    },
  };
}

/** Lists of versions of all paths, in columns. */
class Versions {
  /** By path: the index of its last, oldest one, plus 1; 0: none. */
  readonly #last: Int32Array;
  readonly #commits: number[] = [];
  readonly #rows: number[] = [];
  readonly #paths: number[] = [];
  /** The index of the next newer one, plus 1. */
  readonly #newer: number[] = [];

  constructor(paths: number) {
    this.#last = new Int32Array(paths);
  }

  add(of: number, { commit, row, path }: BlobVersion): void {
    this.#commits.push(commit);
    this.#rows.push(row);
    this.#paths.push(path);
    this.#newer.push(this.#last[of]!);
    this.#last[of] = this.#commits.length;
  }

  /** The newest first. */
  of(path: number): readonly BlobVersion[] {
    const found: BlobVersion[] = [];
    for (let at = this.#last[path] ?? 0; at > 0; at = this.#newer[at - 1]!)
      found.push({ commit: this.#commits[at - 1]!, row: this.#rows[at - 1]!, path: this.#paths[at - 1]! });
    return found.reverse();
  }
}
