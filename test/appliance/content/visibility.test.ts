import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SiteBuilder } from "../../../appliance/content/build.ts";
import type { Problem } from "../../../appliance/content/problem.ts";
import type { Site } from "../../../appliance/content/site.ts";
import { parseMoment } from "../../../appliance/content/time.ts";
import { VISIBILITY_KEYS } from "../../../appliance/content/visibility-keys.ts";
import { nextSite } from "../../support/build-site.ts";
import { FAKE_NOW, type FakeFile, fakeSnapshot } from "../../support/fake-snapshot.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";

type Files = Readonly<Record<string, string | FakeFile>>;

interface Options {
  readonly drafts?: boolean;
  readonly now?: number;
  /** The builder that built the Site before. */
  readonly builder?: SiteBuilder;
}

async function site(files: Files, { drafts = false, now = FAKE_NOW, builder }: Options = {}): Promise<Site> {
  const snapshot = fakeSnapshot({ "p/shown.md": "# Shown", ...files });
  return nextSite(builder ?? new SiteBuilder(new VirtualPlatform(), { drafts }), snapshot, now);
}

/** Whether anything of a file can be had: its page, its name in a list, its tags, its bytes, a way to it. */
function isPublished(built: Site, path: string): boolean {
  const articles = [...built.articles, ...built.pages, ...built.tags.list.flatMap((tag) => tag.articles)];
  for (const route of built.routes.values()) {
    if (route.kind === "article") articles.push(route.article);
    if (route.kind === "listing") articles.push(...route.listing.articles);
    if (route.kind === "static" && route.path === path) return true;
    if (route.kind === "redirect" && route.to !== "/p/shown") return true;
  }
  return built.documents.has(path) || articles.some((article) => article.path === path);
}

function problemOf(built: Site, path: string): Problem | undefined {
  return built.problems.find((problem) => problem.path === path);
}

const header = (lines: string): string => `---\ntitle: T\nauthor: A\ntags: secret\n${lines}\n---\n# Text\n`;

