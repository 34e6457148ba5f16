// Read first: git-log(1), "History Simplification", default mode.
//
// The dates of every path, in two steps. `learn` looks at each commit once, for good: which paths does it change
// against its parents? That is where objects are read. `date` then goes over those records, from the head back, and
// finds for each path of the head what git log would find for it alone. It reads no object, so it is simply done anew
// after each update, whatever the update did to the history.
//
// The rule for a merge: a path that is the same as in one of its parents comes from there, from the first such, and the
// merge did not change it. A path that differs from all parents was changed by the merge, and came from each of them.

import type { Result } from "../../stack/base/result.ts";
import type { Task } from "../task.ts";
import { decodeCommit, type TextPlatform } from "./commit.ts";
import { dateOrder } from "./date-order.ts";
import { ALL, CHANGE, walk } from "./dating.ts";
import type { GitError, TooLarge } from "./error.ts";
import { CHANGES_PER_FILE, type GitLimits, MAX_PATH_LENGTH, MAX_TREE_DEPTH, PATHS_PER_FILE } from "./limits.ts";
import { COMMIT, type ObjectStore } from "./objects.ts";
import { type Dating, PathDatesTable } from "./path-dates.ts";
import { type Dated, dated, lineTo, redate } from "./redating.ts";
import { type Leaf, Renames } from "./renames.ts";
import type { GitPerson, GitTime } from "./snapshot.ts";
import { type Difference, leavesAgree, type TreeFault, type TreeReader } from "./tree.ts";

/** Work between two pauses. */
const PAUSE_COMMITS = 16;
const PAUSE_CHANGES = 1024;
const PAUSE_DIRECTORIES = 64;
const NONE = new Int32Array(0);

/** How much a History knew at a moment. */
export interface HistoryMark {
  readonly commits: number;
  readonly paths: number;
  readonly persons: number;
  readonly changes: number;
  readonly visits: number;
}

export class History {
  readonly #where: string;
  readonly #objects: ObjectStore;
  readonly #trees: TreeReader;
  readonly #text: TextPlatform;
  /** The owner sets it anew before each update. */
  limits: GitLimits;

  // Commits by number, in columns.
  readonly #rows: number[] = [];
  readonly #treeRows: number[] = [];
  readonly #parents: (readonly number[])[] = [];
  readonly #authors: GitPerson[] = [];
  readonly #authored: GitTime[] = [];
  readonly #committed: number[] = [];
  /** What the commit changes (Columns.changes). Undefined: not looked at yet. */
  readonly #changes: (Int32Array | undefined)[] = [];
  /** Of all commits: changes of leaves, and directories that were looked into for them. */
  #changeCount = 0;
  #visits = 0;
  /** Rows of trees in which there is no leaf at any depth: they are looked into once, wherever they stand. */
  readonly #barren = new Set<number>();
  /** Number of a commit by its row in the store. */
  readonly #numbers: (number | undefined)[] = [];

  /** Paths by number, all that ever were. */
  readonly #paths = new Map<string, number>();
  /** Their names by number. */
  readonly #names: string[] = [];
  readonly #persons = new Map<string, GitPerson>();
  readonly #renames: Renames;
  readonly #pathDates: PathDatesTable;
  /** The head that was dated last. */
  #dated: Dated | undefined;
  /** What came and went with the commit that is being looked at. */
  #came: Leaf[] = [];
  #went: Leaf[] = [];

