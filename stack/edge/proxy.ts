// Connections over TLS through an HTTP proxy: CONNECT (RFC 9110 9.3.6), then TLS from end to end. The proxy looks the name
// up, and sees neither what is asked nor what is answered. Plain HTTP goes its own way.
//
//   const connector = new ProxyConnector(network, timers, proxy);   // in the place of the network

import type { Port } from "../base/address.ts";
import type { Result } from "../base/result.ts";
import { latin1Bytes } from "../http/syntax.ts";
import { FAILED, GOT_END, HttpResponseReader, NEED_MORE } from "../http1/client.ts";
import { inTime, type Timers } from "./in-time.ts";
import { describeUnusable } from "./names.ts";
import type { ConnectError, ConnectOptions, Connector, Flow, Network } from "./network.ts";

export interface HttpProxy {
  readonly host: string;
  readonly port: Port;
  /** Value of the Proxy-Authorization field (RFC 9110 11.7.2); undefined: none. */
  readonly authorization: string | undefined;
  /** Hosts that are called without it, in lower case: names, with all below them, and addresses; "*" is all. */
  readonly exempt: readonly string[];
}

/** What is read of a proxy's answer: its head, and of interim ones before it. */
export const PROXY_ANSWER_LIMITS = { head: 16_384, interim: 4, body: 0 } as const;

export class ProxyConnector implements Connector {
  readonly #network: Pick<Network, "connect" | "startTls">;
  readonly #timers: Timers;
  readonly #proxy: HttpProxy;

  constructor(network: Pick<Network, "connect" | "startTls">, timers: Timers, proxy: HttpProxy) {
    this.#network = network;
    this.#timers = timers;
    this.#proxy = proxy;
  }

  async connect(host: string, port: Port, options: ConnectOptions): Promise<Result<Flow, ConnectError>> {
    if (!options.secure || isExempt(host, this.#proxy.exempt)) return this.#network.connect(host, port, options);
    const { timeoutMs } = options;
    const opened = await this.#network.connect(this.#proxy.host, this.#proxy.port, { secure: false, timeoutMs });
    if (!opened.ok) return this.#failed(unreached(opened.error));
    const flow = opened.value;
    const refusal = await inTime(this.#timers, this.#ask(flow, host, port), timeoutMs);
    if (refusal !== "") {
      flow.close();
      return this.#failed(refusal ?? "did not answer in time");
    }
    const started = await this.#network.startTls(flow, host, timeoutMs);
    return started.ok ? opened : started;
  }

  /** Asks for the way to a server; "", or why there is none. */
  async #ask(flow: Flow, host: string, port: Port): Promise<string> {
    const { authorization } = this.#proxy;
    const credentials = authorization === undefined ? "" : `Proxy-Authorization: ${authorization}\r\n`;
    const head = `CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\nUser-Agent: Epiphyte\r\n${credentials}\r\n`;
    if (!(await flow.write(latin1Bytes(head))).ok) return "broke the connection off";
    // An answer to CONNECT has no body if it is a good one, and of another the head is enough.
    const reader = new HttpResponseReader("HEAD", PROXY_ANSWER_LIMITS);
    for (;;) {
      const read = await flow.read();
      if (!read.ok) return "broke the connection off";
      const bytes = read.value;
      if (bytes === undefined) return "closed the connection before it had answered";
      let at = 0;
      let verdict = NEED_MORE;
      do {
        verdict = reader.push(bytes, at, bytes.length - at);
        at += reader.consumed;
        if (verdict === FAILED) return "answered something that is not HTTP";
      } while (verdict !== NEED_MORE && verdict !== GOT_END);
      if (verdict !== GOT_END) continue;
      const { status } = reader;
      // A server of TLS waits for its client to begin: what came with the answer is the proxy's own.
      if (status >= 200 && status < 300) return at === bytes.length ? "" : "sent more than an answer";
      // Some say 401 where 407 is meant.
      if (status === 407 || status === 401)
        return authorization === undefined
          ? `wants credentials (status ${status}): --https-proxy=http://USER:PASSWORD@HOST:PORT`
          : `refuses the credentials that it was given (status ${status})`;
      return `refuses to connect to ${host}:${port} (status ${status})`;
    }
  }

  #failed(reason: string): { readonly ok: false; readonly error: ConnectError } {
    const { host, port } = this.#proxy;
    return { ok: false, error: { kind: "proxy", proxy: `${host}:${port}`, reason } };
  }
}

/** True: this host is called without the proxy. */
export function isExempt(host: string, exempt: readonly string[]): boolean {
  return exempt.some((name) => name === "*" || host === name || host.endsWith(`.${name}`));
}

function unreached(error: ConnectError): string {
  switch (error.kind) {
    case "refused":
      return "refused the connection";
    case "timed-out":
      return "did not answer";
    case "no-room":
      return "could not be called: no connection is free on this machine";
    case "resolve":
      switch (error.cause.kind) {
        case "no-such-name":
        case "bad-name":
          return "has a name that does not exist";
        case "no-address":
        case "only-ipv6":
        case "only-ipv4":
        case "not-a-host":
          return describeUnusable(error.cause);
        default:
          return "has a name that no name server could look up";
      }
    default:
      return "cannot be reached";
  }
}
