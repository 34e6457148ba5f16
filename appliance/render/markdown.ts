// Markdown -> HTML by marked: CommonMark and GitHub's additions (tables, task lists, strikethrough, bare links), ids on
// headings, links resolved by who knows all addresses, `[[name]]` as a link.
//
// Raw HTML passes through, as it does in Canopy: who can push to the repository is the author of the site, and the
// Content-Security-Policy (web/headers.ts) keeps inline scripts from running. Links of Markdown that would run a script
// (`javascript:`) lose their address.

import {
  Lexer,
  Marked,
  type MarkedExtension,
  Tokenizer,
  type TokenizerAndRendererExtension,
  type Tokens,
} from "marked";
import type { Result } from "../../stack/base/result.ts";
import type { Resolved } from "../content/links.ts";
import { mapAddresses } from "./absolute.ts";
import { escapeHtml } from "./html.ts";

/** Quotes, lists and inline markup within each other; what is nested deeper is text. The stack holds several times this. */
export const MAX_NESTING = 100;

export interface MarkdownOptions {
  /** What a link leads to, of Markdown or of the HTML in it. */
  resolve(href: string): Resolved;
  /** True: `[[name]]` is a link, and text when nothing of that name is there. */
  readonly wikilinks: boolean;
}

/**
 * The HTML, or why there is none. Some documents cost the square of their length: who calls this bounds its work (Task),
 * whose end is no exception and comes through here as if this was not there.
 */
export function renderMarkdown(markdown: string, options: MarkdownOptions): Result<string, string> {
  if (unfinished) resetRules();
  context = { resolve: (href) => options.resolve(href), slugs: new Map() };
  nesting = 0;
  unfinished = true;
  try {
    const chosen = options.wikilinks && markdown.includes("[[") ? wikiParser : parser;
    const value = chosen.parse(markdown, { async: false });
    unfinished = false;
    return { ok: true, value };
  } catch (cause) {
    // A stack overflow all the same, or a defect of the parser: the document's loss, not the site's.
    return {
      ok: false,
      error: `cannot be rendered: ${cause instanceof Error ? cause.message.split("\n")[0]!.slice(0, 200) : "out of memory"}`,
    };
  }
}

interface Context {
  readonly resolve: (href: string) => Resolved;
  readonly slugs: Map<string, number>;
}

// Rendering is synchronous, so one context at a time is enough, and the parser is made once.
let context: Context = { resolve: (href) => ({ kind: "elsewhere", href }), slugs: new Map() };
let nesting = 0;
/** The last document came to no end: its share was used up, or something was thrown. */
let unfinished = false;

/** marked's expressions are the same for all documents, and some were in the middle of one: back to the start. */
function resetRules(): void {
  for (const rules of [...Object.values(Lexer.rules.block), ...Object.values(Lexer.rules.inline)])
    for (const rule of Object.values(rules)) if (rule instanceof RegExp) rule.lastIndex = 0;
}

/** marked's own, which calls itself for what is within a quote, a list or a span: bounded. */
class BoundedTokenizer extends Tokenizer {
  override blockquote(src: string): Tokens.Blockquote | undefined {
    return bounded(() => super.blockquote(src));
  }
  override list(src: string): Tokens.List | undefined {
    return bounded(() => super.list(src));
  }
  override link(src: string): Tokens.Link | Tokens.Image | undefined {
    return bounded(() => super.link(src));
  }
  override reflink(
    src: string,
    links: Parameters<Tokenizer["reflink"]>[1],
  ): Tokens.Link | Tokens.Image | Tokens.Text | undefined {
    return bounded(() => super.reflink(src, links));
  }
  override emStrong(src: string, masked: string, before?: string): Tokens.Em | Tokens.Strong | undefined {
    return bounded(() => super.emStrong(src, masked, before));
  }
  override del(src: string, masked: string, before?: string): Tokens.Del | undefined {
    return bounded(() => super.del(src, masked, before));
  }
}

function bounded<T>(inner: () => T | undefined): T | undefined {
  if (nesting === MAX_NESTING) return undefined;
  nesting++;
  try {
    return inner();
  } finally {
    nesting--;
  }
}

