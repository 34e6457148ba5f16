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
  type Token,
  Tokenizer,
  type TokenizerAndRendererExtension,
  type Tokens,
} from "marked";
import type { Result } from "../../stack/base/result.ts";
import type { Resolved } from "../content/links.ts";
import { slug, withoutAttributes } from "../content/text.ts";
import { mapAddresses } from "./absolute.ts";
import { callout, calloutOf, isCallout } from "./callout.ts";
import { highlight } from "./highlight.ts";
import { escapeHtml } from "./html.ts";
import { bounded, current, dimensions, freshContext, type MarkdownOptions, uniqueId } from "./markdown-context.ts";
import {
  DEFINITIONS,
  FOOTNOTE,
  FOOTNOTE_REFERENCE,
  footnotes,
  tableOfContents,
  WIKILINK,
} from "./markdown-extensions.ts";
import { MATH, MATH_BLOCK } from "./math.ts";
import { sanitise } from "./sanitise.ts";
import { typographic } from "./typography.ts";

/** Characters of code in a document that are highlighted; what follows is shown without colours. */
export const MAX_HIGHLIGHTED = 60_000;

/**
 * The HTML, or why there is none. Some documents cost the square of their length: who calls this bounds its work (Task),
 * whose end is no exception and comes through here as if this was not there.
 */
export function renderMarkdown(markdown: string, options: MarkdownOptions): Result<string, string> {
  if (unfinished) resetRules();
  current.context = freshContext(options);
  unfinished = true;
  try {
    const parser = parserFor(markdown, options.wikilinks);
    const body = parser.parse(markdown, { async: false });
    const notes = footnotes((tokens: Token[]) => parser.parser(tokens));
    const place = CONTENTS_HERE.exec(body);
    const contents = tableOfContents(markdown.length, place !== null);
    unfinished = false;
    const placed =
      place === null || options.contents === false
        ? contents + body
        : body.slice(0, place.index) + contents + body.slice(place.index + place[0].length);
    return { ok: true, value: placed + notes };
  } catch (cause) {
    // A stack overflow all the same, or a defect of the parser: the document's loss, not the site's.
    return {
      ok: false,
      error: `cannot be rendered: ${cause instanceof Error ? cause.message.split("\n")[0]!.slice(0, 200) : "out of memory"}`,
    };
  }
}

/** A paragraph that says where the table of contents is to stand. */
const CONTENTS_HERE = /<p>(?:\[TOC\]|\[\[toc\]\]|\[\[_TOC_\]\])<\/p>\n/;

/** The last document came to no end: its share was used up, or something was thrown. */
let unfinished = false;

/** marked's expressions are the same for all documents, and some were in the middle of one: back to the start. */
function resetRules(): void {
  for (const rules of [...Object.values(Lexer.rules.block), ...Object.values(Lexer.rules.inline)])
    for (const rule of Object.values(rules)) if (rule instanceof RegExp) rule.lastIndex = 0;
}

/** Made once for each set of extensions. */
const parsers = new Map<string, Marked>();

/** With the extensions whose signs the text has. */
function parserFor(markdown: string, wikilinks: boolean): Marked {
  const chosen: TokenizerAndRendererExtension[] = [];
  if (wikilinks && markdown.includes("[[")) chosen.push(WIKILINK);
  if (markdown.includes("[^") && markdown.includes("]:")) chosen.push(FOOTNOTE, FOOTNOTE_REFERENCE);
  if (markdown.includes("\n: ") || markdown.includes("\n:\t")) chosen.push(DEFINITIONS);
  if (markdown.includes("$")) chosen.push(MATH_BLOCK, MATH);
  const key = chosen.map(({ name }) => name).join(" ");
  let parser = parsers.get(key);
  if (parser === undefined) {
    parser = new Marked(RENDERING, chosen.length === 0 ? {} : { extensions: chosen });
    parser.setOptions({ tokenizer: new BoundedTokenizer() });
    parsers.set(key, parser);
  }
  return parser;
}

