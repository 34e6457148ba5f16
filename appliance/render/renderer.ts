// Route -> bytes. Markdown costs the most, so each body is rendered when first asked for and kept by its content: a page
// around it, a feed or the next Site take it from there. One that takes more than its share of work or memory (task.ts)
// is shown as it was written, with a notice; that is remembered for a while, so that whoever asks again does not cost the
// same again, and then tried once more.

import type { Result } from "../../stack/base/result.ts";
import { bodyOf } from "../content/body.ts";
import { withCharset } from "../content/charset.ts";
import { type Resolved, resolveHref } from "../content/links.ts";
import type { Article, Listing, Route, Site } from "../content/site.ts";
import { type Part, renderTemplate } from "../content/templates.ts";
import { withoutControls } from "../content/text.ts";
import type { Moment } from "../content/time.ts";
import { toHex } from "../hex.ts";
import type { Platform } from "../platform.ts";
import { describeTaskFault, pageShare, Task } from "../task.ts";
import { bodyWork } from "./body-work.ts";
import { Feeds } from "./feeds.ts";
import { type Frame, frameOf, frameOfNone } from "./frame.ts";
import { escapeHtml, type Html, raw } from "./html.ts";
import { archivePage, listingPage, searchPage, searchResults, tagPage, tagsPage } from "./lists.ts";
import { linkedHtml, renderMarkdown } from "./markdown.ts";
import { feedMediaType } from "./media.ts";
import { articlePage, errorPage } from "./pages.ts";
import { Pictures } from "./pictures.ts";
import { Related } from "./related.ts";
import { sanitise } from "./sanitise.ts";
import { SCRIPT } from "./script.ts";
import { MAX_QUERY, Search } from "./search.ts";
import { robots, sitemap } from "./sitemap.ts";
import { ICON, STYLE } from "./style.ts";

export interface Rendered {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly modified: Moment;
  /** When to make it again, for a part of it could not be made as it was meant to be; undefined: it is as it should be. */
  readonly until: number | undefined;
}

/** Microseconds before a body that could not be made is tried again, and how many such are remembered. */
export const UNMADE_FOR = 600_000_000;
const MAX_UNMADE = 1000;

/** Characters of rendered bodies that are kept, at the most; the one that was not asked for the longest goes first. */
export const MAX_KEPT_BODIES = 4_000_000;
/** And by the heap, of which a character takes one byte or two. */
const BYTES_PER_KEPT_CHARACTER = 16;

export interface RendererOptions {
  /** Markup at the end of each page (live reload). */
  readonly tail: Html;
  /** Told once for each path that cannot be rendered. */
  onProblem(path: string, reason: string): void;
}

type Needs = Pick<
  Platform,
  "now" | "utf8Encode" | "utf8Decode" | "sha1" | "sha256" | "heapLimit" | "attempt" | "worked" | "sleep"
>;

/** A file of the theme, whose name has its hash. */
export interface Asset {
  readonly url: string;
  readonly bytes: Uint8Array;
  readonly type: string;
}

interface Body {
  readonly html: string;
  /** What its links lead to, by how they are written. */
  readonly links: ReadonlyMap<string, string>;
  /** The blobs of the pictures whose size it has, by their addresses. */
  readonly pictures: ReadonlyMap<string, string>;
  /** By which layout and settings. */
  readonly made: string;
  /** Of the last Site of which this was true; a Site itself must not be held on to. */
  generation: number;
}

/** A body that was too much, and when to try it again. */
interface Unmade {
  readonly reason: string;
  readonly until: number;
}

export class Renderer {
  readonly #platform: Needs;
  readonly #options: RendererOptions;
  /** By path and oid; in the order of use. */
  readonly #bodies = new Map<string, Body>();
  /** The Site that is shown, and how many there have been. */
  #shown: Site | undefined;
  #generation = 0;
  readonly #mostKept: number;
  readonly #feeds: Feeds;
  #kept = 0;
  /** By path and oid; in the order of their end. */
  readonly #unmade = new Map<string, Unmade>();
  /** The first end of those that are part of what is being rendered. */
  #until: number | undefined;
  readonly #told = new Set<string>();
  readonly #search: Search;
  readonly #pictures = new Pictures();
  /** Of the Site that is shown: its articles in order, and what they have in common. */
  #places: ReadonlyMap<Article, number> = new Map();
  #related: Related | undefined;
  /** What bodies are made by besides their text. */
  #made = "";
  #notFound: { readonly site: Site; readonly bytes: Uint8Array } | undefined;
  /** The theme's own files; "/epiphyte-1a2b3c4d.css" and the like. */
  readonly styleUrl: string;
  readonly assets: readonly Asset[];

  constructor(platform: Needs, options: RendererOptions) {
    this.#platform = platform;
    this.#options = options;
    this.#feeds = new Feeds(platform);
    this.#mostKept = Math.min(MAX_KEPT_BODIES, platform.heapLimit() / BYTES_PER_KEPT_CHARACTER);
    this.#search = new Search(platform);
    this.assets = [
      this.#asset(STYLE, "css", "text/css; charset=utf-8"),
      this.#asset(SCRIPT, "js", "text/javascript; charset=utf-8"),
    ];
    this.styleUrl = this.assets[0]!.url;
  }

