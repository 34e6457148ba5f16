import { describe, expect, it } from "vitest";
import { recognise } from "../../../appliance/content/layouts/recognise.ts";
import type { Site } from "../../../appliance/content/site.ts";
import { FAKE_NOW, fakeSnapshot } from "../../support/fake-snapshot.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";
import { deadLinks, pagesOf, siteOf } from "../../support/whole-site.ts";

const platform = new VirtualPlatform();
const nameOf = (files: Readonly<Record<string, string>>): string => recognise(fakeSnapshot(files), platform).name;

function urls(site: Site): readonly string[] {
  return [...site.articles, ...site.pages].map(({ url }) => url).sort();
}

function redirectAt(site: Site, url: string): string | undefined {
  const route = site.routes.get(url);
  return route?.kind === "redirect" ? route.to : undefined;
}

describe("a repository's generator", () => {
  const recognised: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ["", { "posts/a.md": "x" }],
    ["", { "config.toml": "x = 1", "posts/a.md": "x" }],
    ["Hugo", { "hugo.toml": "" }],
    ["Hugo", { "config.yaml": "baseURL: https://x.example", "content/a.md": "x" }],
    ["Hugo", { "config/_default/hugo.toml": "title = 'x'", "content/a.md": "x" }],
    ["Hugo", { "config.toml": "title = 'x'", "content/a.md": "x", "themes/t/x": "x" }],
    ["Zola", { "config.toml": 'base_url = "https://x.example"', "content/a.md": "x" }],
    ["Jekyll", { "_config.yml": "title: x" }],
    ["Jekyll", { "_posts/2024-01-02-x.md": "x" }],
  ];
  for (const [name, files] of recognised)
    it(`is ${name || "none"} by ${Object.keys(files).join(", ")}`, () => {
      expect(nameOf(files)).toBe(name);
    });

  it("has settings that cannot be read: a problem, and where", async () => {
    const site = await siteOf({ "hugo.toml": "title = 'x'\nbaseURL = \n", "content/posts/a.md": "# A" });
    expect(site.problems).toContainEqual({
      path: "hugo.toml",
      line: 2,
      reason: expect.stringContaining("cannot be read"),
      skipped: false,
    });
    expect(urls(site)).toEqual(["/posts/a/"]);
  });
});

describe("Zola", () => {
  // By its documentation: https://www.getzola.org/documentation/content/
  const files = {
    "config.toml": 'base_url = "https://blog.example.net"\ntitle = "A Zola blog"\ntaxonomies = [{ name = "tags" }]\n',
    "content/_index.md": "+++\ntitle = 'Home'\n+++\nHello, [first](@/blog/2024-01-02-First Post.md)\n",
    "content/about.md": "+++\ntitle = 'About'\naliases = ['me']\n+++\n",
    "content/blog/_index.md": "+++\ntitle = 'Blog'\nsort_by = 'date'\n+++\n",
    "content/blog/2024-01-02-First Post.md":
      "+++\ntitle = 'First'\n[taxonomies]\ntags = ['Café', 'go']\n+++\n![p](/img/p.png)\n",
    "content/blog/second.md":
      "+++\ntitle = 'Second'\ndate = 2024-02-03\nslug = 'number two'\n+++\n[first](@/blog/2024-01-02-First%20Post.md#top)\n",
    "content/blog/third.md":
      "+++\ntitle = 'Third'\ndate = 2024-02-04\npath = 'placed/here'\n+++\n[second](../../blog/number-two)\n",
    "content/blog/bundle/index.md": "+++\ntitle = 'Bundle'\ndate = 2024-02-05\n+++\n![photo](photo.jpg)\n",
    "content/blog/bundle/photo.jpg": "picture",
    "content/blog/chart.svg": "<svg/>",
    "content/blog/later.md": "+++\ntitle = 'Later'\ndate = 2099-02-05\n+++\n",
    "content/blog/draft.md": "+++\ntitle = 'Draft'\ndraft = true\n+++\n",
    "content/secret/_index.md": "+++\ndraft = true\n+++\n",
    "content/secret/plan.md": "+++\ntitle = 'Plan'\n+++\n",
    "static/img/p.png": "picture",
    "templates/index.html": "{{ x }}",
    "sass/a.scss": "x",
  };
  it("has its addresses, hides what it hides, and links to nothing that is not there", async () => {
    const site = await siteOf(files);
    expect(urls(site)).toEqual(["/about/", "/blog/bundle/", "/blog/first-post/", "/blog/number-two/", "/placed/here/"]);
    for (const url of ["/", "/blog/", "/tags/", "/tags/cafe/", "/tags/go/", "/img/p.png", "/blog/bundle/photo.jpg"])
      expect([url, site.routes.get(url) !== undefined]).toEqual([url, true]);
    expect(site.routes.get("/blog/chart.svg")?.kind).toBe("static");
    expect(redirectAt(site, "/me")).toBe("/about/");
    expect(site.machinery).toBe(3);
    const pages = pagesOf(site);
    expect(deadLinks(site, pages)).toEqual([]);
    expect(pages.get("/blog/number-two/")).toContain('href="/blog/first-post/#top"');
    expect(site.problems.filter(({ path }) => path.startsWith("content"))).toEqual([]);
  });
});

