// Hugo (https://gohugo.io/content-management/): content/ with sections and bundles, static/ at the top, addresses by
// `url`, `slug` and the settings' `permalinks`.

import { asText, type Fields, type Header, listOf, splitDocument, textOf } from "../front-matter.ts";
import { baseName, directoryOf, extensionOf } from "../paths.ts";
import type { Fault } from "../problem.ts";
import type { Moment } from "../time.ts";
import { type Defaults, withDefaults } from "./defaults.ts";
import { ignoredBy, type Language, languagesOf, menuOf, mountsOf } from "./hugo-settings.ts";
import type { Address, Described, Layout, LinkScheme, NamedLink, Place, Role, Terms } from "./layout.ts";
import { pathOfUrl, type RepositoryView, type Settings, settingAt, settingsOf, textAt, textsAt } from "./repository.ts";
import { expandShortcodes, HUGO_SHORTCODES } from "./shortcodes.ts";
import { datePartsOf, hugoName, splitDatedName, stemOf, twoDigits } from "./slugs.ts";

const OWN_FILES = ["hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json"];
const OLD_FILES = ["config.toml", "config.yaml", "config.yml", "config.json"];
/** Where a large site keeps its settings. */
const FOLDER = "config/_default/";
const MARKDOWN = /^(?:md|markdown|mdown)$/;
const OTHER_MARKUP: ReadonlyMap<string, string> = new Map([
  ["org", "Org"],
  ["adoc", "AsciiDoc"],
  ["asciidoc", "AsciiDoc"],
  ["ad", "AsciiDoc"],
  ["rst", "reStructuredText"],
  ["pdc", "Pandoc's Markdown"],
  ["pandoc", "Pandoc's Markdown"],
]);

/** Undefined: the repository is none of Hugo's. */
export function recogniseHugo(view: RepositoryView): Layout | undefined {
  const own = view.first(...OWN_FILES, ...OWN_FILES.map((name) => FOLDER + name));
  const old = view.first(...OLD_FILES, ...OLD_FILES.map((name) => FOLDER + name));
  const file = own ?? old;
  if (file === undefined) return undefined;
  const settings = view.settings(file);
  if (own === undefined && !looksLikeHugo(settings, view)) return undefined;
  return new HugoLayout(view, file, settings);
}

function looksLikeHugo(settings: Settings, view: RepositoryView): boolean {
  // Zola writes base_url.
  if (settings.has("base_url") || !view.hasDirectory(textAt(settings, "contentdir") ?? "content")) return false;
  return settings.has("baseurl") || ["archetypes", "layouts", "themes"].some((name) => view.hasDirectory(name));
}

class HugoLayout implements Layout {
  readonly name = "Hugo";
  readonly plain = false;
  readonly because: string;
  readonly key: string;
  readonly facts: Layout["facts"];
  readonly faults: Layout["faults"];
  readonly slashes: boolean;
  readonly menu: readonly NamedLink[] | undefined;
  readonly feeds: Layout["feeds"] = [["/index.xml", "rss"]];
  readonly basePath: string;
  readonly wikilinks = false;
  readonly #settings: Settings;
  /** Directories whose names are at the top of the site. */
  readonly #statics: readonly string[];
  readonly #languages: readonly Language[];
  readonly #isIgnored: (path: string) => boolean;
  readonly #uglyUrls: boolean;
  readonly #casing: { readonly keepCase: boolean; readonly plainLetters: boolean };
  readonly #defaults: Defaults;
  /** Directories of content in which index.md makes one page of all, and those with _index.md. */
  readonly #leaves = new Set<string>();
  readonly #branches = new Set<string>();

