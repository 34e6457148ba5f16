// Links of a text: where they stand, and what they lead to when all addresses are known.

import type { Layout, LinkScheme } from "./layouts/layout.ts";
import { baseName, directoryOf, encodePath, isMarkdownName, resolvePath, withoutMarkdownExtension } from "./paths.ts";
import type { Article, Names, Route } from "./site.ts";
import { slug } from "./text.ts";

/** What links are resolved against; a Site has all of it. */
export interface Addresses {
  readonly layout: Layout;
  readonly routes: ReadonlyMap<string, Route>;
  /** By path. */
  readonly documents: ReadonlyMap<string, Pick<Article, "url">>;
  /** Decoded URL paths of files that are not found at their own path. */
  readonly fileUrls: ReadonlyMap<string, string>;
  /** Paths by their name in lower case, with and without Markdown's extension; the shortest of each. */
  readonly names: Names;
}

export type Resolved =
  /** Of the web, of a person, or within the page. */
  | { readonly kind: "elsewhere"; readonly href: string }
  | { readonly kind: "found"; readonly href: string }
  /** Nothing is there; `href` is what comes nearest to what was meant. */
  | { readonly kind: "broken"; readonly href: string };

/** As the renderer and the check see a link: by its text, on a page. */
export interface From {
  readonly path: string;
  readonly url: string;
}

const REFERENCE = /^epiphyte-(ref|post|path|wiki):(.*)$/s;

/** `href` as it stands in the text, its character references resolved. */
export function resolveHref(addresses: Addresses, from: From, href: string): Resolved {
  const reference = REFERENCE.exec(href);
  if (reference !== null) return resolveReference(addresses, from, reference[1] as LinkScheme, decode(reference[2]!));
  if (/^[a-z][a-z0-9+.-]*:/i.test(href) || href.startsWith("//")) return { kind: "elsewhere", href };
  if (href === "" || href.startsWith("#") || href.startsWith("?")) return { kind: "elsewhere", href };
  const written = /^[^?#]*/.exec(href)![0];
  const rest = href.slice(written.length);
  const decoded = decode(written);
  if (decoded.startsWith("@/")) return resolveReference(addresses, from, "path", decoded.slice(2) + rest);
  const url = find(addresses, from, decoded);
  if (url !== undefined) return { kind: "found", href: encodePath(url) + rest };
  // A file by its path from where the generator begins.
  const byPath = resolveReference(addresses, from, "path", decoded);
  if (byPath.kind === "found") return { ...byPath, href: byPath.href + rest };
  const guess = guessed(addresses, from, decoded);
  return { kind: "broken", href: guess === undefined ? href : guess + rest };
}

function resolveReference(addresses: Addresses, from: From, scheme: LinkScheme, target: string): Resolved {
  const hash = target.indexOf("#");
  const path = hash < 0 ? target : target.slice(0, hash);
  const heading = target.slice(hash + 1);
  const fragment = hash < 0 ? "" : `#${encodePath(scheme === "wiki" ? headingOf(heading) : anchorOf(heading))}`;
  if (path === "" && fragment !== "") return { kind: "elsewhere", href: fragment };
  for (const candidate of addresses.layout.candidates(scheme, path, from.path)) {
    const url = addressOf(addresses, candidate);
    if (url !== undefined) return { kind: "found", href: encodePath(url) + fragment };
  }
  if (scheme === "ref" || scheme === "wiki") {
    const named = addresses.names.get(baseName(path).toLowerCase());
    const url = named === undefined ? undefined : addressOf(addresses, named);
    if (url !== undefined) return { kind: "found", href: encodePath(url) + fragment };
  }
  return { kind: "broken", href: `/${encodePath(path.replace(/^\/+/, ""))}${fragment}` };
}

/** `[[page#A part#Of it]]` means the last of them. */
function headingOf(written: string): string {
  const last = written.slice(written.lastIndexOf("#") + 1);
  return last.startsWith("^") ? last : slug(last);
}

function anchorOf(heading: string): string {
  return heading.includes(" ") ? heading.trim().toLowerCase().replace(/\s+/g, "-") : heading;
}

/** The decoded URL path that a path of the site or of the repository leads to. */
function find(addresses: Addresses, from: From, path: string): string | undefined {
  const { layout } = addresses;
  if (path.startsWith("/")) {
    const there = existing(addresses, path);
    if (there !== undefined) return there;
    const base = layout.basePath;
    if (base !== "" && path.startsWith(`${base}/`)) {
      const below = existing(addresses, path.slice(base.length));
      if (below !== undefined) return below;
    }
    return inRepository(addresses, "", path);
  }
  const generator = !layout.plain && layout.slashes;
  const byFile = (): string | undefined => inRepository(addresses, directoryOf(from.path), path);
  const byUrl = (): string | undefined => {
    const resolved = resolvePath(directoryOf(from.url.slice(1)), path);
    return resolved === undefined ? undefined : existing(addresses, `/${resolved}${slashOf(path, resolved)}`);
  };
  return generator && !isMarkdownName(path) ? (byUrl() ?? byFile()) : (byFile() ?? byUrl());
}

function inRepository(addresses: Addresses, directory: string, path: string): string | undefined {
  const resolved = resolvePath(directory, path);
  if (resolved === undefined) return undefined;
  const slash = slashOf(path, resolved);
  for (const candidate of [resolved, `${resolved}.md`, `${resolved}/index.md`, `${resolved}/_index.md`]) {
    if (slash !== "" && candidate === resolved) continue;
    const url = addressOf(addresses, candidate.replace(/^\//, ""));
    if (url !== undefined) return url;
  }
  return addresses.layout.plain ? existing(addresses, `/${withoutIndex(resolved)}${slash}`) : undefined;
}

function slashOf(path: string, resolved: string): string {
  return /(?:^|\/)\.{0,2}$/.test(path) && resolved !== "" ? "/" : "";
}

function withoutIndex(path: string): string {
  return isMarkdownName(path) ? withoutMarkdownExtension(path).replace(/(^|\/)index$/, "") : path;
}

/** Where a file of the repository is found; undefined when it is not served. */
function addressOf({ documents, fileUrls, routes }: Addresses, path: string): string | undefined {
  const url = documents.get(path)?.url ?? fileUrls.get(path);
  if (url !== undefined) return url;
  const route = routes.get(`/${path}`);
  return route?.kind === "static" && route.path === path ? `/${path}` : undefined;
}

function existing({ routes }: Addresses, url: string): string | undefined {
  if (routes.has(url)) return url;
  const other = url.endsWith("/") ? url.slice(0, -1) : `${url}/`;
  return routes.has(other) ? other : undefined;
}

/** What a browser would ask for, when nothing is there. */
function guessed({ layout }: Addresses, from: From, path: string): string | undefined {
  if (path.startsWith("/")) return encodePath(path);
  const base = layout.plain ? directoryOf(from.path) : directoryOf(from.url.slice(1));
  const resolved = resolvePath(base, path);
  return resolved === undefined ? undefined : `/${encodePath(withoutIndex(resolved))}${slashOf(path, resolved)}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A link in a text that stays on the site. */
export interface Link {
  readonly href: string;
  /** Of the text that was scanned; 1 is the first. */
  readonly line: number;
}

/** Links of one document that are looked at. */
const MAX_LINKS = 2000;
const MAX_HREF_LENGTH = 1000;
const MAX_LABEL_LENGTH = 300;

/**
 * The links of Markdown and of the HTML in it, but for those of the web. A look for the marks before them, not a parse:
 * what stands in code is left out, so that no example is taken for a link; `wikilinks` adds `[[name]]`.
 */
export function scanLinks(text: string, wikilinks: boolean): readonly Link[] {
  const found: { readonly at: number; readonly href: string }[] = [];
  const add = (at: number, href: string): void => {
    if (found.length < MAX_LINKS && isLocal(href)) found.push({ at, href });
  };
  for (let at = text.indexOf("]("); at >= 0; at = text.indexOf("](", at + 2)) {
    const inner =
      /^\s*(?:<([^<>\n]*)>|((?:[^\s()\\]|\\.|\([^\s()]*\))+))(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*\)/.exec(
        text.slice(at + 2, at + 2 + MAX_HREF_LENGTH),
      );
    if (inner !== null) add(at, inner[1] ?? inner[2]!.replace(/\\([!-/:-@[-`{-~])/g, "$1"));
  }
  for (let at = text.indexOf("]:"); at >= 0; at = text.indexOf("]:", at + 2)) {
    const before = text.slice(Math.max(0, at - MAX_LABEL_LENGTH), at);
    if (/^ {0,3}\[[^\]^][^\]]*$/.test(before.slice(before.lastIndexOf("\n") + 1))) {
      const target = /^\s*<?([^\s<>]+)>?/.exec(text.slice(at + 2, at + 2 + MAX_HREF_LENGTH))?.[1];
      if (target !== undefined) add(at, target);
    }
  }
  for (const mark of ['href="', 'src="'])
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 5)) {
      const end = text.indexOf('"', at + mark.length);
      if (end >= 0 && end - at < MAX_HREF_LENGTH) add(at, text.slice(at + mark.length, end).replaceAll("&amp;", "&"));
    }
  if (wikilinks)
    for (let at = text.indexOf("[["); at >= 0; at = text.indexOf("[[", at + 2)) {
      const inner = /^([^[\]|\n]+)(?:\|[^[\]\n]*)?\]\]/.exec(text.slice(at + 2, at + 2 + MAX_HREF_LENGTH))?.[1];
      if (inner !== undefined) add(at, `epiphyte-wiki:${encodeURI(inner.trim().replace(/\\$/, ""))}`);
    }
  if (found.length === 0) return [];
  found.sort((a, b) => a.at - b.at);
  return withLines(text, found);
}

