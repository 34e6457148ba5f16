// One file of the repository -> an article, a redirect, or the reason why it is neither.

import type { PathDates } from "../git/snapshot.ts";
import { type Header, isTrue, listOf, mapOf, splitDocument, textOf } from "./front-matter.ts";
import { isKnownExtension } from "./mime.ts";
import { baseName, documentUrl, extensionOf, isMarkdownName, withoutMarkdownExtension } from "./paths.ts";
import type { Article } from "./site.ts";
import { firstHeading, plainExcerpt } from "./text.ts";
import { type Moment, parseMoment } from "./time.ts";

export type Document =
  | { readonly kind: "article"; readonly article: Article; readonly warning: string | undefined }
  | { readonly kind: "redirect"; readonly to: string }
  /** Not a document, but a file to be served as it is. */
  | { readonly kind: "file" }
  | { readonly kind: "skipped"; readonly reason: string };

/** A longer document is left out: rendering it would hold up everybody for seconds. */
export const MAX_DOCUMENT_LENGTH = 512 * 1024;
/** A redirect is a line, not a book. */
const MAX_REDIRECT_LENGTH = 4096;
const MAX_TITLE_LENGTH = 500;
const MAX_TAGS = 64;
const MAX_TAG_LENGTH = 100;

/** Whether the bytes of a path have to be looked at, or the name alone says that it is a file to be served. */
export function mayBeDocument(path: string): boolean {
  return !path.startsWith("static/") && !isBinaryName(path);
}

function isBinaryName(path: string): boolean {
  const extension = extensionOf(path);
  // Canopy takes any name for an article, "notes.txt" included; what begins with "---" decides.
  return isKnownExtension(extension) && !/^(txt|text|html|htm)$/.test(extension);
}

export function readDocument(path: string, oid: string, length: number, text: string, dates: PathDates): Document {
  const markdown = isMarkdownName(path);
  const extension = extensionOf(path);
  // Without a Markdown name, only what is written as a document is one; "static" files next to it are served as they are.
  const otherwise = (reason: string): Document =>
    !markdown && isKnownExtension(extension) ? { kind: "file" } : { kind: "skipped", reason };
  if (length > MAX_DOCUMENT_LENGTH) {
    if (!markdown && extension !== "") return { kind: "file" };
    return { kind: "skipped", reason: `is longer than ${MAX_DOCUMENT_LENGTH} bytes` };
  }
  if (text.includes("\0")) {
    if (!markdown && extension !== "") return { kind: "file" };
    return { kind: "skipped", reason: "is not text" };
  }
  const split = splitDocument(text);
  if (!split.ok) return otherwise(split.error);
  const { header, bodyStart } = split.value;
  if (header === undefined) {
    const to = isKnownExtension(extension) ? undefined : redirectOf(text);
    if (to !== undefined) return { kind: "redirect", to };
    if (markdown) return article(path, oid, new Map(), text, 0, dates);
    return extension === "" ? { kind: "skipped", reason: "has no header" } : { kind: "file" };
  }
  const to = textOf(header, "redirect");
  if (to !== undefined) return { kind: "redirect", to };
  const content = textOf(header, "content");
  if (content !== undefined && content !== "markdown") return otherwise(`its content is ${content}, not markdown`);
  // A known extension (notes.txt) needs what Canopy needs; else the "---" was the file's own.
  if (isKnownExtension(extension) && (!header.has("title") || !header.has("author"))) return { kind: "file" };
  return article(path, oid, header, text, bodyStart, dates);
}

function redirectOf(text: string): string | undefined {
  if (text.length > MAX_REDIRECT_LENGTH) return undefined;
  return /^\s*redirect:[ \t]*(\S.*?)[ \t\r]*$/m.exec(text)?.[1];
}

function article(
  path: string,
  oid: string,
  header: Header,
  text: string,
  headerEnd: number,
  dates: PathDates,
): Document {
  const warnings: string[] = [];
  const moment = (...keys: string[]): Moment | undefined => {
    const written = textOf(header, ...keys);
    if (written === undefined) return undefined;
    const value = parseMoment(written);
    if (value === undefined) warnings.push(`${JSON.stringify(written)} is no date; Git's is used`);
    return value;
  };
  const heading = firstHeading(text, headerEnd);
  const named = textOf(header, "title");
  const title = (named ?? heading?.title ?? nameToTitle(path)).slice(0, MAX_TITLE_LENGTH);
  // The page shows its title; a first heading that says the same would say it twice.
  const bodyStart = heading?.first === true && heading.title === title ? heading.end : headerEnd;
  const created = moment("date", "created", "published");
  const changed = moment("updated", "lastmod", "modified", "last_modified_at");
  const date = created ?? dates.created;
  const updated = changed ?? (dates.updated.seconds < date.seconds ? date : dates.updated);
  const abstract = textOf(header, "abstract", "description", "summary", "excerpt");
  const authors = listAuthors(header);
  const tags = listOf(header, "tags").concat(listOf(mapOf(header, "taxonomies"), "tags"));
  return {
    kind: "article",
    article: {
      kind: "article",
      path,
      url: documentUrl(path),
      oid,
      title,
      authors: authors.length > 0 ? authors : [dates.createdBy.name],
      authorUrl: safeUrl(textOf(header, "author_url") ?? textOf(mapOf(header, "author"), "url")),
      abstract,
      description: plainExcerpt(abstract ?? text, abstract === undefined ? bodyStart : 0),
      tags: tags.map((tag) => tag.slice(0, MAX_TAG_LENGTH)).slice(0, MAX_TAGS),
      language: textOf(header, "lang", "language"),
      created: date,
      updated,
      dated: created !== undefined,
      committed: dates.created,
      draft: isTrue(header, "draft") || textOf(header, "published") === "false",
      aliases: listOf(header, "aliases", "redirect_from"),
      bodyStart,
    },
    warning: warnings.length > 0 ? warnings.join("; ") : undefined,
  };
}

function listAuthors(header: Header): readonly string[] {
  const list = header.get("authors") ?? header.get("author");
  if (Array.isArray(list)) return listOf(header, "authors", "author");
  // "Doe, Jane" is one person: Canopy does not cut an author at commas.
  const one = textOf(header, "author", "authors") ?? textOf(mapOf(header, "author"), "name");
  return one === undefined ? [] : [one];
}

/** http, https and mailto; nothing that runs. */
function safeUrl(url: string | undefined): string | undefined {
  return url !== undefined && /^(https?:\/\/|mailto:|\/)[^\s"<>]*$/i.test(url) ? url : undefined;
}

/** "Posts/my-first_post.md" -> "My first post" */
function nameToTitle(path: string): string {
  const name = baseName(withoutMarkdownExtension(path)).replace(/^\d{4}-\d{2}-\d{2}-/, "");
  const words = name.replace(/[-_]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
