// Lays a site out: which URL shows what. Where two claim one URL the earlier rule wins and the loser is a problem:
// Canopy's fixed names (/atom, /tags) first, then documents, files, redirects, listings, and last the generated extras.

import { directoryOf, documentUrl, encodePath, isMarkdownName, withoutMarkdownExtension } from "./paths.ts";
import type { Problem } from "./problem.ts";
import { redirectFault, withoutRings } from "./redirects.ts";
import type { Settings } from "./settings.ts";
import {
  type Article,
  type FeedFormat,
  type Listing,
  type NavigationItem,
  pageCount,
  pageUrl,
  type Route,
  type Site,
  type Tag,
} from "./site.ts";

/** Articles, tags or pages of listings between two pauses. */
const PAUSE_ARTICLES = 64;
/** Characters of labels and addresses in the navigation, which stands on every page. */
export const MAX_NAVIGATION_LENGTH = 20_000;

/** Marks the target of a symbolic link: a path of the repository, not a URL. */
export const REPOSITORY = "repository:";

type StaticRoute = Extract<Route, { kind: "static" }>;
type LaidOut = Omit<Site, "snapshot" | "settings" | "problems" | "nextDue">;

/** Newest first; of one moment, by path, so that the order never wavers. */
export function byDate(a: Article, b: Article): number {
  return b.created.seconds - a.created.seconds || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}

