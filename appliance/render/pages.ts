// What stands in the frame: article, listings, tags, errors.

import { encodePath } from "../content/paths.ts";
import {
  type Article,
  type Listing,
  PAGE_SIZE,
  pageCount,
  pageUrl,
  type Site,
  type Tag,
  type Terms,
} from "../content/site.ts";
import { longDate, type Moment, rfc3339 } from "../content/time.ts";
import { type Html, type HtmlValue, html, NOTHING, raw } from "./html.ts";
import { type Frame, page } from "./layout.ts";

export interface ArticleParts {
  readonly article: Article;
  /** Rendered Markdown. */
  readonly body: string;
  readonly newer: Article | undefined;
  readonly older: Article | undefined;
}

export function articlePage(site: Site, frame: Frame, url: string, parts: ArticleParts): string {
  const { article, newer, older } = parts;
  const inListings = site.articles.includes(article);
  const canonical = site.settings.root + encodePath(url);
  const head = {
    title: url === "/" && article.title === site.settings.name ? "" : article.title,
    description: article.description,
    canonical,
    url,
    language: article.language,
    indexed: article.indexed,
    kind: inListings ? ("article" as const) : ("website" as const),
    extra: inListings
      ? html`<meta property="article:published_time" content="${rfc3339(article.created)}">
<meta property="article:modified_time" content="${rfc3339(article.updated)}">
${article.tags.map((tag) => html`<meta property="article:tag" content="${tag}">\n`)}`
      : undefined,
  };
  const byline = inListings && html`<p class="byline">${people(article)} · ${dates(article)}</p>\n`;
  const ends =
    (newer !== undefined || older !== undefined) &&
    html`<nav class="ends" aria-label="Other articles">
${older !== undefined && html`<a rel="prev" href="${encodePath(older.url)}"><small>Older</small>${older.title}</a>\n`}${newer !== undefined && html`<a rel="next" class="newer" href="${encodePath(newer.url)}"><small>Newer</small>${newer.title}</a>\n`}</nav>
`;
  return page(
    frame,
    head,
    html`<article>
<header>
${article.draft && html`<p class="draft">Draft</p>\n`}<h1>${article.title}</h1>
${byline}</header>
<div class="prose">
${raw(parts.body)}</div>
${tagList(site, article)}</article>
${ends}${url === "/" && latest(site)}`,
  );
}

/** On a home page that is a document: the newest articles below it. */
function latest(site: Site): HtmlValue {
  if (site.articles.length === 0) return undefined;
  return html`<section class="latest" aria-labelledby="latest">
<h2 id="latest">Latest</h2>
${cards(site, site.articles.slice(0, 5))}</section>
`;
}

/** `intro`: rendered text above the list; "" for none. */
export function listingPage(site: Site, frame: Frame, listing: Listing, number: number, intro: string): string {
  const url = pageUrl(listing.url, number);
  const home = listing.url === "/";
  return page(
    frame,
    {
      title: home && number === 1 ? "" : number === 1 ? listing.title : `${listing.title}, page ${number}`,
      description: home ? site.settings.description : "",
      canonical: site.settings.root + encodePath(url),
      url,
    },
    html`<h1>${listing.title}</h1>
${home && site.settings.description !== "" && html`<p class="lead">${site.settings.description}</p>\n`}${intro.trim() !== "" && html`<div class="prose">\n${raw(intro)}</div>\n`}${numbered(site, listing.url, listing.articles, number)}`,
  );
}

export function tagPage(site: Site, frame: Frame, terms: Terms, tag: Tag, number: number): string {
  const url = pageUrl(tag.url, number);
  const feed = encodePath(`${tag.url.replace(/\/$/, "")}/atom`);
  return page(
    frame,
    {
      title: number === 1 ? `${terms.one}: ${tag.name}` : `${terms.one}: ${tag.name}, page ${number}`,
      description: "",
      canonical: site.settings.root + encodePath(url),
      url,
      extra: html`<link rel="alternate" type="application/atom+xml" title="${site.settings.name}: ${tag.name}" href="${feed}">\n`,
    },
    html`<h1><small>${terms.one}</small> ${tag.name}</h1>
<p class="lead">${count(tag.articles.length)} · <a href="${feed}">feed of this ${terms.one.toLowerCase()}</a> · <a href="${encodePath(terms.url)}">all ${terms.title.toLowerCase()}</a></p>
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
    ? html`<p>No article has a ${terms.one.toLowerCase()} yet.</p>\n`
    : html`<ul class="tags all">
${terms.list.map((tag) => html`<li><a href="${encodePath(tag.url)}">${tag.name} <span>${tag.articles.length}</span></a></li>\n`)}</ul>
`
}`,
  );
}

/** An error as a page; `text` in words for a reader, `detail` for the author. */
export function errorPage(frame: Frame, title: string, text: string, detail: string): string {
  return page(
    frame,
    { title, description: "", canonical: "", url: "" },
    html`<h1>${title}</h1>
<p class="lead">${text}</p>
${detail !== "" && html`<pre class="detail"><code>${detail}</code></pre>\n`}`,
  );
}

function count(number: number): string {
  return number === 1 ? "1 article" : `${number} articles`;
}

function numbered(site: Site, url: string, articles: readonly Article[], number: number): Html {
  const pages = pageCount(articles);
  const shown = articles.slice((number - 1) * PAGE_SIZE, number * PAGE_SIZE);
  const turn =
    pages > 1 &&
    html`<nav class="ends" aria-label="Pages">
${number < pages && html`<a rel="next" href="${encodePath(pageUrl(url, number + 1))}"><small>Older</small>Page ${number + 1} of ${pages}</a>\n`}${number > 1 && html`<a rel="prev" class="newer" href="${encodePath(pageUrl(url, number - 1))}"><small>Newer</small>Page ${number - 1} of ${pages}</a>\n`}</nav>
`;
  return html`${cards(site, shown)}${turn}`;
}

function cards(site: Site, articles: readonly Article[]): Html {
  if (articles.length === 0) return html`<p>Nothing here yet.</p>\n`;
  return html`<ol class="cards">
${articles.map(
  (article) => html`<li>
<h2><a href="${encodePath(article.url)}">${article.title}</a>${article.draft && html` <small class="draft">Draft</small>`}</h2>
${article.description !== "" && html`<p>${article.description}</p>\n`}<p class="byline">${time(article.created)}${article.tags.map((tag) => html` · <a href="${encodePath(site.layout.termUrl("tags", tag))}">${tag}</a>`)}</p>
</li>
`,
)}</ol>
`;
}

function people(article: Article): Html {
  const names = article.authors.join(", ");
  return article.authorUrl === undefined
    ? html`${names}`
    : html`<a rel="author" href="${article.authorUrl}">${names}</a>`;
}

function dates(article: Article): Html {
  const updated =
    longDate(article.updated) === longDate(article.created) ? NOTHING : html`, updated ${time(article.updated)}`;
  return html`${time(article.created)}${updated}`;
}

function time(moment: Moment): Html {
  return html`<time datetime="${rfc3339(moment)}">${longDate(moment)}</time>`;
}

function tagList(site: Site, { tags, categories }: Article): HtmlValue {
  const terms = [
    ...categories.map((name) => ({ name, url: site.layout.termUrl("categories", name) })),
    ...tags.map((name) => ({ name, url: site.layout.termUrl("tags", name) })),
  ];
  if (terms.length === 0) return undefined;
  return html`<ul class="tags" aria-label="Tags">
${terms.map(({ name, url }) => html`<li><a href="${encodePath(url)}">${name}</a></li>\n`)}</ul>
`;
}
