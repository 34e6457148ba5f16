// What is written in Markdown beyond CommonMark and GitHub's additions: footnotes, lists of definitions, `[[name]]`. Each
// is part of the parser only for a text that has its signs, so that no other pays for it.

import type { Token, TokenizerAndRendererExtension, Tokens } from "marked";
import { escapeHtml } from "./html.ts";
import { bounded, current, dimensions, type Note } from "./markdown-context.ts";

/** `[[name]]`, `[[name|words]]`, `![[picture.png]]`. */
export const WIKILINK: TokenizerAndRendererExtension = {
  name: "wikilink",
  level: "inline",
  tokenizer(source: string): Tokens.Generic | undefined {
    const match = /^(!?)\[\[([^[\]|\n]{1,500})(?:\|([^[\]\n]{0,500}))?\]\]/.exec(source);
    if (match === null) return undefined;
    return { type: "wikilink", raw: match[0], embed: match[1] === "!", target: match[2]!.trim(), words: match[3] };
  },
  renderer(token: Tokens.Generic): string {
    const target = String(token["target"]).replace(/\\$/, "");
    const resolved = current.context.options.resolve(`epiphyte-wiki:${encodeURI(target)}`);
    const { words } = token;
    const label = typeof words === "string" && words.trim() !== "" ? words.trim() : target.replace(/^#/, "");
    if (resolved.kind === "broken") return escapeHtml(token["embed"] === true ? `![[${target}]]` : label);
    const href = escapeHtml(resolved.href);
    if (token["embed"] !== true || !PICTURE.test(target)) return `<a href="${href}">${escapeHtml(label)}</a>`;
    // Obsidian writes a width in the place of the words, or width and height.
    const [, across, down] = /^(\d{1,4})(?:x(\d{1,4}))?$/.exec(label) ?? [];
    const height = down === undefined ? "" : ` height="${down}"`;
    const width = across === undefined ? "" : ` width="${across}"${height}`;
    const size = width === "" ? dimensions(resolved.href) : width;
    const alt = width === "" && label !== target ? label : "";
    return `<img src="${href}" alt="${escapeHtml(alt)}"${size} loading="lazy">`;
  },
};
const PICTURE = /\.(?:png|jpe?g|gif|svg|webp|avif|bmp)$/i;

/** Characters in which the end of a paragraph is looked for: the whole rest each time would cost its square. */
const LOOK_AHEAD = 4000;
/** Footnotes of a document. */
export const MAX_NOTES = 1000;

/** `[^label]: text`, its other lines indented or following at once. */
export const FOOTNOTE: TokenizerAndRendererExtension = {
  name: "footnote",
  level: "block",
  start(source: string): number | undefined {
    const at = source.slice(0, LOOK_AHEAD).indexOf("\n[^");
    return at < 0 ? undefined : at + 1;
  },
  tokenizer(source: string): Tokens.Generic | undefined {
    const opening = /^ {0,3}\[\^([^\]\s]{1,100})\]:[ \t]*/.exec(source);
    if (opening === null) return undefined;
    const { text, end } = indentedItem(source, opening[0].length, /^ {0,3}\[\^[^\]\s]+\]:/);
    const { notes } = current.context;
    const label = opening[1]!.toLowerCase();
    if (!notes.has(label) && notes.size < MAX_NOTES) {
      const tokens = bounded(() => this.lexer.blockTokens(text, [])) ?? [];
      notes.set(label, { tokens, number: 0, references: 0 });
    }
    return { type: "footnote", raw: source.slice(0, end) };
  },
  renderer(): string {
    return "";
  },
};

/** `[^label]`, where there is such a note. */
export const FOOTNOTE_REFERENCE: TokenizerAndRendererExtension = {
  name: "footnoteReference",
  level: "inline",
  start(source: string): number | undefined {
    const at = source.indexOf("[^");
    return at < 0 ? undefined : at;
  },
  tokenizer(source: string): Tokens.Generic | undefined {
    const match = /^\[\^([^\]\s]{1,100})\]/.exec(source);
    if (match === null || !current.context.notes.has(match[1]!.toLowerCase())) return undefined;
    return { type: "footnoteReference", raw: match[0], label: match[1]!.toLowerCase() };
  },
  renderer(token: Tokens.Generic): string {
    const { notes, referred } = current.context;
    const note = notes.get(String(token["label"]));
    if (note === undefined) return escapeHtml(token.raw);
    if (note.number === 0) note.number = referred.push(note);
    note.references++;
    return `<sup><a class="ref" id="${referenceId(note, note.references)}" href="#fn-${note.number}" role="doc-noteref">${note.number}</a></sup>`;
  },
};

function referenceId({ number }: Note, reference: number): string {
  return `fnref-${number}${reference === 1 ? "" : `-${reference}`}`;
}

/** The notes that were referred to, which may refer to others. */
export function footnotes(render: (tokens: Token[]) => string): string {
  const { referred, strings } = current.context;
  if (referred.length === 0) return "";
  let items = "";
  for (let i = 0; i < referred.length; i++) {
    const note = referred[i]!;
    const text = render(note.tokens).trimEnd();
    let back = "";
    // A note may be referred to from its own text; those are not counted on.
    for (let n = 1; n <= note.references; n++)
      back += ` <a href="#${referenceId(note, n)}" role="doc-backlink" aria-label="${escapeHtml(strings.back)}">↩</a>`;
    const inside = text.endsWith("</p>") ? `${text.slice(0, -4)}${back}</p>` : `${text}<p>${back.trim()}</p>`;
    items += `<li id="fn-${note.number}">${inside}</li>\n`;
  }
  return `<section class="footnotes" role="doc-endnotes" aria-labelledby="footnotes">
<h2 id="footnotes">${escapeHtml(strings.footnotes)}</h2>
<ol>
${items}</ol>
</section>
`;
}

