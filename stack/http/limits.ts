// Every limit of the server, in one place. Times are microseconds.

import { MILLISECOND, SECOND } from "../base/result.ts";

export interface HttpLimits {
  /** Connections at once; one more is reset. As many as the streams can be: making room is theirs. */
  readonly connections: number;
  /** Bytes of requests that wait for the appliance: their heads and records. One more is answered with 503. */
  readonly exchangeMemory: number;
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
  /** Bytes of a request's body that the appliance can read: 413. */
  readonly body: number;
  /**
   * Bytes of a body that nobody asked for, read past so that the connection can be kept. With a longer one, or one that
   * waits for 100 Continue, the answer is the connection's last.
   */
  readonly skip: number;
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
  /**
   * After the last response the peer's bytes are read and dropped, so that a reset does not take the response from it
   * (RFC 9112 9.6): until none has come for lingerTimeout, at most lingerTotal and so many bytes.
   */
  readonly lingerTimeout: number;
  readonly lingerTotal: number;
  readonly lingerBytes: number;
}

export const DEFAULT_LIMITS: HttpLimits = {
  connections: 1024,
  exchangeMemory: 2 * 1_048_576,
  head: 12_288,
  target: 8000,
  headers: 100,
  body: 25 * 1_048_576,
  skip: 65_536,
  pipelined: 8,
  idleTimeout: 60 * SECOND,
  headTimeout: 10 * SECOND,
  bodyTimeout: 20 * SECOND,
  bodyRate: 1024,
  writeTimeout: 60 * SECOND,
  answerTimeout: 120 * SECOND,
  lingerTimeout: 2 * SECOND,
  lingerTotal: 30 * SECOND,
  lingerBytes: 32 * 1_048_576,
};

/** How late a timeout may be found. */
export const TICK = 250 * MILLISECOND;
