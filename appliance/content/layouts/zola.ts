// Zola (https://www.getzola.org/documentation/content/): content/ with sections (_index.md) and pages, TOML headers, static/
// at the top, `path` and `slug`, links by "@/".

import { asText, type Fields, type Header, listOf, mapOf, splitDocument, textOf } from "../front-matter.ts";
import { baseName, directoryOf, isMarkdownName } from "../paths.ts";
import type { Moment } from "../time.ts";
import { type Defaults, withDefaults } from "./defaults.ts";
import { mayBeServed } from "./hugo.ts";
import type { Address, Described, Layout, LinkScheme, Place, Role, Terms } from "./layout.ts";
import { pathOfUrl, type RepositoryView, type Settings, settingAt, settingsOf, textAt, textsAt } from "./repository.ts";
import { expandShortcodes, ZOLA_SHORTCODES } from "./shortcodes.ts";
import { splitDatedName, stemOf, zolaSafe, zolaSlug } from "./slugs.ts";

const CONTENT = "content";
/** What may stand between the day and the name. */
const AFTER_DATE = /^(?:T[0-9:.Z+-]*?)?[-_ ]/;

/** Undefined: the repository is none of Zola's. */
export function recogniseZola(view: RepositoryView): Layout | undefined {
  const file = view.first("zola.toml", "config.toml");
  if (file === undefined || !view.hasDirectory(CONTENT)) return undefined;
  const settings = view.settings(file);
  return settings.has("base_url") ? new ZolaLayout(view, file, settings) : undefined;
}

class ZolaLayout implements Layout {
  readonly name = "Zola";
  readonly plain = false;
  readonly because: string;
  readonly key: string;
  readonly facts: Layout["facts"];
  readonly faults: Layout["faults"];
  readonly slashes = true;
  readonly menu = undefined;
  readonly feeds: Layout["feeds"];
  readonly basePath: string;
  readonly wikilinks = false;
  readonly #slugs: string;
  readonly #termSlugs: string;
  readonly #keepDates: boolean;
  readonly #main: string;
  readonly #languages: readonly string[];
  readonly #sections = new Set<string>();
  readonly #leaves = new Set<string>();
  readonly #defaults: Defaults;
  readonly #ignored: readonly RegExp[];

