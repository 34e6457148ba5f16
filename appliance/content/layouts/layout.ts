// What every kind of repository has to say: which files are documents, where each is found, what belongs to the machinery
// of a generator, and what its links mean. A layout reads no documents; it is made from the repository's settings and the
// names in its tree, once for each Site.

import type { Fields, Header } from "../front-matter.ts";
import type { Fault } from "../problem.ts";
import type { Moment } from "../time.ts";

/** What a path of the repository is. */
export type Place =
  /** By its text: a document if it has a header or is Markdown, else a file at its own path. */
  | { readonly kind: "any" }
  /** `format`: of the text below the header. `needsHeader`: without one it is a file like others, at `fileUrl`. */
  | {
      readonly kind: "document";
      readonly format: "markdown" | "html";
      readonly needsHeader?: boolean;
      readonly fileUrl?: string;
    }
  /** Served as it stands, at a decoded URL path. */
  | { readonly kind: "file"; readonly url: string }
  /** Goes with the document at this path, and is found below its address by `name`. */
  | { readonly kind: "beside"; readonly document: string; readonly name: string }
  /** A generator's own: templates, themes, settings. Not served, and counted. */
  | { readonly kind: "machinery" }
  /** Hidden by where it stands: drafts, and what is of nobody's concern. */
  | { readonly kind: "hidden" }
  /** Content that is not read, and why. */
  | { readonly kind: "left"; readonly reason: string };

/**
 * article: in lists and feeds. page: in the navigation. section: the text above a list, or the home page. Undefined: by
 * where it stands (routes.ts).
 */
export type Role = "article" | "page" | "section" | undefined;

/** What an address is made of. */
export interface Described {
  readonly path: string;
  readonly fields: Fields;
  readonly title: string;
  readonly created: Moment;
}

export interface Address {
  /** Decoded URL path. */
  readonly url: string;
  readonly role: Role;
  /** Decoded URL paths of the lists in which it stands. */
  readonly lists: readonly string[];
  /** Other addresses it had: redirects. */
  readonly aliases: readonly string[];
  /** What of the header was not understood. */
  readonly faults: readonly Fault[];
}

export interface Terms {
  readonly tags: readonly string[];
  readonly categories: readonly string[];
}

/** What a generator's settings say about the site; undefined: nothing. */
export interface SiteFacts {
  readonly name?: string | undefined;
  /** Public base URL as written. */
  readonly root?: string | undefined;
  readonly description?: string | undefined;
  readonly language?: string | undefined;
  readonly author?: string | undefined;
}

/** A document whose text is made Markdown; its header is read when it is asked for. */
export interface Expandable {
  readonly path: string;
  fields(): Fields;
}

/** Text as Markdown that needs no generator any more, and what of it was not understood. */
export interface Expansion {
  readonly text: string;
  readonly faults: readonly Fault[];
}

export interface NamedLink {
  readonly label: string;
  /** Decoded URL path, or an absolute URL. */
  readonly url: string;
}

export interface Layout {
  /** "Hugo"; "" for folders of files that belong to no generator. */
  readonly name: string;
  /** True: folders of files at their own paths, listed by directory, as in Canopy. */
  readonly plain: boolean;
  /** By what it was recognised: for the log. */
  readonly because: string;
  /** Of everything that a document's place and reading depend on: a reading is good for one key. */
  readonly key: string;
  readonly facts: SiteFacts;
  /** What could not be read of the settings. */
  readonly faults: readonly { readonly path: string; readonly fault: Fault }[];
  /** True: lists and terms have addresses that end in "/". */
  readonly slashes: boolean;
  /** The menu that the settings have; undefined: made from what there is. */
  readonly menu: readonly NamedLink[] | undefined;
  /** Addresses at which its readers look for the feed, besides ours. */
  readonly feeds: readonly (readonly [url: string, format: "atom" | "rss" | "json"])[];
  /** Path of the site below its host, as links in texts may have it ("/blog"); "" for none. */
  readonly basePath: string;

  place(path: string): Place;
  /** The header with what the settings add. */
  header(path: string, header: Header): Header;
  /** A date that the name says. */
  dateOf(path: string): Moment | undefined;
  describe(document: Described): Address;
  terms(fields: Fields): Terms;
  termUrl(taxonomy: keyof Terms, name: string): string;
  /** Undefined: the text is Markdown as it is. */
  expand?(text: string, document: Expandable): Expansion;
  /** The address of the list, or other page, that is made here in the place of a document that is a program of a template. */
  madeHere?(path: string, text: string): string | undefined;
  /** Paths that a reference of the generator's own may mean (`@/a.md`, `ref`, `post_url`, `[[name]]`), most likely first. */
  candidates(scheme: LinkScheme, target: string, from: string): readonly string[];
  /** True: `[[name]]` is a link to the file of that name. */
  readonly wikilinks: boolean;
}

/** Kinds of references that are resolved by path; each is written as a scheme in expanded text. */
export type LinkScheme = "ref" | "post" | "path" | "wiki";
