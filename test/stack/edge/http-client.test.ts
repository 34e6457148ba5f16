import { describe, expect, it } from "vitest";
import {
  type HttpAnswer,
  HttpClient,
  type HttpClientRequest,
  joinChunks,
  SILENT_MS,
} from "../../../stack/edge/http-client.ts";
import { describeHttpError, type HttpClientError } from "../../../stack/edge/http-error.ts";
import { latin1Bytes } from "../../../stack/http/syntax.ts";
import { ManualTimers, type Peer, ScriptedNetwork } from "../../support/scripted-network.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello";

function setup(peer: Peer): { network: ScriptedNetwork; timers: ManualTimers; client: HttpClient } {
  const network = new ScriptedNetwork(peer);
  const timers = new ManualTimers();
  return { network, timers, client: new HttpClient(network, timers) };
}

async function value(client: HttpClient, request: HttpClientRequest): Promise<HttpAnswer> {
  const result = await client.request(request);
  if (!result.ok) throw new Error(describeHttpError(result.error));
  return result.value;
}

async function error(client: HttpClient, request: HttpClientRequest): Promise<HttpClientError> {
  const result = await client.request(request);
  if (result.ok) throw new Error("no error");
  return result.error;
}

/** What can go on without a timer has. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

function text(answer: HttpAnswer): string {
  return String.fromCharCode(...joinChunks(answer.chunks));
}

describe("httpRequest", () => {
  it("writes a request and reads its answer, however it is cut", async () => {
    for (let cut = 1; cut < OK.length; cut++) {
      let seen = "";
      const { client } = setup((received) => {
        seen = received;
        return { send: OK, cut };
      });
      const answer = await value(client, { url: "http://Git.Example:8080/a?b=c#d", headers: [["X-B", "1"]] });
      expect(seen).toBe(
        "GET /a?b=c HTTP/1.1\r\nHost: git.example:8080\r\nX-B: 1\r\nUser-Agent: Epiphyte\r\nAccept-Encoding: identity\r\n\r\n",
      );
      expect([answer.status, answer.reason, answer.url, text(answer)]).toEqual([
        200,
        "OK",
        "http://git.example:8080/a?b=c",
        "hello",
      ]);
      expect(answer.headers[1]).toEqual(["x-a", "b"]);
    }
  });

  it("posts a body and reports progress", async () => {
    let seen = "";
    const { client } = setup((received) => {
      seen = received;
      return received.endsWith("data") ? { send: OK, cut: 48 } : undefined;
    });
    const progress: number[] = [];
    await value(client, {
      url: "http://a/",
      method: "POST",
      body: latin1Bytes("data"),
      onProgress: (received, expected) => progress.push(received, expected),
    });
    expect(seen).toMatch(/^POST \/ HTTP\/1.1\r\nHost: a\r\n[\s\S]*Content-Length: 4\r\n\r\ndata$/);
    expect(progress[progress.length - 2]).toBe(5);
    expect(progress[progress.length - 1]).toBe(5);
  });

  it("uses a connection again, and closes it when it has lain idle", async () => {
    const { network, timers, client } = setup(() => ({ send: OK }));
    await value(client, { url: "http://a/1" });
    await value(client, { url: "http://a/2" });
    await value(client, { url: "http://b/3" });
    expect(network.connects).toEqual(["a:80", "b:80"]);
    timers.fire();
    expect(network.closed).toBe(2);
    await value(client, { url: "http://a/4" });
    expect(network.connects).toEqual(["a:80", "b:80", "a:80"]);
    client.close();
    expect([network.closed, timers.pending]).toEqual([3, 0]);
  });

  it("tries once more when a kept connection turns out to be closed", async () => {
    const { network, client } = setup(() => ({ send: OK }));
    await value(client, { url: "http://a/1" });
    network.endAll();
    expect(text(await value(client, { url: "http://a/2" }))).toBe("hello");
    expect(network.connects.length).toBe(2);
  });

  it("gives up a kept connection on which nothing comes, and asks over a fresh one what may be asked twice", async () => {
    const { network, timers, client } = setup(() => ({ send: OK }));
    await value(client, { url: "http://a/1" });
    network.silenceAll();
    let asked = client.request({ url: "http://a/2" });
    await settled();
    expect(timers.shortest).toBe(SILENT_MS);
    timers.fire();
    expect((await asked).ok).toBe(true);
    expect([network.connects.length, network.closed]).toEqual([2, 1]);
    // Of a fresh one all the time is waited for.
    network.silenceAll();
    client.close();
    const fresh = client.request({ url: "http://b/", timeoutMs: 20_000 });
    await settled();
    network.silenceAll();
    expect((await fresh).ok).toBe(true);
    asked = client.request({ url: "http://b/", method: "POST", timeoutMs: 20_000 });
    await settled();
    expect(timers.shortest).toBe(20_000);
    timers.fire();
    expect(await asked).toEqual({ ok: false, error: { kind: "timed-out", origin: "http://b", during: "receiving" } });
    expect(network.connects.length).toBe(3);
    await value(client, { url: "http://b/" });
    network.silenceAll();
    asked = client.request({ url: "http://b/", method: "POST", repeatable: true });
    await settled();
    timers.fire();
    expect((await asked).ok).toBe(true);
    expect(network.connects.length).toBe(5);
  });

  it("does not ask anew what was to be given up", async () => {
    const { network, timers, client } = setup(() => ({ send: OK }));
    await value(client, { url: "http://a/1" });
    network.silenceAll();
    let over = false;
    const asked = client.request({ url: "http://a/2", giveUp: () => over });
    await settled();
    over = true;
    timers.fire();
    expect((await asked).ok).toBe(false);
    expect(network.connects.length).toBe(1);
  });

  it("does not try again when a fresh connection breaks, or when an answer has begun", async () => {
    const fresh = setup(() => ({ end: "reset" }));
    expect(await error(fresh.client, { url: "http://a/" })).toEqual({
      kind: "flow",
      origin: "http://a",
      cause: { kind: "reset" },
    });
    expect(fresh.network.connects.length).toBe(1);
    let answers = 0;
    const begun = setup(() => (answers++ === 0 ? { send: OK } : { send: "HTTP/1.1 2", end: "close" }));
    await value(begun.client, { url: "http://a/" });
    expect((await error(begun.client, { url: "http://a/" })).kind).toBe("response");
    expect(begun.network.connects.length).toBe(1);
  });

  it("does not keep a connection that says close, ends with its body or has more to say", async () => {
    for (const send of [
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
      `${OK}HTTP/1.1 200`,
    ]) {
      const { network, client } = setup(() => ({ send }));
      await value(client, { url: "http://a/" });
      expect(network.closed).toBe(1);
    }
    const { network, client } = setup(() => ({ send: "HTTP/1.1 200 OK\r\n\r\nto the end", end: "close" }));
    expect(text(await value(client, { url: "http://a/" }))).toBe("to the end");
    expect(network.closed).toBe(1);
  });

  it("takes a redirect for the answer where none is to be followed", async () => {
    const { network, client } = setup(() => ({
      send: "HTTP/1.1 302 Found\r\nLocation: http://b/\r\nContent-Length: 5\r\n\r\nhello",
    }));
    const answer = await value(client, { url: "http://a/", followRedirects: false });
    expect([answer.status, answer.url, text(answer)]).toEqual([302, "http://a/", "hello"]);
    expect(network.connects).toEqual(["a:80"]);
  });

  it("follows redirects with the method that each asks for", async () => {
    const cases: ReadonlyArray<readonly [status: number, method: string, then: string]> = [
      [301, "POST", "GET"],
      [302, "POST", "GET"],
      [303, "POST", "GET"],
      [303, "HEAD", "HEAD"],
      [307, "POST", "POST"],
      [308, "POST", "POST"],
      [301, "PUT", "PUT"],
    ];
    for (const [status, method, then] of cases) {
      const lines: string[] = [];
      const { client } = setup((received) => {
        if (method !== "HEAD" && !received.startsWith("GET") && !received.endsWith("data")) return undefined;
        lines.push(received.slice(0, received.indexOf(" HTTP")));
        if (lines.length > 1) return { send: "HTTP/1.1 204 No Content\r\n\r\n" };
        return { send: `HTTP/1.1 ${status} Moved\r\nLocation: ../new?x\r\nContent-Length: 0\r\n\r\n` };
      });
      const answer = await value(client, {
        url: "http://a/b/c/d",
        method,
        ...(method === "HEAD" ? {} : { body: latin1Bytes("data") }),
      });
      expect(lines).toEqual([`${method} /b/c/d`, `${then} /b/new?x`]);
      expect(answer.url).toBe("http://a/b/new?x");
    }
  });

  it("gives up after five redirects, and on one that leads nowhere", async () => {
    const endless = setup(() => ({ send: "HTTP/1.1 302 F\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n" }));
    expect((await error(endless.client, { url: "http://a/" })).kind).toBe("too-many-redirects");
    const nowhere = setup(() => ({ send: "HTTP/1.1 302 F\r\nLocation: ftp://b/x\r\nContent-Length: 0\r\n\r\n" }));
    expect((await error(nowhere.client, { url: "http://a/" })).kind).toBe("bad-redirect");
  });

  it("carries credentials to their own origin only", async () => {
    const seen: string[] = [];
    const { client } = setup((received) => {
      seen.push(received);
      const location = seen.length === 1 ? "http://a/second" : "http://b/third";
      return seen.length === 3
        ? { send: OK }
        : { send: `HTTP/1.1 302 F\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n` };
    });
    const answer = await value(client, { url: "http://us%65r:p%C3%A4ss@a/", headers: [["Cookie", "x=y"]] });
    expect(answer.url).toBe("http://b/third");
    // RFC 7617: "user:päss" in UTF-8.
    for (const i of [0, 1]) expect(seen[i]!).toMatch(/\r\nAuthorization: Basic dXNlcjpww6Rzcw==\r\n/);
    expect(seen[0]!).toMatch(/Cookie/);
    expect(seen[2]!).not.toMatch(/Authorization|Cookie/);
  });

  it("tells what is wrong with a request before it connects", async () => {
    const { network, client } = setup(() => ({ send: OK }));
    for (const url of [
      "",
      "a",
      "ftp://a/",
      "http://",
      "http://a:99999/",
      "http://[::1/",
      "http://[::1]x/",
      "http://[1.2.3.4]/",
      "http://[fe80::1%25eth0]/",
      "http://a b/",
      "http://a/ b",
    ])
      expect((await error(client, { url })).kind).toBe("bad-url");
    expect((await error(client, { url: "http://a/", method: "G T" })).kind).toBe("bad-request");
    expect((await error(client, { url: "http://a/", headers: [["A", "b\r\nC: d"]] })).kind).toBe("bad-request");
    const secret = await error(client, { url: "http://user:secret@:/" });
    expect(describeHttpError(secret)).not.toMatch(/secret/);
    expect(network.connects).toEqual([]);
  });

  it("tells why there is no connection", async () => {
    const { network, client } = setup(() => undefined);
    network.connectError = { kind: "resolve", cause: { kind: "no-such-name", name: "a" } };
    expect(describeHttpError(await error(client, { url: "http://a/" }))).toBe(
      "http://a cannot be reached: the name a does not exist",
    );
  });

  it("does not wait for ever", async () => {
    const { network, timers, client } = setup(() => undefined);
    const pending = error(client, { url: "http://a/" });
    for (let i = 0; i < 20; i++) await Promise.resolve();
    timers.fire();
    expect(await pending).toEqual({ kind: "timed-out", origin: "http://a", during: "receiving" });
    expect([network.closed, timers.pending]).toEqual([1, 0]);
  });

  it("is given up at any piece, in the head or the body: a peer may send a byte before each second is over", async () => {
    for (const cut of [1, 45]) {
      const { network, timers, client } = setup(() => ({ send: OK, cut }));
      let asked = 0;
      const giveUp = (): boolean => ++asked === 2;
      expect(await error(client, { url: "http://a/", giveUp })).toEqual({
        kind: "timed-out",
        origin: "http://a",
        during: "receiving",
      });
      expect([network.closed, timers.pending]).toEqual([1, 0]);
    }
  });

  it("names each way in which an answer can be wrong", async () => {
    const cases: ReadonlyArray<readonly [send: string, kind: string]> = [
      ["nonsense\r\n\r\n", "malformed"],
      [OK.slice(0, -1), "cut-short"],
      ["HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "body-too-large"],
      ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "cut-short"],
      ["HTTP/1.1 101 Switching\r\n\r\n", "unexpected"],
    ];
    for (const [send, cause] of cases) {
      const { client } = setup(() => ({ send, end: "close" }));
      const result = await error(client, { url: "http://a/", maxBody: 100 });
      expect(result).toEqual({ kind: "response", origin: "http://a", cause });
    }
    const gzip = setup(() => ({ send: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n" }));
    expect((await error(gzip.client, { url: "http://a/" })).kind).toBe("content-coding");
  });
});
