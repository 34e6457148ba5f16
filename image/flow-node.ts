// Node's sockets as the appliance's flows: connections that it opens itself.

import type { Socket } from "node:net";
import type { Result } from "../stack/base/result.ts";
import type { Flow, FlowError } from "../stack/edge/network.ts";

/** A socket as a Flow: chunks wait in a queue, and the socket is paused while somebody is slow to read. */
export class SocketFlow implements Flow {
  readonly #socket: Socket;
  readonly #chunks: Uint8Array[] = [];
  #ended = false;
  #error: FlowError | undefined;
  #waiting: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(new Uint8Array(chunk));
      socket.pause();
      this.#wake();
    });
    socket.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on("error", (cause) => {
      this.#error = { kind: codeOf(cause) === "ETIMEDOUT" ? "timed-out" : "reset" };
      this.#wake();
    });
    socket.on("close", () => {
      if (!this.#ended) this.#error ??= { kind: "closed" };
      this.#wake();
    });
  }

  async read(): Promise<Result<Uint8Array | undefined, FlowError>> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) return { ok: true, value: chunk };
      if (this.#error !== undefined) return { ok: false, error: this.#error };
      if (this.#ended) return { ok: true, value: undefined };
      this.#socket.resume();
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  async write(bytes: Uint8Array): Promise<Result<undefined, FlowError>> {
    if (this.#error !== undefined || this.#socket.writableEnded)
      return { ok: false, error: this.#error ?? { kind: "closed" } };
    return new Promise((resolve) => {
      this.#socket.write(bytes, (cause) =>
        resolve(cause ? { ok: false, error: { kind: "reset" } } : { ok: true, value: undefined }),
      );
    });
  }

  shutdown(): void {
    this.#socket.end();
  }

  close(): void {
    if (this.#ended) this.#socket.end();
    else this.#socket.destroySoon();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}

export function codeOf(cause: unknown): string {
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
}
