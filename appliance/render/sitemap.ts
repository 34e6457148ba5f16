// sitemap.xml (https://www.sitemaps.org/protocol.html) and robots.txt (RFC 9309).

import { encodePath } from "../content/paths.ts";
import type { Site } from "../content/site.ts";
import { MAX_SITEMAP_URLS, sitemapUrls } from "../content/sitemap-urls.ts";
import { rfc3339 } from "../content/time.ts";
import { html, raw } from "./html.ts";

const XML = raw('<?xml version="1.0" encoding="utf-8"?>\n');

/** `part` counts from 1; 0: all of it, or the index of the parts when there are several. */
export function sitemap(site: Site, part: number): string {
  const { root } = site.settings;
  if (part === 0 && site.routes.has("/sitemap-1.xml")) return sitemapIndex(site);
  const first = Math.max(0, part - 1) * MAX_SITEMAP_URLS;
  const urls: string[] = [];
  let at = 0;
  for (const { url, modified } of sitemapUrls(site.routes)) {
    if (at++ < first) continue;
    if (urls.length === MAX_SITEMAP_URLS) break;
    urls.push(
      `<url><loc>${xml(root + encodePath(url))}</loc>${modified === undefined ? "" : `<lastmod>${rfc3339(modified)}</lastmod>`}</url>\n`,
    );
  }
  return html`${XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${raw(urls.join(""))}</urlset>
`.text;
}

function sitemapIndex(site: Site): string {
  const parts = [...site.routes.keys()].filter(
    (url) => site.routes.get(url)?.kind === "sitemap" && url !== "/sitemap.xml",
  );
  return html`${XML}<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${parts.map((url) => html`<sitemap><loc>${site.settings.root + url}</loc></sitemap>\n`)}</sitemapindex>
`.text;
}

function xml(url: string): string {
  return url.replaceAll("&", "&amp;").replaceAll("'", "&apos;");
}

export function robots(site: Site): string {
  return `User-agent: *\nAllow: /\nSitemap: ${site.settings.root}/sitemap.xml\n`;
}
