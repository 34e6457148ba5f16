// The memory below the seam that peers can make the machine hold, divided once, at boot. README.md has the policy and what
// these shares come to; what gives way when one is used up: tcp/room.ts.

/** What a connection costs: its records in TCP and HTTP and their places in tables, bytes that it keeps apart. */
export const CONNECTION_COST = 2048;
/** However little memory there is, and however much. */
const LEAST_CONNECTIONS = 512;
const MOST_CONNECTIONS = 16_384;
/** However little memory there is: what a clone needs for its window, and some requests. */
const LEAST_RECEIVE = 1024 * 1024;

export class Budget {
  /** TCP connections, in any state. */
  readonly connections: number;
  /** Bytes of receive buffers. */
  readonly receive: number;

  /** `memory`: bytes for everything that this divides. */
  constructor(memory: number) {
    const connections = Math.floor(memory / 2 / CONNECTION_COST);
    this.connections = Math.max(LEAST_CONNECTIONS, Math.min(connections, MOST_CONNECTIONS));
    this.receive = Math.max(LEAST_RECEIVE, Math.floor(memory / 4));
  }
}
