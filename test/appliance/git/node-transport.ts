// GitTransport over Node's fetch, for tests of what lies above it.

import type { GitRequest, GitTransport } from "../../../appliance/git/transport.ts";

export const nodeTransport: GitTransport = {
  async request(request: GitRequest) {
    const where = request.url;
    let response: Response;
    try {
      response = await fetch(request.url, {
        method: request.method,
        headers: request.headers.map(([name, value]): [string, string] => [name, value]),
        ...(request.method === "POST" ? { body: request.body as Uint8Array<ArrayBuffer> } : {}),
      });
    } catch (error) {
      const cause = error instanceof Error ? (error.cause as { code?: string } | undefined) : undefined;
      if (cause?.code === "ECONNREFUSED") return { ok: false, error: { kind: "refused", where } };
      return { ok: false, error: { kind: "broken", where, reason: String(error) } };
    }
    const reader = response.body?.getReader();
    return {
      ok: true,
      value: {
        status: response.status,
        url: response.url,
        headers: [...response.headers],
        async read() {
          try {
            const chunk = await reader?.read();
            return { ok: true, value: chunk?.value };
          } catch (error) {
            return { ok: false, error: { kind: "broken", where, reason: String(error) } };
          }
        },
        close() {
          reader?.cancel().catch(() => {});
        },
      },
    };
  },
};
