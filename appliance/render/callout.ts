// Callouts: quotes that begin with `[!NOTE]`, as GitHub and Obsidian have them, there with a title, and folded by "-" or
// "+" behind the sign.

import type { Lexer, Parser, Token, Tokens } from "marked";
import { escapeHtml } from "./html.ts";
import { bounded, current } from "./markdown-context.ts";

const SIGN = /^\[!([A-Za-z][\w-]{0,30})\]([+-]?)[ \t]*([^\n]*)(?:\n|$)/;

const KINDS = ["note", "tip", "important", "warning", "caution"] as const;
type Kind = (typeof KINDS)[number];

/** Obsidian's others, by what they look like. */
const LIKE: Readonly<Record<string, Kind>> = {
  ...{ info: "note", abstract: "note", summary: "note", tldr: "note", todo: "note", quote: "note", cite: "note" },
  ...{ hint: "tip", success: "tip", check: "tip", done: "tip", question: "important", help: "important" },
  ...{ faq: "important", example: "important", attention: "warning", failure: "caution", fail: "caution" },
  ...{ missing: "caution", danger: "caution", error: "caution", bug: "caution" },
};

interface Callout {
  readonly kind: Kind;
  /** As it is written, in lower case. */
  readonly name: string;
  readonly folded: "" | "-" | "+";
  readonly title: Token[];
  readonly tokens: Token[];
}

/** By their quotes, as long as these are there. */
const callouts = new WeakMap<Tokens.Blockquote, Callout>();

/** Notes what a quote is, if it begins with a sign. */
export function calloutOf(quote: Tokens.Blockquote, lexer: Lexer): void {
  const sign = SIGN.exec(quote.text);
  if (sign === null) return;
  const name = sign[1]!.toLowerCase();
  const kind = KINDS.find((known) => known === name) ?? (Object.hasOwn(LIKE, name) ? LIKE[name]! : "note");
  const tokens = bounded(() => lexer.blockTokens(quote.text.slice(sign[0].length), [])) ?? [];
  const title = sign[3]!.trim();
  callouts.set(quote, {
    kind,
    name,
    folded: sign[2] as Callout["folded"],
    title: title === "" ? [] : lexer.inlineTokens(title, []),
    tokens,
  });
}

export function isCallout(quote: Tokens.Blockquote): boolean {
  return callouts.has(quote);
}

export function callout(quote: Tokens.Blockquote, parser: Parser): string {
  const { kind, name, folded, title, tokens } = callouts.get(quote)!;
  const words = title.length > 0 ? parser.parseInline(title) : escapeHtml(titleOf(kind, name));
  const inner = parser.parse(tokens);
  if (folded === "")
    return `<div class="callout ${kind}" role="note">\n<p class="callout-title">${words}</p>\n${inner}</div>\n`;
  return `<details class="callout ${kind}"${folded === "+" ? " open" : ""}>\n<summary class="callout-title">${words}</summary>\n${inner}</details>\n`;
}

function titleOf(kind: Kind, name: string): string {
  return kind === name
    ? current.context.strings[kind]
    : name.charAt(0).toUpperCase() + name.slice(1).replaceAll("-", " ");
}
