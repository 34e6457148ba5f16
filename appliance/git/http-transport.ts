// GitTransport over the HTTP client of the stack's edge.

import type { Result } from "../../stack/base/result.ts";
import { httpRequest, type Timers } from "../../stack/edge/http-client.ts";
import { describeHttpError, type HttpClientError } from "../../stack/edge/http-error.ts";
import { describeUnusable } from "../../stack/edge/names.ts";
import type { ConnectError, Connector } from "../../stack/edge/network.ts";
import type { GitTransportError } from "./error.ts";
import type { GitRequest, GitResponse, GitTransport } from "./transport.ts";

/** A server may count and compress for a while before the first byte of a pack. */
const TIMEOUT_MS = 60_000;

export class HttpTransport implements GitTransport {
  readonly #network: Connector;
  readonly #timers: Timers;

  constructor(network: Connector, timers: Timers) {
    this.#network = network;
    this.#timers = timers;
  }

  async request(request: GitRequest): Promise<Result<GitResponse, GitTransportError>> {
    const result = await httpRequest(this.#network, this.#timers, {
      url: request.url,
      method: request.method,
      // What is asked of git-upload-pack by POST only reads.
      repeatable: true,
      headers: request.headers,
      ...(request.method === "POST" ? { body: request.body } : {}),
      maxBody: request.limit,
      timeoutMs: TIMEOUT_MS,
      onData: request.onData,
      giveUp: request.giveUp,
    });
    if (!result.ok) return { ok: false, error: transportError(result.error, request) };
    const { status, url, headers } = result.value;
    return { ok: true, value: { status, url, headers } };
  }
}

function transportError(error: HttpClientError, request: GitRequest): GitTransportError {
  const where = request.url;
  switch (error.kind) {
    case "bad-url":
    case "bad-request":
      return { kind: "unsupported-url", where, reason: describeHttpError(error) };
    case "connect":
      return connectError(error.cause, where, describeHttpError(error));
    case "flow":
      if (error.cause.kind === "timed-out") return { kind: "timed-out", where };
      return { kind: "broken", where, reason: describeHttpError(error) };
    case "timed-out":
      return { kind: "timed-out", where };
    case "stopped":
      return { kind: "stopped", where };
    case "response":
      if (error.cause === "body-too-large") return { kind: "body-too-large", where, limit: request.limit };
      return { kind: "broken", where, reason: describeHttpError(error) };
    case "content-coding":
      return { kind: "broken", where, reason: describeHttpError(error) };
    case "too-many-redirects":
    case "bad-redirect":
      return { kind: "redirects", where, reason: describeHttpError(error) };
  }
}

function connectError(cause: ConnectError, where: string, words: string): GitTransportError {
  switch (cause.kind) {
    case "resolve":
      switch (cause.cause.kind) {
        case "no-such-name":
        case "bad-name":
          return { kind: "no-such-host", where, host: cause.cause.name };
        case "no-address":
        case "only-ipv6":
        case "only-ipv4":
        case "not-a-host":
          return { kind: "no-address", where, host: cause.cause.name, reason: describeUnusable(cause.cause) };
        case "no-answer":
          return { kind: "no-name-server", where, host: cause.cause.name };
        case "server-refused":
        case "server-failed":
          return { kind: cause.cause.kind, where, host: cause.cause.name };
        case "no-resolver":
          return { kind: "no-name-server", where, host: hostOf(where) };
      }
      break;
    case "refused":
      return { kind: "refused", where };
    case "unreachable":
      return { kind: "unreachable", where };
    case "timed-out":
      return { kind: "timed-out", where };
    case "no-room":
      return { kind: "broken", where, reason: words };
    case "proxy":
      return { kind: "proxy", where, proxy: cause.proxy, reason: cause.reason };
    case "no-entropy":
      return { kind: "no-entropy", where };
    case "insecure":
      return { kind: "insecure", where, reason: cause.reason };
  }
}

function hostOf(url: string): string {
  return /^\w+:\/\/([^/:]*)/.exec(url)?.[1] ?? url;
}
