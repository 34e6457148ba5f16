// Astro (https://docs.astro.build/): collections of Markdown and MDX below src/content/ (or where src/content.config.ts says),
// shown by the dynamic page that names them; Markdown pages below src/pages/; public/ at the top. Nothing is run: of programs
// what is written as a literal is read.

import { type Fields, type Header, listOf, mapOf, textOf } from "../front-matter.ts";
import { mediaType } from "../mime.ts";
import { directoryOf, extensionOf } from "../paths.ts";
import type { Fault } from "../problem.ts";
import type { Moment } from "../time.ts";
import { mayBeServed } from "./hugo.ts";
import type { Address, Described, Expandable, Expansion, Layout, LinkScheme, Place, Role, Terms } from "./layout.ts";
import { literalsOf, withoutComments } from "./literals.ts";
import { expandMdx } from "./mdx.ts";
import { pathOfUrl, type RepositoryView, textAt } from "./repository.ts";
import { githubSlug, stemOf } from "./slugs.ts";

const CONFIGS = ["mjs", "js", "ts", "mts", "cjs", "cts"].map((type) => `astro.config.${type}`);
const PAGES = "src/pages/";
const MARKDOWN = /^(?:md|markdown|mdx)$/;
/** What pages show and are not made of. */
const MEDIA = /^(?:image|audio|video)\/|pdf$/;
/** Collections that are posts by their name, where no page says which are shown. */
const POSTS = /^(?:blog|posts?|articles?|notes?|journal|writing|news)$/i;
/** Pages of programs that are looked at. */
const MAX_PAGES = 200;

interface Collection {
  readonly name: string;
  /** With a slash at its end. */
  readonly folder: string;
  /** "/blog" of "/blog/[...slug]"; undefined: no page shows it. */
  readonly url: string | undefined;
}

/** Undefined: the repository is none of Astro's. */
export function recogniseAstro(view: RepositoryView): Layout | undefined {
  const file = view.first(...CONFIGS);
  return file === undefined ? undefined : new AstroLayout(view, file);
}

class AstroLayout implements Layout {
  readonly name = "Astro";
  readonly plain = false;
  readonly because: string;
  readonly key: string;
  readonly facts: Layout["facts"];
  readonly faults: readonly { readonly path: string; readonly fault: Fault }[];
  readonly slashes: boolean;
  readonly menu = undefined;
  readonly feeds: Layout["feeds"] = [["/rss.xml", "rss"]];
  readonly basePath: string;
  readonly wikilinks = false;
  readonly #collections: readonly Collection[];

