// Atom (RFC 4287) and RSS 2.0 by `feed`; JSON Feed 1.1 here, because `feed` writes version 1.
//
// `feed` believes its input: it escapes only the first "]]>", lets through what XML forbids, does not escape "<" in
// attributes and throws on a date or an address that it cannot read. So everything is made harmless before it goes in.

import { Feed } from "feed";
import { encodePath, wellFormed } from "../content/paths.ts";
import { feedName } from "../content/routes.ts";
import type { Article, FeedFormat, Site, Tag } from "../content/site.ts";
import { type Moment, rfc3339, toDate } from "../content/time.ts";
import { canopyEntryId, uuid5 } from "../content/uuid.ts";
import type { Platform } from "../platform.ts";
import { absolute, absoluteUrl } from "./absolute.ts";
import { escapeHtml } from "./html.ts";

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
        body: absolute(body, root, article.url),
        abstract: absolute(abstract, root, article.url),
      };
    });
    return `${format === "json" ? jsonFeed(head, entries) : xmlFeed(format, head, entries)}\n`;
  }
}

/** https://www.jsonfeed.org/version/1.1/ */
function jsonFeed(head: FeedHead, entries: readonly FeedEntry[]): string {
  const { root, language } = head.site.settings;
  return JSON.stringify(
    {
      version: "https://jsonfeed.org/version/1.1",
      title: head.title,
      home_page_url: head.home,
      feed_url: head.self,
      ...(head.description === "" ? {} : { description: head.description }),
      language,
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
        tags: article.tags,
      })),
    },
    null,
    1,
  );
}

function xmlFeed(format: "atom" | "rss", head: FeedHead, entries: readonly FeedEntry[]): string {
  const { site } = head;
  const { root, language } = site.settings;
  const feed = new Feed({
    id: head.id,
    title: xmlText(head.title),
    description: xmlText(head.description === "" ? head.title : head.description),
    link: head.home,
    feed: head.self,
    language,
    updated: toDate(head.updated),
    generator: "Epiphyte",
    docs: "https://www.rssboard.org/rss-specification",
  });
  for (const { article, id, link, body, abstract } of entries) {
    feed.addItem({
      id,
      link,
      // An Atom title is HTML here, an RSS title is read as HTML by most: text is escaped for both.
      title: cdata(escapeHtml(article.title)),
      date: toDate(article.updated),
      published: toDate(article.created),
      ...(abstract === "" ? {} : { description: cdata(abstract) }),
      // Without any content `feed` would not declare the namespace that dc:creator needs.
      content: cdata(body) || "<p></p>",
      author: article.authors.map((author) => ({
        name: xmlText(author),
        ...(article.authorUrl === undefined ? {} : { link: absoluteUrl(article.authorUrl, root, "/") }),
      })),
      category: article.tags.map((name) => {
        const term = xmlAttribute(name);
        const scheme = root + encodePath(site.layout.termUrl("tags", name));
        return format === "atom"
          ? { name: term, term, scheme }
          : { name: xmlText(name), domain: xmlAttribute(`${root}/tags`) };
      }),
    });
  }
  return format === "atom" ? feed.atom1() : authorsForRss(feed.rss2());
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

/** RSS wants an e-mail address in <author> (RSS 2.0); a name alone goes into Dublin Core's creator. */
function authorsForRss(xml: string): string {
  return xml.replace(/<author>([^<]*)<\/author>/g, "<dc:creator>$1</dc:creator>");
}

/** What XML 1.0 (2.2) forbids is dropped. */
function xmlChars(text: string): string {
  return wellFormed(text).replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\uFFFE\uFFFF]/g, "");
}

/** Text that xml-js will escape: it first takes "&amp;" for an escape of ours, so make it one. */
function xmlText(text: string): string {
  return xmlChars(text).replaceAll("&", "&amp;");
}

/** For attributes, in which only "&" and quotes are escaped: "<" would break the document. */
function xmlAttribute(text: string): string {
  return xmlChars(text).replace(/</g, "\u2039").replace(/>/g, "\u203a");
}

/** HTML within CDATA: "]]>" means the same with its last character escaped. */
function cdata(markup: string): string {
  return xmlChars(markup).replaceAll("]]>", "]]&gt;");
}
