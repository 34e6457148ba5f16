// A machine and an authority under a virtual clock: starts, renewals, refusals, restarts.

import { describe, expect, it } from "vitest";
import { Acme, SEEN_PAUSE } from "../../../appliance/acme/acme.ts";
import type { AcmeConfig } from "../../../appliance/acme/config.ts";
import type { Request } from "../../../appliance/acme/store.ts";
import type { ChallengeType } from "../../../appliance/acme/talk.ts";
import { toHex } from "../../../appliance/hex.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";
import { DIRECTORY, FakeAuthority, type FakeOptions, fakeKeys, ORIGIN } from "./authority.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STORE = "http://store.test/blog.pem";

const CONFIG: AcmeConfig = {
  names: ["blog.test"],
  directory: DIRECTORY,
  agreed: true,
  seed: "a secret of the tests",
  contact: [],
  profile: "",
  external: undefined,
  store: "",
};

/** An authority, a store, and the machine that is running now. */
class World {
  /** Milliseconds since 1970. */
  wall = 1_780_000_000_000;
  readonly authority: FakeAuthority;
  stored = "";
  storeFails = false;
  machine: Machine | undefined;
  /** What is proved by the ways in which it is asked for. */
  reachable: readonly ChallengeType[] = ["http-01", "tls-alpn-01"];

  constructor(options: Partial<FakeOptions> = {}) {
    this.authority = new FakeAuthority({
      now: () => this.now,
      isProved: (name, type, token) => this.#isProved(name, type as ChallengeType, token),
      ...options,
    });
  }

  get now(): number {
    return this.machine?.platform.wallClock() ?? this.wall;
  }

  /** Starts the machine anew. */
  boot(config: Partial<AcmeConfig> = {}, ways: readonly ChallengeType[] = ["http-01", "tls-alpn-01"]): Machine {
    this.wall = this.now;
    this.machine = new Machine(this, { ...CONFIG, ...config }, ways);
    void this.machine.acme.start();
    return this.machine;
  }

  readonly request: Request = async (request) => {
    if (!request.url.startsWith("http://store.test/")) return this.authority.request(request);
    if (this.storeFails)
      return { ok: false, error: { kind: "connect", origin: "http://store.test", cause: { kind: "refused" } } };
    if (request.method === "PUT") this.stored = nativeUtf8Decode(request.body!, 0, request.body!.length);
    const status = request.method === "PUT" ? 201 : this.stored === "" ? 404 : 200;
    return {
      ok: true,
      value: { status, reason: "", url: request.url, headers: [], chunks: [nativeUtf8Encode(this.stored)] },
    };
  };

  #isProved(name: string, type: ChallengeType, token: string): boolean {
    if (!this.reachable.includes(type)) return false;
    const { machine } = this;
    return type === "http-01"
      ? machine?.acme.proof(token)?.startsWith(`${token}.`) === true
      : machine?.shown.has(name) === true;
  }
}

class Machine {
  readonly platform: VirtualPlatform;
  readonly acme: Acme;
  readonly lines: string[] = [];
  /** Chains that were shown, the last one now. */
  readonly chains: string[] = [];
  readonly shown = new Map<string, string>();
  certified = 0;

  constructor(world: World, config: AcmeConfig, ways: readonly ChallengeType[]) {
    this.platform = new VirtualPlatform(world.wall);
    const add = (text: string): void => void this.lines.push(text);
    const request: Request = async (asked) => {
      // A machine that was started anew asks nothing any more.
      if (world.machine !== this) return new Promise(() => undefined);
      await this.platform.sleep(20);
      return world.request(asked);
    };
    this.acme = new Acme({
      config,
      ways,
      keys: fakeKeys(),
      request,
      https: {
        certified: false,
        issue: (_seed, chain) => void this.chains.push(chain),
        prove: (challenges) => {
          this.shown.clear();
          for (const { name, digest } of challenges) this.shown.set(name, toHex(digest));
        },
      },
      platform: this.platform,
      log: { info: add, warn: add, error: add },
      certified: () => this.certified++,
    });
  }

