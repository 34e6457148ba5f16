// The pages that nobody wrote: lists of terms, the archive, the search, feeds, sitemap. Each is only where nothing else is.

import type { Groups } from "./groups.ts";
import type { Layout } from "./layouts/layout.ts";
import { offerPages } from "./listings.ts";
import { encodePath } from "./paths.ts";
import type { Problem } from "./problem.ts";
import type { Archive, FeedFormat, Listing, Route, Tag, TermKind, Terms } from "./site.ts";
import { collectTerms } from "./terms.ts";
import type { Strings } from "./words.ts";

/** Articles, tags or pages of listings between two pauses. */
const PAUSE = 64;

/** The terms of a kind, with their address; filled when all is read. */
export type Filled = Terms & { list: readonly Tag[] };

export function emptyTerms(layout: Layout, kind: TermKind, strings: Strings): Filled {
  const url = layout.slashes ? `/${kind}/` : `/${kind}`;
  return { kind, title: strings[kind], one: strings[ONE[kind]], url, list: [] };
}

const ONE = { tags: "tag", categories: "category", series: "one_series", authors: "author" } as const;

type Offer = (url: string, route: Route) => void;

/** Fills the terms with what the documents name, and offers their pages and feeds. `names`: documents by name. */
export function* offerTerms(
  layout: Layout,
  terms: Filled,
  names: Groups<string>,
  routes: Map<string, Route>,
  problems: Problem[],
): Generator<undefined, void, undefined> {
  const { kind } = terms;
  const offer = offerTo(routes);
  let steps = 0;
  const { list, otherUrls } = collectTerms(layout, kind, names, problems);
  terms.list = list;
  // Where one person writes all, the list of what that one wrote is the blog.
  if (kind === "authors" && terms.list.length < 2) return;
  if (terms.list.length > 0) offer(terms.url, { kind: "tags", terms });
  if (layout.name === "Hugo" && (kind === "tags" || kind === "categories"))
    offer(`${terms.url}index.xml`, { kind: "feed", format: "rss", tag: undefined });
  for (const tag of terms.list) {
    if (++steps % PAUSE === 0) yield;
    offerPages(routes, tag.url, tag.articles, (page) => ({ kind: "tag", tag, terms, page }));
    offerFeeds(offer, tag, layout.slashes);
  }
  for (const [url, to] of otherUrls) {
    if (++steps % PAUSE === 0) yield;
    offer(url, { kind: "redirect", to: encodePath(to) });
  }
}

/** The feeds of a list, below its address. */
export function offerFeeds(offer: Offer, tag: Tag, slashes: boolean): void {
  const base = tag.url.replace(/\/$/, "");
  for (const format of FEEDS) offer(`${base}/${feedName(format)}`, { kind: "feed", format, tag });
  if (slashes) offer(`${base}/index.xml`, { kind: "feed", format: "rss", tag });
}

/** By years; undefined when a document has the address, or there is nothing. */
export function* offerArchive(
  byYear: Groups<number>,
  slashes: boolean,
  routes: Map<string, Route>,
): Generator<undefined, Archive | undefined, undefined> {
  const url = slashes ? "/archive/" : "/archive";
  const years = byYear.sorted;
  if (years.length === 0 || routes.has(url)) return undefined;
  const lists = years
    .map(
      ([year, articles]): Listing => ({
        title: String(year),
        url: slashes ? `${url}${year}/` : `${url}/${year}`,
        articles,
      }),
    )
    .reverse();
  const archive: Archive = { url, years: lists };
  routes.set(url, { kind: "archive", archive });
  for (const listing of lists) {
    yield;
    offerPages(routes, listing.url, listing.articles, (page) => ({ kind: "listing", listing, page }));
  }
  return archive;
}

/** The decoded URL path of the search, where it has a place. */
export function offerSearch(hasAny: boolean, slashes: boolean, routes: Map<string, Route>): string | undefined {
  const url = slashes ? "/search/" : "/search";
  if (!hasAny || routes.has("/search") || routes.has("/search/")) return undefined;
  if (routes.has(SEARCH_RESULTS) || routes.has(SEARCH_INDEX)) return undefined;
  routes.set(url, { kind: "search" });
  routes.set(SEARCH_INDEX, { kind: "search-index" });
  return url;
}

/** What the form asks; answered for each question anew (web/server.ts). */
export const SEARCH_RESULTS = "/search/results";
export const SEARCH_INDEX = "/search/index.json";

export function offerTo(routes: Map<string, Route>): Offer {
  return (url, route) => {
    if (!routes.has(url)) routes.set(url, route);
  };
}

export const FEEDS: readonly FeedFormat[] = ["atom", "rss", "json"];

export function feedName(format: FeedFormat): string {
  return format === "json" ? "feed.json" : format;
}

/** Where readers of other blogs look for the feed. */
export const FEED_ADDRESSES: readonly (readonly [url: string, format: FeedFormat])[] = [
  ["/feed", "rss"],
  ["/feed/", "rss"],
  ["/feed.xml", "atom"],
  ["/index.xml", "rss"],
  ["/rss.xml", "rss"],
  ["/rss/", "rss"],
  ["/atom.xml", "atom"],
  ["/feed.atom", "atom"],
  ["/feed.rss", "rss"],
  ["/feed/atom", "atom"],
  ["/feed/atom/", "atom"],
  ["/feed/rss/", "rss"],
  ["/index.json", "json"],
];

/** Where repositories keep an icon. */
export const ICONS: readonly string[] = ["svg", "ico", "png"].flatMap((type) => [
  `/favicon.${type}`,
  `/static/favicon.${type}`,
  `/static/images/favicon.${type}`,
  `/static/img/favicon.${type}`,
]);
/** Of the theme's own. */
export const ICON_URL = "/favicon.svg";

/** Browsers ask for /favicon.ico without being told. */
export function offerIcon(routes: Map<string, Route>): void {
  const offer = offerTo(routes);
  const own = ICONS.find((url) => routes.get(url)?.kind === "static");
  if (own === undefined) offer(ICON_URL, { kind: "icon" });
  offer("/favicon.ico", own === undefined ? { kind: "icon" } : { kind: "redirect", to: own });
}

/** RFC 9116: security.txt has its place below /.well-known; it is found at the top as well, and the other way round. */
export function offerWellKnown(routes: Map<string, Route>): void {
  const offer = offerTo(routes);
  for (const name of ["security.txt"]) {
    const [top, there] = [`/${name}`, `/.well-known/${name}`];
    if (routes.get(top)?.kind === "static") offer(there, { kind: "redirect", to: top });
    else if (routes.get(there)?.kind === "static") offer(top, { kind: "redirect", to: there });
  }
}