describe("Hugo", () => {
  const CONFIG = { "hugo.toml": "title = 'x'\nbaseURL = 'https://x.example/sub/'\n" };
  const one = (text: string): Promise<Site> => siteOf({ ...CONFIG, "content/posts/a.md": text });

  it("has its shortcodes as links, pictures and code; others are a problem, where they stand", async () => {
    const site = await one(
      '---\ntitle: A\n---\n{{< youtube id="a<b" >}}\n\n{{< mystery x=1 >}}kept{{< /mystery >}}\n\n{{</* figure */>}}\n\n{{< gone >}}\n',
    );
    const page = pagesOf(site).get("/posts/a/")!;
    expect(page).toContain('href="https://www.youtube.com/watch?v=a%3Cb"');
    expect(page).toContain("kept");
    expect(page).toContain("{{&lt; figure &gt;}}");
    expect(page).not.toContain("mystery");
    expect(
      site.problems.filter(({ path }) => path === "content/posts/a.md").map(({ line, reason }) => [line, reason]),
    ).toEqual([
      [6, "the shortcode mystery is not known here; its text is shown"],
      [10, "the shortcode gone is not known here and left out"],
    ]);
  });

  it("finds a link by the path of the site that its settings have", async () => {
    const site = await siteOf({
      ...CONFIG,
      "content/posts/a.md": "[b](/sub/posts/b/) <img src='/sub/p.png'>",
      "content/posts/b.md": "b",
      "static/p.png": "p",
    });
    const page = pagesOf(site).get("/posts/a/")!;
    expect(page).toContain('href="/posts/b/"');
    expect(page).toContain("src='/p.png'");
  });

  it("has the address that the path had before as a redirect", async () => {
    const site = await one("# A");
    expect(redirectAt(site, "/content/posts/a")).toBe("/posts/a/");
    expect(redirectAt(site, "/content/posts/a.md")).toBe("/posts/a/");
  });

  it("does not take what is no content for content", async () => {
    const site = await siteOf({
      ...CONFIG,
      "archetypes/default.md": "# {{ x }}",
      "themes/t/README.md": "# Theme",
      "README.md": "# Mine",
      "assets/main.scss": "x",
      "content/posts/a.org": "x",
      "content/posts/a.md": "# A",
      "content/posts/.secret.md": "# S",
    });
    expect(urls(site)).toEqual(["/posts/a/"]);
    expect(site.machinery).toBe(5);
    expect(site.problems).toContainEqual({
      path: "content/posts/a.org",
      reason: "is Org, which is not read; write Markdown",
      skipped: true,
    });
  });

  it("reads a header in JSON", async () => {
    const site = await one('{ "title": "Je", "tags": ["a"], "date": "2024-01-02" }\n\nText {x}');
    expect(site.articles[0]).toMatchObject({ title: "Je", tags: ["a"], url: "/posts/a/" });
    const hidden = await one('{ "title": "Je", "draft": true }\n\nText');
    expect(urls(hidden)).toEqual([]);
  });

  it("sorts a list by weight where there is one", async () => {
    const post = (title: string, weight: number): string =>
      `---\ntitle: ${title}\nweight: ${weight}\ndate: 2024-01-0${weight}\n---\n`;
    const site = await siteOf({
      ...CONFIG,
      "content/docs/x.md": post("X", 2),
      "content/docs/y.md": post("Y", 1),
      "content/docs/z.md": post("Z", 3),
    });
    const route = site.routes.get("/docs/");
    expect(route?.kind === "listing" && route.listing.articles.map(({ title }) => title)).toEqual(["Y", "X", "Z"]);
  });
});