  constructor(where: string, objects: ObjectStore, trees: TreeReader, text: TextPlatform, limits: GitLimits) {
    this.#where = where;
    this.#objects = objects;
    this.#trees = trees;
    this.#text = text;
    this.limits = limits;
    this.#renames = new Renames(objects, text);
    this.#pathDates = new PathDatesTable({
      paths: this.#paths,
      names: this.#names,
      parents: this.#parents,
      authors: this.#authors,
      authored: this.#authored,
      commitName: (commit) => objects.nameOf(this.#rows[commit]!),
      objectName: (row) => objects.nameOf(row),
      commitNumber: (name) => this.#numbers[objects.findHex(name)],
    });
  }

  /**
   * Looks at all commits of this head's history that have not been looked at. Steps of the task; when it did not come to
   * a good end, `forget` is due.
   */
  *learn(
    head: string,
    task: Task,
    onProgress: (commits: number, total: number) => void,
  ): Generator<undefined, Result<undefined, GitError>, undefined> {
    const row = this.#objects.findHex(head);
    if (row < 0) return { ok: false, error: this.#missing(head) };
    this.#barren.clear();
    this.#renames.begin();
    const entered = yield* this.#enterCommits(row);
    if (entered !== undefined) return { ok: false, error: entered };
    // From the head back: that is the order in which packs make deltas, each of a newer tree.
    const order = dateOrder(
      this.#numbers[row]!,
      this.#parents,
      this.#committed,
      (commit) => this.#changes[commit] === undefined,
    );
    for (let i = 0; i < order.length; i++) {
      if (i % PAUSE_COMMITS === 0) {
        onProgress(i, order.length);
        yield;
      }
      const fault = yield* this.#record(order[i]!, task);
      if (fault !== undefined) return { ok: false, error: fault };
    }
    onProgress(order.length, order.length);
    return { ok: true, value: undefined };
  }

  /** What is known, to be given to `forget`. */
  mark(): HistoryMark {
    return {
      commits: this.#rows.length,
      paths: this.#paths.size,
      persons: this.#persons.size,
      changes: this.#changeCount,
      visits: this.#visits,
    };
  }

  /** Forgets what was learnt since the mark, as far as that went: the Snapshots of before hold on to this object. */
  forget(mark: HistoryMark): void {
    for (const [name, number] of this.#paths) if (number >= mark.paths) this.#paths.delete(name);
    if (this.#names.length > mark.paths) this.#names.length = mark.paths;
    this.#renames.forget(mark.commits);
    this.#pathDates.forget(mark.commits, mark.paths);
    if ((this.#dated?.head ?? 0) >= mark.commits) this.#dated = undefined;
    let person = 0;
    for (const key of this.#persons.keys()) if (person++ >= mark.persons) this.#persons.delete(key);
    // Rows whose commit or whose object is no longer there; in place, for there may be no memory.
    const rows = this.#objects.count;
    if (this.#numbers.length > rows) this.#numbers.length = rows;
    for (let row = 0; row < this.#numbers.length; row++)
      if ((this.#numbers[row] ?? 0) >= mark.commits) this.#numbers[row] = undefined;
    const { commits } = mark;
    for (const column of [this.#rows, this.#treeRows, this.#parents, this.#authors, this.#authored, this.#committed])
      if (column.length > commits) column.length = commits;
    if (this.#changes.length > commits) this.#changes.length = commits;
    this.#changeCount = mark.changes;
    this.#visits = mark.visits;
  }

  /** The tree of a commit that has been learnt, as a row of the store. */
  treeRowOf(commit: string): number {
    const number = this.#numbers[this.#objects.findHex(commit)];
    return number === undefined ? -1 : this.#treeRows[number]!;
  }

  /** Dates the paths of a head that has been learnt. `paths`: those of its tree. */
  *date(head: string, paths: ReadonlyMap<string, unknown>): Generator<undefined, Dating, undefined> {
    const number = this.#numbers[this.#objects.findHex(head)]!;
    const columns = {
      parents: this.#parents,
      changes: this.#changes,
      paths: this.#paths,
      names: this.#names,
      renames: (commit: number) => this.#renames.of(commit),
    };
    const before = this.#dated;
    const line = before === undefined ? undefined : lineTo(this.#parents, number, before.head);
    const after = before === undefined || line === undefined ? undefined : yield* redate(columns, line, before, paths);
    const order = after === undefined ? dateOrder(number, this.#parents, this.#committed, () => true) : [];
    this.#dated = after ?? dated(number, yield* walk(columns, order, number, paths.keys()));
    return this.#pathDates.datingOf(number, this.#dated);
  }

  /** Numbers the commits that can be reached from a row and have no number yet. */
  *#enterCommits(head: number): Generator<undefined, GitError | undefined, undefined> {
    if (this.#numbers[head] !== undefined) return undefined;
    // Decoded first and numbered after all are sound, so that an error leaves no half-known history.
    const found: {
      readonly row: number;
      readonly parents: number[];
      readonly tree: number;
      author: GitPerson;
      authored: GitTime;
      committed: number;
    }[] = [];
    const seen = new Set<number>([head]);
    const stack = [head];
    for (let steps = 1; ; steps++) {
      const row = stack.pop();
      if (row === undefined) break;
      if (steps % (PAUSE_COMMITS * 8) === 0) yield;
      const commit =
        this.#objects.typeOf(row) === COMMIT ? decodeCommit(this.#objects.read(row, false), this.#text) : undefined;
      if (commit === undefined) return this.#damaged(row);
      const tree = this.#objects.findHex(commit.tree);
      if (tree < 0) return this.#missing(commit.tree);
      const parents: number[] = [];
      for (const name of commit.parents) {
        const parent = this.#objects.findHex(name);
        // The server's own repository may be shallow: its history ends here.
        if (parent < 0) continue;
        parents.push(parent);
        if (this.#numbers[parent] !== undefined || seen.has(parent)) continue;
        seen.add(parent);
        stack.push(parent);
      }
      const { author, committer } = commit;
      found.push({
        row,
        parents,
        tree,
        author: this.#person(author.person),
        authored: author.time,
        committed: committer.time.seconds,
      });
    }
    while (this.#numbers.length < this.#objects.count) this.#numbers.push(undefined);
    for (const { row, tree, author, authored, committed } of found) {
      this.#numbers[row] = this.#rows.length;
      this.#rows.push(row);
      this.#treeRows.push(tree);
      this.#authors.push(author);
      this.#authored.push(authored);
      this.#committed.push(committed);
      this.#changes.push(undefined);
    }
    for (const { parents } of found) this.#parents.push(parents.map((parent) => this.#numbers[parent]!));
    return undefined;
  }

  *#record(commit: number, task: Task): Generator<undefined, GitError | undefined, undefined> {
    const parents = this.#parents[commit]!;
    const trees = parents.map((parent) => this.#treeRows[parent]!);
    if (trees.length === 0) trees.push(-1);
    const changes: number[] = [];
    this.#came = [];
    this.#went = [];
    const fault = yield* this.#compare(this.#treeRows[commit]!, trees, "", 0, changes, task);
    if (fault !== undefined) return fault;
    const broken = this.#trees.fault;
    if (broken !== undefined) {
      this.#trees.clearFault();
      return this.#broken(broken, task.at);
    }
    this.#changes[commit] = changes.length === 0 ? NONE : Int32Array.from(changes);
    this.#changeCount += changes.length / CHANGE;
    if (parents.length === 1) yield* this.#renames.learn(commit, this.#came, this.#went);
    return undefined;
  }

  /** Records what differs between a tree and the trees in its place in the parents, by the first parent's. */
  *#compare(
    tree: number,
    parents: readonly number[],
    prefix: string,
    depth: number,
    changes: number[],
    task: Task,
  ): Generator<undefined, GitError | undefined, undefined> {
    const first = parents[0]!;
    if (tree === first) return undefined;
    const isNew = parents.every((parent) => parent < 0);
    if (isNew && this.#barren.has(tree)) return undefined;
    const before = changes.length;
    if (depth > MAX_TREE_DEPTH)
      return {
        kind: "pack-corrupt",
        where: this.#where,
        reason: `directories are nested deeper than ${MAX_TREE_DEPTH}`,
      };
    task.at = prefix;
    // Trees of few bytes make paths without number: both what is found and where it was looked for are counted.
    const limit = this.limits.files * CHANGES_PER_FILE;
    if (++this.#visits > limit) return this.#tooMany("directories in the history", limit, prefix);

    const differences = this.#trees.differences(first, tree);
    // A view lives as long as it is in use here, whatever the cache does.
    const newBytes = this.#trees.view(tree).bytes;
    const firstBytes = this.#trees.view(first).bytes;
    const others: { readonly differences: Map<string, Difference>; readonly bytes: Uint8Array }[] = [];
    for (let k = 1; k < parents.length; k++) {
      yield;
      others.push({
        differences: this.#trees.differences(parents[k]!, tree),
        bytes: this.#trees.view(parents[k]!).bytes,
      });
    }

    let steps = 0;
    for (const d of differences.values()) {
      if (++steps % PAUSE_CHANGES === 0) yield;
      const path = prefix + d.name;
      if (path.length > MAX_PATH_LENGTH) return this.#tooMany("characters in a path", MAX_PATH_LENGTH, path);
      if (!leavesAgree(d, firstBytes, newBytes)) {
        let same = ALL;
        for (let k = 0; k < others.length && same === ALL; k++) {
          const other = others[k]!;
          const otherwise = other.differences.get(d.name);
          if (otherwise === undefined || leavesAgree(otherwise, other.bytes, newBytes)) same = k + 1;
        }
        const number = this.#pathNumber(path);
        const row = this.#objects.find(d.newLeaf < 0 ? firstBytes : newBytes, d.newLeaf < 0 ? d.oldLeaf : d.newLeaf);
        changes.push(number * 2 + (d.newLeaf < 0 ? 0 : 1), same, row);
        if (d.newLeaf < 0) this.#went.push({ path: number, name: path, row });
        else if (d.oldLeaf < 0) this.#came.push({ path: number, name: path, row });
        if (this.#changeCount + changes.length / CHANGE > limit)
          return this.#tooMany("changes of files", limit, prefix);
        const paths = this.limits.files * PATHS_PER_FILE;
        if (this.#paths.size > paths) return this.#tooMany("paths in the history", paths, prefix);
      }
      if (d.newTree < 0 && d.oldTree < 0) continue;
      const subtree = d.newTree < 0 ? -1 : this.#trees.rowOf(newBytes, d.newTree);
      const subtrees = [d.oldTree < 0 ? -1 : this.#trees.rowOf(firstBytes, d.oldTree)];
      for (const other of others) {
        const otherwise = other.differences.get(d.name);
        if (otherwise === undefined) subtrees.push(subtree);
        else subtrees.push(otherwise.oldTree < 0 ? -1 : this.#trees.rowOf(other.bytes, otherwise.oldTree));
      }
      if (this.#trees.fault !== undefined) return undefined;
      if (++steps % PAUSE_DIRECTORIES === 0) yield;
      const fault = yield* this.#compare(subtree, subtrees, `${path}/`, depth + 1, changes, task);
      if (fault !== undefined) return fault;
    }
    if (isNew && changes.length === before && this.#trees.fault === undefined) this.#barren.add(tree);
    return undefined;
  }

  #pathNumber(path: string): number {
    let number = this.#paths.get(path);
    if (number === undefined) {
      number = this.#paths.size;
      this.#paths.set(path, number);
      this.#names.push(path);
    }
    return number;
  }

  /** Few people write many commits: one object for each. */
  #person(person: GitPerson): GitPerson {
    const key = `${person.name}\0${person.email}`;
    const known = this.#persons.get(key);
    if (known !== undefined) return known;
    this.#persons.set(key, person);
    return person;
  }

  #missing(oid: string): GitError {
    return { kind: "object-missing", where: this.#where, oid };
  }

  #broken(fault: TreeFault, path: string): GitError {
    if (fault.kind === "names") return this.#tooMany("names in a directory", fault.limit, path);
    return fault.kind === "missing" ? this.#missing(fault.oid) : this.#damaged(fault.row);
  }

  #tooMany(what: TooLarge, limit: number, prefix: string): GitError {
    return { kind: "too-large", where: this.#where, what, limit, path: prefix };
  }

  #damaged(row: number): GitError {
    return { kind: "pack-corrupt", where: this.#where, reason: `object ${this.#objects.nameOf(row)} makes no sense` };
  }
}
