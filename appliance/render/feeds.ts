// Atom (RFC 4287) and RSS 2.0 by `feed`; JSON Feed 1.1 here, because `feed` writes version 1.
//
// `feed` believes its input: it escapes only the first "]]>", lets through what XML forbids, does not escape "<" in
// attributes and throws on a date or an address that it cannot read. So everything is made harmless before it goes in.

import { Feed } from "feed";
import { directoryOf, encodePath, resolvePath, wellFormed } from "../content/paths.ts";
import { feedName } from "../content/routes.ts";
import type { Article, FeedFormat, Site, Tag } from "../content/site.ts";
import { type Moment, rfc3339, toDate } from "../content/time.ts";
import { canopyEntryId, uuid5 } from "../content/uuid.ts";
import type { Platform } from "../platform.ts";
import { escapeHtml } from "./html.ts";

/** As many as Canopy's feed has. */
export const FEED_LENGTH = 10;

/** Rendered Markdown of an article, and of its abstract ("" for none). */
export type FeedBody = (article: Article) => { readonly body: string; readonly abstract: string };

export function renderFeed(
  site: Site,
  format: FeedFormat,
  tag: Tag | undefined,
  platform: Pick<Platform, "sha1" | "utf8Encode">,
  render: FeedBody,
): string {
  const { root, uuid, name, description, language } = site.settings;
  const articles = (tag === undefined ? site.articles : tag.articles).slice(0, FEED_LENGTH);
  const ids = entryIds(site, platform);
  const title = tag === undefined ? name : `${name}: ${tag.name}`;
  const home = root + encodePath(tag?.url ?? "/");
  const self = root + encodePath(`${tag?.url ?? ""}/${feedName(format)}`);
  const updated = newest(articles) ?? site.snapshot.head.committed;
  const entries = articles.map((article) => {
    const { body, abstract } = render(article);
    const link = root + encodePath(article.url);
    return {
      article,
      id: `urn:uuid:${ids.get(article) ?? uuid5(platform, uuid, article.path)}`,
      link,
      body: absolute(body, root, article.url),
      abstract: absolute(abstract, root, article.url),
    };
  });

  if (format === "json") {
    // https://www.jsonfeed.org/version/1.1/
    const text = JSON.stringify(
      {
        version: "https://jsonfeed.org/version/1.1",
        title,
        home_page_url: home,
        feed_url: self,
        ...(description === "" ? {} : { description }),
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
    return `${text}\n`;
  }

  const feed = new Feed({
    id: tag === undefined ? `urn:uuid:${uuid}` : `urn:uuid:${uuid5(platform, uuid, tag.url)}`,
    title: xmlText(title),
    description: xmlText(description === "" ? title : description),
    link: home,
    feed: self,
    language,
    updated: toDate(updated),
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
        const scheme = root + encodePath(`/tags/${name}`);
        return format === "atom"
          ? { name: term, term, scheme }
          : { name: xmlText(name), domain: xmlAttribute(`${root}/tags`) };
      }),
    });
  }
  return `${format === "atom" ? feed.atom1() : authorsForRss(feed.rss2())}\n`;
}

/**
 * The id of every article: Canopy's where it is the article's own. Articles that came with one commit would share it;
 * the first by path keeps it and the others get one of their own, made from both.
 */
function entryIds(site: Site, platform: Pick<Platform, "sha1" | "utf8Encode">): ReadonlyMap<Article, string> {
  const known = idsOf.get(site);
  if (known !== undefined) return known;
  const ids = new Map<Article, string>();
  const taken = new Set<number>();
  const all = [...site.documents.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const article of all) {
    const moment = article.committed.seconds;
    const id = canopyEntryId(platform, site.settings.uuid, article.committed);
    ids.set(article, taken.has(moment) ? uuid5(platform, id, article.path) : id);
    taken.add(moment);
  }
  idsOf.set(site, ids);
  return ids;
}

const idsOf = new WeakMap<Site, ReadonlyMap<Article, string>>();

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

/** Addresses in attributes of rendered HTML, made absolute: readers have no page to start from. */
export function absolute(markup: string, root: string, url: string): string {
  return markup.replace(
    /(<[a-z][^<>]*?\s(?:href|src|poster)=)("([^"<>]*)"|'([^'<>]*)')/gi,
    (_, before: string, __: string, double: string | undefined, single: string | undefined) => {
      const quote = double === undefined ? "'" : '"';
      return `${before}${quote}${absoluteUrl(double ?? single ?? "", root, url)}${quote}`;
    },
  );
}

function absoluteUrl(href: string, root: string, url: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return href;
  if (href.startsWith("//")) return `${/^https?:/.exec(root)?.[0] ?? "http:"}${href}`;
  if (href.startsWith("/")) return root + href;
  if (href === "" || href.startsWith("#") || href.startsWith("?")) return `${root}${encodePath(url)}${href}`;
  const path = /^[^?#]*/.exec(href)![0];
  const resolved = resolvePath(encodePath(directoryOf(url.slice(1))), path);
  return resolved === undefined ? `${root}/` : `${root}/${resolved}${href.slice(path.length)}`;
}
