// One file of the repository -> an article, a redirect, or the reason why it is neither.

import type { PathDates } from "../git/snapshot.ts";
import { asText, type Fields, type Header, listOf, mapOf, splitDocument, textOf } from "./front-matter.ts";
import { isKnownExtension, mediaType } from "./mime.ts";
import { baseName, documentUrl, extensionOf, isMarkdownName, withoutMarkdownExtension } from "./paths.ts";
import type { Article } from "./site.ts";
import { firstHeading, plainExcerpt } from "./text.ts";
import { type Moment, parseMoment } from "./time.ts";
import { both, type Visibility } from "./visibility.ts";
import { visibilityOf, visibilityOfBody, visibilityOfOpening } from "./visibility-text.ts";

export type Document =
  | {
      readonly kind: "article";
      readonly article: Article;
      readonly visibility: Visibility;
      readonly warning: string | undefined;
    }
  | { readonly kind: "redirect"; readonly to: string; readonly visibility: Visibility }
  /** Not a document, but a file to be served as it is. */
  | { readonly kind: "file"; readonly visibility: Visibility }
  | { readonly kind: "skipped"; readonly reason: string; readonly visibility: Visibility };

/** A longer document is left out: rendering it would hold up everybody for seconds. */
export const MAX_DOCUMENT_LENGTH = 512 * 1024;
/** A redirect is a line, not a book. */
const MAX_REDIRECT_LENGTH = 4096;
const MAX_TITLE_LENGTH = 500;
const MAX_TAGS = 64;
const MAX_TAG_LENGTH = 100;

/** Other kinds of markup: in a folder of files that are served as they are, these may have a header all the same. */
const MARKUP = /^(mdown|mkdn?|mdx|rmd|qmd|rst|org|adoc|asciidoc|textile)$/;

/** Whether the bytes of a path have to be looked at, or the name alone says that it is a file to be served. */
export function mustBeRead(path: string): boolean {
  const extension = extensionOf(path);
  if (isKnownExtension(extension)) return isText(extension);
  return !path.startsWith("static/") || extension === "" || isMarkdownName(path) || MARKUP.test(extension);
}

/** Whether a file may be a document: Canopy takes any name, "notes.txt" included; what begins with "---" decides. */
function mayBeDocument(path: string): boolean {
  const extension = extensionOf(path);
  return !path.startsWith("static/") && (!isKnownExtension(extension) || /^(txt|text|html?)$/.test(extension));
}

/** Text in which a header may stand. YAML and TOML begin with "---" of their own. */
function isText(extension: string): boolean {
  return /^text\/|xml|json/.test(mediaType(extension)) && !/^(ya?ml|toml)$/.test(extension);
}

/** Text that people write, not code or data. */
function isProse(path: string): boolean {
  const extension = extensionOf(path);
  return !isKnownExtension(extension) || /^(txt|text|html?|xhtml)$/.test(extension);
}

/** `length`: of the file, in bytes. */
export function readDocument(path: string, oid: string, length: number, text: string, dates: PathDates): Document {
  // A file is served with its header, if it has one: what that hides is hidden.
  const file = (): Document => ({ kind: "file", visibility: visibilityOfOpening(text, !isProse(path)) });
  const skipped = (reason: string): Document => ({
    kind: "skipped",
    reason,
    visibility: visibilityOfOpening(text, false),
  });
  if (!mayBeDocument(path)) return file();
  const markdown = isMarkdownName(path);
  const extension = extensionOf(path);
  // Without a Markdown name, only what is written as a document is one; others next to it are served as they are.
  const otherwise = (reason: string): Document => (!markdown && isKnownExtension(extension) ? file() : skipped(reason));
  if (length > MAX_DOCUMENT_LENGTH) {
    if (!markdown && extension !== "") return file();
    return skipped(`is longer than ${MAX_DOCUMENT_LENGTH} bytes`);
  }
  if (text.includes("\0")) {
    if (!markdown && extension !== "") return file();
    return skipped("is not text");
  }
  const split = splitDocument(text);
  if (!split.ok) return otherwise(split.error);
  const { header, bodyStart } = split.value;
  if (header === undefined) {
    const visibility = visibilityOfOpening(text, false);
    const to = isKnownExtension(extension) ? undefined : redirectOf(text);
    if (to !== undefined) return { kind: "redirect", to, visibility };
    if (markdown) return article(path, oid, NO_HEADER, text, 0, dates, visibility);
    return extension === "" ? { kind: "skipped", reason: "has no header", visibility } : { kind: "file", visibility };
  }
  const visibility = both(visibilityOf(header), visibilityOfBody(text, bodyStart));
  const to = textOf(header.fields, "redirect");
  if (to !== undefined) return { kind: "redirect", to, visibility };
  const content = textOf(header.fields, "content");
  if (content !== undefined && content !== "markdown") return otherwise(`its content is ${content}, not markdown`);
  // A known extension (notes.txt) needs what Canopy needs; else the "---" was the file's own.
  if (isKnownExtension(extension) && (!header.fields.has("title") || !header.fields.has("author")))
    return { kind: "file", visibility };
  return article(path, oid, header, text, bodyStart, dates, visibility);
}

