// A remote repository in memory. `update` clones it, later fetches what is new; either it all succeeds and there is a
// new Snapshot, or the last one stays as it was and the error says why.

import type { Result } from "../../stack/base/result.ts";
import { decodeCommit } from "./commit.ts";
import { Download } from "./download.ts";
import type { GitError } from "./error.ts";
import { type Dating, History } from "./history.ts";
import { DEFAULT_LIMITS, type GitLimits } from "./limits.ts";
import { type Directory, listTree } from "./listing.ts";
import { BLOB, ObjectStore } from "./objects.ts";
import type { Remote } from "./remote.ts";
import type { CommitInfo, Entry, OnGitProgress, PathDates, Snapshot } from "./snapshot.ts";
import type { GitTransport } from "./transport.ts";
import { TreeReader } from "./tree.ts";

export interface GitStoreOptions {
  readonly remote: Remote;
  readonly transport: GitTransport;
  /** Awaited every few milliseconds of work, so that others get on: the network, requests. */
  readonly pause: () => Promise<void>;
  readonly onProgress?: OnGitProgress;
  /** Asked before each update: what fits depends on the memory that is left. */
  readonly limits?: () => GitLimits;
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

export class GitStore {
  readonly #remote: Remote;
  readonly #transport: GitTransport;
  readonly #pause: () => Promise<void>;
  readonly #onProgress: OnGitProgress;
  readonly #limits: () => GitLimits;
  #held: Held | undefined;
  #snapshot: Snapshot | undefined;
  /** The next update that finds a new head clones anew. */
  #stale = false;
  #running: Promise<Result<Snapshot, GitError>> | undefined;

  constructor(options: GitStoreOptions) {
    this.#remote = options.remote;
    this.#transport = options.transport;
    this.#pause = options.pause;
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
  async update(): Promise<Result<Snapshot, GitError>> {
    while (this.#running !== undefined) await this.#running;
    this.#running = this.#update();
    try {
      return await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  async #update(): Promise<Result<Snapshot, GitError>> {
    const where = this.#remote.url;
    const limits = this.#limits();
    const download = new Download(this.#remote, this.#transport, limits, this.#onProgress);
    const advertised = await download.advertisement();
    if (!advertised.ok) return advertised;
    const { branch, commit } = advertised.value;
    const last = this.#snapshot;
    if (last !== undefined && last.commit === commit && last.branch === branch) return { ok: true, value: last };

    const reuse = this.#reusable(limits);
    const held = reuse ?? emptyHeld(where, limits);
    held.objects.limits = limits;
    if (held.objects.findHex(commit) < 0) {
      const have = reuse === undefined ? undefined : last?.commit;
      const pack = await download.pack(branch, have);
      if (!pack.ok) return pack;
      if (pack.value === undefined) return { ok: false, error: { kind: "object-missing", where, oid: commit } };
      const added = await held.objects.addPack(pack.value, this.#pause, (objects, total) =>
        this.#onProgress({ phase: "indexing", objects, total }),
      );
      if (!added.ok) return added;
      if (held.firstBytes === 0) held.firstBytes = held.objects.packBytes;
    }

    const made = await this.#makeSnapshot(held, branch, commit, limits);
    held.objects.dropCache();
    held.trees.dropCache();
    if (!made.ok) {
      // The packs hold something that leads nowhere: do not build on them again.
      if (reuse !== undefined) this.#held = undefined;
      return made;
    }
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

  /**
   * What the next update builds on; undefined: it clones anew. For that the old packs and the new ones must fit beside
   * each other; while they do not, the old ones go on.
   */
  #reusable(limits: GitLimits): Held | undefined {
    const held = this.#held;
    return this.#stale && held !== undefined && held.objects.packBytes <= limits.packBytes ? undefined : held;
  }

  async #makeSnapshot(
    held: Held,
    branch: string,
    commit: string,
    limits: GitLimits,
  ): Promise<Result<{ readonly snapshot: Snapshot; readonly dating: Dating }, GitError>> {
    const { objects, history, trees } = held;
    const learnt = await history.learn(commit, this.#pause, (commits, total) =>
      this.#onProgress({ phase: "dating", commits, total }),
    );
    if (!learnt.ok) return learnt;
    const listed = listTree(this.#remote.url, objects, trees, history.treeRowOf(commit), limits, held.directories);
    if (!listed.ok) return listed;
    held.directories = listed.value.directories;
    const { entries } = listed.value;
    await this.#pause();
    const dating = history.date(commit, entries.keys());
    const head = commitInfo(objects, commit);
    return { ok: true, value: { snapshot: new StoredSnapshot(branch, head, entries, objects, dating), dating } };
  }
}

class StoredSnapshot implements Snapshot {
  readonly commit: string;
  readonly branch: string;
  readonly head: CommitInfo;
  readonly entries: ReadonlyMap<string, Entry>;
  readonly #objects: ObjectStore;
  readonly #dating: Dating;

  constructor(
    branch: string,
    head: CommitInfo,
    entries: ReadonlyMap<string, Entry>,
    objects: ObjectStore,
    dating: Dating,
  ) {
    this.commit = head.oid;
    this.branch = branch;
    this.head = head;
    this.entries = entries;
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
}

function emptyHeld(where: string, limits: GitLimits): Held {
  const objects = new ObjectStore(where, limits);
  const trees = new TreeReader(objects, limits.cacheBytes / 4);
  return { objects, trees, history: new History(where, objects, trees, limits), firstBytes: 0, directories: new Map() };
}

/** Of a commit that has been learnt. */
function commitInfo(objects: ObjectStore, oid: string): CommitInfo {
  const commit = decodeCommit(objects.read(objects.findHex(oid), false));
  if (commit === undefined) throw new Error(`commit ${oid} was sound when it was learnt`);
  const { author, committer, subject } = commit;
  return { oid, author: author.person, authored: author.time, committed: committer.time, subject };
}
