import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_PROBLEM_LENGTH, MAX_PROBLEMS, SiteBuilder } from "../../../appliance/content/build.ts";
import { MAX_DOCUMENT_LENGTH } from "../../../appliance/content/document.ts";
import { MAX_NAVIGATION_LENGTH } from "../../../appliance/content/navigation.ts";
import type { Route, Site } from "../../../appliance/content/site.ts";
import { nextSite } from "../../support/build-site.ts";
import { FAKE_NOW, type FakeFile, fakeSnapshot } from "../../support/fake-snapshot.ts";
import { expectPart } from "../../support/matching.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";

type Files = Readonly<Record<string, string | FakeFile>>;

interface Options {
  readonly drafts?: boolean;
  readonly now?: number;
  /** The builder that built the Site before. */
  readonly builder?: SiteBuilder;
}

async function site(files: Files, { drafts = false, now = FAKE_NOW, builder }: Options = {}): Promise<Site> {
  return nextSite(builder ?? new SiteBuilder(new VirtualPlatform(), { drafts }), fakeSnapshot(files), now);
}

function kindAt(built: Site, url: string): Route["kind"] | undefined {
  return built.routes.get(url)?.kind;
}

function redirectAt(built: Site, url: string): string {
  const route = built.routes.get(url);
  return route?.kind === "redirect" ? route.to : "";
}

const CANOPY =
  "---\ntitle: VMM\nauthor: Ann\nauthor_url: https://ann.example\nabstract: About *it*\ntags: OCaml, virtual machines\n---\nBody";

describe("a document that takes more than its share", () => {
  const files = { "a.md": "one", "b.md": "two", "c.md": "three" };
  async function built(...attempts: VirtualPlatform["attempts"]): Promise<Site> {
    const platform = new VirtualPlatform();
    platform.attempts.push(...attempts);
    return nextSite(new SiteBuilder(platform, { drafts: false }), fakeSnapshot(files), FAKE_NOW);
  }

  it("of work is left out, as one that cannot be read, and may be one that was to be hidden", async () => {
    const site = await built("", "work");
    expect([...site.documents.keys()]).toEqual(["a.md", "c.md"]);
    expect(site.problems).toContainEqual({
      path: "b.md",
      reason: expect.stringMatching(/^takes more work/),
      skipped: true,
      hides: true,
    });
  });

  it("of memory is not: where there is none for it, there is none for the others", async () => {
    expect([...(await built("memory")).documents.keys()]).toEqual(["a.md", "b.md", "c.md"]);
  });
});

