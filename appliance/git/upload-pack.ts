// Read first: gitprotocol-http(5) and gitprotocol-pack(5), "Reference Discovery" and "Packfile Negotiation". The client's
// side of git-upload-pack, versions 0 and 1, over smart HTTP: what the server has, what is asked for, what comes.

import { copyBytes } from "../../stack/base/native.ts";
import type { Result } from "../../stack/base/result.ts";
import { DAMAGED, decodePktLength, encodePkt, FLUSH, MAX_PKT, PKT_HEAD } from "./pkt-line.ts";

const HEADS = "refs/heads/";
const TAGS = "refs/tags/";
/** Of an annotated tag the server tells the object, and behind it with this at the end what that points to. */
const PEELED = "^{}";
const WHOLE_NAME = /^[0-9a-f]{40}$/;
/** Lines between two pauses. */
const PAUSE_LINES = 512;
/** Names of branches that are told when the one asked for is not there. */
const BRANCHES_TOLD = 20;
/** Of a message of the server's. */
const MAX_MESSAGE = 1000;

export type Latin1 = (bytes: Uint8Array, offset: number, length: number) => string;

/** What is wrong with what a server sends. */
export type UploadPackError =
  /** It is not this protocol; in words. */
  | { readonly kind: "not-git"; readonly reason: string }
  /** The server's own words, as they came. */
  | { readonly kind: "remote-error"; readonly message: string }
  | { readonly kind: "empty-repository" }
  | {
      readonly kind: "unknown-branch";
      readonly branch: string;
      readonly branches: readonly string[];
      /** It seems to be the beginning of a commit's name. */
      readonly short?: true;
    }
  | { readonly kind: "sha256-objects" };

/** What the server has, as it says itself. */
export interface Advertisement {
  /** What was asked for, or the branch that is the server's own choice; without "refs/heads/". */
  readonly branch: string;
  /** The commit that it is or points to, in hexadecimal. */
  readonly commit: string;
  readonly capabilities: ReadonlySet<string>;
}

/**
 * Reads the answer to info/refs and picks what is `wanted`: a branch, else a tag of that name, else a whole name of a ref or
 * of a commit; where nothing is, the branch of HEAD. Steps of a task: there may be a hundred thousand refs, none of which is
 * kept.
 */
export function* readAdvertisement(
  bytes: Uint8Array,
  wanted: string | undefined,
  latin1: Latin1,
): Generator<undefined, Result<Advertisement, UploadPackError>, undefined> {
  const pick = new BranchPick(wanted);
  const words = new Set<string>();
  let service = true;
  let ended = false;
  let lines = 0;
  for (let at = 0; at < bytes.length && !ended; ) {
    if (++lines % PAUSE_LINES === 0) yield;
    if (at + PKT_HEAD > bytes.length) return notGit("its list of branches is cut short");
    const length = decodePktLength(bytes, at);
    if (length === DAMAGED || at + length > bytes.length)
      return notGit(lines === 1 ? "its answer is not in Git's protocol" : "its list of branches is damaged");
    if (length === FLUSH) {
      // The first ends the name of the service.
      ended = !service;
      service = false;
      at += PKT_HEAD;
      continue;
    }
    const line = latin1(bytes, at + PKT_HEAD, length - PKT_HEAD).replace(/\n$/, "");
    at += length;
    if (line.startsWith("ERR "))
      return { ok: false, error: { kind: "remote-error", message: line.slice(4, MAX_MESSAGE) } };
    if (service) {
      if (line !== "# service=git-upload-pack") return notGit("its answer is for another service");
      continue;
    }
    if (line === "version 1" || line.startsWith("shallow ")) continue;
    if (line === "version 2") return notGit("it speaks version 2 of the protocol only");
    const nul = line.indexOf("\0");
    if (nul >= 0 && words.size === 0) {
      for (const word of line.slice(nul + 1).split(" ")) if (word !== "") words.add(word);
      pick.capabilities(words);
    }
    const ref = /^([0-9a-f]{40,64}) ([^\0]+)/.exec(line);
    if (ref === null) return notGit("its list of branches is damaged");
    if (ref[2] === "capabilities^{}") continue;
    if (ref[1]!.length !== 40) return { ok: false, error: { kind: "sha256-objects" } };
    pick.see(ref[1]!, ref[2]!);
  }
  if (!ended && lines > 2) return notGit("its list of branches is cut short");
  const format = [...words].find((word) => word.startsWith("object-format="));
  if (format !== undefined && format !== "object-format=sha1") return { ok: false, error: { kind: "sha256-objects" } };
  return pick.result(words);
}

