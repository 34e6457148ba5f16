// The connections that are opened from above the seam: handles become flows, events go to those whose they are.

import type { Port } from "../base/address.ts";
import type { Result } from "../base/result.ts";
import { EVENT_CLOSED, EVENT_CONNECTED, EVENT_READABLE, EVENT_SENT } from "../host/events.ts";
import { type FlowSeam, type Opened, StackFlow } from "./flow.ts";
import { isIpv6 } from "./names.ts";
import type { ConnectError, ConnectOptions, Flow } from "./network.ts";
import type { Seam } from "./seam.ts";

/** Unread bytes that a connection of ours may hold: the window for a clone. */
export const CONNECT_RECEIVE_LIMIT = 256 * 1024;

const HTTP: readonly string[] = ["http/1.1", "http/1.0"];

/** How long one family is waited for before the other is tried as well (RFC 8305 5, Connection Attempt Delay). */
export const ATTEMPT_DELAY_MS = 250;

/** Calls back once after the milliseconds; the returned function cancels it. */
export type Timer = (ms: number, callback: () => void) => () => void;

export class EdgeFlows {
  readonly #seam: FlowSeam & Pick<Seam, "connect" | "canSecure">;
  readonly #timer: Timer;
  readonly #flows = new Map<number, StackFlow>();

  constructor(seam: FlowSeam & Pick<Seam, "connect" | "canSecure">, timer: Timer) {
    this.#seam = seam;
    this.#timer = timer;
  }

  /**
   * To the first of these addresses that answers: one after the other, but where the next is of the other family it is not
   * waited for longer than ATTEMPT_DELAY_MS (RFC 8305 5). `secureName`: over TLS, to who has a certificate for it; "": in the
   * clear.
   */
  connect(
    addresses: readonly string[],
    port: Port,
    secureName: string,
    { timeoutMs, protocols = HTTP }: Pick<ConnectOptions, "timeoutMs" | "protocols">,
  ): Promise<Result<Flow, ConnectError>> {
    return new Promise((resolve) => {
      let next = 0;
      let pending = 0;
      let done = false;
      let stopWaiting = (): void => {};
      const end = (result: Result<Flow, ConnectError>): void => {
        done = true;
        stopWaiting();
        resolve(result);
      };
      const ended = (attempt: Result<Flow, ConnectError>): void => {
        pending--;
        if (done) {
          if (attempt.ok) attempt.value.close();
          // Another address of a server that is not believed would be no better, and would hide why.
        } else if (attempt.ok || attempt.error.kind === "insecure") end(attempt);
        else if (next < addresses.length) begin();
        else if (pending === 0) end(attempt);
      };
      const begin = (): void => {
        stopWaiting();
        const address = addresses[next];
        if (done || address === undefined) return;
        next++;
        pending++;
        void this.#connectTo(address, port, secureName, timeoutMs, protocols).then(ended);
        const other = addresses[next];
        if (other !== undefined && isIpv6(other) !== isIpv6(address))
          stopWaiting = this.#timer(ATTEMPT_DELAY_MS, begin);
      };
      if (addresses.length === 0) end({ ok: false, error: { kind: "unreachable" } });
      else begin();
    });
  }

  /** The number that an open flow has at the seam. */
  handleOf(flow: Flow): number {
    if (!(flow instanceof StackFlow)) throw new Error("a connection that is not ours");
    return flow.handle;
  }

  #connectTo(
    address: string,
    port: Port,
    secureName: string,
    timeoutMs: number,
    protocols: readonly string[],
  ): Promise<Result<Flow, ConnectError>> {
    if (secureName !== "" && !this.#seam.canSecure())
      return Promise.resolve({ ok: false, error: { kind: "no-entropy" } });
    const handle = this.#seam.connect(address, port, CONNECT_RECEIVE_LIMIT, secureName, protocols.join(" "));
    if (handle < 0) return Promise.resolve({ ok: false, error: { kind: "no-room" } });
    return this.#inTime(timeoutMs, (opened) => {
      const flow = new StackFlow(this.#seam, handle, opened, () => this.#flows.delete(handle));
      this.#flows.set(handle, flow);
      return flow;
    });
  }

  /** See Network. */
  async startTls(flow: Flow, name: string, timeoutMs: number): Promise<Result<undefined, ConnectError>> {
    if (!(flow instanceof StackFlow)) throw new Error("TLS on a connection that is not ours");
    if (!this.#seam.canSecure()) {
      flow.close();
      return { ok: false, error: { kind: "no-entropy" } };
    }
    const started = await this.#inTime(timeoutMs, (opened) => {
      flow.startTls(name, opened);
      return flow;
    });
    return started.ok ? { ok: true, value: undefined } : started;
  }

  /** An event of the seam: of a flow's kinds (EVENT_CONNECTED to EVENT_CLOSED). */
  event(kind: number, handle: number, number: number, text: string): void {
    const flow = this.#flows.get(handle);
    switch (kind) {
      case EVENT_CONNECTED:
        flow?.connected();
        break;
      case EVENT_READABLE:
        flow?.readable();
        break;
      case EVENT_SENT:
        flow?.sent();
        break;
      case EVENT_CLOSED:
        flow?.closed(number, text);
        break;
    }
  }

  #inTime(timeoutMs: number, begin: (opened: Opened) => StackFlow): Promise<Result<Flow, ConnectError>> {
    return new Promise((resolve) => {
      let cancel = (): void => {};
      const flow = begin((result) => {
        cancel();
        resolve(result);
      });
      if (flow.opening) cancel = this.#timer(timeoutMs, () => flow.connectTimedOut());
    });
  }
}
