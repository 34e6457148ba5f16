// Every limit of the server, in one place. Times are microseconds.

import { MILLISECOND, SECOND } from "../base/result.ts";

export interface HttpLimits {
  /** Connections at once; one more is reset. As many as the streams can be: making room is theirs. */
  readonly connections: number;
  /**
   * Bytes of a head, from the first of the request line to its empty line. The stream's readLimit bounds it as well; it
   * should be some segments larger, or a peer with more to send waits for its persist timer before the limit is passed
   * (RFC 9293 3.8.6.2.1: no segment smaller than the window's usual size).
   */
  readonly head: number;
  /** Bytes of a target (RFC 9112 3 asks for 8000 at least, for the whole line). */
  readonly target: number;
  /** Header lines of a request. */
  readonly headers: number;
  /** Bytes of a request's body. */
  readonly body: number;
  /** Bytes of request bodies in memory at once, over all connections. */
  readonly bodyMemory: number;
  /** Responses that may lie unacknowledged on one connection before its next request is looked at. */
  readonly pipelined: number;
  /** Nothing to do and nothing coming: the connection is closed. */
  readonly idleTimeout: number;
  /** From the first byte of a head to its last: 408. */
  readonly headTimeout: number;
  /** Without a byte of body: 408. */
  readonly bodyTimeout: number;
  /** Bytes of body a second, on the average after the first bodyTimeout: slower is 408. */
  readonly bodyRate: number;
  /** Queued bytes of which none is acknowledged: reset. */
  readonly writeTimeout: number;
  /** The appliance does not answer: 503. */
  readonly answerTimeout: number;
  /** After the last response the peer's bytes are read and dropped this long and this many (RFC 9112 9.6). */
  readonly lingerTimeout: number;
  readonly lingerBytes: number;
}

export const DEFAULT_LIMITS: HttpLimits = {
  connections: 1024,
  head: 12_288,
  target: 8000,
  headers: 100,
  body: 1_048_576,
  bodyMemory: 4 * 1_048_576,
  pipelined: 8,
  idleTimeout: 60 * SECOND,
  headTimeout: 10 * SECOND,
  bodyTimeout: 20 * SECOND,
  bodyRate: 1024,
  writeTimeout: 60 * SECOND,
  answerTimeout: 120 * SECOND,
  lingerTimeout: 2 * SECOND,
  lingerBytes: 262_144,
};

/** How late a timeout may be found. */
export const TICK = 250 * MILLISECOND;
