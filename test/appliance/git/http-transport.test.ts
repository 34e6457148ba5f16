import { describe, expect, it } from "vitest";
import { HttpTransport } from "../../../appliance/git/http-transport.ts";
import { nodePlatform } from "../../../image/platform-node.ts";
import { describeUnusable } from "../../../stack/edge/names.ts";
import type { ConnectError, Flow, Network } from "../../../stack/edge/network.ts";

/** A network whose every connection fails so, or gives this answer and ends. */
function network(outcome: ConnectError | string): Network {
  const flow = (text: string): Flow => {
    const pieces = text === "" ? [] : [new TextEncoder().encode(text)];
    return {
      read: async () => ({ ok: true, value: pieces.shift() }),
      write: async () => ({ ok: true, value: undefined }),
      shutdown: () => {},
      close: () => {},
    };
  };
  return {
    resolve: async () => ({ ok: true, value: [] }),
    connect: async () =>
      typeof outcome === "string" ? { ok: true, value: flow(outcome) } : { ok: false, error: outcome },
    startTls: async () => ({ ok: true, value: undefined }),
    sendDatagram: () => false,
    serve: () => ({ ok: false, error: "port-in-use" }),
    publish: () => {},
    forget: () => {},
    present: () => [],
    retain: () => {},
    makeRoom: () => 0,
  };
}

async function outcome(of: ConnectError | string, url = "http://example.org/blog.git"): Promise<unknown> {
  const transport = new HttpTransport(network(of), nodePlatform());
  const request = {
    method: "GET" as const,
    url,
    headers: [],
    body: new Uint8Array(0),
    limit: 10,
    onData: () => true,
    giveUp: () => false,
  };
  const result = await transport.request(request);
  return result.ok ? result.value.status : result.error;
}

describe("the transport over our HTTP client", () => {
  it("names what keeps it from connecting", async () => {
    const where = "http://example.org/blog.git";
    const host = "example.org";
    const resolve = (
      kind: "no-such-name" | "no-answer" | "bad-name" | "server-refused" | "server-failed",
    ): ConnectError => ({
      kind: "resolve",
      cause: { kind, name: host },
    });
    expect(await outcome(resolve("no-such-name"))).toEqual({ kind: "no-such-host", where, host });
    expect(await outcome(resolve("bad-name"))).toEqual({ kind: "no-such-host", where, host });
    expect(await outcome(resolve("no-answer"))).toEqual({ kind: "no-name-server", where, host });
    expect(await outcome(resolve("server-refused"))).toEqual({ kind: "server-refused", where, host });
    expect(await outcome(resolve("server-failed"))).toEqual({ kind: "server-failed", where, host });
    for (const kind of ["no-address", "only-ipv6"] as const) {
      const cause = { kind, name: host };
      const reason = describeUnusable(cause);
      expect(await outcome({ kind: "resolve", cause })).toEqual({ kind: "no-address", where, host, reason });
    }
    const own: ConnectError = { kind: "resolve", cause: { kind: "not-a-host", name: host, address: "127.0.0.1" } };
    const reason = "has the address 127.0.0.1, which is no other machine's";
    expect(await outcome(own)).toEqual({ kind: "no-address", where, host, reason });
    const none: ConnectError = { kind: "resolve", cause: { kind: "no-resolver" } };
    expect(await outcome(none)).toEqual({ kind: "no-name-server", where, host });
    expect(await outcome({ kind: "refused" })).toEqual({ kind: "refused", where });
    expect(await outcome({ kind: "unreachable" })).toEqual({ kind: "unreachable", where });
    expect(await outcome({ kind: "timed-out" })).toEqual({ kind: "timed-out", where });
    expect(await outcome({ kind: "no-room" })).toMatchObject({ kind: "broken", where });
  });

  it("names what is wrong with an answer", async () => {
    expect(await outcome("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")).toBe(200);
    expect(await outcome("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok")).toMatchObject({ kind: "broken" });
    expect(await outcome("SSH-2.0-OpenSSH_9.2\r\n")).toMatchObject({ kind: "broken" });
    expect(await outcome("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello world")).toMatchObject({
      kind: "body-too-large",
      limit: 10,
    });
    expect(await outcome("HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n")).toMatchObject({
      kind: "redirects",
    });
  });

  it("says why a server of https is not believed", async () => {
    const reason = "the server's certificate is for a.example, not for example.org";
    expect(await outcome({ kind: "insecure", reason }, "https://example.org/blog.git")).toMatchObject({
      kind: "insecure",
      reason,
    });
    expect(await outcome({ kind: "no-entropy" }, "https://example.org/blog.git")).toMatchObject({ kind: "no-entropy" });
  });
});
