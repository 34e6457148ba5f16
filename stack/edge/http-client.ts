// HTTP requests of the machine's own: Git over HTTP, later ACME and the like. Above the seam, over Network.connect.
// Read first: RFC 9110 15.4 (redirects), RFC 9112 9.3 (a kept connection may close at any time).
//
//   const result = await httpRequest(network, timers, { url: "http://git.example/blog.git/info/refs?service=…" });
//   if (!result.ok) log(describeHttpError(result.error)); else use(result.value.status, result.value.chunks);
//
// Never rejects. A connection is kept for each origin and used again; a response body comes as the chunks that arrived.
// Credentials (in the URL, or an authorization) go to the origin that they were given for and to no other.

import type { Port } from "../base/address.ts";
import type { Result } from "../base/result.ts";
import {
  encodeRequest,
  FAILED,
  GOT_DATA,
  GOT_END,
  GOT_HEAD,
  HttpResponseReader,
  NEED_MORE,
  RESPONSE_LIMITS,
} from "../http1/client.ts";
import { basicAuthorization } from "./basic.ts";
import { type HttpClientError, MAX_REDIRECTS } from "./http-error.ts";
import { inTime, type Timers } from "./in-time.ts";
import type { Connector, Flow } from "./network.ts";
import { formatUrl, hostOf, originOf, parseUrl, resolveReference, type Url } from "./url.ts";

export interface HttpClientRequest {
  readonly url: string;
  /** GET when left out. */
  readonly method?: string;
  /** It does no harm to be sent twice (RFC 9110 9.2.2); by the method when left out. */
  readonly repeatable?: boolean;
  /** Without Host, Content-Length, Connection, Transfer-Encoding: those are written here. */
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>;
  /** Must not change until the answer has come. */
  readonly body?: Uint8Array;
  /** Value of the Authorization field; goes before userinfo in the URL. */
  readonly authorization?: string;
  /** Bytes of body at most; more is "too-large". 256 MB when left out. */
  readonly maxBody?: number;
  /** False: an answer that redirects is the answer. */
  readonly followRedirects?: boolean;
  /** Milliseconds without progress, in connecting and in each read and write. 30 seconds when left out. */
  readonly timeoutMs?: number;
  /** Body bytes so far, and how many were announced, or -1. */
  readonly onProgress?: (received: number, expected: number) => void;
  /** Given each piece of the body of an answer of status 200, which then is not collected. False: no more is wanted. */
  readonly onData?: (bytes: Uint8Array) => boolean;
  /** Asked every second of waiting and after each piece that came, whatever `timeoutMs` says. True: it takes too long. */
  readonly giveUp?: () => boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly reason: string;
  /** Where the answer came from, after redirects; without credentials. */
  readonly url: string;
  /** Names in lower case, in order of arrival. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** The body, in the pieces in which it arrived. */
  readonly chunks: readonly Uint8Array[];
}

/** An unused connection is closed after this time: servers close theirs after 5 to 75 seconds. */
export const KEEP_MS = 4000;
/** On a kept connection nothing has come for so long after a request that may be sent twice: another one is opened. */
export const SILENT_MS = 5000;
/** Origins to which a connection is kept. */
export const MAX_KEPT = 8;
export const DEFAULT_TIMEOUT_MS = 30_000;

/** One request through the connections that are kept for this network. */
export function httpRequest(
  network: Connector,
  timers: Timers,
  request: HttpClientRequest,
): Promise<Result<HttpAnswer, HttpClientError>> {
  let client = clients.get(network);
  if (client === undefined) {
    client = new HttpClient(network, timers);
    clients.set(network, client);
  }
  return client.request(request);
}

