// A Snapshot written down as an object: paths and texts.

import { directoriesOf } from "../../appliance/git/directories.ts";
import type { Entry, EntryMode, GitTime, PathDates, Snapshot, Version } from "../../appliance/git/snapshot.ts";

export interface FakeFile {
  readonly text: string | Uint8Array;
  readonly mode?: EntryMode;
  /** Seconds since 1970. */
  readonly created?: number;
  readonly updated?: number;
  readonly author?: string;
  /** Other names that it had, the last first. */
  readonly formerPaths?: readonly string[];
  /** What it was before, the newest first; each with a path where that was another. */
  readonly before?: readonly { readonly text: string; readonly time: number; readonly path?: string }[];
}

export const FAKE_NOW = 1_780_000_000;

function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of nativeSha1(bytes)) text += (byte < 16 ? "0" : "") + byte.toString(16);
  return text;
}

export function fakeSnapshot(files: Readonly<Record<string, string | FakeFile>>, head = "first"): Snapshot {
  const entries = new Map<string, Entry>();
  const blobs = new Map<string, Uint8Array>();
  const dates = new Map<string, PathDates>();
  const versions = new Map<string, readonly Version[]>();
  for (const path of Object.keys(files).sort()) {
    const given = files[path]!;
    const file: FakeFile = typeof given === "string" ? { text: given } : given;
    const bytes = typeof file.text === "string" ? nativeUtf8Encode(file.text) : file.text;
    const oid = hexOf(bytes);
    entries.set(path, { path, oid, mode: file.mode ?? "file" });
    blobs.set(oid, bytes);
    const created = time(file.created ?? FAKE_NOW - 86_400);
    const updated = file.updated === undefined ? created : time(file.updated);
    const who = { name: file.author ?? "Git Author", email: "author@example.org" };
    dates.set(path, {
      created,
      createdBy: who,
      createdCommit: "1".repeat(40),
      updated,
      updatedBy: who,
      updatedCommit: "2".repeat(40),
      formerPaths: file.formerPaths ?? [],
    });
    const older = (file.before ?? []).map((version) => {
      const blob = nativeUtf8Encode(version.text);
      blobs.set(hexOf(blob), blob);
      return { path: version.path ?? path, oid: hexOf(blob), time: time(version.time) };
    });
    versions.set(path, [{ path, oid, time: updated }, ...older]);
  }
  const commit = hexOf(
    nativeUtf8Encode(head + [...entries.values()].map((entry) => entry.path + entry.oid).join("\0")),
  );
  const person = { name: "Git Author", email: "author@example.org" };
  return {
    commit,
    branch: "main",
    head: { oid: commit, author: person, authored: time(FAKE_NOW), committed: time(FAKE_NOW), subject: head },
    entries,
    directories: directoriesOf(entries.keys()),
    read: (oid) => blobs.get(oid),
    dates: (path) => dates.get(path),
    versions: (path) => versions.get(path) ?? [],
  };
}

function time(seconds: number): GitTime {
  return { seconds, offsetMinutes: 0 };
}