  async run(ms: number): Promise<this> {
    await this.platform.advance(ms);
    return this;
  }

  said(pattern: RegExp): number {
    return this.lines.filter((line) => pattern.test(line)).length;
  }
}

describe("a certificate", () => {
  it("comes at the first start, by HTTP-01, and nothing is shown of the proof afterwards", async () => {
    const world = new World();
    const machine = await world.boot().run(MINUTE);
    expect(machine.chains).toHaveLength(1);
    expect(machine.certified).toBe(1);
    expect(world.authority.issued).toHaveLength(1);
    expect(machine.acme.proof("token-0-http-01")).toBeUndefined();
    expect(machine.lines).toHaveLength(2);
    expect(machine.lines[0]).toBe("ACME: asking ca.test for a certificate for blog.test");
    expect(machine.lines[1]).toMatch(/^ACME: the certificate will be renewed on 20/);
  });

  it("comes by TLS-ALPN-01, for several names and addresses, whatever becomes of nonces", async () => {
    const world = new World();
    world.authority.badNonces = 3;
    const machine = await world.boot({ names: ["a.test", "b.test", "192.0.2.7"] }, ["tls-alpn-01"]).run(MINUTE);
    expect(machine.chains).toHaveLength(1);
    expect(machine.shown.size).toBe(0);
    expect(world.authority.refused).toBeGreaterThan(3);
  });

  it("that the other way proves comes seconds later", async () => {
    const world = new World();
    world.reachable = ["tls-alpn-01"];
    const machine = await world.boot().run(MINUTE);
    expect(
      machine.said(/blog\.test is not proved by http-01: the authority says "nobody answers" \(connection\); port 80/),
    ).toBe(1);
    expect(machine.chains).toHaveLength(1);
    expect(machine.certified).toBe(1);
  });

  it("without a seed comes as well, and what that means is said", async () => {
    const world = new World();
    const machine = await world.boot({ seed: undefined }).run(MINUTE);
    expect(machine.chains).toHaveLength(1);
    expect(machine.said(/--acme-seed=SECRET keeps them/)).toBe(1);
  });
});

describe("ten starts an hour", () => {
  const loop = async (world: World, hours: number, config: Partial<AcmeConfig> = {}): Promise<void> => {
    for (let i = 0; i < hours * 10; i++) await world.boot(config).run(6 * MINUTE);
  };

  it("ask for one certificate where the authority lists orders", async () => {
    const world = new World({ lists: true, reuses: true });
    await loop(world, 10);
    expect(world.authority.issued).toHaveLength(1);
    expect(world.machine?.chains).toHaveLength(1);
    expect(world.authority.refused).toBe(0);
  });

  it("ask for one with a store, with which the authority is not even asked for the account", async () => {
    const world = new World({ reuses: true });
    await loop(world, 10, { store: STORE });
    expect(world.authority.issued).toHaveLength(1);
    expect(world.machine?.chains).toHaveLength(1);
    expect(world.authority.requests.filter((line) => line === "POST /account")).toHaveLength(1);
  });

  it("ask for one with neither, where proofs are remembered: a machine that stays up gets its own after an hour", async () => {
    const world = new World({ reuses: true });
    await loop(world, 10);
    expect(world.authority.issued).toHaveLength(1);
    expect(world.machine?.said(/does not say where its certificates are.*--acme-store=URL keeps certificates/)).toBe(1);
    const machine = await world.boot().run(SEEN_PAUSE - MINUTE);
    expect(machine.chains).toHaveLength(0);
    await machine.run(2 * MINUTE);
    expect(machine.chains).toHaveLength(1);
    expect(world.authority.issued).toHaveLength(2);
  });

  it("with a store that is away do not ask for more than those without", async () => {
    const world = new World({ reuses: true });
    world.storeFails = true;
    await loop(world, 5, { store: STORE });
    expect(world.authority.issued).toHaveLength(1);
    world.storeFails = false;
    const machine = await world.boot({ store: STORE }).run(2 * HOUR);
    expect(world.stored).toBe(machine.chains[0]);
  });

  it("that end in the middle of everything lose nothing", async () => {
    const world = new World({ lists: true, reuses: true });
    for (let ms = 10; ms < 2000; ms += 30) await world.boot().run(ms);
    const machine = await world.boot().run(MINUTE);
    expect(machine.chains).toHaveLength(1);
    expect(world.authority.issued.length).toBeLessThanOrEqual(1);
  });

  it("when it is time to renew ask for one more", async () => {
    const world = new World({ reuses: true });
    await world.boot({ store: STORE }).run(MINUTE);
    const kept = world.stored;
    world.authority.windows.set("Cg.ABA", { start: world.now - HOUR, end: world.now - MINUTE });
    for (let i = 0; i < 20; i++) {
      // What is new cannot be kept: the next start has the old one, which has been replaced.
      world.storeFails = false;
      const machine = world.boot({ store: STORE });
      await machine.run(25);
      world.storeFails = true;
      await machine.run(6 * MINUTE);
      expect(world.stored).toBe(kept);
      expect(machine.chains.length).toBe(i === 0 ? 2 : 1);
    }
    expect(world.authority.issued).toHaveLength(2);
    expect(world.machine?.said(/the certificate has been renewed before, by this key/)).toBe(1);
  });
});

