// The frame of every page: head, name and navigation, foot.

import { encodePath } from "../content/paths.ts";
import type { NavigationItem } from "../content/site.ts";
import { direction } from "../content/strings.ts";
import type { Strings } from "../content/words.ts";
import type { Frame, PageHead } from "./frame.ts";
import { metadata } from "./head.ts";
import { type Html, type HtmlValue, html, raw } from "./html.ts";

/** Names in the navigation, and their characters in all, beyond which they are folded behind one. */
const MAX_NAMES = 8;
const MAX_NAMES_LENGTH = 90;

export function page(frame: Frame, head: PageHead, body: HtmlValue): string {
  const { look, strings } = frame;
  const title = head.title === "" ? frame.siteName : `${head.title} · ${frame.siteName}`;
  const classes = look.palette === "leaf" ? "" : look.palette;
  const scheme = look.scheme === "both" ? "light dark" : `only ${look.scheme}`;
  return html`<!doctype html>
<html lang="${frame.language}"${direction(frame.language) === "rtl" && raw(' dir="rtl"')}${classes !== "" && html` class="${classes}"`}${look.scheme !== "both" && html` data-theme="${look.scheme}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<meta name="color-scheme" content="${scheme}">
<meta name="generator" content="Epiphyte">
${metadata(frame, head)}<link rel="icon" href="${frame.icon}">
${frame.stylesheets.map((url) => html`<link rel="stylesheet" href="${url}">\n`)}<script src="${frame.script}"></script>
${frame.own("head", viewOf(frame, head))}</head>
<body>
<a class="skip" href="#content">${strings.skip}</a>
${frame.own("header", viewOf(frame, head)) ?? header(frame, head)}
<main id="content" class="wrap">
${body}
</main>
${frame.own("footer", viewOf(frame, head)) ?? footer(frame)}
${frame.tail}</body>
</html>
`.text;
}

function header(frame: Frame, head: PageHead): Html {
  const { strings } = frame;
  const items = html`<ul>
${frame.navigation.map((item) => html`<li><a href="${itemUrl(item)}"${here(head, item)}>${item.label}</a></li>\n`)}</ul>`;
  const length = frame.navigation.reduce((sum, { label }) => sum + label.length, 0);
  const folded = frame.navigation.length > MAX_NAMES || length > MAX_NAMES_LENGTH;
  const navigation =
    frame.navigation.length > 0 &&
    html`<nav aria-label="${strings.site}">${folded ? html`<details><summary>${strings.menu}</summary>${items}</details>` : items}</nav>
`;
  const search =
    frame.searchUrl !== undefined &&
    html`<a class="to-search" href="${encodePath(frame.searchUrl)}"${head.url === frame.searchUrl && raw(' aria-current="page"')}>${GLASS}<span class="sr">${strings.search}</span></a>
`;
  return html`<header class="top"><div class="wrap">
<p class="name"><a href="/"${head.url === "/" && raw(' aria-current="page"')}>${frame.siteName}</a></p>
${navigation}${search}</div></header>`;
}

const GLASS = raw(
  '<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" aria-hidden="true"><circle cx="8.5" cy="8.5" r="5.5"/><path d="m13 13 4.5 4.5"/></svg>',
);

function footer(frame: Frame): Html {
  const { strings } = frame;
  return html`<footer class="bottom"><div class="wrap">
<p>${frame.lists.map(({ label, url }) => html`<a href="${encodePath(url)}">${label}</a> · `)}<a href="/atom">Atom</a> · <a href="/rss">RSS</a> · <a href="/feed.json">JSON Feed</a></p>
${frame.choice && choice(strings)}<p>${strings.served_by}${commit(frame)}</p>
</div></footer>`;
}

function choice(strings: Strings): Html {
  const one = (value: string, label: string, checked: boolean): Html =>
    html`<label><input type="radio" name="scheme" id="scheme-${value}" value="${value}"${checked && raw(" checked")}>${label}</label>
`;
  return html`<fieldset class="scheme"><legend class="sr">${strings.colours}</legend>
${one("auto", strings.automatic, true)}${one("light", strings.light, false)}${one("dark", strings.dark, false)}</fieldset>
`;
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

/** What a template of the frame may show; appliance/render/README.md has the names. */
export function viewOf(frame: Frame, head: PageHead): object {
  return {
    site: siteView(frame),
    page: { title: head.title, description: head.description, url: encodePath(head.url), canonical: head.canonical },
    navigation: frame.navigation.map((item) => ({
      label: item.label,
      url: itemUrl(item),
      current: head.url === item.url,
    })),
    search_url: frame.searchUrl === undefined ? undefined : encodePath(frame.searchUrl),
    commit: frame.commit,
    strings: frame.strings,
  };
}

export function siteView(frame: Frame): object {
  const { site } = frame;
  return {
    name: frame.siteName,
    description: site?.settings.description ?? "",
    root: site?.settings.root ?? "",
    language: frame.language,
  };
}
