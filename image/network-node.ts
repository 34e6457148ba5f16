// The appliance's Network over Node's sockets: for writing posts, and for tests of the appliance alone. HTTP is served by
// the machine's own server and table over NodeStreams, so what is seen here is what the machine answers.

import { createSocket } from "node:dgram";
import { promises as dns } from "node:dns";
import { connect as connectSocket, createServer, type Server } from "node:net";
import { type Port, parseIpv4 } from "../stack/base/address.ts";
import { type Instant, MILLISECOND, type Result } from "../stack/base/result.ts";
import type {
  Certificate,
  ConnectError,
  ConnectOptions,
  Flow,
  HttpAnswer,
  HttpHandler,
  HttpRequest,
  ListenError,
  Listener,
  Network,
  Presented,
  ReadyResponse,
  ResolveError,
} from "../stack/edge/network.ts";
import { EdgeWeb } from "../stack/edge/web.ts";
import { describeAnswer } from "../stack/host/access.ts";
import type { AccessLine } from "../stack/http/access.ts";
import { HttpEvents } from "../stack/http/events.ts";
import { DEFAULT_LIMITS, type HttpLimits, TICK } from "../stack/http/limits.ts";
import { ReadyTable } from "../stack/http/ready.ts";
import { HttpListener } from "../stack/http1/listener.ts";
import { HttpServer } from "../stack/http1/server.ts";
import { codeOf, SocketFlow } from "./flow-node.ts";
import { NodeStreams } from "./streams-node.ts";

export interface NodeNetworkOptions {
  /** Address to listen on; undefined: all. */
  readonly host?: string;
  readonly limits?: HttpLimits;
  /** Sees a request of the appliance before it does; undefined: not its own (live reload). */
  intercept?(request: HttpRequest): Promise<HttpAnswer> | undefined;
  access?(line: string): void;
  /** Told when it listens, and of a port that is taken. */
  listening?(port: number): void;
  failed?(reason: string): void;
}

export class NodeNetwork implements Network {
  readonly #options: NodeNetworkOptions;
  readonly #datagrams = createSocket("udp4").unref();
  readonly #streams = new NodeStreams(now);
  readonly #ready = new ReadyTable();
  readonly #server: HttpServer;
  readonly #web: EdgeWeb;
  readonly servers: Server[] = [];

  constructor(options: NodeNetworkOptions = {}) {
    this.#options = options;
    this.#datagrams.on("error", () => {});
    const events = new NodeEvents((line) => {
      options.access?.(describeAnswer(line, this.#streams.remoteText(line.path)));
    });
    const server = new HttpServer(this.#ready, events, options.limits ?? DEFAULT_LIMITS);
    this.#server = server;
    this.#web = new EdgeWeb({
      requestMethod: (exchange) => server.method(exchange),
      requestTarget: (exchange) => server.target(exchange),
      requestHeaders: (exchange) => server.headerText(exchange),
      requestBody: (exchange) => server.readBody(exchange, now()),
      requestBodyState: (exchange) => server.bodyState(exchange),
      requestPeer: (exchange) => this.#streams.remoteText(server.peerPath(exchange)),
      respond: (exchange, status, headers, body) => server.respond(exchange, status, headers, body, now()),
      retry: (exchange) => server.retry(exchange, now()),
      tableBegin: () => this.#ready.begin(),
      tableKeep: (path) => this.#ready.keep(path),
      tableCommit: () => this.#ready.commit(),
      tablePut: (path, status, headers, etag, lastModified, encoding, body) => {
        this.#ready.put(path, status, headers, etag, lastModified, encoding, body);
        server.retryAll(now());
      },
      tableForget: (path) => {
        server.retryAll(now());
        this.#ready.forget(path);
      },
    });
    events.web = this.#web;
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

  async connect(host: string, port: Port, options: ConnectOptions): Promise<Result<Flow, ConnectError>> {
    if (options.secure) return { ok: false, error: { kind: "no-tls" } };
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
      const timer = setTimeout(() => fail({ kind: "timed-out" }), options.timeoutMs);
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

  present(certificates: readonly Certificate[]): readonly Presented[] {
    const error = "the preview speaks no HTTPS";
    return certificates.map(() => ({
      error,
      warnings: [],
      names: [],
      notBefore: 0,
      notAfter: 0,
      renewal: undefined,
      fingerprint: "",
    }));
  }

  serve({ port, secure, action }: Listener, handler: HttpHandler): Result<undefined, ListenError> {
    if (secure) return { ok: false, error: "no-tls" };
    this.#web.handler = (request) => this.#options.intercept?.(request) ?? handler(request);
    const listener = new HttpListener(this.#server, this.#streams, action.kind === "redirect" ? action.port : 0);
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#streams.add(socket, listener, port),
    );
    server.on("error", (cause) => this.#options.failed?.(cause.message));
    server.listen(port, this.#options.host, () => {
      const address = server.address();
      if (address !== null && typeof address === "object") this.#options.listening?.(address.port);
    });
    this.#server.setWallClock(Date.now(), now());
    const timer = setInterval(() => {
      // The clock of a laptop that slept has moved on by more than Node's own.
      this.#server.setWallClock(Date.now(), now());
      this.#server.step(now());
    }, TICK / MILLISECOND).unref();
    server.on("close", () => clearInterval(timer));
    this.servers.push(server);
    return { ok: true, value: undefined };
  }

  publish(response: ReadyResponse): void {
    this.#web.publish(response);
  }

  forget(path: string): void {
    this.#web.forget(path);
  }

  retain(paths: Iterable<string>): void {
    this.#web.retain(paths);
  }

  /** Node has memory enough. */
  makeRoom(): number {
    return 0;
  }
}

class NodeEvents extends HttpEvents {
  web: EdgeWeb | undefined;
  readonly #access: (line: AccessLine) => void;

  constructor(access: (line: AccessLine) => void) {
    super();
    this.#access = access;
  }

  override request(exchange: number): void {
    this.web?.request(exchange);
  }
  override cancelled(exchange: number, reading: boolean): void {
    if (reading) this.web?.body(exchange);
  }
  override bodyReadable(exchange: number): void {
    this.web?.body(exchange);
  }
  override answered(line: AccessLine): void {
    this.#access(line);
  }
}

/** Microseconds since the start. */
function now(): Instant {
  return Math.floor(performance.now() * MILLISECOND);
}
