// The lists of a site: by the directories of the repository, or by the sections that a generator's layout names.

import type { Groups } from "./groups.ts";
import { byWeight } from "./order.ts";
import { baseName } from "./paths.ts";
import { type Article, type Listing, pageCount, pageUrl, type Route } from "./site.ts";

/** The lists that articles name, and those that have a text of their own. */
export function listSections(groups: Groups<string>, sections: ReadonlyMap<string, Article>): readonly Listing[] {
  const lists = [...sections.keys()]
    .filter((url) => url !== "/" && groups.get(url) === undefined)
    .map((url) => [url, NO_ARTICLES] as const);
  return [...groups.sorted, ...lists].map(([url, list]) => {
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
const NO_ARTICLES: readonly Article[] = [];

/** `routes`: of the documents. One that has the address of its own directory is not in its list. */
export function listDirectories(groups: Groups<string>, routes: ReadonlyMap<string, Route>): readonly Listing[] {
  return groups.sorted.map(([name, list]) => {
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
