// What the appliance sees of a network. Two implementations: stack/edge over the seam (our own stack), and
// image/network-node.ts over Node's sockets.

import type { Port } from "../base/address.ts";
import type { Result } from "../base/result.ts";

export type ResolveError =
  | { readonly kind: "no-such-name"; readonly name: string }
  | { readonly kind: "no-answer"; readonly name: string }
  /** Name servers answered that they do not look names up for this machine, or that they could not. */
  | { readonly kind: "server-refused" | "server-failed"; readonly name: string }
  | { readonly kind: "no-resolver" }
  | { readonly kind: "bad-name"; readonly name: string };

export type ConnectError =
  | { readonly kind: "resolve"; readonly cause: ResolveError }
  | { readonly kind: "refused" }
  | { readonly kind: "unreachable" }
  | { readonly kind: "timed-out" }
  | { readonly kind: "no-room" };

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

/** A request that the ready table did not answer. Header names are in lower case, in order of arrival. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as sent, checked to be origin-form (RFC 9112 3.2.1): begins with "/". */
  readonly target: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: Uint8Array;
  /** The peer's address as text. */
  readonly peer: string;
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
  /** Path as it arrives, percent-encoded, without query: "/Posts/VMM". */
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

export interface Network {
  /** All A records as text, in the order of the answer; an address in dotted form resolves to itself. */
  resolve(name: string): Promise<Result<readonly string[], ResolveError>>;
  connect(host: string, port: Port, timeoutMs: number): Promise<Result<Flow, ConnectError>>;
  /** Sends and forgets; false when it could not even be queued. */
  sendDatagram(address: string, port: Port, bytes: Uint8Array): boolean;
  /** Begins to serve HTTP. The handler never rejects. */
  serve(port: Port, handler: (request: HttpRequest) => Promise<HttpResponse>): Result<undefined, "port-in-use">;
  /** Adds to (or replaces in) the ready table one representation, as when a page has been rendered on first request. */
  publish(response: ReadyResponse): void;
  /** Forgets in one step every ready path that is not among these. Requests under way keep the bytes they have. */
  retain(paths: Iterable<string>): void;
}
