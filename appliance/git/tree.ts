// Read first: gitformat-pack(5) does not have it; a tree is entries of "mode name\0" and 20 bytes of name of the
// object, sorted by name, a directory's as if it ended in "/".
//
// A blog's directory may hold thousands of posts, and each commit makes a new tree of it that differs in one entry. To
// find that one without looking at the others, two trees are compared as bytes from both ends by the native compare
// (a few dozen calls), and only the entries between are decoded. Where entries begin is known for one of the two trees
// and thereby for the other: it is carried along from commit to commit.

import { equalBytes } from "../../stack/base/native.ts";
import { GenerationCache } from "./cache.ts";
import type { TextPlatform } from "./commit.ts";
import { type ObjectStore, TREE } from "./objects.ts";
import { OID_LENGTH, oidAt } from "./oid.ts";

const DIRECTORY = 0o40000;
const SYMLINK = 0o120000;
const SUBMODULE = 0o160000;
const TYPE_BITS = 0o170000;

/** A tree with the offsets at which its entries begin; the last is the tree's end. */
export interface TreeView {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
}

/** A name that two trees do not agree about. A name may be a file in one and a directory in the other. */
export interface Difference {
  readonly name: string;
  /** The leaf in either tree: offset of the object's name in its bytes, and the mode; -1 and 0: none. */
  oldLeaf: number;
  oldMode: number;
  newLeaf: number;
  newMode: number;
  /** The directory in either tree: offset of the object's name; -1: none. */
  oldTree: number;
  newTree: number;
}

export type TreeFault =
  | { readonly kind: "missing"; readonly oid: string }
  | { readonly kind: "damaged"; readonly row: number }
  /** It has more names than fit. */
  | { readonly kind: "names"; readonly limit: number };

const EMPTY: TreeView = { bytes: new Uint8Array(0), starts: new Int32Array(1) };

/** Reads trees of a store. What is no tree reads as empty, and `fault` names it. */
export class TreeReader {
  readonly #objects: ObjectStore;
  readonly #text: TextPlatform;
  readonly #views: GenerationCache<TreeView>;
  #fault: TreeFault | undefined;

  constructor(objects: ObjectStore, text: TextPlatform, cacheBytes: number) {
    this.#objects = objects;
    this.#text = text;
    this.#views = new GenerationCache(cacheBytes);
  }

  /** The first tree that could not be read. */
  get fault(): TreeFault | undefined {
    return this.#fault;
  }
  clearFault(): void {
    this.#fault = undefined;
  }
  dropCache(): void {
    this.#views.clear();
  }

