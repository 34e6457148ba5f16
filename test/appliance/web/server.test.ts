import { describe, expect, it } from "vitest";
import { SiteBuilder } from "../../../appliance/content/build.ts";
import type { Site } from "../../../appliance/content/site.ts";
import { raw } from "../../../appliance/render/html.ts";
import { Renderer } from "../../../appliance/render/renderer.ts";
import { SCRIPT } from "../../../appliance/render/script.ts";
import { STYLE } from "../../../appliance/render/style.ts";
import { WebServer } from "../../../appliance/web/server.ts";
import { nextSite } from "../../support/build-site.ts";
import { FAKE_NOW, type FakeFile, fakeSnapshot } from "../../support/fake-snapshot.ts";
import { headerOf, RecordingNetwork, request, shown, textOf, VirtualPlatform } from "../../support/virtual-platform.ts";

const PLAIN = `${"All work and no play. ".repeat(100)}\n`;
const FILES: Readonly<Record<string, string | FakeFile>> = {
  ".config/uuid": "981361ca-e71d-4997-a52c-baeee78e4156",
  ".config/secret": "hidden",
  Index: "---\ntitle: Welcome\nauthor: a\n---\nHello",
  "Posts/a b.md": `# One & "two"\n${PLAIN}`,
  "Posts/two.md": "---\ndraft: true\n---\n# Two",
  moved: "redirect: https://elsewhere.example/?a=b c",
  "static/x.png": { text: "png", updated: 1_700_000_000 },
  "static/x.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
  "static/css/style.css": "body{color:red}",
};

class Bench {
  readonly platform = new VirtualPlatform();
  readonly network = new RecordingNetwork();
  readonly problems: string[] = [];
  readonly faults: string[] = [];
  readonly strays: string[] = [];
  readonly renderer = new Renderer(this.platform, {
    tail: raw(""),
    onProblem: (path, reason) => this.problems.push(`${path} ${reason}`),
  });
  readonly web = new WebServer({
    renderer: this.renderer,
    network: this.network,
    platform: this.platform,
    hookPath: "/push",
    hook: async () => ({ status: 200, headers: [], body: new Uint8Array(0) }),
    onStrayHook: ({ method }, path) => this.strays.push(`${method} ${path}`),
    onFault: (url, cause) => this.faults.push(`${url} ${String(cause)}`),
  });
  readonly builder = new SiteBuilder(this.platform, { drafts: false });
  async show(files = FILES): Promise<Site> {
    const site = await nextSite(this.builder, fakeSnapshot(files), FAKE_NOW);
    this.web.show(site);
    return site;
  }
  get(target: string, headers: Readonly<Record<string, string>> = {}, method = "GET") {
    const asked = request(target, { method, headers: Object.entries(headers) });
    return this.web.handle(asked).then((answer) => shown(this.network, target, answer));
  }
}

async function bench(): Promise<Bench> {
  const made = new Bench();
  await made.show();
  return made;
}

describe("a repository's headers", () => {
  const files = (headers: string) => ({ ...FILES, "static/a.html": "<p>A</p>", _headers: headers });

  it("are those of its pages and files, in the place of ours", async () => {
    const b = new Bench();
    await b.show(
      files("/static/*\n  Cache-Control: max-age=5\n  X-Kind: file\n/*\n  ! Referrer-Policy\n  Vary: Cookie\n"),
    );
    const file = await b.get("/static/a.html");
    expect(headerOf(file, "cache-control")).toBe("max-age=5");
    expect(headerOf(file, "x-kind")).toBe("file");
    const page = await b.get("/Index");
    expect([headerOf(page, "cache-control"), headerOf(page, "referrer-policy"), headerOf(page, "x-kind")]).toEqual([
      "public, no-cache",
      undefined,
      undefined,
    ]);
    expect(headerOf(page, "vary")).toMatch(/Cookie$/);
    expect(headerOf(await b.get("/nothing"), "vary")).toBe("Cookie");
  });

  it("change with a push, of files that did not change too", async () => {
    const b = new Bench();
    await b.show(files("/static/*\n  X-A: 1\n"));
    expect(headerOf(await b.get("/static/a.html"), "x-a")).toBe("1");
    await b.show(files("/static/*\n  X-A: 2\n"));
    expect(headerOf(await b.get("/static/a.html"), "x-a")).toBe("2");
  });

  it("give way to a sandbox where authors are not trusted", async () => {
    const b = new Bench();
    await b.show(files(""));
    expect(headerOf(await b.get("/static/a.html"), "content-security-policy")).toContain("script-src 'self'");
    await b.show({ ...files("/*\n  Content-Security-Policy: x\n"), ".config/untrusted": "" });
    for (const url of ["/static/a.html", "/static/x.svg"])
      expect(headerOf(await b.get(url), "content-security-policy")).toMatch(/^sandbox; default-src 'none'/);
    expect(headerOf(await b.get("/Index"), "content-security-policy")).toContain("script-src 'self'");
  });
});

