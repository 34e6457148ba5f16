import { describe, expect, it } from "vitest";
import { MAX_HEADER_RULES, readHeadersFile } from "../../../appliance/content/host/headers-file.ts";
import { readPattern } from "../../../appliance/content/host/pattern.ts";
import { MAX_PATTERNS, MAX_REDIRECTS, readRedirectsFile } from "../../../appliance/content/host/redirects-file.ts";
import { readHostRules } from "../../../appliance/content/host/rules.ts";
import { fakeSnapshot } from "../../support/fake-snapshot.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";
import { pagesOf, siteOf } from "../../support/whole-site.ts";

const platform = new VirtualPlatform();

function taken(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const read = readPattern(pattern);
  if (typeof read === "string") throw new Error(read);
  const found = read.match(path);
  return found === undefined ? undefined : Object.fromEntries(found);
}

describe("a pattern", () => {
  it("takes what stands in the places of its names", () => {
    expect(taken("/news/*", "/news/2024/a")).toEqual({ splat: "2024/a" });
    expect(taken("/news/*", "/news")).toEqual({ splat: "" });
    expect(taken("/news/*", "/newsletter")).toBeUndefined();
    expect(taken("/*", "/a/b")).toEqual({ splat: "a/b" });
    expect(taken("/:year/:slug", "/2024/a/")).toEqual({ year: "2024", slug: "a" });
    expect(taken("/:year/:slug", "/2024")).toBeUndefined();
    expect(taken("/a/:b/*", "/a/x/y/z")).toEqual({ b: "x", splat: "y/z" });
    expect(taken("/a.b+c", "/a.b+c/")).toEqual({});
    expect(taken("/a.b", "/aXb")).toBeUndefined();
    expect(taken("/caf%C3%A9", "/café")).toEqual({});
    expect(taken("/*.php", "/old/page.php")).toEqual({ splat: "old/page" });
  });
  it("is none with a host, a query, or a name twice", () => {
    for (const written of ["a", "https://x.example/a", "//x.example/a", "/a?b=c", "/*/b/*", "/:a/:a"])
      expect(typeof readPattern(written)).toBe("string");
  });
});

describe("_headers", () => {
  const headers = (text: string, path: string) =>
    readHostRules(fakeSnapshot({ _headers: text }), platform, []).headersFor(path);

  it("sets fields for what its paths are for, the later over the earlier", () => {
    const text =
      "# all\n/*\n  X-Frame-Options: DENY\n  Link: <a>; rel=x\n  Link: <b>; rel=y\n\n/news/:year/*\n  X-Year: :year\n  X-Rest: :splat\n  X-Frame-Options: SAMEORIGIN\n  ! Link\n";
    expect(headers(text, "/about")).toEqual([
      ["X-Frame-Options", "DENY"],
      ["Link", "<a>; rel=x, <b>; rel=y"],
    ]);
    expect(headers(text, "/news/2024/a b")).toEqual([
      ["X-Frame-Options", "SAMEORIGIN"],
      ["Link", undefined],
      ["X-Year", "2024"],
      ["X-Rest", "a%20b"],
    ]);
  });

  it("does not set what is the connection's, the framing's or one reader's; each is told with its line", () => {
    const refused = [
      "Connection: close",
      "Keep-Alive: timeout=5",
      "Transfer-Encoding: chunked",
      "Upgrade: h2c",
      "TE: trailers",
      "Trailer: X",
      "Proxy-Authenticate: Basic",
      "Content-Length: 5",
      "Content-Encoding: br",
      "Content-Range: bytes 0-1/2",
      "Accept-Ranges: none",
      "Date: now",
      "Server: x",
      "ETag: x",
      "Location: /x",
      "Set-Cookie: a=b",
    ];
    const { rules, faults } = readHeadersFile(`/*\n${refused.map((line) => `  ${line}\n`).join("")}  X-Fine: yes\n`);
    expect(rules[0]?.fields).toEqual([["X-Fine", "yes"]]);
    expect(faults.map(({ line }) => line)).toEqual(refused.map((_, i) => i + 2));
  });

  it("says what it does not understand, and bounds what it takes", () => {
    const { rules, faults } = readHeadersFile(
      "  X: y\n/a\n  no field\n  B@d: x\n  X: \u0007\nb\n  Y: z\nhttps://x.example/*\n  Z: 1\n/c\n  Long: " +
        "x".repeat(3000),
    );
    expect(rules.map(({ fields }) => fields.length)).toEqual([0, 0]);
    expect(faults.map(({ line }) => line)).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 11]);
    const many = readHeadersFile("/a\n  X: y\n".repeat(MAX_HEADER_RULES + 1));
    expect(many.rules.length).toBe(MAX_HEADER_RULES);
    expect(many.faults[0]?.line).toBe(2 * MAX_HEADER_RULES + 1);
    const wide = `/a\n${Array.from({ length: 60 }, (_, i) => `  X-${i}: ${"v".repeat(200)}\n`).join("")}`;
    const sum = headers(wide, "/a").reduce((length, [name, value]) => length + name.length + value!.length, 0);
    expect(sum).toBeLessThanOrEqual(4000);
    expect(readHeadersFile(wide).faults.length).toBe(20);
  });
});

