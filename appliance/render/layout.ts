// The frame of every page: head, name and navigation, foot.

import { encodePath } from "../content/paths.ts";
import type { NavigationItem } from "../content/site.ts";
import { type Html, type HtmlValue, html, raw } from "./html.ts";

export interface Frame {
  readonly siteName: string;
  readonly language: string;
  readonly navigation: readonly NavigationItem[];
  /** URLs of stylesheets, the last one having the last word. */
  readonly stylesheets: readonly string[];
  readonly icon: string;
  /** The commit that is shown, "" for none. */
  readonly commit: string;
  /** Markup at the end of the body: live reload while writing. */
  readonly tail: Html;
}

export interface PageHead {
  /** "" on the home page: the site's name alone. */
  readonly title: string;
  readonly description: string;
  /** Absolute URL; "" for pages that are no destination (errors). */
  readonly canonical: string;
  /** Decoded URL path, to mark the place in the navigation; "" for none. */
  readonly url: string;
  readonly language?: string | undefined;
  /** False: search engines are to leave the page alone. */
  readonly indexed?: boolean;
  /** More of the head: feeds, metadata. */
  readonly extra?: HtmlValue;
  readonly kind?: "article" | "website";
}

export function page(frame: Frame, head: PageHead, body: HtmlValue): string {
  const title = head.title === "" ? frame.siteName : `${head.title} · ${frame.siteName}`;
  return html`<!doctype html>
<html lang="${head.language ?? frame.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Epiphyte">
${metadata(frame, head)}<link rel="icon" href="${frame.icon}">
${frame.stylesheets.map((url) => html`<link rel="stylesheet" href="${url}">\n`)}<link rel="alternate" type="application/atom+xml" title="${frame.siteName}" href="/atom">
<link rel="alternate" type="application/rss+xml" title="${frame.siteName}" href="/rss">
<link rel="alternate" type="application/feed+json" title="${frame.siteName}" href="/feed.json">
${head.extra}</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top"><div class="wrap">
<p class="name"><a href="/"${head.url === "/" && raw(' aria-current="page"')}>${frame.siteName}</a></p>
<nav aria-label="Site"><ul>
${frame.navigation.map((item) => html`<li><a href="${itemUrl(item)}"${here(head, item)}>${item.label}</a></li>\n`)}</ul></nav>
</div></header>
<main id="content" class="wrap">
${body}
</main>
<footer class="bottom"><div class="wrap">
<p><a href="/atom">Atom</a> · <a href="/rss">RSS</a> · <a href="/feed.json">JSON Feed</a></p>
<p>Served by Epiphyte, with no operating system beneath${commit(frame)}</p>
</div></footer>
${frame.tail}</body>
</html>
`.text;
}

function metadata(frame: Frame, head: PageHead): Html {
  const description = head.description !== "" && html`<meta name="description" content="${head.description}">\n`;
  if (head.canonical === "") return html`<meta name="robots" content="noindex">\n${description}`;
  return html`${head.indexed === false && raw('<meta name="robots" content="noindex">\n')}${description}<link rel="canonical" href="${head.canonical}">
<meta property="og:title" content="${head.title === "" ? frame.siteName : head.title}">
<meta property="og:type" content="${head.kind ?? "website"}">
<meta property="og:url" content="${head.canonical}">
<meta property="og:site_name" content="${frame.siteName}">
${head.description !== "" && html`<meta property="og:description" content="${head.description}">\n`}`;
}

/** An address of the web stands as it was written. */
function itemUrl({ url }: NavigationItem): string {
  return /^https?:/i.test(url) ? url : encodePath(url);
}

function here(head: PageHead, item: NavigationItem): HtmlValue {
  if (head.url === item.url) return raw(' aria-current="page"');
  return head.url.startsWith(`${item.url.replace(/\/$/, "")}/`) && raw(' aria-current="true"');
}

function commit(frame: Frame): HtmlValue {
  return frame.commit !== "" && html` · <span title="commit ${frame.commit}">${frame.commit.slice(0, 8)}</span>`;
}
