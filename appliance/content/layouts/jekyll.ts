// Jekyll (https://jekyllrb.com/docs/): _posts with the date in the name, pages anywhere, collections, `permalink` in the
// header or in _config.yml.

import { asText, type Fields, type Header, listOf, textOf } from "../front-matter.ts";
import { baseName, directoryOf, extensionOf } from "../paths.ts";
import type { Fault } from "../problem.ts";
import type { Moment } from "../time.ts";
import { type Defaults, withDefaults } from "./defaults.ts";
import { expandKramdown } from "./kramdown.ts";
import type { Address, Described, Expandable, Expansion, Layout, LinkScheme, Place, Role, Terms } from "./layout.ts";
import { expandLiquid, listOfPosts } from "./liquid.ts";
import { NestedLayout } from "./nested.ts";
import { pathOfUrl, type RepositoryView, type Settings, settingAt, settingsOf, textAt, textsAt } from "./repository.ts";
import { type DateParts, datePartsOf, jekyllSlug, splitDatedName, stemOf, twoDigits } from "./slugs.ts";

const FILES = ["_config.yml", "_config.yaml", "_config.toml"];
const MARKDOWN = /^(?:md|markdown|mkdown|mkdn|mkd)$/;
/** Templates and data of a site, not parts of it. */
const NOT_SERVED = /^(?:Gemfile(?:\.lock)?|[\w-]+\.gemspec|node_modules\/|vendor\/|Rakefile|package(?:-lock)?\.json)/;

/** Undefined: the repository is none of Jekyll's. */
export function recogniseJekyll(view: RepositoryView): Layout | undefined {
  const file = view.first(...FILES);
  const posts = view.hasDirectory("_posts") ? "_posts/" : undefined;
  const because = file ?? posts;
  if (because === undefined) return undefined;
  const settings: Settings = file === undefined ? new Map() : view.settings(file);
  const source = slashed(textAt(settings, "source")?.replace(/^(?:\.?\/)+/, ""));
  if (source !== "" && view.hasDirectory(source.slice(0, -1))) {
    const inner = new JekyllLayout(view.below(source), because, settings);
    return new NestedLayout(inner, source, because, view.faults);
  }
  // Hexo has a file of that name, and its posts below source/.
  return view.hasDirectory("source/_posts") ? undefined : new JekyllLayout(view, because, settings);
}

interface Collection {
  readonly name: string;
  /** With its slash. */
  readonly prefix: string;
  readonly output: boolean;
  readonly permalink: string | undefined;
}

class JekyllLayout implements Layout {
  readonly name = "Jekyll";
  readonly plain = false;
  readonly because: string;
  readonly key: string;
  readonly facts: Layout["facts"];
  readonly faults: Layout["faults"];
  readonly slashes = true;
  readonly menu = undefined;
  readonly feeds: Layout["feeds"] = [["/feed.xml", "atom"]];
  readonly basePath: string;
  readonly wikilinks = false;
  readonly #settings: Settings;
  readonly #permalink: string;
  readonly #collections: readonly Collection[];
  readonly #postsRoot: string;
  readonly #excluded: readonly string[];
  readonly #included: readonly string[];
  readonly #defaults: Defaults;
  /** Dates are the author's own where the settings name a zone; we do not know its rules, but the author wrote by them. */
  readonly #localDates: boolean;
  readonly #view: RepositoryView;
  /** Posts by what `post_url` calls them. */
  #posts: ReadonlyMap<string, string> | undefined;

  constructor(view: RepositoryView, because: string, settings: Settings) {
    this.because = because;
    this.#view = view;
    this.#settings = settings;
    const base = textAt(settings, "baseurl") ?? "";
    const url = textAt(settings, "url");
    this.basePath = `/${base.replace(/^\/+|\/+$/g, "")}`.replace(/^\/$/, "") || pathOfUrl(url);
    this.facts = {
      name: textAt(settings, "title") ?? textAt(settings, "name"),
      root: url === undefined ? undefined : url + (base === "/" ? "" : base),
      description: textAt(settings, "description") ?? textAt(settings, "tagline"),
      language: textAt(settings, "lang") ?? textAt(settings, "locale"),
      author: textAt(settings, "author", "name") ?? textAt(settings, "author"),
    };
    this.#permalink = textAt(settings, "permalink") ?? "date";
    this.#localDates =
      textAt(settings, "timezone") !== undefined && !/^(?:Etc\/)?UTC$/i.test(textAt(settings, "timezone")!);
    this.#postsRoot = slashed(textAt(settings, "collections_dir"));
    this.#collections = collectionsOf(settings, this.#postsRoot);
    this.#excluded = textsAt(settings, "exclude").map((path) => path.replace(/^\/+/, ""));
    this.#included = textsAt(settings, "include").map((path) => path.replace(/^\/+|\/+$/g, ""));
    this.#defaults = defaultsOf(settingAt(settings, "defaults"), (path) => this.#typeOf(path));
    this.faults = view.faults;
    this.key = JSON.stringify([because, toPlain(settings)]);
  }

