import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { SiteBuilder } from "../../../appliance/content/build.ts";
import type { FeedFormat, Site } from "../../../appliance/content/site.ts";
import { canopyEntryId } from "../../../appliance/content/uuid.ts";
import { absolute } from "../../../appliance/render/absolute.ts";
import { FEED_LENGTH, Feeds } from "../../../appliance/render/feeds.ts";
import { robots, sitemap } from "../../../appliance/render/sitemap.ts";
import { nextSite } from "../../support/build-site.ts";
import { FAKE_NOW, type FakeFile, fakeSnapshot } from "../../support/fake-snapshot.ts";
import { expectPart } from "../../support/matching.ts";
import { VirtualPlatform } from "../../support/virtual-platform.ts";
import { parseXml, textAt, type XmlElement } from "../../support/xml.ts";

const UUID = "981361ca-e71d-4997-a52c-baeee78e4156";
const SETTINGS = { ".config/root": "https://blog.example", ".config/uuid": UUID, ".config/blog_name": 'A & B <"c">' };
const platform = new VirtualPlatform();

async function site(files: Readonly<Record<string, string | FakeFile>>): Promise<Site> {
  return nextSite(new SiteBuilder(platform, { drafts: false }), fakeSnapshot({ ...SETTINGS, ...files }), FAKE_NOW);
}

function feed(built: Site, format: FeedFormat, body = "<p>x</p>", abstract = ""): string {
  return new Feeds(platform).render(built, format, undefined, () => ({ body, abstract }));
}

function entries(root: XmlElement): XmlElement[] {
  return root.children.filter(({ name }) => name === "entry");
}

const NASTY = ']]> & <b> "q" \u0000\u0008\u000b\uFFFE \ud800 ]]> é 😀';

