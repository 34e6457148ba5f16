// What stands in the frame when one document is shown: an article, a page, an error.

import { resolveHref } from "../content/links.ts";
import { encodePath } from "../content/paths.ts";
import type { Article, Site } from "../content/site.ts";
import { direction, fill } from "../content/strings.ts";
import { absoluteUrl } from "./absolute.ts";
import type { Frame, PageHead } from "./frame.ts";
import { type Html, type HtmlValue, html, raw } from "./html.ts";
import { page, siteView } from "./layout.ts";
import { articleView, cards, dates, minutes, otherLanguage, people, termsOf, time } from "./parts.ts";

export interface ArticleParts {
  readonly article: Article;
  /** Rendered Markdown. */
  readonly body: string;
  /** True: it is in lists and feeds. */
  readonly listed: boolean;
  readonly newer: Article | undefined;
  readonly older: Article | undefined;
  readonly related: readonly Article[];
}

export function articlePage(site: Site, frame: Frame, url: string, parts: ArticleParts): string {
  const { article, listed } = parts;
  const canonical = site.settings.root + encodePath(url);
  const head: PageHead = {
    title: url === "/" && article.title === site.settings.name ? "" : article.title,
    description: article.description,
    canonical,
    url,
    indexed: article.indexed,
    article: listed ? article : undefined,
    image: imageOf(site, article, parts.body),
  };
  const own = frame.own("article", view(site, frame, parts));
  return page(frame, head, own ?? main(site, url, parts));
}

function main(site: Site, url: string, parts: ArticleParts): Html {
  const { article, listed, newer, older } = parts;
  const { strings, language } = site.settings;
  const byline =
    listed &&
    html`<p class="byline">${people(site, article)} · ${dates(article, strings)} · ${fill(strings.minutes, { n: minutes(article, language) })}</p>\n`;
  const ends =
    (newer !== undefined || older !== undefined) &&
    html`<nav class="ends" aria-label="${strings.other_articles}">
${older !== undefined && html`<a rel="prev" href="${encodePath(older.url)}"><small>${strings.older}</small><span>${older.title}</span></a>\n`}${newer !== undefined && html`<a rel="next" class="newer" href="${encodePath(newer.url)}"><small>${strings.newer}</small><span>${newer.title}</span></a>\n`}</nav>
`;
  return html`<article${otherLanguage(site, article)}${turned(site, article)}>
<header>
${article.draft && html`<p class="draft">${strings.draft}</p>\n`}<h1>${article.title}</h1>
${byline}</header>
<div class="prose">
${raw(parts.body)}</div>
${tagList(site, article)}</article>
${related(site, parts.related)}${ends}${url === "/" && latest(site)}`;
}

/** The attribute of text that runs the other way than the page. */
function turned(site: Site, { language }: Article): HtmlValue {
  if (language === undefined || direction(language) === direction(site.settings.language)) return undefined;
  return html` dir="${direction(language)}"`;
}

function related(site: Site, articles: readonly Article[]): HtmlValue {
  if (articles.length === 0) return undefined;
  const { strings } = site.settings;
  return html`<section class="aside related" aria-labelledby="related">
<h2 id="related">${strings.related}</h2>
<ul>
${articles.map((article) => html`<li><a href="${encodePath(article.url)}"${otherLanguage(site, article)}>${article.title}</a> ${time(article.created, strings)}</li>\n`)}</ul></section>
`;
}

/** On a home page that is a document, and where nothing is: the newest articles. */
export function latest(site: Site): HtmlValue {
  if (site.articles.length === 0) return undefined;
  return html`<section class="aside" aria-labelledby="latest">
<h2 id="latest">${site.settings.strings.latest}</h2>
${cards(site, site.articles.slice(0, 5), "h3")}</section>
`;
}

function tagList(site: Site, article: Article): HtmlValue {
  const terms = termsOf(site, article);
  if (terms.length === 0) return undefined;
  return html`<ul class="tags" aria-label="${site.settings.strings.tags}">
${terms.map(({ name, url }) => html`<li><a href="${url}">${name}</a></li>\n`)}</ul>
`;
}

/** Absolute URL of the picture that a preview shows: the header's, else the first in the text. */
function imageOf(site: Site, article: Article, body: string): string | undefined {
  const { root } = site.settings;
  if (article.image !== undefined)
    return absoluteUrl(resolveHref(site, article, article.image).href, root, article.url);
  const first = /<img\b[^<>]*?\ssrc="([^"<>]{1,2000})"/.exec(body.slice(0, 20_000))?.[1]?.replaceAll("&amp;", "&");
  return first === undefined || /^data:/i.test(first) ? undefined : absoluteUrl(first, root, article.url);
}

function view(site: Site, frame: Frame, parts: ArticleParts): object {
  const small = (article: Article | undefined): object | undefined =>
    article === undefined ? undefined : articleView(site, article);
  return {
    site: siteView(frame),
    ...articleView(site, parts.article),
    body: parts.body,
    listed: parts.listed,
    newer: small(parts.newer),
    older: small(parts.older),
    related: parts.related.map((article) => articleView(site, article)),
    strings: site.settings.strings,
  };
}

/** An error as a page; `text` in words for a reader. One of a site that is there has a way on. */
export function errorPage(frame: Frame, title: string, text: string): string {
  const { site, strings } = frame;
  const on =
    site !== undefined &&
    html`<p><a href="/">${strings.home}</a>${site.archive !== undefined && html` · <a href="${encodePath(site.archive.url)}">${strings.archive}</a>`}</p>
${frame.searchUrl !== undefined && searchForm(frame, "")}${latest(site)}`;
  return page(
    frame,
    { title, description: "", canonical: "", url: "" },
    html`<h1>${title}</h1>
<p class="lead">${text}</p>
${on}`,
  );
}

/** `live`: a script shows results below it while somebody types. */
export function searchForm(frame: Frame, query: string, live = false): Html {
  const { strings } = frame;
  const data = live && html` data-live data-found="${strings.search_found}" data-none="${strings.search_none}"`;
  return html`<form class="find" role="search" action="/search/results"${data}>
<label class="sr" for="q">${strings.search_label}</label>
<input type="search" id="q" name="q" value="${query}" maxlength="200" placeholder="${strings.search_label}" autocomplete="off">
<button>${strings.search}</button>
</form>
`;
}
