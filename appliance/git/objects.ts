// Read first: gitformat-pack(5). All objects of a repository, in the packs they came in: held once, inflated on demand.
//
// An object is a number, its row in a table of columns (place in its pack, type, base, name); names are looked up in a
// hash table over the column of names (name-table.ts). No JavaScript object and no string exists per Git object: with 30,000 of them
// that is the difference between one megabyte and ten, and the collector never sees them.

import { copyBytes, equalBytes } from "../../stack/base/native.ts";
import type { Result } from "../../stack/base/result.ts";
import type { Platform } from "../platform.ts";
import { GenerationCache, grown } from "./cache.ts";
import type { GitError } from "./error.ts";
import { type GitLimits, MAX_DELTA_DEPTH } from "./limits.ts";
import { NameTable } from "./name-table.ts";
import { oidAt, oidBytes } from "./oid.ts";
import {
  applyDelta,
  BLOB,
  COMMIT,
  decodeEntry,
  decodePackHeader,
  deltaResultLength,
  OFS_DELTA,
  PACK_HEADER_LENGTH,
  PACK_TRAILER_LENGTH,
  type PackEntry,
  REF_DELTA,
  TAG,
  TREE,
} from "./pack.ts";

const MAX_PACKS = 0xffff;
/** Work between two pauses: about two milliseconds of either. */
const PAUSE_OBJECTS = 128;
const PAUSE_BYTES = 1024 * 1024;
const TYPE_NAMES = ["", "commit", "tree", "blob", "tag"];

/** What of the platform the objects are read with. */
export type ObjectPlatform = Pick<Platform, "inflate" | "sha1">;

export class ObjectStore {
  /** What an update may take; the owner sets it anew before each, since the memory that is left changes. */
  limits: GitLimits;
  readonly #where: string;
  readonly #platform: ObjectPlatform;
  readonly #cache: GenerationCache<Uint8Array>;
  /** The base of the last delta, whatever its size: the next of a chain builds on what was made of it. */
  #lastRow = -1;
  #lastBytes: Uint8Array | undefined;
  #packs: Uint8Array[] = [];
  #packBytes = 0;

  /** Rows in use; the columns have room for more. */
  #count = 0;
  #packOf = new Uint16Array(0);
  #offsets = new Uint32Array(0);
  #types = new Uint8Array(0);
  /** Row of the delta's base, or -1. */
  #bases = new Int32Array(0);
  #depths = new Uint16Array(0);
  readonly #names = new NameTable();
  /** Rows and packs of before the pack that was added last and not yet kept; -1: there is none. */
  #rowsBefore = -1;
  #packsBefore = 0;

  #worked = 0; // bytes, since the last pause
  /** Header and content in one piece, for SHA-1. */
  #scratch = new Uint8Array(4096);
  readonly #entry: PackEntry = { type: 0, size: 0, data: 0, baseOffset: -1, baseName: -1 };

  /** `where` is the remote's URL, for errors. */
  constructor(where: string, platform: ObjectPlatform, limits: GitLimits) {
    this.#where = where;
    this.#platform = platform;
    this.limits = limits;
    this.#cache = new GenerationCache(limits.cacheBytes);
  }

  get count(): number {
    return this.#count;
  }
  get packCount(): number {
    return this.#packs.length;
  }
  get packBytes(): number {
    return this.#packBytes;
  }

  /** The row of the object named by the 20 bytes at the offset; -1 when it is not here. */
  find(names: Uint8Array, offset: number): number {
    return this.#names.find(names, offset);
  }

  /** The row of the object with this name of 40 hexadecimal digits; -1 when it is not here. */
  findHex(hex: string): number {
    const name = oidBytes(hex);
    return name === undefined ? -1 : this.find(name, 0);
  }

  /** COMMIT, TREE, BLOB or TAG. */
  typeOf(row: number): number {
    return this.#types[row]!;
  }

  /** 40 hexadecimal digits. */
  nameOf(row: number): string {
    return this.#names.nameOf(row);
  }

  /** The content. It may be shared with others: it must not be changed. `keep`: likely to be wanted again. */
  read(row: number, keep: boolean): Uint8Array {
    const chain: number[] = [];
    let at = row;
    let bytes = this.#known(at);
    while (bytes === undefined) {
      const base = this.#bases[at]!;
      if (base < 0) bytes = this.#inflate(at);
      else {
        chain.push(at);
        at = base;
        bytes = this.#known(at);
      }
    }
    if (keep || chain.length > 0) this.#cache.put(at, bytes, bytes.length);
    for (let i = chain.length - 1; i >= 0; i--) {
      const link = chain[i]!;
      const made = applyDelta(bytes, this.#inflate(link));
      if (made === undefined) throw new Error(`object ${this.nameOf(link)} was sound when its pack came`);
      bytes = made;
      if (keep || i > 0) this.#cache.put(link, bytes, bytes.length);
    }
    return bytes;
  }

  #known(row: number): Uint8Array | undefined {
    return row === this.#lastRow ? this.#lastBytes : this.#cache.get(row);
  }

