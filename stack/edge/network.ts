// What the appliance sees of a network. Two implementations: stack/edge over the seam (our own stack), and
// image/network-node.ts over Node's sockets.

import type { Port } from "../base/address.ts";
import type { Result } from "../base/result.ts";

export type ResolveError =
  | { readonly kind: "no-such-name"; readonly name: string }
  /** The name exists and has no address at all, or none of a family that this machine speaks. */
  | { readonly kind: "no-address" | "only-ipv6" | "only-ipv4"; readonly name: string }
  /** Its address is no other machine's: loopback, none, a group. */
  | { readonly kind: "not-a-host"; readonly name: string; readonly address: string }
  | { readonly kind: "no-answer"; readonly name: string }
  /** Name servers answered that they do not look names up for this machine, or that they could not. */
  | { readonly kind: "server-refused" | "server-failed"; readonly name: string }
  | { readonly kind: "no-resolver" }
  | { readonly kind: "bad-name"; readonly name: string };

export type TimeError =
  | { readonly kind: "resolve"; readonly cause: ResolveError }
  | { readonly kind: "no-answer" }
  /** Of several servers no majority agrees. */
  | { readonly kind: "disagree" }
  /** The server does not know the time itself, or does not want to be asked. */
  | { readonly kind: "unsynchronised" | "refused" };

export type ConnectError =
  | { readonly kind: "resolve"; readonly cause: ResolveError }
  | { readonly kind: "refused" }
  | { readonly kind: "unreachable" }
  | { readonly kind: "timed-out" }
  | { readonly kind: "no-room" }
  /** Over TLS it has to be, and this machine has no entropy for keys. */
  | { readonly kind: "no-entropy" }
  /** A proxy is in the way, and did not let it through: which one ("host:port"), and why, in words. */
  | { readonly kind: "proxy"; readonly proxy: string; readonly reason: string }
  /** The server is not the one that was meant, or cannot show that it is: why, in words. */
  | { readonly kind: "insecure"; readonly reason: string };

export type FlowError = { readonly kind: "reset" } | { readonly kind: "timed-out" } | { readonly kind: "closed" };

/** A TCP connection. */
export interface Flow {
  /** The next bytes, at least one; undefined is the orderly end of the stream. One read at a time. */
  read(): Promise<Result<Uint8Array | undefined, FlowError>>;
  /** Resolves when all bytes are queued. They must not change afterwards: they leave from where they lie. */
  write(bytes: Uint8Array): Promise<Result<undefined, FlowError>>;
  /** Sends FIN after what is queued; reading goes on. */
  shutdown(): void;
  /** Lets go of it: FIN after what is queued, or RST if unread data is thrown away. */
  close(): void;
}

/** A request that the ready table did not answer, as soon as its head is there. Header names are in lower case. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as sent, checked to be origin-form (RFC 9112 3.2.1): begins with "/". */
  readonly target: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** The peer's address as text. */
  readonly peer: string;
  /**
   * The next piece of the body, at least one byte; undefined is its end. One read at a time. What nobody reads is not
   * taken from the peer before the answer, and dropped after it. "gone": no answer is wanted any more, because the peer
   * has gone, or its body was refused (malformed, too long, too slow).
   */
  read(): Promise<Result<Uint8Array | undefined, "gone">>;
}

/** "ready": what was asked for is in the ready table by now, which answers. */
export type HttpAnswer = HttpResponse | "ready";

export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer>;

/** A port on which HTTP is served. */
export interface Listener {
  readonly port: Port;
  /** HTTPS. */
  readonly secure: boolean;
  /** What becomes of requests: they are served, or sent on to https at the port. */
  readonly action: { readonly kind: "serve" } | { readonly kind: "redirect"; readonly port: Port };
  /** For how many seconds browsers are told to come by HTTPS alone (RFC 6797); 0: no longer. Without it they are told nothing. */
  readonly strictFor?: number | undefined;
}

export type ListenError = "port-in-use" | "no-entropy";

/** What HTTPS shows: a key and its chain as PEM, or one that the machine makes and signs itself. */
export type Certificate =
  | { readonly kind: "given"; readonly pem: string }
  /** `seed`: 128 secret bytes that the key follows from; `notBefore`: seconds since 1970. */
  | { readonly kind: "own"; readonly seed: Uint8Array; readonly names: readonly string[]; readonly notBefore: number }
  /** What an authority has issued for the key of the seed, as PEM. */
  | { readonly kind: "issued"; readonly seed: Uint8Array; readonly chain: string }
  /** For those alone who look at a TLS-ALPN-01 challenge (RFC 8737 3): `digest` is the SHA-256 of the key authorization. */
  | { readonly kind: "challenge"; readonly seed: Uint8Array; readonly name: string; readonly digest: Uint8Array };