describe("Jekyll", () => {
  it("has its Liquid; what is a program is left out and told", async () => {
    const site = await siteOf({
      "_config.yml": "title: T\nauthor: Ann\nnested: { word: deep }\n",
      "_posts/2024-01-02-x.md":
        "---\ntitle: X\n---\n{{ site.title }} {{ page.title | upcase }} {{ site.nested.word }} {% comment %}no{% endcomment %}{% raw %}{{ raw }}{% endraw %}\n\n{% for p in site.posts %}\n{{ p.url }}\n{% endfor %}\n",
    });
    const page = pagesOf(site).get("/2024/01/02/x.html")!;
    expect(page).toContain("T X deep {{ raw }}");
    expect(page).not.toContain("no{{");
    expect(page).toContain("Ann");
    expect(site.problems.filter(({ path }) => path.startsWith("_posts")).map(({ line }) => line)).toEqual([6, 7]);
  });

  it("says which post has no date in its name, and does not show one of tomorrow", async () => {
    const site = await siteOf({
      "_posts/x.md": "---\n---\nX",
      "_posts/2099-01-01-y.md": "---\n---\nY",
      "_config.yml": "",
    });
    expect(urls(site)).toEqual([]);
    expect(site.nextDue).toBeGreaterThan(FAKE_NOW);
    expect(site.problems.map(({ path, skipped }) => [path, skipped])).toContainEqual(["_posts/x.md", true]);
  });
});

