// Which addresses are in the sitemap, and in how many parts (https://www.sitemaps.org/protocol.html).

import type { Article, Route } from "./site.ts";
import type { Moment } from "./time.ts";

/** The protocol's limit for one file. */
export const MAX_SITEMAP_URLS = 50_000;

/** Addresses between two pauses. */
const PAUSE = 256;

export interface SitemapUrl {
  /** Decoded URL path. */
  readonly url: string;
  readonly modified: Moment | undefined;
}

/** Documents and the first pages of lists; what search engines are to leave alone is not among them. */
export function* sitemapUrls(routes: ReadonlyMap<string, Route>): Generator<SitemapUrl, void, undefined> {
  for (const [url, route] of routes) {
    const article = route.kind === "article" ? route.article : undefined;
    if (article !== undefined) {
      // A home page is found at "/" and at its own path; "/" is its name.
      const isHome = isShownAtTop(routes, article);
      if (article.indexed && (url === "/") === isHome) yield { url, modified: article.updated };
    } else if ((route.kind === "listing" || route.kind === "tag") && route.page === 1) {
      yield { url, modified: undefined };
    } else if (route.kind === "archive" || (route.kind === "tags" && route.terms.list.length > 0))
      yield { url, modified: undefined };
    else if (route.kind === "static" && url === "/") yield { url, modified: route.modified };
  }
}

/** Files that the sitemap takes. */
export function* sitemapParts(routes: ReadonlyMap<string, Route>): Generator<undefined, number, undefined> {
  if (routes.size <= MAX_SITEMAP_URLS) return 1;
  let length = 0;
  for (const _ of sitemapUrls(routes)) if (++length % PAUSE === 0) yield;
  return Math.max(1, Math.ceil(length / MAX_SITEMAP_URLS));
}

function isShownAtTop(routes: ReadonlyMap<string, Route>, article: Article): boolean {
  const home = routes.get("/");
  return home?.kind === "article" && home.article === article;
}
