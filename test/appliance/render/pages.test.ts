import { describe, expect, it } from "vitest";
import type { Route, Site } from "../../../appliance/content/site.ts";
import { MAX_SITEMAP_URLS, sitemapParts } from "../../../appliance/content/sitemap-urls.ts";
import { NOTHING } from "../../../appliance/render/html.ts";
import { Renderer } from "../../../appliance/render/renderer.ts";
import { MAX_FOUND, MAX_QUERY } from "../../../appliance/render/search.ts";
import { sitemap } from "../../../appliance/render/sitemap.ts";
import type { FakeFile } from "../../support/fake-snapshot.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";
import { deadLinks, pagesOf, siteOf } from "../../support/whole-site.ts";

const ROOT = { ".config/root": "https://b.example", ".config/blog_name": "B" };

interface Shown {
  readonly site: Site;
  readonly problems: readonly string[];
  page(url: string): string;
  find(query: string): string;
  missing(): string;
}

async function shown(files: Readonly<Record<string, string | FakeFile>>): Promise<Shown> {
  const site = await siteOf({ ...ROOT, ...files });
  const platform = new VirtualPlatform();
  const problems: string[] = [];
  const renderer = new Renderer(platform, {
    tail: NOTHING,
    onProblem: (path, reason) => problems.push(`${path}: ${reason}`),
  });
  return {
    site,
    problems,
    page: (url) => {
      const route = site.routes.get(url);
      if (route === undefined || route.kind === "redirect") throw new Error(`${url} is ${route?.kind ?? "nothing"}`);
      return platform.utf8Decode(renderer.render(site, route, url)!.bytes);
    },
    find: (query) => platform.utf8Decode(renderer.found(site, query)),
    missing: () => platform.utf8Decode(renderer.notFound(site)),
  };
}

function posts(count: number, more = ""): Record<string, FakeFile> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `p/${1000 + i}.md`,
      { text: `---\ntitle: Post ${i}\ndate: ${2020 + (i % 3)}-01-02\n${more}---\nText ${i}`, created: 1_000_000 + i },
    ]),
  );
}

const TITLE = `</script><b>"q" & 'r'`;

describe("the head of a page", () => {
  it("says what it is to those who show a link, whatever its title holds", async () => {
    const { page } = await shown({
      "p/a.md": `---\ntitle: ${JSON.stringify(TITLE)}\nauthor: Ann\ntags: [x]\nimage: pic.png\ndate: 2026-01-02\n---\nText`,
      "p/pic.png": "png",
    });
    const text = page("/p/a");
    expect(text).toContain('<meta property="og:image" content="https://b.example/p/pic.png">');
    expect(text).toContain('<meta name="twitter:card" content="summary_large_image">');
    expect(text).toContain('<link rel="canonical" href="https://b.example/p/a">');
    expect(text).not.toContain("</script><b>");
    const data = JSON.parse(/<script type="application\/ld\+json">(.*?)<\/script>/.exec(text)![1]!) as Record<
      string,
      unknown
    >;
    expect(data).toMatchObject({
      "@type": "BlogPosting",
      headline: TITLE,
      datePublished: "2026-01-02T00:00:00Z",
      author: [{ "@type": "Person", name: "Ann" }],
      image: "https://b.example/p/pic.png",
    });
  });

  it("takes the first picture of the text where the header names none", async () => {
    const { page } = await shown({ "p/a.md": "# A\n\n![x](b.png)", "p/b.png": "png" });
    expect(page("/p/a")).toContain('<meta property="og:image" content="https://b.example/p/b.png">');
  });

  it("names the feeds of a tag and of a section besides the site's, all three forms", async () => {
    const { page, site } = await shown({ "p/a.md": "---\ntags: [x y]\n---\n# A" });
    for (const [url, base] of [
      ["/tags/x y", "/tags/x%20y"],
      ["/p", "/p"],
    ] as const) {
      for (const name of ["atom", "rss", "feed.json"]) {
        expect(page(url)).toContain(`href="${base}/${name}">`);
        expect(page(url)).toContain(`href="/${name}">`);
        expect(site.routes.get(`${url}/${name}`)?.kind).toBe("feed");
      }
    }
  });
});