  constructor(view: RepositoryView, file: string, settings: Settings) {
    this.because = file;
    const root = textAt(settings, "base_url");
    this.basePath = pathOfUrl(root);
    this.#main = textAt(settings, "default_language") ?? "en";
    this.#languages = [...settingsOf(settingAt(settings, "languages")).keys()].filter((name) => name !== this.#main);
    this.facts = {
      name: textAt(settings, "title"),
      root,
      description: textAt(settings, "description"),
      language: this.#main,
      author: textAt(settings, "author"),
    };
    const slugify = settingsOf(settingAt(settings, "slugify"));
    this.#slugs = textAt(slugify, "paths") ?? "on";
    this.#termSlugs = textAt(slugify, "taxonomies") ?? "on";
    this.#keepDates = settingAt(slugify, "paths_keep_dates") === true;
    const names = [...textsAt(settings, "feed_filenames"), ...textsAt(settings, "feed_filename")];
    this.feeds = names.map((name) => [`/${name}`, name.includes("rss") ? "rss" : "atom"] as const);
    this.#ignored = textsAt(settings, "ignored_content").flatMap(globOf);
    const drafts: string[] = [];
    for (const path of view.paths()) {
      if (!path.startsWith(`${CONTENT}/`) || !isMarkdownName(path)) continue;
      const { stem } = this.#split(path);
      if (stem === "index") this.#leaves.add(directoryOf(path));
      if (stem !== "_index") continue;
      this.#sections.add(directoryOf(path));
      const text = view.text(path);
      if (text?.includes("draft") === true && isDraft(text)) drafts.push(`${directoryOf(path)}/`);
    }
    // A section that is a draft hides what is in it.
    this.#defaults = drafts.map((prefix) => ({
      applies: (path: string) => path.startsWith(prefix),
      values: new Map([["draft", true]]),
    }));
    this.faults = view.faults;
    this.key = JSON.stringify([
      root,
      textsAt(settings, "ignored_content"),
      this.#main,
      this.#languages,
      [...slugify],
      drafts,
      [...this.#sections],
      [...this.#leaves],
    ]);
  }

  place(path: string): Place {
    if (path.startsWith("static/")) {
      const url = path.slice("static".length);
      return mayBeServed(url) ? { kind: "file", url } : { kind: "hidden" };
    }
    if (!path.startsWith(`${CONTENT}/`)) return { kind: "machinery" };
    const inside = path.slice(CONTENT.length + 1);
    if (/(?:^|\/)\./.test(inside) || this.#ignored.some((glob) => glob.test(inside))) return { kind: "hidden" };
    const directory = directoryOf(path);
    if (isMarkdownName(path)) {
      const { stem } = this.#split(path);
      // Documents next to an index.md are its own.
      return this.#leaves.has(directory) && stem !== "index" && stem !== "_index"
        ? { kind: "machinery" }
        : { kind: "document", format: "markdown", needsHeader: true };
    }
    for (let at = directory; at !== CONTENT && at !== ""; at = directoryOf(at))
      if (this.#leaves.has(at) || this.#sections.has(at))
        return { kind: "beside", document: at, name: path.slice(at.length + 1) };
    return { kind: "file", url: `/${inside}` };
  }

  header(path: string, header: Header): Header {
    return withDefaults(header, this.#defaults, path);
  }

  dateOf(path: string): Moment | undefined {
    return splitDatedName(this.#nameOf(path), AFTER_DATE)?.created;
  }

  describe({ path, fields }: Described): Address {
    const { stem, language } = this.#split(path);
    const inside = directoryOf(path).slice(CONTENT.length + 1);
    const prefix = language === "" ? "" : `/${language}`;
    const parent = stem === "index" ? directoryOf(inside) : inside;
    const aliases = listOf(fields, "aliases").map((alias) => (alias.startsWith("/") ? alias : `/${alias}`));
    const lists: string[] = [];
    for (let at = stem === "_index" ? "" : inside; at !== ""; at = directoryOf(at))
      if (this.#sections.has(`${CONTENT}/${at}`)) lists.push(`${prefix}${this.#directoryUrl(at)}`);
    const top = stem === "index" ? parent === "" : inside === "";
    const role: Role = stem === "_index" ? "section" : top ? "page" : "article";
    const finish = (url: string): Address => ({ url, role, lists, aliases, faults: [] });
    if (stem === "_index") return finish(`${prefix}${this.#directoryUrl(inside)}`);
    const written = textOf(fields, "path");
    if (written !== undefined) return finish(`${prefix}/${`${written}/`.replace(/^\/+/, "").replace(/\/+$/, "/")}`);
    const name = this.#nameOf(path);
    const bare = this.#keepDates ? name : (splitDatedName(name, AFTER_DATE)?.rest ?? name);
    return finish(`${prefix}${this.#directoryUrl(parent)}${this.#slug(textOf(fields, "slug") ?? bare)}/`);
  }

  terms(fields: Fields): Terms {
    const taxonomies = mapOf(fields, "taxonomies");
    return { tags: listOf(taxonomies, "tags"), categories: listOf(taxonomies, "categories") };
  }

  termUrl(taxonomy: keyof Terms, name: string): string {
    const slug = this.#termSlugs === "on" ? zolaSlug(name) : this.#termSlugs === "safe" ? zolaSafe(name) : name;
    return `/${taxonomy}/${slug === "" ? name : slug}/`;
  }

  expand(text: string): ReturnType<NonNullable<Layout["expand"]>> {
    return expandShortcodes(text, ZOLA_SHORTCODES);
  }

  candidates(scheme: LinkScheme, target: string): readonly string[] {
    return scheme === "path" ? [`${CONTENT}/${target.replace(/^\/+/, "")}`] : [];
  }

  /** The name without its extension and its language. */
  #split(path: string): { readonly stem: string; readonly language: string } {
    const stem = stemOf(path);
    const dot = stem.lastIndexOf(".");
    const language = dot > 0 ? stem.slice(dot + 1) : "";
    return this.#languages.includes(language) ? { stem: stem.slice(0, dot), language } : { stem, language: "" };
  }

  /** The name that gives the address: a bundle's is its directory's. */
  #nameOf(path: string): string {
    const { stem } = this.#split(path);
    return stem === "index" ? baseName(directoryOf(path)) : stem;
  }

  #directoryUrl(directory: string): string {
    if (directory === "") return "/";
    return `/${directory
      .split("/")
      .map((name) => this.#slug(name))
      .join("/")}/`;
  }

  #slug(text: string): string {
    return this.#slugs === "on" ? zolaSlug(text) : this.#slugs === "safe" ? zolaSafe(text) : text;
  }
}

function isDraft(text: string): boolean {
  const split = splitDocument(text);
  return split.ok && asText(split.value.header?.fields.get("draft")) === "true";
}

/** A glob of file names: "*" within a name, "**" across names. */
function globOf(glob: string): readonly RegExp[] {
  if (glob.length > 200) return [];
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, (stars) => (stars.length > 1 ? ".*" : "[^/]*"))
    .replaceAll("?", "[^/]");
  return [new RegExp(`^(?:.*/)?${pattern}$`)];
}
