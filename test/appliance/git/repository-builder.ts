// Repositories made by hand, object by object: also what git would refuse to make.

import { bytes, type MadeEntry, nameOf } from "./pack-builder.ts";

export interface Repository {
  readonly entries: readonly MadeEntry[];
  readonly commit: string;
  /** What the pack's head says instead of the truth. */
  readonly count?: number;
}

export const COMMIT = 1;
export const TREE = 2;
export const BLOB = 3;
export const OFS_DELTA = 6;
export const REF_DELTA = 7;

export const FILE = "100644";
export const DIRECTORY = "40000";
export const SYMLINK = "120000";
export const SUBMODULE = "160000";

export type Item = readonly [mode: string, name: string | Uint8Array, oid: string];

export const padded = (number: number): string => String(number).padStart(7, "0");

/** Of each of so many. */
export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** Collects objects; each is there once. */
export class Objects {
  readonly entries: MadeEntry[] = [];
  readonly #names = new Set<string>();

  blob(content: string | Uint8Array): string {
    return this.#add(BLOB, "blob", typeof content === "string" ? bytes(content) : content);
  }
  /** Items in the order of Git's names, unless that is the point. */
  tree(items: readonly Item[]): string {
    const parts = items.map(([mode, name, oid]) =>
      Buffer.concat([Buffer.from(`${mode} `), Buffer.from(name as string), Buffer.of(0), Buffer.from(oid, "hex")]),
    );
    return this.#add(TREE, "tree", Buffer.concat(parts));
  }
  commit(tree: string, parents: readonly string[] = [], seconds: number | string = 1_700_000_000, by = "A"): string {
    const person = `${by} <a@example.org> ${seconds} +0000`;
    const lines = [
      `tree ${tree}`,
      ...parents.map((parent) => `parent ${parent}`),
      `author ${person}`,
      `committer ${person}`,
    ];
    return this.raw(`${lines.join("\n")}\n\nmessage\n`);
  }
  /** A commit as it stands. */
  raw(text: string): string {
    return this.#add(COMMIT, "commit", bytes(text));
  }
  #add(type: number, word: "commit" | "tree" | "blob", data: Uint8Array): string {
    const name = nameOf(word, data);
    if (!this.#names.has(name)) this.entries.push({ type, data });
    this.#names.add(name);
    return name;
  }
}

/** One commit of the tree that is made. */
export function repository(make: (objects: Objects) => string): Repository {
  const objects = new Objects();
  const tree = make(objects);
  return { commit: objects.commit(tree), entries: objects.entries };
}

/** Files of one directory by name, which need not be sorted. */
export function folder(o: Objects, files: Readonly<Record<string, string | Uint8Array>>): string {
  const names = Object.keys(files).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return o.tree(names.map((name) => [FILE, name, o.blob(files[name]!)] as const));
}

/** So many posts in the directory p. */
export function posts(count: number, head: (number: number) => string, text = "Text"): Repository {
  return repository((o) =>
    o.tree([
      [
        DIRECTORY,
        "p",
        o.tree(
          times(count, (i) => [FILE, `${padded(i)}.md`, o.blob(`---\n${head(i)}---\n\n${text} ${i}.\n`)] as const),
        ),
      ],
    ]),
  );
}

/** What honest authors push: a post that says the text. */
export function good(text: string): Repository {
  return repository((o) => o.tree([[DIRECTORY, "Posts", folder(o, { "good.md": goodPost(text) })]]));
}

export function goodPost(text: string): string {
  return `---\ntitle: Good\n---\n\nThe good post says ${text}.\n`;
}