describe("folders of nobody's", () => {
  it("have links by name, where something of that name is there", async () => {
    const site = await siteOf({
      "notes/One.md":
        "[[Two]], [[Two|the *other*]], [[Two#A part]], ![[p.png]], ![[p.png|200]], [[Nothing]], `[[Two]]`",
      "notes/deep/Two.md": "# Two",
      "img/p.png": "p",
    });
    const page = pagesOf(site).get("/notes/One")!;
    expect(page).toContain('<a href="/notes/deep/Two">Two</a>');
    expect(page).toContain('<a href="/notes/deep/Two">the *other*</a>');
    expect(page).toContain('href="/notes/deep/Two#a-part"');
    expect(page).toContain('<img src="/img/p.png" alt="" width="200"');
    expect(page).toContain("<code>[[Two]]</code>");
    expect(site.problems.filter(({ path }) => path === "notes/One.md")).toEqual([]);
  });

  it("say which link and which picture leads nowhere, and on which line", async () => {
    const site = await siteOf({
      "posts/a.md":
        '---\ntitle: A\n---\n[ok](b.md) [bad](nothing.md)\n\n```\n[code](none.md)\n```\n![](nope.jpg) `[x](y.md)` <img src="gone.png">\n\n[r]\n\n[r]: missing.md\n',
      "posts/b.md": "# B\n[web](https://x.example/none) [part](#x) [mail](mailto:a@x.example)",
    });
    const told = site.problems.filter(({ path }) => path.startsWith("posts")).map(({ line, reason }) => [line, reason]);
    expect(told).toEqual([
      [4, "there is nothing at nothing.md"],
      [9, "there is nothing at nope.jpg"],
      [9, "there is nothing at gone.png"],
      [13, "there is nothing at missing.md"],
    ]);
  });

  it("are dated by their names, and of an export of Ghost by its own key, at its own address", async () => {
    const site = await siteOf({
      "posts/2024-01-02-a.md": "# A",
      "posts/g.md": "---\ntitle: G\nslug: my-ghost\ndate_published: 2023-05-06T07:08:09.000Z\n---\n",
    });
    expect(site.articles.map(({ url, created }) => [url, new Date(created.seconds * 1000).toISOString()])).toEqual([
      ["/posts/2024-01-02-a", "2024-01-02T00:00:00.000Z"],
      ["/my-ghost/", "2023-05-06T07:08:09.000Z"],
    ]);
    expect(redirectAt(site, "/posts/g")).toBe("/my-ghost/");
  });

  it("have one tag for names that differ in case, by the more frequent, and say so", async () => {
    const tagged = (tags: string): string => `---\ntitle: x\ntags: [${tags}]\n---\n`;
    const site = await siteOf({
      "p/a.md": tagged("New World, go"),
      "p/b.md": tagged("new world"),
      "p/c.md": tagged("new world"),
    });
    expect(site.tags.list.map(({ name, articles }) => [name, articles.length])).toEqual([
      ["go", 1],
      ["new world", 3],
    ]);
    expect(redirectAt(site, "/tags/New World")).toBe("/tags/new%20world");
    expect(site.problems).toContainEqual({
      path: "p/a.md",
      reason: 'the tag "New World" is "new world" elsewhere; they are taken for one',
      skipped: false,
    });
  });

  it("answer where readers of other blogs look for the feed", async () => {
    const site = await siteOf({ "p/a.md": "x" });
    for (const url of ["/feed", "/feed/", "/feed.xml", "/index.xml", "/rss.xml", "/atom.xml", "/feed.atom"])
      expect([url, site.routes.get(url)?.kind]).toEqual([url, "feed"]);
  });
});

describe("addresses of names that hold slashes", () => {
  it("have one slash where there would be two, as every request has", async () => {
    const site = await siteOf({
      "hugo.toml": "",
      "content/posts/a.md": "---\ntitle: A\nslug: name/\n---\n",
    });
    expect(urls(site)).toEqual(["/posts/name/"]);
    const plain = await siteOf({
      "p/a.md": "---\ntitle: A\nauthor: Ann (https://ann.example)\ntags: [a//b]\n---\n",
      "p/b.md": "---\ntitle: B\nauthor: Bob\n---\n",
    });
    expect(deadLinks(plain, pagesOf(plain))).toEqual([]);
    expect(plain.routes.has("/authors/Ann (https:/ann.example)")).toBe(true);
    expect(plain.routes.has("/tags/a/b")).toBe(true);
  });
});

describe("what Hugo's settings leave out and mount", () => {
  const post = "---\ntitle: A\n---\n";
  it("is not shown by ignoreFiles; an expression that is not understood hides all, and is told", async () => {
    const files = { "content/posts/a.md": post, "content/posts/b.SECRET.md": post, "content/wip/c.md": post };
    const site = await siteOf({ "hugo.toml": "ignoreFiles = ['(?i)\\.secret\\.md$', '/wip/']", ...files });
    expect(urls(site)).toEqual(["/posts/a/"]);
    expect(site.problems).toEqual([]);
    for (const wrong of ["(", "x".repeat(201)]) {
      const none = await siteOf({ "hugo.toml": `ignoreFiles = ['${wrong}']`, ...files });
      expect(urls(none)).toEqual([]);
      expect(none.problems.map(({ path, reason }) => [path, reason.includes("is not understood")])).toEqual([
        ["hugo.toml", true],
      ]);
    }
    const many = Array.from({ length: 51 }, () => "'x'").join(",");
    expect(urls(await siteOf({ "hugo.toml": `ignoreFiles = [${many}]`, ...files }))).toEqual([]);
  });

  it("is where it is mounted", async () => {
    const mount = (source: string, target: string, more = ""): string =>
      `[[module.mounts]]\nsource = '${source}'\ntarget = '${target}'\n${more}`;
    const site = await siteOf({
      "hugo.toml": `[languages.en]\n[languages.de]\n${mount("text/en", "content", "lang = 'en'")}\n${mount("text/de", "content", "lang = 'de'")}\n${mount("public", "static")}\n${mount("more", "content/more")}`,
      "text/en/posts/a.md": post,
      "text/de/posts/a.md": post,
      "more/b.md": post,
      "public/p.png": "p",
      "static/q.png": "q",
    });
    expect(urls(site)).toEqual(["/de/posts/a/", "/posts/a/"]);
    expect(site.routes.has("/p.png")).toBe(true);
    expect(site.routes.has("/q.png")).toBe(false);
    expect(site.problems.map(({ reason }) => reason)).toEqual([
      "the mount of more as content/more is not followed; what is in it is not shown",
    ]);
  });
});

