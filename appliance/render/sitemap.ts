// sitemap.xml (https://www.sitemaps.org/protocol.html) and robots.txt (RFC 9309).

import { encodePath } from "../content/paths.ts";
import type { Site } from "../content/site.ts";
import { rfc3339 } from "../content/time.ts";
import { html, raw } from "./html.ts";

/** The protocol's limit for one file. */
export const MAX_SITEMAP_URLS = 50_000;

export function sitemap(site: Site): string {
  const { root } = site.settings;
  const documents = [...site.articles, ...site.pages].filter(({ indexed }) => indexed).slice(0, MAX_SITEMAP_URLS - 1);
  const home = documents.some((article) => article.url === "/");
  return html`${raw('<?xml version="1.0" encoding="utf-8"?>')}
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${!home && html`<url><loc>${root}/</loc></url>\n`}${documents.map(
  (article) =>
    html`<url><loc>${root}${encodePath(article.url)}</loc><lastmod>${rfc3339(article.updated)}</lastmod></url>\n`,
)}</urlset>
`.text;
}

export function robots(site: Site): string {
  return `User-agent: *\nAllow: /\nSitemap: ${site.settings.root}/sitemap.xml\n`;
}
