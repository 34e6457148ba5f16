// A port on which HTTP is served: joins Streams to the server. What has its connections from elsewhere (TLS over TCP)
// is another Streams with a listener of its own.

import type { Instant } from "../base/result.ts";
import { type Handle, type Streams, StreamUser } from "../base/streams.ts";
import { endsWithEmptyLine } from "../http/syntax.ts";
import type { HttpServer } from "./server.ts";

export class HttpListener extends StreamUser {
  readonly #server: HttpServer;
  readonly #streams: Streams;
  /** Connections from now on are sent on to https at that port; 0: they are served. */
  redirectTo: number;

  /** Connections of `streams` are served; with `redirectTo` sent on to https at that port instead, 0: not. */
  constructor(server: HttpServer, streams: Streams, redirectTo: number) {
    super();
    this.#server = server;
    this.#streams = streams;
    this.redirectTo = redirectTo;
  }

  override accepted(handle: Handle, _port: number, now: Instant): void {
    this.#server.accepted(this.#streams, handle, this.redirectTo, now);
  }

  override connected(handle: Handle, _now: Instant): void {
    // A server never connects; whoever did must not be left hanging.
    this.#streams.abort(handle);
  }

  override readable(handle: Handle, now: Instant): void {
    this.#server.readable(handle, now);
  }

  /** A request without content that has come whole, and nothing after it. */
  override readsWhole(bytes: Uint8Array, offset: number, length: number): boolean {
    return endsWithEmptyLine(bytes, offset, length);
  }

  override sent(handle: Handle, now: Instant): void {
    this.#server.sent(handle, now);
  }

  override closed(handle: Handle, _reason: number, now: Instant): void {
    this.#server.closed(handle, now);
  }
}
