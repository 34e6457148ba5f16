// Blogs of tools that are no packages of Debian: what those write was looked at once, and stands in folders.ts.

import { describe, expect, it } from "vitest";
import { literalsOf } from "../../../appliance/content/layouts/literals.ts";
import { mapProse } from "../../../appliance/content/layouts/prose.ts";
import type { Site } from "../../../appliance/content/site.ts";
import { describeUnseen } from "../../../appliance/status.ts";
import type { Blog } from "../../oracle/blogs.ts";
import { deadLinks, pagesOf, siteOf } from "../../support/whole-site.ts";
import {
  ASTRO,
  ASTRO_HIDDEN,
  ELEVENTY,
  ELEVENTY_HIDDEN,
  ELEVENTY_URLS,
  GHOST,
  GHOST_HIDDEN,
  VAULT,
  VAULT_HIDDEN,
} from "./folders.ts";

async function shown(
  blog: Blog,
  hidden: readonly string[],
): Promise<{ site: Site; pages: ReadonlyMap<string, string> }> {
  const site = await siteOf(blog);
  const pages = pagesOf(site);
  for (const text of hidden)
    for (const [url, page] of pages) expect([url, text, page.includes(text)]).toEqual([url, text, false]);
  expect(deadLinks(site, pages)).toEqual([]);
  return { site, pages };
}

const addresses = (site: Site): readonly string[] => [...site.articles, ...site.pages].map(({ url }) => url).sort();
const told = (site: Site): readonly string[] => site.problems.map(({ path, reason }) => `${path}: ${reason}`).sort();

describe("Eleventy", () => {
  it("has its own addresses, its copies and its data, and hides what it hides", async () => {
    const { site, pages } = await shown(ELEVENTY, ELEVENTY_HIDDEN);
    expect(site.layout.name).toBe("Eleventy");
    expect(site.settings).toMatchObject({
      name: "An Eleventy blog",
      root: "https://blog.example.net",
      description: "I am writing about my experiences.",
    });
    expect(ELEVENTY_URLS.filter((url) => !site.routes.has(url))).toEqual([]);
    expect(addresses(site).filter((url) => !ELEVENTY_URLS.includes(url))).toEqual([]);
    expect(site.routes.has("/secrets.json")).toBe(false);
    expect(site.tags.list.map(({ name }) => name)).toEqual(["another tag", "number 2"]);
    expect(pages.get("/blog/firstpost/")).toContain("An Eleventy blog {{ raw }}");
    expect(pages.get("/blog/firstpost/")).toContain("Ann Author");
    expect(describeUnseen(site)).toBe(
      "8 hidden by the header, 2 hidden by the place or the name, 1 until the day has come",
    );
    expect(told(site)).toEqual([
      expect.stringContaining("content/blog/excluded.md: eleventyExcludeFromCollections"),
      expect.stringContaining("content/blog/maybe.md: permalink: is a program"),
      "content/contact.njk: is a template of Nunjucks, which is not run; write Markdown",
      expect.stringContaining("content/maybe/maybe.11tydata.js: its permalink is a program"),
      expect.stringContaining("content/maybe/program.md: permalink: is a program"),
    ]);
  });

  it("has no input directory of its own as well, and takes no settings for content", async () => {
    const site = await siteOf({
      ".eleventy.js": 'module.exports = function (c) { c.addPassthroughCopy("img"); };',
      "posts/posts.json": '{ "tags": "posts" }',
      "posts/a.md": "# A\n![p](/img/p.png)",
      "posts/2024-05-06-b.md": `---\ntitle: B\npermalink: "/{{ page.date | date: '%Y/%m' }}/{{ page.fileSlug }}.html"\n---\n`,
      "about/index.md": "# About",
      "index.md": "# Home",
      "README.md": "# Read me",
      "img/p.png": "p",
      "netlify.toml": "x",
      "scripts/deploy.sh": "x",
    });
    expect(addresses(site)).toEqual(["/2024/05/b.html", "/posts/a/"]);
    expect([...site.routes.keys()].filter((url) => /deploy|netlify|posts\.json/.test(url))).toEqual([]);
    expect(site.routes.get("/img/p.png")?.kind).toBe("static");
    expect(told(site)).toEqual([]);
  });
});

