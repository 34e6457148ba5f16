// A Network whose peers are functions: what a connection has received so far goes in, what the peer does comes out.

import type { Port } from "../../stack/base/address.ts";
import type { Result } from "../../stack/base/result.ts";
import type { Timers } from "../../stack/edge/http-client.ts";
import type { ConnectError, ConnectOptions, Flow, FlowError, Network, ResolveError } from "../../stack/edge/network.ts";
import { latin1Bytes } from "../../stack/http/syntax.ts";

export interface PeerAction {
  /** Bytes to send, one character each, in pieces of `cut` bytes (all at once when left out). */
  readonly send?: string;
  readonly cut?: number;
  /** Then end the stream, or break it. */
  readonly end?: "close" | "reset";
}

/** Called with all that has arrived since it last acted; undefined: wait for more. */
export type Peer = (received: string, connection: number, secure: boolean) => PeerAction | undefined;

export class ScriptedNetwork implements Network {
  /** "host:port" of each connect. */
  readonly connects: string[] = [];
  /** Connections closed by the client. */
  closed = 0;
  connectError: ConnectError | undefined;
  readonly #peer: Peer;
  readonly #open: Array<() => void> = [];
  /** Connections up to this number are silent. */
  #silent = 0;

  constructor(peer: Peer) {
    this.#peer = peer;
  }

  async connect(host: string, port: Port, options?: ConnectOptions): Promise<Result<Flow, ConnectError>> {
    this.connects.push(`${host}:${port}`);
    if (this.connectError !== undefined) return { ok: false, error: this.connectError };
    const connection = this.connects.length;
    const incoming: Uint8Array[] = [];
    let received = "";
    let ending: "close" | "reset" | undefined;
    let wake: (() => void) | undefined;
    this.#open.push(() => {
      ending = "close";
      wake?.();
    });
    const value: Flow = {
      read: async (): Promise<Result<Uint8Array | undefined, FlowError>> => {
        for (;;) {
          const bytes = incoming.shift();
          if (bytes !== undefined) return { ok: true, value: bytes };
          if (ending === "close") return { ok: true, value: undefined };
          if (ending === "reset") return { ok: false, error: { kind: "reset" } };
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
      write: async (bytes: Uint8Array): Promise<Result<undefined, FlowError>> => {
        if (ending !== undefined) return { ok: false, error: { kind: "reset" } };
        for (const byte of bytes) received += String.fromCharCode(byte);
        if (connection <= this.#silent) return { ok: true, value: undefined };
        const action = this.#peer(received, connection, options?.secure === true);
        if (action === undefined) return { ok: true, value: undefined };
        received = "";
        const all = latin1Bytes(action.send ?? "");
        const cut = action.cut ?? Math.max(1, all.length);
        for (let at = 0; at < all.length; at += cut) incoming.push(all.slice(at, at + cut));
        ending = action.end;
        wake?.();
        return { ok: true, value: undefined };
      },
      shutdown: () => {},
      close: () => {
        this.closed++;
      },
    };
    return { ok: true, value };
  }

  /** Every open connection's peer falls silent: what is written to it goes nowhere. */
  silenceAll(): void {
    this.#silent = this.connects.length;
  }

  /** Every open connection is ended by its peer, as a server does with idle ones. */
  endAll(): void {
    for (const end of this.#open) end();
  }

  async resolve(): Promise<Result<readonly string[], ResolveError>> {
    return { ok: false, error: { kind: "no-resolver" } };
  }
  async startTls(): ReturnType<Network["startTls"]> {
    return { ok: true, value: undefined };
  }
  sendDatagram(): boolean {
    return false;
  }
  serve(): Result<undefined, "port-in-use"> {
    return { ok: true, value: undefined };
  }
  publish(): void {}
  forget(): void {}
  present(): readonly [] {
    return [];
  }
  retain(): void {}
  makeRoom(): number {
    return 0;
  }
}

/** Timers that fire when the test says so. */
export class ManualTimers implements Timers {
  readonly #pending = new Map<() => void, number>();

  timer(ms: number, callback: () => void): () => void {
    const fire = (): void => callback();
    this.#pending.set(fire, ms);
    return () => this.#pending.delete(fire);
  }

  /** Milliseconds of the one that is set for the shortest time. */
  get shortest(): number {
    return Math.min(...this.#pending.values());
  }

  get pending(): number {
    return this.#pending.size;
  }

  /** Fires all that are set. */
  fire(): void {
    const due = [...this.#pending.keys()];
    this.#pending.clear();
    for (const callback of due) callback();
  }
}
