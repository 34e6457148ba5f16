// One conversation with a remote over smart HTTP: gitprotocol-http(5). The protocol is upload-pack.ts; here it meets the
// network, and what can go wrong becomes a GitError.

import { copyBytes } from "../../stack/base/native.ts";
import type { Result } from "../../stack/base/result.ts";
import { originOf, parseUrl } from "../../stack/edge/url.ts";
import { printable } from "../log.ts";
import type { Platform } from "../platform.ts";
import type { Task } from "../task.ts";
import type { GitError, TooLarge } from "./error.ts";
import type { GitLimits } from "./limits.ts";
import { HURRIED_WITHIN, Patience } from "./patience.ts";
import type { Remote } from "./remote.ts";
import type { OnGitProgress } from "./snapshot.ts";
import type { GitResponse, GitTransport } from "./transport.ts";
import {
  type Advertisement,
  encodeRequest,
  MAX_PROGRESS_BYTES,
  PackReader,
  readAdvertisement,
  type UploadPackError,
} from "./upload-pack.ts";

const SERVICE = "/info/refs?service=git-upload-pack";
const ADVERTISEMENT = "application/x-git-upload-pack-advertisement";
const REQUEST = "application/x-git-upload-pack-request";
const RESULT = "application/x-git-upload-pack-result";
/** Between two callbacks of progress, in bytes. */
const PROGRESS_STEP = 256 * 1024;
/** Of an answer with a pack, for the heads of its lines: five bytes for each of 65,515, or of far less. */
const LINE_HEADS = 1.25;
const MAX_MESSAGE_LENGTH = 200;
const NO_BODY = new Uint8Array(0);

export type DownloadPlatform = Pick<Platform, "latin1Decode" | "utf8Decode" | "utf8Encode" | "now">;

/** First `advertisement`, then, if need be, `pack`. Serves once. */
export class Download {
  readonly #remote: Remote;
  readonly #transport: GitTransport;
  readonly #platform: DownloadPlatform;
  readonly #limits: GitLimits;
  readonly #onProgress: OnGitProgress;
  /** Where the repository is after redirects. */
  #base: string;
  #patience: Patience | undefined;
  #hurried = false;
  readonly #hurriedWithin: number;

  /** `hurriedWithin`: of Patience. */
  constructor(
    remote: Remote,
    transport: GitTransport,
    platform: DownloadPlatform,
    limits: GitLimits,
    onProgress: OnGitProgress,
    hurriedWithin = HURRIED_WITHIN,
  ) {
    this.#remote = remote;
    this.#hurriedWithin = hurriedWithin;
    this.#transport = transport;
    this.#platform = platform;
    this.#limits = limits;
    this.#onProgress = onProgress;
    this.#base = remote.url;
  }

  /** A newer update waits for this one: what stands still is given up. */
  hurry(): void {
    this.#hurried = true;
    this.#patience?.hurry();
  }

  /** It was given up for a newer one, though it got on. */
  get overtaken(): boolean {
    return this.#patience?.overtaken === true;
  }