describe("ninety days", () => {
  it("of a certificate of ninety days need one renewal, and it is said that it replaces the first", async () => {
    const world = new World();
    const machine = await world.boot().run(90 * DAY);
    expect(world.authority.issued.map(({ replaces }) => replaces)).toEqual([false, true]);
    const days = (world.authority.issued[1]!.at - world.authority.issued[0]!.at) / DAY;
    expect(days).toBeGreaterThan(54);
    expect(days).toBeLessThan(61);
    expect(machine.certified).toBe(1);
    expect(machine.said(/has been renewed/)).toBe(1);
  });

  it("of six days each need one every three days, and there is always one that is valid", async () => {
    const world = new World({ life: 6 * DAY });
    const machine = await world.boot().run(MINUTE);
    for (let day = 0; day < 90; day++) {
      await machine.run(DAY);
      const until = JSON.parse(machine.chains.at(-1)!.slice(12)) as { readonly notAfter: number };
      expect(until.notAfter * 1000).toBeGreaterThan(world.now + 2 * DAY);
    }
    expect(world.authority.issued.length).toBeGreaterThan(28);
    expect(world.authority.issued.length).toBeLessThan(36);
  });

  it("with an authority that is away half of the time, and gives HTML now and then, are survived", async () => {
    const world = new World({ life: 6 * DAY });
    let asked = 0;
    const machine = await world.boot().run(MINUTE);
    world.authority.intercept = (request) => {
      asked++;
      if (Math.floor(world.now / (12 * HOUR)) % 2 === 0)
        return { ok: false, error: { kind: "connect", origin: ORIGIN, cause: { kind: "refused" } } };
      const headers = [["content-type", "text/html"]] as const;
      return asked % 7 === 0
        ? {
            ok: true,
            value: { status: 200, reason: "", url: request.url, headers, chunks: [nativeUtf8Encode("<html>")] },
          }
        : undefined;
    };
    for (let day = 0; day < 90; day++) {
      await machine.run(DAY);
      const until = JSON.parse(machine.chains.at(-1)!.slice(12)) as { readonly notAfter: number };
      expect(until.notAfter * 1000).toBeGreaterThan(world.now);
    }
    // It is asked, and not pestered: some forty times a day in all.
    expect(asked).toBeLessThan(90 * 150);
    expect(machine.said(/a fault of ours/)).toBe(0);
  });

  it("with an authority that says 'now' for ever: not more than one certificate an hour", async () => {
    const world = new World({ ari: true });
    const machine = world.boot();
    for (let i = 16; i < 400; i++)
      world.authority.windows.set(
        `Cg.${i < 256 ? "AB" : "AR"}${"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[i % 52]}`,
        { start: 1, end: 2 },
      );
    await machine.run(3 * DAY);
    expect(world.authority.issued.length).toBeLessThanOrEqual(73);
  });
});