describe("pages that nobody wrote", () => {
  it("lead only to what is there", async () => {
    const { site } = await shown({
      ...posts(45, "tags: [a, b]\nseries: S\ncategories: [C]\nauthors: [Ann, Bob]\n"),
      "About.md": "# About",
    });
    const pages = pagesOf(site);
    expect(deadLinks(site, pages)).toEqual([]);
    for (const url of ["/p/page/3", "/tags/a/page/2", "/series/S", "/categories/C", "/authors/Bob", "/archive/2021"])
      expect([...pages.keys()]).toContain(url);
  });

  it("have the archive by years, with all titles or, of many, with numbers", async () => {
    const few = (await shown(posts(6))).page("/archive");
    expect([...few.matchAll(/<h2><a href="\/archive\/(\d+)">/g)].map(([, year]) => year)).toEqual([
      "2022",
      "2021",
      "2020",
    ]);
    expect(few.match(/href="\/p\/10/g)).toHaveLength(6);
    const many = (await shown(posts(500))).page("/archive");
    expect(many).toContain("167 articles");
    expect(many).not.toContain('href="/p/10');
  });

  it("give way to what an author wrote", async () => {
    const { site } = await shown({
      "archive.md": "# Mine",
      "search.md": "# Mine",
      "p/a.md": "# A",
      "favicon.svg": "<svg/>",
    });
    for (const url of ["/archive", "/search"]) expect(site.routes.get(url)?.kind).toBe("article");
    expect([site.archive, site.searchUrl]).toEqual([undefined, undefined]);
    expect(site.routes.get("/favicon.ico")).toEqual({ kind: "redirect", to: "/favicon.svg" });
  });

  it("have no list of authors where there is one", async () => {
    const { site } = await shown({ "p/a.md": "# A", "p/b.md": "# B" });
    expect(site.routes.has("/authors")).toBe(false);
  });

  it("have what is related by tags, a rare one before a common one", async () => {
    const { page } = await shown({
      ...posts(10, "tags: [common]\n"),
      "q/one.md": "---\ntitle: One\ntags: [rare, common]\n---\n",
      "q/two.md": "---\ntitle: Two\ntags: [rare]\ndate: 2001-01-01\n---\n",
    });
    const related = /<section class="aside related".*?<\/section>/s.exec(page("/q/one"))?.[0] ?? "";
    expect([...related.matchAll(/<a [^>]*>([^<]*)</g)][0]?.[1]).toBe("Two");
  });

  it("pass security.txt on at both places, and the rest of /.well-known", async () => {
    const { site } = await shown({
      ".well-known/security.txt": "Contact: x",
      ".well-known/x/y.txt": "z",
      ".git-x/a": "no",
    });
    expect(site.routes.get("/.well-known/security.txt")?.kind).toBe("static");
    expect(site.routes.get("/security.txt")).toEqual({ kind: "redirect", to: "/.well-known/security.txt" });
    expect(site.routes.get("/.well-known/x/y.txt")?.kind).toBe("static");
    expect([...site.routes.keys()].some((url) => url.includes("git-x"))).toBe(false);
  });

  it("fold a navigation of many names behind one", async () => {
    const few = await shown({ "a/x.md": "# X", "b/x.md": "# Y" });
    expect(few.page("/a")).not.toContain("<summary>Menu");
    const many = await shown(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`d${i}/x.md`, `# X ${i}`])));
    expect(many.page("/d1")).toContain("<details><summary>Menu</summary><ul>");
  });
});

describe("the search", () => {
  it("finds words of titles, tags and texts, the best first", async () => {
    const { find, page } = await shown({
      "p/a.md": "# Bark\n\nSome text about moss",
      "p/b.md": "# Moss\n\nGreen",
      "p/c.md": "---\ntitle: C\nsitemap: false\n---\nmoss, but not for engines",
    });
    const titles = (text: string): string[] => [...text.matchAll(/<h2><a [^>]*>([^<]*)/g)].map(([, title]) => title!);
    expect(titles(find("MOSS"))).toEqual(["Moss", "Bark"]);
    expect(titles(find("text moss"))).toEqual(["Bark"]);
    expect(titles(find("nothing here"))).toEqual([]);
    expect(find('"><script>x')).toContain("&quot;&gt;&lt;script&gt;x");
    const index = JSON.parse(page("/search/index.json")) as { title: string; text: string }[];
    expect(index.map(({ title }) => title).sort()).toEqual(["Bark", "Moss"]);
    expect(index.some(({ text }) => text.includes("about moss"))).toBe(true);
  });

  it("is bounded in what it asks and answers", async () => {
    const { find } = await shown(posts(MAX_FOUND + 10));
    expect(find("post").match(/<h2>/g)).toHaveLength(MAX_FOUND);
    expect(find("x".repeat(10_000))).toContain(`value="${"x".repeat(MAX_QUERY)}"`);
  });
});

it("an address at which nothing is has a way on", async () => {
  const text = (await shown({ "p/a.md": "# A" })).missing();
  for (const href of ['href="/"', 'href="/archive"', 'href="/p/a"', 'action="/search/results"'])
    expect(text).toContain(href);
  expect(text).toContain('content="noindex"');
});

