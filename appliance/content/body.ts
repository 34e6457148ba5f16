// The text of a document below its header, as Markdown (or HTML) that needs no generator.

import { type Fields, splitDocument, splitJson } from "./front-matter.ts";
import type { Layout } from "./layouts/layout.ts";
import type { Article } from "./site.ts";

/** `text`: of the whole file. */
export function bodyOf(layout: Layout, article: Article, text: string): string {
  const body = text.slice(article.bodyStart);
  if (layout.expand === undefined) return body;
  const fields = (): Fields => {
    const split = splitJson(text) ?? splitDocument(text);
    return (split.ok ? split.value.header?.fields : undefined) ?? new Map();
  };
  return layout.expand(body, { path: article.path, fields }).text;
}
