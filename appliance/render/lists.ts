// What stands in the frame when there is more than one: lists, terms, the archive, what was found.

import { encodePath } from "../content/paths.ts";
import {
  type Archive,
  type Article,
  type Listing,
  PAGE_SIZE,
  pageCount,
  pageUrl,
  type Site,
  type Tag,
  type Terms,
} from "../content/site.ts";
import { fill } from "../content/strings.ts";
import type { Frame, PageHead } from "./frame.ts";
import { type Html, type HtmlValue, html, raw } from "./html.ts";
import { page, siteView } from "./layout.ts";
import { searchForm } from "./pages.ts";
import { articleView, cards, count, numbered, otherLanguage, time } from "./parts.ts";

/** Articles whose titles are all on one page of the archive; of more there are only the years. */
const MAX_TITLES = 400;

/** `intro`: rendered text above the list; "" for none. */
export function listingPage(site: Site, frame: Frame, listing: Listing, number: number, intro: string): string {
  const { strings, description } = site.settings;
  const home = listing.url === "/";
  const title = number === 1 ? listing.title : `${listing.title}, ${fill(strings.page, { page: number })}`;
  const lead = home && description !== "" && html`<p class="lead">${description}</p>\n`;
  const own = ownList(site, frame, listing.title, listing.url, listing.articles, number, intro);
  return page(
    frame,
    {
      ...paged(site, listing.url, listing.articles, number),
      title: home && number === 1 ? "" : title,
      description: home ? description : (listing.intro?.description ?? ""),
      ...(site.routes.has(`${listing.url.replace(/\/$/, "")}/atom`) && !home
        ? { feeds: { title: `${site.settings.name}: ${listing.title}`, base: feedBase(listing.url) } }
        : {}),
    },
    own ??
      html`<h1>${listing.title}</h1>
${lead}${intro.trim() !== "" && html`<div class="prose">\n${raw(intro)}</div>\n`}${numbered(site, listing.url, listing.articles, number)}`,
  );
}

export function tagPage(site: Site, frame: Frame, terms: Terms, tag: Tag, number: number): string {
  const { strings, name } = site.settings;
  const base = feedBase(tag.url);
  const title = `${terms.one}: ${tag.name}`;
  const own = ownList(site, frame, tag.name, tag.url, tag.articles, number, "");
  return page(
    frame,
    {
      ...paged(site, tag.url, tag.articles, number),
      title: number === 1 ? title : `${title}, ${fill(strings.page, { page: number })}`,
      description: "",
      feeds: { title: `${name}: ${tag.name}`, base },
    },
    own ??
      html`<h1><small>${terms.one}</small> ${tag.name}</h1>
<p class="lead">${count(tag.articles.length, strings)} · <a href="${base}/atom">${strings.feed}</a> · <a href="${encodePath(terms.url)}">${terms.title}</a></p>
${numbered(site, tag.url, tag.articles, number)}`,
  );
}

export function tagsPage(site: Site, frame: Frame, terms: Terms): string {
  return page(
    frame,
    { title: terms.title, description: "", canonical: site.settings.root + encodePath(terms.url), url: terms.url },
    html`<h1>${terms.title}</h1>
${
  terms.list.length === 0
    ? html`<p>${site.settings.strings.nothing}</p>\n`
    : html`<ul class="tags all">
${terms.list.map((tag) => html`<li><a href="${encodePath(tag.url)}">${tag.name} <span>${tag.articles.length}</span></a></li>\n`)}</ul>
`
}`,
  );
}

export function archivePage(site: Site, frame: Frame, archive: Archive): string {
  const { strings } = site.settings;
  const all = site.articles.length <= MAX_TITLES;
  const year = ({ title, url, articles }: Listing): Html =>
    html`<h2><a href="${encodePath(url)}">${title}</a></h2>
${all ? titles(site, articles) : html`<p class="byline">${count(articles.length, strings)}</p>\n`}`;
  return page(
    frame,
    {
      title: strings.archive,
      description: "",
      canonical: site.settings.root + encodePath(archive.url),
      url: archive.url,
    },
    html`<h1>${strings.archive}</h1>
<p class="lead">${count(site.articles.length, strings)}</p>
${archive.years.map(year)}`,
  );
}

function titles(site: Site, articles: readonly Article[]): Html {
  return html`<ul class="years">
${articles.map((article) => html`<li>${time(article.created, site.settings.strings)}<a href="${encodePath(article.url)}"${otherLanguage(site, article)}>${article.title}</a></li>\n`)}</ul>
`;
}

/** The form alone; what is typed is looked for by a script, or by asking for searchResults. */
export function searchPage(site: Site, frame: Frame, url: string): string {
  const { strings } = site.settings;
  return page(
    frame,
    { title: strings.search, description: "", canonical: site.settings.root + encodePath(url), url, indexed: false },
    html`<h1>${strings.search}</h1>
${searchForm(frame, "", true)}<div id="found" aria-live="polite"></div>
`,
  );
}

export function searchResults(site: Site, frame: Frame, query: string, found: readonly Article[]): string {
  const { strings } = site.settings;
  const text = fill(found.length === 0 ? strings.search_none : strings.search_found, { n: found.length, query });
  return page(
    frame,
    { title: strings.search, description: "", canonical: "", url: site.searchUrl ?? "" },
    html`<h1>${strings.search}</h1>
${searchForm(frame, query, true)}<div id="found" aria-live="polite">
${
  query !== "" &&
  html`<p class="lead">${text}</p>
${found.length > 0 && cards(site, found)}`
}</div>
`,
  );
}

function feedBase(url: string): string {
  return encodePath(url.replace(/\/$/, ""));
}

function paged(
  site: Site,
  url: string,
  articles: readonly Article[],
  number: number,
): Pick<PageHead, "canonical" | "url" | "previous" | "next"> {
  const at = (page: number): string => site.settings.root + encodePath(pageUrl(url, page));
  return {
    canonical: at(number),
    url: pageUrl(url, number),
    previous: number > 1 ? at(number - 1) : undefined,
    next: number < pageCount(articles) ? at(number + 1) : undefined,
  };
}

/** The author's own list. */
function ownList(
  site: Site,
  frame: Frame,
  title: string,
  url: string,
  articles: readonly Article[],
  number: number,
  intro: string,
): HtmlValue {
  if (!site.templates.has("list")) return undefined;
  const pages = pageCount(articles);
  const to = (other: number): string => encodePath(pageUrl(url, other));
  return frame.own("list", {
    site: siteView(frame),
    title,
    url: encodePath(url),
    intro,
    page: number,
    pages,
    newer_url: number > 1 ? to(number - 1) : undefined,
    older_url: number < pages ? to(number + 1) : undefined,
    articles: articles.slice((number - 1) * PAGE_SIZE, number * PAGE_SIZE).map((article) => articleView(site, article)),
    strings: site.settings.strings,
  });
}