  /** The tree in this row of the store; -1 is the empty tree. */
  view(row: number): TreeView {
    if (row < 0) return EMPTY;
    const known = this.#views.get(row);
    if (known !== undefined) return known;
    const bytes = this.#bytes(row);
    const limit = this.#objects.limits.files;
    const starts = decodeStarts(bytes, this.#text, limit);
    if (typeof starts === "string") {
      this.#fault ??= starts === "names" ? { kind: "names", limit } : { kind: "damaged", row };
      return EMPTY;
    }
    return this.#keep(row, { bytes, starts });
  }

  /** The names that the trees in the two rows (-1: empty) do not agree about. */
  differences(oldRow: number, newRow: number): Map<string, Difference> {
    const differences = new Map<string, Difference>();
    if (oldRow === newRow) return differences;
    // One of the two is decoded whole, if it is not known; the other follows from it.
    const newKnown = newRow >= 0 && this.#views.get(newRow) !== undefined;
    const oldKnown = oldRow >= 0 && this.#views.get(oldRow) !== undefined;
    const fromOld = oldKnown && !newKnown;
    const knownRow = fromOld ? oldRow : newRow;
    const otherRow = fromOld ? newRow : oldRow;
    const known = this.view(knownRow);
    const other = otherRow < 0 ? EMPTY.bytes : this.#bytes(otherRow);

    const window = compare(known, other);
    if (window === undefined) {
      this.#fault ??= { kind: "damaged", row: otherRow };
      return differences;
    }
    if (otherRow >= 0) this.#keep(otherRow, { bytes: other, starts: window.starts });
    const oldBytes = fromOld ? known.bytes : other;
    const newBytes = fromOld ? other : known.bytes;
    const oldStarts = fromOld ? known.starts : window.starts;
    const newStarts = fromOld ? window.starts : known.starts;
    const oldEnd = fromOld ? window.knownEnd : window.otherEnd;
    const newEnd = fromOld ? window.otherEnd : window.knownEnd;
    for (let i = window.begin; i < oldEnd; i++)
      this.#enter(differences, oldBytes, oldStarts[i]!, oldStarts[i + 1]!, false);
    for (let i = window.begin; i < newEnd; i++)
      this.#enter(differences, newBytes, newStarts[i]!, newStarts[i + 1]!, true);
    // Entries between the ends may agree after all.
    for (const [name, d] of differences) if (agrees(d, oldBytes, newBytes)) differences.delete(name);
    return differences;
  }

  /** The row of the tree that the 20 bytes name; -1, and a fault, when there is none. */
  rowOf(bytes: Uint8Array, offset: number): number {
    const row = this.#objects.find(bytes, offset);
    if (row < 0) this.#fault ??= { kind: "missing", oid: oidAt(bytes, offset) };
    return row;
  }

  /** The entry's name, its bytes read as UTF-8, or as Latin-1 when they are not that. */
  nameAt(bytes: Uint8Array, start: number, end: number): string {
    let at = start;
    while (bytes[at] !== 0x20) at++;
    const length = end - OID_LENGTH - 1 - (at + 1);
    const text = this.#text.utf8Decode(bytes, at + 1, length);
    return text.includes("\ufffd") ? this.#text.latin1Decode(bytes, at + 1, length) : text;
  }

  #enter(differences: Map<string, Difference>, bytes: Uint8Array, start: number, end: number, isNew: boolean): void {
    const name = this.nameAt(bytes, start, end);
    const mode = modeAt(bytes, start);
    let d = differences.get(name);
    if (d === undefined) {
      d = { name, oldLeaf: -1, oldMode: 0, newLeaf: -1, newMode: 0, oldTree: -1, newTree: -1 };
      differences.set(name, d);
    }
    const oid = end - OID_LENGTH;
    if (mode === DIRECTORY) {
      if (isNew) d.newTree = oid;
      else d.oldTree = oid;
    } else if (isNew) {
      d.newLeaf = oid;
      d.newMode = mode;
    } else {
      d.oldLeaf = oid;
      d.oldMode = mode;
    }
  }

  #bytes(row: number): Uint8Array {
    if (this.#objects.typeOf(row) === TREE) return this.#objects.read(row, true);
    this.#fault ??= { kind: "damaged", row };
    return EMPTY.bytes;
  }

  #keep(row: number, view: TreeView): TreeView {
    this.#views.put(row, view, view.bytes.length + view.starts.length * 4);
    return view;
  }
}

/** The mode of the entry as Git reads it: type, and for files 0644 or 0755. */
export function modeAt(bytes: Uint8Array, start: number): number {
  let mode = 0;
  let at = start;
  for (let byte = bytes[at]!; byte !== 0x20; byte = bytes[++at]!) mode = (mode << 3) | (byte & 7);
  const type = mode & TYPE_BITS;
  if (type === DIRECTORY || type === SYMLINK || type === SUBMODULE) return type;
  return mode & 0o100 ? 0o100755 : 0o100644;
}

export function isDirectory(mode: number): boolean {
  return mode === DIRECTORY;
}
export function isSymlink(mode: number): boolean {
  return mode === SYMLINK;
}
export function isSubmodule(mode: number): boolean {
  return mode === SUBMODULE;
}

function agrees(d: Difference, oldBytes: Uint8Array, newBytes: Uint8Array): boolean {
  return leavesAgree(d, oldBytes, newBytes) && samePart(d.oldTree, d.newTree, oldBytes, newBytes);
}

/** True when both trees have the same leaf under the name, or none. */
export function leavesAgree(d: Difference, oldBytes: Uint8Array, newBytes: Uint8Array): boolean {
  return d.oldMode === d.newMode && samePart(d.oldLeaf, d.newLeaf, oldBytes, newBytes);
}

function samePart(a: number, b: number, aBytes: Uint8Array, bBytes: Uint8Array): boolean {
  if (a < 0 || b < 0) return a === b;
  return equalBytes(aBytes, a, bBytes, b, OID_LENGTH);
}