describe("Astro", () => {
  it("has its collections at the addresses of the pages that show them", async () => {
    const { site, pages } = await shown(ASTRO, ASTRO_HIDDEN);
    expect(site.layout.name).toBe("Astro");
    expect(site.settings).toMatchObject({ name: "An Astro blog", description: "Welcome to it!" });
    expect(addresses(site)).toEqual([
      "/blog/deep/third-post/",
      "/blog/first-post/",
      "/blog/second-post/",
      "/blog/some/where/",
      "/blog/using-mdx/",
      "/colophon/",
    ]);
    for (const url of ["/favicon.svg", "/fonts/a.woff", "/blog/", "/rss.xml"])
      expect([url, site.routes.has(url)]).toEqual([url, true]);
    const mdx = pages.get("/blog/using-mdx/")!;
    expect(mdx).toContain("Embedded component in MDX");
    expect(mdx).toContain("import");
    expect(mdx).toContain("Shown");
    expect(mdx).not.toMatch(/HeaderLink|const year/);
    expect(told(site)).toEqual([
      "src/content/authors: no page below src/pages/ shows the collection authors; it is left out",
      "src/content/blog/using-mdx.mdx: the component HeaderLink is not known here; what is between its tags is shown",
    ]);
  });

  it("follows the settings for addresses without a slash, and collections elsewhere", async () => {
    const site = await siteOf({
      "astro.config.ts":
        "export default defineConfig({ site: 'https://x.example.net', trailingSlash: 'never', base: '/sub' })",
      "src/content.config.ts":
        "const posts = defineCollection({ loader: glob({ pattern: '**/[^_]*.md', base: `./src/data/blog` }) }); export const collections = { posts };",
      "src/pages/posts/[...slug]/index.astro": 'getCollection("posts")',
      "src/data/blog/A Post.md": "---\ntitle: A\npubDatetime: 2022-09-23T15:22:00Z\n---\n[b](/sub/posts/b)",
      "src/data/blog/b.md": "---\ntitle: B\npubDatetime: 2022-09-24T15:22:00Z\n---\n",
    });
    expect(addresses(site)).toEqual(["/posts/a-post", "/posts/b"]);
    expect(pagesOf(site).get("/posts/a-post")).toContain('href="/posts/b"');
    expect(told(site)).toEqual([]);
  });
});

describe("Obsidian", () => {
  it("links by name, to headings too, and keeps what its author keeps to themselves", async () => {
    const { site, pages } = await shown(VAULT, VAULT_HIDDEN);
    expect(site.layout.name).toBe("Obsidian");
    const welcome = pages.get("/Welcome")!;
    expect(welcome).toContain('<a href="/Ideas/One%20idea">the first</a>');
    expect(welcome).toContain('<a href="/Ideas/One%20idea#a-part-really">part</a>');
    expect(welcome).toContain('<img src="/attachments/photo%20one.png" alt="" width="300" height="200"');
    const idea = pages.get("/Ideas/One idea")!;
    expect(idea).toContain('id="a-part-really"');
    expect(idea).toContain("Some <mark>marked</mark> words.</p>");
    expect(idea).toContain("<code>==code== %%shown%%</code>");
    expect(idea).toContain('<a href="/Welcome">back</a>');
    expect(idea).toContain('class="callout');
    expect(site.tags.list.map(({ name }) => name)).toEqual(["thinking"]);
    expect(pages.get("/Unfinished")).toContain("Shown");
    expect(told(site)).toEqual([
      "Board.canvas: is a view of Obsidian's, which is not shown",
      "Diary/today.md: is among the excluded files of the vault's settings",
      "Ideas/One idea.md: there is nothing at No picture.png",
      "Unfinished.md: %% begins a comment that does not end: nothing from there on is shown",
      "Welcome.md: there is nothing at Missing",
    ]);
  });
});

describe("Ghost", () => {
  it("has its addresses and pictures, and hides what is for members or not published", async () => {
    const { site, pages } = await shown(GHOST, GHOST_HIDDEN);
    expect(site.layout.name).toBe("Ghost");
    expect(site.articles.map(({ url }) => url)).toEqual(["/coming-soon/"]);
    expect(site.pages.map(({ url }) => url)).toEqual(["/about/"]);
    expect(pages.get("/coming-soon/")).toContain('src="/content/images/a.png"');
    expect(site.routes.has("/tag/news/")).toBe(true);
    expect(site.routes.has("/coming-soon")).toBe(false);
  });
});

describe("what is read of programs and texts", () => {
  it("is what stands there as a literal, outside of comments", () => {
    const program = `
      // draft: true
      /* layout: "x" */
      export default { title: "A \\"b\\"", 'url': 'https://x.example', n: 3, yes: true, list: ["a", 'b'], f: () => 1, t: \`\${x}\` };
      const pattern = "**/*.md";
      const later = "c";`;
    expect([...literalsOf(program)]).toEqual([
      ["title", 'A "b"'],
      ["url", "https://x.example"],
      ["n", 3],
      ["yes", true],
      ["list", ["a", "b"]],
      ["pattern", "**/*.md"],
      ["later", "c"],
    ]);
  });

  it("is prose, not code", () => {
    const text = "a `a` ``a ` a`` a\n\n```\na\n```\na `a\n\na` ~~~\n    a\n~~~~ x\na";
    const { text: made } = mapProse(text, undefined, (prose) => prose.replaceAll("a", "B"));
    expect(made).toBe("B `a` ``a ` a`` B\n\n```\na\n```\nB `B\n\nB` ~~~\n    B\n~~~~ x\na");
  });
});
