// Links and pictures that lead nowhere, told to the author.

import { type Addresses, type Link, resolveHref } from "./links.ts";
import type { Problem } from "./problem.ts";
import type { Article } from "./site.ts";

/** The links of one document. */
export interface Linking {
  readonly article: Article;
  readonly links: readonly Link[];
}

/** Documents between two pauses. */
const PAUSE_DOCUMENTS = 64;
/** Broken links of one document that are told one by one. */
export const MAX_TOLD_LINKS = 20;

/** Steps of a task. `[[name]]` that leads nowhere is text where no vault says otherwise. */
export function* checkLinks(
  addresses: Addresses,
  all: readonly Linking[],
  problems: Problem[],
): Generator<undefined, void, undefined> {
  let steps = 0;
  for (const { article, links } of all) {
    if (++steps % PAUSE_DOCUMENTS === 0) yield;
    let broken = 0;
    for (const { href, line } of links) {
      if (resolveHref(addresses, article, href.replaceAll("&amp;", "&")).kind !== "broken") continue;
      if (href.startsWith("epiphyte-wiki:") && addresses.layout.name === "") continue;
      if (++broken > MAX_TOLD_LINKS) break;
      problems.push({ path: article.path, line, reason: `there is nothing at ${shown(href)}`, skipped: false });
    }
  }
}

/** As its author wrote it, as far as that is known. */
function shown(href: string): string {
  const bare = href.replace(/^epiphyte-\w+:/, "");
  try {
    return bare === href ? href : decodeURI(bare);
  } catch {
    return bare;
  }
}