  constructor(view: RepositoryView, file: string, settings: Settings) {
    this.because = `${file}`;
    this.#settings = settings;
    const separate = (name: string): Settings => {
      const path = view.first(...["toml", "yaml", "yml", "json"].map((type) => `${FOLDER}${name}.${type}`));
      return path === undefined ? settingsOf(settingAt(settings, name)) : view.settings(path);
    };
    const params = separate("params");
    const languages = separate("languages");
    const module = separate("module");
    const mounts = mountsOf(module);
    const content = mounts.content ?? textAt(settings, "contentdir")?.replace(/\/+$/, "") ?? "content";
    this.#languages = languagesOf(settings, languages, content, mounts.languages);
    const main = settingsOf(settingAt(languages, this.#languages[0]!.name.toLowerCase()));
    const statics = textsAt(settings, "staticdir");
    this.#statics = (mounts.statics.length > 0 ? mounts.statics : statics.length > 0 ? statics : ["static"]).map(
      (path) => path.replace(/^\/+|\/+$/g, ""),
    );
    this.#uglyUrls = settingAt(settings, "uglyurls") === true;
    this.slashes = !this.#uglyUrls;
    this.#casing = {
      keepCase: settingAt(settings, "disablepathtolower") === true,
      plainLetters: settingAt(settings, "removepathaccents") === true,
    };
    const root = textAt(settings, "baseurl");
    this.basePath = pathOfUrl(root);
    this.facts = {
      name: textAt(main, "title") ?? textAt(settings, "title"),
      root,
      description:
        textAt(params, "description") ?? textAt(main, "params", "description") ?? textAt(settings, "description"),
      language: textAt(main, "languagecode") ?? textAt(settings, "languagecode") ?? this.#languages[0]!.name,
      author: textAt(params, "author", "name") ?? textAt(params, "author") ?? textAt(settings, "author", "name"),
    };
    const menus = separate("menu").size > 0 ? separate("menu") : separate("menus");
    this.menu = menuOf(settingAt(menus, "main") ?? settingAt(main, "menu", "main") ?? settingAt(main, "menus", "main"));
    const cascades: { readonly prefix: string; readonly values: unknown }[] = [];
    const everywhere = settingAt(settings, "cascade");
    if (everywhere !== undefined) cascades.push({ prefix: "", values: everywhere });
    for (const path of view.paths()) {
      const language = this.#languageOf(path);
      if (language === undefined) continue;
      const stem = this.#stem(path);
      if (!MARKDOWN.test(extensionOf(path)) && extensionOf(path) !== "html") continue;
      if (stem === "index") this.#leaves.add(directoryOf(path));
      if (stem !== "_index") continue;
      this.#branches.add(directoryOf(path));
      const text = view.text(path);
      if (text?.includes("cascade") === true)
        cascades.push({ prefix: `${directoryOf(path)}/`, values: cascadeOf(text) });
    }
    this.#defaults = cascades.flatMap(({ prefix, values }) =>
      (Array.isArray(values) ? values : [values]).map((item: unknown) => ({
        applies: (path: string) => path.startsWith(prefix),
        values: settingsOf(item),
      })),
    );
    const ignored = ignoredBy(textsAt(settings, "ignorefiles"));
    this.#isIgnored = ignored.test;
    this.faults = [
      ...view.faults,
      ...[...ignored.reasons, ...mounts.reasons].map((reason) => ({ path: file, fault: { reason, line: undefined } })),
    ];
    // Bundles are made by the names of other files.
    this.key = JSON.stringify([
      file,
      toPlain(settings),
      toPlain(module),
      cascades,
      [...this.#leaves],
      [...this.#branches],
    ]);
  }

  place(path: string): Place {
    for (const root of this.#statics)
      if (path.startsWith(`${root}/`)) {
        const url = path.slice(root.length);
        return mayBeServed(url) ? { kind: "file", url } : { kind: "hidden" };
      }
    const language = this.#languageOf(path);
    if (language === undefined) return { kind: "machinery" };
    if (this.#isIgnored(path)) return { kind: "hidden" };
    const inside = path.slice(language.content.length + 1);
    const extension = extensionOf(path);
    const stem = this.#stem(path);
    if (/(?:^|\/)\./.test(inside) || (baseName(path).startsWith("_") && stem !== "_index")) return { kind: "hidden" };
    const leaf = this.#leafAround(path);
    const isIndex = leaf === directoryOf(path) && stem === "index";
    if (leaf !== undefined && !isIndex)
      return MARKDOWN.test(extension)
        ? // A bundle's other documents are parts for templates.
          { kind: "machinery" }
        : { kind: "beside", document: leaf, name: path.slice(leaf.length + 1) };
    if (MARKDOWN.test(extension)) return { kind: "document", format: "markdown" };
    if (extension === "html" || extension === "htm") return { kind: "document", format: "html", needsHeader: true };
    const other = OTHER_MARKUP.get(extension);
    if (other !== undefined) return { kind: "left", reason: `is ${other}, which is not read; write Markdown` };
    return { kind: "file", url: `${language.prefix}/${this.#directoryUrl(directoryOf(inside))}${baseName(path)}` };
  }

  header(path: string, header: Header): Header {
    return withDefaults(header, this.#defaults, path, ["headless"]);
  }

  dateOf(path: string): Moment | undefined {
    const order = textsAt(this.#settings, "frontmatter", "date");
    return order.includes(":filename") ? splitDatedName(baseName(path))?.created : undefined;
  }

  describe({ path, fields, title, created }: Described): Address {
    const language = this.#languageOf(path) ?? this.#languages[0]!;
    const inside = path.slice(language.content.length + 1);
    const faults: Fault[] = [];
    const stem = this.#stem(path);
    const bundle = stem === "index" || stem === "_index";
    const directory = bundle && stem === "index" ? directoryOf(directoryOf(inside)) : directoryOf(inside);
    const file = stem === "index" ? baseName(directoryOf(inside)) : stem;
    const sections = directoryOf(inside)
      .split("/")
      .filter((name) => name !== "");
    const section = stem === "index" && sections.length === 1 ? "" : (sections[0] ?? "");
    const lists = stem === "_index" ? [] : this.#listsOf(inside, language);
    const role: Role = stem === "_index" || inside === "index.md" ? "section" : section === "" ? "page" : "article";
    const url = textOf(fields, "url");
    const aliases = listOf(fields, "aliases").map((alias) => this.#alias(alias, directoryOf(inside), language));
    const finish = (made: string): Address => ({ url: made.replace(/\/{2,}/g, "/"), role, lists, aliases, faults });
    if (url !== undefined) return finish(language.prefix + this.#written(url));
    if (stem === "_index") return finish(`${language.prefix}/${this.#directoryUrl(directoryOf(inside))}`);
    if (inside === baseName(inside) && stem === "index") return finish(`${language.prefix}/`);
    const slug = textOf(fields, "slug");
    const pattern = this.#permalink(section);
    if (pattern !== undefined) {
      const parts = {
        section,
        sections: stem === "index" ? sections.slice(0, -1) : sections,
        file,
        slug,
        title,
        created,
      };
      return finish(language.prefix + this.#written(this.#fill(pattern, parts, faults)));
    }
    const name = hugoName(slug ?? file, this.#casing);
    return finish(`${language.prefix}/${this.#directoryUrl(directory)}${this.#uglyUrls ? `${name}.html` : `${name}/`}`);
  }

  terms(fields: Fields): Terms {
    return { tags: words(fields, "tags", "tag"), categories: words(fields, "categories", "category") };
  }

  termUrl(taxonomy: keyof Terms, name: string): string {
    const made = hugoName(name.replaceAll("/", "-"), this.#casing);
    return `/${taxonomy}/${made === "" ? name : made}/`;
  }

  expand(text: string): ReturnType<NonNullable<Layout["expand"]>> {
    return expandShortcodes(text, HUGO_SHORTCODES);
  }

  candidates(scheme: LinkScheme, target: string, from: string): readonly string[] {
    if (scheme !== "ref") return [];
    const language = this.#languageOf(from) ?? this.#languages[0]!;
    const bare = target.replace(/^\/+|\/+$/g, "");
    const places = target.startsWith("/")
      ? [`${language.content}/${bare}`]
      : [`${directoryOf(from)}/${bare}`, `${language.content}/${bare}`];
    const suffix = language.name;
    return places.flatMap((place) =>
      MARKDOWN.test(extensionOf(place))
        ? [place, place.replace(/\.(\w+)$/, `.${suffix}.$1`)]
        : [
            `${place}.md`,
            `${place}/index.md`,
            `${place}/_index.md`,
            `${place}.${suffix}.md`,
            `${place}/index.${suffix}.md`,
          ],
    );
  }

  /** The name of a document without its extension and its language. */
  #stem(path: string): string {
    const stem = stemOf(path);
    const dot = stem.lastIndexOf(".");
    return dot > 0 && this.#languages.some(({ name }) => name === stem.slice(dot + 1)) ? stem.slice(0, dot) : stem;
  }

  #languageOf(path: string): Language | undefined {
    const stem = stemOf(path);
    const named = this.#languages.find(
      ({ name, content }) => stem.endsWith(`.${name}`) && path.startsWith(`${content}/`),
    );
    return named ?? this.#languages.find(({ content }) => path.startsWith(`${content}/`));
  }

  #leafAround(path: string): string | undefined {
    for (let at = directoryOf(path); at !== ""; at = directoryOf(at)) if (this.#leaves.has(at)) return at;
    return undefined;
  }

  /** "a/b" -> "a/b/", by Hugo's rules for names; "" for the top. */
  #directoryUrl(directory: string): string {
    return directory === "" ? "" : `${hugoName(directory, this.#casing)}/`;
  }

  #listsOf(inside: string, language: Language): readonly string[] {
    const lists: string[] = [];
    for (let at = directoryOf(inside); at !== ""; at = directoryOf(at)) {
      const whole = `${language.content}/${at}`;
      if (this.#leaves.has(whole)) continue;
      if (this.#branches.has(whole) || !at.includes("/")) lists.push(`${language.prefix}/${this.#directoryUrl(at)}`);
    }
    return lists;
  }

  /** An address as an author writes it: a directory unless it names a file. */
  #written(url: string): string {
    const path = `/${url
      .replace(/^https?:\/\/[^/]*/, "")
      .replace(/[?#].*$/, "")
      .replace(/^\/+/, "")}`;
    if (path.endsWith("/") || /\.[A-Za-z0-9]{1,5}$/.test(path)) return path;
    return this.#uglyUrls ? `${path}.html` : `${path}/`;
  }

  #alias(alias: string, directory: string, language: Language): string {
    const bare = alias.replace(/^https?:\/\/[^/]*/, "");
    return bare.startsWith("/") ? bare : `${language.prefix}/${this.#directoryUrl(directory)}${bare}`;
  }

  #permalink(section: string): string | undefined {
    const all = settingsOf(settingAt(this.#settings, "permalinks"));
    const found = textAt(all, section.toLowerCase()) ?? textAt(all, "page", section.toLowerCase());
    return found ?? (section === "" ? (textAt(all, "/") ?? textAt(all, "page", "/")) : undefined);
  }

  #fill(
    pattern: string,
    parts: {
      readonly section: string;
      readonly sections: readonly string[];
      readonly file: string;
      readonly slug: string | undefined;
      readonly title: string;
      readonly created: Moment;
    },
    faults: Fault[],
  ): string {
    const { section, sections, file, slug, title, created } = parts;
    const date = datePartsOf(created, true);
    const name = (text: string): string => hugoName(text.replaceAll("/", "-"), this.#casing);
    const values: Readonly<Record<string, string>> = {
      year: date.year,
      month: twoDigits(date.month),
      monthname: date.monthName.toLowerCase(),
      day: twoDigits(date.day),
      weekday: String(date.weekday),
      weekdayname: date.dayName.toLowerCase(),
      yearday: String(date.dayOfYear),
      section: name(section),
      sections: hugoName(sections.join("/"), this.#casing),
      title: name(title),
      slug: name(slug ?? title),
      filename: name(file),
      contentbasename: name(file),
      slugorfilename: name(slug ?? file),
      slugorcontentbasename: name(slug ?? file),
    };
    return pattern.replace(/:(sections\[[^\]]*\]|[a-z]+)/g, (whole, token: string) => {
      if (token.startsWith("sections[")) return hugoName(cut(sections, token.slice(9, -1)).join("/"), this.#casing);
      const value = Object.hasOwn(values, token) ? values[token] : undefined;
      if (value === undefined)
        faults.push({ reason: `the settings' permalinks have ${whole}, which is not known`, line: undefined });
      return value ?? "";
    });
  }
}

/** Go's `[1:]`, `[:last]`, `[last]`. */
function cut(names: readonly string[], range: string): readonly string[] {
  const at = (text: string, otherwise: number): number =>
    text === "" ? otherwise : text === "last" ? names.length - 1 : Number(text);
  const [first, last] = range.split(":");
  if (last === undefined) return names.slice(at(first ?? "", 0), at(first ?? "", 0) + 1);
  return names.slice(at(first ?? "", 0), at(last, names.length));
}

/** A list, or one text cut at blanks. */
function words(fields: Fields, ...keys: readonly string[]): readonly string[] {
  for (const key of keys) {
    const value = fields.get(key);
    if (value === undefined || value === null) continue;
    const text = asText(value);
    return text === undefined ? listOf(fields, key) : [...new Set(text.split(/\s+/))];
  }
  return [];
}

/** What is at the top of a site by its name: no settings of the host, nothing hidden. */
export function mayBeServed(url: string): boolean {
  return !/^\/_(?:headers|redirects|routes\.json|worker\.js)$/.test(url) && !/\/\.(?!well-known\/)/.test(url);
}

function toPlain(value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries([...value].map(([key, item]) => [key, toPlain(item)])) : value;
}

function cascadeOf(text: string): unknown {
  const split = splitDocument(text);
  return split.ok ? split.value.header?.fields.get("cascade") : undefined;
}