describe("what stands on every page, or is told of a repository", () => {
  it("has its measure: the navigation", async () => {
    const name = (i: number): string => `${"n".repeat(180)}${1000 + i}`;
    const of = async (count: number): Promise<Site> =>
      site(Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name(i)}/a.md`, "x"])));
    const some = await of(50);
    expect(some.navigation).toHaveLength(50);
    expect(some.problems.filter(({ reason }) => reason.includes("navigation"))).toEqual([]);
    const many = await of(500);
    const length = many.navigation.reduce((sum, { label, url }) => sum + label.length + url.length, 0);
    expect(length).toBeGreaterThan(MAX_NAVIGATION_LENGTH * 0.9);
    expect(length).toBeLessThanOrEqual(MAX_NAVIGATION_LENGTH);
    expect(many.problems).toContainEqual({
      path: name(many.navigation.length),
      reason: expect.stringContaining(`${500 - many.navigation.length} names`),
      skipped: false,
    });
    // They are served all the same.
    expect(many.articles).toHaveLength(500);
  });

  it("has its measure: problems, by their number and their length", async () => {
    const problems = async (count: number, length: number): Promise<Site["problems"]> => {
      const named = Array.from({ length: count }, (_, i) => [`${"d".repeat(length)}${i}`, "no header"] as const);
      return (await site(Object.fromEntries(named))).problems;
    };
    expect(await problems(MAX_PROBLEMS + 100, 1)).toHaveLength(MAX_PROBLEMS);
    const long = await problems(100, 4000);
    expect(long.length).toBeLessThan(60);
    expect(long.reduce((sum, { path, reason }) => sum + path.length + reason.length, 0)).toBeLessThan(
      MAX_PROBLEM_LENGTH,
    );
  });
});

describe("a repository written for Canopy", () => {
  const files: Files = {
    ".config/blog_name": "My blog\n",
    ".config/root": "https://blog.example/\n",
    ".config/uuid": "981361ca-e71d-4997-a52c-baeee78e4156\n",
    Index: "---\ntitle: Welcome\nauthor: Ann\n---\nHello",
    About: "---\ntitle: About me\nauthor: Ann\n---\nMe",
    "Posts/VMM": { text: CANOPY, created: FAKE_NOW - 200 },
    "Posts/Next": { text: "---\ntitle: Next: a story\nauthor: Bob\n---\n---\nx", created: FAKE_NOW - 100 },
    "Posts/Broken": "no header here",
    "Posts/Old": "redirect: https://elsewhere.example/new",
    "static/css/style.css": "body{}",
    "static/redirect.txt": "redirect: nowhere",
    ".gitignore": "x",
  };

  it("loads unchanged", async () => {
    const built = await site(files);
    expect(built.settings.name).toBe("My blog");
    expect(built.settings.root).toBe("https://blog.example");
    expect(built.articles.map(({ url }) => url)).toEqual(["/Posts/Next", "/Posts/VMM"]);
    expect(built.pages.map(({ url }) => url)).toEqual(["/About", "/Index"]);
    const [next, vmm] = built.articles;
    expect(next?.title).toBe("Next: a story");
    expectPart(vmm, {
      title: "VMM",
      authors: ["Ann"],
      authorUrl: "https://ann.example",
      abstract: "About *it*",
      description: "About it",
      tags: ["OCaml", "virtual machines"],
    });
    expect(kindAt(built, "/")).toBe("article");
    expect(kindAt(built, "/Index")).toBe("article");
    expect(kindAt(built, "/Posts")).toBe("listing");
    expect(kindAt(built, "/tags")).toBe("tags");
    expect(kindAt(built, "/tags/virtual machines")).toBe("tag");
    expect(kindAt(built, "/atom")).toBe("feed");
    expect(kindAt(built, "/static/css/style.css")).toBe("static");
    expect(kindAt(built, "/static/redirect.txt")).toBe("static");
    expect(redirectAt(built, "/Posts/Old")).toBe("https://elsewhere.example/new");
    expect(built.navigation.map(({ label }) => label)).toEqual(["About", "Posts", "Tags"]);
    expect(built.stylesheet?.url).toBe("/static/css/style.css");
  });

  it("says which file is left out, and why", async () => {
    expect((await site(files)).problems).toEqual([{ path: "Posts/Broken", reason: "has no header", skipped: true }]);
  });

  it("shows at / what .config/index_page names, a directory included", async () => {
    const page = await site({ ...files, ".config/index_page": "About" });
    expectPart(page.routes.get("/"), { kind: "article", article: { path: "About" } });
    const directory = await site({ ...files, ".config/index_page": "Posts" });
    expectPart(directory.routes.get("/"), { kind: "listing", listing: { url: "/" } });
  });

  it("has defaults, and says in the log what may be set", async () => {
    const built = await site({ "Posts/VMM": CANOPY });
    expectPart(built.settings, { name: "Blog", indexPage: "Index", root: "http://localhost" });
    expect(built.settings.uuid).toMatch(/^[0-9a-f-]{36}$/);
    expect(built.problems).toEqual([]);
    expect(built.settings.notes).toHaveLength(2);
    expect(kindAt(built, "/")).toBe("listing");
  });

  it("without settings has the repository's name, the machine's address and an id of its own", async () => {
    const of = async (repository: string, more: object = {}, files: Files = {}): Promise<Site["settings"]> => {
      const options = { drafts: false, repository, here: () => "http://192.0.2.7", ...more };
      const builder = new SiteBuilder(new VirtualPlatform(), options);
      return (await site({ "Posts/VMM": CANOPY, ...files }, { builder })).settings;
    };
    const one = await of("https://git.example/ann/my-blog.git");
    expectPart(one, { name: "my-blog", root: "http://192.0.2.7" });
    // Whatever the address is next time, and whoever else has a blog.
    expect((await of("https://git.example/ann/my-blog.git", { here: () => "http://192.0.2.8" })).uuid).toBe(one.uuid);
    expect((await of("https://git.example/bob/my-blog.git")).uuid).not.toBe(one.uuid);
    const given = { root: "https://blog.example" };
    expect((await of("x", given, { ".config/root": "https://other.example" })).root).toBe("https://blog.example");
  });

  it("has a generator's settings, but not a host or a path that is nobody's", async () => {
    const root = async (url: string): Promise<string> =>
      (await site({ "hugo.toml": `title = 'Mine'\nbaseURL = '${url}'`, "content/a.md": "x" })).settings.root;
    expect(await root("https://blog.example.eu/")).toBe("https://blog.example.eu");
    expect(await root("https://example.org/")).toBe("http://localhost");
    expect(await root("https://ann.github.io/blog/")).toBe("http://localhost");
    const path = await site({ ".config/root": "https://blog.example/sub", "p/a.md": "x" });
    expect(path.settings.root).toBe("https://blog.example");
    expect(path.problems[0]?.reason).toContain("the path /sub is left out");
  });
});

describe("a repository of Markdown files", () => {
  it("drops the extension, and the old address leads to the new one", async () => {
    const built = await site({
      "posts/one.md": "# One\ntext",
      "posts/two.markdown": "text",
      "docs/index.md": "# Docs",
    });
    expect(built.articles.map(({ url, title }) => [url, title])).toEqual([
      ["/docs", "Docs"],
      ["/posts/one", "One"],
      ["/posts/two", "Two"],
    ]);
    expect(redirectAt(built, "/posts/one.md")).toBe("/posts/one");
    expect(redirectAt(built, "/docs/index.md")).toBe("/docs");
  });

  it("takes the title from the header, the first heading or the name, and the author from Git", async () => {
    const built = await site({
      "p/a.md": { text: "---\ntitle: T\n---\n# H", author: "Zoë" },
      "p/b.md": "intro\n\nSetext *heading*\n=====\n",
      "p/2026-01-02-my_own-post.md": "text",
      "p/c.md": "```\n# no heading\n```\n# Yes #\n",
    });
    const titles = new Map(built.articles.map(({ path, title }) => [path, title]));
    expect([...titles].sort()).toEqual([
      ["p/2026-01-02-my_own-post.md", "My own post"],
      ["p/a.md", "T"],
      ["p/b.md", "Setext heading"],
      ["p/c.md", "Yes"],
    ]);
    expect(built.documents.get("p/a.md")?.authors).toEqual(["Zoë"]);
  });

  it("does not say a title twice", async () => {
    const text = "---\ntitle: Same\n---\n\n# Same\n\nbody";
    const built = await site({
      "p/a.md": text,
      "p/b.md": "# First\nbody",
      "p/c.md": "---\ntitle: One\n---\n# Two\nbody",
    });
    const rest = (path: string, source: string): string => source.slice(built.documents.get(path)?.bodyStart);
    expect(rest("p/a.md", text)).toBe("\nbody");
    expect(rest("p/b.md", "# First\nbody")).toBe("body");
    expect(rest("p/c.md", "---\ntitle: One\n---\n# Two\nbody")).toBe("# Two\nbody");
  });

  it("reads what Hugo, Jekyll and Zola write", async () => {
    const built = await site({
      "p/hugo.md":
        "---\ntitle: H\ndate: 2026-01-02T03:04:05+01:00\nlastmod: 2026-02-01\ntags: [x, y]\nauthors: [A, B]\ndescription: D\naliases: [/old, older]\n---\n",
      "p/jekyll.md":
        "---\nlayout: post\ntitle: J\ndate: 2026-01-03 10:00:00 +0100\ntags:\n- x\nredirect_from: /jay/\n---\n",
      "p/zola.md": "---\ntitle: Z\ndate: 2026-01-04\ntaxonomies:\n  tags: [z]\n---\n",
    });
    expect(built.articles.map(({ title }) => title)).toEqual(["Z", "J", "H"]);
    expectPart(built.documents.get("p/hugo.md"), {
      authors: ["A", "B"],
      tags: ["x", "y"],
      description: "D",
      created: { seconds: 1_767_319_445, offsetMinutes: 60 },
      updated: { seconds: 1_769_904_000 },
    });
    expect(redirectAt(built, "/old")).toBe("/p/hugo");
    expect(redirectAt(built, "/p/older")).toBe("/p/hugo");
    expect(redirectAt(built, "/jay")).toBe("/p/jekyll");
    expect(built.tags.list.map(({ name, articles }) => [name, articles.length])).toEqual([
      ["x", 2],
      ["y", 1],
      ["z", 1],
    ]);
    expect(kindAt(built, "/tags/z/atom")).toBe("feed");
  });

  it("keeps drafts back, and articles whose date is to come until it has come", async () => {
    const files: Files = {
      "p/now.md": "# Now",
      "p/draft.md": "---\ndraft: true\n---\n# Draft",
      "p/later.md": "---\ndate: 2030-01-01\n---\n# Later",
      "p/sooner.md": "---\ndate: 2029-01-01\n---\n# Sooner",
    };
    const builder = new SiteBuilder(new VirtualPlatform(), { drafts: false });
    const built = await site(files, { builder });
    expect(built.articles.map(({ title }) => title)).toEqual(["Now"]);
    expect(built.nextDue).toBe(1_861_920_000);
    const later = await site(files, { now: 1_861_920_000, builder });
    expect(later.articles.map(({ title }) => title)).toEqual(["Sooner", "Now"]);
    expect(later.nextDue).toBe(1_893_456_000);
    expect((await site(files, { drafts: true })).articles).toHaveLength(4);
  });

  it("uses Git's date of the last change when the header's is none, and says so", async () => {
    const built = await site({ "p/a.md": { text: "---\nupdated: soon\n---\n# A", created: 1000, updated: 2000 } });
    expectPart(built.articles[0], { created: { seconds: 1000 }, updated: { seconds: 2000 }, dated: false });
    expect(built.problems[0]).toEqual({ path: "p/a.md", reason: '"soon" is no date; Git\'s is used', skipped: false });
  });

  it("serves pictures and other files next to the posts", async () => {
    const built = await site({ "p/a.md": "# A", "p/data.xyz": "x", "p/notes.txt": "n" });
    expect(kindAt(built, "/p/data.xyz")).toBe("static");
    expectPart(built.routes.get("/p/notes.txt"), { type: "text/plain; charset=utf-8" });
  });

  it("shows README.md at / when there is nothing better, and index.html where it lies", async () => {
    expectPart((await site({ "README.md": "# Hi", "p/a.md": "# A" })).routes.get("/"), {
      article: { path: "README.md" },
    });
    const built = await site({ "demo/index.html": "<p>", "p/a.md": "# A" });
    expect(redirectAt(built, "/demo")).toBe("/demo/");
    expect(kindAt(built, "/demo/")).toBe("static");
  });
});