  constructor(view: RepositoryView, file: string) {
    this.because = file;
    const program = view.text(file) ?? "";
    const settings = literalsOf(program);
    const isFile = textAt(settings, "format") === "file";
    this.slashes = textAt(settings, "trailingslash") !== "never" && !isFile;
    const words = view.first(
      "src/consts.ts",
      "src/config.ts",
      "src/site.config.ts",
      "src/consts.js",
      "src/config.js",
      "src/data/site.ts",
    );
    const site = literalsOf(words === undefined ? "" : (view.text(words) ?? ""));
    const first = (...keys: readonly string[]): string | undefined =>
      keys.map((key) => textAt(site, key)).find(Boolean);
    const root = textAt(settings, "site") ?? first("website", "site_url", "url", "site");
    const base = textAt(settings, "base")?.replace(/^\/*|\/+$/g, "");
    this.basePath = base === undefined || base === "" ? pathOfUrl(root) : `/${base}`;
    this.facts = {
      name: first("site_title", "title", "sitename", "name") ?? textAt(settings, "title"),
      root,
      description: first("site_description", "description", "desc"),
      language: first("lang", "locale", "language") ?? textAt(settings, "defaultlocale"),
      author: first("author", "site_author"),
    };
    this.#collections = collectionsOf(view, program);
    const without = this.#collections.filter(({ url }) => url === undefined);
    this.faults = [
      ...view.faults,
      ...without.map(({ name, folder }) => ({
        path: folder.slice(0, -1),
        fault: { reason: `no page below ${PAGES} shows the collection ${name}; it is left out`, line: undefined },
      })),
    ];
    this.key = JSON.stringify([file, isFile, this.slashes, base, this.#collections]);
  }

  place(path: string): Place {
    if (path.startsWith("public/")) {
      const url = path.slice("public".length);
      return mayBeServed(url) ? { kind: "file", url } : { kind: "hidden" };
    }
    const isMarkdown = MARKDOWN.test(extensionOf(path));
    const collection = this.#collectionOf(path);
    if (collection !== undefined && collection.url === undefined) return { kind: "machinery" };
    const inside = path.slice(collection === undefined ? PAGES.length : collection.folder.length);
    if (collection !== undefined || path.startsWith(PAGES)) {
      if (/(?:^|\/)[._]/.test(inside)) return { kind: "hidden" };
      if (isMarkdown) return { kind: "document", format: "markdown" };
      if (collection === undefined && extensionOf(path) === "html")
        return { kind: "file", url: this.#addressed(`/${withoutIndex(inside)}`) };
    }
    if (/(?:^|\/)[.]/.test(path) || path.includes("node_modules/")) return { kind: "hidden" };
    const media = path.startsWith("src/") || collection !== undefined;
    return media && MEDIA.test(mediaType(extensionOf(path)))
      ? { kind: "file", url: `/${path}` }
      : { kind: "machinery" };
  }

  header(_path: string, header: Header): Header {
    return header;
  }

  dateOf(): Moment | undefined {
    return undefined;
  }

  describe({ path, fields }: Described): Address {
    const collection = this.#collectionOf(path);
    const aliases = listOf(fields, "aliases", "redirect_from");
    if (collection === undefined) {
      const url = this.#addressed(`/${withoutIndex(path.slice(PAGES.length))}`);
      return { url, role: url === "/" ? "section" : "page", lists: [], aliases, faults: [] };
    }
    const inside = path.slice(collection.folder.length);
    const written = textOf(fields, "slug", "postslug", "permalink");
    const names = `${directoryOf(inside)}/${stemOf(inside)}`.split("/").filter((name) => name !== "");
    const id =
      written?.replace(/^\/+|\/+$/g, "") ??
      names
        .map(githubSlug)
        .join("/")
        .replace(/(?:^|\/)index$/, "");
    const url = this.#addressed(`${collection.url}/${id}`);
    const docs = /^(?:docs|pages)$/i.test(collection.name) || (collection.url === "" && !POSTS.test(collection.name));
    const role: Role = url === "/" ? "section" : docs ? "page" : "article";
    const list = role === "article" ? this.#addressed(collection.url!) : "";
    return { url, role, lists: list === "" || list === "/" || list === url ? [] : [list], aliases, faults: [] };
  }

  terms(fields: Fields): Terms {
    const tags = listOf(fields, "tags").concat(listOf(mapOf(fields, "taxonomies"), "tags"));
    return { tags: [...new Set(tags)], categories: listOf(fields, "categories", "category") };
  }

  termUrl(taxonomy: keyof Terms, name: string): string {
    return this.#addressed(`/${taxonomy}/${githubSlug(name) || name}`);
  }

  expand(text: string, { path }: Expandable): Expansion {
    return extensionOf(path) === "mdx" ? expandMdx(text) : { text, faults: [] };
  }

  candidates(_scheme: LinkScheme, _target: string): readonly string[] {
    return [];
  }

  #collectionOf(path: string): Collection | undefined {
    return this.#collections.find(({ folder }) => path.startsWith(folder));
  }

  #addressed(url: string): string {
    const bare = url.replace(/\/{2,}/g, "/").replace(/\/+$/, "");
    return bare === "" ? "/" : this.slashes ? `${bare}/` : bare;
  }
}

/** "a/index.md" -> "a", "b.md" -> "b". */
function withoutIndex(inside: string): string {
  const stem = stemOf(inside);
  const directory = directoryOf(inside);
  return stem === "index" ? directory : `${directory === "" ? "" : `${directory}/`}${stem}`;
}

function collectionsOf(view: RepositoryView, program: string): readonly Collection[] {
  const folders = new Map<string, string>();
  const config = view.first(
    "src/content.config.ts",
    "src/content.config.mjs",
    "src/content.config.js",
    "src/content/config.ts",
    "src/content/config.mjs",
    "src/content/config.js",
  );
  const schema = config === undefined ? "" : withoutComments(view.text(config) ?? "");
  // `const blog = defineCollection({ loader: glob({ base: "./src/content/blog", … }) })`, and `collections = { posts: blog }`.
  const named = new Map(
    [...(/\bcollections\s*=\s*\{([^}]*)\}/.exec(schema)?.[1] ?? "").matchAll(/["']?([\w-]+)["']?\s*:\s*(\w+)/g)].map(
      ([, name, variable]) => [variable!, name!],
    ),
  );
  for (const [, variable, body] of schema.matchAll(
    /\b(\w+)\s*[=:]\s*defineCollection\(([\s\S]*?)(?=\bdefineCollection\(|$)/g,
  )) {
    const base = textAt(literalsOf(body!.slice(0, 1000)), "base")?.replace(/^\.?\/*|\/+$/g, "");
    if (base !== undefined && base !== "") folders.set(`${base}/`, named.get(variable!) ?? variable!);
  }
  for (const path of view.paths()) {
    const name = /^src\/content\/([^/._][^/]*)\//.exec(path)?.[1];
    if (name === undefined || !MARKDOWN.test(extensionOf(path))) continue;
    if (![...folders.keys()].some((folder) => path.startsWith(folder))) folders.set(`src/content/${name}/`, name);
  }
  const shown = pagesOfCollections(view);
  const isStarlight = /starlight/i.test(program);
  const any = [...folders.values()].some((name) => shown.has(name));
  return [...folders].map(([folder, name]): Collection => {
    const usual = any && !POSTS.test(name) ? undefined : `/${name}`;
    return { name, folder, url: isStarlight && name === "docs" ? "" : (shown.get(name) ?? usual) };
  });
}

/** By name: the address of the dynamic page that shows one document of a collection. */
function pagesOfCollections(view: RepositoryView): ReadonlyMap<string, string> {
  const shown = new Map<string, string>();
  let looked = 0;
  for (const path of view.paths()) {
    if (
      !path.startsWith(PAGES) ||
      !/\[(?:\.\.\.)?\w+\](?:\/index)?\.astro$/.test(path) ||
      /\[\.{0,3}(?:page|tag|tags|category|author)\]/i.test(path)
    )
      continue;
    if (++looked > MAX_PAGES) break;
    const url = `/${path.slice(PAGES.length, path.indexOf("[") - 1)}`.replace(/\/$/, "");
    for (const [, name] of withoutComments(view.text(path) ?? "").matchAll(/\bgetCollection\(\s*["'`]([\w-]+)["'`]/g))
      if (!shown.has(name!)) shown.set(name!, path.startsWith(`${PAGES}[`) ? "" : url);
  }
  return shown;
}
