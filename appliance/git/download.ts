// Read first: gitprotocol-http(5) and gitprotocol-pack(5). The protocol is isomorphic-git's; here its file system and
// its HTTP client are ours, and so are its errors: each becomes a GitError.

import { Errors, fetch, type GitHttpRequest, type GitHttpResponse, listServerRefs } from "isomorphic-git";
import type { Result } from "../../stack/base/result.ts";
import { originOf, parseUrl } from "../../stack/edge/url.ts";
import type { GitError } from "./error.ts";
import { FetchFileSystem, PackTaken } from "./filesystem.ts";
import type { GitLimits } from "./limits.ts";
import type { Remote } from "./remote.ts";
import type { OnGitProgress } from "./snapshot.ts";
import type { GitTransport } from "./transport.ts";

/** What the server has, as it says itself. */
export interface Advertisement {
  /** The branch asked for, or the server's own choice; without "refs/heads/". */
  readonly branch: string;
  /** The commit that it points to, in hexadecimal. */
  readonly commit: string;
}

const HEADS = "refs/heads/";
const ADVERTISEMENT = "application/x-git-upload-pack-advertisement";
const SERVICE_LINE = "001e# service=git-upload-pack\n";
const SERVICE = "/info/refs?service=git-upload-pack";
/** The first ref's line, with the capabilities, is within these bytes. */
const MAX_CAPABILITIES = 64 * 1024;
/** Between two callbacks of progress, in bytes. */
const PROGRESS_STEP = 256 * 1024;

/** One conversation with a remote: first `advertisement`, then, if need be, `pack`. Serves once. */
export class Download {
  readonly #remote: Remote;
  readonly #transport: GitTransport;
  readonly #limits: GitLimits;
  readonly #onProgress: OnGitProgress;
  /** Where the repository is after redirects; requests of the library go there. */
  #base: string;
  /** What the server can do, the words after the first NUL of its answer to info/refs. */
  #capabilities = "";
  /** The answer to info/refs that the library gets when it asks once more, to fetch: the branch chosen, as HEAD. */
  #chosen: Uint8Array | undefined;
  /** The first thing that went wrong below the library, which hides it behind errors of its own. */
  #failure: GitError | undefined;
  #received = 0;

  constructor(remote: Remote, transport: GitTransport, limits: GitLimits, onProgress: OnGitProgress) {
    this.#remote = remote;
    this.#transport = transport;
    this.#limits = limits;
    this.#onProgress = onProgress;
    this.#base = remote.url;
  }

