// What the resolver sends, and whom it tells.

import type { Port } from "../base/address.ts";
import type { Instant } from "../base/result.ts";

export abstract class ResolverSink {
  /** An unpredictable unsigned 32-bit number. */
  abstract random(): number;
  /**
   * Takes the port for answers from port 53 of this server (as text) alone, and sends `bytes[0 .. length)` from it. False: the port is
   * taken or nothing can be sent now; another will be tried.
   */
  abstract sendQuery(port: Port, server: string, bytes: Uint8Array, length: number): boolean;
  /** The port is not needed any more. */
  abstract closePort(port: Port): void;
  /**
   * Connects to this server's port 53, sends `bytes[0 .. length)` (the length field of RFC 1035 4.2.2 included; copy it)
   * and reads one answer: Resolver.tcpAnswer or tcpFailed with the same query number, then closes.
   */
  abstract openTcp(query: number, server: string, bytes: Uint8Array, length: number): void;
  /** The connection of this query is not needed any more. */
  abstract closeTcp(query: number): void;
  /** What a query has come to. Addresses as text; none unless `error` is 0. May be called within `query`. */
  abstract answer(token: number, addresses: readonly string[], error: number, now: Instant): void;
}