describe("the Atom feed", () => {
  it("is what RFC 4287 wants of it", async () => {
    const built = await site({
      "Posts/a": {
        text: "---\ntitle: One & only\nauthor: Ann\nauthor_url: https://ann.example/?a&b\ntags: x y, z\n---\nb",
        created: 1_463_058_051,
      },
    });
    const root = parseXml(feed(built, "atom", "<p>body</p>", "<p>abstract</p>"));
    expect(root.name).toBe("feed");
    expect(root.attributes["xmlns"]).toBe("http://www.w3.org/2005/Atom");
    expect(textAt(root, "id")).toBe(`urn:uuid:${UUID}`);
    expect(textAt(root, "title")).toBe('A & B <"c">');
    expect(textAt(root, "updated")).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const links = root.children
      .filter(({ name }) => name === "link")
      .map(({ attributes }) => [attributes["rel"], attributes["href"]]);
    expect(links).toEqual([
      ["alternate", "https://blog.example/"],
      ["self", "https://blog.example/atom"],
    ]);
    const [entry] = entries(root);
    expect(textAt(entry!, "id")).toBe(
      `urn:uuid:${canopyEntryId(platform, UUID, { seconds: 1_463_058_051, offsetMinutes: 0 })}`,
    );
    expect(textAt(entry!, "title")).toBe("One & only");
    expect(textAt(entry!, "published")).toBe("2016-05-12T13:00:51Z");
    expect(textAt(entry!, "content")).toBe("<p>body</p>");
    expect(textAt(entry!, "summary")).toBe("<p>abstract</p>");
    const author = entry!.children.find(({ name }) => name === "author")!;
    expect([textAt(author, "name"), textAt(author, "uri")]).toEqual(["Ann", "https://ann.example/?a&b"]);
    const terms = entry!.children.filter(({ name }) => name === "category").map(({ attributes }) => attributes["term"]);
    expect(terms).toEqual(["x y", "z"]);
  });

  it("has the ten newest, and only articles", async () => {
    const files: Record<string, FakeFile> = { About: { text: "---\ntitle: About\nauthor: a\n---\n" } };
    for (let i = 0; i < 15; i++) files[`p/${i}.md`] = { text: `# ${i}`, created: 1000 + i };
    const all = entries(parseXml(feed(await site(files), "atom")));
    expect(all).toHaveLength(FEED_LENGTH);
    expect(textAt(all[0]!, "title")).toBe("14");
  });

  it("tells apart articles that came with one commit, and keeps their ids", async () => {
    const files = { "p/a.md": "# A", "p/b.md": "# B", "p/c.md": { text: "# C", created: 5 } };
    const ids = (built: Site): readonly string[] =>
      entries(parseXml(feed(built, "atom"))).map((entry) => textAt(entry, "id"));
    const first = ids(await site(files));
    expect(new Set(first).size).toBe(3);
    const later = ids(await site({ ...files, "p/d.md": { text: "---\ntitle: edited\n---\n", created: 9 } }));
    for (const id of first) expect(later).toContain(id);
  });

  it("stays well-formed whatever the texts hold", async () => {
    const text = `---\ntitle: ${NASTY.replaceAll("\u0000", "")}\nauthor: ${NASTY.replaceAll("\u0000", "")}\ntags: <a&b>, "c"\n---\nb`;
    const built = await site({ "p/a": text });
    expect(built.articles).toHaveLength(1);
    for (const format of ["atom", "rss"] as const) {
      const xml = feed(built, format, `<p>${NASTY}</p>`, NASTY);
      expect(parseXml(xml).children.length).toBeGreaterThan(0);
      expect(xml).toMatch(/^[\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u);
    }
    expect(JSON.parse(feed(built, "json", NASTY)).items).toHaveLength(1);
  });
});

describe("feeds of whatever YAML can hold", () => {
  /** Any text, with more of what is special in XML, in HTML, in YAML, and of what no XML may have. */
  const words = fc.array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.constantFrom(
        "]]>",
        "<",
        "&",
        "&amp;",
        '"',
        "'",
        "\0",
        "\b",
        "\u000b",
        "\u0085",
        "\u2028",
        "\uFFFE",
        "\ud800",
        "\udc00",
        ": ",
        "#",
        "- ",
        "\t",
        "\n",
      ),
    ),
    { maxLength: 6 },
  );
  const text = words.map((parts) => parts.join(""));
  const ALLOWED = /^[\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

  it("are well-formed and have what RFC 4287, RSS 2.0 and JSON Feed 1.1 want of them", async () => {
    await fc.assert(
      fc.asyncProperty(text, text, text, fc.array(text, { maxLength: 3 }), async (title, author, description, tags) => {
        const header = stringify({ title, author, description, tags, date: "2024-01-02" });
        const built = await site({ "p/a.md": `---\n${header}---\nText\n` });
        if (built.articles.length === 0) {
          // Not served, but never without a word.
          expect(built.problems.length).toBeGreaterThan(0);
          return;
        }
        const atom = feed(built, "atom", `<p>${title}</p>`, description);
        expect(atom).toMatch(ALLOWED);
        const root = parseXml(atom);
        // RFC 4287 4.1.1, 4.1.2: what a feed and an entry must have.
        for (const name of ["id", "title", "updated"]) expect(textAt(root, name)).not.toBe("");
        const [entry] = entries(root);
        for (const name of ["id", "title", "updated"]) expect(textAt(entry!, name), name).not.toBe("");
        expect(entry!.children.filter(({ name }) => name === "author").length).toBe(1);
        expect(textAt(entry!.children.find(({ name }) => name === "author")!, "name")).not.toBe("");
        for (const { name, attributes } of entry!.children)
          if (name === "category") expect(attributes["term"]).not.toBe("");
        const rss = feed(built, "rss", `<p>${title}</p>`, description);
        expect(rss).toMatch(ALLOWED);
        const channel = parseXml(rss).children[0]!;
        for (const name of ["title", "link", "description"])
          expect(channel.children.some((child) => child.name === name)).toBe(true);
        const item = channel.children.find(({ name }) => name === "item")!;
        // An item has a title or a description.
        expect(textAt(item, "title") + textAt(item, "description")).not.toBe("");
        expect(textAt(item, "link")).toMatch(/^https:\/\/blog\.example\//);
        const json = JSON.parse(feed(built, "json", `<p>${title}</p>`, description));
        expect(json.version).toBe("https://jsonfeed.org/version/1.1");
        expect(json.title).not.toBe("");
        expect(typeof json.items[0].id).toBe("string");
        expect(json.items[0].content_html ?? json.items[0].content_text).toBeDefined();
        for (const one of json.items[0].authors) expect(one.name ?? one.url ?? one.avatar).toBeTruthy();
      }),
      { numRuns: 150 },
    );
  });
});

describe("the RSS feed", () => {
  it("is RSS 2.0 with names in dc:creator", async () => {
    const root = parseXml(feed(await site({ "p/a.md": { text: "# A & B", author: "Ann" } }), "rss", ""));
    expect(root.attributes["version"]).toBe("2.0");
    expect(root.attributes["xmlns:dc"]).toBe("http://purl.org/dc/elements/1.1/");
    const channel = root.children[0]!;
    expect(textAt(channel, "link")).toBe("https://blog.example/");
    const item = channel.children.find(({ name }) => name === "item")!;
    expect(textAt(item, "dc:creator")).toBe("Ann");
    expect(textAt(item, "link")).toBe("https://blog.example/p/a");
    expect(textAt(item, "pubDate")).toMatch(/^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/);
    expect(textAt(item, "guid")).toMatch(/^urn:uuid:/);
  });
});

describe("the JSON feed", () => {
  it("is version 1.1", async () => {
    const value = JSON.parse(feed(await site({ "p/a.md": "---\ntags: x\n---\n# A" }), "json"));
    expectPart(value, {
      version: "https://jsonfeed.org/version/1.1",
      feed_url: "https://blog.example/feed.json",
    });
    expectPart(value.items[0], {
      url: "https://blog.example/p/a",
      tags: ["x"],
      authors: [{ name: "Git Author" }],
    });
  });
});

describe("addresses in a feed", () => {
  const cases: readonly (readonly [markup: string, result: string])[] = [
    ['<a href="/x">', '<a href="https://b.example/x">'],
    ['<a href="b?c#d">', '<a href="https://b.example/Posts/b?c#d">'],
    ["<img alt='' src='../x.png'>", "<img alt='' src='https://b.example/x.png'>"],
    ['<a href="#part">', '<a href="https://b.example/Posts/a%20b#part">'],
    ['<a href="//cdn.example/x">', '<a href="https://cdn.example/x">'],
    ['<a class="c" href="mailto:a@b.example">', '<a class="c" href="mailto:a@b.example">'],
    // Every attribute of a tag, however it is written.
    [
      '<video src="a.mp4" poster="b.png" controls>',
      '<video src="https://b.example/Posts/a.mp4" poster="https://b.example/Posts/b.png" controls>',
    ],
    ["<img src=x.png>", "<img src=https://b.example/Posts/x.png>"],
    ['<img\n alt="a > b" SRC = "/x.png">', '<img\n alt="a > b" SRC = "https://b.example/x.png">'],
    [
      '<img src="a.png" srcset="a.png 1x, /b.png 2x,c.png 3x">',
      '<img src="https://b.example/Posts/a.png" srcset="https://b.example/Posts/a.png 1x, https://b.example/b.png 2x,https://b.example/Posts/c.png 3x">',
    ],
    [
      '<source srcset="a.png, b,c.png">',
      '<source srcset="https://b.example/Posts/a.png, https://b.example/Posts/b,c.png">',
    ],
    [
      "<img srcset='data:image/png,x 1x, d.png 640w'>",
      "<img srcset='data:image/png,x 1x, https://b.example/Posts/d.png 640w'>",
    ],
    [
      '<blockquote cite="/q"><object data="o.svg">',
      '<blockquote cite="https://b.example/q"><object data="https://b.example/Posts/o.svg">',
    ],
    ['<a data-href="x" title="src=y">', '<a data-href="x" title="src=y">'],
    ['<a title=" src=y" href="z">', '<a title=" src=y" href="https://b.example/Posts/z">'],
    ['1 < 2 <a href="x', '1 < 2 <a href="x'],
    ["<code>href=&quot;x&quot;</code>", "<code>href=&quot;x&quot;</code>"],
  ];
  for (const [markup, result] of cases)
    it(`are absolute: ${markup}`, () => {
      expect(absolute(markup, "https://b.example", "/Posts/a b")).toBe(result);
    });
});

describe("sitemap.xml and robots.txt", () => {
  it("name every page", async () => {
    const built = await site({ "p/a b.md": "# A", "About.md": "# About" });
    const root = parseXml(sitemap(built, 0));
    expect(root.children.map((url) => textAt(url, "loc"))).toEqual([
      "https://blog.example/About",
      "https://blog.example/p/a%20b",
      "https://blog.example/p",
      "https://blog.example/",
      "https://blog.example/archive",
      "https://blog.example/archive/2026",
    ]);
    expect(robots(built)).toContain("Sitemap: https://blog.example/sitemap.xml");
  });
});