/** The chunks as one array. */
export function joinChunks(chunks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

const clients = new WeakMap<Connector, HttpClient>();

export type { Timers } from "./in-time.ts";

interface Kept {
  readonly flow: Flow;
  readonly cancel: () => void;
}

/** A request as it stands after the redirects so far. */
interface Hop {
  readonly url: Url;
  readonly method: string;
  readonly body: Uint8Array | undefined;
}

interface Received {
  readonly reader: HttpResponseReader;
  readonly chunks: Uint8Array[];
}

export class HttpClient {
  readonly #network: Connector;
  readonly #timers: Timers;
  readonly #kept = new Map<string, Kept>();

  constructor(network: Connector, timers: Timers) {
    this.#network = network;
    this.#timers = timers;
  }

  async request(request: HttpClientRequest): Promise<Result<HttpAnswer, HttpClientError>> {
    const first = parseUrl(request.url);
    if (!first.ok)
      return { ok: false, error: { kind: "bad-url", url: hideUserinfo(request.url), reason: first.error } };
    const home = originOf(first.value);
    const authorization =
      request.authorization ?? (first.value.userinfo === "" ? undefined : credentialsOf(first.value.userinfo));
    let hop: Hop = { url: first.value, method: request.method ?? "GET", body: request.body };
    for (let redirects = 0; ; redirects++) {
      const result = await this.#fetch(request, hop, originOf(hop.url) === home, authorization);
      if (!result.ok) return result;
      const { reader, chunks } = result.value;
      const follows = request.followRedirects !== false && REDIRECTS.has(reader.status);
      const location = follows ? headerOf(reader, "location") : undefined;
      if (location === undefined) return answer(reader, chunks, hop.url);
      const from = formatUrl(hop.url);
      if (redirects === MAX_REDIRECTS) return { ok: false, error: { kind: "too-many-redirects", url: from } };
      const next = resolveReference(hop.url, location);
      if (!next.ok)
        return {
          ok: false,
          error: { kind: "bad-redirect", from, location: hideUserinfo(location), reason: next.error },
        };
      // From an encrypted page to a clear one: what was private would not be any more.
      if (hop.url.scheme === "https" && next.value.scheme === "http")
        return {
          ok: false,
          error: { kind: "bad-redirect", from, location: formatUrl(next.value), reason: "it leads from https to http" },
        };
      hop = redirected(reader.status, hop, next.value);
    }
  }

  /** Closes the connections that are kept. */
  close(): void {
    for (const kept of this.#kept.values()) {
      kept.cancel();
      kept.flow.close();
    }
    this.#kept.clear();
  }

  /** One exchange, on a kept connection or a new one. */
  async #fetch(
    request: HttpClientRequest,
    hop: Hop,
    home: boolean,
    authorization: string | undefined,
  ): Promise<Result<Received, HttpClientError>> {
    // A line break in a name or value would make two fields of one, each of them well-formed.
    if (request.headers?.some(([name, text]) => /[\r\n]/.test(name + text)) || /[\r\n]/.test(authorization ?? ""))
      return { ok: false, error: { kind: "bad-request", reason: REQUEST_WORDS["bad-header"] } };
    const head = encodeRequest(
      hop.method,
      hostOf(hop.url),
      hop.url.target,
      headerText(request, home, authorization, hop.body !== undefined),
      hop.body?.length ?? -1,
    );
    if (!head.ok) return { ok: false, error: { kind: "bad-request", reason: REQUEST_WORDS[head.error] } };
    const kept = this.#take(originOf(hop.url));
    if (kept !== undefined) {
      const reader = newReader(request, hop);
      // The server, or its address, may be gone: nobody tells of what becomes of a connection that lies idle.
      const doubted = request.repeatable ?? REPEATABLE.has(hop.method);
      const result = await this.#exchange(kept, reader, head.value, request, hop, doubted);
      // RFC 9112 9.3.1: the server closed while the connection lay idle; it cannot have begun with this request.
      const closed = !result.ok && (result.error.kind === "flow" || isCutShort(result.error));
      const silent = !result.ok && doubted && result.error.kind === "timed-out" && request.giveUp?.() !== true;
      if (reader.begun || !(closed || silent)) return result;
    }
    const flow = await this.#connect(request, hop.url);
    if (!flow.ok) return flow;
    return this.#exchange(flow.value, newReader(request, hop), head.value, request, hop, false);
  }

  async #connect(request: HttpClientRequest, url: Url): Promise<Result<Flow, HttpClientError>> {
    const timeout = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const secure = url.scheme === "https";
    const connecting = this.#network.connect(url.host, url.port as Port, { secure, timeoutMs: timeout });
    // It keeps to the time by itself; only `giveUp` may be quicker.
    const { giveUp } = request;
    const flow = giveUp === undefined ? await connecting : await inTime(this.#timers, connecting, 2 * timeout, giveUp);
    if (flow === undefined) {
      void connecting.then((late) => {
        if (late.ok) late.value.close();
      });
      return { ok: false, error: { kind: "timed-out", origin: originOf(url), during: "sending" } };
    }
    return flow.ok ? flow : { ok: false, error: { kind: "connect", origin: originOf(url), cause: flow.error } };
  }

  /**
   * Sends the request and reads the whole response; the flow is kept or closed afterwards. `doubted`: the peer may be gone,
   * and its first word is not waited for longer than SILENT_MS.
   */
  async #exchange(
    flow: Flow,
    reader: HttpResponseReader,
    head: Uint8Array,
    request: HttpClientRequest,
    hop: Hop,
    doubted: boolean,
  ): Promise<Result<Received, HttpClientError>> {
    const origin = originOf(hop.url);
    const timeout = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const first = doubted ? Math.min(timeout, SILENT_MS) : timeout;
    const failed = (error: HttpClientError): Result<Received, HttpClientError> => {
      flow.close();
      return { ok: false, error };
    };
    const { giveUp } = request;
    for (const part of hop.body === undefined || hop.body.length === 0 ? [head] : [head, hop.body]) {
      const written = await inTime(this.#timers, flow.write(part), first, giveUp);
      if (written === undefined) return failed({ kind: "timed-out", origin, during: "sending" });
      // A server may have answered and closed before it had read all (RFC 9112 9.6): its answer is worth reading.
      if (!written.ok) break;
    }
    const chunks: Uint8Array[] = [];
    for (;;) {
      const read = await inTime(this.#timers, flow.read(), reader.begun ? timeout : first, giveUp);
      // Also after each piece: one that sends a byte in less than a second is never waited for so long.
      if (read === undefined || giveUp?.() === true) return failed({ kind: "timed-out", origin, during: "receiving" });
      if (!read.ok) return failed({ kind: "flow", origin, cause: read.error });
      const bytes = read.value;
      if (bytes === undefined) {
        if (reader.end() === FAILED) return failed({ kind: "response", origin, cause: reader.error });
        flow.close();
        return { ok: true, value: { reader, chunks } };
      }
      let at = 0;
      let verdict = NEED_MORE;
      do {
        verdict = reader.push(bytes, at, bytes.length - at);
        at += reader.consumed;
        if (verdict === FAILED) return failed({ kind: "response", origin, cause: reader.error });
        if (verdict === GOT_HEAD) {
          const coding = headerOf(reader, "content-encoding") ?? "identity";
          if (coding.toLowerCase() !== "identity") return failed({ kind: "content-coding", origin, coding });
        }
        if (verdict === GOT_DATA) {
          const data = bytes.subarray(reader.dataStart, reader.dataStart + reader.dataLength);
          if (request.onData === undefined || reader.status !== 200) chunks.push(data);
          else if (!request.onData(data)) return failed({ kind: "stopped", origin });
          request.onProgress?.(reader.received, reader.expected);
        }
      } while (verdict !== NEED_MORE && verdict !== GOT_END);
      if (verdict === GOT_END) {
        // Bytes beyond the response belong to nothing that was asked.
        if (reader.keepAlive && at === bytes.length) this.#keep(origin, flow);
        else flow.close();
        return { ok: true, value: { reader, chunks } };
      }
    }
  }

  #take(origin: string): Flow | undefined {
    const kept = this.#kept.get(origin);
    if (kept === undefined) return undefined;
    this.#kept.delete(origin);
    kept.cancel();
    return kept.flow;
  }

  #keep(origin: string, flow: Flow): void {
    this.#take(origin)?.close();
    if (this.#kept.size >= MAX_KEPT) {
      flow.close();
      return;
    }
    const cancel = this.#timers.timer(KEEP_MS, () => {
      this.#take(origin)?.close();
    });
    this.#kept.set(origin, { flow, cancel });
  }
}

