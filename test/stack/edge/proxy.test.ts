import { describe, expect, it } from "vitest";
import type { Port } from "../../../stack/base/address.ts";
import type { Network } from "../../../stack/edge/network.ts";
import { type HttpProxy, isExempt, PROXY_ANSWER_LIMITS, ProxyConnector } from "../../../stack/edge/proxy.ts";
import { ManualTimers, type Peer, ScriptedNetwork } from "../../support/scripted-network.ts";

const PROXY: HttpProxy = {
  host: "proxy.lan",
  port: 3128 as Port,
  authorization: undefined,
  exempt: ["lan", "10.0.0.7"],
};
const OPTIONS = { secure: true, timeoutMs: 1000 };

class Bed {
  readonly timers = new ManualTimers();
  readonly network: ScriptedNetwork & Pick<Network, "startTls">;
  readonly heard: string[] = [];
  /** Names that TLS was begun with. */
  readonly secured: string[] = [];
  readonly connector: ProxyConnector;

  constructor(answer: ReturnType<Peer>, proxy: HttpProxy = PROXY) {
    this.network = new ScriptedNetwork((received) => {
      this.heard.push(received);
      return answer;
    });
    const { network, secured } = this;
    this.connector = new ProxyConnector(
      {
        connect: (host, port, options) => network.connect(host, port, options),
        async startTls(_flow, name) {
          secured.push(name);
          return { ok: true, value: undefined };
        },
      },
      this.timers,
      proxy,
    );
  }

  async connect(host = "git.example", options = OPTIONS): Promise<string> {
    const connected = await this.connector.connect(host, 443 as Port, options);
    if (connected.ok) return "connected";
    return connected.error.kind === "proxy"
      ? `${connected.error.proxy} ${connected.error.reason}`
      : connected.error.kind;
  }
}

const ok = (more = "", cut = 1000): ReturnType<Peer> => ({
  send: `HTTP/1.1 200 Connection established\r\n\r\n${more}`,
  cut,
});

describe("a connection through a proxy", () => {
  it("is asked for by CONNECT and then speaks TLS with the server", async () => {
    const bed = new Bed(ok());
    expect(await bed.connect()).toBe("connected");
    expect(bed.network.connects).toEqual(["proxy.lan:3128"]);
    expect(bed.heard).toEqual([
      "CONNECT git.example:443 HTTP/1.1\r\nHost: git.example:443\r\nUser-Agent: Epiphyte\r\n\r\n",
    ]);
    expect(bed.secured).toEqual(["git.example"]);
    expect(bed.timers.pending).toBe(0);
  });

  it("has credentials for the proxy, when they are given", async () => {
    const bed = new Bed(ok(), { ...PROXY, authorization: "Basic eDp5" });
    expect(await bed.connect()).toBe("connected");
    expect(bed.heard[0]).toContain("\r\nProxy-Authorization: Basic eDp5\r\n");
  });

  it("takes an answer in any pieces, with interim ones, and a Content-Length that means nothing", async () => {
    expect(await new Bed(ok("", 1)).connect()).toBe("connected");
    const early = { send: "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n" };
    expect(await new Bed(early).connect()).toBe("connected");
  });

  it("is not for plain HTTP, nor for hosts that are exempt", async () => {
    const bed = new Bed(undefined);
    await bed.connect("git.example", { secure: false, timeoutMs: 1 });
    await bed.connect("git.lan");
    await bed.connect("lan");
    await bed.connect("10.0.0.7");
    expect(bed.network.connects).toEqual(["git.example:443", "git.lan:443", "lan:443", "10.0.0.7:443"]);
    expect(isExempt("wlan", ["lan"])).toBe(false);
    expect(isExempt("anything", ["*"])).toBe(true);
  });

  const answers: ReadonlyArray<readonly [string, ReturnType<Peer>, string]> = [
    ["wants credentials", { send: "HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n" }, "wants credentials (status 407)"],
    ["wants credentials, by the wrong number", { send: "HTTP/1.1 401 Who\r\n\r\n" }, "wants credentials (status 401)"],
    ["refuses", { send: "HTTP/1.1 403 Forbidden\r\n\r\nno" }, "refuses to connect to git.example:443 (status 403)"],
    [
      "cannot reach the server",
      { send: "HTTP/1.1 502 Bad\r\n\r\n" },
      "refuses to connect to git.example:443 (status 502)",
    ],
    ["is none", { send: "SSH-2.0-OpenSSH_9.2\r\n\r\n" }, "answered something that is not HTTP"],
    ["speaks on", ok("\x16\x03\x03"), "sent more than an answer"],
    ["ends too early", { send: "HTTP/1.1 200", end: "close" }, "closed the connection before it had answered"],
    ["breaks off", { send: "HTTP/1.1 200", end: "reset" }, "broke the connection off"],
    [
      "answers without end",
      { send: `HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(PROXY_ANSWER_LIMITS.head / 6)}\r\n` },
      "answered something that is not HTTP",
    ],
    ["hints without end", { send: "HTTP/1.1 103 Wait\r\n\r\n".repeat(6) }, "answered something that is not HTTP"],
  ];
  for (const [what, answer, words] of answers)
    it(`fails in words and is closed when the proxy ${what}`, async () => {
      const bed = new Bed(answer);
      expect(await bed.connect()).toContain(`proxy.lan:3128 ${words}`);
      expect(bed.network.closed).toBe(1);
      expect(bed.secured).toEqual([]);
    });

  it("says so when credentials were given and refused, and repeats none", async () => {
    const bed = new Bed({ send: "HTTP/1.1 407 No\r\n\r\n" }, { ...PROXY, authorization: "Basic eDp5" });
    expect(await bed.connect()).toBe("proxy.lan:3128 refuses the credentials that it was given (status 407)");
  });

  it("is given up when the proxy says nothing, and when it cannot be reached", async () => {
    const bed = new Bed(undefined);
    const connecting = bed.connect();
    for (let i = 0; i < 20; i++) await Promise.resolve();
    bed.timers.fire();
    expect(await connecting).toBe("proxy.lan:3128 did not answer in time");
    expect(bed.network.closed).toBe(1);
    const away = new Bed(undefined);
    away.network.connectError = { kind: "refused" };
    expect(await away.connect()).toBe("proxy.lan:3128 refused the connection");
    away.network.connectError = { kind: "resolve", cause: { kind: "no-such-name", name: "proxy.lan" } };
    expect(await away.connect()).toBe("proxy.lan:3128 has a name that does not exist");
  });
});
