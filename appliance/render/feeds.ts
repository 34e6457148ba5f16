// Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1. Written by hand, as pages are: every text and attribute is escaped by html``,
// and what XML cannot hold is dropped.

import { feedName } from "../content/generated.ts";
import { encodePath, wellFormed } from "../content/paths.ts";
import type { Article, FeedFormat, Site, Tag } from "../content/site.ts";
import { type Moment, rfc3339, toDate } from "../content/time.ts";
import { canopyEntryId, uuid5 } from "../content/uuid.ts";
import type { Platform } from "../platform.ts";
import { absolute, absoluteUrl } from "./absolute.ts";
import { type Html, html, raw } from "./html.ts";

/** As many as Canopy's feed has. */
export const FEED_LENGTH = 10;

/** Rendered Markdown of an article, and of its abstract ("" for none). */
export type FeedBody = (article: Article) => { readonly body: string; readonly abstract: string };

type Hashing = Pick<Platform, "sha1" | "utf8Encode">;

/** One article as the formats need it; addresses in its markup are absolute. */
interface FeedEntry {
  readonly article: Article;
  readonly id: string;
  readonly link: string;
  readonly body: string;
  readonly abstract: string;
}

interface FeedHead {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly home: string;
  readonly self: string;
  readonly updated: Moment;
  readonly site: Site;
}

/** The feeds of the Site that is shown; ids are worked out once for each. */
export class Feeds {
  readonly #hash: Hashing;
  #site: Site | undefined;
  #ids: ReadonlyMap<Article, string> = new Map();

  constructor(hash: Hashing) {
    this.#hash = hash;
  }

  /** `tag` undefined: the feed of the whole blog. */
  render(site: Site, format: FeedFormat, tag: Tag | undefined, render: FeedBody): string {
    if (this.#site !== site) {
      this.#ids = entryIds(site, this.#hash);
      this.#site = site;
    }
    const { root, uuid, name, description } = site.settings;
    const articles = (tag === undefined ? site.articles : tag.articles).slice(0, FEED_LENGTH);
    const head: FeedHead = {
      id: `urn:uuid:${tag === undefined ? uuid : uuid5(this.#hash, uuid, tag.url)}`,
      title: tag === undefined ? name : `${name}: ${tag.name}`,
      description,
      home: root + encodePath(tag?.url ?? "/"),
      self: root + encodePath(`${tag?.url.replace(/\/$/, "") ?? ""}/${feedName(format)}`),
      updated: newest(articles) ?? site.snapshot.head.committed,
      site,
    };
    const entries = articles.map((article): FeedEntry => {
      const { body, abstract } = render(article);
      return {
        article,
        id: `urn:uuid:${this.#ids.get(article) ?? uuid5(this.#hash, uuid, article.firstPath)}`,
        link: root + encodePath(article.url),
        body: absolute(withoutAids(body), root, article.url),
        abstract: absolute(abstract, root, article.url),
      };
    });
    const write = { atom: atomFeed, rss: rssFeed, json: jsonFeed }[format];
    return `${write(head, entries)}\n`;
  }
}

/** https://www.jsonfeed.org/version/1.1/ */
function jsonFeed(head: FeedHead, entries: readonly FeedEntry[]): string {
  const { root, language, hub } = head.site.settings;
  return JSON.stringify(
    {
      version: "https://jsonfeed.org/version/1.1",
      title: head.title,
      home_page_url: head.home,
      feed_url: head.self,
      ...(head.description === "" ? {} : { description: head.description }),
      language,
      ...(hub === undefined ? {} : { hubs: [{ type: "WebSub", url: hub }] }),
      items: entries.map(({ article, id, link, body, abstract }) => ({
        id,
        url: link,
        title: article.title,
        content_html: body,
        ...(abstract === "" ? {} : { summary: article.description }),
        date_published: rfc3339(article.created),
        date_modified: rfc3339(article.updated),
        authors: article.authors.map((author) => ({
          name: author,
          ...(article.authorUrl === undefined ? {} : { url: absoluteUrl(article.authorUrl, root, "/") }),
        })),
        ...(article.language === undefined ? {} : { language: article.language }),
        tags: article.tags,
      })),
    },
    null,
    1,
  );
}

