// A Site: everything that one commit says, worked out and frozen. Bodies are not in it: they are read from the Snapshot
// and rendered when somebody asks (render/), so that a Site of thousands of articles is small and quick to build.

import type { Snapshot } from "../git/snapshot.ts";
import type { HostRules } from "./host/rules.ts";
import type { Layout, NamedLink, Role } from "./layouts/layout.ts";
import type { Problem } from "./problem.ts";
import type { Settings } from "./settings.ts";
import type { Spellings } from "./spellings.ts";
import type { Declared } from "./stylesheet.ts";
import type { Templates } from "./templates.ts";
import type { Moment } from "./time.ts";

export interface Article {
  readonly kind: "article";
  /** In the repository: "Posts/VMM.md". */
  readonly path: string;
  /** Decoded URL path: "/Posts/VMM". */
  readonly url: string;
  /** Decoded URL paths of its file, which lead to it where nothing else is. */
  readonly fileUrls: readonly string[];
  /** By what a reference without a path may mean it, in lower case. */
  readonly names: readonly string[];
  readonly oid: string;
  readonly title: string;
  readonly authors: readonly string[];
  readonly authorUrl: string | undefined;
  /** Markdown of the abstract that the author wrote. */
  readonly abstract: string | undefined;
  /** Plain text: the abstract, or the beginning of the body; for listings and `<meta name=description>`. */
  readonly description: string;
  readonly tags: readonly string[];
  readonly categories: readonly string[];
  readonly series: readonly string[];
  /** Undefined: by where it stands. */
  readonly role: Role;
  /** Decoded URL paths of the lists in which it stands; where the layout has no say, its directories' are. */
  readonly lists: readonly string[];
  /** Of the text below the header. */
  readonly format: "markdown" | "html";
  /** In lists that are sorted by it, smaller ones come first. */
  readonly weight: number | undefined;
  readonly language: string | undefined;
  /** From the header, else of the commit that first had the path. */
  readonly created: Moment;
  readonly updated: Moment;
  /** True: the header gives the date. */
  readonly dated: boolean;
  /** Of the commit that first had the path, whatever the header says: what feed ids are made of. */
  readonly committed: Moment;
  /** The path that it had in that commit. */
  readonly firstPath: string;
  /** Decoded URL paths at which it was found under other names. */
  readonly formerUrls: readonly string[];
  /** Hidden by its header, shown only while writing. */
  readonly draft: boolean;
  /** False: served, but neither in the sitemap nor for search engines. */
  readonly indexed: boolean;
  readonly aliases: readonly string[];
  /** Where the Markdown begins in the decoded text. */
  readonly bodyStart: number;
  /** Characters of the text from there on. */
  readonly length: number;
  /** A picture that stands for it, as its header writes the address. */
  readonly image: string | undefined;
  /** Whether it has a table of contents; undefined: by its length. */
  readonly contents: boolean | undefined;
}

export type Route =
  | { readonly kind: "article"; readonly article: Article }
  /** `directory` is "" for all articles of the blog. `page` counts from 1. */
  | { readonly kind: "listing"; readonly listing: Listing; readonly page: number }
  /** All terms of one kind, with the address of their page. */
  | { readonly kind: "tags"; readonly terms: Terms }
  | { readonly kind: "tag"; readonly tag: Tag; readonly terms: Terms; readonly page: number }
  | { readonly kind: "feed"; readonly format: FeedFormat; readonly tag: Tag | undefined }
  | { readonly kind: "archive"; readonly archive: Archive }
  /** The form, and what a script finds by. */
  | { readonly kind: "search" }
  | { readonly kind: "search-index" }
  | {
      readonly kind: "static";
      readonly path: string;
      /** Decoded URL path. */
      readonly url: string;
      readonly oid: string;
      readonly type: string;
      readonly modified: Moment;
    }
  /** As it stands in Location: percent-encoded; 301 where there is no status. */
  | { readonly kind: "redirect"; readonly to: string; readonly status?: 301 | 302 | 303 | 307 | 308 }
  /** `part` counts from 1; 0: the whole, or the index of the parts. */
  | { readonly kind: "sitemap"; readonly part: number }
  /** The theme's own icon. */
  | { readonly kind: "icon" }
  | { readonly kind: "robots" };

