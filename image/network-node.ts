// The appliance's Network over Node's sockets: for writing posts, and for tests of the appliance alone. HTTP is served by
// the machine's own server and table, TLS spoken by its own machines over NodeStreams, so what is seen here is what the
// machine answers, and whom it believes.

// First: modules of TLS use the natives when they are read.
import "./native-node.ts";
import { createSocket } from "node:dgram";
import { promises as dns } from "node:dns";
import { createServer, type Server } from "node:net";
import { type Port, parseIpv4 } from "../stack/base/address.ts";
import { type Instant, MILLISECOND, type Result } from "../stack/base/result.ts";
import { presentCertificates } from "../stack/edge/certificates.ts";
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
import { SERVER_RECEIVE_LIMIT } from "../stack/host/web.ts";
import type { AccessLine } from "../stack/http/access.ts";
import { HttpEvents } from "../stack/http/events.ts";
import { DEFAULT_LIMITS, type HttpLimits, TICK } from "../stack/http/limits.ts";
import { ReadyTable } from "../stack/http/ready.ts";
import { HttpListener } from "../stack/http1/listener.ts";
import { Manner } from "../stack/http1/manner.ts";
import { HttpServer } from "../stack/http1/server.ts";
import { RECORD_ROOM } from "../stack/tls/limits.ts";
import { NodeConnections } from "./connections-node.ts";

export interface NodeNetworkOptions {
  /** Address to listen on; undefined: all. */
  readonly host?: string;
  readonly limits?: HttpLimits;
  /** Whom connections of ours believe besides the authorities of the web, checked before. */
  readonly trust?: readonly string[];
  /** Sees a request of the appliance before it does; undefined: not its own (live reload). */
  intercept?(request: HttpRequest): Promise<HttpAnswer> | undefined;
  access?(line: string): void;
  /** Told when it listens, and of a port that is taken. */
  listening?(port: number, secure: boolean): void;
  failed?(reason: string): void;
}

export class NodeNetwork implements Network {
  readonly #options: NodeNetworkOptions;
  readonly #datagrams = createSocket("udp4").unref();
  readonly #connections: NodeConnections;
  readonly #listeners = new Map<string, HttpListener>();
  readonly #ready = new ReadyTable();
  readonly #server: HttpServer;
  readonly #web: EdgeWeb;
  readonly servers: Server[] = [];

  constructor(options: NodeNetworkOptions = {}) {
    this.#options = options;
    this.#connections = new NodeConnections(now, options.trust ?? []);
    const { streams } = this.#connections;
    this.#datagrams.on("error", () => {});
    const events = new NodeEvents((line) => {
      options.access?.(describeAnswer(line, streams.remoteText(line.path)));
    });
    const server = new HttpServer(this.#ready, events, options.limits ?? DEFAULT_LIMITS);
    this.#server = server;
    this.#web = new EdgeWeb({
      requestMethod: (exchange) => server.method(exchange),
      requestTarget: (exchange) => server.target(exchange),
      requestHeaders: (exchange) => server.headerText(exchange),
      requestBody: (exchange) => server.readBody(exchange, now()),
      requestBodyState: (exchange) => server.bodyState(exchange),
      requestPeer: (exchange) => streams.remoteText(server.peerPath(exchange)),
      respond: (exchange, status, headers, body) => {
        server.respond(exchange, status, headers, body, now());
        this.#connections.soon();
      },
      retry: (exchange) => {
        this.#connections.soon();
        return server.retry(exchange, now());
      },
      tableBegin: () => this.#ready.begin(),
      tableKeep: (path) => this.#ready.keep(path),
      tableCommit: () => this.#ready.commit(),
      tablePut: (path, status, headers, etag, lastModified, encoding, body) => {
        this.#ready.put(path, status, headers, etag, lastModified, encoding, body);
        server.retryAll(now());
        this.#connections.soon();
      },
      tableForget: (path) => {
        server.retryAll(now());
        this.#connections.soon();
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
    const found = await this.resolve(host);
    if (!found.ok) return { ok: false, error: { kind: "resolve", cause: found.error } };
    return this.#connections.flows.connect(found.value, port, options.secure ? host : "", options);
  }

  startTls(flow: Flow, name: string, timeoutMs: number): Promise<Result<undefined, ConnectError>> {
    return this.#connections.flows.startTls(flow, name, timeoutMs);
  }

  sendDatagram(address: string, port: Port, bytes: Uint8Array): boolean {
    this.#datagrams.send(bytes, port, address);
    return true;
  }

  /** What is wrong with what is to be believed; "" when nothing is. */
  distrusted(): string {
    return this.#connections.distrusted;
  }

  present(certificates: readonly Certificate[]): readonly Presented[] {
    const { secure } = this.#connections;
    return presentCertificates(
      {
        canSecure: () => true,
        certificatesBegin: () => secure.begin(),
        certificateAdd: (pem) => secure.add(pem, now()),
        certificateAddOwn: (seed, names, notBefore) => secure.addOwn(seed, names.split(" "), notBefore),
        certificateAddIssued: (seed, chain) => secure.addIssued(seed, chain, now()),
        certificateAddChallenge: (seed, name, digest) => secure.addChallenge(seed, name, digest, now()),
        certificatesCommit: () => secure.commit(),
      },
      certificates,
    );
  }

  serve({ port, secure, action, strictFor }: Listener, handler: HttpHandler): Result<undefined, ListenError> {
    this.#web.handler = (request) => this.#options.intercept?.(request) ?? handler(request);
    const manner = new Manner(action.kind === "redirect" ? action.port : 0, strictFor ?? -1);
    const known = this.#listeners.get(`${port} ${secure}`);
    if (known !== undefined) {
      known.manner = manner;
      return { ok: true, value: undefined };
    }
    const connections = this.#connections;
    const tls = secure ? connections.secure : undefined;
    const listener = new HttpListener(this.#server, tls?.tls ?? connections.streams, manner);
    this.#listeners.set(`${port} ${secure}`, listener);
    const user = tls?.listener(listener) ?? listener;
    const limit = SERVER_RECEIVE_LIMIT + (secure ? RECORD_ROOM : 0);
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      // The port is any that is free when 0 is asked for.
      connections.streams.add(socket, user, socket.localPort ?? port, limit),
    );
    server.on("error", (cause) => this.#options.failed?.(cause.message));
    server.listen(port, this.#options.host, () => {
      const address = server.address();
      if (address !== null && typeof address === "object") this.#options.listening?.(address.port, secure);
    });
    this.#server.setWallClock(Date.now(), now());
    const timer = setInterval(() => {
      // The clock of a laptop that slept has moved on by more than Node's own.
      this.#server.setWallClock(Date.now(), now());
      this.#server.step(now());
      connections.soon();
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

function codeOf(cause: unknown): string {
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
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