/** RFC 4287. */
function atomFeed(head: FeedHead, entries: readonly FeedEntry[]): string {
  const { site } = head;
  const { root, language, hub } = site.settings;
  return html`${XML}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="${language}">
<id>${head.id}</id>
<title>${xmlChars(head.title)}</title>
${head.description !== "" && html`<subtitle>${xmlChars(head.description)}</subtitle>\n`}<updated>${rfc3339(head.updated)}</updated>
<link rel="alternate" type="text/html" href="${head.home}"/>
<link rel="self" type="application/atom+xml" href="${head.self}"/>
${hub !== undefined && html`<link rel="hub" href="${hub}"/>\n`}<generator>Epiphyte</generator>
${entries.map(
  ({ article, id, link, body, abstract }) => html`<entry>
<id>${id}</id>
<title>${xmlChars(article.title)}</title>
<link rel="alternate" type="text/html" href="${link}"/>
<published>${rfc3339(article.created)}</published>
<updated>${rfc3339(article.updated)}</updated>
${article.authors.map(
  (
    name,
  ) => html`<author><name>${xmlChars(name)}</name>${article.authorUrl !== undefined && html`<uri>${absoluteUrl(article.authorUrl, root, "/")}</uri>`}</author>
`,
)}${article.tags.map(
  (name) => html`<category term="${xmlChars(name)}" scheme="${root + encodePath(site.layout.termUrl("tags", name))}"/>
`,
)}${abstract !== "" && html`<summary type="html">${xmlChars(abstract)}</summary>\n`}<content type="html"${article.language !== undefined && html` xml:lang="${article.language}"`}>${xmlChars(body)}</content>
</entry>
`,
)}</feed>`.text;
}

/**
 * https://www.rssboard.org/rss-specification, with what its profile advises. RSS wants an e-mail address in <author>; a name
 * alone goes into Dublin Core's creator.
 */
function rssFeed(head: FeedHead, entries: readonly FeedEntry[]): string {
  const { root, language, hub } = head.site.settings;
  return html`${XML}<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
<title>${plainTitle(head.title)}</title>
<link>${head.home}</link>
<description>${plainTitle(head.description === "" ? head.title : head.description)}</description>
<language>${language}</language>
<lastBuildDate>${toDate(head.updated).toUTCString()}</lastBuildDate>
<docs>https://www.rssboard.org/rss-specification</docs>
<generator>Epiphyte</generator>
<atom:link rel="self" type="application/rss+xml" href="${head.self}"/>
${hub !== undefined && html`<atom:link rel="hub" href="${hub}"/>\n`}${entries.map(
  ({ article, id, link, body, abstract }) => html`<item>
<title>${plainTitle(article.title)}</title>
<link>${link}</link>
<guid isPermaLink="false">${id}</guid>
<pubDate>${toDate(article.created).toUTCString()}</pubDate>
${article.authors.map((name) => html`<dc:creator>${xmlChars(name)}</dc:creator>\n`)}${article.tags.map(
  (name) => html`<category domain="${root}/tags">${xmlChars(name)}</category>\n`,
)}${abstract !== "" && html`<description>${xmlChars(abstract)}</description>\n`}<content:encoded>${xmlChars(body)}</content:encoded>
</item>
`,
)}</channel>
</rss>`.text;
}

const XML = raw('<?xml version="1.0" encoding="utf-8"?>\n');

/** Of RSS, where nobody knows whether a title is HTML: by these references it means the same to both (RSS profile, "title"). */
function plainTitle(text: string): Html {
  return raw(xmlChars(text).replace(/[&<>]/g, (c) => (c === "&" ? "&#x26;" : c === "<" ? "&#x3C;" : "&#x3E;")));
}

/**
 * The id of every article: Canopy's where it is the article's own. Articles that came with one commit would share it;
 * the first by path keeps it and the others get one of their own, made from both. Paths are those of that commit, so that a
 * new name changes no id.
 */
function entryIds(site: Site, hash: Hashing): ReadonlyMap<Article, string> {
  const ids = new Map<Article, string>();
  const taken = new Set<number>();
  const all = [...site.documents.values()].sort((a, b) => (a.firstPath < b.firstPath ? -1 : 1));
  for (const article of all) {
    const moment = article.committed.seconds;
    const id = canopyEntryId(hash, site.settings.uuid, article.committed);
    ids.set(article, taken.has(moment) ? uuid5(hash, id, article.firstPath) : id);
    taken.add(moment);
  }
  return ids;
}

function newest(articles: readonly Article[]): Moment | undefined {
  let latest: Moment | undefined;
  for (const article of articles)
    if (latest === undefined || article.updated.seconds > latest.seconds) latest = article.updated;
  return latest;
}

/** Without what helps on a page alone: the table of contents, the signs that link to headings. */
function withoutAids(body: string): string {
  return body.replace(/<nav class="toc".*?<\/nav>\n/s, "").replace(/<a class="anchor" [^>]*>#<\/a>/g, "");
}

/** What XML 1.0 (2.2) forbids is dropped. */
function xmlChars(text: string): string {
  return wellFormed(text).replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\uFFFE\uFFFF]/g, "");
}
