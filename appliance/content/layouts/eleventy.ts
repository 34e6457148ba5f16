// Eleventy (https://www.11ty.dev/docs/): Markdown below the input directory at addresses of its own path, unless
// `permalink` says otherwise; data of directories; folders that are copied as they are. Its settings are a program, of
// which what is written as a literal is read.

import { asText, type Fields, type Header, listOf, textOf } from "../front-matter.ts";
import { mediaType } from "../mime.ts";
import { baseName, directoryOf, extensionOf } from "../paths.ts";
import type { Fault } from "../problem.ts";
import type { Moment } from "../time.ts";
import { type Defaults, withDefaults } from "./defaults.ts";
import { directoryData } from "./eleventy-data.ts";
import { globPattern, ignored } from "./globs.ts";
import type { Address, Described, Expandable, Expansion, Layout, LinkScheme, Place, Terms } from "./layout.ts";
import { expandLiquid, GENERATED, type Lookup, liquidOutput, listOfPosts } from "./liquid.ts";
import { literalsOf, textsIn, withoutComments } from "./literals.ts";
import { mapProse } from "./prose.ts";
import { pathOfUrl, type RepositoryView, type Settings, settingsOf, textAt } from "./repository.ts";
import { datePartsOf, splitDatedName, stemOf, twoDigits, zolaSlug } from "./slugs.ts";

const CONFIGS = [".eleventy.js", ...["js", "mjs", "cjs", "ts", "mts"].map((type) => `eleventy.config.${type}`)];
const TEMPLATES: ReadonlyMap<string, string> = new Map([
  ["njk", "Nunjucks"],
  ["liquid", "Liquid"],
  ["hbs", "Handlebars"],
  ["mustache", "Mustache"],
  ["ejs", "EJS"],
  ["haml", "Haml"],
  ["pug", "Pug"],
  ["webc", "WebC"],
]);
/** What a folder that is not copied whole is looked through for. */
const MEDIA = /^(?:image|audio|video|font)\/|^text\/css|pdf$/;
/** Names by which posts are put into a collection. */
const POSTS = /^(?:blog|blog-?posts?|posts?|articles?|notes?|journal|writing|essays?)$/i;
/** Tags that put a document into a list of the site, and say nothing to readers. */
const LISTS = /^(?:all|posts?|nav)$/i;
/** What `date` may say of files and of Git, which is what it is dated by without a date. */
const BY_FILE = /^(?:git )?(?:created|last modified)$/i;

/** Undefined: the repository is none of Eleventy's. */
export function recogniseEleventy(view: RepositoryView): Layout | undefined {
  const file = view.first(...CONFIGS);
  return file === undefined ? undefined : new EleventyLayout(view, file);
}

class EleventyLayout implements Layout {
  readonly name = "Eleventy";
  readonly plain = false;
  readonly because: string;
  readonly key: string;
  readonly facts: Layout["facts"];
  readonly faults: Layout["faults"];
  readonly slashes = true;
  readonly menu = undefined;
  readonly feeds: Layout["feeds"] = [
    ["/feed/feed.xml", "atom"],
    ["/feed/feed.json", "json"],
    ["/feed.xml", "atom"],
  ];
  readonly basePath: string;
  readonly wikilinks = false;
  /** With a slash at its end; "" for the top. */
  readonly #input: string;
  /** Includes, layouts, data, output. */
  readonly #machinery: readonly string[];
  /** Folders and files that are copied: from a path of the repository to a decoded URL path. */
  readonly #copies: readonly { readonly from: RegExp; readonly prefix: string; readonly to: string | undefined }[];
  readonly #isIgnored: (path: string) => boolean;
  readonly #defaults: Defaults;
  readonly #facts: Settings;
  readonly #nunjucks: boolean;

