// What surrounds a page: of the site, and of the page itself.

import { ICON_URL, ICONS } from "../content/generated.ts";
import type { Look } from "../content/look.ts";
import type { Article, NavigationItem, Site } from "../content/site.ts";
import type { Part } from "../content/templates.ts";
import { ENGLISH, type Strings } from "../content/words.ts";
import type { Html } from "./html.ts";

export interface Frame {
  /** Undefined: there is none yet. */
  readonly site: Site | undefined;
  readonly siteName: string;
  readonly language: string;
  readonly strings: Strings;
  readonly look: Look;
  /** True: the reader can choose between light and dark. */
  readonly choice: boolean;
  readonly navigation: readonly NavigationItem[];
  /** Addresses in the foot, besides the feeds. */
  readonly lists: readonly NavigationItem[];
  /** Decoded URL path; undefined: there is no search. */
  readonly searchUrl: string | undefined;
  /** URLs of stylesheets, the last one having the last word. */
  readonly stylesheets: readonly string[];
  readonly script: string;
  readonly icon: string;
  /** The commit that is shown, "" for none. */
  readonly commit: string;
  /** Markup at the end of the body: live reload while writing. */
  readonly tail: Html;
  /** The author's own part of the page; undefined: there is none, or it failed. */
  own(part: Part, view: object): Html | undefined;
}

export interface PageHead {
  /** "" on the home page: the site's name alone. */
  readonly title: string;
  readonly description: string;
  /** Absolute URL; "" for pages that are no destination (errors). */
  readonly canonical: string;
  /** Decoded URL path, to mark the place in the navigation; "" for none. */
  readonly url: string;
  /** False: search engines are to leave the page alone. */
  readonly indexed?: boolean;
  /** The article that the page is, when it is one of those in lists. */
  readonly article?: Article | undefined;
  /** Absolute URL of a picture; undefined: none. */
  readonly image?: string | undefined;
  /** Feeds of what the page lists, besides the site's. */
  readonly feeds?: {
    readonly title: string /** Encoded URL path without a slash at its end. */;
    readonly base: string;
  };
  readonly previous?: string | undefined;
  readonly next?: string | undefined;
}

/** The theme's own files, and markup at the end of each page. */
interface Common {
  readonly style: string;
  readonly script: string;
  readonly tail: Html;
}

/** Before there is a site. */
export function frameOfNone({ style, script, tail }: Common): Frame {
  return {
    script,
    tail,
    site: undefined,
    siteName: "Epiphyte",
    language: "en",
    strings: ENGLISH,
    look: { palette: "leaf", scheme: "both" },
    choice: false,
    navigation: [],
    lists: [],
    searchUrl: undefined,
    stylesheets: [style],
    icon: ICON_URL,
    commit: "",
    own: () => undefined,
  };
}

export function frameOf(site: Site, { style, script, tail }: Common, own: Frame["own"]): Frame {
  const { stylesheet, settings, archive, tags } = site;
  return {
    script,
    tail,
    site,
    siteName: settings.name,
    language: settings.language,
    strings: settings.strings,
    look: { palette: settings.look.palette, scheme: site.scheme.scheme },
    choice: site.scheme.choice,
    navigation: site.navigation,
    lists: [
      ...(archive === undefined ? [] : [{ label: settings.strings.archive, url: archive.url }]),
      ...(tags.list.length === 0 ? [] : [{ label: tags.title, url: tags.url }]),
    ],
    searchUrl: site.searchUrl,
    // A new version of the repository's stylesheet has a new address, so that no browser shows the old one.
    stylesheets: stylesheet === undefined ? [style] : [style, `${stylesheet.url}?${stylesheet.oid.slice(0, 8)}`],
    icon: ICONS.find((url) => site.routes.get(url)?.kind === "static") ?? ICON_URL,
    commit: site.snapshot.commit,
    own,
  };
}