describe("templates of the repository's own", () => {
  const FILES = { "p/a.md": "---\ntitle: A & B\ntags: [x]\n---\nText *here*", "p/b.md": "# B" };

  it("replace parts of the page", async () => {
    const { page, site } = await shown({
      ...FILES,
      ".config/templates/head.mustache": '<meta name="x" content="{{page.title}}">',
      ".config/templates/header.mustache": "<header>{{site.name}}:{{#navigation}} {{label}}{{/navigation}}</header>",
      ".config/templates/footer.html": "<footer>{{strings.archive}}</footer>",
      ".config/templates/article.mustache": "<h1>{{title}}</h1>{{{body}}}{{#tags}}[{{name}} {{url}}]{{/tags}}",
      ".config/templates/list.mustache": "<h1>{{title}}</h1>{{#articles}}<a href='{{url}}'>{{title}}</a>{{/articles}}",
    });
    const article = page("/p/a");
    expect(article).toContain('<meta name="x" content="A &amp; B">');
    expect(article).toContain("<header>B: p Tags</header>");
    expect(article).toContain("<footer>Archive</footer>");
    expect(article).toContain("<h1>A &amp; B</h1><p>Text <em>here</em></p>\n[x &#x2F;tags&#x2F;x]");
    expect(page("/p")).toContain("<a href='&#x2F;p&#x2F;a'>A &amp; B</a>");
    expect(site.problems).toEqual([]);
  });

  it("are not used where the repository is not to be trusted", async () => {
    const { page, site } = await shown({
      ...FILES,
      ".config/untrusted": "",
      ".config/templates/header.mustache": "<script>",
    });
    expect(page("/p/a")).not.toContain("<script>");
    expect(site.problems).toMatchObject([{ path: ".config/templates/header.mustache", skipped: true }]);
  });

  it("nor is what such a repository says of headers, while what it hides stays hidden", async () => {
    const { site } = await shown({
      ...FILES,
      ".config/untrusted": "",
      ".config/content_security_policy": "script-src *",
      _headers: "/*\n  Content-Security-Policy: script-src *\n/p/*\n  Basic-Auth: a:b\n",
    });
    expect(site.settings.contentSecurityPolicy).toBeUndefined();
    expect(site.host.headersFor("/")).toEqual([]);
    expect(site.routes.has("/p/a")).toBe(false);
    expect(site.problems.map(({ path }) => path)).toEqual(
      expect.arrayContaining([".config/content_security_policy", "_headers"]),
    );
  });

  it("that are broken are told with their line, and the theme's own parts stand", async () => {
    const { page, site } = await shown({
      ...FILES,
      ".config/templates/header.mustache": "one\n{{#navigation}}",
      ".config/templates/footer.mustache": "{{> other}}",
      ".config/templates/article.mustache": "a\n\n{{title",
      ".config/templates/nothing.mustache": "x",
      ".config/templates/list.mustache": "x".repeat(70_000),
    });
    expect(
      site.problems.map(({ path, line, skipped }) => [path.slice(".config/templates/".length), line, skipped]),
    ).toEqual([
      ["article.mustache", 3, true],
      ["footer.mustache", 1, true],
      ["header.mustache", 2, true],
      ["list.mustache", undefined, true],
      ["nothing.mustache", undefined, true],
    ]);
    expect(page("/p/a")).toContain('<header class="top">');
    expect(page("/p")).toContain('<ol class="cards">');
  });
});

describe("settings", () => {
  it("that make no sense are problems with their path, and the rest counts", async () => {
    const { site } = await shown({
      "p/a.md": "# A",
      ".config/theme": "pink",
      ".config/hub": "not a url",
      ".config/language": "English, please",
      ".config/untrusted": "maybe",
      ".config/strings": "x: y",
      ".config/content_security_policy": "default-src ‘self’",
    });
    expect(new Set(site.problems.map(({ path }) => path))).toEqual(
      new Set(
        ["theme", "hub", "language", "untrusted", "strings", "content_security_policy"].map(
          (name) => `.config/${name}`,
        ),
      ),
    );
    expect(site.settings.untrusted).toBe(true);
  });

  it("choose colours, language and hub", async () => {
    const { page } = await shown({
      "p/a.md": "---\ntitle: A\nlang: he\n---\nx",
      ".config/theme": "ocean dark",
      ".config/language": "de",
      ".config/hub": "https://hub.example/",
    });
    expect(page("/p/a")).toContain('<html lang="de" class="ocean" data-theme="dark">');
    expect(page("/p/a")).toContain('<article lang="he" dir="rtl">');
    expect(page("/p")).toContain("Zum Inhalt springen");
    expect(page("/p")).not.toContain('name="scheme"');
    expect(page("/atom")).toContain('<link rel="hub" href="https://hub.example/"/>');
    expect(page("/rss")).toContain('<atom:link rel="hub" href="https://hub.example/"/>');
    expect(JSON.parse(page("/feed.json"))).toMatchObject({ hubs: [{ type: "WebSub", url: "https://hub.example/" }] });
  });
});

it("a sitemap of more than 50,000 addresses is an index of several", async () => {
  const { site } = await shown({ "p/a.md": "# A" });
  const route = site.routes.get("/p/a") as Route;
  const routes = new Map<string, Route>(Array.from({ length: 50_010 }, (_, i) => [`/p/${i}`, route]));
  const parts = sitemapParts(routes);
  let step = parts.next();
  while (step.done !== true) step = parts.next();
  expect(step.value).toBe(2);
  for (const part of [1, 2]) routes.set(`/sitemap-${part}.xml`, { kind: "sitemap", part });
  const big = { ...site, routes };
  expect(sitemap(big, 0)).toContain("<sitemap><loc>https://b.example/sitemap-2.xml</loc></sitemap>");
  expect(sitemap(big, 1).match(/<url>/g)).toHaveLength(MAX_SITEMAP_URLS);
  expect(sitemap(big, 2).match(/<url>/g)).toHaveLength(10);
});
