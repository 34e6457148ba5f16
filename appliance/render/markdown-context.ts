// What is known while one document is rendered. Rendering is synchronous, so one at a time is enough.

import type { Token } from "marked";
import type { Resolved } from "../content/links.ts";
import { ENGLISH, type Strings } from "../content/words.ts";

export interface MarkdownOptions {
  /** What a link leads to, of Markdown or of the HTML in it. */
  resolve(href: string): Resolved;
  /** True: `[[name]]` is a link, and text when nothing of that name is there. */
  readonly wikilinks: boolean;
  /** Words that the renderer adds; English where there are none. */
  readonly strings?: Strings;
  /** BCP 47: whose quotation marks are set. */
  readonly language?: string;
  /** True: straight quotes, hyphens and dots as printers set them. */
  readonly typographic?: boolean;
  /** True: the text stands below a title of the first level, and its headings skip no level. */
  readonly titled?: boolean;
  /** True: raw HTML is sanitised. */
  readonly untrusted?: boolean;
  /** Whether there is a table of contents; undefined: by the length of the text. */
  readonly contents?: boolean | undefined;
  /** Width and height of a picture of the site, by its resolved address. */
  size?(href: string): Size | undefined;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Heading {
  readonly depth: number;
  readonly id: string;
  /** HTML without links. */
  readonly text: string;
}

/** A footnote: what it says, and its number and how often it was referred to, when it was. */
export interface Note {
  readonly tokens: Token[];
  number: number;
  references: number;
}

/** Of a picture of the site, so that the page does not jump when it comes. */
export function dimensions(src: string): string {
  const size = current.context.options.size?.(src);
  return size === undefined ? "" : ` width="${size.width}" height="${size.height}"`;
}

export interface Context {
  readonly options: MarkdownOptions;
  readonly strings: Strings;
  /** Ids that are taken, and the number of the next like it. */
  readonly ids: Map<string, number>;
  readonly headings: Heading[];
  /** Headings around the place that is rendered, from the outermost. */
  readonly levels: { readonly written: number; readonly shown: number }[];
  readonly notes: Map<string, Note>;
  /** Those that were referred to, in that order. */
  readonly referred: Note[];
  /** Characters of code that were highlighted. */
  highlighted: number;
  /** Formulas that were set. */
  formulas: number;
  nesting: number;
}

/** Ids that the page around a text has. */
const PAGE_IDS: readonly string[] = ["content", "footnotes", "related", "latest", "found", "q", "epiphyte-problems"];

export function freshContext(options: MarkdownOptions): Context {
  return {
    options,
    strings: options.strings ?? ENGLISH,
    ids: new Map(PAGE_IDS.map((id) => [id, 1])),
    headings: [],
    levels: [],
    notes: new Map(),
    referred: [],
    highlighted: 0,
    formulas: 0,
    nesting: 0,
  };
}

const NOTHING_IS_THERE: MarkdownOptions = { resolve: (href) => ({ kind: "elsewhere", href }), wikilinks: false };

/** The document that is being rendered. */
export const current: { context: Context } = { context: freshContext(NOTHING_IS_THERE) };

/** Quotes, lists and inline markup within each other; what is nested deeper is text. The stack holds several times this. */
export const MAX_NESTING = 100;

export function bounded<T>(inner: () => T | undefined): T | undefined {
  const { context } = current;
  if (context.nesting === MAX_NESTING) return undefined;
  context.nesting++;
  try {
    return inner();
  } finally {
    context.nesting--;
  }
}

/** The id, or one like it that nothing else has. */
export function uniqueId(base: string): string {
  const { ids } = current.context;
  let n = ids.get(base) ?? 0;
  let id = n === 0 ? base : `${base}-${n}`;
  while (n > 0 && ids.has(id)) id = `${base}-${++n}`;
  ids.set(id, 1);
  // A name that is asked for often goes on where it was.
  if (id !== base) ids.set(base, n + 1);
  return id;
}