/** marked's own, which calls itself for what is within a quote, a list or a span: bounded. */
class BoundedTokenizer extends Tokenizer {
  override blockquote(src: string): Tokens.Blockquote | undefined {
    const quote = bounded(() => super.blockquote(src));
    if (quote !== undefined) calloutOf(quote, this.lexer);
    return quote;
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

const RENDERING: MarkedExtension = {
  gfm: true,
  renderer: {
    html(token: Tokens.HTML | Tokens.Tag): string {
      return measured(linkedHtml(current.context.options.untrusted === true ? sanitise(token.text) : token.text));
    },
    text(token: Tokens.Text | Tokens.Escape): string {
      if ("tokens" in token && token.tokens !== undefined) return this.parser.parseInline(token.tokens);
      const { options } = current.context;
      const text = options.typographic === true ? typographic(token.text, options.language ?? "en") : token.text;
      return "escaped" in token && token.escaped ? text : escapeText(text);
    },
    heading(token: Tokens.Heading): string {
      const { headings, strings } = current.context;
      const depth = levelOf(token.depth);
      const last = token.tokens[token.tokens.length - 1];
      let given: string | undefined;
      if (last?.type === "text" && last.raw.includes("}")) {
        const { text, id } = withoutAttributes(last["text"] as string);
        last["text"] = text;
        given = id;
      }
      const inner = this.parser.parseInline(token.tokens);
      const plainText = this.parser.parseInline(token.tokens, this.parser.textRenderer);
      const base = given ?? slug(plain(plainText).replace(/<[^>]*>/g, ""));
      if (base === "") return `<h${depth}>${inner}</h${depth}>\n`;
      const id = uniqueId(base);
      headings.push({
        depth,
        id,
        text: inner.replace(/<\/?a\b[^>]*>|<img\b[^>]*>/g, "").replace(/ id="[^"]*"/g, ""),
      });
      const label = escapeHtml(`${strings.link_here}: ${plain(plainText)}`);
      return `<h${depth} id="${escapeHtml(id)}">${inner}<a class="anchor" href="#${escapeHtml(encodeURIComponent(id))}" aria-label="${label}">#</a></h${depth}>\n`;
    },
    blockquote(token: Tokens.Blockquote): string {
      if (isCallout(token)) return callout(token, this.parser);
      return `<blockquote>\n${this.parser.parse(token.tokens)}</blockquote>\n`;
    },
    code(token: Tokens.Code): string {
      const name = /^[^\s{,]*/.exec(token.lang ?? "")![0].toLowerCase();
      const code = token.text === "" ? "" : `${token.text.replace(/\n$/, "")}\n`;
      const { context } = current;
      context.highlighted += code.length;
      const coloured = name === "" || context.highlighted > MAX_HIGHLIGHTED ? undefined : highlight(code, name);
      // Wide code scrolls, which must be possible by keyboard as well.
      const language = name === "" ? "" : ` class="language-${escapeHtml(plain(name))}"`;
      return `<pre tabindex="0"><code${language}>${coloured ?? escapeHtml(code)}</code></pre>\n`;
    },
    checkbox({ checked }: Tokens.Checkbox): string {
      const { done, to_do } = current.context.strings;
      return `<input type="checkbox" disabled${checked ? " checked" : ""} aria-label="${escapeHtml(checked ? done : to_do)}"> `;
    },
    link(token: Tokens.Link): string {
      const inner = this.parser.parseInline(token.tokens);
      const href = address(plain(token.href));
      if (href === undefined) return inner;
      return `<a href="${escapeHtml(href)}"${title(token.title)}>${inner}</a>`;
    },
    image(token: Tokens.Image): string {
      const src = address(plain(token.href));
      // CommonMark 6.4: what the description says, without its marks.
      const words = this.parser.parseInline(token.tokens, this.parser.textRenderer);
      if (src === undefined) return escapeHtml(plain(words));
      return `<img src="${escapeHtml(src)}" alt="${escapeHtml(plain(words))}"${title(token.title)}${dimensions(src)} loading="lazy">`;
    },
    table(token: Tokens.Table): string {
      const cell = (tag: string, item: Tokens.TableCell): string => {
        const align = item.align === null ? "" : ` class="${item.align}"`;
        return `<${tag}${align}>${this.parser.parseInline(item.tokens)}</${tag}>`;
      };
      const head = token.header.map((item) => cell("th", item)).join("");
      const rows = token.rows.map((row) => `<tr>${row.map((item) => cell("td", item)).join("")}</tr>\n`).join("");
      // Scrolls by itself on a narrow screen.
      return `<div class="table" tabindex="0"><table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${rows}</tbody></table></div>\n`;
    },
  },
};

/** The level below the page's title: none is skipped on the way down, and those that were of one level stay so. */
function levelOf(written: number): number {
  const { levels, options } = current.context;
  if (options.titled !== true) return written;
  while (levels.length > 0 && levels[levels.length - 1]!.written >= written) levels.pop();
  const above = levels.length === 0 ? 1 : levels[levels.length - 1]!.shown;
  const shown = Math.min(written, above + 1);
  levels.push({ written, shown });
  return shown;
}

/** HTML with its links resolved; what leads nowhere stays as it was written. */
export function linkedHtml(
  markup: string,
  resolve: (href: string) => Resolved = (href) => current.context.options.resolve(href),
): string {
  if (!/(?:href|src|srcset|poster)\s*=/i.test(markup)) return markup;
  return mapAddresses(markup, (href) => {
    const resolved = resolve(plain(href));
    return resolved.kind === "found" || href.startsWith("epiphyte-") ? escapeHtml(resolved.href) : href;
  });
}

/** Pictures of HTML have their size as well, unless it says one. */
function measured(markup: string): string {
  if (current.context.options.size === undefined || !/<img\s/i.test(markup)) return markup;
  return markup.replace(/<img\s[^>]*>/gi, (tag) => {
    const src = /\ssrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i.exec(tag);
    if (src === null || /\s(?:width|height|style)\s*=/i.test(tag)) return tag;
    return `<img${dimensions(plain(src[1] ?? src[2] ?? src[3] ?? ""))}${tag.slice(4)}`;
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

/** Text between tags: quotes stay, as CommonMark has them escaped, character references as they are. */
function escapeText(text: string): string {
  return /[<>"&]/.test(text)
    ? text.replace(/[<>"]|&(?!(?:#\d{1,7}|#[Xx][a-fA-F0-9]{1,6}|\w+);)/g, (c) => TEXT_ENTITIES[c]!)
    : text;
}
const TEXT_ENTITIES: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", '"': "&quot;", "&": "&amp;" };

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
  return current.context.options.resolve(href).href;
}
