// What the head of a page says of it to search engines, to those who show a preview of a link, and to readers of feeds.

import type { Article, Site } from "../content/site.ts";
import { rfc3339 } from "../content/time.ts";
import type { Frame, PageHead } from "./frame.ts";
import { type Html, type HtmlValue, html, raw } from "./html.ts";

const FORMATS: readonly (readonly [type: string, name: string])[] = [
  ["application/atom+xml", "atom"],
  ["application/rss+xml", "rss"],
  ["application/feed+json", "feed.json"],
];

export function metadata(frame: Frame, head: PageHead): Html {
  const { site } = frame;
  const { description, canonical, article } = head;
  const described = description !== "" && html`<meta name="description" content="${description}">\n`;
  const list = (title: string, base: string): readonly Html[] =>
    FORMATS.map(
      ([type, name]) => html`<link rel="alternate" type="${type}" title="${title}" href="${base}/${name}">\n`,
    );
  const feeds = html`${head.feeds !== undefined && list(head.feeds.title, head.feeds.base)}${list(frame.siteName, "")}`;
  if (canonical === "") return html`<meta name="robots" content="noindex">\n${described}${feeds}`;
  const title = head.title === "" ? frame.siteName : head.title;
  const turn = (rel: string, href: string | undefined): HtmlValue =>
    href !== undefined && html`<link rel="${rel}" href="${href}">\n`;
  return html`${head.indexed === false && raw('<meta name="robots" content="noindex">\n')}${described}<link rel="canonical" href="${canonical}">
${turn("prev", head.previous)}${turn("next", head.next)}${feeds}<meta property="og:title" content="${title}">
<meta property="og:type" content="${article === undefined ? "website" : "article"}">
<meta property="og:url" content="${canonical}">
<meta property="og:site_name" content="${frame.siteName}">
<meta property="og:locale" content="${frame.language.replace("-", "_")}">
${description !== "" && html`<meta property="og:description" content="${description}">\n`}${head.image !== undefined && html`<meta property="og:image" content="${head.image}">\n`}${article !== undefined && ofArticle(article)}<meta name="twitter:card" content="${head.image === undefined ? "summary" : "summary_large_image"}">
${site !== undefined && structured(site, head, title)}`;
}

function ofArticle(article: Article): Html {
  return html`<meta property="article:published_time" content="${rfc3339(article.created)}">
<meta property="article:modified_time" content="${rfc3339(article.updated)}">
${article.tags.map((tag) => html`<meta property="article:tag" content="${tag}">\n`)}<meta name="author" content="${article.authors.join(", ")}">
`;
}

/** JSON-LD (schema.org): an article, or the site on its home page. */
function structured(site: Site, head: PageHead, title: string): HtmlValue {
  const { article } = head;
  const { root, name } = site.settings;
  if (article === undefined && head.url !== "/") return undefined;
  const language = article?.language ?? site.settings.language;
  const about = head.description === "" ? {} : { description: head.description };
  const data =
    article === undefined
      ? { "@type": "WebSite", name, url: `${root}/`, inLanguage: language, ...about }
      : {
          "@type": "BlogPosting",
          headline: title,
          url: head.canonical,
          mainEntityOfPage: head.canonical,
          datePublished: rfc3339(article.created),
          dateModified: rfc3339(article.updated),
          author: article.authors.map((author) => ({
            "@type": "Person",
            name: author,
            ...(article.authorUrl !== undefined && /^https?:/.test(article.authorUrl)
              ? { url: article.authorUrl }
              : {}),
          })),
          publisher: { "@type": "Organization", name, url: `${root}/` },
          inLanguage: language,
          ...about,
          ...(head.image === undefined ? {} : { image: head.image }),
          ...(article.tags.length === 0 ? {} : { keywords: article.tags.join(", ") }),
        };
  // Within a script element "<" could end it (HTML, "Restrictions for contents of script elements").
  const text = JSON.stringify({ "@context": "https://schema.org", ...data }).replaceAll("<", "\\u003c");
  return raw(`<script type="application/ld+json">${text}</script>\n`);
}
