// Markdown -> HTML by marked: CommonMark and GitHub's additions (tables, task lists, strikethrough, bare links), ids on
// headings, relative links resolved against the place of the file in the repository.
//
// Raw HTML passes through, as it does in Canopy: who can push to the repository is the author of the site, and the
// Content-Security-Policy (web/headers.ts) keeps inline scripts from running. Links of Markdown that would run a script
// (`javascript:`) lose their address.

import { Lexer, Marked, Tokenizer, type Tokens } from "marked";
import type { Result } from "../../stack/base/result.ts";
import { encodePath, isMarkdownName, resolvePath, withoutMarkdownExtension } from "../content/paths.ts";
import { escapeHtml } from "./html.ts";

/** Quotes, lists and inline markup within each other; what is nested deeper is text. The stack holds several times this. */
export const MAX_NESTING = 100;

export interface MarkdownOptions {
  /** The file's directory in the repository, "" at the top: what relative links start from. */
  readonly directory: string;
}

/**
 * The HTML, or why there is none. Some documents cost the square of their length: who calls this bounds its work (Task),
 * whose end is no exception and comes through here as if this was not there.
 */
export function renderMarkdown(markdown: string, options: MarkdownOptions): Result<string, string> {
  if (unfinished) resetRules();
  context = { directory: options.directory, slugs: new Map() };
  nesting = 0;
  unfinished = true;
  try {
    const value = parser.parse(markdown, { async: false });
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
  readonly directory: string;
  readonly slugs: Map<string, number>;
}

// Rendering is synchronous, so one context at a time is enough, and the parser is made once.
let context: Context = { directory: "", slugs: new Map() };
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

const parser = new Marked({
  gfm: true,
  renderer: {
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
}).setOptions({ tokenizer: new BoundedTokenizer() });

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
  if (SCHEME.test(squeezed)) {
    if (/^(javascript|vbscript|data):/i.test(squeezed) && !/^data:image\/(png|gif|jpe?g|webp|avif);/i.test(squeezed))
      return undefined;
    return href;
  }
  if (href === "" || href.startsWith("#") || href.startsWith("//") || href.startsWith("?")) return href;
  return resolveLink(context.directory, href);
}

/**
 * A relative link -> the URL path that it means: as files lie in the repository, Markdown files without their
 * extension. One that climbs out of the repository stays as it is.
 */
export function resolveLink(directory: string, href: string): string {
  const path = /^[^?#]*/.exec(href)![0];
  const rest = href.slice(path.length);
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    return href;
  }
  const resolved = resolvePath(directory, decoded);
  if (resolved === undefined) return href;
  const bare = isMarkdownName(resolved) ? withoutMarkdownExtension(resolved).replace(/(^|\/)index$/, "") : resolved;
  const slash = decoded.endsWith("/") && bare !== "" ? "/" : "";
  return `/${encodePath(bare)}${slash}${rest}`;
}
