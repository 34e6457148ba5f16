// Requests that the ready table did not answer, handed to the appliance, and the table itself: HTTP as the appliance has
// it, over our own stack (edge.ts) and over Node's sockets (image/network-node.ts) alike.

import type { Result } from "../base/result.ts";
import { BODY_ENDED, BODY_GONE } from "../http/events.ts";
import { formatHeaders, parseHeaders } from "./headers.ts";
import type { HttpAnswer, HttpHandler, HttpRequest, ReadyResponse } from "./network.ts";
import type { Seam } from "./seam.ts";

/** What of the seam this needs. */
export type WebSeam = Pick<
  Seam,
  | "requestMethod"
  | "requestTarget"
  | "requestHeaders"
  | "requestBody"
  | "requestBodyState"
  | "requestPeer"
  | "respond"
  | "retry"
  | "tableBegin"
  | "tableKeep"
  | "tableCommit"
  | "tablePut"
  | "tableForget"
>;

export class EdgeWeb {
  readonly #seam: WebSeam;
  /** Who waits for more of a body, by exchange. */
  readonly #readers = new Map<string, () => void>();
  handler: HttpHandler | undefined;

  constructor(seam: WebSeam) {
    this.#seam = seam;
  }

  /** EVENT_REQUEST. */
  request(exchange: number): void {
    const seam = this.#seam;
    if (this.handler === undefined) {
      seam.respond(exchange, 503, "Retry-After: 1\r\n", new Uint8Array(0));
      return;
    }
    const request: HttpRequest = {
      method: seam.requestMethod(exchange),
      target: seam.requestTarget(exchange),
      headers: parseHeaders(seam.requestHeaders(exchange)),
      peer: seam.requestPeer(exchange),
      read: () => this.#read(exchange),
    };
    void this.handler(request).then((answer) => this.#answer(exchange, answer));
  }

  /** EVENT_BODY. */
  body(exchange: number): void {
    const wake = this.#readers.get(String(exchange));
    this.#readers.delete(String(exchange));
    wake?.();
  }

  publish(r: ReadyResponse): void {
    const headers = formatHeaders(r.headers);
    this.#seam.tablePut(r.path, r.status, headers, r.etag, r.lastModified, r.encoding, r.body);
  }

  forget(path: string): void {
    this.#seam.tableForget(path);
  }

  retain(paths: Iterable<string>): void {
    this.#seam.tableBegin();
    for (const path of paths) this.#seam.tableKeep(path);
    this.#seam.tableCommit();
  }

  #answer(exchange: number, answer: HttpAnswer): void {
    const seam = this.#seam;
    if (answer !== "ready") seam.respond(exchange, answer.status, formatHeaders(answer.headers), answer.body);
    // It was let go of in the same moment: the next request makes it again.
    else if (!seam.retry(exchange)) seam.respond(exchange, 503, "Retry-After: 1\r\n", new Uint8Array(0));
  }

  async #read(exchange: number): Promise<Result<Uint8Array | undefined, "gone">> {
    for (;;) {
      const piece = this.#seam.requestBody(exchange);
      if (piece.length > 0) return { ok: true, value: piece };
      const state = this.#seam.requestBodyState(exchange);
      if (state === BODY_GONE) return { ok: false, error: "gone" };
      if (state === BODY_ENDED) return { ok: true, value: undefined };
      await new Promise<void>((resolve) => this.#readers.set(String(exchange), resolve));
    }
  }
}