const RENDERING: MarkedExtension = {
  gfm: true,
  renderer: {
    html(token: Tokens.HTML | Tokens.Tag): string {
      return linkedHtml(token.text);
    },
    heading(token: Tokens.Heading): string {
      const inner = this.parser.parseInline(token.tokens);
      const id = slug(this.parser.parseInline(token.tokens, this.parser.textRenderer));
      return `<h${token.depth}${id === "" ? "" : ` id="${escapeHtml(id)}"`}>${inner}</h${token.depth}>\n`;
    },
    link(token: Tokens.Link): string {
      const inner = this.parser.parseInline(token.tokens);
      const href = address(plain(token.href));
      if (href === undefined) return inner;
      return `<a href="${escapeHtml(href)}"${title(token.title)}>${inner}</a>`;
    },
    image(token: Tokens.Image): string {
      const src = address(plain(token.href));
      if (src === undefined) return escapeHtml(plain(token.text));
      return `<img src="${escapeHtml(src)}" alt="${escapeHtml(plain(token.text))}"${title(token.title)} loading="lazy">`;
    },
    table(token: Tokens.Table): string {
      const cell = (tag: string, item: Tokens.TableCell): string => {
        const align = item.align === null ? "" : ` class="${item.align}"`;
        return `<${tag}${align}>${this.parser.parseInline(item.tokens)}</${tag}>`;
      };
      const head = token.header.map((item) => cell("th", item)).join("");
      const rows = token.rows.map((row) => `<tr>${row.map((item) => cell("td", item)).join("")}</tr>\n`).join("");
      // Scrolls by itself on a narrow screen.
      return `<div class="table"><table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${rows}</tbody></table></div>\n`;
    },
  },
};

/** `[[name]]`, `[[name|words]]`, `![[picture.png]]`. */
const WIKILINK: TokenizerAndRendererExtension = {
  name: "wikilink",
  level: "inline",
  tokenizer(source: string): Tokens.Generic | undefined {
    const match = /^(!?)\[\[([^[\]|\n]{1,500})(?:\|([^[\]\n]{0,500}))?\]\]/.exec(source);
    if (match === null) return undefined;
    return { type: "wikilink", raw: match[0], embed: match[1] === "!", target: match[2]!.trim(), words: match[3] };
  },
  renderer(token: Tokens.Generic): string {
    const target = String(token["target"]);
    const resolved = context.resolve(`epiphyte-wiki:${encodeURI(target)}`);
    const { words } = token;
    const label = typeof words === "string" && words.trim() !== "" ? words.trim() : target.replace(/^#/, "");
    if (resolved.kind === "broken") return escapeHtml(token["embed"] === true ? `![[${target}]]` : label);
    const href = escapeHtml(resolved.href);
    if (token["embed"] !== true || !PICTURE.test(target)) return `<a href="${href}">${escapeHtml(label)}</a>`;
    // Obsidian writes a width in the place of the words.
    const width = /^\d{1,4}$/.test(label) ? ` width="${label}"` : "";
    const alt = width === "" && label !== target ? label : "";
    return `<img src="${href}" alt="${escapeHtml(alt)}"${width} loading="lazy">`;
  },
};
const PICTURE = /\.(?:png|jpe?g|gif|svg|webp|avif|bmp)$/i;

const parser = new Marked(RENDERING).setOptions({ tokenizer: new BoundedTokenizer() });
const wikiParser = new Marked(RENDERING, { extensions: [WIKILINK] }).setOptions({ tokenizer: new BoundedTokenizer() });

/** HTML with its links resolved; what leads nowhere stays as it was written. */
export function linkedHtml(markup: string, resolve: (href: string) => Resolved = context.resolve): string {
  if (!/(?:href|src|srcset|poster)\s*=/i.test(markup)) return markup;
  return mapAddresses(markup, (href) => {
    const resolved = resolve(plain(href));
    return resolved.kind === "found" || href.startsWith("epiphyte-") ? escapeHtml(resolved.href) : href;
  });
}

function title(text: string | null | undefined): string {
  return text === null || text === undefined || text === "" ? "" : ` title="${escapeHtml(plain(text))}"`;
}

/**
 * Character references (CommonMark 2.5) -> characters: marked leaves them as they are in addresses and alternative text.
 * Of the named ones only those that are written in practice; any other stays and means nothing to a browser either.
 */
function plain(text: string): string {
  return text.replace(/&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-z]{2,5}));/g, (all, decimal, hex, name) => {
    if (name !== undefined) return Object.hasOwn(REFERENCES, name) ? REFERENCES[name]! : all;
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code === 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? "\uFFFD" : String.fromCodePoint(code);
  });
}

const REFERENCES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
};

/** GitHub's rule for ids: lower case, letters, digits, "-" and "_"; repeated ones are numbered. */
function slug(text: string): string {
  const base = plain(text)
    .replace(/<[^>]*>/g, "")
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, "")
    .replace(/\s+/g, "-")
    .slice(0, 100);
  if (base === "") return "";
  const seen = context.slugs.get(base) ?? 0;
  context.slugs.set(base, seen + 1);
  return seen === 0 ? base : `${base}-${seen}`;
}

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** The address of a link in the page, or undefined when it would run something. */
function address(href: string): string | undefined {
  // Browsers ignore blanks and control characters within a scheme.
  const squeezed = href.replace(/[\x00-\x20\x7f]+/g, "");
  if (SCHEME.test(squeezed) && !squeezed.startsWith("epiphyte-")) {
    if (/^(javascript|vbscript|data):/i.test(squeezed) && !/^data:image\/(png|gif|jpe?g|webp|avif);/i.test(squeezed))
      return undefined;
    return href;
  }
  return context.resolve(href).href;
}
