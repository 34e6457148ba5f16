// The appliance's Network over Node's sockets: for writing posts, and for tests of the appliance alone. What the own
// stack answers below the seam from its table of ready responses is answered here from a Map.

import { createSocket } from "node:dgram";
import { promises as dns } from "node:dns";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect as connectSocket, type Socket } from "node:net";
import { type Port, parseIpv4 } from "../stack/base/address.ts";
import type { Result } from "../stack/base/result.ts";
import { formatImfDate } from "../stack/base/time.ts";
import type {
  ConnectError,
  Flow,
  FlowError,
  HttpRequest,
  HttpResponse,
  Network,
  ReadyResponse,
  ResolveError,
} from "../stack/edge/network.ts";

export interface NodeNetworkOptions {
  /** Address to listen on; undefined: all. */
  readonly host?: string;
  /** Sees a request before everything else; true: it has taken it (live reload). */
  intercept?(request: IncomingMessage, response: ServerResponse): boolean;
  access?(line: string): void;
  /** Told when it listens, and of a port that is taken. */
  listening?(port: number): void;
  failed?(reason: string): void;
}

/** A hook's body; the own stack has the same limit. */
const MAX_BODY = 1024 * 1024;

type Handler = (request: HttpRequest) => Promise<HttpResponse>;

export class NodeNetwork implements Network {
  readonly #options: NodeNetworkOptions;
  readonly #datagrams = createSocket("udp4").unref();
  #ready = new Map<string, ReadyResponse[]>();
  readonly servers: Server[] = [];

  constructor(options: NodeNetworkOptions = {}) {
    this.#options = options;
    this.#datagrams.on("error", () => {});
  }

  async resolve(name: string): Promise<Result<readonly string[], ResolveError>> {
    if (parseIpv4(name) !== undefined) return { ok: true, value: [name] };
    try {
      const found = await dns.lookup(name, { family: 4, all: true });
      return { ok: true, value: found.map(({ address }) => address) };
    } catch (cause) {
      const code = codeOf(cause);
      return { ok: false, error: { kind: code === "ENOTFOUND" ? "no-such-name" : "no-answer", name } };
    }
  }

  async connect(host: string, port: Port, timeoutMs: number): Promise<Result<Flow, ConnectError>> {
    const found = await this.resolve(host);
    if (!found.ok) return { ok: false, error: { kind: "resolve", cause: found.error } };
    const address = found.value[0];
    if (address === undefined)
      return { ok: false, error: { kind: "resolve", cause: { kind: "no-such-name", name: host } } };
    return new Promise((resolve) => {
      const socket = connectSocket({ host: address, port });
      const fail = (error: ConnectError): void => {
        socket.destroy();
        resolve({ ok: false, error });
      };
      const timer = setTimeout(() => fail({ kind: "timed-out" }), timeoutMs);
      const refused = (cause: unknown): void => {
        clearTimeout(timer);
        fail({ kind: codeOf(cause) === "ECONNREFUSED" ? "refused" : "unreachable" });
      };
      socket.once("error", refused);
      socket.once("connect", () => {
        clearTimeout(timer);
        socket.off("error", refused);
        resolve({ ok: true, value: new SocketFlow(socket) });
      });
    });
  }

  sendDatagram(address: string, port: Port, bytes: Uint8Array): boolean {
    this.#datagrams.send(bytes, port, address);
    return true;
  }

