// A whole site, made and looked at as a reader with much time would: every page, and every link on it.

import { SiteBuilder } from "../../appliance/content/build.ts";
import type { Site } from "../../appliance/content/site.ts";
import { NOTHING } from "../../appliance/render/html.ts";
import { Renderer } from "../../appliance/render/renderer.ts";
import { parseTarget } from "../../appliance/web/target.ts";
import { nextSite } from "./build-site.ts";
import { FAKE_NOW, type FakeFile, fakeSnapshot } from "./fake-snapshot.ts";
import { VirtualPlatform } from "./virtual-platform.ts";

export function siteOf(files: Readonly<Record<string, string | FakeFile>>, now = FAKE_NOW): Promise<Site> {
  return nextSite(new SiteBuilder(new VirtualPlatform(), { drafts: false }), fakeSnapshot(files), now);
}

/** The text of every page and feed, by its decoded address. */
export function pagesOf(site: Site): ReadonlyMap<string, string> {
  const platform = new VirtualPlatform();
  const renderer = new Renderer(platform, { tail: NOTHING, onProblem: () => {} });
  const pages = new Map<string, string>();
  for (const [url, route] of site.routes) {
    if (route.kind === "redirect" || route.kind === "static") continue;
    const rendered = renderer.render(site, route, url);
    if (rendered !== undefined) pages.set(url, platform.utf8Decode(rendered.bytes));
  }
  return pages;
}

/** "page: link" of every link within the site that leads nowhere. */
export function deadLinks(site: Site, pages: ReadonlyMap<string, string>): readonly string[] {
  const dead: string[] = [];
  for (const [url, text] of pages) {
    if (!text.startsWith("<!doctype html>")) continue;
    for (const [, written] of text.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      const href = new URL(written!.replaceAll("&amp;", "&"), `http://site.invalid${encodeURI(url)}`);
      if (href.origin !== "http://site.invalid" || /^\/epiphyte-\w+\.(?:css|js)$/.test(href.pathname)) continue;
      const target = parseTarget(href.pathname, new VirtualPlatform());
      const path = target.ok ? target.value.path : "";
      const other = path.endsWith("/") ? path.slice(0, -1) : `${path}/`;
      if (!site.routes.has(path) && !site.routes.has(other)) dead.push(`${url}: ${written!}`);
    }
  }
  return dead;
}
