// The text of a document below its header, as Markdown (or HTML) that needs no generator.

import { splitDocument, splitJson } from "./front-matter.ts";
import type { Layout } from "./layouts/layout.ts";
import type { Article } from "./site.ts";

/** `text`: of the whole file. */
export function bodyOf(layout: Layout, article: Article, text: string): string {
  const body = text.slice(article.bodyStart);
  if (layout.expand === undefined || !/\{[{%]/.test(body)) return body;
  const split = splitJson(text) ?? splitDocument(text);
  const fields = split.ok ? (split.value.header?.fields ?? new Map<string, unknown>()) : new Map<string, unknown>();
  return layout.expand(body, { path: article.path, fields }).text;
}
