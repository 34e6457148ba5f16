// Dates by numbers of commits and paths -> dates of a path, as the rest of the appliance has them.

import type { Dates } from "./dating.ts";
import type { GitPerson, GitTime, PathDates, Version } from "./snapshot.ts";

/** For each path its dates, by the commits that made them; of one head. */
export interface Dating {
  /** The same object for as long as nothing of it changes, from head to head. */
  dates(path: string): PathDates | undefined;
  /** The blobs that a path had, under any of its names, the newest first. */
  versions(path: string): readonly Version[];
  /** True when the head has this commit (hexadecimal) in its history. */
  contains(commit: string): boolean;
}

/** What is known of commits and paths, by their numbers. */
export interface Numbered {
  readonly paths: ReadonlyMap<string, number>;
  readonly names: readonly string[];
  readonly parents: readonly (readonly number[])[];
  readonly authors: readonly GitPerson[];
  readonly authored: readonly GitTime[];
  /** Names of objects, hexadecimal: of a commit, and of what is in a row of the store. */
  commitName(commit: number): string;
  objectName(row: number): string;
  /** Undefined: never heard of. */
  commitNumber(name: string): number | undefined;
}

const NO_PATHS: readonly string[] = [];

class NumberedPathDates implements PathDates {
  readonly formerPaths: readonly string[];
  readonly first: number;
  readonly last: number;
  readonly former: readonly number[] | undefined;
  readonly #numbered: Numbered;

  constructor(numbered: Numbered, first: number, last: number, former: readonly number[] | undefined) {
    this.#numbered = numbered;
    this.first = first;
    this.last = last;
    this.former = former;
    this.formerPaths = former?.map((path) => numbered.names[path]!) ?? NO_PATHS;
  }

  get created(): GitTime {
    return this.#numbered.authored[this.first]!;
  }

  get createdBy(): GitPerson {
    return this.#numbered.authors[this.first]!;
  }

  get createdCommit(): string {
    return this.#numbered.commitName(this.first);
  }

  get updated(): GitTime {
    return this.#numbered.authored[this.last]!;
  }

  get updatedBy(): GitPerson {
    return this.#numbered.authors[this.last]!;
  }

  get updatedCommit(): string {
    return this.#numbered.commitName(this.last);
  }
}

/** Makes the Datings of one history. */
export class PathDatesTable {
  readonly #numbered: Numbered;
  /** By number of the path: as last made. */
  readonly #made: (NumberedPathDates | undefined)[] = [];

  constructor(numbered: Numbered) {
    this.#numbered = numbered;
  }

  /** Commits and paths from these numbers on will be other ones. */
  forget(commits: number, paths: number): void {
    if (this.#made.length > paths) this.#made.length = paths;
    for (let path = 0; path < this.#made.length; path++)
      if ((this.#made[path]?.last ?? 0) >= commits) this.#made[path] = undefined;
  }

  datingOf(head: number, dates: Dates): Dating {
    const { paths, names, authored, objectName, commitNumber, parents } = this.#numbered;
    return {
      dates: (path) => {
        const number = paths.get(path);
        return number === undefined || (dates.updated[number] ?? -1) < 0 ? undefined : this.#make(number, dates);
      },
      versions: (path) => {
        const number = paths.get(path);
        if (number === undefined || number >= dates.updated.length) return [];
        return dates
          .versions(number)
          .filter(({ row }) => row >= 0)
          .map(({ commit, row, path: name }) => ({
            path: names[name]!,
            oid: objectName(row),
            time: authored[commit]!,
          }));
      },
      contains: (name) => {
        const commit = commitNumber(name);
        return commit !== undefined && reaches(parents, head, commit);
      },
    };
  }

  #make(number: number, { created, updated, former }: Dates): PathDates {
    const [first, last, names] = [created[number]!, updated[number]!, former.get(number)];
    const known = this.#made[number];
    if (known?.first === first && known.last === last && isSame(known.former, names)) return known;
    const made = new NumberedPathDates(this.#numbered, first, last, names);
    while (this.#made.length < number) this.#made.push(undefined);
    this.#made[number] = made;
    return made;
  }
}

function isSame(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && a.length === b.length && a.every((path, i) => path === b[i]);
}

function reaches(parents: Numbered["parents"], head: number, commit: number): boolean {
  const reached = new Set<number>([head]);
  // A set is walked in the order in which it grows: what lies near is met first.
  for (const at of reached) {
    if (at === commit) return true;
    for (const parent of parents[at]!) reached.add(parent);
  }
  return false;
}
