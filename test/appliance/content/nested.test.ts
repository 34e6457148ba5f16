import { describe, expect, it } from "vitest";
import type { Site } from "../../../appliance/content/site.ts";
import { deadLinks, pagesOf, siteOf } from "../../support/whole-site.ts";

const urls = (site: Site): readonly string[] => [...site.articles, ...site.pages].map(({ url }) => url).sort();

describe("a site in a folder of the repository", () => {
  const files = {
    "README.md": "# A program",
    LICENSE: "free",
    "src/README.md": "# Its source",
    ".github/NOTES.md": "x",
    "src/main.c": "int main(void);",
    "blog/config.toml": 'base_url = "https://x.example"\ntitle = "The blog"\n',
    "blog/content/posts/_index.md": "+++\n+++\n",
    "blog/content/posts/a/index.md":
      "+++\ntitle = 'A'\ndate = 2024-01-02\n+++\n[b](@/posts/b.md) ![p](p.png) {{ gone() }}\n",
    "blog/content/posts/a/p.png": "p",
    "blog/content/posts/b.md": "+++\ntitle = 'B'\ndate = 2024-01-03\n+++\n[a](/posts/a/)\n",
    "blog/static/q.png": "q",
  };

  it("has the generator's addresses, and nothing else is shown", async () => {
    const site = await siteOf(files);
    expect([site.layout.name, site.layout.because, site.settings.name]).toEqual([
      "Zola",
      "blog/config.toml",
      "The blog",
    ]);
    expect(urls(site)).toEqual(["/posts/a/", "/posts/b/"]);
    for (const url of ["/q.png", "/posts/a/p.png", "/posts/"]) expect([url, site.routes.has(url)]).toEqual([url, true]);
    expect(site.routes.has("/src/main.c")).toBe(false);
    expect(deadLinks(site, pagesOf(site))).toEqual([]);
    expect(site.problems.map(({ path, line }) => [path, line])).toEqual([["blog/content/posts/a/index.md", 5]]);
  });

  it("is not taken for one beside texts of others, or beside another", async () => {
    const beside = await siteOf({ ...files, "notes/a.md": "# Note" });
    expect(beside.layout.plain).toBe(true);
    const top = await siteOf({ ...files, "about.md": "# Me" });
    expect(top.layout.plain).toBe(true);
    const two = await siteOf({ ...files, "site/hugo.toml": "" });
    expect(two.layout.plain).toBe(true);
  });

  it("has settings that cannot be read: a problem of their path", async () => {
    const site = await siteOf({ "site/hugo.toml": "title = \n", "site/content/posts/a.md": "# A" });
    expect(urls(site)).toEqual(["/posts/a/"]);
    expect(site.problems.map(({ path, line }) => [path, line])).toEqual([["site/hugo.toml", 1]]);
  });

  it("is where Jekyll's settings say that it begins", async () => {
    const site = await siteOf({
      "_config.yml": "source: ./docs/site\n",
      "docs/site/_posts/2024-01-02-x.md": "---\ntitle: X\n---\n{% post_url 2024-01-02-x %} ![p](/p.png)\n",
      "docs/site/p.png": "p",
      "docs/other.md": "# O",
    });
    expect(urls(site)).toEqual(["/2024/01/02/x.html"]);
    expect(site.layout.because).toBe("_config.yml");
    expect(site.problems).toEqual([]);
  });
});