  place(path: string): Place {
    if (NOT_SERVED.test(path) || this.#isExcluded(path)) return { kind: "machinery" };
    if (/(?:^|\/)_drafts\//.test(path)) return { kind: "hidden" };
    const extension = extensionOf(path);
    const format = MARKDOWN.test(extension) ? "markdown" : /^html?$/.test(extension) ? "html" : undefined;
    if (this.#isPost(path)) {
      if (format === undefined) return textile(extension) ?? { kind: "machinery" };
      if (splitDatedName(baseName(path)) !== undefined) return { kind: "document", format, needsHeader: true };
      return { kind: "left", reason: "is a post whose name does not begin with its date, such as 2026-05-01-title.md" };
    }
    const collection = this.#collectionOf(path);
    if (collection !== undefined) {
      if (!collection.output) return { kind: "machinery" };
      if (format !== undefined) return { kind: "document", format, needsHeader: true };
      return { kind: "file", url: `/${collection.name}/${path.slice(collection.prefix.length)}` };
    }
    if (this.#isSpecial(path))
      return path.startsWith("_") || path.includes("/_") ? { kind: "machinery" } : { kind: "hidden" };
    if (format !== undefined) return { kind: "document", format, needsHeader: format === "html" };
    if (/^s[ac]ss$/.test(extension) || (extension === "xml" && /^(?:feed|atom|sitemap)/.test(baseName(path))))
      return { kind: "machinery" };
    return textile(extension) ?? { kind: "file", url: `/${path}` };
  }

  header(path: string, header: Header): Header {
    return withDefaults(header, this.#defaults, path);
  }

  dateOf(path: string): Moment | undefined {
    return this.#isPost(path) || this.#collectionOf(path) !== undefined
      ? splitDatedName(baseName(path))?.created
      : undefined;
  }

  describe({ path, fields, created }: Described): Address {
    const faults: Fault[] = [];
    const post = this.#isPost(path);
    const collection = post ? undefined : this.#collectionOf(path);
    const name = baseName(path);
    const stem = stemOf(path);
    const dated = post || collection !== undefined ? splitDatedName(stem) : undefined;
    const bare = dated?.rest ?? stem;
    const written = textOf(fields, "permalink");
    const directory = directoryOf(path);
    const template = written ?? this.#template(post, collection, name);
    const slug = jekyllSlug(textOf(fields, "slug") ?? bare, "pretty", true);
    const categories = post ? this.#categories(path, fields) : [];
    const inside = collection === undefined ? directory : directory.slice(collection.prefix.length);
    const date = datePartsOf(created, this.#localDates || created.offsetMinutes === 0);
    const values: Readonly<Record<string, string>> = {
      ...dateValues(date),
      title: slug,
      slug: jekyllSlug(textOf(fields, "slug") ?? bare, "default", false),
      name: jekyllSlug(collection === undefined ? stem : bare, "default", false),
      basename: stem,
      categories: [...new Set(categories.map((category) => category.toLowerCase()))].join("/"),
      slugified_categories: [...new Set(categories.map((category) => jekyllSlug(category, "default", false)))].join(
        "/",
      ),
      collection: collection?.name ?? "posts",
      path: collection === undefined ? inside : [inside, stem].filter((part) => part !== "").join("/"),
      output_ext: ".html",
    };
    const filled = template.replace(/:([a-z_]+)/g, (whole, token: string) => {
      const key = longestToken(token, values);
      if (key === undefined) {
        faults.push({ reason: `its permalink has ${whole}, which is not known`, line: undefined });
        return "";
      }
      return values[key]! + token.slice(key.length);
    });
    const url = `/${filled}`.replace(/\/{2,}/g, "/").replace(/(?<=\/)index\.html?$/, "");
    const isHome = !post && url === "/";
    const role: Role = post ? "article" : isHome ? "section" : "page";
    const aliases = listOf(fields, "redirect_from", "aliases").map((alias) =>
      alias.startsWith("/") ? alias : `/${alias}`,
    );
    return { url, role, lists: [], aliases, faults };
  }

  terms(fields: Fields): Terms {
    return { tags: words(fields, "tags", "tag"), categories: words(fields, "categories", "category") };
  }

  termUrl(taxonomy: keyof Terms, name: string): string {
    return `/${taxonomy}/${jekyllSlug(name, "default", false) || name}/`;
  }

  expand(text: string, { path, fields }: Expandable): Expansion {
    const expanded = expandLiquid(text, (name) => {
      if (name === "site.baseurl") return "";
      if (name === "site.url" || name === "site.github.url") return "";
      if (name === "page.path") return path;
      const [owner, ...keys] = name.split(".");
      if (owner === "site") return textAt(this.#settings, ...keys.map((key) => key.toLowerCase()));
      if (owner === "page" && keys.length === 1) return asText(fields().get(keys[0]!.toLowerCase()));
      return undefined;
    });
    if (!MARKDOWN.test(extensionOf(path))) return expanded;
    const { text: made, faults } = expandKramdown(expanded.text);
    return { text: made, faults: [...expanded.faults, ...faults] };
  }

  madeHere(path: string, text: string): string | undefined {
    return this.#isPost(path) ? undefined : listOfPosts(path, text);
  }

  candidates(scheme: LinkScheme, target: string): readonly string[] {
    if (scheme === "path") return [target.replace(/^\/+/, "")];
    if (scheme !== "post") return [];
    this.#posts ??= new Map(
      [...this.#view.paths()]
        .filter((path) => this.#isPost(path))
        .flatMap((path) => {
          const whole = `${directoryOf(path.replace(/(?:^|\/)_posts\//, "/"))}/${stemOf(path)}`.replace(/^\/+/, "");
          return [[stemOf(path), path] as const, [whole, path] as const];
        }),
    );
    const found = this.#posts.get(target.replace(/^\/+/, ""));
    return found === undefined ? [] : [found];
  }

  #isPost(path: string): boolean {
    return (
      `/${path}`.includes("/_posts/") &&
      !/\/[_.]/.test(`/${path}`.replace("/_posts/", "/")) &&
      path.startsWith(this.#postsRoot)
    );
  }

  #collectionOf(path: string): Collection | undefined {
    return this.#collections.find(
      ({ prefix }) => path.startsWith(prefix) && !/(?:^|\/)[_.]/.test(path.slice(prefix.length)),
    );
  }

  #typeOf(path: string): string {
    if (this.#isPost(path)) return "posts";
    return this.#collectionOf(path)?.name ?? "pages";
  }

  #isExcluded(path: string): boolean {
    return this.#excluded.some((item) => path === item || path.startsWith(slashed(item)) || globMatches(item, path));
  }

  /** Jekyll's EntryFilter: names that begin with ".", "_", "#" or "~", unless they are included by name. */
  #isSpecial(path: string): boolean {
    const names = path.split("/");
    return names.some(
      (name, i) =>
        /^[._#~]|~$/.test(name) &&
        !this.#included.includes(name) &&
        !this.#included.includes(names.slice(0, i + 1).join("/")),
    );
  }

  #template(post: boolean, collection: Collection | undefined, name: string): string {
    const style = this.#permalink;
    if (post) return POST_STYLES[style] ?? style;
    const suffix =
      style === "pretty" || style.endsWith("/")
        ? "/"
        : style in POST_STYLES || style.endsWith(":output_ext")
          ? ":output_ext"
          : "";
    if (collection !== undefined) return collection.permalink ?? `/:collection/:path${suffix}`;
    if (/^index\./.test(name)) return "/:path/";
    return /\.html?$/.test(name) && suffix !== "/" ? "/:path/:basename:output_ext" : `/:path/:basename${suffix}`;
  }

  #categories(path: string, fields: Fields): readonly string[] {
    const directories = directoryOf(`/${path}`.slice(0, `/${path}`.indexOf("/_posts/") + 1).slice(1)).split("/");
    return [...directories.filter((name) => name !== ""), ...this.terms(fields).categories];
  }
}

const POST_STYLES: Readonly<Record<string, string>> = {
  date: "/:categories/:year/:month/:day/:title:output_ext",
  pretty: "/:categories/:year/:month/:day/:title/",
  ordinal: "/:categories/:year/:y_day/:title:output_ext",
  weekdate: "/:categories/:year/W:week/:short_day/:title:output_ext",
  none: "/:categories/:title:output_ext",
};

function dateValues(date: DateParts): Readonly<Record<string, string>> {
  return {
    year: date.year,
    short_year: date.year.slice(2),
    month: twoDigits(date.month),
    i_month: String(date.month),
    short_month: date.monthName.slice(0, 3),
    long_month: date.monthName,
    day: twoDigits(date.day),
    i_day: String(date.day),
    y_day: String(date.dayOfYear).padStart(3, "0"),
    w_year: date.year,
    week: twoDigits(date.week),
    w_day: String(date.weekday === 0 ? 7 : date.weekday),
    short_day: date.dayName.slice(0, 3),
    long_day: date.dayName,
    hour: twoDigits(date.hour),
    minute: twoDigits(date.minute),
    second: twoDigits(date.second),
  };
}

/** The longest name with which the token begins: ":title_x" is ":title" and "_x". */
function longestToken(token: string, values: Readonly<Record<string, string>>): string | undefined {
  for (let length = token.length; length > 0; length--)
    if (Object.hasOwn(values, token.slice(0, length))) return token.slice(0, length);
  return undefined;
}

function collectionsOf(settings: Settings, root: string): readonly Collection[] {
  const value = settingAt(settings, "collections");
  const named: readonly (readonly [string, Settings])[] = Array.isArray(value)
    ? value.filter((item) => typeof item === "string").map((name) => [name, new Map()] as const)
    : [...settingsOf(value)].map(([name, item]) => [name, settingsOf(item)] as const);
  return named
    .filter(([name]) => name !== "posts")
    .map(([name, item]) => ({
      name,
      prefix: `${root}_${name}/`,
      output: settingAt(item, "output") === true,
      permalink: textAt(item, "permalink"),
    }));
}

/** `defaults` of _config.yml: values by path and type. */
function defaultsOf(value: unknown, typeOf: (path: string) => string): Defaults {
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown) => {
    const scope = settingsOf(settingAt(settingsOf(item), "scope"));
    const prefix = (textAt(scope, "path") ?? "").replace(/^\/+|\/+$/g, "");
    const type = textAt(scope, "type");
    return {
      applies: (path: string) =>
        (prefix === "" || path === prefix || path.startsWith(`${prefix}/`) || globMatches(prefix, path)) &&
        (type === undefined || typeOf(path) === type),
      values: settingsOf(settingAt(settingsOf(item), "values")),
    };
  });
}

/** "drafts/*.md": stars within a name. */
function globMatches(glob: string, path: string): boolean {
  if (!glob.includes("*") || glob.length > 200) return false;
  const pattern = glob
    .replace(/[.+^${}()|[\]\\?]/g, "\\$&")
    .replace(/\*+/g, (stars) => (stars.length > 1 ? ".*" : "[^/]*"));
  return new RegExp(`^${pattern}(?:/|$)`).test(path);
}

function textile(extension: string): Place | undefined {
  return extension === "textile"
    ? { kind: "left", reason: "is Textile, which is not read; write Markdown" }
    : undefined;
}

/** A list, or one text cut at blanks. */
function words(fields: Fields, many: string, one: string): readonly string[] {
  const single = asText(fields.get(one));
  const value = fields.get(many);
  const text = asText(value);
  const list = text === undefined ? listOf(fields, many) : text.split(/\s+/);
  return [...new Set(single === undefined ? list : [single, ...list])];
}

function slashed(path: string | undefined): string {
  return path === undefined || path === "" ? "" : path.endsWith("/") ? path : `${path}/`;
}

function toPlain(value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries([...value].map(([key, item]) => [key, toPlain(item)])) : value;
}
