import { describe, expect, it } from "vitest";
import { Https } from "../../appliance/https.ts";
import { makeLog } from "../../appliance/log.ts";
import type { TlsConfig } from "../../appliance/tls-config.ts";
import type { Port } from "../../stack/base/address.ts";
import type { Certificate, Presented } from "../../stack/edge/network.ts";
import { VirtualPlatform } from "../support/virtual-platform.ts";

const DAY = 86_400;
const SEED = new Uint8Array(128);

class Bench {
  readonly platform = new VirtualPlatform();
  /** What is shown: kinds, and whose. */
  shown: readonly string[] = [];
  presentations = 0;
  /** Days from now on to the end of what is issued, and of its life. */
  left = 90;
  life = 90;
  error = "";
  readonly https: Https;

  constructor(config: Partial<TlsConfig> = {}) {
    this.https = new Https({
      config: {
        port: 443 as Port,
        plain: "serve",
        strictFor: undefined,
        certificates: [],
        seed: undefined,
        acme: undefined,
        ...config,
      },
      names: ["10.0.0.1"],
      notBefore: 1,
      network: { present: (certificates) => this.#present(certificates) },
      platform: this.platform,
      log: makeLog("info", this.platform, false),
    });
  }

  #present(certificates: readonly Certificate[]): readonly Presented[] {
    this.presentations++;
    this.shown = certificates.map((one) => one.kind);
    const now = Math.floor(this.platform.wallClock() / 1000);
    return certificates.map((one) => ({
      error: this.error,
      warnings: [],
      names: ["a.test"],
      notBefore: one.kind === "own" ? 0 : now - (this.life - this.left) * DAY,
      notAfter: one.kind === "own" ? 0 : now + this.left * DAY,
      renewal: undefined,
      fingerprint: "sha256:00",
    }));
  }
}

describe("what HTTPS shows", () => {
  it("is the machine's own until an authority has issued one; challenges are shown beside it", () => {
    const b = new Bench();
    expect(b.https.open()).toEqual([]);
    expect([b.shown, b.https.certified]).toEqual([["own"], false]);
    b.https.prove([{ seed: SEED, name: "a.test", digest: new Uint8Array(32) }]);
    expect(b.shown).toEqual(["own", "challenge"]);
    b.https.issue(SEED, "chain");
    expect([b.shown, b.https.certified]).toEqual([["issued", "challenge"], true]);
    b.https.prove([]);
    expect(b.shown).toEqual(["issued"]);
    expect(b.platform.output).toMatch(/certificate that signs itself[\s\S]*HTTPS on port 443 for a\.test, until 20/);
  });

  it("is what was given first, for who names none, and what was issued as well", () => {
    const b = new Bench({ certificates: ["PEM"] });
    b.https.open();
    expect([b.shown, b.https.certified]).toEqual([["given"], true]);
    b.https.issue(SEED, "chain");
    expect(b.shown).toEqual(["given", "issued"]);
  });

  it("is another key of its own when the machine was copied, unless a seed or a file says which", () => {
    const b = new Bench();
    b.https.open();
    b.https.renew();
    expect([b.shown, b.presentations]).toEqual([["own"], 2]);
    for (const config of [{ seed: "a secret of some length" }, { certificates: ["PEM"] }]) {
      const kept = new Bench(config);
      kept.https.open();
      kept.https.renew();
      expect(kept.presentations).toBe(1);
    }
  });

  it("is nothing when it cannot be shown, and why is told", () => {
    const b = new Bench({ certificates: ["PEM"] });
    b.error = "it is broken";
    expect(b.https.open()).toEqual(["certificate 1: it is broken"]);
  });
});

describe("a certificate near its end", () => {
  const reminders = async (left: number, life: number, days: number): Promise<number> => {
    const b = new Bench();
    b.https.open();
    b.left = left;
    b.life = life;
    b.https.issue(SEED, "chain");
    await b.platform.advance(days * DAY * 1000);
    return b.platform.output.split("warning: HTTPS: the certificate for a.test").length - 1;
  };

  it("is spoken of every day: for twenty days, or the last quarter of a short life", async () => {
    expect(await reminders(90, 90, 69)).toBe(0);
    expect(await reminders(90, 90, 80)).toBe(10);
    expect(await reminders(6, 6, 4)).toBe(0);
    expect(await reminders(6, 6, 8)).toBeGreaterThan(2);
  });
});