/** Terms, each on a line, and below them definitions that begin with ":". */
const DEFINITION = /^:[ \t]+/;
const MAX_TERM_LINES = 5;

export const DEFINITIONS: TokenizerAndRendererExtension = {
  name: "definitions",
  level: "block",
  tokenizer(source: string): Tokens.Generic | undefined {
    const items: Item[] = [];
    let at = 0;
    for (;;) {
      const terms = termsAt(source, at);
      if (terms === undefined) break;
      at = terms.end;
      for (const term of terms.lines)
        items.push({ tag: "dt", tokens: this.lexer.inlineTokens(term, []), block: false });
      while (DEFINITION.test(source.slice(at, at + 20))) {
        const opening = DEFINITION.exec(source.slice(at, at + 20))!;
        const { text, end } = indentedItem(source, at + opening[0].length, DEFINITION);
        const block = /\n[ \t]*\n/.test(text) || /^(?:[-*+>#|`~]|\d+[.)])/.test(text);
        const tokens =
          bounded(() => (block ? this.lexer.blockTokens(text, []) : this.lexer.inlineTokens(text, []))) ?? [];
        items.push({ tag: "dd", tokens, block });
        at = afterBlankLines(source, end, DEFINITION);
      }
      at = afterBlankLines(source, at, /^\S/);
    }
    return items.length === 0 ? undefined : { type: "definitions", raw: source.slice(0, at), items };
  },
  renderer(token: Tokens.Generic): string {
    const items = token["items"] as readonly Item[];
    return `<dl>\n${items
      .map(({ tag, tokens, block }) => {
        const inner = block ? this.parser.parse(tokens) : this.parser.parseInline(tokens);
        return `<${tag}>${inner.trimEnd()}</${tag}>\n`;
      })
      .join("")}</dl>\n`;
  },
};

interface Item {
  readonly tag: "dt" | "dd";
  readonly tokens: Token[];
  readonly block: boolean;
}

/** One to five lines that are no other block, above a definition. */
function termsAt(
  source: string,
  start: number,
): { readonly lines: readonly string[]; readonly end: number } | undefined {
  const lines: string[] = [];
  let at = start;
  while (lines.length <= MAX_TERM_LINES) {
    const end = lineEnd(source, at);
    const line = source.slice(at, Math.min(end, at + 1000)).trimEnd();
    if (lines.length > 0 && DEFINITION.test(line)) return { lines, end: at };
    if (line === "") {
      const next = end >= source.length ? "" : source.slice(end, end + 20);
      return lines.length > 0 && DEFINITION.test(next) ? { lines, end } : undefined;
    }
    if (end >= source.length || /^(?:\s|[-*+>#|:`~<]|\d+[.)] )/.test(line)) return undefined;
    lines.push(line);
    at = end;
  }
  return undefined;
}

/** From `start` to the end of an item: lines that are indented, or follow at once; `next` begins another one. */
function indentedItem(source: string, start: number, next: RegExp): { readonly text: string; readonly end: number } {
  let end = lineEnd(source, start);
  let text = source.slice(start, end);
  for (let at = end, blank = false; at < source.length; ) {
    const stop = lineEnd(source, at);
    const line = source.slice(at, stop);
    if (line.trim() === "") blank = true;
    else if (/^(?: {2,}|\t)/.test(line) || (!blank && !next.test(line))) {
      text += source.slice(end, at) + line.replace(/^(?: {1,4}|\t)/, "");
      end = stop;
      blank = false;
    } else break;
    at = stop;
  }
  return { text, end };
}

/** The offset behind blank lines when what follows them fits, else the same. */
function afterBlankLines(source: string, start: number, fits: RegExp): number {
  let at = start;
  while (at < source.length) {
    const end = lineEnd(source, at);
    if (source.slice(at, end).trim() !== "") break;
    at = end;
  }
  return fits.test(source.slice(at, at + 20)) ? at : start;
}

function lineEnd(source: string, at: number): number {
  const newline = source.indexOf("\n", at);
  return newline < 0 ? source.length : newline + 1;
}

/** The headings of a document as nested lists; "" when there are too few for that, or the text is short and does not ask. */
export function tableOfContents(length: number, asked: boolean): string {
  const { headings, options, strings } = current.context;
  const shown = headings.filter(({ depth, id }) => (depth === 2 || depth === 3) && id !== "");
  const wanted = options.contents ?? (asked || (shown.length >= LEAST_HEADINGS && length >= LEAST_LENGTH));
  if (!wanted || shown.length < 2) return "";
  let list = "";
  let depth = 0;
  for (const heading of shown) {
    // A third level before any second stands at the first.
    const to = depth === 0 ? 1 : Math.min(heading.depth - 1, 2);
    if (to > depth) list += depth === 0 ? "<ol>\n" : "\n<ol>\n";
    else list += "</li>\n";
    if (to < depth) list += "</ol>\n</li>\n";
    list += `<li><a href="#${escapeHtml(heading.id)}">${heading.text}</a>`;
    depth = to;
  }
  list += depth === 2 ? "</li>\n</ol>\n</li>\n</ol>" : "</li>\n</ol>";
  return `<nav class="toc" aria-label="${escapeHtml(strings.contents)}"><details open><summary>${escapeHtml(strings.contents)}</summary>
${list}
</details></nav>
`;
}
const LEAST_HEADINGS = 4;
const LEAST_LENGTH = 3000;
