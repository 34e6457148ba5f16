// Which keys of a header decide whether a document is seen, and what their values say. The rule: a key that can hide, with
// a value that does not plainly say "shown", hides, and is a problem that names it.
//
// There are no pages here that are served and not listed: what asks for that is not served at all.

import { asText, UNREADABLE } from "./front-matter.ts";
import { parseMoment } from "./time.ts";
import type { Saying, Verdict } from "./visibility.ts";

/**
 * hides: true hides. misspelt: anything but false hides. shows: false hides. state: a word. from, until: a moment. first: a moment, may be empty.
 * build: Hugo's words. secret: anything hides. indexed, unindexed: for search engines alone. address: false hides.
 */
export type Rule =
  | "hides"
  | "misspelt"
  | "shows"
  | "state"
  | "build"
  | "first"
  | "from"
  | "until"
  | "secret"
  | "address"
  | "indexed"
  | "unindexed";

/** Keys in lower case without anything but letters ("is_draft", "isDraft"). */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>(
  Object.entries<readonly string[]>({
    hides: words(
      "draft drafts isdraft wip private isprivate hidden ishidden hide unlisted isunlisted unpublished nopublish " +
        "dontpublish donotpublish secret confidential protected encrypted membersonly exclude excluded ignore ignored " +
        "disabled trashed deleted removed eleventyexcludefromcollections",
    ),
    shows: words("published ispublished publish public ispublic listed visible isvisible enabled render"),
    state: words("status poststatus pagestatus publishstatus publicationstatus visibility access accesslevel"),
    from: words(
      "publishdate publisheddate publicationdate pubdate pubdatetime publishdatetime publishedtime publishedat publishedon publishat publishon publishtime " +
        "datepublished embargo embargountil embargoeduntil scheduled scheduledfor scheduledat golive",
    ),
    until: words(
      "expirydate expirationdate expiredate expires expiry expire expired expiresat expireson expireat expireon " +
        "dateexpires unpublishdate unpublishat unpublishon",
    ),
    first: words("date created"),
    secret: words("password passphrase"),
    indexed: words("sitemap robots"),
    unindexed: words("noindex robotsnoindex sitemapexclude excludefromsitemap nositemap"),
    address: words("permalink"),
  }).flatMap(([rule, keys]) => keys.map((key) => [key, rule as Rule] as const)),
);
/** Maps in which such keys are written: Hugo's and Zola's own keys, and their options for building. */
const CONTAINERS: ReadonlySet<string> = new Set(
  words("params param extra page post meta metadata options seo build eleventycomputed"),
);
/** Keys of Hugo's `build`. */
const BUILD_KEYS: ReadonlySet<string> = new Set(words("list render"));

const TRUE = /^(true|yes|on|y|t|1)$/i;
const FALSE = /^(false|no|off|n|f|0)$/i;
const SHOWN_STATES: ReadonlySet<string> = new Set(
  words(
    "published publish public live released release final visible listed shown active open online everyone anyone all " +
      "stable current complete completed done finished",
  ),
);
const HIDDEN_STATES: ReadonlySet<string> = new Set(
  words("draft private hidden pending future scheduled trash trashed deleted unpublished expired"),
);
/** Parts of a page that Material for MkDocs hides by `hide: [toc]`. */
const PAGE_PARTS: ReadonlySet<string> = new Set(words("toc navigation footer path tags feedback"));

/** Maps within maps that are looked into. */
const MAX_DEPTH = 8;
/** Items of one map or list that are looked at. */
const MAX_ITEMS = 1000;

function words(text: string): readonly string[] {
  return text.split(" ");
}

export function nameOf(key: string): string {
  return key.toLowerCase().replace(/[^a-z]+/g, "");
}

export function ruleOf(name: string): Rule | undefined {
  return RULES.get(name) ?? (name.includes("draft") ? "misspelt" : undefined);
}

/** `depth`: maps around the entry. */
export function judge(verdict: Verdict, key: string, value: unknown, depth: number): void {
  const name = nameOf(key);
  const rule = ruleOf(name);
  if (rule !== undefined) verdict.take(key, sayingOf(rule, name, value));
  else if (typeof value === "object" && value !== null) judgeMap(verdict, key, value, depth);
}

/** A map or a list of another key's: what in it may hide all the same. */
function judgeMap(verdict: Verdict, key: string, value: object, depth: number): void {
  const name = nameOf(key);
  const container = CONTAINERS.has(name) || key === "<<";
  const items: readonly [string, unknown][] = Array.isArray(value)
    ? value.map((item: unknown) => ["", item])
    : Object.entries(value);
  if (depth >= MAX_DEPTH || items.length > MAX_ITEMS) {
    verdict.take(key, doubt("is too large a map to be sure that it hides nothing"));
    return;
  }
  for (const [inner, item] of items) {
    const within = nameOf(inner);
    if (name === "build" && BUILD_KEYS.has(within)) verdict.take(`${key}.${inner}`, sayingOf("build", within, item));
    // Elsewhere a map has words of its own: `cover: { hidden: true }` hides a picture.
    else if (container || ruleOf(within) === undefined || within.includes("draft"))
      judge(verdict, inner, item, depth + 1);
  }
}

