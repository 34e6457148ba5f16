// The lists of a site: by the directories of the repository, or by the sections that a generator's layout names.

import { byWeight } from "./order.ts";
import { baseName, directoryOf } from "./paths.ts";
import { type Article, type Listing, pageCount, pageUrl, type Route } from "./site.ts";

/** Articles between two pauses. */
const PAUSE_ARTICLES = 64;

/** The lists that articles name, and those that have a text of their own. */
export function* listSections(
  articles: readonly Article[],
  sections: ReadonlyMap<string, Article>,
): Generator<undefined, readonly Listing[], undefined> {
  const lists = new Map<string, Article[]>();
  for (const url of sections.keys()) if (url !== "/") lists.set(url, []);
  let steps = 0;
  for (const article of articles) {
    if (++steps % PAUSE_ARTICLES === 0) yield;
    for (const url of article.lists) {
      const list = lists.get(url);
      if (list === undefined) lists.set(url, [article]);
      else list.push(article);
    }
  }
  return [...lists].map(([url, list]) => {
    const intro = sections.get(url);
    const name = baseName(url.replace(/\/$/, "")).replace(/[-_]+/g, " ");
    const weighed = list.some(({ weight }) => weight !== undefined);
    return {
      title: intro?.title ?? name.charAt(0).toUpperCase() + name.slice(1),
      url,
      articles: weighed ? [...list].sort(byWeight) : list,
      intro,
    };
  });
}

/** `routes`: of the documents. One that has the address of its own directory is not in its list. */
export function* listDirectories(
  articles: readonly Article[],
  routes: ReadonlyMap<string, Route>,
): Generator<undefined, readonly Listing[], undefined> {
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
  return [...directories].map(([name, list]) => {
    const url = `/${name}`;
    const own = routes.get(url);
    return {
      title: name.slice(name.lastIndexOf("/") + 1),
      url,
      articles: own?.kind === "article" ? list.filter((article) => article !== own.article) : list,
    };
  });
}

export function offerPages(
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
