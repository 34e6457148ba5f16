// axe-core looks at every kind of page, light and dark, on a telephone and on a desk, and finds nothing (WCAG 2.2 AA and what
// it calls best practice). The pages are those that the renderer makes; a browser is handed them without a server.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Site } from "../../appliance/content/site.ts";
import { NOTHING } from "../../appliance/render/html.ts";
import { Renderer } from "../../appliance/render/renderer.ts";
import { root } from "../../image/build/run.ts";
import { want, which } from "../../tools/setup.ts";
import { VirtualPlatform } from "../support/virtual-platform.ts";
import { siteOf } from "../support/whole-site.ts";

const browsers = want("chromium");
const ORIGIN = "http://blog.test";
const AXE = readFileSync(join(root, "node_modules/axe-core/axe.min.js"), "utf8");

const post = (n: number): string => `---
title: Post ${n}
date: 2024-0${1 + (n % 9)}-10
tags: [first, "tag ${n % 3}"]
author: ${n % 2 === 0 ? "Ann" : "Bob"}
series: A series
---
Text with [a link](https://example.org) and \`code\`.
`;

const LONG = `---
title: An article with all there is
date: 2025-01-02
tags: [first, second]
toc: true
---
An introduction with a footnote[^1], **strong** and *emphasised* words and \`code\`. ![A square](square.svg)

## Code

\`\`\`js
// A comment
export const answer = (question) => \`\${question}: 42\` + "text" + /expression/g;
\`\`\`

\`\`\`diff
- old
+ new
\`\`\`

## Lists

- [x] done
- [ ] to do

1. one
2. two

Term
: What it means

## A table

| Left | Right |
|:-----|------:|
| a    |     1 |

## Callouts

> [!NOTE]
> Something to know

> [!WARNING] Mind this
> Something else

> A quotation

- - -

[^1]: With words of its own, and [a link](/posts/p1).
`;

const FILES: Readonly<Record<string, string>> = {
  ".config/blog_name": "A blog",
  ".config/description": "What it is about",
  "about.md": "---\ntitle: About\n---\nWords.\n",
  "posts/all.md": LONG,
  "posts/square.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"></svg>',
  ...Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`posts/p${n}.md`, post(n)])),
};

const PAGES = ["/", "/posts/all", "/tags/first", "/search", "/archive", "/nothing-is-here"];

const platform = new VirtualPlatform();
const renderer = new Renderer(platform, { tail: NOTHING, onProblem: () => {} });
let site: Site;
let browser: Browser | undefined;

beforeAll(async () => {
  if (!browsers) return;
  site = await siteOf(FILES);
  browser = await chromium.launch({ executablePath: which("chromium") ?? "chromium", args: ["--no-sandbox"] });
});
afterAll(() => browser?.close());

function answer(path: string): { readonly status: number; readonly contentType: string; readonly body: Buffer } {
  const asset = renderer.assets.find(({ url }) => url === path);
  if (asset !== undefined) return { status: 200, contentType: asset.type, body: Buffer.from(asset.bytes) };
  const route = site.routes.get(path);
  const rendered = route === undefined || route.kind === "redirect" ? undefined : renderer.render(site, route, path);
  return rendered === undefined
    ? { status: 404, contentType: "text/html; charset=utf-8", body: Buffer.from(renderer.notFound(site)) }
    : { status: 200, contentType: rendered.type, body: Buffer.from(rendered.bytes) };
}

/** What axe finds, a line each. */
async function found(context: BrowserContext, path: string): Promise<readonly string[]> {
  const page = await context.newPage();
  try {
    await page.goto(`${ORIGIN}${path}`, { waitUntil: "load" });
    await page.evaluate(AXE);
    const violations = await page.evaluate(async (): Promise<readonly string[]> => {
      const { axe } = globalThis as unknown as {
        axe: {
          run(): Promise<{
            violations: readonly { id: string; nodes: readonly { html: string; failureSummary?: string }[] }[];
          }>;
        };
      };
      const result = await axe.run();
      return result.violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary ?? ""}`),
      );
    });
    return violations;
  } finally {
    await page.close();
  }
}

describe.skipIf(!browsers)(`axe-core${browsers ? "" : " (skipped: needs chromium)"}`, () => {
  for (const colorScheme of ["light", "dark"] as const)
    for (const width of [360, 1280])
      test(`finds nothing on any page, ${colorScheme}, ${width} pixels wide`, async () => {
        const context = await browser!.newContext({ colorScheme, viewport: { width, height: 800 } });
        await context.route("**/*", (route) => {
          const url = new URL(route.request().url());
          return url.origin === ORIGIN ? route.fulfill(answer(decodeURI(url.pathname))) : route.abort();
        });
        for (const path of PAGES) expect([path, await found(context, path)]).toEqual([path, []]);
        await context.close();
      });

  test("would find what is wrong", async () => {
    const context = await browser!.newContext();
    await context.route("**/*", (route) =>
      route.fulfill({
        status: 200,
        contentType: "text/html",
        body: "<!doctype html><img src=x><p style='color:#ddd'>pale",
      }),
    );
    const ids = (await found(context, "/")).map((line) => line.replace(/:.*/s, ""));
    expect(ids).toEqual(expect.arrayContaining(["image-alt", "color-contrast", "html-has-lang"]));
    await context.close();
  });
});
