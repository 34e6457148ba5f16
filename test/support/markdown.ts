// Rendering Markdown without a site: a folder of nobody's, in which nothing is there.

import { PlainLayout } from "../../appliance/content/layouts/plain.ts";
import { type Addresses, type Resolved, resolveHref } from "../../appliance/content/links.ts";
import type { MarkdownOptions } from "../../appliance/render/markdown-context.ts";

export const NOWHERE: Addresses = {
  layout: new PlainLayout(),
  routes: new Map(),
  documents: new Map(),
  fileUrls: new Map(),
  names: new Map(),
};

/** A document in a directory ("" is the top). */
export function markdownIn(directory: string): MarkdownOptions {
  const path = directory === "" ? "a.md" : `${directory}/a.md`;
  const from = { path, url: `/${path.slice(0, -3)}` };
  return { wikilinks: true, resolve: (href): Resolved => resolveHref(NOWHERE, from, href) };
}
