// What a clone or an update is doing, for whoever watches the console.

import type { GitProgress, OnGitProgress } from "./git/snapshot.ts";
import type { Log } from "./log.ts";

/** Says what a clone does, at most once a second and whenever it does something else. */
export function progressLog(log: Pick<Log, "info">, clock: () => number): OnGitProgress {
  let phase = "";
  let next = 0;
  return (progress) => {
    const now = clock();
    if (progress.phase === phase && now < next) return;
    // A phase that is over within a moment is not worth a line.
    if (progress.phase !== phase) next = now + (progress.phase === "connecting" ? 0 : 300_000);
    const first = progress.phase !== phase;
    phase = progress.phase;
    if (first && phase !== "connecting") return;
    next = now + 1_000_000;
    log.info(wordProgress(progress));
  };
}

function wordProgress(progress: GitProgress): string {
  switch (progress.phase) {
    case "connecting":
      return `fetching ${progress.url}`;
    case "remote":
      return `the server says: ${progress.text}`;
    case "receiving":
      return `received ${(progress.bytes / 1e6).toFixed(1)} MB`;
    case "indexing":
      return `unpacked ${progress.objects} of ${progress.total} objects`;
    case "dating":
      return `read ${progress.commits} of ${progress.total} commits`;
  }
}