  /** Asks the server for its branches and picks ours. */
  async advertisement(task: Task): Promise<Result<Advertisement, GitError>> {
    const where = this.#remote.url;
    this.#onProgress({ phase: "connecting", url: where });
    const limit = this.#limits.advertisementBytes;
    const chunks: Uint8Array[] = [];
    const answer = await this.#request("GET", where + SERVICE, [], NO_BODY, limit, "advertisement bytes", (bytes) => {
      this.#patience?.received(bytes.length);
      chunks.push(bytes);
      return true;
    });
    if (!answer.ok) return answer;
    // gitprotocol-http(5), "Smart Server Response": clients must check the type, and a dumb server does not have it.
    const type = typeOf(answer.value);
    if (type !== ADVERTISEMENT)
      return this.#notGit(type === "" ? "its answer has no type" : `its answer is of type ${printable(type)}`);
    if (answer.value.url.endsWith(SERVICE)) this.#base = answer.value.url.slice(0, -SERVICE.length);
    const latin1 = this.#platform.latin1Decode;
    const read = await task.run(readAdvertisement(joined(chunks), this.#remote.branch, latin1));
    if (!read.ok) return { ok: false, error: { kind: "out-of-share", where, fault: read.error } };
    return read.value.ok ? read.value : this.#failed(read.value.error);
  }

  /**
   * Fetches what the branch has beyond `have` (a commit held with all its history, or undefined: everything). The
   * value is the pack, or undefined when the server sends none.
   */
  async pack(
    { commit, capabilities }: Advertisement,
    have: string | undefined,
  ): Promise<Result<Uint8Array | undefined, GitError>> {
    const where = this.#remote.url;
    if (!capabilities.has("side-band-64k")) return this.#notGit("it does not offer side-band-64k");
    const limit = this.#limits.packBytes;
    const reader = new PackReader(this.#platform.latin1Decode, (text) => this.#tell(text));
    let told = 0;
    let tooLarge = false;
    const take = (bytes: Uint8Array): boolean => {
      const before = reader.packBytes;
      reader.push(bytes);
      const came = reader.packBytes - before;
      if (came > 0) this.#patience?.received(came);
      else this.#patience?.progressed(bytes.length);
      if (Math.floor(reader.packBytes / PROGRESS_STEP) > told) {
        told = Math.floor(reader.packBytes / PROGRESS_STEP);
        this.#onProgress({ phase: "receiving", bytes: reader.packBytes });
      }
      tooLarge = reader.packBytes > limit;
      return !tooLarge && reader.error === undefined;
    };
    const headers = [
      ["Content-Type", REQUEST],
      ["Accept", RESULT],
    ] as const;
    const body = this.#platform.utf8Encode(encodeRequest(commit, have, capabilities));
    const most = Math.floor(limit * LINE_HEADS) + 2 * MAX_PROGRESS_BYTES;
    const answer = await this.#request(
      "POST",
      `${this.#base}/git-upload-pack`,
      headers,
      body,
      most,
      "pack bytes",
      take,
    );
    if (tooLarge) return { ok: false, error: { kind: "too-large", where, what: "pack bytes", limit } };
    if (reader.error !== undefined) return this.#failed(reader.error);
    const received = reader.packBytes;
    if (!answer.ok) {
      const cut = answer.error.kind === "broken" && received > 0;
      return cut ? { ok: false, error: { kind: "pack-cut-short", where, received } } : answer;
    }
    if (!reader.ended) return { ok: false, error: { kind: "pack-cut-short", where, received } };
    return { ok: true, value: received === 0 ? undefined : joined(reader.takePack()) };
  }

  /** A request whose answer's body goes to `take`, when its status is 200. */
  async #request(
    method: "GET" | "POST",
    url: string,
    headers: readonly (readonly [name: string, value: string])[],
    body: Uint8Array,
    limit: number,
    what: TooLarge,
    take: (bytes: Uint8Array) => boolean,
  ): Promise<Result<GitResponse, GitError>> {
    const where = this.#remote.url;
    const patience = new Patience(() => this.#platform.now(), this.#hurriedWithin);
    this.#patience = patience;
    if (this.#hurried) patience.hurry();
    const response = await this.#transport.request({
      method,
      url,
      headers: [...headers, ...this.#credentialsFor(url)],
      body,
      limit,
      onData: take,
      giveUp: () => patience.isOver(),
    });
    if (!response.ok) {
      const { error } = response;
      if (error.kind === "body-too-large") return { ok: false, error: { kind: "too-large", where, what, limit } };
      // `take` knows why it wanted no more.
      if (error.kind === "broken" && isTlsPort(url)) return { ok: false, error: { kind: "speaks-tls", where } };
      if (error.kind === "stopped") return { ok: false, error: { kind: "broken", where, reason: "it was given up" } };
      return { ok: false, error: { ...error, where } };
    }
    const fault = this.#statusFault(response.value);
    return fault === undefined ? response : { ok: false, error: fault };
  }

  /**
   * Credentials belong to the origin (RFC 6454 4: scheme, host, port) of the remote that they were written for, wherever
   * a server's redirect has led us since: neither a stranger nor plain HTTP in the place of HTTPS gets them.
   */
  #credentialsFor(url: string): readonly (readonly [name: string, value: string])[] {
    const { authorization } = this.#remote;
    if (authorization === undefined || !sameOrigin(url, this.#remote.url)) return [];
    return [["Authorization", authorization]];
  }

  #statusFault({ status, url }: GitResponse): GitError | undefined {
    const where = this.#remote.url;
    if (status === 200) return undefined;
    // RFC 9110 15.5.2, 15.5.4; forges that hide what is private answer 404.
    if (status === 401 || status === 403) {
      const given = this.#remote.authorization !== undefined;
      const place = parseUrl(url);
      if (given && place.ok && !sameOrigin(url, where))
        return { kind: "unauthorized-elsewhere", where, status, origin: originOf(place.value) };
      return { kind: "unauthorized", where, status, given };
    }
    if (status === 404 || status === 410) return { kind: "not-found", where, status };
    if (status === 400 && isTlsPort(url)) return { kind: "speaks-tls", where };
    return { kind: "http-status", where, status };
  }

  #failed(error: UploadPackError): { readonly ok: false; readonly error: GitError } {
    const where = this.#remote.url;
    if (error.kind !== "remote-error") return { ok: false, error: { ...error, where } };
    return { ok: false, error: { ...error, where, message: this.#words(error.message) } };
  }

  #notGit(reason: string): { readonly ok: false; readonly error: GitError } {
    return { ok: false, error: { kind: "not-git", where: this.#remote.url, reason } };
  }

  #tell(message: string): void {
    const text = this.#words(message);
    if (text !== "") this.#onProgress({ phase: "remote", text });
  }

  /** The server's own words, for a person: one line of UTF-8 that can do nothing to a terminal. */
  #words(message: string): string {
    const bytes = new Uint8Array(message.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = message.charCodeAt(i);
    return printable(this.#platform.utf8Decode(bytes)).trim().slice(0, MAX_MESSAGE_LENGTH);
  }
}

function typeOf({ headers }: GitResponse): string {
  return headers.find(([name]) => name === "content-type")?.[1] ?? "";
}

/** The port of HTTPS, called by HTTP. */
function isTlsPort(url: string): boolean {
  const parsed = parseUrl(url);
  return parsed.ok && parsed.value.port === 443 && parsed.value.scheme === "http";
}

function sameOrigin(a: string, b: string): boolean {
  const [one, other] = [parseUrl(a), parseUrl(b)];
  return one.ok && other.ok && originOf(one.value) === originOf(other.value);
}

/** The pieces as one array; each is let go of as it is copied. */
function joined(pieces: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  pieces.reverse();
  for (let piece = pieces.pop(); piece !== undefined; piece = pieces.pop()) {
    copyBytes(bytes, at, piece, 0, piece.length);
    at += piece.length;
  }
  return bytes;
}
