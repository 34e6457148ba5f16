// Makes representations and publishes them into the network's table of ready responses, where they are served without
// entering this code. Bounded: when they grow too large, or memory runs short, the oldest are let go and made again on
// demand. The bodies are the table's: here is only what is there.

import type { Network, ReadyResponse } from "../../stack/edge/network.ts";
import { encodeBase64url } from "../base64url.ts";
import { isCompressible } from "../content/mime.ts";
import { encodePath } from "../content/paths.ts";
import type { Platform } from "../platform.ts";
import { pageShare, Task } from "../task.ts";
import { type Freshness, headersFor, withFields } from "./headers.ts";

export interface Source {
  /** Decoded URL path. */
  readonly url: string;
  readonly status: number;
  readonly bytes: Uint8Array;
  readonly type: string;
  /** Seconds since 1970. */
  readonly modified: number;
  readonly freshness: Freshness;
  readonly policy: string;
  /** What the repository sets besides; an undefined value takes a field away. */
  readonly fields: readonly (readonly [name: string, value: string | undefined])[];
  /** The name of the blob that the bytes are, if they are one's: so a later Site may take them over. "" otherwise. */
  readonly blob: string;
}

export type Representations = readonly [ReadyResponse, ...ReadyResponse[]];

/** What the table has for a URL. */
export interface Published {
  /** See Source. */
  readonly blob: string;
  readonly policy: string;
  readonly fields: Source["fields"];
  /** As the table knows it: percent-encoded. */
  readonly path: string;
  /** Bytes of all representations. */
  readonly size: number;
}

/** Smaller bodies fit a segment as they are. */
const MIN_GZIP_LENGTH = 700;
/** Longer ones would hold up everybody while they are compressed. */
const MAX_GZIP_LENGTH = 4 * 1024 * 1024;
const GZIP_LEVEL = 6;
/** What an entry costs besides its bodies. */
const ENTRY_COST = 2048;

/** The share of the heap that ready responses may take, and the most in any case. */
const HEAP_SHARE = 0.25;
const MAX_READY_BYTES = 256 * 1024 * 1024;
/** The share of the heap that they leave free for everything else: the next update, connections, the making of a page. */
const RESERVE_SHARE = 0.125;
/** Times its length that a body needs while it is made: as rendered, as gzip, and both in the table. */
const COPIES = 4;
/** A longer body must leave more free while others are being sent that no table holds: pages and updates come first. */
const LARGE_BODY = 65_536;
const LARGE_RESERVE_SHARE = 0.25;
/** And what any body leaves: it would not fit at all. */
const LEAST_SHARE = 1 / 32;
/** Units of work for compressing one. */
const GZIP_WORK = 1_000_000;

export type TableNetwork = Pick<Network, "publish" | "forget" | "retain" | "makeRoom">;
type Needs = Pick<
  Platform,
  "sha256" | "gzip" | "heapLimit" | "heapUsed" | "heapLargest" | "attempt" | "worked" | "sleep"
>;

export class Responses {
  readonly #network: TableNetwork;
  readonly #platform: Needs;
  readonly #limit: number;
  readonly #reserve: number;
  #published = new Map<string, Published>();
  #size = 0;

  constructor(network: TableNetwork, platform: Needs) {
    this.#network = network;
    this.#platform = platform;
    this.#limit = Math.min(MAX_READY_BYTES, platform.heapLimit() * HEAP_SHARE);
    this.#reserve = platform.heapLimit() * RESERVE_SHARE;
  }

