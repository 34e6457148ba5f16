// Lays a site out: which URL shows what. Where two claim one URL the earlier rule wins and the loser is a problem:
// Canopy's fixed names (/atom, /tags) first, then documents, files, redirects, listings, and last the generated extras.

import { type Arrangement, arrange, type Standing } from "./arrangement.ts";
import {
  emptyTerms,
  FEED_ADDRESSES,
  FEEDS,
  type Filled,
  feedName,
  offerArchive,
  offerFeeds,
  offerIcon,
  offerSearch,
  offerTerms,
  offerWellKnown,
} from "./generated.ts";
import { forceMoves, placeMoves } from "./host/moves.ts";
import type { HostRules } from "./host/rules.ts";
import type { Layout, Place } from "./layouts/layout.ts";
import { listDirectories, listSections, offerPages } from "./listings.ts";
import { isReadme, navigate } from "./navigation.ts";
import { baseName, directoryOf, documentUrl, encodePath, isMarkdownName, sameAddress } from "./paths.ts";
import type { Problem } from "./problem.ts";
import { redirectFault } from "./redirect-target.ts";
import { withoutRings } from "./redirects.ts";
import type { Settings } from "./settings.ts";
import type { Article, FeedFormat, Listing, Names, Route, Site, TermKind } from "./site.ts";
import { sitemapParts } from "./sitemap-urls.ts";
import { Spellings } from "./spellings.ts";

/** Articles, tags or pages of listings between two pauses. */
const PAUSE_ARTICLES = 64;

/** Marks the target of a symbolic link: a path of the repository, not a URL. */
export const REPOSITORY = "repository:";

type StaticRoute = Extract<Route, { kind: "static" }>;
type LaidOut = Omit<
  Site,
  "snapshot" | "settings" | "layout" | "machinery" | "unseen" | "problems" | "nextDue" | "templates" | "scheme"
> & { readonly arrangement: Arrangement };
const TERM_KINDS: readonly TermKind[] = ["tags", "categories", "series", "authors"];

/** What a site is made of. */
export interface Contents {
  readonly settings: Settings;
  readonly layout: Layout;
  readonly documents: readonly Article[];
  /** `url`: where it is found, when the layout says so; else by its path. */
  readonly redirects: readonly { readonly path: string; readonly to: string; readonly url?: string | undefined }[];
  readonly files: readonly StaticRoute[];
  readonly beside: readonly { readonly place: Extract<Place, { kind: "beside" }>; readonly file: StaticRoute }[];
  /** Files that were found elsewhere before: decoded URL paths. */
  readonly moved: readonly { readonly from: string; readonly to: string }[];
  readonly problems: Problem[];
  readonly hookPath: string | undefined;
  readonly host: HostRules;
  /** Of the Site before. */
  readonly before: Arrangement | undefined;
}

