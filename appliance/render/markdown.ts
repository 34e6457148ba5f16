// Markdown -> HTML by marked: CommonMark and GitHub's additions (tables, task lists, strikethrough, bare links), ids on
// headings, relative links resolved against the place of the file in the repository.
//
// Raw HTML passes through, as it does in Canopy: who can push to the repository is the author of the site, and the
// Content-Security-Policy (web/headers.ts) keeps inline scripts from running. Links of Markdown that would run a script
// (`javascript:`) lose their address.

import { Marked, type Tokens } from "marked";
import type { Result } from "../../stack/base/result.ts";
import { encodePath, isMarkdownName, resolvePath, withoutMarkdownExtension } from "../content/paths.ts";
import { escapeHtml } from "./html.ts";

/**
 * Microseconds that a document of this many characters may take; some inputs cost the square of their length. Ordinary
 * text takes 1.5 a character on the engine, and ten times that where the processor is emulated.
 */
export function renderTimeLimit(length: number): number {
  return 2_000_000 + 20 * length;
}

export interface MarkdownOptions {
  /** The file's directory in the repository, "" at the top: what relative links start from. */
  readonly directory: string;
  /** The clock (microseconds) for renderTimeLimit. */
  now(): number;
}

export function renderMarkdown(markdown: string, options: MarkdownOptions): Result<string, string> {
  context = {
    directory: options.directory,
    slugs: new Map(),
    now: options.now,
    deadline: options.now() + renderTimeLimit(markdown.length),
  };
  try {
    return { ok: true, value: parser.parse(markdown, { async: false }) };
  } catch (cause) {
    if (cause instanceof TooSlow)
      return { ok: false, error: `takes more than ${(renderTimeLimit(markdown.length) / 1e6).toFixed(1)} s to render` };
    // A stack overflow of deep nesting, or a defect of the parser: the document's loss, not the site's.
    return {
      ok: false,
      error: `cannot be rendered: ${cause instanceof Error ? cause.message.split("\n")[0]!.slice(0, 200) : "out of memory"}`,
    };
  }
}

interface Context {
  readonly directory: string;
  readonly slugs: Map<string, number>;
  now(): number;
  readonly deadline: number;
}

class TooSlow extends Error {}

// Rendering is synchronous, so one context at a time is enough, and the parser is made once.
let context: Context = { directory: "", slugs: new Map(), now: () => 0, deadline: 0 };

function checkTime(): void {
  if (context.now() > context.deadline) throw new TooSlow();
}

const parser = new Marked({
  gfm: true,
  tokenizer: {
    // Called for every "[" and every delimiter: where hostile input spends its time. `false` goes on as usual.
    link(): false {
      checkTime();
      return false;
    },
    emStrong(): false {
      checkTime();
      return false;
    },
    paragraph(): false {
      checkTime();
      return false;
    },
  },
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
});

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