/** Offsets of all entries and of the end; "damaged", or "names": more than `limit` of them. */
function decodeStarts(bytes: Uint8Array, text: TextPlatform, limit: number): Int32Array | "damaged" | "names" {
  const starts: number[] = [0];
  // The engine's indexOf over text is native; a loop over bytes is not.
  const characters = text.latin1Decode(bytes, 0, bytes.length);
  let at = 0;
  while (at < bytes.length) {
    at = entryEnd(characters, at);
    if (at < 0) return "damaged";
    if (starts.push(at) > limit) return "names";
  }
  return Int32Array.from(starts);
}

/** Modes are 5 or 6 octal digits. */
function entryEnd(text: string, start: number): number {
  const space = text.indexOf(" ", start);
  if (space < start + 5 || space > start + 6) return -1;
  const nul = text.indexOf("\0", space);
  if (nul <= space + 1) return -1;
  const end = nul + 1 + OID_LENGTH;
  return end <= text.length ? end : -1;
}

/** The same over bytes, for the few entries between two ends. */
function entryEndInBytes(bytes: Uint8Array, start: number): number {
  const { length } = bytes;
  let at = start;
  while (at < length && bytes[at] !== 0x20) at++;
  if (at < start + 5 || at > start + 6) return -1;
  const space = at;
  while (at < length && bytes[at] !== 0) at++;
  if (at <= space + 1) return -1;
  const end = at + 1 + OID_LENGTH;
  return end <= length ? end : -1;
}

interface Window {
  /** Entries before this index are the same in both trees. */
  readonly begin: number;
  /** From these indices on they are the same again. */
  readonly knownEnd: number;
  readonly otherEnd: number;
  /** Offsets of the other tree's entries. */
  readonly starts: Int32Array;
}

/** Aligns a tree with one whose entries are known; undefined when it is damaged. */
function compare(known: TreeView, other: Uint8Array): Window | undefined {
  const { bytes, starts } = known;
  const count = starts.length - 1;
  const prefix = commonPrefix(bytes, other);
  const begin = lastAtOrBefore(starts, prefix);
  const from = starts[begin]!;
  const suffix = commonSuffix(bytes, other, Math.min(bytes.length, other.length) - from);
  const shift = other.length - bytes.length;
  const tail = bytes.length - suffix;

  // Decode the other tree from where the two part until an entry begins at the same place of the common tail.
  const between: number[] = [];
  let at = from;
  let same = begin;
  for (;;) {
    while (same < count && starts[same]! + shift < at) same++;
    const start = starts[same]!;
    if (start + shift === at && start >= tail) break;
    if (at >= other.length) return undefined;
    between.push(at);
    at = entryEndInBytes(other, at);
    if (at < 0) return undefined;
  }

  const otherStarts = new Int32Array(begin + between.length + (starts.length - same));
  otherStarts.set(starts.subarray(0, begin));
  otherStarts.set(between, begin);
  const rest = begin + between.length;
  if (shift === 0) otherStarts.set(starts.subarray(same), rest);
  else for (let i = same; i < starts.length; i++) otherStarts[rest + i - same] = starts[i]! + shift;
  return { begin, knownEnd: same, otherEnd: rest, starts: otherStarts };
}

/** How many bytes at the beginning are the same: doubling steps, then halving, each step one native compare. */
function commonPrefix(a: Uint8Array, b: Uint8Array): number {
  const limit = Math.min(a.length, b.length);
  let same = 0;
  let step = 256;
  while (same < limit) {
    const length = Math.min(step, limit - same);
    if (equalBytes(a, same, b, same, length)) {
      same += length;
      step *= 2;
      continue;
    }
    // The first difference is within `length` bytes from here.
    let span = length;
    while (span > 1) {
      const half = span >> 1;
      if (equalBytes(a, same, b, same, half)) {
        same += half;
        span -= half;
      } else span = half;
    }
    return same;
  }
  return same;
}

/** The same at the end, of at most `limit` bytes. */
function commonSuffix(a: Uint8Array, b: Uint8Array, limit: number): number {
  let same = 0;
  let step = 256;
  while (same < limit) {
    const length = Math.min(step, limit - same);
    if (equalBytes(a, a.length - same - length, b, b.length - same - length, length)) {
      same += length;
      step *= 2;
      continue;
    }
    let span = length;
    while (span > 1) {
      const half = span >> 1;
      if (equalBytes(a, a.length - same - half, b, b.length - same - half, half)) {
        same += half;
        span -= half;
      } else span = half;
    }
    return same;
  }
  return same;
}

/** Index of the last element that is not greater; the first element is 0. */
function lastAtOrBefore(sorted: Int32Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (sorted[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