const NO_HEADER: Header = { fields: new Map(), entries: [], unread: [], warning: undefined };

function redirectOf(text: string): string | undefined {
  if (text.length > MAX_REDIRECT_LENGTH) return undefined;
  return /^[^\S\r\n]*redirect:[ \t]*(\S.*)$/m.exec(text)?.[1]?.trimEnd();
}

function article(
  path: string,
  oid: string,
  header: Header,
  text: string,
  headerEnd: number,
  dates: PathDates,
  visibility: Visibility,
): Document {
  const warnings: string[] = header.warning === undefined ? [] : [header.warning];
  const moment = (...keys: readonly string[]): Moment | undefined => momentOf(header, keys);
  const { fields } = header;
  const heading = firstHeading(text, headerEnd);
  const named = textOf(fields, "title");
  const title = (named ?? heading?.title ?? nameToTitle(path)).slice(0, MAX_TITLE_LENGTH);
  // The page shows its title; a first heading that says the same would say it twice.
  const bodyStart = heading?.first === true && heading.title === title ? heading.end : headerEnd;
  const created = moment("date", "publishdate", "pubdate", "created", "published");
  const changed = moment(...CHANGE_KEYS);
  const unread = changed === undefined ? textOf(fields, ...CHANGE_KEYS) : undefined;
  if (unread !== undefined) warnings.push(`${JSON.stringify(unread)} is no date; Git's is used`);
  const date = created ?? dates.created;
  const updated = changed ?? (dates.updated.seconds < date.seconds ? date : dates.updated);
  const abstract = textOf(fields, "abstract", "description", "summary", "excerpt");
  const authors = listAuthors(fields);
  const tags = listOf(fields, "tags").concat(listOf(mapOf(fields, "taxonomies"), "tags"));
  return {
    kind: "article",
    article: {
      kind: "article",
      path,
      url: documentUrl(path),
      oid,
      title,
      authors: authors.length > 0 ? authors : [dates.createdBy.name],
      authorUrl: safeUrl(textOf(fields, "author_url") ?? textOf(mapOf(fields, "author"), "url")),
      abstract,
      description: plainExcerpt(abstract ?? text, abstract === undefined ? bodyStart : 0),
      tags: tags.map((tag) => tag.slice(0, MAX_TAG_LENGTH)).slice(0, MAX_TAGS),
      language: textOf(fields, "lang", "language"),
      created: date,
      updated,
      dated: created !== undefined,
      committed: dates.created,
      draft: visibility.hidden,
      indexed: visibility.indexed,
      aliases: listOf(fields, "aliases", "redirect_from"),
      bodyStart,
    },
    visibility,
    warning: warnings.length > 0 ? warnings.join("; ") : undefined,
  };
}

const CHANGE_KEYS = ["updated", "lastmod", "modified", "last_modified_at"];

/** The first of the keys that holds a date that can be read; what cannot be is told by visibility.ts. */
function momentOf(header: Header, keys: readonly string[]): Moment | undefined {
  for (const key of keys)
    for (const entry of header.entries) {
      if (entry.key.toLowerCase() !== key) continue;
      const text = asText(entry.value());
      const moment = text === undefined ? undefined : parseMoment(text);
      if (moment !== undefined) return moment;
    }
  return undefined;
}

function listAuthors(fields: Fields): readonly string[] {
  const list = fields.get("authors") ?? fields.get("author");
  if (Array.isArray(list)) return listOf(fields, "authors", "author");
  // "Doe, Jane" is one person: Canopy does not cut an author at commas.
  const one = textOf(fields, "author", "authors") ?? textOf(mapOf(fields, "author"), "name");
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