describe("what an author hides", () => {
  // Understood: hidden without a word.
  const hidden: readonly string[] = [
    ..."true|True|TRUE|yes|on|1|y|true # not yet|'true'|\"true\"|true   |!!bool true|\n  true"
      .split("|")
      .map((value) => `draft: ${value}`),
    "Draft: true",
    "DRAFT: yes",
    "draft : true",
    '"draft": true',
    "is_draft: true",
    "isDraft: true",
    "draft\u200b: true",
    "draft: true\ndraft: false",
    "Draft: false\ndraft: true",
    "published: false",
    "published: False # later",
    "published: no",
    "publish: false",
    "public: no",
    "listed: false",
    "private: true",
    "private: yes",
    "status: draft",
    "status: Private",
    "status: pending",
    "visibility: private",
    "permalink: false",
    "params:\n  draft: true",
    "extra: { draft: true }",
    "_build:\n  render: never",
    "build:\n  list: false",
    "base: &base\n  draft: true\npage: *base",
    "date: 2030-01-01",
    "date: 2030-01-01 # then",
    "date: 2030/01/01",
    "date: 2030/1/2 20:46:25",
    "date: Tue, 01 Jan 2030 10:00:00 GMT",
    "date: 2030-01-02 10:00:00 -0500 EST",
    "date: 1893456000",
    "publishDate: 2030-01-01",
    "publish_date: 2030-01-01",
    "pubDate: Jan 1, 2030",
    "published: 2030-01-01",
    "date: 2020-01-01\npublishDate: 2030-01-01",
    "date: 2030-01-01\npublishDate: 2020-01-01",
    "expiryDate: 2020-01-01",
    "expires: 2020/01/01",
    "unpublishdate: '2020-01-01'",
  ];
  // Not understood: hidden, and said.
  const doubtful: readonly string[] = [
    "draft:",
    "draft: # true",
    "draft: perhaps",
    "draft: tru",
    "draft: !maybe false",
    "draft: [true]",
    "draft: true: false",
    "draft: {}",
    'draft: "true',
    "draft: @true",
    "draft: *unknown",
    "draft:true",
    "draft:\u00a0true",
    "\tdraft: true",
    "  draft: true",
    "draft true",
    "draft = true",
    "draft\uff1a true",
    "draftt: true",
    "tags: [a\ndraft: perhaps",
    "tags:\n  - a\n  draft: true",
    "title: [unclosed\npublished: maybe",
    "published: later",
    "published:",
    "status: in review",
    "status: hidden",
    "visibility: members",
    "visibility: unlisted",
    "access: [a]",
    "unlisted: true",
    "hidden: true",
    "hide: all",
    "password: x",
    "date: soon",
    "date: 01/02/2020",
    "date: 2020-13-01",
    "date: 2020-01-01 10:00 Europe/Berlin",
    "created: once",
    "publishDate: tomorrow",
    "publishDate:",
    "publishDate: []",
    "embargo: true",
    "expiryDate: in spring",
    "expiryDate: 2020-99-01",
    "_build:\n  list: sometimes",
  ];
  for (const lines of hidden)
    it(`is not published, and nothing is said: ${JSON.stringify(lines)}`, async () => {
      const built = await site({ "p/a.md": header(lines) });
      expect(isPublished(built, "p/a.md")).toBe(false);
      // Two keys of one name are a fault of the header, which is told though nothing hangs on it.
      if (!lines.includes("draft: false")) expect(problemOf(built, "p/a.md")).toBe(undefined);
    });

  for (const lines of doubtful)
    it(`is not published, and its author is told: ${JSON.stringify(lines)}`, async () => {
      const built = await site({ "p/a.md": header(lines) });
      expect(isPublished(built, "p/a.md")).toBe(false);
      expect(problemOf(built, "p/a.md")?.skipped).toBe(true);
    });

  const shown: readonly string[] = [
    "draft: false",
    "draft: no # ready",
    "draft: 'false'",
    "draft: 0",
    "published: true",
    "published: 2020-01-01",
    "publish: yes",
    "private: false",
    "hidden: off",
    "hide:\n  - toc\n  - navigation",
    "status: published",
    "visibility: Public",
    "permalink: /a/b",
    "password: ''",
    "date: 2020-01-01 # first",
    "date:",
    "date: false",
    "publishDate: 2020-01-01\nexpiryDate: 2030-01-01",
    "expiryDate: never",
    "cover:\n  hidden: true",
    "title: My draft: a story",
    "title: How to publish: true stories",
    "abstract: |\n  draft: true",
    "# draft: true",
    "publisher: X",
    "build:\n  list: always\n  render: true",
    "sitemap: false",
  ];
  for (const lines of shown)
    it(`is published: ${JSON.stringify(lines)}`, async () => {
      const built = await site({ "p/a.md": header(lines) });
      expect(isPublished(built, "p/a.md")).toBe(true);
      expect(problemOf(built, "p/a.md")).toBe(undefined);
    });

  it("names the key and what is wrong with its value", async () => {
    const built = await site({ "p/a.md": header("draft: perhaps\npublishDate: soon") });
    expect(problemOf(built, "p/a.md")).toEqual({
      path: "p/a.md",
      reason:
        'draft: "perhaps" is neither true nor false; publishDate: "soon" is no date that can be read; write 2026-05-01 ' +
        "or 2026-05-01T10:30:00+02:00",
      skipped: true,
      hides: true,
    });
    const listed = await site({ "p/a.md": header("unlisted: true") });
    expect(problemOf(listed, "p/a.md")?.reason).toBe(
      "unlisted: pages that are served but not listed are not known here",
    );
  });

  it("is shown to its author while writing, with what is wrong with it", async () => {
    const built = await site(
      { "p/a.md": header("draft: perhaps"), "p/b.md": header("date: 2030-01-01") },
      { drafts: true },
    );
    expect(built.articles.map(({ path, draft }) => [path, draft])).toEqual([
      ["p/b.md", false],
      ["p/a.md", true],
      ["p/shown.md", false],
    ]);
    expect(problemOf(built, "p/a.md")?.skipped).toBe(false);
  });
});

