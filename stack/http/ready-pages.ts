// What the ready table holds: for each path a page, for each page its representations.
//
// Looked up by the bytes of the path: open addressing over the 24-bit hash that the head's decoder has computed in
// passing. Keys are canonical (path.ts), so nearly every request is found by its own spelling; another is made canonical
// first.

import { NO_PAYLOAD } from "../base/link.ts";
import { Shared, type SharedMemory } from "../base/shared.ts";
import { formatImfDate } from "../base/time.ts";
import { sameBytes } from "./conditional.ts";
import { StampedHead } from "./date.ts";
import { canonicalPath, pathHash } from "./path.ts";
import type { Request } from "./request.ts";
import { latin1Bytes, SLASH } from "./syntax.ts";

export class Representation {
  /** 0: there is none. */
  readonly status: number;
  readonly headerText: string;
  readonly etag: string;
  readonly etagBytes: Uint8Array;
  readonly lastModified: number;
  readonly lastModifiedBytes: Uint8Array;
  readonly encoding: string;
  readonly body: Uint8Array;
  /** The body as streams send it. */
  readonly shared: Shared;
  varies = false;
  head: StampedHead = new StampedHead();
  notModified: StampedHead = new StampedHead();

  constructor(
    status: number,
    headerText: string,
    etag: string,
    lastModified: number,
    encoding: string,
    body: Uint8Array,
  ) {
    this.status = status;
    this.headerText = headerText;
    this.etag = etag;
    this.etagBytes = latin1Bytes(etag);
    this.lastModified = lastModified;
    this.lastModifiedBytes = lastModified > 0 ? latin1Bytes(formatImfDate(lastModified)) : NO_PAYLOAD;
    this.encoding = encoding;
    this.body = body;
    this.shared = new Shared(body);
  }
}

/** Stands where there is no representation. */
export const ABSENT: Representation = new Representation(0, "", "", 0, "", NO_PAYLOAD);

/** A canonical path and what there is for it. */
export class Page {
  readonly path: Uint8Array;
  readonly hash: number;
  identity: Representation = ABSENT;
  gzip: Representation = ABSENT;

  constructor(path: Uint8Array, hash: number) {
    this.path = path;
    this.hash = hash;
  }

  get isEmpty(): boolean {
    return this.identity.status === 0 && this.gzip.status === 0;
  }

  empty(): void {
    this.identity = ABSENT;
    this.gzip = ABSENT;
  }

  put(representation: Representation): void {
    if (representation.encoding === "gzip") this.gzip = representation;
    else this.identity = representation;
    if (this.gzip.status === 0 || this.identity.status === 0) return;
    vary(this.gzip);
    vary(this.identity);
  }
}

/** Heads that were made before the second representation came are made anew. */
function vary(representation: Representation): void {
  if (representation.varies) return;
  representation.varies = true;
  representation.head = new StampedHead();
  representation.notModified = new StampedHead();
}

/** Pages by path. */
export class PageIndex {
  #pages: Page[] = [];
  /** Open addressing: index in #pages plus one, 0 for a free place. At most half full; a power of two. */
  #places: Int32Array = new Int32Array(64);
  #mask = 63;

  get size(): number {
    return this.#pages.length;
  }

  page(index: number): Page {
    return this.#pages[index]!;
  }

  /** The index of the request's page, or -1. */
  find(bytes: Uint8Array, request: Request): number {
    const { pathStart, pathEnd } = request;
    // RFC 9112 3.2.1: an absolute form without a path means "/".
    if (pathEnd === pathStart) return request.asterisk ? -1 : this.#search(ROOT, 0, 1, request.pathHash);
    const index = this.#search(bytes, pathStart, pathEnd - pathStart, request.pathHash);
    if (index >= 0) return index;
    const canonical = canonicalPath(bytes, pathStart, pathEnd);
    return canonical.length === 0 ? -1 : this.#searchKey(canonical);
  }

  put(path: string, representation: Representation, memory: SharedMemory): void {
    const key = keyOf(path);
    let index = this.#searchKey(key);
    if (index < 0) {
      index = this.#pages.length;
      this.#add(new Page(key, pathHash(key, 0, key.length)));
    }
    const page = this.#pages[index]!;
    memory.drop(representation.encoding === "gzip" ? page.gzip.shared : page.identity.shared);
    memory.keep(representation.shared);
    page.put(representation);
  }

  /** Takes the path's page from the other index; nothing when that has none, or this one has it. */
  adopt(path: string, from: PageIndex): void {
    const key = keyOf(path);
    const index = from.#searchKey(key);
    if (index >= 0 && !from.page(index).isEmpty && this.#searchKey(key) < 0) this.#add(from.page(index));
  }

  /** The path's page has no representation any more; its name goes with the index. */
  empty(path: string, memory: SharedMemory): void {
    const index = this.#searchKey(keyOf(path));
    if (index < 0) return;
    const page = this.#pages[index]!;
    memory.drop(page.identity.shared);
    memory.drop(page.gzip.shared);
    page.empty();
  }

  /** The table holds this index's bodies, or lets go of them. */
  hold(held: boolean, memory: SharedMemory): void {
    for (let i = 0; i < this.#pages.length; i++) {
      const page = this.#pages[i]!;
      if (held) {
        memory.keep(page.identity.shared);
        memory.keep(page.gzip.shared);
      } else {
        memory.drop(page.identity.shared);
        memory.drop(page.gzip.shared);
      }
    }
  }

  #searchKey(key: Uint8Array): number {
    return this.#search(key, 0, key.length, pathHash(key, 0, key.length));
  }

  #add(page: Page): void {
    this.#pages.push(page);
    if (this.#pages.length * 2 > this.#places.length) this.#grow();
    else this.#place(this.#pages.length - 1, page.hash);
  }

  #search(bytes: Uint8Array, start: number, length: number, hash: number): number {
    for (let at = hash & this.#mask; ; at = (at + 1) & this.#mask) {
      const index = this.#places[at]! - 1;
      if (index < 0) return -1;
      const page = this.#pages[index]!;
      if (page.hash === hash && sameBytes(bytes, start, length, page.path)) return index;
    }
  }

  #place(index: number, hash: number): void {
    let at = hash & this.#mask;
    while (this.#places[at]! !== 0) at = (at + 1) & this.#mask;
    this.#places[at] = index + 1;
  }

  #grow(): void {
    this.#places = new Int32Array(this.#places.length * 2);
    this.#mask = this.#places.length - 1;
    for (let i = 0; i < this.#pages.length; i++) this.#place(i, this.#pages[i]!.hash);
  }
}

function keyOf(path: string): Uint8Array {
  const bytes = latin1Bytes(path);
  const canonical = canonicalPath(bytes, 0, bytes.length);
  return canonical.length === 0 ? bytes : canonical;
}

const ROOT: Uint8Array = rootPath();

function rootPath(): Uint8Array {
  const bytes = new Uint8Array(1);
  bytes[0] = SLASH;
  return bytes;
}