  serve(port: Port, handler: Handler): Result<undefined, "port-in-use"> {
    const server = createServer((request, response) => {
      this.#serve(request, response, handler).catch((cause: unknown) => {
        response.destroy(cause instanceof Error ? cause : undefined);
      });
    });
    server.on("error", (cause) => this.#options.failed?.(cause.message));
    server.listen(port, this.#options.host, () => {
      const address = server.address();
      if (address !== null && typeof address === "object") this.#options.listening?.(address.port);
    });
    this.servers.push(server);
    return { ok: true, value: undefined };
  }

  retain(paths: Iterable<string>): void {
    const kept = new Set(paths);
    for (const path of this.#ready.keys()) if (!kept.has(path)) this.#ready.delete(path);
  }

  publish(response: ReadyResponse): void {
    const list = (this.#ready.get(response.path) ?? []).filter(({ encoding }) => encoding !== response.encoding);
    list.push(response);
    this.#ready.set(response.path, list);
  }

  async #serve(request: IncomingMessage, response: ServerResponse, handler: Handler): Promise<void> {
    if (this.#options.intercept?.(request, response) === true) return;
    const started = performance.now();
    const target = request.url ?? "/";
    const method = request.method ?? "GET";
    const answer =
      this.#fromTable(request, method, target) ?? (await this.#fromHandler(request, method, target, handler));
    const hasBody = method !== "HEAD" && answer.status !== 204 && answer.status !== 304;
    const headers: [string, string][] = answer.headers.map(([name, value]) => [name, value]);
    if (answer.status !== 204 && answer.status !== 304) headers.push(["Content-Length", String(answer.body.length)]);
    response.writeHead(answer.status, headers.flat());
    response.end(hasBody ? answer.body : undefined);
    const ms = (performance.now() - started).toFixed(1);
    const agent = JSON.stringify(request.headers["user-agent"] ?? "-");
    const sent = hasBody ? answer.body.length : 0;
    this.#options.access?.(
      `${request.socket.remoteAddress} "${method} ${target}" ${answer.status} ${sent} ${ms}ms ${agent}`,
    );
  }

  #fromTable(request: IncomingMessage, method: string, target: string): HttpResponse | undefined {
    if (method !== "GET" && method !== "HEAD") return undefined;
    const list = this.#ready.get(target.replace(/\?.*$/, ""));
    if (list === undefined) return undefined;
    const gzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(String(request.headers["accept-encoding"] ?? ""));
    const ready =
      list.find(({ encoding }) => encoding === (gzip ? "gzip" : "")) ?? list.find(({ encoding }) => encoding === "");
    if (ready === undefined) return undefined;
    const headers: (readonly [string, string])[] = [...ready.headers];
    if (ready.etag !== "") headers.push(["ETag", ready.etag]);
    if (ready.lastModified > 0) headers.push(["Last-Modified", formatImfDate(ready.lastModified)]);
    const tags = request.headers["if-none-match"];
    const since = request.headers["if-modified-since"];
    const same = tags !== undefined ? tags.includes(ready.etag) : since === formatImfDate(ready.lastModified);
    return { status: same && ready.status === 200 ? 304 : ready.status, headers, body: ready.body };
  }

  async #fromHandler(
    request: IncomingMessage,
    method: string,
    target: string,
    handler: Handler,
  ): Promise<HttpResponse> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_BODY) return { status: 413, headers: [["Connection", "close"]], body: new Uint8Array(0) };
      chunks.push(chunk);
    }
    const headers: [string, string][] = [];
    for (let i = 0; i + 1 < request.rawHeaders.length; i += 2)
      headers.push([request.rawHeaders[i]!.toLowerCase(), request.rawHeaders[i + 1]!]);
    const peer = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    return handler({ method, target, headers, body: new Uint8Array(Buffer.concat(chunks)), peer });
  }
}

/** A socket as a Flow: chunks wait in a queue, and the socket is paused while somebody is slow to read. */
class SocketFlow implements Flow {
  readonly #socket: Socket;
  readonly #chunks: Uint8Array[] = [];
  #ended = false;
  #error: FlowError | undefined;
  #waiting: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(new Uint8Array(chunk));
      socket.pause();
      this.#wake();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("error", (cause) => {
      this.#error = { kind: codeOf(cause) === "ETIMEDOUT" ? "timed-out" : "reset" };
      this.#wake();
    });
    socket.on("close", () => {
      if (!this.#ended) this.#error ??= { kind: "closed" };
      this.#wake();
    });
  }

  async read(): Promise<Result<Uint8Array | undefined, FlowError>> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) return { ok: true, value: chunk };
      if (this.#error !== undefined) return { ok: false, error: this.#error };
      if (this.#ended) return { ok: true, value: undefined };
      this.#socket.resume();
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  async write(bytes: Uint8Array): Promise<Result<undefined, FlowError>> {
    if (this.#error !== undefined || this.#socket.writableEnded)
      return { ok: false, error: this.#error ?? { kind: "closed" } };
    return new Promise((resolve) => {
      this.#socket.write(bytes, (cause) =>
        resolve(cause ? { ok: false, error: { kind: "reset" } } : { ok: true, value: undefined }),
      );
    });
  }

  shutdown(): void {
    this.#socket.end();
  }

  close(): void {
    if (this.#ended) this.#socket.end();
    else this.#socket.destroySoon();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}

function codeOf(cause: unknown): string {
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
}