describe("a refusal", () => {
  it("by limits is waited out as long as the authority says, and no more is asked", async () => {
    const world = new World();
    for (let i = 0; i < 5; i++) await world.boot({ seed: undefined }).run(MINUTE);
    expect(world.authority.issued).toHaveLength(5);
    const machine = await world.boot({ seed: undefined }).run(HOUR);
    expect(machine.said(/too many certificates already issued" \(rateLimited\); .*Next attempt in 24 hours/)).toBe(1);
    const before = world.authority.requests.length;
    await machine.run(20 * HOUR);
    expect(world.authority.requests.length).toBe(before);
    await machine.run(8 * DAY);
    expect(machine.chains).toHaveLength(1);
  });

  it("of proofs is tried again later and later: never the five an hour that are too many", async () => {
    const world = new World();
    world.reachable = [];
    const machine = await world.boot().run(2 * DAY);
    expect(machine.said(/not proved/)).toBeLessThan(30);
    expect(machine.said(/rateLimited/)).toBe(0);
    world.reachable = ["http-01"];
    await machine.run(DAY);
    expect(machine.chains).toHaveLength(1);
  });

  it("of terms that nobody has agreed to names them and the parameter; nothing is agreed to in silence", async () => {
    const world = new World({ terms: "https://ca.test/terms.pdf" });
    const machine = await world.boot({ agreed: false }).run(HOUR);
    expect(
      machine.said(
        /has terms, https:\/\/ca\.test\/terms\.pdf; --acme-agree says that you agree to them\. Next attempt/,
      ),
    ).toBeGreaterThan(0);
    expect(world.authority.requests.filter((line) => line.startsWith("POST"))).toEqual([]);
    await world.boot({ agreed: true }).run(MINUTE);
    expect(world.machine?.chains).toHaveLength(1);
  });

  it("is never the end: an answer that is wrong in whatever place is told, and the next attempt works", async () => {
    // Every request of an issuance in its turn: HTML, nothing, JSON of something else, a 500.
    const world = new World();
    await world.boot().run(MINUTE);
    const requests = world.authority.requests.length;
    const answers = ["html", "nothing", "null", "error"] as const;
    for (let place = 0; place < requests; place++)
      for (const kind of answers) {
        const other = new World();
        let count = 0;
        other.authority.intercept = (request) => {
          if (count++ !== place) return undefined;
          if (kind === "nothing")
            return { ok: false, error: { kind: "timed-out", origin: ORIGIN, during: "receiving" } };
          const status = kind === "error" ? 500 : 200;
          const type = kind === "html" ? "text/html" : "application/json";
          const headers = [
            ["content-type", type],
            ["replay-nonce", "x"],
          ] as const; // prettier-ignore
          const body = kind === "html" ? "<!DOCTYPE html>" : "null";
          return {
            ok: true,
            value: { status, reason: "", url: request.url, headers, chunks: [nativeUtf8Encode(body)] },
          };
        };
        const machine = await other.boot().run(30 * MINUTE);
        expect(machine.chains, `${kind} at ${place}: ${machine.lines.join("\n")}`).toHaveLength(1);
        expect(machine.said(/a fault of ours/)).toBe(0);
      }
  });

  it("a certificate for somebody else is not shown", async () => {
    const world = new World();
    const { request } = world.authority;
    let wrong = true;
    world.authority.intercept = (asked) => {
      if (!wrong || !asked.url.includes("/certificate/")) return undefined;
      const chain = nativeUtf8Encode(
        'CERTIFICATE {"key":"00","names":["other.test"],"notBefore":1,"notAfter":9999999999,"serial":"00"}',
      );
      return { ok: true, value: { status: 200, reason: "", url: asked.url, headers: [], chunks: [chain] } };
    };
    const machine = await world.boot().run(HOUR);
    expect(machine.chains).toHaveLength(0);
    expect(machine.said(/gave a certificate that cannot be shown: the private key belongs to none/)).toBeGreaterThan(0);
    wrong = false;
    await machine.run(DAY);
    expect(machine.chains).toHaveLength(1);
    expect(request).toBe(world.authority.request);
  });
});