describe("headers that are not ours", () => {
  const texts: readonly (readonly [name: string, text: string])[] = [
    ["a.md", "\n---\ndraft: true\n---\n# T"],
    ["a.md", " ---\ndraft: true\n ---\n# T"],
    ["a.md", "----\ndraft: true\n----\n# T"],
    ["a.md", "\u2014\ndraft: true\n\u2014\n# T"],
    ["a.md", "--- yaml\ndraft: true\n---\n# T"],
    ["a.md", "---yaml\ndraft: true\n---\n# T"],
    ["a.md", "\uFEFF\uFEFF---\ndraft: true\n---\n# T"],
    ["a.md", "\u200b---\ndraft: true\n---\n# T"],
    ["a.md", "<!-- licence -->\n---\ndraft: true\n---\n# T"],
    ["a.md", "---\r\ndraft: true\r\n---\r\n# T"],
    ["a.md", "---\rdraft: true\r---\r# T"],
    ["a.md", "---\ndraft: true\n# T"],
    ["a.md", `---\nx: ${"x".repeat(20_000)}\ndraft: true\n---\n# T`],
    ["a.md", "---\n---\n\n---\ndraft: true\n---\n# T"],
    ["a.md", "---\ntitle: T\n---\ndraft: true\n---\n# T"],
    ["a.md", "---\n- draft: true\n---\n# T"],
    ["a.md", '---\n"draft: true"\n---\n# T'],
    ["a.md", "+++\ndraft = true\n+++\n# T"],
    ["a.md", '{\n  "draft": true\n}\n# T'],
    ["a.md", '{"title":"T","draft":true}\n\n# T'],
    ["a.md", ';;;\n{ "draft": true }\n;;;\n# T'],
    ["a.md", "Title: T\nStatus: draft\n\nText"],
    ["a.md", "Title: T\nDate: 2030-01-01 10:20\n\nText"],
    ["a.md", "Draft: true\n\nText"],
    ["a.md", "<!--\n.. title: T\n.. status: private\n-->\nText"],
    ["a.org", "#+TITLE: T\n#+DRAFT: t\n\nText"],
    ["a.rst", "Title\n=====\n\n:status: draft\n\nText"],
    ["a.adoc", "= Title\n:draft: true\n\nText"],
    ["a.txt", header("draft: true")],
    ["a.txt", "---\ndraft: true\n---\nno title, no author"],
    ["a.txt", "---\ndraft: true\nnever closed"],
    ["a.txt", "+++\ndraft = true\n+++\n"],
    ["a.txt", header(`draft: true\nx: ${"x".repeat(20_000)}`)],
    ["a.txt", header("draft: true") + "x".repeat(600_000)],
    ["a.txt", `${header("draft: true")}\0`],
    ["a.txt", header("content: html\ndraft: true")],
    ["a.txt", "---\n[a\ndraft: true\n---\n"],
    ["a.html", "---\npublished: false\n---\n<p>"],
    ["a.html", "---\nlayout: x\ndate: 2030-01-01\n---\n<p>"],
    ["a.xml", "---\npublished: false\n---\n<x/>"],
    ["a.css", "---\npublished: no # yet\n---\nx{}"],
    ["a", header("draft: perhaps")],
    ["a.xyz", header("draft: true")],
    ["a.mdx", header("draft: true")],
    ["redirect", "draft: true\nredirect: https://secret.example"],
    ["redirect.md", "---\nredirect: https://secret.example\ndraft: true\n---\n"],
  ];
  for (const [name, text] of texts)
    for (const path of [`p/${name}`, `static/${name}`])
      it(`hide ${path}: ${JSON.stringify(text.slice(0, 60))}`, async () => {
        // Canopy's redirects are not read below static/.
        if (path === "static/redirect") return;
        // Nor is what has a name that nobody knows.
        if (path === "static/a.xyz") return;
        expect(isPublished(await site({ [path]: text }), path)).toBe(false);
      });

  it("hide a text in UTF-16, of which no header is read", async () => {
    const text = `\uFEFF${header("draft: true")}`;
    const bytes = new Uint8Array(text.length * 2);
    for (let i = 0; i < text.length; i++) bytes[2 * i] = text.charCodeAt(i) & 0xff;
    bytes.set([0xff, 0xfe]);
    for (const path of ["p/a.md", "p/a.txt", "static/a.html"])
      expect(isPublished(await site({ [path]: { text: bytes } }), path)).toBe(false);
  });

  it("are not seen in what only looks a little like one", async () => {
    const open: Readonly<Record<string, string>> = {
      "p/a.md": "# T\n\nstatus: draft\n",
      "p/b.md": "Today we look at drafts: what they are\nand how they come\n",
      "p/c.md": "Text\n\n---\n\ndraft: true\n\n---\n",
      "p/d.md": "***\n\ndraft = true\n",
      "p/e.md": "---\ntitle: E\n---\n\nHow to write a header:\n\n---\ndraft: true\n---\n",
      "p/package.json": '{ "private": true }',
      "p/conf.yml": "---\npublished: false\n",
      "p/a.diff": "--- a/x\n+++ b/x\n-draft: true\n+draft: false\n",
      "p/a.txt": "+++\ndraft = false\ndate = 2020-01-01\n+++\n",
      "p/f.md": '{ "draft": false, "title": "F" }\n\ntext',
      "p/g.md": "Title: G\nStatus: published\nDate: 2020-01-02 10:20\n\ntext",
    };
    const built = await site(open);
    for (const path of Object.keys(open)) expect([path, isPublished(built, path)]).toEqual([path, true]);
    expect(built.problems.filter(({ path }) => path !== ".config/uuid")).toEqual([]);
  });
});

