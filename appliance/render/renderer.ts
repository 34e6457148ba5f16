// Route -> bytes. Markdown is the dear part (0.7 MB/s on the engine), so each body is rendered when first asked for and
// kept by its content: a page around it, a feed or the next Site take it from there.

import { directoryOf } from "../content/paths.ts";
import type { Article, Route, Site } from "../content/site.ts";
import type { Moment } from "../content/time.ts";
import { toHex } from "../hex.ts";
import type { Platform } from "../platform.ts";
import { Feeds } from "./feeds.ts";
import { escapeHtml, type Html } from "./html.ts";
import type { Frame } from "./layout.ts";
import { renderMarkdown } from "./markdown.ts";
import { feedMediaType } from "./media.ts";
import { articlePage, errorPage, listingPage, tagPage, tagsPage } from "./pages.ts";
import { robots, sitemap } from "./sitemap.ts";
import { ICON, STYLE } from "./style.ts";

export interface Rendered {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly modified: Moment;
}

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

type Needs = Pick<Platform, "now" | "utf8Encode" | "utf8Decode" | "sha1" | "sha256" | "heapLimit">;

export class Renderer {
  readonly #platform: Needs;
  readonly #options: RendererOptions;
  /** By path and oid; in the order of use. */
  readonly #bodies = new Map<string, string>();
  readonly #mostKept: number;
  readonly #feeds: Feeds;
  #kept = 0;
  readonly #told = new Set<string>();
  /** "/epiphyte-1a2b3c4d.css" */
  readonly styleUrl: string;
  readonly style: Uint8Array;

  constructor(platform: Needs, options: RendererOptions) {
    this.#platform = platform;
    this.#options = options;
    this.#feeds = new Feeds(platform);
    this.#mostKept = Math.min(MAX_KEPT_BODIES, platform.heapLimit() / BYTES_PER_KEPT_CHARACTER);
    this.style = platform.utf8Encode(STYLE);
    this.styleUrl = `/epiphyte-${toHex(platform.sha256(this.style), 0, 6)}.css`;
  }

  /** The bytes of a route that is no redirect; undefined when the repository does not have them any more. */
  render(site: Site, route: Exclude<Route, { kind: "redirect" }>, url: string): Rendered | undefined {
    const { head } = site.snapshot;
    const page = (text: string, modified: Moment = head.committed): Rendered => ({
      bytes: this.#platform.utf8Encode(text),
      type: "text/html; charset=utf-8",
      modified,
    });
    const frame = this.frame(site);
    switch (route.kind) {
      case "article": {
        const { article } = route;
        const at = site.articles.indexOf(article);
        return page(
          articlePage(site, frame, canonicalUrl(site, article, url), {
            article,
            body: this.#body(site, article),
            newer: at > 0 ? site.articles[at - 1] : undefined,
            older: at >= 0 ? site.articles[at + 1] : undefined,
          }),
        );
      }
      case "listing":
        return page(listingPage(site, frame, route.listing, route.page));
      case "tags":
        return page(tagsPage(site, frame));
      case "tag":
        return page(tagPage(site, frame, route.tag, route.page));
      case "feed": {
        const text = this.#feeds.render(site, route.format, route.tag, (article) => ({
          body: this.#body(site, article),
          abstract: this.#abstract(article),
        }));
        return { bytes: this.#platform.utf8Encode(text), type: feedMediaType(route.format), modified: head.committed };
      }
      case "static": {
        const bytes = site.snapshot.read(route.oid);
        return bytes === undefined ? undefined : { bytes, type: route.type, modified: route.modified };
      }
      case "sitemap":
        return { bytes: this.#platform.utf8Encode(sitemap(site)), type: "application/xml", modified: head.committed };
      case "robots":
        return {
          bytes: this.#platform.utf8Encode(robots(site)),
          type: "text/plain; charset=utf-8",
          modified: head.committed,
        };
    }
  }

  /** An error as a page of the site, or of no site while there is none. */
  error(site: Site | undefined, title: string, text: string, detail = ""): Uint8Array {
    return this.#platform.utf8Encode(errorPage(this.frame(site), title, text, detail));
  }

  frame(site: Site | undefined): Frame {
    if (site === undefined)
      return {
        siteName: "Epiphyte",
        language: "en",
        navigation: [],
        stylesheets: [this.styleUrl],
        icon: ICON,
        commit: "",
        tail: this.#options.tail,
      };
    const { stylesheet, settings } = site;
    return {
      siteName: settings.name,
      language: settings.language,
      navigation: site.navigation,
      // A new version of the repository's stylesheet has a new address, so that no browser shows the old one.
      stylesheets:
        stylesheet === undefined ? [this.styleUrl] : [this.styleUrl, `${stylesheet.url}?${stylesheet.oid.slice(0, 8)}`],
      icon: ICONS.find((url) => site.routes.get(url)?.kind === "static") ?? ICON,
      commit: site.snapshot.commit,
      tail: this.#options.tail,
    };
  }

  #body(site: Site, article: Article): string {
    const key = `${article.oid} ${article.path}`;
    const kept = this.#bodies.get(key);
    if (kept !== undefined) {
      this.#bodies.delete(key);
      this.#bodies.set(key, kept);
      return kept;
    }
    const bytes = site.snapshot.read(article.oid);
    if (bytes === undefined) {
      this.#tell(article.path, "cannot be read from the pack");
      return "";
    }
    const text = this.#platform.utf8Decode(bytes).replace(/^\uFEFF/, "");
    const body = this.#markdown(article, text.slice(article.bodyStart));
    this.#bodies.set(key, body);
    this.#kept += body.length;
    for (const [oldest, html] of this.#bodies) {
      if (this.#kept <= this.#mostKept || oldest === key) break;
      this.#bodies.delete(oldest);
      this.#kept -= html.length;
    }
    return body;
  }

  #abstract(article: Article): string {
    return article.abstract === undefined ? "" : this.#markdown(article, article.abstract);
  }

  #markdown(article: Article, markdown: string): string {
    const result = renderMarkdown(markdown, {
      directory: directoryOf(article.path),
      now: () => this.#platform.now(),
    });
    if (result.ok) return result.value;
    this.#tell(article.path, result.error);
    // What the author wrote is better than nothing.
    return `<p><em>This article cannot be shown as it was meant to be: it ${escapeHtml(result.error)}.</em></p>\n<pre>${escapeHtml(markdown)}</pre>\n`;
  }

  #tell(path: string, reason: string): void {
    const key = `${path}: ${reason}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#options.onProblem(path, reason);
  }
}

/** Where repositories keep an icon. */
const ICONS: readonly string[] = ["svg", "ico", "png"].flatMap((type) => [
  `/favicon.${type}`,
  `/static/favicon.${type}`,
]);

/** A home page is found at "/" and at its own path; "/" is its name. */
function canonicalUrl(site: Site, article: Article, url: string): string {
  const home = site.routes.get("/");
  return home?.kind === "article" && home.article === article ? "/" : url;
}
