// Node's TLS, which is OpenSSL, against ours, over pipes in memory.

import { Duplex } from "node:stream";
import { connect, createSecureContext, type SecureContextOptions, TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Channel } from "../../stack/tls/channel.ts";
import { Client } from "../../stack/tls/client.ts";
import { P256, P384, X25519, X25519_MLKEM768 } from "../../stack/tls/codes.ts";
import type { ServerTerms } from "../../stack/tls/negotiation.ts";
import { ClientTerms } from "../../stack/tls/offer.ts";
import { Server } from "../../stack/tls/server.ts";
import { clientTerms, End, serverTerms, TestRandomness } from "../support/tls.ts";
import { type Identity, KEY_KINDS, type KeyKind, makeIdentity } from "./certificates.ts";
import { NodeVerifier } from "./node-verifier.ts";

const NAME = "blog.example.org";
const SUITES = [
  [0x1301, "TLS_AES_128_GCM_SHA256"],
  [0x1302, "TLS_AES_256_GCM_SHA384"],
  [0x1303, "TLS_CHACHA20_POLY1305_SHA256"],
] as const;
const GROUPS = [
  [X25519_MLKEM768, "X25519MLKEM768"],
  [X25519, "X25519"],
  [P256, "P-256"],
  [P384, "P-384"],
] as const;

const identities = new Map<KeyKind, Identity>();
const sockets: TLSSocket[] = [];

beforeAll(() => {
  for (const kind of KEY_KINDS) identities.set(kind, makeIdentity(kind, NAME));
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
});

function identity(kind: KeyKind): Identity {
  return identities.get(kind)!;
}

/** A socket whose other end is ours. */
class Wire extends Duplex {
  readonly ours: End;
  constructor(ours: End) {
    super();
    this.ours = ours;
  }
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.ours.receive(new Uint8Array(chunk), 0);
    this.flush();
    done();
  }
  flush(): void {
    const bytes = this.ours.connection.channel.take();
    if (bytes.length > 0) this.push(Buffer.from(bytes));
  }
  send(data: Uint8Array): void {
    this.push(Buffer.from(this.ours.seal(data)));
  }
}

interface Outcome {
  readonly socket: TLSSocket;
  readonly wire: Wire;
  readonly error: Error | undefined;
}

/** Waits for a handshake, or for its failure. */
function secured(socket: TLSSocket, wire: Wire, event: "secureConnect" | "secure"): Promise<Outcome> {
  sockets.push(socket);
  return new Promise((resolve) => {
    socket.on("error", (error) => resolve({ socket, wire, error }));
    socket.on(event, () => resolve({ socket, wire, error: undefined }));
  });
}

interface Served extends Outcome {
  readonly server: Server;
}

async function serveNode(terms: ServerTerms, options: object): Promise<Served> {
  const channel = new Channel();
  const server = new Server(terms, channel);
  const wire = new Wire(new End(channel, server));
  const socket = connect({ socket: wire, servername: NAME, rejectUnauthorized: false, ...options });
  return { ...(await secured(socket, wire, "secureConnect")), server };
}

interface Visited extends Outcome {
  readonly client: Client;
}

async function visitNode(
  terms: ClientTerms,
  options: SecureContextOptions & { ALPNProtocols?: string[] },
): Promise<Visited> {
  const channel = new Channel();
  const client = new Client(terms, channel);
  const wire = new Wire(new End(channel, client));
  const { ALPNProtocols, ...context } = options;
  const socket = new TLSSocket(wire, {
    isServer: true,
    secureContext: createSecureContext(context),
    ...(ALPNProtocols && { ALPNProtocols }),
  });
  const done = secured(socket, wire, "secure");
  client.begin(0);
  wire.flush();
  return { ...(await done), client };
}

function received(socket: TLSSocket, length: number): Promise<Buffer> {
  return new Promise((resolve) => {
    let all = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      all = Buffer.concat([all, chunk]);
      if (all.length >= length) resolve(all);
    });
  });
}