/** Steps of a task (task.ts): many articles with many names each take long. */
export function* layOut(
  settings: Settings,
  documents: readonly Article[],
  redirects: readonly { readonly path: string; readonly to: string }[],
  files: readonly StaticRoute[],
  problems: Problem[],
  hookPath: string | undefined,
): Generator<undefined, LaidOut, undefined> {
  let steps = 0;
  const routes = new Map<string, Route>();
  const claim = (url: string, route: Route, path: string): boolean => {
    if (url === hookPath) {
      problems.push({ path, reason: `${url} is the address of the webhook (--hook)`, skipped: true });
      return false;
    }
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

  routes.set("/atom", { kind: "feed", format: "atom", tag: undefined });
  routes.set("/tags", { kind: "tags" });
  // A name written out in full comes before one whose extension is dropped: "About" before "About.md".
  const ordered = [...documents].sort((a, b) => Number(isMarkdownName(a.path)) - Number(isMarkdownName(b.path)));
  const served = ordered.filter((article) => claim(article.url, { kind: "article", article }, article.path));
  for (const file of files) claim(`/${file.path}`, file, file.path);

  // An article stands in a directory; at the top there are pages, unless they are dated or the blog has no directories.
  const index = findIndex(settings, routes, served);
  const flat = !served.some((article) => directoryOf(article.path) !== "");
  const isArticle = (article: Article): boolean =>
    article !== index && (directoryOf(article.path) !== "" || article.dated || (flat && !isReadme(article)));
  const articles = served.filter(isArticle).sort(byDate);
  const pages = served.filter((article) => !isArticle(article)).sort((a, b) => (a.path < b.path ? -1 : 1));

  /** Who made a redirect, by its URL. */
  const origins = new Map<string, string>();
  const redirect = (url: string, to: string, path: string): void => {
    const fault = redirectFault(to);
    if (fault !== undefined) problems.push({ path, reason: fault, skipped: true });
    else if (claim(url, { kind: "redirect", to }, path)) origins.set(url, path);
  };
  for (const { path, to } of redirects) redirect(documentUrl(path), target(to, routes), path);
  for (const article of served) {
    if (++steps % PAUSE_ARTICLES === 0) yield;
    for (const alias of article.aliases) {
      const url = aliasUrl(article, alias);
      if (url === "/" || /^\/+([?#]|$)/.test(alias))
        problems.push({ path: article.path, reason: "the alias / is the home page's own address", skipped: false });
      else if (url !== article.url) redirect(url, encodePath(article.url), article.path);
    }
  }
  withoutRings(routes, origins, problems);
  yield;
  const listings = yield* listDirectories(articles);
  for (const listing of listings) {
    if (++steps % PAUSE_ARTICLES === 0) yield;
    offerPages(routes, listing.url, listing.articles, (page) => ({ kind: "listing", listing, page }));
  }
  if (index !== undefined) offer("/", { kind: "article", article: index });
  const chosen = listings.find((listing) => listing.url === `/${settings.indexPage}`);
  const home: Listing = { title: settings.name, url: "/", articles: chosen?.articles ?? articles };
  offerPages(routes, "/", home.articles, (page) => ({ kind: "listing", listing: home, page }));

  yield;
  const tags = collectTags(served);
  for (const tag of tags) {
    if (++steps % PAUSE_ARTICLES === 0) yield;
    offerPages(routes, tag.url, tag.articles, (page) => ({ kind: "tag", tag, page }));
    for (const format of FEEDS) offer(`${tag.url}/${feedName(format)}`, { kind: "feed", format, tag });
  }
  for (const format of FEEDS) offer(`/${feedName(format)}`, { kind: "feed", format, tag: undefined });
  offer("/sitemap.xml", { kind: "sitemap" });
  offer("/robots.txt", { kind: "robots" });
  // A file's old name leads to its URL, and a directory with an index.html is that file.
  for (const article of served)
    if (withoutMarkdownExtension(article.path) !== article.path)
      offer(`/${article.path}`, { kind: "redirect", to: encodePath(article.url) });
  for (const file of files) {
    const directory = /^(.*?)\/?index\.html?$/.exec(file.path)?.[1];
    if (directory === undefined) continue;
    if (directory === "") {
      // The repository's own home page stands in for a generated one, not for one that is written.
      if (routes.get("/")?.kind === "listing") routes.set("/", file);
    } else if (!routes.has(`/${directory}`) || routes.get(`/${directory}`)?.kind === "listing") {
      routes.set(`/${directory}/`, file);
      routes.set(`/${directory}`, { kind: "redirect", to: encodePath(`/${directory}/`) });
    }
  }
  const style = files.find((file) => file.path === "static/css/style.css");
  return {
    routes,
    documents: new Map(served.map((article) => [article.path, article])),
    articles,
    pages,
    tags,
    navigation: navigate(settings, index, articles, pages, tags, problems),
    stylesheet: style === undefined ? undefined : { url: `/${style.path}`, oid: style.oid },
  };
}

const FEEDS: readonly FeedFormat[] = ["atom", "rss", "json"];

export function feedName(format: FeedFormat): string {
  return format === "json" ? "feed.json" : format;
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
  settings: Settings,
  routes: ReadonlyMap<string, Route>,
  served: readonly Article[],
): Article | undefined {
  for (const url of [`/${settings.indexPage}`, "/"]) {
    const route = routes.get(url);
    if (route?.kind === "article") return route.article;
  }
  // Named, but a directory: its listing is the home page.
  if (served.some((article) => article.path.startsWith(`${settings.indexPage}/`))) return undefined;
  return served.find(isReadme);
}

function isReadme(article: Article): boolean {
  return article.url.toLowerCase() === "/readme";
}

function* listDirectories(articles: readonly Article[]): Generator<undefined, readonly Listing[], undefined> {
  const directories = new Map<string, Article[]>();
  let steps = 0;
  for (const article of articles) {
    if (++steps % PAUSE_ARTICLES === 0) yield;
    // "Posts/2026/x" is listed at /Posts/2026 and at /Posts.
    for (let name = directoryOf(article.path); name !== ""; name = directoryOf(name)) {
      const list = directories.get(name);
      if (list === undefined) directories.set(name, [article]);
      else list.push(article);
    }
  }
  return [...directories].map(([name, list]) => ({
    title: name.slice(name.lastIndexOf("/") + 1),
    url: `/${name}`,
    articles: list.filter((article) => article.url !== `/${name}`),
  }));
}

function offerPages(
  routes: Map<string, Route>,
  url: string,
  articles: readonly Article[],
  route: (page: number) => Route,
): void {
  for (let page = 1; page <= pageCount(articles); page++) {
    const at = pageUrl(url, page);
    if (!routes.has(at)) routes.set(at, route(page));
  }
}

/** Tags in the order of their names; the first spelling of a name is the one that is shown. */
function collectTags(articles: readonly Article[]): readonly Tag[] {
  const byName = new Map<string, Article[]>();
  for (const article of articles)
    for (const tag of article.tags) {
      const list = byName.get(tag);
      if (list === undefined) byName.set(tag, [article]);
      else list.push(article);
    }
  const tags = [...byName].map(([name, list]) => ({ name, url: `/tags/${name}`, articles: list.sort(byDate) }));
  return tags.sort((a, b) => {
    const [x, y] = [a.name.toLowerCase(), b.name.toLowerCase()];
    return x < y ? -1 : x > y ? 1 : a.name < b.name ? -1 : 1;
  });
}

/** Every name at the top, as in Canopy, as far as they fit a page; the home page is the blog's name itself. */
function navigate(
  settings: Settings,
  index: Article | undefined,
  articles: readonly Article[],
  pages: readonly Article[],
  tags: readonly Tag[],
  problems: Problem[],
): readonly NavigationItem[] {
  const items = new Map<string, NavigationItem>();
  for (const article of articles) {
    const top = article.path.includes("/") ? article.path.slice(0, article.path.indexOf("/")) : "";
    if (top !== "" && top !== settings.indexPage && !items.has(top))
      items.set(top, { label: label(top), url: `/${top}` });
  }
  for (const page of pages)
    if (page !== index && directoryOf(page.path) === "" && !isReadme(page))
      items.set(page.path, { label: page.path.includes(".") ? page.title : label(page.path), url: page.url });
  const sorted = [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
  let length = 0;
  const end = sorted.findIndex((item) => {
    length += item.label.length + item.url.length;
    return length > MAX_NAVIGATION_LENGTH;
  });
  const shown = end < 0 ? sorted : sorted.slice(0, end);
  if (end >= 0)
    problems.push({
      path: sorted[end]!.url.slice(1),
      reason: `the navigation is full: this and what follows is not in it (${sorted.length - end} names at the top)`,
      skipped: false,
    });
  return tags.length > 0 ? [...shown, { label: "Tags", url: "/tags" }] : shown;
}

function label(name: string): string {
  return name.replaceAll("_", " ");
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