describe("_redirects", () => {
  it("says where from, where to and with which status", () => {
    const { rules, faults, closed } = readRedirectsFile(
      "# old\n/a /b # why\n/c  https://x.example/y  302\n/d/* /e/:splat 308!\n/f /g 200\n/h 410\n\n/secret/* /404.html 404!\n/admin/* /x 200 Role=admin\n",
    );
    expect(faults).toEqual([]);
    expect(rules.map(({ to, status, forced, line }) => [to, status, forced, line])).toEqual([
      ["/b", 301, false, 2],
      ["https://x.example/y", 302, false, 3],
      ["/e/:splat", 308, true, 4],
      ["/g", 200, false, 5],
      ["", 410, false, 6],
    ]);
    expect(closed.map(({ line }) => line)).toEqual([8, 9]);
  });

  it("says what it does not understand, line by line", () => {
    const { rules, faults } = readRedirectsFile(
      "a /b\n/a\n/b javascript:alert(1)\n/c http://:splat\n/d/* https://:splat\n/e /:nobody\n/f /g 418\n/h /i 301 Country=de\n/j id=:id /k\n/l https://x.example/ 200\n/m/* /n 200\n/o //x.example\n/p /q 301 more\n",
    );
    expect(rules).toEqual([]);
    expect(faults.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });

  it("is bounded", () => {
    const fixed = readRedirectsFile(Array.from({ length: MAX_REDIRECTS + 5 }, (_, i) => `/a${i} /b\n`).join(""));
    expect([fixed.rules.length, fixed.faults.length]).toEqual([MAX_REDIRECTS, 1]);
    const patterns = readRedirectsFile(Array.from({ length: MAX_PATTERNS + 2 }, (_, i) => `/a${i}/* /b\n`).join(""));
    expect([patterns.rules.length, patterns.faults.length]).toEqual([MAX_PATTERNS, 2]);
  });

  it("never lets a reader name the host they are sent to", () => {
    const { redirectFor } = readHostRules(
      fakeSnapshot({ _redirects: "/go/* /:splat\n/to/* https://x.example/:splat\n" }),
      platform,
      [],
    );
    expect(redirectFor("/go//evil.example")?.to).toBe("/evil.example");
    expect(redirectFor("/to/@evil.example/\u00fc")?.to).toBe("https://x.example/@evil.example/%C3%BC");
  });
});

describe("a site with both", () => {
  const POSTS = {
    "posts/a.md": "# A",
    "posts/b.md": "# B",
    "secret/plan.md": "# The plan",
    "members/only.md": "# For members",
  };

  it("leaves out what its host would keep from readers, and says so", async () => {
    const site = await siteOf({
      ...POSTS,
      "secret/map.png": "p",
      _headers: "/secret/*\n  Basic-Auth: someone:something\n",
      _redirects: "/members/* /login 302 Role=member\n",
    });
    expect(site.articles.map(({ url }) => url).sort()).toEqual(["/posts/a", "/posts/b"]);
    for (const [url, page] of pagesOf(site)) expect([url, /The plan|For members/.test(page)]).toEqual([url, false]);
    expect(site.routes.has("/secret/map.png")).toBe(false);
    expect(site.problems.map(({ path, reason }) => `${path}: ${reason}`).sort()).toEqual([
      "members/only.md: is kept from readers by _redirects:1",
      "secret/map.png: is behind a password (_headers:1), which is not asked for here",
      "secret/plan.md: is behind a password (_headers:1), which is not asked for here",
    ]);
  });

  it("leads on where nothing is, and elsewhere when it is told to", async () => {
    const site = await siteOf({
      ...POSTS,
      _redirects:
        "/old /posts/a\n/posts/a /x\n/posts/b /elsewhere 302!\n/shown /posts/a 200\n/none /nothing 200\n/ring/* /ring/:splat\n/secret/* /x/:splat 307!\n/one /two\n/two /one\n",
    });
    const redirectAt = (url: string) => {
      const route = site.routes.get(url);
      return route?.kind === "redirect" ? [route.to, route.status] : route?.kind;
    };
    expect(redirectAt("/old")).toEqual(["/posts/a", 301]);
    expect(redirectAt("/posts/a")).toBe("article");
    expect(redirectAt("/posts/b")).toEqual(["/elsewhere", 302]);
    expect(redirectAt("/shown")).toBe("article");
    expect(redirectAt("/secret/plan")).toBeUndefined();
    expect(site.host.redirectFor("/secret/plan")).toEqual({ to: "/x/plan", status: 307, forced: true });
    expect(site.problems.map(({ line, reason }) => [line, reason])).toEqual([
      [2, "there is something at /posts/a; 301! behind the target leads away from it all the same"],
      [undefined, "/one redirects in a ring, or through more than 10 others"],
      [5, "there is nothing at /nothing that could be shown"],
      [6, "redirects in a ring"],
    ]);
  });

  it("are found where generators keep them, and not served", async () => {
    const site = await siteOf({
      "hugo.toml": "title = 'x'",
      "content/posts/a.md": "# A",
      "static/_headers": "/*\n  X-A: b\n",
      "static/_redirects": "/old /posts/a/\n",
    });
    expect(site.host.headersFor("/posts/a/")).toEqual([["X-A", "b"]]);
    expect(site.routes.get("/old")).toMatchObject({ to: "/posts/a/" });
    expect([...site.routes.keys()].filter((url) => url.includes("_"))).toEqual([]);
  });
});