/** Node's own turns bring what is awaited; the test's time bounds it. */
async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe("Node as a client of ours", () => {
  for (const [suite, ciphers] of SUITES)
    for (const [group, ecdhCurve] of GROUPS)
      for (const kind of KEY_KINDS)
        test(`${ciphers}, ${ecdhCurve}, ${kind}`, async () => {
          const terms = serverTerms([identity(kind).credential], 1);
          const { socket, wire, server, error } = await serveNode(terms, {
            ciphers,
            ecdhCurve,
            ALPNProtocols: ["http/1.1"],
          });
          expect(error).toBeUndefined();
          await until(() => server.complete);
          expect([server.suite, server.group, socket.alpnProtocol]).toEqual([suite, group, "http/1.1"]);
          const data = Buffer.alloc(100_000, "x");
          socket.write(data);
          await until(() => wire.ours.data.length >= data.length);
          const answer = received(socket, 50_000);
          wire.send(new Uint8Array(50_000).fill(7));
          expect((await answer).equals(Buffer.alloc(50_000, 7))).toBe(true);
        });

  test("a HelloRetryRequest, because of the group and because of load", async () => {
    for (const loaded of [false, true]) {
      const terms = serverTerms([identity("P-256").credential], 1);
      terms.loaded = loaded;
      const { server, error } = await serveNode(terms, { ecdhCurve: loaded ? "X25519" : "P-521:P-256" });
      expect(error).toBeUndefined();
      expect(server.retried).toBe(true);
      await until(() => server.complete);
    }
  });

  test("resumption", async () => {
    const terms = serverTerms([identity("P-256").credential], 1);
    const first = await serveNode(terms, {});
    const session = await new Promise<Buffer>((resolve) => {
      first.socket.once("session", resolve);
    });
    const second = await serveNode(terms, { session });
    expect(second.error).toBeUndefined();
    expect(second.socket.isSessionReused()).toBe(true);
    expect(second.server.resumed).toBe(true);
    const retried = await serveNode(terms, { session, ecdhCurve: "P-521:P-256" });
    expect(retried.error).toBeUndefined();
    expect(retried.server.retried && retried.server.resumed).toBe(true);
    // Of another name: a handshake in full.
    const other = await serveNode(terms, { session, servername: "other.example.org" });
    expect(other.error).toBeUndefined();
    expect(other.server.resumed).toBe(false);
  });

  test("the certificate by its name; ALPN: none, one, no common one", async () => {
    const other = makeIdentity("P-256", "*.other.org");
    const terms = serverTerms([identity("Ed25519").credential, other.credential], 1);
    const named = await serveNode(terms, { servername: "www.other.org" });
    expect(named.socket.getPeerCertificate().subject.CN).toBe("*.other.org");
    const unknown = await serveNode(terms, { servername: "nobody.example" });
    expect(unknown.socket.getPeerCertificate().subject.CN).toBe(NAME);
    expect(unknown.socket.alpnProtocol).toBe(false);
    const old = await serveNode(terms, { ALPNProtocols: ["http/1.0"] });
    expect(old.socket.alpnProtocol).toBe("http/1.0");
    const none = await serveNode(terms, { ALPNProtocols: ["h2"] });
    expect(none.error?.message).toContain("no application protocol");
  });

  test("one that speaks TLS 1.2 alone gets protocol_version", async () => {
    const { error, wire } = await serveNode(serverTerms([identity("P-256").credential], 1), { maxVersion: "TLSv1.2" });
    expect(error?.message).toContain("alert protocol version");
    expect(wire.ours.alert).toBe(70);
  });

  test("close_notify both ways", async () => {
    const { socket, wire } = await serveNode(serverTerms([identity("P-256").credential], 1), {});
    const ended = new Promise((resolve) => {
      socket.resume().once("end", resolve);
    });
    wire.ours.connection.end();
    wire.flush();
    await ended;
    socket.end();
    await until(() => wire.ours.ended);
    expect(wire.ours.over).toBe(false);
  });
});

describe("Node as a server of ours", () => {
  for (const [suite, ciphers] of SUITES)
    for (const [group, ecdhCurve] of GROUPS)
      for (const kind of KEY_KINDS)
        test(`${ciphers}, ${ecdhCurve}, ${kind}`, async () => {
          const { certificatePem, keyPem } = identity(kind);
          const terms = new ClientTerms(NAME, new NodeVerifier(certificatePem), new TestRandomness(3), ["http/1.1"]);
          const context = { cert: certificatePem, key: keyPem, ciphers, ecdhCurve, ALPNProtocols: ["http/1.1"] };
          const { socket, wire, client, error } = await visitNode(terms, context);
          expect(error).toBeUndefined();
          expect(client.complete).toBe(true);
          expect([client.suite, client.group, client.protocol]).toEqual([suite, group, "http/1.1"]);
          // No share was sent of these.
          expect(client.retried).toBe(group === P256 || group === P384);
          socket.write(Buffer.alloc(40_000, 9));
          await until(() => wire.ours.data.length >= 40_000);
          const answer = received(socket, 30_000);
          wire.send(new Uint8Array(30_000).fill(5));
          expect((await answer).equals(Buffer.alloc(30_000, 5))).toBe(true);
        });

  test("resumption", async () => {
    const { certificatePem, keyPem } = identity("P-256");
    const verifier = new NodeVerifier(certificatePem);
    const terms = new ClientTerms(NAME, verifier, new TestRandomness(3), []);
    const context = { cert: certificatePem, key: keyPem, ticketKeys: Buffer.alloc(48, 1) };
    const first = await visitNode(terms, context);
    await until(() => first.client.sessions.length > 0);
    terms.session = first.client.sessions[0]!;
    const second = await visitNode(terms, context);
    expect(second.error).toBeUndefined();
    expect(second.client.resumed).toBe(true);
  });

  test("a certificate that is not believed", async () => {
    const { certificatePem, keyPem } = identity("P-256");
    const verifier = new NodeVerifier(identity("P-384").certificatePem);
    const terms = new ClientTerms(NAME, verifier, new TestRandomness(3), []);
    const { error, wire } = await visitNode(terms, { cert: certificatePem, key: keyPem });
    expect(wire.ours.alert).toBe(48);
    expect(error?.message).toContain("unknown ca");
  });

  test("one that speaks TLS 1.2 alone", async () => {
    const { certificatePem, keyPem } = identity("P-256");
    const { client, wire } = await visitNode(clientTerms(NAME, 3), {
      cert: certificatePem,
      key: keyPem,
      maxVersion: "TLSv1.2",
    });
    expect(client.complete).toBe(false);
    expect(wire.ours.over).toBe(true);
  });
});
