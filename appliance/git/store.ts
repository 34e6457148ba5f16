// A remote repository in memory. `update` clones it, later fetches what is new; either it all succeeds and there is a
// new Snapshot, or the last one stays as it was and the error says why.

import type { Result } from "../../stack/base/result.ts";
import type { Platform } from "../platform.ts";
import { type Share, Task, type TaskFault, updateShare } from "../task.ts";
import { decodeCommit, type TextPlatform } from "./commit.ts";
import { Download } from "./download.ts";
import type { GitError } from "./error.ts";
import { History } from "./history.ts";
import { DEFAULT_LIMITS, type GitLimits } from "./limits.ts";
import { type Directory, type Listing, listTree } from "./listing.ts";
import { BLOB, ObjectStore } from "./objects.ts";
import { COMMIT } from "./pack.ts";
import type { Dating } from "./path-dates.ts";
import { HURRIED_WITHIN, LONGEST_HURRIED_WITHIN } from "./patience.ts";
import type { Remote } from "./remote.ts";
import type { Accept, CommitInfo, Entry, OnGitProgress, PathDates, Snapshot, Version } from "./snapshot.ts";
import type { GitTransport } from "./transport.ts";
import { TreeReader } from "./tree.ts";

/** What of the platform a repository is held with. */
export type StorePlatform = TextPlatform &
  Pick<Platform, "inflate" | "sha1" | "attempt" | "worked" | "sleep" | "heapLimit" | "utf8Encode" | "now">;

export interface GitStoreOptions {
  readonly remote: Remote;
  readonly transport: GitTransport;
  readonly platform: StorePlatform;
  readonly onProgress?: OnGitProgress;
  /** Asked before each update: what fits depends on the memory that is left. */
  readonly limits?: () => GitLimits;
  /** What an update may take; by the machine's memory when left out. */
  readonly share?: () => Share;
}

/** Each update adds a pack. When there are this many, the next update clones anew, and what no one needs is gone. */
const MAX_PACKS = 64;
/** The same when the packs of updates hold more bytes than this and than half of the first. */
const MAX_UPDATE_BYTES = 4 * 1024 * 1024;

/** What one clone and its updates made: replaced as a whole by the next clone. */
interface Held {
  readonly objects: ObjectStore;
  readonly trees: TreeReader;
  readonly history: History;
  /** Bytes of the pack of the clone; 0 before it came. */
  firstBytes: number;
  directories: ReadonlyMap<string, Directory>;
}

/** A Snapshot before it is kept, and what the next one builds on. */
interface Made {
  readonly snapshot: Snapshot;
  readonly dating: Dating;
  readonly directories: ReadonlyMap<string, Directory>;
}

export class GitStore {
  readonly #remote: Remote;
  readonly #transport: GitTransport;
  readonly #platform: StorePlatform;
  readonly #share: () => Share;
  readonly #onProgress: OnGitProgress;
  readonly #limits: () => GitLimits;
  #held: Held | undefined;
  #snapshot: Snapshot | undefined;
  /** The next update that finds a new head clones anew. */
  #stale = false;
  #download: Download | undefined;
  /** How long the next may go on when a newer one waits. */
  #hurriedWithin = HURRIED_WITHIN;
  #running: Promise<Result<Snapshot, GitError>> | undefined;

  constructor(options: GitStoreOptions) {
    this.#remote = options.remote;
    this.#transport = options.transport;
    this.#platform = options.platform;
    this.#share = options.share ?? (() => updateShare(options.platform));
    this.#onProgress = options.onProgress ?? (() => {});
    this.#limits = options.limits ?? (() => DEFAULT_LIMITS);
  }

