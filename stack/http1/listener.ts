// A port on which HTTP is served: joins Streams to the server. What has its connections from elsewhere (TLS over TCP)
// is another Streams with a listener of its own.

import type { Instant } from "../base/result.ts";
import { type Handle, type Streams, StreamUser } from "../base/streams.ts";
import { endsWithEmptyLine } from "../http/syntax.ts";
import type { Manner } from "./manner.ts";
import type { HttpServer } from "./server.ts";

export class HttpListener extends StreamUser {
  readonly #server: HttpServer;
  readonly #streams: Streams;
  /** How connections from now on are answered. */
  manner: Manner;

  /** Connections of `streams` are answered in this manner. */
  constructor(server: HttpServer, streams: Streams, manner: Manner) {
    super();
    this.#server = server;
    this.#streams = streams;
    this.manner = manner;
  }

  override accepted(handle: Handle, _port: number, now: Instant): void {
    this.#server.accepted(this.#streams, handle, this.manner, now);
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
