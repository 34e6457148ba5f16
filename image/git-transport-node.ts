// GitTransport over Node's fetch, HTTPS included: for the `node` target.

import type { GitTransportError } from "../appliance/git/error.ts";
import type { GitTransport } from "../appliance/git/transport.ts";

/** A server that says nothing for so long is given up. */
const TIMEOUT_MS = 60_000;

export const fetchTransport: GitTransport = {
  async request(request) {
    const where = request.url;
    let response: Response;
    try {
      response = await fetch(where, {
        method: request.method,
        headers: request.headers.map(([name, value]): [string, string] => [name, value]),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(request.method === "POST" ? { body: new Uint8Array(request.body) } : {}),
      });
    } catch (cause) {
      return { ok: false, error: word(where, cause) };
    }
    const chunks: Uint8Array[] = [];
    const reader = response.body?.getReader();
    let length = 0;
    try {
      for (;;) {
        const chunk = (await reader?.read())?.value;
        if (chunk === undefined) break;
        length += chunk.length;
        if (length > request.limit) {
          await reader?.cancel();
          return { ok: false, error: { kind: "body-too-large", where, limit: request.limit } };
        }
        chunks.push(chunk);
        request.onReceived(length);
      }
    } catch (cause) {
      return { ok: false, error: word(where, cause) };
    }
    const headers = [...response.headers];
    return { ok: true, value: { status: response.status, url: response.url, headers, chunks } };
  },
};

function word(where: string, thrown: unknown): GitTransportError {
  const cause: unknown = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  const code = typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
  switch (code) {
    case "ECONNREFUSED":
      return { kind: "refused", where };
    case "ENOTFOUND":
      return { kind: "no-such-host", where, host: new URL(where).hostname };
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return { kind: "unreachable", where };
  }
  if (cause instanceof Error && cause.name === "TimeoutError") return { kind: "timed-out", where };
  return { kind: "broken", where, reason: cause instanceof Error ? cause.message : String(cause) };
}