describe("a problem", () => {
  it("says whether its path is for everybody to know", async () => {
    const texts: Readonly<Record<string, string>> = {
      "p/a.md": header("draft: perhaps"),
      "p/b.md": header("draft: true\nupdated: once"),
      "p/c.md": "+++\ndraft = true\n+++\n",
      "p/d.md": "---\ndraft: true\n",
      "p/e.md": "+++\ntitle = 'x\n+++\n",
      "p/f.md": header("lang: [a"),
      "p/g": "nothing",
    };
    const built = await site(texts);
    const told = Object.keys(texts).map((path) => [
      path,
      problemOf(built, path)?.skipped,
      problemOf(built, path)?.hides,
    ]);
    expect(told).toEqual([
      ["p/a.md", true, true],
      ["p/b.md", true, true],
      // A draft is what its author wants it to be: no problem.
      ["p/c.md", undefined, undefined],
      ["p/d.md", true, true],
      ["p/e.md", true, undefined],
      ["p/f.md", false, undefined],
      ["p/g", true, undefined],
    ]);
  });
});

describe("a document with a time", () => {
  it("comes and goes by itself", async () => {
    const files = {
      "p/a.md": header("publishDate: 2029-01-01\nexpiryDate: 2029-02-01"),
      "a.txt": header("expires: 2028-01-01"),
    };
    const [comes, goes, before] = ["2029-01-01", "2029-02-01", "2028-01-01"].map(
      (text) => parseMoment(text)!.seconds,
    ) as [number, number, number];
    const builder = new SiteBuilder(new VirtualPlatform(), { drafts: false });
    const first = await site(files, { builder });
    expect([isPublished(first, "p/a.md"), isPublished(first, "a.txt"), first.nextDue]).toEqual([false, true, before]);
    const second = await site(files, { now: before, builder });
    expect([isPublished(second, "a.txt"), second.nextDue]).toEqual([false, comes]);
    const third = await site(files, { now: comes, builder });
    expect([isPublished(third, "p/a.md"), third.nextDue]).toEqual([true, goes]);
    const last = await site(files, { now: goes, builder });
    expect([isPublished(last, "p/a.md"), last.nextDue]).toEqual([false, undefined]);
  });

  it("takes the day of its publication for its date when it has no other", async () => {
    const built = await site({
      "p/a.md": header("publishDate: 2020-02-03"),
      "p/b.md": header("pubDate: 2020-02-03\ndate: 2019-01-01"),
    });
    expect(built.documents.get("p/a.md")?.created.seconds).toBe(parseMoment("2020-02-03")?.seconds);
    expect(built.documents.get("p/b.md")?.created.seconds).toBe(parseMoment("2019-01-01")?.seconds);
  });
});

