// The memory below the seam that peers can make the machine hold, divided once, at boot. stack/README.md has the policy
// and what these shares come to; who gives way when one is used up: tcp/room.ts.

/**
 * What a connection costs: its records in TCP, HTTP and the table of paths, and their places in the tables that find
 * them, in bytes.
 */
export const CONNECTION_COST = 2048;
/** What one costs beyond that which speaks TLS, as measured (test/bench/idle.ts), with what its handshake takes for a while. */
export const TLS_CONNECTION_COST = 4096;
/** However little memory there is, and however much. */
export const LEAST_CONNECTIONS = 512;
export const MOST_CONNECTIONS = 16_384;
/** However little memory there is: a clone's window, and some requests. */
export const LEAST_RECEIVE = 1024 * 1024;
export const LEAST_SEND = 128 * 1024;
export const LEAST_SMALL = 128 * 1024;
export const LEAST_EXCHANGES = 128 * 1024;
export const LEAST_TLS_CONNECTIONS = 128;
export const LEAST_HANDSHAKES = 128 * 1024;
export const MOST_HANDSHAKES = 1024 * 1024;

/** With so many bytes to divide, others are to leave nothing of them free (the machine must first of all come up), */
const NOTHING_PROMISED = 2 * 1024 * 1024;
/** and with so many everything. */
const ALL_PROMISED = 4 * 1024 * 1024;

export class Budget {
  /** TCP connections, in any state: a half of the memory. */
  readonly connections: number;
  /** Bytes of receive buffers: a quarter. */
  readonly receive: number;
  /** Bytes of large answers that only send queues hold (see SharedMemory.inFlight): a sixteenth. */
  readonly send: number;
  /** The same of small ones (SMALL_ANSWER): a sixteenth. */
  readonly small: number;
  /** Bytes of requests that wait for the appliance: an eighth. */
  readonly exchanges: number;
  /** Connections of them that speak TLS, for an eighth as much again: not of the memory but beside it, once TLS is spoken. */
  readonly tlsConnections: number;
  /** Bytes of handshake messages that have not come whole, over all streams: a part of that eighth, a 64th of the memory. */
  readonly handshakes: number;
  /** The part of what is not taken yet that others must leave free, 0 to 1. */
  readonly promised: number;

  /** `memory`: bytes for all that this divides. */
  constructor(memory: number) {
    const connections = Math.floor(memory / 2 / CONNECTION_COST);
    this.connections = Math.max(LEAST_CONNECTIONS, Math.min(connections, MOST_CONNECTIONS));
    this.receive = Math.max(LEAST_RECEIVE, Math.floor(memory / 4));
    this.send = Math.max(LEAST_SEND, Math.floor(memory / 16));
    this.small = Math.max(LEAST_SMALL, Math.floor(memory / 16));
    this.promised = Math.max(0, Math.min((memory - NOTHING_PROMISED) / (ALL_PROMISED - NOTHING_PROMISED), 1));
    this.exchanges = Math.max(LEAST_EXCHANGES, Math.floor(memory / 8));
    this.handshakes = Math.max(LEAST_HANDSHAKES, Math.min(Math.floor(memory / 64), MOST_HANDSHAKES));
    const secure = Math.floor((memory / 8 - this.handshakes) / TLS_CONNECTION_COST);
    this.tlsConnections = Math.max(LEAST_TLS_CONNECTIONS, Math.min(secure, Math.floor(this.connections / 8)));
  }
}