describe("a site", () => {
  it("never serves hidden names, at any depth", async () => {
    const built = await site({
      ".git/config": "secret",
      ".config/blog_name": "x",
      ".env": "SECRET",
      "_drafts/a.md": "# A",
      "p/.hidden.md": "# H",
      "p/_partial.md": "# P",
      "static/.htpasswd": "x",
      "static/.well-known/x": "x",
      "p/a.md": "# A",
    });
    for (const url of built.routes.keys()) expect(url).not.toMatch(/\/[._]/);
    expect(built.articles).toHaveLength(1);
  });

  it("turns links of the file system into redirects, as far as they lead somewhere that is served", async () => {
    const link = (text: string): FakeFile => ({ text, mode: "symlink" });
    const built = await site({
      "p/a.md": "# A",
      "p/b.md": link("a.md"),
      "pic.png": link("static/x.png"),
      "static/x.png": "png",
      "out.md": link("../../etc/passwd"),
      "abs.md": link("/etc/passwd"),
      "conf.md": link(".config/root"),
    });
    expect(redirectAt(built, "/p/b")).toBe("/p/a");
    expect(redirectAt(built, "/pic.png")).toBe("/static/x.png");
    expect(
      built.problems
        .filter(({ skipped }) => skipped)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(["abs.md", "conf.md", "out.md"]);
  });

  it("names the loser where two files claim one address", async () => {
    const built = await site({ About: "---\ntitle: A\nauthor: x\n---\n", "About.md": "# B", "p/a.md": "# A" });
    expectPart(built.routes.get("/About"), { article: { path: "About" } });
    expect(built.problems.some(({ path, reason }) => path === "About.md" && reason.includes("/About is already"))).toBe(
      true,
    );
  });

  it("cuts listings into pages", async () => {
    const files: Record<string, string> = {};
    for (let i = 0; i < 45; i++) files[`p/${i}.md`] = `---\ntags: [t]\n---\n# ${i}`;
    const built = await site(files);
    for (const url of ["/p", "/p/page/2", "/p/page/3", "/page/3", "/tags/t/page/3"])
      expect(built.routes.has(url)).toBe(true);
    for (const url of ["/p/page/1", "/p/page/4"]) expect(built.routes.has(url)).toBe(false);
  });

  it("leaves out what is too long, binary or a submodule, and goes on", async () => {
    const built = await site({
      "p/long.md": "x".repeat(MAX_DOCUMENT_LENGTH + 1),
      "p/binary.md": "a\0b",
      "p/sub": { text: "", mode: "submodule" },
      "p/a.md": "# A",
    });
    expect(built.articles.map(({ title }) => title)).toEqual(["A"]);
    expect(built.problems.filter(({ skipped }) => skipped)).toHaveLength(3);
  });

  it("takes over what has not changed", async () => {
    const builder = new SiteBuilder(new VirtualPlatform(), { drafts: false });
    const first = await site({ "p/a.md": "# A", "p/b.md": "# B" }, { builder });
    const second = await site({ "p/a.md": "# A", "p/b.md": "# B2" }, { builder });
    expect(second.documents.get("p/a.md")).toBe(first.documents.get("p/a.md"));
    expect(second.documents.get("p/b.md")?.title).toBe("B2");
  });

  it("is built of anything without throwing", async () => {
    const name = fc.stringMatching(/^[A-Za-z._ é%#?-]{1,12}$/).filter((text) => !/^\.{1,2}$/.test(text));
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
    const text = fc.oneof(
      fc.string(),
      fc.string().map((body) => `---\ntitle: ${body}\ntags: ${body}\ndate: 2026-01-01\n---\n${body}`),
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(path, text, { maxKeys: 8 }), async (files) => {
        const built = await site(files);
        for (const url of built.routes.keys()) expect(url.startsWith("/")).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
