// What the clients send, and what they tell.

import type { Instant } from "../base/result.ts";
import type { Lease } from "./lease.ts";
import type { Settings } from "./settings.ts";

// Why an address was lost.
export const LOST_EXPIRED = 1;
export const LOST_WITHDRAWN = 2;
export const LOST_MOVED = 3;
export const LOST_DUPLICATE = 4;

export abstract class Dhcpv6Sink {
  /**
   * Sends `bytes[0 .. length)` from our link-local address and UDP port 546 to port 547 of all servers of the link
   * (ff02::1:2). A datagram that cannot be sent is lost: it will be sent again.
   */
  abstract sendDhcpv6(bytes: Uint8Array, length: number): void;
  /** The address is lent to us, or was prolonged (`renewed`; what else is told may have changed). The object stays the client's. */
  abstract bound(lease: Lease, renewed: boolean, now: Instant): void;
  /** What a server tells that gives no address. */
  abstract informed(settings: Settings, now: Instant): void;
  /** Nobody has answered UNANSWERED_ATTEMPTS questions; it goes on. Said once until there is an answer. */
  abstract unanswered(now: Instant): void;
  /** What a server says cannot be used, `why` in words; said once until there is a lease. */
  abstract refused(why: string, now: Instant): void;
  /** The address of the lease must not be used any more. A new one is being sought. */
  abstract lost(reason: number, now: Instant): void;
}
