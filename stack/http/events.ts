import type { Client } from "../base/path.ts";
import type { Instant } from "../base/result.ts";
import type { AccessLine } from "./access.ts";

// What has become of a request's body.
/** More of the body is to come. */
export const BODY_OPEN = 0;
/** There is no more: the body was read to its end, or there never was one. */
export const BODY_ENDED = 1;
/** The exchange is over: the peer has gone, or its body was refused. */
export const BODY_GONE = 2;

/** What the server tells the one above it. */
export abstract class HttpEvents {
  /** A request that the ready table does not answer; its body is still to come. Read it by the server's accessors. */
  abstract request(exchange: number, client: Client, now: Instant): void;
  /**
   * The appliance's answer is not wanted any more: the peer has gone, or has been answered an error. `reading`: the
   * appliance waits for more of the body, or has read some.
   */
  abstract cancelled(exchange: number, reading: boolean, now: Instant): void;
  /** More of a body can be read, or its end, after `readBody` had nothing: once until it is called again. */
  abstract bodyReadable(exchange: number, now: Instant): void;
  /** A response has been queued. The line and its bytes are valid during the call; it must not call Streams. */
  abstract answered(line: AccessLine, now: Instant): void;
}