export type FeedFormat = "atom" | "rss" | "json";

export interface Listing {
  readonly title: string;
  readonly url: string;
  readonly articles: readonly Article[];
  /** The text above the list. */
  readonly intro?: Article | undefined;
}

/** All articles by their years. */
export interface Archive {
  readonly url: string;
  /** The newest first; each has its list. */
  readonly years: readonly Listing[];
}

/** A tag, a category, a series, an author. */
export interface Tag {
  readonly name: string;
  readonly url: string;
  readonly articles: readonly Article[];
}

/** An address of the site (decoded), or of the web. */
export type NavigationItem = NamedLink;

export type TermKind = "tags" | "categories" | "series" | "authors";

/** All terms of one kind. */
export interface Terms {
  readonly kind: TermKind;
  /** "Tags" */
  readonly title: string;
  /** "Tag" */
  readonly one: string;
  readonly url: string;
  readonly list: readonly Tag[];
}

/** How many documents are not shown, and why. */
export interface Unseen {
  /** By what their header says, or by a value of it that is not understood. */
  readonly byHeader: number;
  /** By where they stand, or by their name. */
  readonly byPlace: number;
  /** Until a day that is to come, and from one that is past. */
  readonly untilLater: number;
  readonly sinceThen: number;
}

export interface Site {
  /** Which generator it was written for. */
  readonly layout: Layout;
  readonly snapshot: Snapshot;
  readonly settings: Settings;
  /** By decoded URL path. */
  readonly routes: ReadonlyMap<string, Route>;
  /** Every article and page by its path in the repository. */
  readonly documents: ReadonlyMap<string, Article>;
  /** What listings and feeds are made of, newest first. */
  readonly articles: readonly Article[];
  /** Pages: documents that stand outside of listings. */
  readonly pages: readonly Article[];
  readonly tags: Terms;
  readonly categories: Terms;
  readonly series: Terms;
  readonly authors: Terms;
  readonly archive: Archive | undefined;
  /** Decoded URL path of the search page; undefined: a document has its place, or there is nothing to be found. */
  readonly searchUrl: string | undefined;
  /** Lists by directory or section. */
  readonly listings: readonly Listing[];
  /** Parts of the site by their names (templates.ts). */
  readonly templates: Templates;
  /** What links are resolved by (links.ts). */
  readonly fileUrls: ReadonlyMap<string, string>;
  readonly names: Names;
  /** Files that are a generator's own and are not served. */
  readonly machinery: number;
  readonly unseen: Unseen;
  /** What the repository says to the host of its site. */
  readonly host: HostRules;
  /** Who asks for "/posts/a" may mean "/Posts/A". */
  readonly spellings: Spellings;
  readonly navigation: readonly NavigationItem[];
  /** The repository's own stylesheet, if it has one. */
  readonly stylesheet: { readonly url: string; readonly oid: string } | undefined;
  /** What the pages are: as the reader has it, light, or dark; and whether there is a choice on the page. */
  readonly scheme: Declared;
  readonly problems: readonly Problem[];
  /** Seconds since 1970 at which the next document is to appear or to go by its date; undefined: none waits. */
  readonly nextDue: number | undefined;
}

/** Paths by a name in lower case, for references that have no more: of several, the one nearest to the top. */
export interface Names {
  get(name: string): string | undefined;
}

/** Articles on one page of a listing. */
export const PAGE_SIZE = 20;

export function pageCount(articles: readonly Article[]): number {
  return Math.max(1, Math.ceil(articles.length / PAGE_SIZE));
}

/** The URL path of a page of a listing; the first has the listing's own. */
export function pageUrl(url: string, page: number): string {
  if (page === 1) return url;
  return url.endsWith("/") && url !== "/" ? `${url}page/${page}/` : `${url === "/" ? "" : url}/page/${page}`;
}