  /** Forgets what is kept between reads. */
  dropCache(): void {
    this.#cache.clear();
    this.#scratch = new Uint8Array(4096);
    this.#lastRow = -1;
    this.#lastBytes = undefined;
  }

  /**
   * Adds a pack: checks it whole (checksum, every stream, every delta) and names its objects. Steps of a task, which
   * yield every few milliseconds. Afterwards `keep` or `abandon` is due, the latter also when the task was ended.
   */
  *addPack(
    pack: Uint8Array,
    onProgress: (objects: number, total: number) => void,
  ): Generator<undefined, Result<undefined, GitError>, undefined> {
    const total = decodePackHeader(pack);
    if (typeof total === "string") return { ok: false, error: this.#corrupt(total) };
    const limit = this.limits.objects;
    if (this.#count + total > limit) return { ok: false, error: this.#tooLarge("objects", limit) };
    if (this.#packBytes + pack.length > this.limits.heldBytes || this.#packs.length >= MAX_PACKS)
      return { ok: false, error: this.#tooLarge("pack bytes", this.limits.heldBytes) };
    const end = pack.length - PACK_TRAILER_LENGTH;
    // An entry takes two bytes of head and eight of zlib at the least: no pack makes us reserve more than it carries.
    if (total * 9 > end) return { ok: false, error: this.#corrupt(`it promises ${total} objects in ${end} bytes`) };
    yield;
    if (!equalBytes(this.#platform.sha1(pack.subarray(0, end)), 0, pack, end, PACK_TRAILER_LENGTH))
      return { ok: false, error: this.#corrupt("its checksum does not match") };

    const first = this.#count;
    this.#rowsBefore = first;
    this.#packsBefore = this.#packs.length;
    this.#reserve(first + total);
    this.#packs.push(pack);
    this.#packBytes += pack.length;
    const fault = yield* this.#index(pack, first, total, end, onProgress);
    return fault === undefined ? { ok: true, value: undefined } : { ok: false, error: fault };
  }

  /** The pack that was added last stays. */
  keep(): void {
    this.dropCache();
    this.#rowsBefore = -1;
  }

  /** Undoes what there is of the pack that was added last, wherever that stopped. Takes no memory: there may be none. */
  abandon(): void {
    this.dropCache();
    if (this.#rowsBefore < 0) return;
    this.#packs.length = this.#packsBefore;
    this.#packBytes = this.#packs.reduce((sum, { length }) => sum + length, 0);
    this.#count = this.#rowsBefore;
    this.#rowsBefore = -1;
    this.#names.forgetAll();
    this.#enterAll();
  }

  *#index(
    pack: Uint8Array,
    first: number,
    total: number,
    end: number,
    onProgress: (objects: number, total: number) => void,
  ): Generator<undefined, GitError | undefined, undefined> {
    const entry = this.#entry;
    const packNumber = this.#packs.length - 1;
    /** Deltas whose base has not been named yet, by its name or by "#row". */
    const waiting = new Map<string, number[]>();
    let unresolved = 0;
    let offset = PACK_HEADER_LENGTH;
    for (let i = 0; i < total; i++) {
      const row = first + i;
      if (!decodeEntry(pack, offset, end, entry)) return this.#corrupt(`object ${i + 1} has a damaged head`);
      const { type, size, baseOffset, baseName } = entry;
      if (size > this.limits.objectBytes) return this.#tooLarge("object bytes", this.limits.objectBytes);
      const inflated = this.#platform.inflate(pack, entry.data, size);
      if (inflated === undefined || inflated.bytes.length !== size)
        return this.#corrupt(`object ${i + 1} does not inflate`);
      const data = inflated.bytes;
      const next = entry.data + inflated.consumed;
      if (next > end) return this.#corrupt("its last object runs into the checksum");

      this.#packOf[row] = packNumber;
      this.#offsets[row] = offset;
      this.#types[row] = 0;
      this.#bases[row] = -1;
      this.#depths[row] = 0;
      this.#count = row + 1;
      offset = next;

      let base = -1;
      if (type === OFS_DELTA) {
        base = this.#rowAt(first, row, baseOffset);
        if (base < 0) return this.#corrupt(`object ${i + 1} builds on nothing`);
      } else if (type === REF_DELTA) base = this.find(pack, baseName);

      let fault: GitError | undefined;
      if (type !== OFS_DELTA && type !== REF_DELTA) fault = this.#settle(row, type, data);
      else if (base >= 0 && this.#types[base] !== 0) fault = this.#settleDelta(row, base, data);
      else {
        const key = base >= 0 ? `#${base}` : oidAt(pack, baseName);
        const rows = waiting.get(key);
        if (rows === undefined) waiting.set(key, [row]);
        else rows.push(row);
        unresolved++;
      }
      if (fault !== undefined) return fault;

      this.#worked += size;
      if (this.#isPause(i + 1)) {
        onProgress(i + 1, total);
        yield;
      }
    }
    if (offset !== end) return this.#corrupt("bytes follow its last object");
    if (unresolved > 0) {
      const fault = yield* this.#settleWaiting(waiting, unresolved, first, total);
      if (fault !== undefined) return fault;
    }
    onProgress(total, total);
    return undefined;
  }

  /** Deltas that came before their bases (a REF_DELTA may), and those that build on them. */
  *#settleWaiting(
    waiting: Map<string, number[]>,
    unresolved: number,
    first: number,
    total: number,
  ): Generator<undefined, GitError | undefined, undefined> {
    const ready: number[] = [];
    for (let row = first; row < first + total; row++) if (this.#types[row] !== 0) ready.push(row);
    let left = unresolved;
    for (let base = ready.pop(); base !== undefined && left > 0; base = ready.pop()) {
      if (this.#isPause(ready.length)) yield;
      for (const key of [`#${base}`, this.nameOf(base)]) {
        const rows = waiting.get(key);
        if (rows === undefined) continue;
        waiting.delete(key);
        for (const row of rows) {
          const fault = this.#settleDelta(row, base, this.#inflate(row));
          if (fault !== undefined) return fault;
          ready.push(row);
          left--;
          if (this.#isPause(left)) yield;
        }
      }
    }
    if (left === 0) return undefined;
    const name = [...waiting.keys()].find((key) => !key.startsWith("#"));
    return name === undefined
      ? this.#corrupt("its deltas build on each other")
      : { kind: "object-missing", where: this.#where, oid: name };
  }

  #isPause(objects: number): boolean {
    if (objects % PAUSE_OBJECTS !== 0 && this.#worked <= PAUSE_BYTES) return false;
    this.#worked = 0;
    return true;
  }

  #settleDelta(row: number, base: number, delta: Uint8Array): GitError | undefined {
    const depth = this.#depths[base]! + 1;
    if (depth > MAX_DELTA_DEPTH) return this.#corrupt(`a chain of deltas is deeper than ${MAX_DELTA_DEPTH}`);
    const length = deltaResultLength(delta);
    if (length > this.limits.objectBytes) return this.#tooLarge("object bytes", this.limits.objectBytes);
    const made = length < 0 ? undefined : applyDelta(this.read(base, true), delta);
    if (made === undefined) return this.#corrupt("a delta does not fit its base");
    this.#bases[row] = base;
    this.#depths[row] = depth;
    this.#lastRow = row;
    this.#lastBytes = made;
    return this.#settle(row, this.#types[base]!, made);
  }

  /** The object is whole: hash it (gitformat-pack: SHA-1 of "type length\0content") and enter it. */
  #settle(row: number, type: number, content: Uint8Array): GitError | undefined {
    const head = `${TYPE_NAMES[type]!} ${content.length}\0`;
    const length = head.length + content.length;
    this.#worked += length;
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(Math.max(length, this.#scratch.length * 2));
    for (let i = 0; i < head.length; i++) this.#scratch[i] = head.charCodeAt(i);
    copyBytes(this.#scratch, head.length, content, 0, content.length);
    this.#names.set(row, this.#platform.sha1(this.#scratch.subarray(0, length)));
    this.#types[row] = type;
    this.#cache.put(row, content, content.length);
    this.#names.enter(row);
    return undefined;
  }

  #inflate(row: number): Uint8Array {
    const pack = this.#packs[this.#packOf[row]!]!;
    const entry = this.#entry;
    if (decodeEntry(pack, this.#offsets[row]!, pack.length, entry)) {
      const data = this.#platform.inflate(pack, entry.data, entry.size)?.bytes;
      if (data !== undefined) return data;
    }
    throw new Error(`row ${row} was sound when its pack came`);
  }

  /** The row in [first, end) whose entry begins at the offset; -1 when there is none. Offsets rise with the rows. */
  #rowAt(first: number, end: number, offset: number): number {
    let low = first;
    let high = end - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#offsets[middle]!;
      if (found === offset) return middle;
      if (found < offset) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #enterAll(): void {
    for (let row = 0; row < this.#count; row++) if (this.#types[row] !== 0) this.#names.enter(row);
  }

  #reserve(rows: number): void {
    if (rows > this.#types.length) {
      const room = Math.max(rows, Math.min(Math.ceil(this.#types.length * 1.25), this.limits.objects));
      // A task may be ended in between: the types, which are asked for the room there is, come last.
      this.#packOf = grown(this.#packOf, new Uint16Array(room));
      this.#offsets = grown(this.#offsets, new Uint32Array(room));
      this.#bases = grown(this.#bases, new Int32Array(room));
      this.#depths = grown(this.#depths, new Uint16Array(room));
      this.#names.reserve(room);
      this.#types = grown(this.#types, new Uint8Array(room));
    }
    if (this.#names.widen(rows)) this.#enterAll();
  }

  #corrupt(reason: string): GitError {
    return { kind: "pack-corrupt", where: this.#where, reason };
  }
  #tooLarge(what: "objects" | "object bytes" | "pack bytes", limit: number): GitError {
    return { kind: "too-large", where: this.#where, what, limit };
  }
}

export { BLOB, COMMIT, TAG, TREE };
