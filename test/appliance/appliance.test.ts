import { describe, expect, it } from "vitest";
import { type Appliance, FIRST_RETRY, LAST_RETRY, runAppliance } from "../../appliance/appliance.ts";
import type { GitError } from "../../appliance/git/error.ts";
import type { Snapshot } from "../../appliance/git/snapshot.ts";
import { makeLog } from "../../appliance/log.ts";
import type { TlsConfig } from "../../appliance/tls-config.ts";
import type { Port } from "../../stack/base/address.ts";
import type { Result } from "../../stack/base/result.ts";
import { FAKE_NOW, fakeSnapshot } from "../support/fake-snapshot.ts";
import { expectPart } from "../support/matching.ts";
import { RecordingNetwork, request, settle, shown, textOf, VirtualPlatform } from "../support/virtual-platform.ts";

const DOWN: GitError = { kind: "refused", where: "http://git.example/blog.git" };
const UUID = "981361ca-e71d-4997-a52c-baeee78e4156";
const post = (title: string): Record<string, string> => ({ ".config/uuid": UUID, "p/a.md": `# ${title}` });

class Bench {
  readonly platform = new VirtualPlatform(FAKE_NOW * 1000);
  readonly network = new RecordingNetwork();
  next: Result<Snapshot, GitError> = { ok: false, error: DOWN };
  asked = 0;
  kept: unknown;
  appliance: Appliance;
  certified = false;

  constructor(files?: Record<string, string>, config: { readonly poll?: number; readonly tls?: TlsConfig } = {}) {
    if (files !== undefined) this.serve(files);
    const started = runAppliance({
      config: { port: 8080 as Port, hook: "/push", hookSecret: undefined, tls: undefined, ...config },
      network: this.network,
      platform: this.platform,
      log: makeLog("info", this.platform, false),
      repository: () => ({
        update: async (accept) => {
          this.asked++;
          const { next } = this;
          if (!next.ok || next.value === this.kept) return next;
          const fault = await accept(next.value);
          if (fault !== undefined) return { ok: false, error: { kind: "out-of-share", where: "git.example", fault } };
          this.kept = next.value;
          return next;
        },
      }),
      address: () => undefined,
      certified: () => this.certified,
      proof: (token) => (token === "t0ken" ? "t0ken.thumbprint" : undefined),
    });
    if (!started.ok) throw new Error("port");
    this.appliance = started.value;
  }
  serve(files: Record<string, string>, head = "first"): void {
    this.next = { ok: true, value: fakeSnapshot(files, head) };
  }
  async get(target: string): Promise<{ status: number; text: string }> {
    const response = this.network.handler!(request(target));
    await settle();
    const answer = shown(this.network, target, await response);
    return { status: answer.status, text: textOf(answer) };
  }
}

