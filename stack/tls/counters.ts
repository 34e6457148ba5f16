// What TlsStreams counts; whoever reads it asks by number, and finds the name in the list.

/** Handshakes that came to their end, and those of them in which a ticket was used. */
export const HANDSHAKES = 0;
export const RESUMED = 1;
/** HelloRetryRequests. */
export const RETRIES = 2;
/** Uses of a private key, that of a key agreement included. */
export const KEY_USES = 3;
/** Clients that speak no TLS 1.3. */
export const OLD_VERSIONS = 4;
export const ALERTS_SENT = 5;
export const ALERTS_RECEIVED = 6;
/** HTTP in the clear where TLS is spoken. */
export const IN_THE_CLEAR = 7;
export const HANDSHAKES_TIMED_OUT = 8;
/** Ended for newer ones. */
export const HANDSHAKES_EVICTED = 9;
/** No record was free. */
export const STREAMS_REFUSED = 10;
/** The peer's side ended without a close_notify. */
export const TRUNCATED = 11;

/** By counter: its constant's name in lower case. */
export const TLS_COUNTER_NAMES: readonly string[] = [
  "handshakes",
  "resumed",
  "retries",
  "key-uses",
  "old-versions",
  "alerts-sent",
  "alerts-received",
  "in-the-clear",
  "handshakes-timed-out",
  "handshakes-evicted",
  "streams-refused",
  "truncated",
];

export class TlsCounters {
  readonly #values: Float64Array = new Float64Array(TLS_COUNTER_NAMES.length);

  note(counter: number): void {
    this.#values[counter] = this.#values[counter]! + 1;
  }

  add(counter: number, count: number): void {
    this.#values[counter] = this.#values[counter]! + count;
  }

  value(counter: number): number {
    return this.#values[counter]!;
  }
}