  /** The last good one. */
  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /**
   * Asks the remote and takes what is new. The same Snapshot object as before when the branch has not moved. A call
   * while another is under way waits for it and then asks again. Never rejects.
   */
  async update(accept: Accept = async () => undefined): Promise<Result<Snapshot, GitError>> {
    while (this.#running !== undefined) await this.#running;
    this.#running = this.#update(accept);
    try {
      const result = await this.#running;
      if (result.ok) this.#hurriedWithin = HURRIED_WITHIN;
      else if (this.#download?.overtaken === true)
        this.#hurriedWithin = Math.min(2 * this.#hurriedWithin, LONGEST_HURRIED_WITHIN);
      return result;
    } finally {
      this.#running = undefined;
      this.#download = undefined;
    }
  }

  async #update(accept: Accept): Promise<Result<Snapshot, GitError>> {
    const where = this.#remote.url;
    const limits = this.#limits();
    const task = new Task(this.#platform, this.#share());
    const { onProgress, hurriedWithin } = { onProgress: this.#onProgress, hurriedWithin: this.#hurriedWithin };
    const download = new Download(this.#remote, this.#transport, this.#platform, limits, onProgress, hurriedWithin);
    this.#download = download;
    const advertised = await download.advertisement(task);
    if (!advertised.ok) return advertised;
    const { branch, commit } = advertised.value;
    const last = this.#snapshot;
    if (last !== undefined && last.commit === commit && last.branch === branch) return { ok: true, value: last };

    const reuse = this.#reusable(limits);
    const held = reuse ?? emptyHeld(where, this.#platform, limits);
    held.objects.limits = limits;
    held.history.limits = limits;
    if (held.objects.findHex(commit) < 0) {
      const have = reuse === undefined ? undefined : last?.commit;
      const pack = await download.pack(advertised.value, have);
      if (!pack.ok) return pack;
      if (pack.value === undefined) return { ok: false, error: { kind: "object-missing", where, oid: commit } };
      const added = await this.#run(
        task,
        held.objects.addPack(pack.value, (objects, total) => this.#onProgress({ phase: "indexing", objects, total })),
      );
      if (!added.ok) {
        held.objects.abandon();
        return added;
      }
    }

    const row = held.objects.findHex(commit);
    if (row >= 0 && held.objects.typeOf(row) !== COMMIT) {
      held.objects.abandon();
      return { ok: false, error: { kind: "no-commit", where, name: branch } };
    }
    const known = held.history.mark();
    const made = await this.#run(task, this.#makeSnapshot(held, branch, commit, limits, task));
    held.trees.dropCache();
    const undo = (): void => {
      // What stands is as it was before, and the last Snapshot with it.
      held.objects.abandon();
      held.history.forget(known);
      held.trees.clearFault();
    };
    if (!made.ok) {
      undo();
      return made;
    }
    let refused: TaskFault | undefined;
    try {
      refused = await accept(made.value.snapshot);
    } catch (cause) {
      undo();
      throw cause;
    }
    if (refused !== undefined) {
      undo();
      return { ok: false, error: { kind: "out-of-share", where, fault: refused } };
    }
    held.objects.keep();
    held.directories = made.value.directories;
    if (held.firstBytes === 0) held.firstBytes = held.objects.packBytes;
    const { snapshot, dating } = made.value;
    const rewritten = last !== undefined && reuse !== undefined && !dating.contains(last.commit);
    const updateBytes = held.objects.packBytes - held.firstBytes;
    this.#stale =
      (this.#stale && reuse !== undefined) ||
      rewritten ||
      held.objects.packCount >= MAX_PACKS ||
      updateBytes > Math.max(MAX_UPDATE_BYTES, held.firstBytes / 2) ||
      held.objects.packBytes > limits.heldBytes * 0.75;
    this.#held = held;
    this.#snapshot = snapshot;
    return { ok: true, value: snapshot };
  }

  /** A newer update waits for the one under way: what stands still there is given up. */
  hurry(): void {
    this.#download?.hurry();
  }

  /**
   * What the next update builds on; undefined: it clones anew. For that the old packs and the new ones must fit beside
   * each other; while they do not, the old ones go on.
   */
  #reusable(limits: GitLimits): Held | undefined {
    const held = this.#held;
    return this.#stale && held !== undefined && held.objects.packBytes <= limits.packBytes ? undefined : held;
  }

  /** Runs the steps; what the task has no share for is an error like any other. */
  async #run<T>(task: Task, steps: Generator<undefined, Result<T, GitError>, undefined>): Promise<Result<T, GitError>> {
    const run = await task.run(steps);
    if (run.ok) return run.value;
    return { ok: false, error: { kind: "out-of-share", where: this.#remote.url, fault: run.error } };
  }

  *#makeSnapshot(
    held: Held,
    branch: string,
    commit: string,
    limits: GitLimits,
    task: Task,
  ): Generator<undefined, Result<Made, GitError>, undefined> {
    const { objects, history, trees } = held;
    const learnt = yield* history.learn(commit, task, (commits, total) =>
      this.#onProgress({ phase: "dating", commits, total }),
    );
    if (!learnt.ok) return learnt;
    const root = history.treeRowOf(commit);
    const listed = yield* listTree(this.#remote.url, objects, trees, root, limits, held.directories, task);
    if (!listed.ok) return listed;
    const { entries, directories } = listed.value;
    yield;
    const dating = yield* history.date(commit, entries);
    const head = commitInfo(objects, commit, this.#platform);
    return {
      ok: true,
      value: { snapshot: new StoredSnapshot(branch, head, listed.value, objects, dating), dating, directories },
    };
  }
}

class StoredSnapshot implements Snapshot {
  readonly commit: string;
  readonly branch: string;
  readonly head: CommitInfo;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly directories: ReadonlyMap<string, unknown>;
  readonly #objects: ObjectStore;
  readonly #dating: Dating;

  constructor(
    branch: string,
    head: CommitInfo,
    { entries, directories }: Listing,
    objects: ObjectStore,
    dating: Dating,
  ) {
    this.commit = head.oid;
    this.branch = branch;
    this.head = head;
    this.entries = entries;
    this.directories = directories;
    this.#objects = objects;
    this.#dating = dating;
  }

  read(oid: string): Uint8Array | undefined {
    const row = this.#objects.findHex(oid);
    if (row < 0 || this.#objects.typeOf(row) !== BLOB) return undefined;
    return this.#objects.read(row, false);
  }

  dates(path: string): PathDates | undefined {
    return this.#dating.dates(path);
  }

  versions(path: string): readonly Version[] {
    return this.#dating.versions(path);
  }
}

function emptyHeld(where: string, platform: StorePlatform, limits: GitLimits): Held {
  const objects = new ObjectStore(where, platform, limits);
  const trees = new TreeReader(objects, platform, limits.cacheBytes / 4);
  const history = new History(where, objects, trees, platform, limits);
  return { objects, trees, history, firstBytes: 0, directories: new Map() };
}

/** Of a commit that has been learnt. */
function commitInfo(objects: ObjectStore, oid: string, text: TextPlatform): CommitInfo {
  const commit = decodeCommit(objects.read(objects.findHex(oid), false), text);
  if (commit === undefined) throw new Error(`commit ${oid} was sound when it was learnt`);
  const { author, committer, subject } = commit;
  return { oid, author: author.person, authored: author.time, committed: committer.time, subject };
}