  /** Asks the server for its branches and picks ours. */
  async advertisement(): Promise<Result<Advertisement, GitError>> {
    const where = this.#remote.url;
    this.#onProgress({ phase: "connecting", url: where });
    let refs: Awaited<ReturnType<typeof listServerRefs>>;
    try {
      refs = await listServerRefs({
        http: { request: (request) => this.#request(request) },
        url: where,
        protocolVersion: 1,
        symrefs: true,
      });
    } catch (thrown) {
      return { ok: false, error: this.#explain(thrown) };
    }
    const branches = new Map<string, string>();
    let head: { readonly oid: string; readonly target?: string } | undefined;
    for (const { ref, oid, target } of refs) {
      if (!isOid(oid)) return { ok: false, error: { kind: "not-git", where, reason: `${ref} is no SHA-1 object` } };
      if (ref === "HEAD") head = target === undefined ? { oid } : { oid, target };
      else if (ref.startsWith(HEADS)) branches.set(ref.slice(HEADS.length), oid);
    }
    const names = [...branches.keys()];
    if (names.length === 0) return { ok: false, error: { kind: "empty-repository", where } };
    const branch = this.#remote.branch ?? headBranch(head, branches) ?? "HEAD";
    const commit = branches.get(branch);
    if (commit === undefined) return { ok: false, error: { kind: "unknown-branch", where, branch, branches: names } };
    this.#chosen = advertise(branch, commit, this.#capabilities);
    return { ok: true, value: { branch, commit } };
  }

  /**
   * Fetches what the branch has beyond `have` (a commit held with all its history, or undefined: everything). The
   * value is the pack, or undefined when the server sends none.
   */
  async pack(branch: string, have: string | undefined): Promise<Result<Uint8Array | undefined, GitError>> {
    const fs = new FetchFileSystem(have);
    try {
      await fetch({
        fs,
        http: { request: (request) => this.#request(request) },
        gitdir: FetchFileSystem.gitdir,
        url: this.#base,
        remote: "origin",
        ref: FetchFileSystem.have,
        remoteRef: HEADS + branch,
        singleBranch: true,
        tags: false,
        onMessage: (text) => this.#onProgress({ phase: "remote", text: text.trim() }),
      });
    } catch (thrown) {
      if (!(thrown instanceof PackTaken) || this.#failure !== undefined)
        return { ok: false, error: this.#explain(thrown) };
    }
    if (this.#failure !== undefined) return { ok: false, error: this.#failure };
    return { ok: true, value: fs.pack };
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

  /** The http plug-in. A rejection ends the library's work; #failure tells why. */
  async #request(request: GitHttpRequest): Promise<GitHttpResponse> {
    const get = request.method !== "POST";
    if (get && this.#chosen !== undefined) return advertised(request.url, this.#chosen);

    const what = get ? "advertisement bytes" : "pack bytes";
    const limit = get ? this.#limits.advertisementBytes : this.#limits.packBytes;
    const response = await this.#transport.request({
      method: get ? "GET" : "POST",
      url: request.url,
      headers: [...Object.entries(request.headers ?? {}), ...this.#credentialsFor(request.url)],
      body: await collect(request.body),
      limit,
      onReceived: (bytes) => this.#count(get, bytes),
    });
    const where = this.#remote.url;
    if (!response.ok) {
      const { error } = response;
      if (error.kind === "body-too-large") return this.#fail({ kind: "too-large", where, what, limit });
      const received = this.#received;
      const cut = error.kind === "broken" && received > 0;
      return this.#fail(cut ? { kind: "pack-cut-short", where, received } : { ...error, where });
    }
    const { value } = response;
    const fault = this.#statusFault(value.status, value.url);
    if (fault !== undefined) return this.#fail(fault);
    if (!get) return { url: value.url, statusCode: 200, statusMessage: "OK", headers: {}, body: consume(value.chunks) };

    // gitprotocol-http(5), "Smart Server Response": clients must check the type, and a dumb server does not have it.
    const type = value.headers.find(([name]) => name === "content-type")?.[1] ?? "";
    if (type !== ADVERTISEMENT)
      return this.#fail({
        kind: "not-git",
        where,
        reason: type === "" ? "its answer has no type" : `its answer is of type ${type}`,
      });
    if (value.url.endsWith(SERVICE)) this.#base = value.url.slice(0, -SERVICE.length);
    const bytes = concat(value.chunks);
    const text = nativeLatin1Decode(bytes, 0, Math.min(bytes.length, MAX_CAPABILITIES));
    const capabilities = /\0([^\n]*)\n/.exec(text)?.[1];
    // Git before 2.41 lists nothing at all for an empty repository, which the library takes for protocol version 2.
    if (capabilities === undefined && text.startsWith(SERVICE_LINE))
      return this.#fail({ kind: "empty-repository", where });
    this.#capabilities = capabilities ?? "";
    return advertised(request.url, bytes);
  }

  #count(advertisement: boolean, bytes: number): void {
    if (advertisement) return;
    if (Math.floor(bytes / PROGRESS_STEP) > Math.floor(this.#received / PROGRESS_STEP))
      this.#onProgress({ phase: "receiving", bytes });
    this.#received = bytes;
  }

  /** `from`: where the answer came from, after redirects. */
  #statusFault(status: number, from: string): GitError | undefined {
    const where = this.#remote.url;
    if (status === 200) return undefined;
    // RFC 9110 15.5.2, 15.5.4; forges that hide what is private answer 404.
    if (status === 401 || status === 403) {
      const given = this.#remote.authorization !== undefined;
      const place = parseUrl(from);
      if (given && place.ok && !sameOrigin(from, where))
        return { kind: "unauthorized-elsewhere", where, status, origin: originOf(place.value) };
      return { kind: "unauthorized", where, status, given };
    }
    if (status === 404 || status === 410) return { kind: "not-found", where, status };
    return { kind: "http-status", where, status };
  }

  #fail(error: GitError): never {
    this.#failure ??= error;
    throw new Error(error.kind);
  }

  #explain(thrown: unknown): GitError {
    if (this.#failure !== undefined) return this.#failure;
    const where = this.#remote.url;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    // A body that ends inside a pkt-line: the library's parser is the first to notice.
    if (this.#received > 0 && thrown instanceof Errors.ParseError)
      return { kind: "pack-cut-short", where, received: this.#received };
    if (this.#received > 0) return { kind: "remote-error", where, message: oneLine(message) };
    return { kind: "not-git", where, reason: oneLine(message) };
  }
}

/** The branch of HEAD: by the symref capability, else the first branch that points to the same commit. */
function headBranch(
  head: { readonly oid: string; readonly target?: string } | undefined,
  branches: ReadonlyMap<string, string>,
): string | undefined {
  if (head?.target?.startsWith(HEADS)) return head.target.slice(HEADS.length);
  for (const name of ["main", "master"])
    if (head === undefined || branches.get(name) === head.oid) if (branches.has(name)) return name;
  if (head !== undefined) for (const [name, oid] of branches) if (oid === head.oid) return name;
  // Some servers leave HEAD out when it points to a branch that is not there: a lone branch is meant.
  return branches.size === 1 ? [...branches.keys()][0] : undefined;
}

function sameOrigin(a: string, b: string): boolean {
  const [one, other] = [parseUrl(a), parseUrl(b)];
  return one.ok && other.ok && originOf(one.value) === originOf(other.value);
}

function isOid(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

const MAX_MESSAGE_LENGTH = 200;

function oneLine(text: string): string {
  return text
    .replace(/[\x00-\x1f\x7f]+/g, " ")
    .trim()
    .slice(0, MAX_MESSAGE_LENGTH);
}

/**
 * gitprotocol-http(5), "Smart Server Response", for one branch. The library wants a HEAD, which a server leaves out when
 * its HEAD points to a branch that is not there.
 */
function advertise(branch: string, commit: string, capabilities: string): Uint8Array {
  const kept = capabilities.split(" ").filter((word) => word !== "" && !word.startsWith("symref="));
  const first = pktLine(`${commit} HEAD\0${[...kept, `symref=HEAD:${HEADS}${branch}`].join(" ")}\n`);
  return nativeUtf8Encode(`${SERVICE_LINE}0000${first}${pktLine(`${commit} ${HEADS}${branch}\n`)}0000`);
}

/** gitprotocol-common(5): four hexadecimal digits of the length in bytes, their own included. */
function pktLine(text: string): string {
  return (nativeUtf8Encode(text).length + 4).toString(16).padStart(4, "0") + text;
}

function advertised(url: string, bytes: Uint8Array): GitHttpResponse {
  const headers = { "content-type": ADVERTISEMENT };
  return { url, statusCode: 200, statusMessage: "OK", headers, body: once(bytes) };
}

async function* once(bytes: Uint8Array): AsyncIterableIterator<Uint8Array> {
  yield bytes;
}

/** Lets go of each chunk as it is read: the library collects copies of them. */
async function* consume(chunks: Uint8Array[]): AsyncIterableIterator<Uint8Array> {
  chunks.reverse();
  for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) yield chunk;
}

/** The library passes an array of Buffers where its types promise an iterator. */
async function collect(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  return concat(chunks);
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
