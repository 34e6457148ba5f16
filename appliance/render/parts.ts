// Pieces that several pages have: cards, dates, names, tags; and the same as values for templates.

import { encodePath } from "../content/paths.ts";
import { type Article, PAGE_SIZE, pageCount, pageUrl, type Site } from "../content/site.ts";
import { fill } from "../content/strings.ts";
import { termUrl } from "../content/terms.ts";
import { longDate, type Moment, rfc3339 } from "../content/time.ts";
import type { Strings } from "../content/words.ts";
import { type Html, type HtmlValue, html } from "./html.ts";

export function cards(site: Site, articles: readonly Article[], level: "h2" | "h3" = "h2"): Html {
  const { strings } = site.settings;
  if (articles.length === 0) return html`<p>${strings.nothing}</p>\n`;
  const heading = (article: Article): Html => {
    const inner = html`<a href="${encodePath(article.url)}"${otherLanguage(site, article)}>${article.title}</a>${article.draft && html` <small class="draft">${strings.draft}</small>`}`;
    return level === "h2" ? html`<h2>${inner}</h2>` : html`<h3>${inner}</h3>`;
  };
  return html`<ol class="cards">
${articles.map(
  (article) => html`<li>
${heading(article)}
${article.description !== "" && html`<p${otherLanguage(site, article)}>${article.description}</p>\n`}<p class="byline">${time(article.created, strings)}${article.tags.map((tag) => html` · <a href="${encodePath(site.layout.termUrl("tags", tag))}">${tag}</a>`)}</p>
</li>
`,
)}</ol>
`;
}

/** The attribute of what is not in the language of the page. */
export function otherLanguage(site: Site, article: Article): HtmlValue {
  const { language } = article;
  return language !== undefined && language !== site.settings.language && html` lang="${language}"`;
}

/** A page of a list, with the way to the others. */
export function numbered(site: Site, url: string, articles: readonly Article[], number: number): Html {
  const { strings } = site.settings;
  const pages = pageCount(articles);
  const shown = articles.slice((number - 1) * PAGE_SIZE, number * PAGE_SIZE);
  const to = (page: number): string => encodePath(pageUrl(url, page));
  const words = (page: number): string => fill(strings.page_of, { page, pages });
  const turn =
    pages > 1 &&
    html`<nav class="ends" aria-label="${strings.pages}">
${number < pages && html`<a rel="next" href="${to(number + 1)}"><small>${strings.older}</small><span>${words(number + 1)}</span></a>\n`}${number > 1 && html`<a rel="prev" class="newer" href="${to(number - 1)}"><small>${strings.newer}</small><span>${words(number - 1)}</span></a>\n`}</nav>
`;
  return html`${cards(site, shown)}${turn}`;
}

export function people(site: Site, article: Article): Html {
  if (article.authorUrl !== undefined)
    return html`<a rel="author" href="${article.authorUrl}">${article.authors.join(", ")}</a>`;
  // Where one person writes all, a list of what that one wrote is the blog.
  if (site.authors.list.length < 2) return html`${article.authors.join(", ")}`;
  return html`${article.authors.map(
    (name, i) =>
      html`${i > 0 && ", "}<a rel="author" href="${encodePath(termUrl(site.layout, "authors", name))}">${name}</a>`,
  )}`;
}

export function dates(article: Article, strings: Strings): Html {
  const updated = longDate(article.updated, strings) !== longDate(article.created, strings);
  return html`${time(article.created, strings)}${updated && html`, ${around(strings.updated, time(article.updated, strings))}`}`;
}

/** A text with a piece of markup in its place. */
function around(text: string, piece: Html): HtmlValue {
  const [before = "", after = ""] = text.split("{date}");
  return html`${before}${piece}${after}`;
}

export function time(moment: Moment, strings: Strings): Html {
  return html`<time datetime="${rfc3339(moment)}">${longDate(moment, strings)}</time>`;
}

export function count(number: number, strings: Strings): string {
  return number === 1 ? strings.one_article : fill(strings.articles, { n: number });
}

/** Minutes that reading takes: 1,200 characters each; of scripts that write words in few, 450. */
export function minutes(article: Article, language: string): number {
  const each = /^(?:zh|ja|ko)\b/i.test(article.language ?? language) ? 450 : 1200;
  return Math.max(1, Math.round(article.length / each));
}

export interface Term {
  readonly name: string;
  readonly url: string;
}

/** Categories, series and tags, with their addresses (encoded). */
export function termsOf(site: Site, { tags, categories, series }: Article): readonly Term[] {
  const named = (kind: "categories" | "series" | "tags", names: readonly string[]): readonly Term[] =>
    names.map((name) => ({ name, url: encodePath(termUrl(site.layout, kind, name)) }));
  return [...named("categories", categories), ...named("series", series), ...named("tags", tags)];
}

/** An article as templates see it. */
export function articleView(site: Site, article: Article): object {
  const { strings, language } = site.settings;
  return {
    title: article.title,
    url: encodePath(article.url),
    description: article.description,
    date: longDate(article.created, strings),
    date_iso: rfc3339(article.created),
    updated: longDate(article.updated, strings),
    updated_iso: rfc3339(article.updated),
    authors: article.authors.map((name) => ({ name })),
    author_url: article.authorUrl,
    tags: termsOf(site, article),
    minutes: minutes(article, language),
    draft: article.draft,
    language: article.language ?? language,
  };
}
