// Blogs of Hugo and Jekyll have the addresses that Debian's hugo and jekyll give them, show nothing that those hide, and
// no link in them leads nowhere.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { want } from "../../tools/setup.ts";
import { deadLinks, pagesOf, siteOf } from "../support/whole-site.ts";
import { type Blog, HUGO, HUGO_HIDDEN, JEKYLL, JEKYLL_HIDDEN, JEKYLL_PRETTY } from "./blogs.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "epiphyte-blogs-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Addresses of the pages that a generator makes of a blog, in order. */
function generated(name: string, blog: Blog, command: string, words: readonly string[]): readonly string[] {
  const source = join(folder, name);
  for (const [path, text] of Object.entries(blog)) {
    // With it Jekyll asks Bundler, which asks the network.
    if (path === "Gemfile") continue;
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), text);
  }
  const out = join(folder, `${name}-out`);
  const run = spawnSync(command, [...words, out], {
    cwd: source,
    encoding: "utf8",
    env: { ...process.env, TZ: "UTC" },
  });
  if (run.status !== 0) throw new Error(`${command}: ${run.stdout}${run.stderr}`);
  return filesBelow(out)
    .map((path) => `/${relative(out, path)}`.replace(/\/index\.html$/, "/"))
    .sort();
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((item) =>
    item.isDirectory() ? filesBelow(join(directory, item.name)) : [join(directory, item.name)],
  );
}

/** Of a generator's own, that a reader has no use for. */
const NOT_PAGES = /\/page\/1\/$/;

async function compare(blog: Blog, made: readonly string[], hidden: readonly string[]): Promise<void> {
  const site = await siteOf(blog);
  // A slash more or less leads on by itself.
  const isThere = (url: string): boolean =>
    site.routes.has(url) || site.routes.get(url.replace(/\/$/, ""))?.kind === "redirect";
  const missing = made.filter((url) => !NOT_PAGES.test(url) && !isThere(url));
  expect(missing).toEqual([]);
  // And no article elsewhere.
  const articles = [...site.articles, ...site.pages].map(({ url }) => url);
  expect(articles.filter((url) => !made.includes(url))).toEqual([]);
  const pages = pagesOf(site);
  for (const title of hidden)
    for (const [url, text] of pages) expect([url, title, text.includes(`>${title}<`)]).toEqual([url, title, false]);
  expect(deadLinks(site, pages)).toEqual([]);
  expect(site.problems.filter(({ reason }) => reason.startsWith("there is nothing"))).toEqual([]);
}

describe.skipIf(!want("hugo"))("Hugo", () => {
  it("has the same addresses, hides the same, and links to nothing that is not there", async () => {
    const blog = { ...HUGO, "config.toml": HUGO["hugo.toml"]! };
    const made = generated("hugo", blog, "hugo", ["--quiet", "-d"]);
    expect(made).toContain("/posts/first-post/");
    await compare(HUGO, made, HUGO_HIDDEN);
  });
});

describe.skipIf(!want("jekyll"))("Jekyll", () => {
  it("has the same addresses, hides the same, and links to nothing that is not there", async () => {
    const made = generated("jekyll", JEKYLL, "jekyll", ["build", "--quiet", "-d"]);
    expect(made).toContain("/2024/01/02/first-post.html");
    await compare(JEKYLL, made, JEKYLL_HIDDEN);
  });
  it("and with permalinks of another style", async () => {
    const made = generated("pretty", JEKYLL_PRETTY, "jekyll", ["build", "--quiet", "-d"]);
    expect(made).toContain("/2024/01/02/first-post/");
    await compare(JEKYLL_PRETTY, made, JEKYLL_HIDDEN);
  });
});