/** Steps of a task (task.ts): many articles with many names each take long. */
export function* layOut(contents: Contents): Generator<undefined, LaidOut, undefined> {
  const { settings, layout, documents, redirects, files, problems, hookPath, host } = contents;
  let steps = 0;
  const routes = new Map<string, Route>();
  const isClosed = (url: string, path: string): boolean => {
    const reason = host.closed(url);
    if (reason !== undefined) problems.push({ path, reason, skipped: true, hides: true });
    return reason !== undefined;
  };
  const claim = (url: string, route: Route, path: string): boolean => {
    if (url === hookPath) {
      problems.push({ path, reason: `${url} is the address of the webhook (--hook)`, skipped: true });
      return false;
    }
    if (isClosed(url, path)) return false;
    const taken = routes.get(url);
    if (taken === undefined) {
      routes.set(url, route);
      return true;
    }
    problems.push({ path, reason: `${url} is already ${describe(taken)}`, skipped: true });
    return false;
  };
  const offer = (url: string, route: Route): void => {
    if (!routes.has(url)) routes.set(url, route);
  };

  const feedOfAll = (format: FeedFormat): Route => ({ kind: "feed", format, tag: undefined });
  routes.set("/atom", feedOfAll("atom"));
  // A name written out in full comes before one whose extension is dropped: "About" before "About.md".
  const [inFull, shortened]: [Article[], Article[]] = [[], []];
  for (const article of documents) (isMarkdownName(article.path) ? shortened : inFull).push(article);
  const ordered = inFull.concat(shortened);
  // The pages of all terms are made known by their addresses, and filled when all is read.
  const [tags, categories, series, authors] = TERM_KINDS.map((kind) => emptyTerms(layout, kind, settings.strings)) as [
    Filled,
    Filled,
    Filled,
    Filled,
  ];
  // In Canopy's repositories the tags have their place; elsewhere a page of that name is the author's own.
  if (layout.plain) routes.set(tags.url, { kind: "tags", terms: tags });
  const shown = ordered.filter(
    (article) => isSection(article) || claim(article.url, { kind: "article", article }, article.path),
  );
  const sections = new Map<string, Article>();
  const served = shown.filter((article) => {
    if (!isSection(article)) return true;
    if (isClosed(article.url, article.path)) return false;
    const other = sections.get(article.url);
    if (other === undefined && !routes.has(article.url)) sections.set(article.url, article);
    else
      problems.push({
        path: article.path,
        reason: `${article.url} is already shown from ${other?.path ?? "another"}`,
        skipped: true,
      });
    return other === undefined;
  });
  for (const file of files) claim(file.url, file, file.path);
  const moved = placeBeside(contents, served, claim);
  const fileUrls = new Map(
    [...moved, ...files.filter(({ url, path }) => url !== `/${path}`)].map((file) => [file.path, file.url]),
  );

  const index = findIndex(contents, routes, served, sections);
  const byTheirPaths = yield* byPath(served);
  const arrangement = yield* arrange(byTheirPaths, standingIn(layout, served, index), contents.before);
  const { articles, pages } = arrangement;

  /** Who made a redirect, by its URL. */
  const origins = new Map<string, string>();
  const redirect = (url: string, to: string, path: string): void => {
    const fault = redirectFault(to);
    if (fault !== undefined) problems.push({ path, reason: fault, skipped: true });
    else if (claim(url, { kind: "redirect", to }, path)) origins.set(url, path);
  };
  for (const { path, to, url } of redirects) redirect(url ?? documentUrl(path), target(to, routes), path);
  const alsoElsewhere = served.filter(hasOtherAddresses);
  for (const article of alsoElsewhere) {
    if (++steps % PAUSE_ARTICLES === 0) yield;
    for (const alias of article.aliases) {
      const url = aliasUrl(article, alias);
      if (url === "/" || /^\/+([?#]|$)/.test(alias))
        problems.push({ path: article.path, reason: "the alias / is the home page's own address", skipped: false });
      else if (!sameAddress(url, article.url)) redirect(url, encodePath(article.url), article.path);
    }
  }
  placeMoves(host, routes, origins, problems);
  withoutRings(routes, origins, problems);
  yield;
  const listings = layout.plain
    ? listDirectories(arrangement.directories, routes)
    : listSections(arrangement.sections, sections);
  for (const listing of listings) {
    if (++steps % PAUSE_ARTICLES === 0) yield;
    offerPages(routes, listing.url, listing.articles, (page) => ({ kind: "listing", listing, page }));
    offerFeeds(offer, { ...listing, name: listing.title }, layout.slashes);
  }
  if (index !== undefined) offer("/", { kind: "article", article: index });
  const chosen = listings.find((listing) => listing.url === `/${settings.indexPage}`);
  const intro = sections.get("/");
  const home: Listing = { title: settings.name, url: "/", articles: chosen?.articles ?? articles, intro };
  offerPages(routes, "/", home.articles, (page) => ({ kind: "listing", listing: home, page }));

  for (const terms of [tags, categories, series, authors]) {
    yield;
    yield* offerTerms(layout, terms, arrangement.terms[terms.kind], routes, problems);
  }
  if (!layout.plain)
    for (const url of ["/tags", "/tags/"]) if (!sameAddress(url, tags.url)) offer(url, { kind: "tags", terms: tags });
  for (const format of FEEDS) offer(`/${feedName(format)}`, feedOfAll(format));
  for (const [url, format] of [...layout.feeds, ...FEED_ADDRESSES]) if (url !== hookPath) offer(url, feedOfAll(format));
  const archive = yield* offerArchive(arrangement.years, layout.slashes, routes);
  const searchUrl = offerSearch(served.length > 0, layout.slashes, routes);
  offerIcon(routes);
  offerWellKnown(routes);
  offer("/robots.txt", { kind: "robots" });
  yield* offerSitemap(routes, offer);
  // A file's old name leads to its URL, and a directory with an index.html is that file.
  for (const article of alsoElsewhere) {
    if (++steps % PAUSE_ARTICLES === 0) yield;
    if (article.fileUrls.length === 0) continue;
    const to: Route = { kind: "redirect", to: encodePath(article.url) };
    for (const url of article.fileUrls) offer(url, to);
  }
  offerDirectories(routes, [...files, ...moved]);
  // What was found elsewhere in the history leads on, where nothing else is there today.
  for (const { url, formerUrls } of alsoElsewhere) {
    if (++steps % PAUSE_ARTICLES === 0) yield;
    for (const former of formerUrls)
      if (!sameAddress(former, url)) offer(former, { kind: "redirect", to: encodePath(url) });
  }
  for (const { from, to } of contents.moved) offer(from, { kind: "redirect", to: encodePath(to) });
  yield* forceMoves(host, routes, problems);
  const style = files.find((file) => file.path === "static/css/style.css");
  return {
    routes,
    arrangement,
    documents: byTheirPaths,
    articles,
    pages,
    tags,
    categories,
    series,
    authors,
    archive,
    searchUrl,
    listings,
    fileUrls,
    names: new NamesOf(served, [...files, ...moved]),
    host,
    spellings: new Spellings(routes),
    navigation: navigate(
      { settings, layout, index, pages, listings, directories: arrangement.directories, tags },
      problems,
    ),
    stylesheet: style === undefined || !layout.plain ? undefined : { url: style.url, oid: style.oid },
  };
}

/** Files that go with a document are found at its address, or not at all. */
function placeBeside(
  { beside }: Contents,
  served: readonly Article[],
  claim: (url: string, route: Route, path: string) => boolean,
): readonly StaticRoute[] {
  if (beside.length === 0) return [];
  const urls = new Map<string, string[]>();
  for (const { path, url } of served) {
    if (!/^_?index\./.test(baseName(path))) continue;
    const directory = directoryOf(path);
    urls.set(directory, [...(urls.get(directory) ?? []), url]);
  }
  return beside.flatMap(({ place, file }) =>
    (urls.get(place.document) ?? []).map((url) => {
      const at = { ...file, url: `${url.endsWith("/") ? url : `${url}/`}${place.name}` };
      claim(at.url, at, at.path);
      return at;
    }),
  );
}

function* byPath(served: readonly Article[]): Generator<undefined, ReadonlyMap<string, Article>, undefined> {
  const documents = new Map<string, Article>();
  for (let i = 0; i < served.length; i++) {
    if (i % PAUSE_ARTICLES === 0) yield;
    const article = served[i]!;
    documents.set(article.path, article);
  }
  return documents;
}

/** Made when one is first asked for: most blogs have no references of that kind. */
class NamesOf implements Names {
  readonly #served: readonly Article[];
  readonly #files: readonly StaticRoute[];
  #names: ReadonlyMap<string, string> | undefined;

  constructor(served: readonly Article[], files: readonly StaticRoute[]) {
    this.#served = served;
    this.#files = files;
  }

  get(name: string): string | undefined {
    this.#names ??= this.#make();
    return this.#names.get(name);
  }

  #make(): ReadonlyMap<string, string> {
    const names = new Map<string, string>();
    const add = (name: string, path: string): void => {
      const known = names.get(name);
      if (known === undefined || path.length < known.length) names.set(name, path);
    };
    for (const { path } of this.#files) add(baseName(path).toLowerCase(), path);
    for (const article of this.#served) for (const name of article.names) add(name, article.path);
    return names;
  }
}

/** A directory with an index.html is that file. */
function offerDirectories(routes: Map<string, Route>, files: readonly StaticRoute[]): void {
  for (const file of files) {
    const directory = /^\/(.*?)\/?index\.html?$/.exec(file.url)?.[1];
    if (directory === undefined) continue;
    if (directory === "") {
      // The repository's own home page stands in for a generated one, not for one that is written.
      if (routes.get("/")?.kind === "listing") routes.set("/", file);
    } else if (!routes.has(`/${directory}`) || routes.get(`/${directory}`)?.kind === "listing") {
      routes.set(`/${directory}/`, file);
      routes.set(`/${directory}`, { kind: "redirect", to: encodePath(`/${directory}/`) });
    }
  }
}

/** In as many parts as the protocol wants. */
function* offerSitemap(
  routes: ReadonlyMap<string, Route>,
  offer: (url: string, route: Route) => void,
): Generator<undefined, void, undefined> {
  offer("/sitemap.xml", { kind: "sitemap", part: 0 });
  const parts = yield* sitemapParts(routes);
  for (let part = 1; parts > 1 && part <= parts; part++) offer(`/sitemap-${part}.xml`, { kind: "sitemap", part });
}

/** An article stands in a directory; at the top there are pages, unless they are dated or the blog has no directories. */
function standingIn(layout: Layout, served: readonly Article[], index: Article | undefined): Standing {
  const flat = !served.some(({ path }) => path.includes("/"));
  const isArticle = (article: Article): boolean => {
    if (article.role !== undefined) return article.role === "article";
    if (!layout.plain) return false;
    return article !== index && (article.path.includes("/") || article.dated || (flat && !isReadme(article)));
  };
  return {
    key: JSON.stringify([layout.plain, flat, index?.path]),
    isArticle,
    isPage: (article) => !isArticle(article) && !isSection(article),
  };
}

function hasOtherAddresses({ aliases, fileUrls, formerUrls }: Article): boolean {
  return aliases.length + fileUrls.length + formerUrls.length > 0;
}

function isSection(article: Article): boolean {
  return article.role === "section";
}

function describe(route: Route): string {
  switch (route.kind) {
    case "article":
      return `shown from ${route.article.path}`;
    case "static":
      return `the file ${route.path}`;
    case "redirect":
      return `a redirect to ${route.to}`;
    default:
      return `the site's ${route.kind} page`;
  }
}

/** The document for "/": what .config/index_page names, else index.md or README.md at the top. */
function findIndex(
  { settings, layout, documents }: Contents,
  routes: ReadonlyMap<string, Route>,
  served: readonly Article[],
  sections: ReadonlyMap<string, Article>,
): Article | undefined {
  if (!layout.plain)
    return sections.has("/") || documents.some(({ role }) => role === "article") ? undefined : served.find(isReadme);
  for (const url of [`/${settings.indexPage}`, "/"]) {
    const route = routes.get(url);
    if (route?.kind === "article") return route.article;
  }
  // Named, but a directory: its listing is the home page.
  if (served.some((article) => article.path.startsWith(`${settings.indexPage}/`))) return undefined;
  return served.find(isReadme);
}

function aliasUrl(article: Article, alias: string): string {
  const path = alias.replace(/[?#].*$/, "").replace(/\/+$/, "");
  const decoded = decode(path);
  return decoded.startsWith("/") ? decoded : `/${directoryOf(article.path)}/${decoded}`.replace(/^\/\//, "/");
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The Location of a redirect: a link's target by its path in the repository, else what its author wrote. */
function target(to: string, routes: ReadonlyMap<string, Route>): string {
  // What may not stand in a URI is encoded (RFC 3986 2.1); what is encoded already stays.
  if (!to.startsWith(REPOSITORY))
    return encodePath(to)
      .replace(/%25(?=[0-9A-Fa-f]{2})/g, "%")
      .replace(/%(3F|23)/g, (hex) => decode(hex));
  const path = to.slice(REPOSITORY.length);
  const url = documentUrl(path);
  return encodePath(routes.get(url)?.kind === "article" ? url : `/${path}`);
}
