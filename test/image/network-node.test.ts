// The `node` target's network: HTTPS served and called by the machine's own TLS, beside Node's.

import { spawn } from "node:child_process";
import { get } from "node:https";
import { connect, createServer, type Server, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { NodeNetwork } from "../../image/network-node.ts";
import { nodePlatform } from "../../image/platform-node.ts";
import type { Port } from "../../stack/base/address.ts";
import { httpRequest, joinChunks } from "../../stack/edge/http-client.ts";
import { describeHttpError } from "../../stack/edge/http-error.ts";
import type { Connector } from "../../stack/edge/network.ts";
import { ProxyConnector } from "../../stack/edge/proxy.ts";

const platform = nodePlatform();
const LARGE = new Uint8Array(3_000_000).map((_, i) => (i * 7 + (i >> 12)) % 251);

/** Ends what a test has opened. */
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** A network that serves HTTPS with a key of its own; its port, and the key as --trust takes it. */
async function serve(): Promise<{ port: number; key: string }> {
  const ports: number[] = [];
  let listening = (): void => {};
  const network = new NodeNetwork({
    host: "127.0.0.1",
    listening(port) {
      ports.push(port);
      listening();
    },
  });
  const seed = platform.random(128)!;
  const names = ["localhost", "127.0.0.1"];
  const [own] = network.present([{ kind: "own", seed, names, notBefore: 1_735_689_600 }]);
  const up = new Promise<void>((resolve) => {
    listening = resolve;
  });
  network.serve({ port: 0 as Port, secure: true, action: { kind: "serve" } }, async ({ method, target, read }) => {
    const body: Uint8Array[] = [];
    for (;;) {
      const piece = method === "POST" ? await read() : ({ ok: true, value: undefined } as const);
      if (!piece.ok || piece.value === undefined) break;
      body.push(piece.value);
    }
    return { status: 200, headers: [], body: target === "/echo" ? joinChunks(body) : LARGE };
  });
  await up;
  open.push(() => {
    for (const server of network.servers) server.close();
  });
  return { port: ports[0]!, key: own!.fingerprint };
}

async function fetched(network: Connector, url: string, body?: Uint8Array): Promise<Uint8Array | string> {
  const answer = await httpRequest(network, platform, {
    url,
    timeoutMs: 10_000,
    ...(body === undefined ? {} : { method: "POST", body }),
  });
  return answer.ok ? joinChunks(answer.value.chunks) : describeHttpError(answer.error);
}

/** Long arrays, without a look at each byte by the test's own means. */
function same(got: Uint8Array | string, wanted: Uint8Array): string {
  if (typeof got === "string") return got;
  return Buffer.from(got).equals(wanted) ? "the same" : `${got.length} other bytes`;
}

describe("HTTPS on the node target", () => {
  it("is served as on the machine: Node's client reads it, speaks TLS 1.3 and no older", async () => {
    const { port } = await serve();
    const body = await new Promise<Buffer>((resolve, reject) => {
      get({ host: "127.0.0.1", port, rejectUnauthorized: false, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve(Buffer.concat(chunks)));
      }).on("error", reject);
    });
    expect(body.equals(LARGE)).toBe(true);
    const old = await new Promise<string>((resolve) => {
      const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, maxVersion: "TLSv1.2" });
      socket.on("error", (error) => resolve(error.message));
      socket.on("secureConnect", () => resolve("connected"));
    });
    expect(old).toMatch(/protocol version/i);
  });

  it("is called by the machine's own client, both ways large, on kept connections", async () => {
    const { port, key } = await serve();
    const network = new NodeNetwork({ trust: [key] });
    const url = `https://127.0.0.1:${port}`;
    expect(network.distrusted()).toBe("");
    const part = LARGE.subarray(0, 1_000_000);
    expect(same(await fetched(network, `${url}/`), LARGE)).toBe("the same");
    expect(same(await fetched(network, `${url}/echo`, part), part)).toBe("the same");
    expect(same(await fetched(network, `${url}/`), LARGE)).toBe("the same");
  });

  it("is verified as on the machine: who is not known is refused, with the key that would accept it", async () => {
    const { port, key } = await serve();
    const said = await fetched(new NodeNetwork(), `https://127.0.0.1:${port}/`);
    expect(said).toMatch(/^https:\/\/127\.0\.0\.1:\d+ is not believed: /);
    expect(said).toContain(`--trust=${key} accepts it`);
    expect(new NodeNetwork({ trust: ["sha256:00"] }).distrusted()).toContain("--trust: sha256: is followed by");
  });

  it("tells who refuses from who speaks no TLS", async () => {
    const deaf = await listen((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
    expect(await fetched(new NodeNetwork(), `https://127.0.0.1:${deaf}/`)).toMatch(/is not believed: the server/);
    const shut = await listen((socket) => socket.once("data", () => socket.end()));
    expect(await fetched(new NodeNetwork(), `https://127.0.0.1:${shut}/`)).toMatch(
      /is not believed: the server ended the connection in the middle of the handshake; it may not speak TLS 1\.3/,
    );
    const closed = await listen(() => {});
    open.splice(-1)[0]!();
    expect(await fetched(new NodeNetwork(), `https://127.0.0.1:${closed}/`)).toMatch(/refused the connection/);
  });

  it("is what `npm run dev -- --tls` serves", async () => {
    const words = ["image/target-node.ts", "demo", "--port=0", "--tls=18443", "--cert-seed=a seed for this test"];
    const program = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
    open.push(() => program.kill("SIGKILL"));
    let said = "";
    const key = await new Promise<string>((resolve, reject) => {
      for (const stream of [program.stdout, program.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => {
          said += text;
          const found = /Its key is (sha256:[0-9a-f]{64})/.exec(said)?.[1];
          if (found !== undefined && said.includes(" ready: ") && said.includes("https://127.0.0.1:18443/"))
            resolve(found);
        });
      program.on("exit", () => reject(new Error(said)));
    });
    const page = await fetched(new NodeNetwork({ trust: [key] }), "https://127.0.0.1:18443/");
    expect(typeof page === "string" ? page : new TextDecoder().decode(page)).toMatch(/^<!doctype html>/i);
  });

  it("goes through a proxy, which sees the name of the server and nothing else", async () => {
    const { port, key } = await serve();
    const seen: string[] = [];
    const proxy = await listen((socket) => {
      socket.once("data", (head: Buffer) => {
        seen.push(head.toString("latin1"));
        const way = connect(port, "127.0.0.1", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
        socket.on("data", (data: Buffer) => seen.push(data.toString("latin1")));
        way.pipe(socket).pipe(way);
        for (const end of [way, socket]) end.on("error", () => {});
      });
    });
    const through = (trust: readonly string[]): Connector =>
      new ProxyConnector(new NodeNetwork({ trust }), platform, {
        host: "127.0.0.1",
        port: proxy as Port,
        authorization: "Basic eDp5",
        exempt: [],
      });
    const url = `https://localhost:${port}/echo`;
    const secret = new TextEncoder().encode("a word in private");
    expect(await fetched(through([key]), url, secret)).toEqual(secret);
    expect(seen[0]).toMatch(/^CONNECT localhost:\d+ HTTP\/1\.1\r\n/);
    expect(seen[0]).toContain("Proxy-Authorization: Basic eDp5");
    expect(seen.join("")).not.toMatch(/in private|POST/);
    expect(await fetched(through([]), url)).toContain("is not believed");
  });
});

/** A server of bare sockets; its port. */
async function listen(connected: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer(connected);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