/** RFC 9110 9.2.2. */
const REPEATABLE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

const REQUEST_WORDS = {
  "bad-method": "the method is not a token",
  "bad-host": "the host is not one",
  "bad-target": "the path holds a character that cannot stand there",
  "bad-header": "a header field holds a character that cannot stand there",
} as const;

/** RFC 9110 15.4.2 to 15.4.9: which method and body the next request has. */
function redirected(status: number, hop: Hop, url: Url): Hop {
  if (status === 307 || status === 308) return { ...hop, url };
  // 301 and 302 turn a POST into a GET, as every client does (15.4.2, 15.4.3); 303 turns everything but HEAD.
  const toGet = status === 303 ? hop.method !== "HEAD" : hop.method === "POST";
  return toGet ? { url, method: "GET", body: undefined } : { ...hop, url };
}

function headerText(
  request: HttpClientRequest,
  home: boolean,
  authorization: string | undefined,
  withBody: boolean,
): string {
  let text = "";
  let agent = false;
  for (const [name, value] of request.headers ?? []) {
    const lower = name.toLowerCase();
    if (WRITTEN_HERE.has(lower)) continue;
    // Never to an origin that they were not meant for.
    if (!home && PRIVATE.has(lower)) continue;
    if (lower === "authorization" && authorization !== undefined) continue;
    // RFC 9110 15.4: a request that lost its body loses what described it.
    if (!withBody && lower.startsWith("content-")) continue;
    if (lower === "user-agent") agent = true;
    text += `${name}: ${value}\r\n`;
  }
  if (home && authorization !== undefined) text += `Authorization: ${authorization}\r\n`;
  if (!agent) text += "User-Agent: Epiphyte\r\n";
  return `${text}Accept-Encoding: identity\r\n`;
}

