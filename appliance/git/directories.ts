// The directories of a tree by the paths of its files, for Snapshots that no Git tree was read for.

/** As Snapshot.directories has them. */
export function directoriesOf(paths: Iterable<string>): ReadonlyMap<string, unknown> {
  const directories = new Map<string, unknown>([["", undefined]]);
  for (const path of paths)
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1))
      directories.set(path.slice(0, at), undefined);
  return directories;
}