describe("a page that a generator's program makes, and that is made here", () => {
  const LOOP =
    "---\nlayout: default\n---\n{% for post in site.posts %}<a href='{{ post.url }}'>{{ post.title }}</a>{% endfor %}\n";
  it("is the list of posts at the home page, and leads there from elsewhere, without a word", async () => {
    const site = await siteOf({
      "_config.yml": "",
      "index.html": LOOP,
      "blog/index.html": LOOP,
      "archive.html": LOOP,
      "about.html": "---\ntitle: About\n---\nMe",
      "_posts/2024-01-02-x.md": "---\ntitle: The post\n---\n",
    });
    expect(site.problems).toEqual([]);
    expect(pagesOf(site).get("/")).toContain("The post");
    expect(redirectAt(site, "/blog/")).toBe("/");
    expect(redirectAt(site, "/archive.html")).toBe("/archive/");
    expect(site.pages.map(({ url }) => url)).toEqual(["/about.html"]);
  });

  it("is Eleventy's page of what is not found; its links by the input path are found", async () => {
    const site = await siteOf({
      "eleventy.config.js": 'export const config = { dir: { input: "content" } };',
      "content/404.md": "---\npermalink: 404.html\neleventyExcludeFromCollections: true\n---\nGone",
      "content/blog/one.md": "---\ntitle: One\ndate: 2024-01-02\n---\n[a](/blog/two.md) [b](blog/two.md#x)\n",
      "content/blog/two.md": "---\ntitle: Two\ndate: 2024-01-03\n---\n",
    });
    expect(site.problems).toEqual([]);
    const page = pagesOf(site).get("/blog/one/")!;
    expect(page).toContain('href="/blog/two/"');
    expect(page).toContain('href="/blog/two/#x"');
  });
});

describe("a picture by its path from where Zola begins", () => {
  it("is found", async () => {
    const site = await siteOf({
      "config.toml": 'base_url = "https://x.example"',
      "content/blog/a/index.md": '+++\ntitle = "A"\n+++\n{{ wide(src="blog/a/p.png") }}\n',
      "content/blog/a/p.png": "p",
    });
    expect(pagesOf(site).get("/blog/a/")).toContain('src="/blog/a/p.png"');
    expect(site.problems.map(({ reason }) => reason)).toEqual([
      "the shortcode wide is not known here; its picture is shown",
    ]);
  });
});

describe("what stands in lists", () => {
  it("is the words of links by name, not their marks", async () => {
    const site = await siteOf({
      ".obsidian/app.json": "{}",
      "a.md": "See [[Other|the other]] and [[Third]]. ![[p.png]]",
    });
    expect(site.documents.get("a.md")?.description).toBe("See the other and Third.");
  });

  it("is a collection of posts that Astro shows at the top", async () => {
    const site = await siteOf({
      "astro.config.mjs": "",
      "src/pages/[...slug].astro": 'const posts = await getCollection("posts");',
      "src/content/posts/a.md": "---\ntitle: A\ndate: 2024-01-02\n---\n",
    });
    expect(site.articles.map(({ url }) => url)).toEqual(["/a/"]);
  });
});
