// A directory on disk as a repository: the working tree as it is now, uncommitted changes included, with the dates that
// its history gives. What has no history yet takes the file's own times.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Repository } from "../appliance/appliance.ts";
import { directoriesOf } from "../appliance/git/directories.ts";
import type { GitError } from "../appliance/git/error.ts";
import type {
  Accept,
  CommitInfo,
  Entry,
  EntryMode,
  GitPerson,
  GitTime,
  PathDates,
  Snapshot,
} from "../appliance/git/snapshot.ts";
import type { Result } from "../stack/base/result.ts";

const run = promisify(execFile);
const MAX_OUTPUT = 256 * 1024 * 1024;

interface History {
  readonly head: string;
  readonly dates: ReadonlyMap<string, PathDates>;
  readonly commit: CommitInfo;
}

export class DirectoryRepository implements Repository {
  readonly #directory: string;
  #last: Snapshot | undefined;
  #history: History | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async update(accept: Accept = async () => undefined): Promise<Result<Snapshot, GitError>> {
    try {
      const last = this.#last;
      const snapshot = await this.#read();
      const fault = snapshot === last ? undefined : await accept(snapshot);
      if (fault === undefined) return { ok: true, value: snapshot };
      this.#last = last;
      return { ok: false, error: { kind: "out-of-share", where: this.#directory, fault } };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return { ok: false, error: { kind: "broken", where: this.#directory, reason } };
    }
  }

  async #read(): Promise<Snapshot> {
    const history = await this.#readHistory();
    const paths = history === undefined ? await this.#walk("") : await this.#listed();
    const entries = new Map<string, Entry>();
    const blobs = new Map<string, Uint8Array>();
    const dates = new Map<string, PathDates>();
    const tree = createHash("sha1");
    for (const path of paths.sort()) {
      const found = await readEntry(join(this.#directory, path));
      if (found === undefined) continue;
      const { bytes, mode, modified } = found;
      const oid = createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
      entries.set(path, { path, oid, mode });
      blobs.set(oid, bytes);
      dates.set(path, history?.dates.get(path) ?? undated(modified));
      tree.update(`${path}\0${oid}\0`);
    }
    const state = tree.digest("hex");
    const head = history?.commit ?? {
      oid: state,
      author: NOBODY,
      authored: timeOf(Date.now()),
      committed: timeOf(Date.now()),
      subject: "",
    };
    // Every state of the working tree is a commit of its own.
    if (this.#last?.commit === state) return this.#last;
    this.#last = {
      commit: state,
      branch: "",
      head: { ...head, oid: state },
      entries,
      directories: directoriesOf(entries.keys()),
      read: (oid) => blobs.get(oid),
      dates: (path) => dates.get(path),
    };
    return this.#last;
  }

  async #git(...words: string[]): Promise<string> {
    const { stdout } = await run("git", ["-C", this.#directory, ...words], { maxBuffer: MAX_OUTPUT });
    return stdout;
  }

  /** Tracked and new files, without those that .gitignore names. */
  async #listed(): Promise<string[]> {
    const text = await this.#git("ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", ".");
    return [...new Set(text.split("\0").filter((path) => path !== ""))];
  }

  async #walk(below: string): Promise<string[]> {
    const paths: string[] = [];
    for (const item of await readdir(join(this.#directory, below), { withFileTypes: true })) {
      const path = below === "" ? item.name : `${below}/${item.name}`;
      if (item.name === ".git" || item.name === "node_modules") continue;
      if (item.isDirectory()) paths.push(...(await this.#walk(path)));
      else paths.push(path);
    }
    return paths;
  }

  /** One `git log` dates every path; read again only when the head has moved. */
  async #readHistory(): Promise<History | undefined> {
    let head: string;
    try {
      head = (await this.#git("rev-parse", "HEAD")).trim();
    } catch {
      return undefined;
    }
    if (this.#history?.head === head) return this.#history;
    const format = "--format=%x01%H%x00%an%x00%ae%x00%aI%x00%cI%x00%s";
    const log = await this.#git(
      "-c",
      "core.quotePath=false",
      "log",
      "--name-only",
      "--relative",
      "-z",
      format,
      "HEAD",
      "--",
      ".",
    );
    const dates = new Map<string, PathDates>();
    let commit: CommitInfo | undefined;
    for (const block of log.split("\x01").slice(1)) {
      const [oid, name, email, authored, committed, rest, ...files] = block.split("\0");
      const [subject, first] = (rest ?? "").split("\n").filter((line) => line !== "");
      const author: GitPerson = { name: name ?? "", email: email ?? "" };
      const when = parseIso(authored ?? "");
      commit ??= {
        oid: oid ?? "",
        author,
        authored: when,
        committed: parseIso(committed ?? ""),
        subject: subject ?? "",
      };
      // Newest first: the first sight of a path is its last change, the last its coming.
      for (const file of [first ?? "", ...files]) {
        const path = file.replace(/^\n+/, "");
        if (path === "") continue;
        const known = dates.get(path);
        const created = { created: when, createdBy: author, createdCommit: oid ?? "" };
        dates.set(
          path,
          known === undefined
            ? { ...created, updated: when, updatedBy: author, updatedCommit: oid ?? "" }
            : { ...known, ...created },
        );
      }
    }
    if (commit === undefined) return undefined;
    this.#history = { head, dates, commit };
    return this.#history;
  }
}

const NOBODY: GitPerson = { name: "Unknown", email: "" };

async function readEntry(path: string): Promise<{ bytes: Uint8Array; mode: EntryMode; modified: number } | undefined> {
  try {
    const link = await lstat(path);
    if (link.isSymbolicLink())
      return { bytes: new TextEncoder().encode(await readlink(path)), mode: "symlink", modified: link.mtimeMs };
    const { mtimeMs, mode } = await stat(path);
    if (link.isDirectory()) return undefined;
    return {
      bytes: new Uint8Array(await readFile(path)),
      mode: mode & 0o111 ? "executable" : "file",
      modified: mtimeMs,
    };
  } catch {
    // Gone between the listing and now: an editor saves by renaming.
    return undefined;
  }
}

function undated(modified: number): PathDates {
  const time = timeOf(modified);
  return { created: time, createdBy: NOBODY, createdCommit: "", updated: time, updatedBy: NOBODY, updatedCommit: "" };
}

function timeOf(ms: number): GitTime {
  return { seconds: Math.floor(ms / 1000), offsetMinutes: -new Date(ms).getTimezoneOffset() };
}

/** "2026-05-01T10:30:00+02:00" as git writes it. */
function parseIso(text: string): GitTime {
  const zone = /([+-])(\d{2}):(\d{2})$/.exec(text);
  const offset = zone === null ? 0 : (zone[1] === "-" ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3]));
  return { seconds: Math.floor(Date.parse(text) / 1000) || 0, offsetMinutes: offset };
}
