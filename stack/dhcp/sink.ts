// What the client sends, and what it tells.

import type { Instant } from "../base/result.ts";
import type { Lease } from "./lease.ts";

// Why an address was lost.
export const LOST_EXPIRED = 1;
export const LOST_REFUSED = 2;
export const LOST_CONFLICT = 3;
export const LOST_RELEASED = 4;

export abstract class DhcpSink {
  /**
   * Sends `bytes[0 .. length)` from UDP port 68 to port 67 of the destination, given as text. Its source is our address, 0.0.0.0 while
   * there is none. A datagram that cannot be sent is lost: it will be sent again.
   */
  abstract sendDhcp(destination: string, bytes: Uint8Array, length: number): void;
  /** The lease is ours, or was prolonged (`renewed`; its settings may have changed). The object stays the client's. */
  abstract bound(lease: Lease, renewed: boolean, now: Instant): void;
  /** Nobody has answered UNANSWERED_ATTEMPTS requests; it goes on. Said once until there is an answer. */
  abstract unanswered(now: Instant): void;
  /** What a server has said cannot be used; `why` in words. It is said for each. */
  abstract refused(why: string, now: Instant): void;
  /** The address must not be used any more. A new one is being sought, unless it was released. */
  abstract lost(reason: number, now: Instant): void;
}