/** Goes over the refs once and remembers what the choice needs. */
class BranchPick {
  readonly #wanted: string | undefined;
  /** The branch that HEAD is, as the server says itself. */
  #target: string | undefined;
  #head: string | undefined;
  #count = 0;
  /** What the tag, or the whole name of a ref, that is wanted points to; behind a tag's own object, what that points to. */
  #pointed: string | undefined;
  readonly #names: string[] = [];
  /** The branches that may be meant: the one asked for, HEAD's, "main", "master". */
  readonly #kept = new Map<string, string>();
  /** The first that points to HEAD's commit, and the first of all. */
  #same: string | undefined;
  #first: string | undefined;

  constructor(wanted: string | undefined) {
    this.#wanted = wanted;
  }

  /** The capabilities come with the first ref. */
  capabilities(words: ReadonlySet<string>): void {
    const symref = [...words].find((word) => word.startsWith(`symref=HEAD:${HEADS}`));
    this.#target = symref?.slice(`symref=HEAD:${HEADS}`.length);
  }

  see(commit: string, ref: string): void {
    if (ref === "HEAD") this.#head = commit;
    const wanted = this.#wanted;
    if (wanted !== undefined) {
      const peeled = ref.endsWith(PEELED) ? ref.slice(0, -PEELED.length) : ref;
      if (peeled === `${TAGS}${wanted}` || (peeled === wanted && wanted.startsWith("refs/"))) this.#pointed = commit;
    }
    if (!ref.startsWith(HEADS)) return;
    const name = ref.slice(HEADS.length);
    this.#count++;
    if (this.#names.length < BRANCHES_TOLD) this.#names.push(name);
    const same = this.#same === undefined && commit === this.#head;
    if (same) this.#same = name;
    if (same || this.#count === 1 || [this.#wanted, this.#target, "main", "master"].includes(name))
      this.#kept.set(name, commit);
    this.#first ??= name;
  }

  result(capabilities: ReadonlySet<string>): Result<Advertisement, UploadPackError> {
    const branch = this.#wanted ?? this.#default() ?? "HEAD";
    const commit = this.#kept.get(branch) ?? this.#pointed ?? (WHOLE_NAME.test(branch) ? branch : undefined);
    if (commit !== undefined) return { ok: true, value: { branch, commit, capabilities } };
    if (this.#count === 0) return { ok: false, error: { kind: "empty-repository" } };
    const error = { kind: "unknown-branch" as const, branch, branches: this.#names };
    return { ok: false, error: /^[0-9a-f]{7,39}$/.test(branch) ? { ...error, short: true } : error };
  }

  /** The branch of HEAD: by the symref, else one that points to the same commit, "main" and "master" before others. */
  #default(): string | undefined {
    if (this.#head !== undefined && this.#target !== undefined) return this.#target;
    for (const name of ["main", "master"])
      if (this.#kept.has(name) && (this.#head === undefined || this.#kept.get(name) === this.#head)) return name;
    if (this.#same !== undefined) return this.#same;
    // Some servers leave HEAD out when it points to a branch that is not there: a lone branch is meant.
    return this.#count === 1 ? this.#first : undefined;
  }
}

/** What is asked of the server: a commit, with all that it needs beyond `have`, which is held with all its history. */
export function encodeRequest(commit: string, have: string | undefined, capabilities: ReadonlySet<string>): string {
  const words = ["side-band-64k", "ofs-delta", "agent=epiphyte"].filter(
    (word) => word.startsWith("agent=") || capabilities.has(word),
  );
  const haves = have === undefined ? "" : encodePkt(`have ${have}\n`);
  return `${encodePkt(`want ${commit} ${words.join(" ")}\n`)}0000${haves}${encodePkt("done\n")}`;
}

/** Bytes of progress at the most: a server may count and compress for long, but its words are not what is wanted. */
export const MAX_PROGRESS_BYTES = 1024 * 1024;
/** A line counts as so many bytes at the least: one costs more than its bytes. */
export const LEAST_LINE_BYTES = 64;
/** Of a pack, in bytes of a line: servers send 1,000 or 65,515. Fewer on average are too few, beyond this many lines. */
export const LEAST_PIECE_BYTES = 64;
export const SMALL_PIECES = 4096;
/** The pack is kept in pieces of this length, whatever those are in which it comes. */
const BLOCK = 64 * 1024;

/** The answer to a request, as it comes: acknowledgements, then the pack between words of progress. */
export class PackReader {
  packBytes = 0;
  /** The end has come: what follows is not looked at. */
  ended = false;
  error: UploadPackError | undefined;
  readonly #latin1: Latin1;
  readonly #onProgress: (text: string) => void;
  /** Bytes of a line whose end has not come, its head included. */
  #rest = new Uint8Array(0);
  #progressBytes = 0;
  readonly #blocks: Uint8Array[] = [];
  /** Bytes of the last block that are in use. */
  #filled = BLOCK;
  #pieces = 0;

  /** `onProgress` is told the server's words as they came. */
  constructor(latin1: Latin1, onProgress: (text: string) => void) {
    this.#latin1 = latin1;
    this.#onProgress = onProgress;
  }

  /** The next bytes of the answer, which must not change afterwards. False: there is an error. */
  push(bytes: Uint8Array): boolean {
    let data = bytes;
    if (this.#rest.length > 0) {
      data = new Uint8Array(this.#rest.length + bytes.length);
      data.set(this.#rest);
      data.set(bytes, this.#rest.length);
    }
    let at = 0;
    while (!this.ended && this.error === undefined && at + PKT_HEAD <= data.length) {
      const length = decodePktLength(data, at);
      if (length === DAMAGED) {
        this.error = { kind: "not-git", reason: "its answer is not in Git's protocol" };
        break;
      }
      if (length === FLUSH) {
        this.ended = true;
        break;
      }
      if (at + length > data.length) break;
      this.#line(data, at + PKT_HEAD, length - PKT_HEAD);
      at += length;
    }
    this.#rest = data.slice(at);
    return this.error === undefined;
  }

  /** The pieces of the pack, in order. To be taken once, at the end. */
  takePack(): Uint8Array[] {
    const last = this.#blocks.pop();
    if (last !== undefined) this.#blocks.push(last.subarray(0, this.#filled));
    return this.#blocks;
  }

  #keep(data: Uint8Array, start: number, end: number): void {
    for (let at = start; at < end; ) {
      if (this.#filled === BLOCK) {
        this.#blocks.push(new Uint8Array(BLOCK));
        this.#filled = 0;
      }
      const length = Math.min(end - at, BLOCK - this.#filled);
      copyBytes(this.#blocks[this.#blocks.length - 1]!, this.#filled, data, at, length);
      this.#filled += length;
      at += length;
    }
  }

  #line(data: Uint8Array, start: number, length: number): void {
    const band = length === 0 ? 0 : data[start]!;
    if (band === 1) {
      this.#keep(data, start + 1, start + length);
      this.packBytes += length - 1;
      if (++this.#pieces > SMALL_PIECES && this.packBytes < this.#pieces * LEAST_PIECE_BYTES)
        this.error = { kind: "not-git", reason: "it sends its pack in pieces of a few bytes" };
      return;
    }
    this.#progressBytes += Math.max(length, LEAST_LINE_BYTES);
    if (this.#progressBytes > MAX_PROGRESS_BYTES) {
      this.error = { kind: "not-git", reason: "it tells of its progress without end" };
      return;
    }
    const text = this.#latin1(data, start, Math.min(length, MAX_PKT));
    if (band === 2) this.#onProgress(text.slice(1));
    else if (band === 3) this.error = { kind: "remote-error", message: text.slice(1, MAX_MESSAGE) };
    else if (text.startsWith("ERR ")) this.error = { kind: "remote-error", message: text.slice(4, MAX_MESSAGE) };
    else if (!/^(NAK|ACK [0-9a-f]{40}.*)\n?$/.test(text))
      this.error = { kind: "not-git", reason: "its answer is neither an acknowledgement nor a pack" };
  }
}

function notGit(reason: string): { readonly ok: false; readonly error: UploadPackError } {
  return { ok: false, error: { kind: "not-git", reason } };
}
