// What has been made so far: representations by URL, published into the network's table of ready responses, where they
// are served without entering this code. Bounded: when it grows too large the oldest are let go and made again on demand.

import type { Network, ReadyResponse } from "../../stack/edge/network.ts";
import { isCompressible } from "../content/mime.ts";
import { encodePath } from "../content/paths.ts";
import type { Platform } from "../platform.ts";
import { type Freshness, headersFor } from "./headers.ts";

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
  /** What the bytes were made from, if a later Site may take them over: the blob. "" otherwise. */
  readonly origin: string;
}

/** Identity first, then gzip if there is one. */
export interface Representations {
  readonly origin: string;
  readonly all: readonly ReadyResponse[];
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

type Needs = Pick<Platform, "sha256" | "gzip" | "heapLimit">;

export class Responses {
  readonly #network: Pick<Network, "publish" | "publishOne">;
  readonly #platform: Needs;
  readonly #limit: number;
  #made = new Map<string, Representations>();
  #size = 0;

  constructor(network: Pick<Network, "publish" | "publishOne">, platform: Needs) {
    this.#network = network;
    this.#platform = platform;
    this.#limit = Math.min(MAX_READY_BYTES, platform.heapLimit() * HEAP_SHARE);
  }

  get(url: string): Representations | undefined {
    return this.#made.get(url);
  }

  get size(): number {
    return this.#size;
  }

  /** Makes the representations and publishes them. */
  add(source: Source): Representations {
    const made = this.#make(source);
    const before = this.#made.get(source.url);
    if (before !== undefined) this.#size -= before.size;
    this.#made.delete(source.url);
    // One body that is larger than all may be is answered, but not kept.
    if (made.size > this.#limit / 2) return made;
    this.#made.set(source.url, made);
    this.#size += made.size;
    if (this.#size <= this.#limit) for (const response of made.all) this.#network.publishOne(response);
    else this.#shrink();
    return made;
  }

  /** Replaces all in one step: what `keep` says yes to stays, the rest is gone. */
  swap(keep: (url: string, made: Representations) => boolean): void {
    const kept = new Map<string, Representations>();
    this.#size = 0;
    for (const [url, made] of this.#made)
      if (keep(url, made)) {
        kept.set(url, made);
        this.#size += made.size;
      }
    this.#made = kept;
    this.#publish();
  }

  #shrink(): void {
    for (const [url, made] of this.#made) {
      if (this.#size <= this.#limit / 2) break;
      this.#made.delete(url);
      this.#size -= made.size;
    }
    this.#publish();
  }

  #publish(): void {
    const all: ReadyResponse[] = [];
    for (const made of this.#made.values()) all.push(...made.all);
    this.#network.publish(all);
  }

  #make(source: Source): Representations {
    const { bytes, type, status, modified, freshness, policy } = source;
    const path = encodePath(source.url);
    const tag = base64url(this.#platform.sha256(bytes), 15);
    const gzip = this.#gzip(bytes, type);
    const one = (encoding: string, body: Uint8Array): ReadyResponse => ({
      path,
      status,
      headers: headersFor(type, freshness, encoding, gzip !== undefined, policy),
      // A strong tag names one representation (RFC 9110 8.8.3.3).
      etag: encoding === "" ? `"${tag}"` : `"${tag}-${encoding}"`,
      lastModified: Math.max(0, modified),
      encoding,
      body,
    });
    const all = gzip === undefined ? [one("", bytes)] : [one("", bytes), one("gzip", gzip)];
    return { origin: source.origin, all, size: bytes.length + (gzip?.length ?? 0) + ENTRY_COST };
  }

  #gzip(bytes: Uint8Array, type: string): Uint8Array | undefined {
    if (!isCompressible(type) || bytes.length < MIN_GZIP_LENGTH || bytes.length > MAX_GZIP_LENGTH) return undefined;
    const gzip = this.#platform.gzip(bytes, GZIP_LEVEL);
    return gzip.length < bytes.length * 0.9 ? gzip : undefined;
  }
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** RFC 4648 5 of the first bytes; a multiple of three, so that there is no padding. */
function base64url(bytes: Uint8Array, length: number): string {
  let text = "";
  for (let i = 0; i < length; i += 3) {
    const group = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    for (const shift of [18, 12, 6, 0]) text += ALPHABET.charAt((group >> shift) & 63);
  }
  return text;
}
