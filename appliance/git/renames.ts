// Which path of a commit is another one's new name: git-diff(1), "-M" with its default of 50 %. The same blob first, then
// what is most alike by Git's own measure: of the larger file, the part that both have, in pieces that end with a line or
// after 64 bytes. As in Git, files that keep their name go first when three quarters of them are the same.

import type { TextPlatform } from "./commit.ts";
import { BLOB, type ObjectStore } from "./objects.ts";

/** A path that came or went in a commit: its number, its name, the row of its blob. */
export interface Leaf {
  readonly path: number;
  readonly name: string;
  readonly row: number;
}

/** Paths that came or went in one commit beyond which each is compared with those of its own name alone. */
export const MAX_COMPARED = 64;
/** Bytes of a file that is compared, and of all that is compared between two learnings. */
export const MAX_FILE_BYTES = 512 * 1024;
export const MAX_COMPARED_BYTES = 32 * 1024 * 1024;
/** Pieces that are looked up in another file between two learnings: half a second of work. */
export const MAX_COMPARISONS = 1_000_000;
const PAUSE_PIECES = 256;
/** Of the larger file, what both must have; and where they have the same name, to be taken before all others. */
const LEAST_PART = 0.5;
const LEAST_PART_OF_SAME_NAME = 0.75;
/** Bytes of a piece. */
export const PIECE = 64;

interface Pieces {
  readonly bytes: number;
  readonly counts: ReadonlyMap<string, number>;
}

export class Renames {
  readonly #objects: ObjectStore;
  readonly #text: TextPlatform;
  /** By commit: pairs of numbers of paths, new and old. */
  readonly #found = new Map<number, readonly number[]>();
  #left = MAX_COMPARED_BYTES;
  #comparisons = MAX_COMPARISONS;

  constructor(objects: ObjectStore, text: TextPlatform) {
    this.#objects = objects;
    this.#text = text;
  }

  /** Pairs of the commit: a path's number, and that of the one that it was before. */
  of(commit: number): readonly number[] {
    return this.#found.get(commit) ?? NONE;
  }

  /** Another learning begins. */
  begin(): void {
    this.#left = MAX_COMPARED_BYTES;
    this.#comparisons = MAX_COMPARISONS;
  }

  /** Of what was learnt only commits with lower numbers stay. */
  forget(commits: number): void {
    for (const commit of this.#found.keys()) if (commit >= commits) this.#found.delete(commit);
  }

  /** Looks for pairs among what came and what went with a commit that has one parent. */
  *learn(commit: number, came: readonly Leaf[], went: readonly Leaf[]): Generator<undefined, void, undefined> {
    if (came.length === 0 || went.length === 0) return;
    const pairs: number[] = [];
    const byRow = new Map<number, Leaf[]>();
    for (const leaf of went) {
      const list = byRow.get(leaf.row);
      if (list === undefined) byRow.set(leaf.row, [leaf]);
      else list.push(leaf);
    }
    const taken = new Set<Leaf>();
    const rest: Leaf[] = [];
    for (const leaf of came) {
      // Of several with the same bytes the one of the same name, else the first.
      const same = (leaf.row < 0 ? undefined : byRow.get(leaf.row))?.filter((other) => !taken.has(other)) ?? [];
      const old = same.find((other) => baseOf(other.name) === baseOf(leaf.name)) ?? same[0];
      if (old === undefined) rest.push(leaf);
      else {
        taken.add(old);
        pairs.push(leaf.path, old.path);
      }
    }
    const gone = went.filter((leaf) => !taken.has(leaf));
    yield* this.#compare(rest, gone, pairs);
    if (pairs.length > 0) this.#found.set(commit, pairs);
  }

  *#compare(came: readonly Leaf[], went: readonly Leaf[], pairs: number[]): Generator<undefined, void, undefined> {
    if (came.length === 0 || went.length === 0) return;
    const many = came.length > MAX_COMPARED || went.length > MAX_COMPARED;
    const names = new Set(came.map(({ name }) => baseOf(name)));
    const old: { readonly leaf: Leaf; readonly base: string; readonly pieces: Pieces }[] = [];
    for (const leaf of went) {
      const base = baseOf(leaf.name);
      if (many && !names.has(base)) continue;
      yield;
      const pieces = this.#piecesOf(leaf);
      if (pieces !== undefined) old.push({ leaf, base, pieces });
    }
    const byBase = new Map<string, (typeof old)[number][]>();
    for (const one of old) byBase.set(one.base, [...(byBase.get(one.base) ?? []), one]);
    const candidates: { readonly rank: number; readonly leaf: Leaf; readonly other: Leaf }[] = [];
    for (const leaf of came) {
      const base = baseOf(leaf.name);
      // Beyond the limit two of a name may still be many: README.md of each directory.
      const others = (many ? byBase.get(base) : old)?.slice(0, MAX_COMPARED) ?? [];
      if (others.length === 0) continue;
      yield;
      const pieces = this.#piecesOf(leaf);
      if (pieces === undefined) continue;
      for (const other of others) {
        this.#comparisons -= pieces.counts.size;
        if (this.#comparisons < 0) break;
        if (pieces.counts.size > PAUSE_PIECES) yield;
        const part = commonPart(pieces, other.pieces);
        if (part < LEAST_PART) continue;
        const first = other.base === base && part >= LEAST_PART_OF_SAME_NAME;
        candidates.push({ rank: part + (first ? 1 : 0), leaf, other: other.leaf });
      }
    }
    const taken = new Set<Leaf>();
    for (const { leaf, other } of candidates.sort((a, b) => b.rank - a.rank)) {
      if (taken.has(leaf) || taken.has(other)) continue;
      taken.add(leaf);
      taken.add(other);
      pairs.push(leaf.path, other.path);
    }
  }

  /** Undefined: it is too long, no blob, or there was enough to compare already. */
  #piecesOf({ row }: Leaf): Pieces | undefined {
    if (row < 0 || this.#left <= 0 || this.#objects.typeOf(row) !== BLOB) return undefined;
    const bytes = this.#objects.read(row, false);
    this.#left -= bytes.length;
    if (bytes.length > MAX_FILE_BYTES) return undefined;
    const counts = new Map<string, number>();
    const count = (piece: string): void => {
      counts.set(piece, (counts.get(piece) ?? 0) + 1);
    };
    const text = this.#text.latin1Decode(bytes, 0, bytes.length).replaceAll("\r\n", "\n");
    for (let at = 0; at < text.length; ) {
      const newline = text.indexOf("\n", at);
      const end = newline < 0 ? text.length : newline + 1;
      for (; at < end; at += PIECE) count(text.slice(at, Math.min(at + PIECE, end)));
      at = end;
    }
    return { bytes: bytes.length, counts };
  }
}

const NONE: readonly number[] = [];

function baseOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** Of the larger file's bytes, those of pieces that both have. */
function commonPart(a: Pieces, b: Pieces): number {
  const larger = Math.max(a.bytes, b.bytes);
  if (larger === 0 || Math.min(a.bytes, b.bytes) < larger * LEAST_PART) return 0;
  let common = 0;
  for (const [piece, count] of a.counts) common += Math.min(count, b.counts.get(piece) ?? 0) * piece.length;
  return common / larger;
}