const WRITTEN_HERE: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "connection",
  "transfer-encoding",
  "accept-encoding",
  "expect",
]);
const PRIVATE: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization"]);

function newReader(request: HttpClientRequest, hop: Hop): HttpResponseReader {
  return new HttpResponseReader(hop.method, { ...RESPONSE_LIMITS, body: request.maxBody ?? RESPONSE_LIMITS.body });
}

function isCutShort(error: HttpClientError): boolean {
  return error.kind === "response" && error.cause === "cut-short";
}

function headerOf(reader: HttpResponseReader, name: string): string | undefined {
  const index = reader.names.indexOf(name);
  return index < 0 ? undefined : reader.values[index];
}

function answer(reader: HttpResponseReader, chunks: readonly Uint8Array[], url: Url): Result<HttpAnswer, never> {
  const headers = reader.names.map((name, i) => [name, reader.values[i] ?? ""] as const);
  return {
    ok: true,
    value: { status: reader.status, reason: reader.reason, url: formatUrl(url), headers, chunks },
  };
}

/** The user-information of a URL as credentials: without a colon it is the user alone. */
function credentialsOf(userinfo: string): string {
  const colon = userinfo.indexOf(":");
  return colon < 0
    ? basicAuthorization(userinfo, "")
    : basicAuthorization(userinfo.slice(0, colon), userinfo.slice(colon + 1));
}

/** For messages: a URL that could not be parsed may still hold a password. */
function hideUserinfo(url: string): string {
  return url.replace(/\/\/[^/?#]*@/, "//");
}
