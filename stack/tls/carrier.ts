// Joins the streams below to TLS: their user, for a port or for connections of our own.

import type { Instant } from "../base/result.ts";
import { type Handle, StreamUser } from "../base/streams.ts";
import { isOneRecord } from "./record.ts";
import type { TlsStreams } from "./streams.ts";

export class TlsCarrier extends StreamUser {
  readonly #tls: TlsStreams;
  readonly #user: number;
  readonly #clearUser: number;

  /**
   * Numbers of TlsStreams.addUser: who is told of connections that peers open, and who of those that speak HTTP in the
   * clear; -1 for nobody.
   */
  constructor(tls: TlsStreams, user: number, clearUser: number) {
    super();
    this.#tls = tls;
    this.#user = user;
    this.#clearUser = clearUser;
  }

  override accepted(handle: Handle, port: number, now: Instant): void {
    this.#tls.accepted(handle, port, this.#user, this.#clearUser, now);
  }

  override connected(handle: Handle, now: Instant): void {
    this.#tls.connected(handle, now);
  }

  override readable(handle: Handle, now: Instant): void {
    this.#tls.readable(handle, now);
  }

  /** One record, whole (RFC 8446 5.1). */
  override readsWhole(bytes: Uint8Array, offset: number, length: number): boolean {
    return isOneRecord(bytes, offset, length);
  }

  override sent(handle: Handle, now: Instant): void {
    this.#tls.sent(handle, now);
  }

  override closed(handle: Handle, reason: number, now: Instant): void {
    this.#tls.closed(handle, reason, now);
  }
}
