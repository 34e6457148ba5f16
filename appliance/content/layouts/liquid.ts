// The Liquid that Jekyll's posts use -> Markdown: {% raw %}, {% comment %}, {% highlight %}, {% post_url %}, {% link %},
// and outputs whose value the settings or the header have. Anything else is a program: it is taken away, and is a fault.

import type { Expansion } from "./layout.ts";
import { codeBlock, Faults, reference, spans } from "./shortcodes.ts";
import { zolaSlug } from "./slugs.ts";

/** Values of outputs: `site.title`, `page.slug`; undefined: not known. */
export type Lookup = (name: string) => string | undefined;

/** Tags of themes and plug-ins that leave nothing behind, and are not worth a word. */
const SILENT = /^(?:toc|comment|endcomment|seo|feed_meta|capture|endcapture)$/;

/** Names of pages that are made here as well. */
export const GENERATED =
  /^(?:index|feeds?|rss|atom|json|sitemap|tags?|tags?-(?:list|pages?)|tagpages?|categor(?:y|ies)|archives?|blog|posts?|articles|notes|404|robots|search|pages?)\b/i;

/** The address of what is made here in the place of a page that goes over the posts; undefined: it is none. */
export function listOfPosts(path: string, text: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!GENERATED.test(name) || !/\{%-?\s*for\s/.test(text)) return undefined;
  const kind = /^(?:archive|tag|categor|search)/i.exec(name)?.[0].toLowerCase();
  return kind === undefined
    ? "/"
    : { archive: "/archive/", tag: "/tags/", categor: "/categories/", search: "/search/" }[kind];
}

/** Linear in the text. */
export function expandLiquid(text: string, lookup: Lookup): Expansion {
  if (!text.includes("{%") && !text.includes("{{")) return { text, faults: [] };
  const faults = new Faults(text);
  const variables = new Map<string, string>();
  const look: Lookup = (name) => variables.get(name) ?? lookup(name);
  const pieces = spans(text, [
    ["{%", "%}"],
    ["{{", "}}"],
  ]);
  /** Tags whose closing is in the text as well: what lies between stays. */
  const closed = new Set(
    pieces.flatMap(({ open, inner }) => (open === "{%" && bare(inner).startsWith("end") ? [bare(inner).slice(3)] : [])),
  );
  let made = "";
  let at = 0;
  for (let i = 0; i < pieces.length; i++) {
    const { start, end, inner, open } = pieces[i]!;
    if (start < at) continue;
    made += text.slice(at, start);
    at = end;
    const words = inner.replace(/^-|-$/g, "").trim();
    if (open === "{{") {
      const value = liquidOutput(words, look);
      if (value === undefined) faults.add(`Liquid's {{ ${words.slice(0, 60)} }} is not known here and left out`, start);
      made += value ?? "";
      continue;
    }
    const [name = "", ...rest] = words.split(/\s+/);
    const argument = rest.join(" ");
    const close = name === "raw" || name === "comment" || name === "highlight" ? `end${name}` : undefined;
    if (close !== undefined) {
      const closing = closingAfter(pieces, i, close);
      const stop = closing < 0 ? text.length : pieces[closing]!.start;
      const enclosed = text.slice(end, stop);
      if (name === "raw") made += enclosed;
      if (name === "highlight") made += codeBlock(rest[0] ?? "", enclosed);
      at = closing < 0 ? text.length : pieces[closing]!.end;
      if (closing >= 0) i = closing;
      continue;
    }
    if (name === "post_url") made += reference("post", argument);
    else if (name === "link") made += reference("path", argument);
    else if (name === "assign") {
      const match = /^([\w.-]+)\s*=\s*(.*)$/.exec(argument);
      const value = match === null ? undefined : liquidOutput(match[2]!, look);
      if (match !== null && value !== undefined) variables.set(match[1]!, value);
    } else if (closed.has(name))
      faults.add(`Liquid's {% ${name} %} is not known here; what it encloses is shown`, start);
    else if (!SILENT.test(name) && !name.startsWith("#") && !closed.has(name.slice(3)))
      faults.add(`Liquid's {% ${words.slice(0, 60)} %} is not known here and left out`, start);
  }
  return { text: made + text.slice(at), faults: faults.all() };
}

/** Index of the tag that ends another; -1: none does. What lies between is not looked at again. */
function closingAfter(pieces: ReturnType<typeof spans>, opening: number, name: string): number {
  for (let i = opening + 1; i < pieces.length; i++)
    if (pieces[i]!.open === "{%" && bare(pieces[i]!.inner) === name) return i;
  return -1;
}

function bare(inner: string): string {
  return inner.replace(/^-|-$/g, "").trim();
}

/** A value with its filters; undefined when one of them is not known. */
export function liquidOutput(words: string, lookup: Lookup): string | undefined {
  const [source = "", ...filters] = (words.match(/(?:[^|"']|"[^"]*"|'[^']*'|["'])+/g) ?? []).map((part) => part.trim());
  let value = valueIn(source, lookup);
  for (const filter of filters) {
    if (value === undefined) return undefined;
    const [name = "", rest] = splitFilter(filter);
    value = applied(value, name, rest === undefined ? undefined : valueIn(rest, lookup), lookup);
  }
  return value;
}

function splitFilter(filter: string): readonly [string, string | undefined] {
  const colon = filter.indexOf(":");
  return colon < 0 ? [filter, undefined] : [filter.slice(0, colon).trim(), filter.slice(colon + 1).trim()];
}

function valueIn(source: string, lookup: Lookup): string | undefined {
  const quoted = /^(?:"([^"]*)"|'([^']*)')$/.exec(source);
  if (quoted !== null) return quoted[1] ?? quoted[2];
  return /^-?\d+(?:\.\d+)?$/.test(source) ? source : lookup(source);
}

function applied(value: string, name: string, argument: string | undefined, lookup: Lookup): string | undefined {
  switch (name) {
    case "relative_url":
      return `/${value.replace(/^\/+/, "")}`;
    case "absolute_url":
      return `${lookup("site.url") ?? ""}/${value.replace(/^\/+/, "")}`;
    case "prepend":
      return argument === undefined ? undefined : argument + value;
    case "append":
      return argument === undefined ? undefined : value + argument;
    case "escape":
    case "xml_escape":
    case "escape_once":
      return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
    case "upcase":
    case "upper":
      return value.toUpperCase();
    case "downcase":
    case "lower":
      return value.toLowerCase();
    case "strip":
    case "trim":
      return value.trim();
    // Of Eleventy, whose address has no path before it here.
    case "url":
    case "safe":
      return value;
    case "slug":
    case "slugify":
      return zolaSlug(value);
    default:
      return undefined;
  }
}
