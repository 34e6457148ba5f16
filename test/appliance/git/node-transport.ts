// GitTransport over Node's fetch, for tests of what lies above it.

import type { GitTransport } from "../../../appliance/git/transport.ts";

export const nodeTransport: GitTransport = {
  async request({ method, url: where, headers, body, limit, onReceived }) {
    try {
      const response = await fetch(where, {
        method,
        headers: headers.map(([name, value]): [string, string] => [name, value]),
        ...(method === "POST" ? { body: body as Uint8Array<ArrayBuffer> } : {}),
      });
      const chunks: Uint8Array[] = [];
      let received = 0;
      for await (const chunk of response.body ?? []) {
        chunks.push(chunk);
        received += chunk.length;
        if (received > limit) return { ok: false, error: { kind: "body-too-large", where, limit } };
        onReceived(received);
      }
      return {
        ok: true,
        value: { status: response.status, url: response.url, headers: [...response.headers], chunks },
      };
    } catch (error) {
      const cause = error instanceof Error ? (error.cause as { code?: string } | undefined) : undefined;
      if (cause?.code === "ECONNREFUSED") return { ok: false, error: { kind: "refused", where } };
      return { ok: false, error: { kind: "broken", where, reason: String(error) } };
    }
  },
};
