import type { Instant } from "../base/result.ts";
import type { AccessLine } from "../http/access.ts";

/** What the server tells the one above it. */
export abstract class HttpEvents {
  /** A request that the ready table does not answer, its body complete. Read it by the server's accessors. */
  abstract request(exchange: number, now: Instant): void;
  /** The appliance's answer is not wanted any more: the peer has gone, or has been answered 503. */
  abstract cancelled(exchange: number, now: Instant): void;
  /** A response has been queued. The line and its bytes are valid during the call; it must not call Streams. */
  abstract answered(line: AccessLine, now: Instant): void;
}