function isLocal(href: string): boolean {
  if (href.startsWith("epiphyte-")) return true;
  return (
    href !== "" && !/^(?:[a-z][a-z0-9+.-]*:|\/\/|#|\?|\{)/i.test(href) && !href.includes("{{") && !href.includes("{%")
  );
}

/** Goes over the lines once: counts them, and knows which are code. */
function withLines(text: string, found: readonly { readonly at: number; readonly href: string }[]): readonly Link[] {
  const links: Link[] = [];
  let line = 0;
  let start = 0;
  let fence = "";
  let blankBefore = true;
  let next = 0;
  while (start < text.length && next < found.length) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    line++;
    const opening = text.slice(start, start + 12);
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(opening)?.[1];
    const indented: boolean = fence === "" && blankBefore && /^(?: {4}|\t)/.test(opening);
    const code = fence !== "" || mark !== undefined || indented;
    if (mark !== undefined) {
      if (fence === "") fence = mark;
      else if (mark.startsWith(fence)) fence = "";
    }
    let ticks = 0;
    for (let from = start; next < found.length && found[next]!.at < end; next++) {
      const { at, href } = found[next]!;
      ticks += backticks(text.slice(from, at));
      from = at;
      // Within a span of code there is an odd number before it.
      if (!code && ticks % 2 === 0) links.push({ href, line });
    }
    blankBefore = indented || start === end || text.slice(start, end).trim() === "";
    start = end + 1;
  }
  return links;
}

function backticks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("`"); at >= 0; at = text.indexOf("`", at + 1)) count++;
  return count;
}