/** What became of a certificate. */
export interface Presented {
  /** Why it is not shown; "" when it is. */
  readonly error: string;
  /** What will work, and may not be what was meant. */
  readonly warnings: readonly string[];
  /** Whom it is for. */
  readonly names: readonly string[];
  /** Its validity, seconds since 1970; 0: long since, and far away. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** By what its authority knows it (RFC 9773 4.1): the issuer's key identifier and its number; undefined: it does not say. */
  readonly renewal: { readonly issuer: string; readonly serial: string } | undefined;
  /** The hash of its public key, as --trust takes it. */
  readonly fingerprint: string;
}

/** Keys on P-256 that follow from seeds of 128 secret bytes, and what is made with them. Undefined: there is no entropy. */
export interface Keys {
  /** The point, uncompressed (SEC 1 2.3.3): 65 bytes. */
  publicKey(seed: Uint8Array): Uint8Array;
  /** ECDSA with SHA-256, as JWS has it (RFC 7518 3.4): 64 bytes. */
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array | undefined;
  /** A request for a certificate for these names (RFC 2986), as DER. */
  request(seed: Uint8Array, names: readonly string[]): Uint8Array | undefined;
  /** What would become of a chain for the key of the seed, as PEM, if it were shown; nothing is. */
  examine(seed: Uint8Array, chain: string): Presented;
}

export interface ConnectOptions {
  /** Over TLS, to who has a certificate for the host. */
  readonly secure: boolean;
  readonly timeoutMs: number;
  /** What is offered to be spoken over TLS (RFC 7301), none to say nothing of that; HTTP/1.1 when left out. */
  readonly protocols?: readonly string[];
}

export interface HttpResponse {
  readonly status: number;
  /** Without Date, Server, Connection, Content-Length: the HTTP machine writes those. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** Sent from where it lies; must not change. Left out by the machine for HEAD, 204 and 304. */
  readonly body: Uint8Array;
}

/** One representation that can be served as it stands, below the seam (GET, HEAD, 304, Range, 416). */
export interface ReadyResponse {
  /** Path without query, percent-encoded, in whatever spelling: "/Posts/VMM". */
  readonly path: string;
  readonly status: number;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** Strong entity tag with its quotes, or "" for none. */
  readonly etag: string;
  /** Seconds since 1970, or 0 for none. */
  readonly lastModified: number;
  /** "" or "gzip": the content coding of `body`. A path may have one representation of each. */
  readonly encoding: string;
  readonly body: Uint8Array;
}

/** The log to a collector over a stream. Messages are those of RFC 5424. */
export interface LogNetwork {
  /** Messages wait from now on; access lines, which are written below the seam, are among them. */
  beginLog(hostname: string): void;
  /** The open connection leads to the collector: what waits goes there, in order, until it ends. */
  attachLog(flow: Flow): void;
  /** False: there is no room, and the message is dropped. */
  putLog(message: Uint8Array): boolean;
  /** Messages and access lines that were dropped since the last call. */
  takeDroppedLog(): number;
}

/** Opens connections: a Network, or one behind a proxy (proxy.ts). */
export type Connector = Pick<Network, "connect">;

export interface Network {
  /** The name's addresses as text, in the order in which to try them; an address resolves to itself. */
  resolve(name: string): Promise<Result<readonly string[], ResolveError>>;
  connect(host: string, port: Port, options: ConnectOptions): Promise<Result<Flow, ConnectError>>;
  /**
   * Has an open connection in the clear speak TLS from here on, with who has a certificate for the name. All that it has
   * brought must have been read, and nobody reads it meanwhile. On failure it is closed.
   */
  startTls(flow: Flow, name: string, timeoutMs: number): Promise<Result<undefined, ConnectError>>;
  /** Sends and forgets; false when it could not even be queued. */
  sendDatagram(address: string, port: Port, bytes: Uint8Array): boolean;
  /** Shows these certificates from now on, the first of them to who names none; connections that are open go on. */
  present(certificates: readonly Certificate[]): readonly Presented[];
  /**
   * Begins to serve HTTP; one handler has the requests of all listeners. It never rejects. Again for a port that is served:
   * its next connections are redirected, or not, as is said now.
   */
  serve(listener: Listener, handler: HttpHandler): Result<undefined, ListenError>;
  /**
   * Adds to (or replaces in) the ready table one representation, as when a page has been rendered on first request, and
   * has it answer those who wait. Codings first: without one (encoding "") it is for all who are left.
   */
  publish(response: ReadyResponse): void;
  /** Has the table answer those who wait for the path, and forgets it: for what is too large to be kept. */
  forget(path: string): void;
  /**
   * Has those who read too slowly give way, until `bytes` less of memory are held by answers that are being sent and are
   * in no table. `peer` is who needs them, "" nobody in particular. Returns how many bytes such answers still hold.
   */
  makeRoom(bytes: number, peer: string): number;
  /** Forgets in one step every ready path that is not among these. Requests under way keep the bytes they have. */
  retain(paths: Iterable<string>): void;
}
