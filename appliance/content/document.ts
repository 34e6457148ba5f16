// One file of the repository -> an article, a redirect, or the reason why it is neither.

import type { PathDates } from "../git/snapshot.ts";
import { asText, type Fields, type Header, listOf, mapOf, splitDocument, splitJson, textOf } from "./front-matter.ts";
import type { Address, Layout, Place } from "./layouts/layout.ts";
import { type Link, scanLinks } from "./links.ts";
import { isKnownExtension, mediaType } from "./mime.ts";
import {
  baseName,
  directoryOf,
  documentUrl,
  extensionOf,
  isHidden,
  isMarkdownName,
  sameAddress,
  withoutMarkdownExtension,
} from "./paths.ts";
import type { Fault } from "./problem.ts";
import { formerNames } from "./publication.ts";
import type { Article } from "./site.ts";
import { firstHeading, plainExcerpt, shownName } from "./text.ts";
import { type Moment, parseMoment } from "./time.ts";
import { both, VISIBLE, type Visibility } from "./visibility.ts";
import { visibilityOf, visibilityOfBody, visibilityOfOpening } from "./visibility-text.ts";

export type Document =
  | {
      readonly kind: "article";
      readonly article: Article;
      readonly visibility: Visibility;
      readonly faults: readonly Fault[];
      /** Lines are those of the file. */
      readonly links: readonly Link[];
    }
  /** `url`: its own address where the layout gives one, else by its path. */
  | { readonly kind: "redirect"; readonly to: string; readonly url?: string; readonly visibility: Visibility }
  /** A page that is made here as well, at the same address. */
  | { readonly kind: "made"; readonly visibility: Visibility }
  /** Not a document, but a file to be served as it is. */
  | { readonly kind: "file"; readonly visibility: Visibility }
  | ({ readonly kind: "skipped"; readonly visibility: Visibility } & Fault);

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
export function mustBeRead(path: string, place: ContentPlace): boolean {
  if (place.kind === "document") return true;
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

/** Of what is served as it stands: a header in it is read all the same. */
export function visibilityOfFile(path: string, text: string): Visibility {
  return visibilityOfOpening(text, !isProse(path));
}

/** A file and what surrounds it. */
export interface Source {
  readonly path: string;
  readonly oid: string;
  /** Bytes. */
  readonly length: number;
  readonly text: string;
  readonly dates: PathDates;
  /** When it was shown first, if that was later than its first commit (publication.ts). */
  firstShown?(): Moment | undefined;
}

type ContentPlace = Extract<Place, { kind: "document" | "any" }>;

export function readDocument(source: Source, layout: Layout, place: ContentPlace): Document {
  return place.kind === "document" ? readPlaced(source, layout, place) : readAny(source, layout);
}

/** What a generator would take for a document by its place. */
function readPlaced(source: Source, layout: Layout, place: Extract<Place, { kind: "document" }>): Document {
  const { path, text, length } = source;
  const skipped = (reason: string, line?: number): Document => ({
    kind: "skipped",
    reason,
    line,
    visibility: visibilityOfOpening(text, false),
  });
  if (length > MAX_DOCUMENT_LENGTH) return skipped(`is longer than ${MAX_DOCUMENT_LENGTH} bytes`);
  if (text.includes("\0")) return skipped("is not text");
  const split = splitJson(text) ?? splitDocument(text);
  if (!split.ok) return skipped(split.error.reason, split.error.line);
  const { header: written, bodyStart } = split.value;
  if (written === undefined && place.needsHeader === true)
    return place.format === "html"
      ? { kind: "file", visibility: visibilityOfOpening(text, false) }
      : skipped(`has no header, without which ${layout.name} does not take it`);
  const header = layout.header(path, written ?? NO_HEADER);
  const inBody = written === undefined ? visibilityOfOpening(text, false) : visibilityOfBody(text, bodyStart);
  const visibility = both(visibilityOf(header), inBody);
  const to = textOf(header.fields, "redirect", "redirect_to");
  if (to !== undefined) {
    const created = layout.dateOf(path) ?? source.dates.created;
    const { url } = layout.describe({ path, fields: header.fields, title: nameToTitle(path), created });
    return { kind: "redirect", to, url, visibility };
  }
  const instead = layout.madeHere?.(path, text);
  if (instead !== undefined) return madeInstead(source, layout, header, visibility, instead);
  return article(source, layout, { header, headerEnd: bodyStart, visibility, format: place.format });
}

/** What leads to the page that is made here, where that has another address. */
function madeInstead(
  { path, dates }: Source,
  layout: Layout,
  { fields }: Header,
  visibility: Visibility,
  to: string,
): Document {
  const { url } = layout.describe({ path, fields, title: nameToTitle(path), created: dates.created });
  const same = sameAddress(url, to) || /^\/404\b/.test(url);
  return same ? { kind: "made", visibility: VISIBLE } : { kind: "redirect", to, url, visibility };
}

/** What is a document by what stands in it. */
function readAny(source: Source, layout: Layout): Document {
  const { path, text, length } = source;
  // A file is served with its header, if it has one: what that hides is hidden.
  const file = (): Document => ({ kind: "file", visibility: visibilityOfFile(path, text) });
  const skipped = (reason: string, line?: number): Document => ({
    kind: "skipped",
    reason,
    line,
    visibility: visibilityOfOpening(text, false),
  });
  if (!mayBeDocument(path)) return file();
  const markdown = isMarkdownName(path);
  const extension = extensionOf(path);
  // Without a Markdown name, only what is written as a document is one; others next to it are served as they are.
  const otherwise = ({ reason, line }: Fault): Document =>
    !markdown && isKnownExtension(extension) ? file() : skipped(reason, line);
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
  const { header: written, bodyStart } = split.value;
  if (written === undefined) {
    const visibility = visibilityOfOpening(text, false);
    const to = isKnownExtension(extension) ? undefined : redirectOf(text);
    if (to !== undefined) return { kind: "redirect", to, visibility };
    if (markdown) return article(source, layout, { header: NO_HEADER, headerEnd: 0, visibility, format: "markdown" });
    return extension === ""
      ? { kind: "skipped", reason: "has no header", line: undefined, visibility }
      : { kind: "file", visibility };
  }
  const header = layout.header(path, written);
  const visibility = both(visibilityOf(header), visibilityOfBody(text, bodyStart));
  const to = textOf(header.fields, "redirect");
  if (to !== undefined) return { kind: "redirect", to, visibility };
  const content = textOf(header.fields, "content");
  if (content !== undefined && content !== "markdown")
    return otherwise({ reason: `its content is ${content}, not markdown`, line: undefined });
  // A known extension (notes.txt) needs what Canopy needs; else the "---" was the file's own.
  if (isKnownExtension(extension) && (!header.fields.has("title") || !header.fields.has("author")))
    return { kind: "file", visibility };
  return article(source, layout, { header, headerEnd: bodyStart, visibility, format: "markdown" });
}

const NO_HEADER: Header = { fields: new Map(), entries: [], unread: [], warning: undefined };

function redirectOf(text: string): string | undefined {
  if (text.length > MAX_REDIRECT_LENGTH) return undefined;
  return /^[^\S\r\n]*redirect:[ \t]*(\S.*)$/m.exec(text)?.[1]?.trimEnd();
}

interface Parts {
  readonly header: Header;
  /** Where the text below it begins. */
  readonly headerEnd: number;
  readonly visibility: Visibility;
  readonly format: Article["format"];
}

function article(source: Source, layout: Layout, parts: Parts): Document {
  const { path, oid, text, dates } = source;
  const { header, headerEnd, format } = parts;
  const { fields } = header;
  const faults: Fault[] = header.warning === undefined ? [] : [header.warning];
  const moment = (...keys: readonly string[]): Moment | undefined => momentOf(header, keys);
  const heading = format === "html" ? undefined : firstHeading(text, headerEnd);
  const named = textOf(fields, "title");
  const title =
    [named, heading?.title, nameToTitle(path), path]
      .map((text) => shownName(text, MAX_TITLE_LENGTH))
      .find((text) => text !== undefined) ?? "Untitled";
  // The page shows its title; a first heading that says the same would say it twice.
  const bodyStart = heading?.first === true && heading.title === title ? heading.end : headerEnd;
  const byName = layout.dateOf(path);
  const written = moment("date", "publishdate", "pubdate", "created", "published", ...PUBLISHED_KEYS);
  const created = written ?? byName;
  const changed = moment(...CHANGE_KEYS);
  const unread = changed === undefined ? textOf(fields, ...CHANGE_KEYS) : undefined;
  if (unread !== undefined)
    faults.push({ reason: `${JSON.stringify(unread)} is no date; Git's is used`, line: undefined });
  const date = created ?? (parts.visibility.hidden ? undefined : source.firstShown?.()) ?? dates.created;
  const updated = changed ?? (dates.updated.seconds < date.seconds ? date : dates.updated);
  // What the name says hides as what the header says.
  const visibility =
    byName === undefined || momentOf(header, ["date"]) !== undefined
      ? parts.visibility
      : both(parts.visibility, { ...VISIBLE, from: byName.seconds });
  const addressAt = (name: string): Address =>
    layout.describe({ path: name, fields, title, created: written ?? layout.dateOf(name) ?? date });
  const address = addressAt(path);
  faults.push(...address.faults);
  const expanded = layout.expand?.(text.slice(bodyStart), { path, fields: () => fields });
  const linesBefore = lineCount(text, bodyStart);
  for (const { reason, line } of expanded?.faults ?? [])
    faults.push({ reason, line: line === undefined ? undefined : line + linesBefore });
  const body = expanded?.text ?? text.slice(bodyStart);
  const abstract = textOf(fields, "abstract", "description", "summary", "excerpt");
  const shown = (names: readonly (string | undefined)[]): readonly string[] =>
    names.flatMap((name) => shownName(name, MAX_TITLE_LENGTH) ?? []);
  const authors = shown(listAuthors(fields));
  const { tags, categories } = layout.terms(fields);
  const cut = (names: readonly string[]): readonly string[] =>
    names.flatMap((name) => shownName(name, MAX_TAG_LENGTH) ?? []).slice(0, MAX_TAGS);
  return {
    kind: "article",
    article: {
      kind: "article",
      path,
      url: address.url,
      fileUrls: urlsOfFile(path, address.url),
      names: namesOf(path),
      oid,
      title,
      authors: authors.length > 0 ? authors : shown([layout.facts.author, dates.createdBy.name, "Unknown"]).slice(0, 1),
      authorUrl: safeUrl(textOf(fields, "author_url") ?? textOf(mapOf(fields, "author"), "url")),
      abstract,
      description: format === "html" && abstract === undefined ? "" : plainExcerpt(abstract ?? body, 0),
      tags: cut(tags),
      categories: cut(categories),
      series: cut(listOf(fields, "series")),
      role: address.role,
      lists: address.lists,
      format,
      weight: weightOf(fields),
      language: textOf(fields, "lang", "language"),
      created: date,
      updated,
      dated: created !== undefined,
      committed: dates.created,
      firstPath: dates.formerPaths?.at(-1) ?? path,
      formerUrls: formerNames(layout, dates.formerPaths ?? []).flatMap((name) => [addressAt(name).url, `/${name}`]),
      draft: visibility.hidden,
      indexed: visibility.indexed,
      aliases: address.aliases,
      bodyStart,
      length: text.length - bodyStart,
      image: imageOf(fields),
      contents: contentsOf(fields),
    },
    visibility,
    faults,
    links: scanLinks(body, layout.wikilinks).map(({ href, line }) => ({ href, line: line + linesBefore })),
  };
}

/** Where its file would be, but for hidden ones. */
function urlsOfFile(path: string, url: string): readonly string[] {
  if (isHidden(path)) return [];
  const bare = documentUrl(path);
  const urls = sameAddress(bare, url) ? [] : [bare];
  return isMarkdownName(path) ? [`/${path}`, ...urls] : urls;
}

function namesOf(path: string): readonly string[] {
  const name = baseName(path).toLowerCase();
  const other = /^_?index\.\w+$/.test(name)
    ? baseName(directoryOf(path)).toLowerCase()
    : withoutMarkdownExtension(name);
  return other === name ? [name] : [name, other];
}

/** Line ends before an offset. */
function lineCount(text: string, offset: number): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

/** As Hugo, Jekyll, Ghost and Astro themes call it. */
function imageOf(fields: Fields): string | undefined {
  const keys = ["image", "cover", "feature_image", "featured_image", "og_image", "thumbnail", "heroimage", "banner"];
  const image =
    textOf(fields, ...keys) ??
    textOf(mapOf(fields, "cover"), "image", "src") ??
    textOf(mapOf(fields, "image"), "path", "src", "url") ??
    listOf(fields, "images")[0];
  return image === undefined || /^(?:javascript|vbscript|data):/i.test(image.trim()) ? undefined : image.trim();
}

function contentsOf(fields: Fields): boolean | undefined {
  const value = textOf(fields, "toc", "showtoc", "table_of_contents")?.toLowerCase();
  return value === undefined ? undefined : /^(?:true|yes|on|1)$/.test(value);
}

function weightOf(fields: Fields): number | undefined {
  const text = asText(fields.get("weight"));
  const weight = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(weight) && weight !== 0 ? weight : undefined;
}

/** Ghost's and Astro's. */
const PUBLISHED_KEYS = [
  "date_published",
  "published_at",
  "publishedat",
  "pubdatetime",
  "publisheddate",
  "publish_date",
];
const CHANGE_KEYS = [
  "updated",
  "lastmod",
  "modified",
  "last_modified_at",
  "date_updated",
  "updated_at",
  "updateddate",
  "moddatetime",
];

/** The first of the keys that holds a date that can be read; what cannot be is told by visibility.ts. */
function momentOf(header: Header, keys: readonly string[]): Moment | undefined {
  for (const key of keys) {
    if (!header.fields.has(key)) continue;
    for (const entry of header.entries) {
      if (entry.key.toLowerCase() !== key) continue;
      const text = asText(entry.value());
      const moment = text === undefined ? undefined : parseMoment(text);
      if (moment !== undefined) return moment;
    }
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