/** What the value of a key with a rule says. `name`: the key by `nameOf`. */
export function sayingOf(rule: Rule, name: string, value: unknown): Saying {
  if (value === UNREADABLE) return doubt("cannot be read");
  return SAYINGS[rule](asText(value) ?? "", value, name);
}

const SHOWN: Saying = { kind: "shown" };
const HIDDEN: Saying = { kind: "hidden" };
const UNINDEXED: Saying = { kind: "unindexed" };

function doubt(reason: string): Saying {
  return { kind: "doubt", reason };
}

/** By rule: `text` is the value as text, "" for a list, a map or nothing. */
const SAYINGS: Readonly<Record<Rule, (text: string, value: unknown, name: string) => Saying>> = {
  hides: (text, value, name) => {
    if (FALSE.test(text) || isPageParts(value)) return SHOWN;
    return TRUE.test(text) ? hiddenAs(name) : doubt(`${quote(value)} is neither true nor false`);
  },
  misspelt: (text) => (FALSE.test(text) ? SHOWN : doubt("is no key that is known; write draft: true or draft: false")),
  shows: (text, value) => {
    if (TRUE.test(text)) return SHOWN;
    if (FALSE.test(text)) return HIDDEN;
    return dated("from", text) ?? doubt(`${quote(value)} is neither true nor false, nor a date`);
  },
  state: (text, value) => {
    const state = text.toLowerCase();
    if (SHOWN_STATES.has(state)) return SHOWN;
    if (HIDDEN_STATES.has(state)) return hiddenAs(state);
    return doubt(`${quote(value)} is not known; what is shown is "published" or "public"`);
  },
  build: (text, value) => {
    if (TRUE.test(text) || text === "always") return SHOWN;
    if (FALSE.test(text) || text === "never") return HIDDEN;
    return doubt(`${quote(value)} is not known; what is shown is "always"`);
  },
  first: (text, value) =>
    value === null || value === "" || text === "false" ? SHOWN : (dated("from", text) ?? noDate(value)),
  from: (text, value) => dated("from", text) ?? noDate(value),
  until: (text, value) => {
    if (FALSE.test(text) || /^(never|none)$/i.test(text)) return SHOWN;
    return dated("until", text) ?? noDate(value);
  },
  secret: (text, value) => {
    if (value === null || value === "" || FALSE.test(text)) return SHOWN;
    return doubt("pages behind a password are not known here");
  },
  // Eleventy writes no page for `permalink: false`; anything else is an address.
  address: (text, value) => {
    if (FALSE.test(text) || isUnwritten(value)) return HIDDEN;
    // A program that is not run here may come to the same.
    return /\{[{%]/.test(text) && /\bfalse\b/.test(text)
      ? doubt("is a program that may hide the page; it is not run")
      : SHOWN;
  },
  indexed: (_, value) => (isIndexed(value) ? SHOWN : UNINDEXED),
  unindexed: (text) => (FALSE.test(text) ? SHOWN : UNINDEXED),
};

/** What is meant for those who know its address is seen by nobody here: said, since it is not what was asked for. */
function hiddenAs(name: string): Saying {
  return /^(is)?(unlisted|hidden)$|^eleventy/.test(name)
    ? doubt("pages that are served but not listed are not known here")
    : HIDDEN;
}

function dated(kind: "from" | "until", text: string): Saying | undefined {
  const moment = parseMoment(text);
  return moment === undefined ? undefined : { kind, seconds: moment.seconds };
}

function noDate(value: unknown): Saying {
  return doubt(`${quote(value)} is no date that can be read; write 2026-05-01 or 2026-05-01T10:30:00+02:00`);
}

/** `permalink: { build: false }` */
function isUnwritten(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, item]) => key === "build" && FALSE.test(asText(item) ?? ""));
}

function isPageParts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => PAGE_PARTS.has(asText(item) ?? ""));
}

/** `sitemap: false`, `sitemap: { exclude: true }`, `robots: noindex`; what is not understood asks search engines to go. */
function isIndexed(value: unknown): boolean {
  const text = asText(value);
  if (text !== undefined) return TRUE.test(text) || /^(index|follow|all|[\s,])+$/i.test(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([key, item]) => /^(priority|changefreq|lastmod|filename)$/i.test(key) || FALSE.test(asText(item) ?? ""),
  );
}

function quote(value: unknown): string {
  const text = asText(value);
  if (text !== undefined) return JSON.stringify(text.slice(0, 60));
  return value === null || value === "" ? "an empty value" : "a list or a map";
}

/** For tests: every key that has a rule. */
export const VISIBILITY_KEYS: ReadonlyMap<string, string> = RULES;