  constructor(view: RepositoryView, file: string) {
    this.because = file;
    const program = withoutComments(view.text(file) ?? "");
    const settings = literalsOf(program);
    const called = (name: string): string | undefined =>
      textsIn(new RegExp(`\\b${name}\\(([^)]*)\\)`).exec(program)?.[1] ?? "")[0];
    const input = slashed(called("setInputDirectory") ?? textAt(settings, "input"));
    // Without an output of its own name a folder that says it is one by its usual name is.
    const inside = (path: string): string => resolved(input, path);
    this.#input = input;
    const folders = [
      ["includes", "setIncludesDirectory", "_includes"],
      ["layouts", "setLayoutsDirectory", "_layouts"],
      ["data", "setDataDirectory", "_data"],
    ].map(([key, call, usual]) => inside(called(call!) ?? textAt(settings, key!) ?? usual!));
    this.#machinery = [...folders, slashed(called("setOutputDirectory") ?? textAt(settings, "output") ?? "_site")];
    this.#copies = copiesOf(program, input);
    const lines = (view.text(".eleventyignore") ?? "").split(/\r?\n/);
    const added = [...program.matchAll(/\bignores\.add\(([^)]*)\)/g)].flatMap(([, argument]) => textsIn(argument!));
    this.#isIgnored = ignored([...lines, ...added]);
    this.#nunjucks = /markdownTemplateEngine["']?\s*:\s*["']njk["']/.test(program);
    const data = folders[2]!;
    this.#facts = siteData(view, data);
    const known = this.#facts;
    const root = textAt(known, "url") ?? textAt(known, "baseurl") ?? textAt(known, "siteurl");
    this.basePath =
      textAt(settings, "pathprefix")
        ?.replace(/^\/*|\/+$/g, "")
        .replace(/^(?=.)/, "/") ?? pathOfUrl(root);
    this.facts = {
      name: textAt(known, "title") ?? textAt(known, "name") ?? textAt(known, "sitename"),
      root,
      description: textAt(known, "description"),
      language: textAt(known, "language") ?? textAt(known, "lang"),
      author: textAt(known, "author", "name") ?? textAt(known, "author"),
    };
    const { defaults, faults, key } = directoryData(view, input);
    this.#defaults = defaults;
    this.faults = [...view.faults, ...faults];
    this.key = JSON.stringify([file, program, lines, key, [...known].map(([name, value]) => [name, String(value)])]);
  }

  place(path: string): Place {
    if (this.#machinery.some((folder) => path.startsWith(folder)) || /(?:^|\/)node_modules\//.test(path))
      return { kind: "machinery" };
    if (this.#isIgnored(path)) return { kind: "hidden" };
    const copy = this.#copyOf(path);
    if (copy !== undefined) return mayBeRead(copy) ? { kind: "file", url: copy } : { kind: "hidden" };
    if (!path.startsWith(this.#input)) return { kind: "machinery" };
    const inside = path.slice(this.#input.length);
    if (/(?:^|\/)[._]/.test(inside)) return { kind: "hidden" };
    const extension = extensionOf(path);
    // A README at the top is about the repository.
    if (/^(?:readme|license|changelog|contributing|code_of_conduct|security)\b/i.test(inside) && this.#input === "")
      return { kind: "machinery" };
    if (extension === "md") return { kind: "document", format: "markdown" };
    if (extension === "html")
      return { kind: "document", format: "html", needsHeader: true, fileUrl: addressOf(inside) };
    const template = /\.11ty\.[cm]?[jt]s$/.test(inside) ? "JavaScript" : TEMPLATES.get(extension);
    if (template !== undefined)
      return GENERATED.test(baseName(path)) || /\.(?:xml|json|txt|webmanifest|css|js)\./.test(baseName(path))
        ? { kind: "machinery" }
        : { kind: "left", reason: `is a template of ${template}, which is not run; write Markdown` };
    return MEDIA.test(mediaType(extension)) ? { kind: "file", url: `/${inside}` } : { kind: "machinery" };
  }

  header(path: string, header: Header): Header {
    const own = listOf(header.fields, "tags");
    const made = withDefaults(header, this.#defaults, path);
    const fields = new Map(made.fields);
    // Tags of a directory and of a file are put together.
    const given = this.#defaults.filter(({ applies }) => applies(path)).flatMap(({ values }) => listOf(values, "tags"));
    if (given.length > 0) fields.set("tags", [...new Set([...given, ...tagsOf(header.fields, own)])]);
    if (!BY_FILE.test(asText(fields.get("date")) ?? "")) return { ...made, fields };
    fields.delete("date");
    return { ...made, fields, entries: made.entries.filter(({ key }) => key.toLowerCase() !== "date") };
  }

  dateOf(path: string): Moment | undefined {
    // Of a directory's name as well: of several, the first.
    for (const name of path.split("/")) {
      const found = splitDatedName(name.replace(/^(\d{4}-\d{2}-\d{2})$/, "$1-"))?.created;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  describe({ path, fields, title, created }: Described): Address {
    const inside = path.slice(this.#input.length);
    const faults: Fault[] = [];
    const usual = addressOf(inside);
    const permalink = textOf(fields, "permalink");
    const written = permalink === undefined ? undefined : this.#permalink(permalink, inside, fields, title, created);
    if (permalink !== undefined && written === undefined && !/\bfalse\b/.test(permalink))
      faults.push({
        reason: `its permalink ${JSON.stringify(permalink.slice(0, 100))} is a program, which is not run; it is at ${usual}`,
        line: undefined,
      });
    const url = written ?? usual;
    const top = directoryOf(inside);
    const isPost = tagsOf(fields, listOf(fields, "tags")).some((tag) => POSTS.test(tag));
    const isDated = fields.has("date") || this.dateOf(path) !== undefined;
    const isIndex = /^index\./.test(baseName(path));
    const role =
      url === "/"
        ? "section"
        : isPost || isDated
          ? "article"
          : isIndex && top !== "" && !top.includes("/")
            ? "section"
            : top === "" || top.startsWith("pages")
              ? "page"
              : "article";
    const lists: string[] = [];
    for (let at = top; at !== "" && role === "article"; at = directoryOf(at))
      if (`/${at}/` !== url) lists.push(`/${at}/`);
    return { url, role, lists, aliases: listOf(fields, "redirect_from", "redirectfrom", "aliases"), faults };
  }

  terms(fields: Fields): Terms {
    const tags = tagsOf(fields, listOf(fields, "tags")).filter((tag) => !LISTS.test(tag));
    return { tags, categories: listOf(fields, "categories", "category") };
  }

  termUrl(taxonomy: keyof Terms, name: string): string {
    return `/${taxonomy}/${zolaSlug(name) || name}/`;
  }

  expand(text: string, { path, fields }: Expandable): Expansion {
    const bare = this.#nunjucks ? mapProse(text, { open: "{#", close: "#}" }, (prose) => prose) : { text, faults: [] };
    const expanded = expandLiquid(bare.text, this.#lookup(path.slice(this.#input.length), fields));
    return { text: expanded.text, faults: [...bare.faults, ...expanded.faults] };
  }

  /** As its plug-in for links has it: below the input directory. */
  candidates(scheme: LinkScheme, target: string): readonly string[] {
    return scheme === "path" ? [this.#input + target.replace(/^(?:\.?\/)+/, "")] : [];
  }

  madeHere(path: string, text: string): string | undefined {
    return /^404\./.test(baseName(path)) ? "/" : listOfPosts(path, text);
  }

  /** The decoded URL path that a file is copied to. */
  #copyOf(path: string): string | undefined {
    for (const { from, prefix, to } of this.#copies) {
      if (!from.test(path)) continue;
      if (to === undefined) return `/${path.startsWith(this.#input) ? path.slice(this.#input.length) : path}`;
      const rest = path === prefix.replace(/\/$/, "") ? "" : path.slice(prefix.length);
      return `/${to}/${rest}`.replace(/\/{2,}/g, "/").replace(/(?<=.)\/$/, "");
    }
    return undefined;
  }

  #lookup(inside: string, fields: () => Fields): Lookup {
    return (name) => {
      if (name === "page.fileSlug") return fileSlug(inside);
      if (name === "page.filePathStem") return `/${directoryOf(inside)}/${fileSlug(inside)}`.replace(/\/{2,}/g, "/");
      if (name === "page.inputPath") return `./${this.#input}${inside}`;
      if (name === "page.url") return undefined;
      const [owner, ...keys] = name.split(".");
      if (keys.length === 0) return asText(fields().get(owner!.toLowerCase()));
      return /^(?:site|metadata|meta|config)$/.test(owner!)
        ? textAt(this.#facts, ...keys.map((key) => key.toLowerCase()))
        : undefined;
    };
  }

  /** Undefined: it is a program of which the value is not known. */
  #permalink(written: string, inside: string, fields: Fields, title: string, created: Moment): string | undefined {
    const own = this.#lookup(inside, () => fields);
    const date = datePartsOf(created, created.offsetMinutes === 0);
    const lookup: Lookup = (name) =>
      name === "page.date"
        ? `${date.year}-${twoDigits(date.month)}-${twoDigits(date.day)}`
        : name === "title"
          ? title
          : own(name);
    let known = true;
    const filled = written.replace(/\{\{-?\s*([\s\S]*?)\s*-?\}\}/g, (_, words: string) => {
      const value = /^page\.date\s*\|/.test(words) ? dateOf(words, date) : liquidOutput(words, lookup);
      known &&= value !== undefined;
      return value ?? "";
    });
    if (!known || /\{[{%]/.test(filled)) return undefined;
    const path = `/${filled.replace(/[?#].*$/, "")}`.replace(/\/{2,}/g, "/").replace(/\/index\.html$/, "/");
    return path.endsWith("/") || extensionOf(path) !== "" ? path : `${path}/`;
  }
}

/** `page.date | date: "%Y/%m"` and the same as Nunjucks has it; undefined: anything else. */
function dateOf(words: string, date: ReturnType<typeof datePartsOf>): string | undefined {
  const format = /^page\.date\s*\|\s*date\s*[:(]\s*["']([^"']*)["']\s*\)?$/.exec(words)?.[1];
  const parts: Readonly<Record<string, string>> = {
    Y: date.year,
    m: twoDigits(date.month),
    d: twoDigits(date.day),
    e: String(date.day),
  };
  if (format === undefined || /%(?![Ymde])/.test(format)) return undefined;
  return format.replace(/%([Ymde])/g, (_, part: string) => parts[part]!);
}

/** One text is one tag, whatever stands in it. */
function tagsOf(fields: Fields, list: readonly string[]): readonly string[] {
  const one = asText(fields.get("tags"));
  return one === undefined ? list : [one];
}

/** "a/b.md" -> "/a/b/"; an index, and a file of its folder's name, are the folder. */
function addressOf(inside: string): string {
  const stem = stemOf(inside);
  const directory = directoryOf(inside);
  const isFolder = stem === "index" || stem === baseName(directory);
  return `/${directory}/${isFolder ? "" : `${stem}/`}`.replace(/\/{2,}/g, "/");
}

/** The name without its day; of an index, the folder's. */
function fileSlug(inside: string): string {
  const stem = stemOf(inside);
  const name = stem === "index" ? baseName(directoryOf(inside)) : stem;
  return name.replace(/^.*?\d{4}-\d{2}-\d{2}-/, "");
}

/** Not settings of the host, nothing that is hidden by its name. */
function mayBeRead(url: string): boolean {
  return !/^\/_(?:headers|redirects|routes\.json|worker\.js)$/.test(url) && !/\/\.(?!well-known\/)/.test(url);
}

function slashed(path: string | undefined): string {
  const bare = (path ?? "").replace(/^(?:\.?\/)+/, "").replace(/\/+$/, "");
  return bare === "" || bare === "." ? "" : `${bare}/`;
}

/** A folder beside or below the input, with a slash at its end. */
function resolved(input: string, path: string): string {
  const names = input.split("/").filter((name) => name !== "");
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `${names.join("/")}/`;
}

function copiesOf(program: string, input: string) {
  const copies: { readonly from: RegExp; readonly prefix: string; readonly to: string | undefined }[] = [];
  const add = (from: string, to: string | undefined): void => {
    const bare = from.replace(/^(?:\.?\/)+/, "").replace(/\/+$/, "");
    const pattern = bare === "" ? undefined : globPattern(bare);
    if (pattern === undefined || `${bare}/` === input) return;
    const star = bare.search(/[*?{]/);
    copies.push({ from: pattern, prefix: star < 0 ? `${bare}/` : bare.slice(0, bare.lastIndexOf("/", star) + 1), to });
  };
  for (const [, call] of program.matchAll(/\baddPassthroughCopy\(\s*((?:\{[^{}]*\}|[^(){}])*)/g)) {
    if (!call!.startsWith("{")) {
      const [from] = textsIn(call!);
      if (from !== undefined) add(from, undefined);
      continue;
    }
    const pairs = textsIn(call!);
    for (let i = 0; i + 1 < pairs.length; i += 2) add(pairs[i]!, pairs[i + 1]!.replace(/^\.?\/*/, "/"));
  }
  return copies;
}

/** What the site says of itself, in the file of data that is usual for it. */
function siteData(view: RepositoryView, folder: string): Settings {
  for (const name of ["metadata", "site", "meta", "config"]) {
    const data = view.first(...["json", "yaml", "yml", "toml"].map((type) => `${folder}${name}.${type}`));
    if (data !== undefined) return view.settings(data);
    const program = view.first(...["js", "mjs", "cjs", "ts"].map((type) => `${folder}${name}.${type}`));
    if (program === undefined) continue;
    const text = view.text(program) ?? "";
    const found = new Map(literalsOf(text));
    const author = /\bauthor["']?\s*:\s*\{([^{}]*)\}/.exec(text)?.[1];
    if (author !== undefined) {
      const writer = literalsOf(author);
      found.set("author", writer);
      // The site's own name comes first unless it has none.
      if (textAt(found, "name") === textAt(writer, "name")) found.delete("name");
    }
    return settingsOf(found);
  }
  return new Map();
}