describe("the appliance", () => {
  it("serves what it has cloned, and says where", async () => {
    const b = new Bench(post("One"));
    await b.platform.advance(1);
    expect((await b.get("/p/a")).text).toContain("<h1>One</h1>");
    expect(b.platform.output).toMatch(/ready: http:\/\/localhost:8080\/ 1 post, 0 pages in 0\.0 s/);
  });

  it("answers an authority that looks for its challenge, before there is a site as well, and nobody else", async () => {
    const b = new Bench();
    await b.platform.advance(0);
    const path = "/.well-known/acme-challenge";
    expect(await b.get(`${path}/t0ken`)).toEqual({ status: 200, text: "t0ken.thumbprint" });
    expect((await b.get(`${path}/other`)).status).toBe(503);
    b.serve(post("One"));
    await b.platform.advance(600_000);
    expect((await b.get(`${path}/other`)).status).toBe(404);
    expect((await b.get(`${path}/t0ken`)).status).toBe(200);
  });

  it("serves plain HTTP until the certificate that comes by itself is there, and sends it on then", async () => {
    const acme = { names: ["a.test"] } as unknown as TlsConfig["acme"];
    const tls = {
      port: 443 as Port,
      plain: "redirect",
      certificates: [],
      seed: undefined,
      strictFor: 60,
      acme,
    } as const;
    const b = new Bench(post("One"), { tls });
    await b.platform.advance(1);
    // RFC 6797: browsers are told to come by HTTPS alone once they can.
    expect(b.network.listening).toEqual(["443 secure serve", "8080 serve"]);
    expect(b.platform.output).toContain("ready: http://localhost:8080/");
    b.certified = true;
    b.appliance.listen();
    expect(b.network.listening.slice(2)).toEqual(["443 secure serve strict 60", "8080 redirect"]);
    // Without an authority it is as it was asked for.
    expect(new Bench(post("One"), { tls: { ...tls, acme: undefined } }).network.listening[1]).toBe("8080 redirect");
    expect(new Bench(post("One"), { tls: { ...tls, plain: "off" } }).network.listening).toEqual(["443 secure serve"]);
  });

  it("answers 503 while Git is down and says why in the log alone, asks less and less often, and recovers by itself", async () => {
    const b = new Bench();
    await b.platform.advance(0);
    const { status, text } = await b.get("/");
    expect(status).toBe(503);
    expect(text).toContain("This blog is starting");
    expect(text).not.toContain("git.example");
    expect(b.platform.output).toContain("http://git.example/blog.git: the connection was refused");
    await b.platform.advance(600_000);
    const waits = b.platform.sleeps;
    expect(waits.length).toBeGreaterThan(8);
    for (let i = 0; i < waits.length; i++) {
      const whole = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** i);
      expect(waits[i]).toBeGreaterThanOrEqual(whole / 2);
      expect(waits[i]).toBeLessThanOrEqual(whole);
    }
    b.serve(post("Back"));
    await b.platform.advance(LAST_RETRY);
    expect((await b.get("/p/a")).status).toBe(200);
    const { asked } = b;
    await b.platform.advance(600_000);
    expect(b.asked).toBe(asked);
  });

  it("shows a push at the hook's call", async () => {
    const b = new Bench(post("One"));
    await b.platform.advance(10);
    expect((await b.get("/p/a")).text).toContain("One");
    b.serve(post("Two"), "second");
    const answer = await b.get("/push");
    expectPart(JSON.parse(answer.text), { updated: true, site: "1 post, 0 pages" });
    expect((await b.get("/p/a")).text).toContain("Two");
    const again = b.get("/push");
    await b.platform.advance(1000);
    expectPart(JSON.parse((await again).text), { updated: false, site: "1 post, 0 pages" });
  });

  it("keeps the good site when a fetch fails, and tries again by itself", async () => {
    const b = new Bench(post("One"));
    await b.platform.advance(10);
    b.next = { ok: false, error: DOWN };
    const answer = await b.get("/push");
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.text).error).toContain("git.example");
    expect((await b.get("/p/a")).status).toBe(200);
    b.serve(post("Two"), "second");
    await b.platform.advance(FIRST_RETRY);
    expect((await b.get("/p/a")).text).toContain("Two");
  });

  it.each(["memory", "work"] as const)("keeps the good site when a new one would take too much %s", async (kind) => {
    const b = new Bench(post("One"));
    await b.platform.advance(10);
    b.serve({ ...post("Two"), "p/large.md": "# Large" }, "second");
    // The first piece of the building, after the making of two pages.
    b.platform.attempts.push(kind);
    const answer = await b.get("/push");
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.text).error).toMatch(kind === "memory" ? /more memory than/ : /more work than/);
    expect((await b.get("/p/a")).text).toContain("One");
    await b.platform.advance(FIRST_RETRY);
    expect((await b.get("/p/a")).text).toContain("Two");
  });

  it("keeps the good site when the update itself breaks", async () => {
    const b = new Bench(post("One"));
    await b.platform.advance(10);
    b.next = { ok: true, value: { ...fakeSnapshot(post("Two")), entries: undefined as never } };
    const answer = await b.get("/push");
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.text).error).toContain("fault of ours");
    expect((await b.get("/p/a")).text).toContain("One");
  });

  it("leaves out a broken post, serves the others, and names it in the log", async () => {
    const b = new Bench({ ...post("One"), "p/bad.md": "---\n[unclosed\n---\n" });
    await b.platform.advance(1);
    expect((await b.get("/p/a")).status).toBe(200);
    expect((await b.get("/p/bad")).status).toBe(404);
    expect(b.platform.output).toMatch(/p\/bad\.md:\d: its header/);
    expect(b.platform.output).toContain("cannot be read");
  });

  it("publishes an article when its date has come, without a push", async () => {
    const date = new Date((FAKE_NOW + 3600) * 1000).toISOString().slice(0, 19);
    const b = new Bench({ ...post("One"), "p/later.md": `---\ndate: ${date}Z\n---\n# Later` });
    await b.platform.advance(1000);
    expect((await b.get("/p/later")).status).toBe(404);
    await b.platform.advance(3_598_000);
    expect((await b.get("/p/later")).status).toBe(404);
    await b.platform.advance(3000);
    expect((await b.get("/p/later")).status).toBe(200);
    expect(b.asked).toBe(1);
  });

  it("shows no older site when a date comes while an update is built", async () => {
    const soon = new Date((FAKE_NOW + 10) * 1000).toISOString().slice(0, 19);
    const b = new Bench({ ...post("One"), "p/later.md": `---\ndate: ${soon}Z\n---\n# Later` });
    await b.platform.advance(1000);
    b.serve({ ...post("Two") }, "second");
    // Both at one moment.
    await b.platform.advance(9499);
    const pushed = b.appliance.update();
    await b.platform.advance(1000);
    expect((await pushed).kind).toBe("updated");
    await b.platform.advance(60_000);
    expect((await b.get("/p/a")).text).toContain("Two");
    expect((await b.get("/p/later")).status).toBe(404);
  });

  it("says that the hook is open, and what a push is wrong with", async () => {
    const b = new Bench({ ...post("One"), "p/bad.md": "---\ntitle: x\ntags: [a, b\n---\n" });
    await b.platform.advance(10);
    expect(b.platform.output).toContain("the webhook /push is open");
    const answer = JSON.parse((await b.get("/push")).text);
    expect(answer.problems).toHaveLength(1);
    expectPart(answer.problems[0], { path: "p/bad.md", line: 4, leftOut: false });
    expect(answer.problems[0].reason).toMatch(/^its header is not YAML \(/);
  });

  it("says once for which generator a blog is written, and what may be set", async () => {
    const b = new Bench({ "hugo.toml": "title = 'x'", "content/posts/a.md": "# A", "themes/t.html": "x" });
    await b.platform.advance(10);
    await b.get("/push");
    const said = b.platform.output.match(/this is a blog of Hugo.*|feeds and canonical links say.*/g);
    expect(said).toEqual([
      expect.stringContaining(
        "(by hugo.toml), at its own addresses; 2 files of its templates and settings are not served",
      ),
      expect.stringContaining("http://localhost:8080"),
    ]);
  });

  it("looks for news by itself where it is told how often, with some chance in it", async () => {
    const b = new Bench(post("One"), { poll: 300_000 });
    await b.platform.advance(10);
    b.serve(post("Two"), "second");
    await b.platform.advance(400_000);
    expect((await b.get("/p/a")).text).toContain("Two");
    const waits = b.platform.sleeps.filter((ms) => ms > 100_000);
    expect(waits.length).toBeGreaterThan(0);
    for (const ms of waits) expect(ms >= 225_000 && ms <= 375_000).toBe(true);
  });

  it("logs one refused or stray hook in ten seconds, however many come", async () => {
    const b = new Bench(post("One"));
    await b.platform.advance(10);
    const stray = (): Promise<unknown> => b.network.handler!(request("/hook", { method: "POST" }));
    for (let i = 0; i < 50; i++) await stray();
    const line = /warning: POST \/hook: there is no webhook here; it is at \/push \(--hook\) peer=10\.0\.0\.1/g;
    expect(b.platform.output.match(line)).toHaveLength(1);
    await b.platform.advance(10_000);
    await stray();
    expect(b.platform.output.match(line)).toHaveLength(2);
    expect(b.platform.output).toContain("notLogged=49");
  });

  it("makes the pages ready that will be asked for first", async () => {
    const b = new Bench(post("One"));
    await b.platform.advance(100);
    for (const path of ["/", "/p", "/p/a", "/atom"]) expect(b.network.ready.has(path)).toBe(true);
  });
});