describe("any key that hides", () => {
  const rules = [...VISIBILITY_KEYS].filter(
    ([, rule]) => rule !== "indexed" && rule !== "unindexed" && rule !== "address",
  );
  const plainly =
    /^(true|yes|on|y|t|1|false|no|off|n|f|0|never|none|null|~|published|publish|public|live|released|release|final|visible|listed|shown|active|open|online|everyone|anyone|all|world|stable|current|complete|completed|done|finished)?$/i;
  const dressed = fc.constantFrom<(key: string) => string>(
    (key) => key,
    (key) => key.toUpperCase(),
    (key) => key.charAt(0).toUpperCase() + key.slice(1),
    (key) => `${key.slice(0, 3)}_${key.slice(3)}`,
    (key) => `"${key}"`,
    (key) => `${key} `,
  );
  const value = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(..."truefalsnoy \t:#'\"[]{}&*!|>-,?".split("")), maxLength: 8 }),
    fc.constantFrom("true # no", "maybe", "[true]", "{a: b}", "|", ">-", "&a x", "*a", "!!x y", "later", "-", "? a"),
  );
  const around = fc.constantFrom(
    ["", ""],
    ["title: Rust: the book", ""],
    ["tags: [a, b", ""],
    ["tags: [a,", "]"],
    ['title: "unclosed', 'x: "'],
    ["title: 'unclosed", "y'"],
    ["tags:\n  - a", "  - b"],
    ["abstract: |\n  text", ""],
    ["abstract: >", "  text"],
    ["\ttab: x", ""],
    ["%x", ""],
  );
  const name = fc.constantFrom(
    "p/a.md",
    "p/a",
    "a.md",
    "p/a.txt",
    "p/a.html",
    "static/a.md",
    "static/a.html",
    "p/a.css",
  );
  const ending = fc.constantFrom("\n", "\r\n", "\r");

  it("publishes nothing unless its value plainly says so", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...rules),
        dressed,
        value,
        around,
        name,
        ending,
        async ([key], dress, text, lines, path, end) => {
          const line = text.replace(/[\r\n\u0085\u2028\u2029]/g, " ");
          const bare = line
            .replace(/(^|\s)#.*$/, "")
            .trim()
            .replace(/^(["'])(.*)\1$/, "$2")
            .trim();
          // What YAML reads as an empty text is no password, and no date.
          if (/^(secret|first)$/.test(VISIBILITY_KEYS.get(key)!)) fc.pre(/^\w/.test(bare));
          fc.pre(!plainly.test(bare) && parseMoment(bare) === undefined);
          const written = `---\ntitle: T\n${lines[0]}\n${dress(key)}: ${line}\n${lines[1]}\n---\n# Text\n`;
          const built = await site({ [path]: written.replaceAll("\n", end) });
          expect(isPublished(built, path)).toBe(false);
        },
      ),
      { numRuns: 250 },
    );
  });
});
