// The menu of a site.

import type { Groups } from "./groups.ts";
import type { Layout } from "./layouts/layout.ts";
import { directoryOf } from "./paths.ts";
import type { Problem } from "./problem.ts";
import type { Settings } from "./settings.ts";
import type { Article, Listing, NavigationItem, Terms } from "./site.ts";

/** Characters of labels and addresses in the navigation, which stands on every page. */
export const MAX_NAVIGATION_LENGTH = 20_000;

export interface Named {
  readonly settings: Settings;
  readonly layout: Layout;
  readonly index: Article | undefined;
  readonly pages: readonly Article[];
  readonly listings: readonly Listing[];
  /** Articles by the directories around them. */
  readonly directories: Groups<string>;
  readonly tags: Terms;
}

export function isReadme(article: Article): boolean {
  // Of ten thousand documents most have a longer address.
  return article.url.length <= "/readme.html".length && /^\/readme(?:\.html|\/)?$/i.test(article.url);
}

/** What the settings say, else what is at the top; as far as it fits a page. */
export function navigate(named: Named, problems: Problem[]): readonly NavigationItem[] {
  const { layout, tags } = named;
  if (layout.menu !== undefined) return fitting(layout.menu, problems);
  const items = layout.plain ? namesAtTop(named) : addressesAtTop(named);
  const shown = fitting(items, problems);
  return tags.list.length > 0 ? [...shown, { label: tags.title, url: tags.url }] : shown;
}

/** Every name at the top, as in Canopy; the home page is the blog's name itself. */
function namesAtTop({ settings, index, directories, pages }: Named): readonly NavigationItem[] {
  const items = new Map<string, NavigationItem>();
  for (const [name] of directories.sorted)
    if (!name.includes("/") && name !== settings.indexPage) items.set(name, { label: label(name), url: `/${name}` });
  for (const page of pages)
    if (page !== index && directoryOf(page.path) === "" && !isReadme(page))
      items.set(page.path, { label: page.path.includes(".") ? page.title : label(page.path), url: page.url });
  return [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

/** Lists and pages whose address is one name. */
function addressesAtTop({ pages, listings }: Named): readonly NavigationItem[] {
  const isAtTop = (url: string): boolean =>
    /^\/[^/]+\/?$/.test(url) && !/^\/(?:404|offline|search)(?:\.html|\/)?$/i.test(url);
  const lists = listings.filter(({ url, articles }) => isAtTop(url) && articles.length > 0);
  const single = pages.filter((page) => isAtTop(page.url) && !isReadme(page) && page.role === "page");
  const items = [...lists, ...single].map(({ title, url }): NavigationItem => ({ label: title, url }));
  return items.sort((a, b) => (a.url < b.url ? -1 : 1));
}

function fitting(items: readonly NavigationItem[], problems: Problem[]): readonly NavigationItem[] {
  let length = 0;
  const end = items.findIndex((item) => {
    length += item.label.length + item.url.length;
    return length > MAX_NAVIGATION_LENGTH;
  });
  if (end < 0) return items;
  problems.push({
    path: items[end]!.url.slice(1),
    reason: `the navigation is full: this and what follows is not in it (${items.length - end} names at the top)`,
    skipped: false,
  });
  return items.slice(0, end);
}

function label(name: string): string {
  return name.replaceAll("_", " ");
}