  has(url: string): boolean {
    return this.#published.has(url);
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Makes the representations and publishes them: what waits for the URL can be answered from the table. `peer` is who
   * asks, or "". False: there is no memory for it now.
   */
  add(source: Source, peer: string): boolean {
    if (!this.makeRoom(source.bytes.length, peer)) return false;
    this.publish(source, this.make(source));
    return true;
  }

  /** Before a body of this length is made ready for `peer`, or "". False: there is no memory for it now. */
  makeRoom(length: number, peer: string): boolean {
    return this.#fits(length, this.reclaim(COPIES * length, peer));
  }

  /** Publishes what `make` has made of it: with its codings first, so that each of those who wait gets its own. */
  publish({ url, blob, policy, fields }: Source, made: Representations): void {
    const size = made.reduce((sum, { body }) => sum + body.length, ENTRY_COST);
    for (const response of made.toReversed()) this.#network.publish(response);
    // One body that is larger than all may be is sent to those who wait for it, but not kept.
    if (size > this.#limit / 2) {
      this.#network.forget(made[0].path);
      return;
    }
    this.#size += size - (this.#published.get(url)?.size ?? 0);
    this.#published.delete(url);
    this.#published.set(url, { blob, policy, fields, path: encodePath(url), size });
    if (this.#size > this.#limit) this.#shrink(this.#limit / 2);
  }

  /**
   * When less than the reserve would be left of memory with `bytes` more: lets go of what is ready, and has slow readers
   * give way to `peer`. Returns the bytes that answers under way hold all the same.
   */
  reclaim(bytes: number, peer: string): number {
    const lacking = (): number => bytes + this.#reserve - this.#free();
    if (lacking() <= 0) return 0;
    this.#shrink(Math.min(this.#size / 2, this.#size - lacking()));
    return this.#network.makeRoom(Math.max(0, lacking()), peer);
  }

  #free(): number {
    return this.#platform.heapLimit() - this.#platform.heapUsed();
  }

  /** Whether a body of this length has a place in the table, while answers under way hold so much. */
  #fits(length: number, inFlight: number): boolean {
    const share = length > LARGE_BODY && inFlight > 0 ? LARGE_RESERVE_SHARE : LEAST_SHARE;
    const left = this.#free() - length - ENTRY_COST;
    return left >= share * this.#platform.heapLimit() && this.#platform.heapLargest() > length + ENTRY_COST;
  }

  /** Forgets in one step all but what `keep` says yes to. */
  retain(keep: (url: string, published: Published) => boolean): void {
    for (const [url, published] of this.#published) if (!keep(url, published)) this.#forget(url, published);
    this.#tell();
  }

  /** Forgets one, so that it is made again when it is asked for. */
  drop(url: string): void {
    if (this.#published.has(url)) this.retain((other) => other !== url);
  }

  /** Lets go of the oldest until no more than these bytes are left. */
  #shrink(bytes: number): void {
    for (const [url, published] of this.#published) {
      if (this.#size <= bytes) break;
      this.#forget(url, published);
    }
    this.#tell();
  }

  #forget(url: string, { size }: Published): void {
    this.#published.delete(url);
    this.#size -= size;
  }

  #tell(): void {
    this.#network.retain(Array.from(this.#published.values(), ({ path }) => path));
  }

  /** Identity first, then gzip if there is one. Changes nothing here: it is work that a task may do, and may be ended in. */
  make(source: Source): Representations {
    const { bytes, type, status, modified, freshness, policy } = source;
    const path = encodePath(source.url);
    // A blob's name is a hash of its bytes already; another of a large file would cost more than all else.
    const tag = source.blob === "" ? encodeBase64url(this.#platform.sha256(bytes).subarray(0, 15)) : source.blob;
    const gzip = this.#gzip(bytes, type);
    const one = (encoding: string, body: Uint8Array): ReadyResponse => ({
      path,
      status,
      headers: withFields(headersFor(type, freshness, encoding, gzip !== undefined, policy), source.fields),
      // A strong tag names one representation (RFC 9110 8.8.3.3).
      etag: encoding === "" ? `"${tag}"` : `"${tag}-${encoding}"`,
      lastModified: Math.max(0, modified),
      encoding,
      body,
    });
    return gzip === undefined ? [one("", bytes)] : [one("", bytes), one("gzip", gzip)];
  }

  #gzip(bytes: Uint8Array, type: string): Uint8Array | undefined {
    if (!isCompressible(type) || bytes.length < MIN_GZIP_LENGTH || bytes.length > MAX_GZIP_LENGTH) return undefined;
    // Without the memory for it the body is served as it is.
    const task = new Task(this.#platform, pageShare(this.#platform, GZIP_WORK));
    const gzip = task.attempt(() => this.#platform.gzip(bytes, GZIP_LEVEL));
    if (!gzip.ok || gzip.value.length >= bytes.length * 0.9) return undefined;
    return this.#fits(bytes.length + gzip.value.length, 0) ? gzip.value : undefined;
  }
}
