// Read first: git-log(1), "History Simplification", default mode. The second step of history.ts: from what each commit
// changes to the dates of every path. It reads no object.

/** In a record: the path differs from all parents. */
export const ALL = -1;
/** Changes between two pauses. */
const PAUSE_CHANGES = 8192;

/** What history.ts knows of the commits, by their numbers. */
export interface Columns {
  readonly parents: readonly (readonly number[])[];
  /**
   * What the commit changes: pairs of the path's number times two, plus one if the path is there afterwards, and of the
   * index of the first parent that has it the same (ALL: none has). Undefined: not looked at yet.
   */
  readonly changes: readonly (Int32Array | undefined)[];
  /** Numbers of the paths. */
  readonly paths: ReadonlyMap<string, number>;
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
): Generator<undefined, { created: Int32Array; updated: Int32Array }, undefined> {
  const created = new Int32Array(columns.paths.size).fill(-1);
  const updated = new Int32Array(columns.paths.size).fill(-1);
  /** By path: its tracks; the head's is 0. A path that differs from all parents of a merge is on several. */
  const tracksOf: (number[] | undefined)[] = new Array<number[] | undefined>(columns.paths.size).fill(undefined);
  for (const path of paths) {
    const number = columns.paths.get(path);
    if (number !== undefined) tracksOf[number] = [0];
  }
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
    for (let i = 0; i < changes.length; i += 2) {
      const path = changes[i]! >> 1;
      const tracks = tracksOf[path];
      if (tracks === undefined || !tracks.some((other) => find(other) === track)) continue;
      const same = changes[i + 1]!;
      if (same !== ALL) {
        tracksOf[path] = [...tracks.filter((other) => find(other) !== track), trackTo(parents[same]!)];
        continue;
      }
      if (updated[path]! < 0) updated[path] = commit;
      if (changes[i]! & 1) created[path] = commit;
      if (parents.length < 2) continue;
      // Each once: merge upon merge of the same parents would else make a track of each for every path.
      const merged = new Set(tracks.map(find));
      for (let k = 1; k < parents.length; k++) merged.add(find(trackTo(parents[k]!)));
      tracksOf[path] = [...merged];
      steps += merged.size;
      if (steps > PAUSE_CHANGES) {
        steps = 0;
        yield;
      }
    }
    const next = parents[0];
    if (next === undefined) continue;
    const there = trackAt[next];
    if (there === undefined) trackAt[next] = track;
    else unions[track] = find(there);
  }
  return { created, updated };
}