  #asset(text: string, extension: string, type: string): Asset {
    const bytes = this.#platform.utf8Encode(text);
    return { url: `/epiphyte-${toHex(this.#platform.sha256(bytes), 0, 6)}.${extension}`, bytes, type };
  }

  /** The bytes of a route that is no redirect; undefined when the repository does not have them any more. */
  render(site: Site, route: Exclude<Route, { kind: "redirect" }>, url: string): Rendered | undefined {
    this.#until = undefined;
    if (this.#shown !== site) {
      this.#generation++;
      this.#places = new Map(site.articles.map((article, i) => [article, i]));
      this.#related = undefined;
      const { strings, language, typographic, untrusted } = site.settings;
      this.#made = JSON.stringify([site.layout.key, strings, language, typographic, untrusted]);
    }
    this.#shown = site;
    const rendered = this.#render(site, route, url);
    return rendered === undefined ? undefined : { ...rendered, until: this.#until };
  }

  #render(site: Site, route: Exclude<Route, { kind: "redirect" }>, url: string): Omit<Rendered, "until"> | undefined {
    const { head } = site.snapshot;
    const encode = (text: string): Uint8Array => this.#platform.utf8Encode(text);
    const page = (text: string, modified: Moment = head.committed): Omit<Rendered, "until"> => ({
      bytes: encode(text),
      type: "text/html; charset=utf-8",
      modified,
    });
    const frame = this.frame(site);
    switch (route.kind) {
      case "article": {
        const { article } = route;
        const at = this.#places.get(article) ?? -1;
        const newer = at > 0 ? site.articles[at - 1] : undefined;
        const older = at >= 0 ? site.articles[at + 1] : undefined;
        this.#related ??= new Related(site);
        return page(
          articlePage(site, frame, canonicalUrl(site, article, url), {
            article,
            body: this.#body(site, article),
            listed: at >= 0,
            newer,
            older,
            related: at < 0 ? [] : this.#related.of(article, [newer, older]),
          }),
        );
      }
      case "listing":
        return page(listingPage(site, frame, route.listing, route.page, this.#intro(site, route.listing, route.page)));
      case "tags":
        return page(tagsPage(site, frame, route.terms));
      case "tag":
        return page(tagPage(site, frame, route.terms, route.tag, route.page));
      case "archive":
        return page(archivePage(site, frame, route.archive));
      case "search":
        return page(searchPage(site, frame, url));
      case "search-index":
        return { bytes: encode(this.#search.json(site)), type: "application/json", modified: head.committed };
      case "icon":
        return { bytes: encode(ICON), type: "image/svg+xml", modified: head.committed };
      case "feed": {
        const text = this.#feeds.render(site, route.format, route.tag, (article) => ({
          body: this.#body(site, article),
          abstract: this.#abstract(site, article),
        }));
        return { bytes: encode(text), type: feedMediaType(route.format), modified: head.committed };
      }
      case "static": {
        const bytes = site.snapshot.read(route.oid);
        if (bytes === undefined) return undefined;
        const type = withCharset(route.type, bytes, (some) => this.#platform.utf8Decode(some));
        return { bytes, type, modified: route.modified };
      }
      case "sitemap":
        return { bytes: encode(sitemap(site, route.part)), type: "application/xml", modified: head.committed };
      case "robots":
        return {
          bytes: encode(robots(site)),
          type: "text/plain; charset=utf-8",
          modified: head.committed,
        };
    }
  }

  /** An error as a page of the site, or of no site while there is none. */
  error(site: Site | undefined, title: string, text: string): Uint8Array {
    return this.#platform.utf8Encode(errorPage(this.frame(site), title, text));
  }

  /** The same for every address at which nothing is, and made once for a Site. */
  notFound(site: Site): Uint8Array {
    if (this.#notFound?.site !== site) {
      const { not_found, not_found_text } = site.settings.strings;
      this.#notFound = { site, bytes: this.error(site, not_found, not_found_text) };
    }
    return this.#notFound.bytes;
  }

  /** What the form of the search asks for; `query` as it was typed. */
  found(site: Site, query: string): Uint8Array {
    const text = withoutControls(query).trim().slice(0, MAX_QUERY);
    return this.#platform.utf8Encode(searchResults(site, this.frame(site), text, this.#search.find(site, text)));
  }

  frame(site: Site | undefined): Frame {
    const [style, script] = this.assets as [Asset, Asset];
    const common = { style: style.url, script: script.url, tail: this.#options.tail };
    return site === undefined
      ? frameOfNone(common)
      : frameOf(site, common, (part, view) => this.#own(site, part, view));
  }

  #own(site: Site, part: Part, view: object): Html | undefined {
    const template = site.templates.get(part);
    if (template === undefined) return undefined;
    const made = renderTemplate(template, view);
    if (made.ok) return raw(made.value);
    this.#tell(template.path, `${made.error}; the theme's own part is shown`);
    return undefined;
  }

  #intro(site: Site, { intro }: Listing, page: number): string {
    return intro === undefined || page > 1 ? "" : this.#body(site, intro);
  }

  #body(site: Site, article: Article): string {
    const key = `${article.oid} ${article.path}`;
    const kept = this.#bodies.get(key);
    if (kept !== undefined) {
      this.#bodies.delete(key);
      if (this.#isStillTrue(kept, site, article)) {
        kept.generation = this.#generation;
        this.#bodies.set(key, kept);
        return kept.html;
      }
      this.#kept -= kept.html.length;
    }
    const bytes = site.snapshot.read(article.oid);
    if (bytes === undefined) {
      this.#tell(article.path, "cannot be read from the pack");
      return "";
    }
    const text = this.#platform.utf8Decode(bytes).replace(/^\uFEFF/, "");
    const links = new Map<string, string>();
    const pictures = new Map<string, string>();
    const made = this.#markup(site, article, `${key} body`, bodyOf(site.layout, article, text), links, pictures);
    if (!made.ok) return made.error;
    const html = made.value;
    this.#bodies.set(key, { html, links, pictures, made: this.#made, generation: this.#generation });
    this.#kept += html.length;
    for (const [oldest, body] of this.#bodies) {
      if (this.#kept <= this.#mostKept || oldest === key) break;
      this.#bodies.delete(oldest);
      this.#kept -= body.html.length;
    }
    return html;
  }

  /** Whether a body made for a Site before says the same of this one: each of its links leads where it led. */
  #isStillTrue({ links, pictures, made, generation }: Body, site: Site, article: Article): boolean {
    if (generation === this.#generation) return true;
    if (made !== this.#made) return false;
    for (const [href, led] of links) if (resolveHref(site, article, href).href !== led) return false;
    for (const [href, oid] of pictures) if (this.#pictures.blobAt(site, href) !== oid) return false;
    return true;
  }

  #abstract(site: Site, article: Article): string {
    if (article.abstract === undefined) return "";
    const key = `${article.oid} ${article.path} abstract`;
    const made = this.#markup(
      site,
      { ...article, format: "markdown", contents: false },
      key,
      article.abstract,
      new Map(),
      new Map(),
    );
    return made.ok ? made.value : made.error;
  }

  /** The HTML, or what to show in its place. `links`, `pictures`: what is found of those in it is noted there. */
  #markup(
    site: Site,
    article: Article,
    key: string,
    text: string,
    links: Map<string, string>,
    pictures: Map<string, string>,
  ): Result<string, string> {
    const now = this.#platform.now();
    const before = this.#unmade.get(key);
    if (before !== undefined && now < before.until) return this.#asWritten(text, before);
    this.#unmade.delete(key);
    const resolve = (href: string): Resolved => {
      const resolved = resolveHref(site, article, href);
      if (resolved.kind !== "elsewhere") links.set(href, resolved.href);
      return resolved;
    };
    const task = new Task(this.#platform, pageShare(this.#platform, bodyWork(text.length)));
    const result = task.attempt((): Result<string, string> => {
      const { strings, untrusted, typographic } = site.settings;
      if (article.format === "html") return { ok: true, value: linkedHtml(untrusted ? sanitise(text) : text, resolve) };
      const language = article.language ?? site.settings.language;
      const { wikilinks } = site.layout;
      return renderMarkdown(text, {
        resolve,
        wikilinks,
        strings,
        language,
        typographic,
        titled: true,
        untrusted,
        contents: article.contents,
        size: this.#pictures.sizes(site, pictures),
      });
    });
    if (result.ok && result.value.ok) return { ok: true, value: withoutControls(result.value.value) };
    const reason = result.ok ? (result.value.ok ? "" : result.value.error) : describeTaskFault(result.error);
    this.#tell(article.path, `${reason}; it is shown as it was written`);
    const unmade = { reason, until: now + UNMADE_FOR };
    for (const [oldest, { until }] of this.#unmade)
      if (until <= now || this.#unmade.size >= MAX_UNMADE) this.#unmade.delete(oldest);
      else break;
    this.#unmade.set(key, unmade);
    return this.#asWritten(text, unmade);
  }

  /** What the author wrote is better than nothing. */
  #asWritten(markdown: string, { reason, until }: Unmade): Result<string, string> {
    this.#until = Math.min(this.#until ?? until, until);
    const notice = `<p><em>This article is shown as it was written: it ${escapeHtml(reason)}.</em></p>`;
    return { ok: false, error: `${notice}\n<pre>${escapeHtml(markdown)}</pre>\n` };
  }

  #tell(path: string, reason: string): void {
    const key = `${path}: ${reason}`;
    if (this.#told.has(key)) return;
    if (this.#told.size >= MAX_UNMADE) this.#told.clear();
    this.#told.add(key);
    this.#options.onProblem(path, reason);
  }
}

/** A home page is found at "/" and at its own path; "/" is its name. */
function canonicalUrl(site: Site, article: Article, url: string): string {
  const home = site.routes.get("/");
  return home?.kind === "article" && home.article === article ? "/" : url;
}
