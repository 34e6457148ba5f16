// GitTransport over Node's fetch, HTTPS included: for the `node` target.

import type { GitTransportError } from "../appliance/git/error.ts";
import type { GitRequest, GitResponse, GitTransport } from "../appliance/git/transport.ts";
import type { Result } from "../stack/base/result.ts";

/** How often GitRequest.giveUp is asked. */
const GIVE_UP_MS = 1000;

export const fetchTransport: GitTransport = {
  async request(request) {
    const where = request.url;
    const given = new AbortController();
    const asking = setInterval(() => {
      if (request.giveUp()) given.abort(new DOMException("given up", "TimeoutError"));
    }, GIVE_UP_MS);
    try {
      return await answer(where, request, given.signal);
    } catch (cause) {
      return { ok: false, error: word(where, cause) };
    } finally {
      clearInterval(asking);
    }
  },
};

async function answer(
  where: string,
  request: GitRequest,
  signal: AbortSignal,
): Promise<Result<GitResponse, GitTransportError>> {
  const response = await fetch(where, {
    method: request.method,
    headers: request.headers.map(([name, value]): [string, string] => [name, value]),
    signal,
    ...(request.method === "POST" ? { body: new Uint8Array(request.body) } : {}),
  });
  const reader = response.body?.getReader();
  let length = 0;
  for (;;) {
    const chunk = (await reader?.read())?.value;
    if (chunk === undefined) break;
    length += chunk.length;
    const tooLarge = length > request.limit;
    if (tooLarge || (response.status === 200 && !request.onData(chunk))) {
      await reader?.cancel();
      return {
        ok: false,
        error: tooLarge ? { kind: "body-too-large", where, limit: request.limit } : { kind: "stopped", where },
      };
    }
  }
  return { ok: true, value: { status: response.status, url: response.url, headers: [...response.headers] } };
}

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