describe("the web server", () => {
  const table: readonly (readonly [target: string, status: number, part: string])[] = [
    ["/", 200, "Hello"],
    ["/Index", 200, "Hello"],
    ["/Posts", 200, "One &amp; &quot;two&quot;"],
    ["/Posts/a%20b", 200, "<h1>One &amp; &quot;two&quot;</h1>"],
    ["/Posts/a%20b?utm=1", 200, "One"],
    ["/tags", 200, "Nothing here yet."],
    ["/atom", 200, "<feed"],
    ["/rss", 200, "<rss"],
    ["/feed.json", 200, "jsonfeed"],
    ["/sitemap.xml", 200, "<urlset"],
    ["/robots.txt", 200, "Sitemap:"],
    ["/static/x.png", 200, "png"],
    ["/Posts/two", 404, "Not found"],
    ["/posts", 301, "/Posts"],
    ["/POSTS/A%20B/", 301, "/Posts/a%20b"],
    ["/TAGS/?a=b", 301, "/tags?a=b"],
    ["/.config/secret", 404, "Not found"],
    ["/%2econfig/secret", 404, "Not found"],
    ["/static", 404, "Not found"],
    ["/%2e%2e/etc", 400, "Bad request"],
  ];
  for (const [target, status, part] of table)
    it(`answers ${status} to ${target}`, async () => {
      const response = await (await bench()).get(target);
      expect(response.status).toBe(status);
      expect(textOf(response)).toContain(part);
    });

  const moves: readonly (readonly [target: string, location: string])[] = [
    ["/Posts/a%20b.md", "/Posts/a%20b"],
    ["/Posts/a%20b.md?x=1", "/Posts/a%20b?x=1"],
    ["/Posts/", "/Posts"],
    ["//Posts/", "/Posts"],
    ["/moved", "https://elsewhere.example/?a=b%20c"],
  ];
  for (const [target, location] of moves)
    it(`moves ${target} for good`, async () => {
      const response = await (await bench()).get(target);
      expect([response.status, headerOf(response, "location")]).toEqual([301, location]);
    });

  it("answers nothing of what is hidden, anywhere, also when it was public before", async () => {
    const secret = (line: string): string =>
      `---\ntitle: Marzipan\nauthor: Marzipan\ntags: Marzipan\n${line}\n---\nMarzipan\n`;
    const at = ["p/a.md", "p/b.txt", "p/c.html", "static/d.md", "e.md"];
    const files = (line: string): Record<string, string> => Object.fromEntries(at.map((path) => [path, secret(line)]));
    const targets = [
      ...at.map((path) => `/${path}`),
      "/p/a",
      "/e",
      "/",
      "/p",
      "/tags",
      "/tags/Marzipan",
      "/tags/Marzipan/rss",
    ];
    targets.push("/atom", "/rss", "/feed.json", "/sitemap.xml");
    const b = new Bench();
    await b.show({ ...FILES, ...files("draft: false") });
    for (const target of targets)
      expect([target, (await b.get(target)).status]).toEqual([
        target,
        target === "/p/a.md" || target === "/e.md" ? 301 : 200,
      ]);
    expect(textOf(await b.get("/tags"))).toContain("Marzipan");
    const hidden = await b.show({ ...FILES, ...files("draft: true # not yet") });
    for (const target of [...targets, ...hidden.routes.keys()]) {
      const response = await b.get(encodeURI(target));
      expect(textOf(response)).not.toContain("Marzipan");
      expect(JSON.stringify(response.headers)).not.toContain("Marzipan");
    }
    for (const target of ["/p/a", "/p/a.md", "/p/b.txt", "/p/c.html", "/static/d.md", "/e"]) {
      expect(b.network.ready.has(target)).toBe(false);
      expect((await b.get(target)).status).toBe(404);
    }
  });

  it("keeps a page from search engines that asks for it, and serves it", async () => {
    const b = new Bench();
    await b.show({ ...FILES, "p/a.md": "---\nsitemap: false\n---\n# A", "p/b.md": "# B" });
    expect(textOf(await b.get("/p/a"))).toContain('<meta name="robots" content="noindex">');
    expect(textOf(await b.get("/p/b"))).not.toContain("noindex");
    const sitemap = textOf(await b.get("/sitemap.xml"));
    expect([sitemap.includes("/p/a<"), sitemap.includes("/p/b<")]).toEqual([false, true]);
  });

  it("publishes what it has made, so that it is asked once", async () => {
    const b = await bench();
    const response = await b.get("/Posts/a%20b");
    const [gzip, identity] = b.network.ready.get("/Posts/a%20b") ?? [];
    expect(identity?.encoding).toBe("");
    expect(gzip?.encoding).toBe("gzip");
    expect(identity?.body).toBe(response.body);
    expect(identity?.etag).toMatch(/^"[A-Za-z0-9_-]{20}"$/);
    expect(gzip?.etag).not.toBe(identity?.etag);
    expect(headerOf({ ...response, headers: gzip!.headers }, "vary")).toBe("Accept-Encoding");
  });

  it("names a file by its blob, without another hash of its bytes", async () => {
    const b = await bench();
    b.platform.sha256 = () => {
      throw new Error("hashed");
    };
    await b.get("/static/x.png");
    const route = (await b.show()).routes.get("/static/x.png");
    expect(b.network.ready.get("/static/x.png")?.[0]?.etag).toBe(`"${route?.kind === "static" ? route.oid : ""}"`);
  });

  it("lets go of what is ready when memory runs short, and makes it again when asked", async () => {
    const b = await bench();
    for (const url of ["/", "/static/x.png", "/Posts/a%20b"]) expect((await b.get(url)).status).toBe(200);
    expect(b.network.ready.size).toBe(3 + b.renderer.assets.length);
    b.platform.used = b.platform.heapLimit() * 0.9;
    expect((await b.get("/static/x.svg")).status).toBe(200);
    expect(b.network.ready.size).toBeLessThan(3 + b.renderer.assets.length);
    b.platform.used = b.platform.heapLimit() * 0.95;
    for (const url of [b.renderer.styleUrl, "/", "/static/x.png", "/Posts/a%20b"])
      expect((await b.get(url)).status).toBe(200);
    expect(b.network.ready.size).toBe(1);
    expect(b.faults).toEqual([]);
  });

  it("has slow readers give way when that is not enough, and is busy only when they do not", async () => {
    const b = await bench();
    b.platform.used = b.platform.heapLimit() * 0.9;
    expect((await b.get("/static/x.png")).status).toBe(200);
    const lacking = Number(b.network.roomAsked.at(-1)?.split(" ")[0]);
    expect(lacking).toBeGreaterThan(b.platform.heapLimit() * 0.024);
    expect(b.network.roomAsked.at(-1)?.split(" ")[1]).toBe("10.0.0.1");
    b.platform.used = b.platform.heapLimit() * 0.99;
    const busy = await b.get("/Posts/a%20b");
    expect([busy.status, headerOf(busy, "retry-after")]).toEqual([503, "5"]);
    b.platform.used = 0;
    // For a second it costs nothing to be told so.
    expect((await b.get("/Posts/a%20b")).status).toBe(503);
    await b.platform.advance(1000);
    expect((await b.get("/Posts/a%20b")).status).toBe(200);
    expect(b.faults).toEqual([]);
  });

  it("takes in no large body beside others that are being sent, unless pages and updates keep their room", async () => {
    const b = new Bench();
    await b.show({ "static/big.bin": { text: new Uint8Array(100_000) }, "static/small.bin": { text: "small" } });
    b.platform.used = b.platform.heapLimit() * 0.9;
    b.network.inFlight = 1_000_000;
    expect((await b.get("/static/big.bin")).status).toBe(503);
    expect((await b.get("/static/small.bin")).status).toBe(200);
    b.network.inFlight = 0;
    await b.platform.advance(1000);
    expect((await b.get("/static/big.bin")).status).toBe(200);
  });

  it("makes a page once more when memory was short, and does not hold it against the page", async () => {
    const b = await bench();
    b.platform.used = b.platform.heapLimit() * 0.9;
    b.platform.attempts.push("memory");
    expect((await b.get("/Posts/a%20b")).status).toBe(200);
    b.network.inFlight = 1000;
    b.platform.attempts.push("memory", "memory");
    expect((await b.get("/")).status).toBe(503);
    await b.platform.advance(1000);
    expect((await b.get("/")).status).toBe(200);
    expect(b.faults).toEqual([]);
  });

  it("sends what is too large to be kept to those who wait for it, and forgets it", async () => {
    const b = new Bench();
    await b.show({ "static/big.bin": { text: new Uint8Array(9_000_000) } });
    for (let i = 0; i < 2; i++) await b.get("/static/big.bin");
    expect(b.network.sentOnce).toEqual(["/static/big.bin 9000000", "/static/big.bin 9000000"]);
    expect(b.network.ready.has("/static/big.bin")).toBe(false);
    expect(b.faults).toEqual([]);
  });

  it("sets what protects a reader", async () => {
    const b = await bench();
    for (const target of ["/", "/nope", "/static/x.svg"]) {
      const response = await b.get(target);
      expect(headerOf(response, "x-content-type-options")).toBe("nosniff");
      expect(headerOf(response, "content-security-policy")).toContain("script-src 'self'");
    }
    expect(headerOf(await b.get("/"), "cache-control")).toBe("public, no-cache");
  });

  it("keeps its stylesheet for ever, under 30 KB with its script, and links the repository's after it", async () => {
    const b = await bench();
    const style = await b.get(b.renderer.styleUrl);
    expect(headerOf(style, "cache-control")).toContain("immutable");
    expect(STYLE.length + SCRIPT.length).toBeLessThan(30_000);
    const page = textOf(await b.get("/"));
    expect(page.indexOf(b.renderer.styleUrl)).toBeLessThan(page.indexOf("/static/css/style.css?"));
    expect(page).not.toMatch(/(src|href)="https?:\/\/(?!localhost)/);
    // Scripts are files of the site; what is within the page is data.
    for (const [script] of page.matchAll(/<script[^>]*>/g))
      expect(script).toMatch(/^<script (?:src="\/epiphyte-\w+\.js"|type="application\/ld\+json")>$/);
  });

  it("knows three methods", async () => {
    const b = await bench();
    expect((await b.get("/", {}, "HEAD")).status).toBe(200);
    const put = await b.get("/", {}, "PUT");
    expect([put.status, headerOf(put, "allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    expect((await b.get("/", {}, "OPTIONS")).status).toBe(204);
    expect((await b.get("/push", {}, "PUT")).status).toBe(200);
  });

  it("takes its hook with a slash at the end as well, and says where there is none", async () => {
    const b = await bench();
    for (const target of ["/push", "/push/", "/push?x=1"]) expect((await b.get(target, {}, "POST")).status).toBe(200);
    expect(b.strays).toEqual([]);
    const page = await b.get("/hook", {}, "POST");
    expect([page.status, headerOf(page, "allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    expect(textOf(page)).toContain("there is no webhook here");
    for (const headers of [{ "x-gitea-event": "push" }, { "user-agent": "curl/8.5.0" }, { accept: "text/plain" }]) {
      const plain = await b.get("/hook", headers, "POST");
      expect([plain.status, headerOf(plain, "content-type")]).toEqual([405, "text/plain; charset=utf-8"]);
      expect(textOf(plain)).toBe(
        "Pages can only be read, and there is no webhook here. Its path is what --hook says.\n",
      );
    }
    expect(b.strays).toEqual(Array(4).fill("POST /hook"));
  });

  it("says no more than that it starts while there is no site", async () => {
    const b = new Bench();
    const response = await b.get("/");
    expect([response.status, headerOf(response, "retry-after")]).toEqual([503, "5"]);
    expect(textOf(response)).toContain("This blog is starting.");
    expect((await b.get(b.renderer.styleUrl)).status).toBe(200);
  });

  it("swaps in one step: files that are the same stay ready, pages do not", async () => {
    const b = new Bench();
    await b.show();
    for (const target of ["/", "/static/x.png", "/static/x.svg"]) await b.get(target);
    const before = b.network.publications;
    await b.show({ ...FILES, "static/x.svg": "<svg/>" });
    expect(b.network.publications).toBe(before + 1);
    expect([...b.network.ready.keys()].sort()).toEqual(
      [...b.renderer.assets.map(({ url }) => url), "/static/x.png"].sort(),
    );
    expect(textOf(await b.get("/static/x.svg"))).toBe("<svg/>");
  });

  it("does not keep for good a page that is shown as it was written", async () => {
    const b = await bench();
    const made = b.renderer.render.bind(b.renderer);
    b.renderer.render = (site, route, url) => {
      const rendered = made(site, route, url);
      return rendered && url === "/Index" ? { ...rendered, until: b.platform.now() + 5_000_000 } : rendered;
    };
    for (const target of ["/Index", "/Posts"]) await b.get(target);
    await b.platform.advance(4_999);
    expect(b.network.ready.has("/Index")).toBe(true);
    await b.platform.advance(1);
    expect(b.network.ready.has("/Index")).toBe(false);
    expect(b.network.ready.has("/Posts")).toBe(true);
  });

  it("bounds what it keeps, and makes the rest again", async () => {
    const b = new Bench();
    const files: Record<string, FakeFile> = {};
    for (let i = 0; i < 40; i++) files[`static/${i}.bin`] = { text: new Uint8Array(1_000_000).fill(i) };
    await b.show(files);
    for (let i = 0; i < 40; i++) expect((await b.get(`/static/${i}.bin`)).body[0]).toBe(i);
    let size = 0;
    for (const list of b.network.ready.values()) for (const { body } of list) size += body.length;
    expect(size).toBeLessThan(17_000_000);
    expect((await b.get("/static/0.bin")).status).toBe(200);
  });

  it("makes the representations within the page's share as well, and publishes none when that is used up", async () => {
    const b = await bench();
    await b.get("/Posts");
    const ready = [...b.network.ready.keys()];
    for (const fault of ["memory", "work"] as const) {
      await b.platform.advance(60_000);
      // The text of the page, then its compression.
      b.platform.attempts.push("", fault);
      expect((await b.get("/static/x.png")).status).toBe(500);
      expect([...b.network.ready.keys()]).toEqual(ready);
    }
    expect(b.faults).toHaveLength(2);
    // It is not tried again at once.
    expect((await b.get("/static/x.png")).status).toBe(500);
    await b.platform.advance(60_000);
    expect(textOf(await b.get("/static/x.png"))).toBe("png");
  });

  it("sends on who asks in other capitals; there is nothing where memory is too short to find out", async () => {
    const b = await bench();
    b.platform.attempts.push("memory");
    expect((await b.get("/posts/A%20B")).status).toBe(404);
    b.platform.attempts.push("memory");
    expect(b.web.prepareSpellings()).toBe(false);
    const moved = await b.get("/posts/A%20B/");
    expect([moved.status, headerOf(moved, "location")]).toEqual([301, "/Posts/a%20b"]);
    expect(b.web.prepareSpellings()).toBe(false);
    expect(b.faults).toEqual([]);
  });

  it("answers 500 in the theme when a page cannot be made, and goes on", async () => {
    const b = new Bench();
    const site = await nextSite(b.builder, fakeSnapshot(FILES), FAKE_NOW);
    const broken = { ...site.snapshot, read: () => undefined };
    b.web.show({ ...site, snapshot: broken });
    const response = await b.get("/static/x.png");
    expect(response.status).toBe(500);
    expect(textOf(response)).toContain("could not be made");
    expect(b.faults).toHaveLength(1);
    // An article whose text is gone is named in the log.
    expect((await b.get("/Posts/a%20b")).status).toBe(200);
    expect(b.problems).toEqual(["Posts/a b.md cannot be read from the pack"]);
  });
});
