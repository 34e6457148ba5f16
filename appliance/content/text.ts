// Reads a little of a Markdown text without rendering it: its first heading and its first words. A few lines are
// looked at, never the whole document.

/** Lines in which a title is looked for. */
const HEADING_LINES = 100;
/** Characters of a line that are looked at. */
const MAX_HEADING = 2000;
/** Characters of an excerpt. */
export const EXCERPT_LENGTH = 220;
const EXCERPT_SOURCE_LENGTH = 6000;

/** How a line begins that makes a heading of level 1, of itself or of the one above. */
const HEADING_SIGNS = ["\n# ", "\n#\t", "\n #", "\n  #", "\n   #", "\n=", "\n =", "\n  =", "\n   ="];

export interface Heading {
  readonly title: string;
  /** Offset behind the heading. */
  readonly end: number;
  /** True: nothing but blank lines before it. */
  readonly first: boolean;
}

/**
 * The first heading of level 1 (CommonMark 4.2, 4.3) outside of fenced code. Most lines are passed by after a look at how
 * they begin and how the next one does.
 */
export function firstHeading(text: string, start: number): Heading | undefined {
  let at = start;
  let first = true;
  let fence = "";
  let nextSign = text.charAt(behindIndent(text, at));
  // Most texts have none, and the engine looks for words fifty times faster than a loop goes over lines.
  if (nextSign !== "#" && HEADING_SIGNS.every((sign) => text.indexOf(sign, start) < 0)) return undefined;
  for (let lines = 0; lines < HEADING_LINES && at < text.length; lines++) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline + 1;
    const sign = nextSign;
    nextSign = text.charAt(behindIndent(text, end));
    const line = (): string => text.slice(at, Math.min(end, at + MAX_HEADING)).trimEnd();
    const opening = fence === "" && (sign === "`" || sign === "~") ? /^(```|~~~)/.exec(line().trim())?.[1] : undefined;
    if (fence !== "") {
      if (line().trim().startsWith(fence)) fence = "";
    } else if (opening !== undefined) fence = opening;
    else {
      const atx = sign === "#" ? /^ {0,3}#[ \t]+(.+)$/.exec(line())?.[1] : undefined;
      if (atx !== undefined) return { title: stripInline(withoutAttributes(withoutClosing(atx)).text), end, first };
      if (nextSign === "=") {
        const next = /^ {0,3}=+[ \t]*(\r?\n|$)/.exec(text.slice(end, end + 200));
        if (next !== null && /^ {0,3}\S/.test(line()))
          return { title: stripInline(withoutAttributes(line().trim()).text), end: end + next[0].length, first };
      }
    }
    if (first && line() !== "") first = false;
    at = end;
  }
  return undefined;
}

/** Behind at most three blanks. */
function behindIndent(text: string, start: number): number {
  let at = start;
  while (at < start + 3 && text.charCodeAt(at) === 0x20) at++;
  return at;
}

/** Without the "#" behind the words of a heading (CommonMark 4.2), which are its end only behind a blank. */
function withoutClosing(heading: string): string {
  let end = heading.length;
  while (heading.charAt(end - 1) === "#") end--;
  return /[ \t]/.test(heading.charAt(end - 1)) ? heading.slice(0, end).trimEnd() : heading;
}

/** The first paragraph as plain text, cut at a word. */
export function plainExcerpt(text: string, start: number): string {
  // By a string, not by an expression: the engine would execute it at every character.
  const lines = text.slice(start, start + EXCERPT_SOURCE_LENGTH).split("\n");
  const words: string[] = [];
  let fence = "";
  for (const line of lines) {
    const trimmed = line.trim();
    if (fence !== "") {
      if (trimmed.startsWith(fence)) fence = "";
      continue;
    }
    if (/^(```|~~~)/.test(trimmed)) {
      if (words.length > 0) break;
      fence = trimmed.slice(0, 3);
      continue;
    }
    // Headings, quotes, lists, tables, images, HTML and rules are not how a text begins.
    const prose =
      trimmed !== "" &&
      !/^(#|>|\[TOC\]|\[{2}_?toc|[-*+] |\d+[.)] |\||!\[|<|(-|\*|_){3,}$|=+$|\[[^\]]+\]:)/.test(trimmed);
    if (prose) words.push(trimmed);
    else if (words.length > 0) break;
  }
  // Blanks within a line hardly ever make up most of it.
  const plain = stripInline(words.join(" "))
    .slice(0, 8 * EXCERPT_LENGTH)
    .replace(/\s\s+|[^\S ]/g, " ")
    .trim();
  if (plain.length <= EXCERPT_LENGTH) return plain;
  const cut = plain.lastIndexOf(" ", EXCERPT_LENGTH);
  return `${plain.slice(0, cut > EXCERPT_LENGTH / 2 ? cut : EXCERPT_LENGTH).replace(/[\s,;:.–-]+$/, "")}…`;
}

/** Without the characters that neither HTML nor XML allows (HTML, "Preprocessing the input stream"; XML 1.0 2.2). */
export function withoutControls(text: string): string {
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\uFFFE\uFFFF]/g, "");
}

/** A name as it is shown, at most so long; undefined when nothing of it can be seen. */
export function shownName(text: string | undefined, most: number): string | undefined {
  const name = withoutControls(text ?? "")
    .trim()
    .slice(0, most)
    // What was cut in two is half of a character.
    .replace(/[\uD800-\uDBFF]$/, "");
  return name === "" ? undefined : name;
}

/**
 * Inline Markdown -> its text. Written for short lines: each pattern is linear. The engine executes an expression at every
 * character, and looks for one letter fifty times faster: what a text has none of is not looked for by expressions.
 */
function stripInline(markdown: string): string {
  let text = markdown.slice(0, 4000);
  if (text.includes("[["))
    text = text
      .replace(/!\[\[[^[\]\n]{0,500}\]\]/g, "")
      .replace(/\[\[(?:[^[\]|\n]{0,500}\|)?([^[\]|\n]{1,500})\]\]/g, "$1");
  if (text.includes("["))
    text = text
      .replace(/!?\[([^[\]]{0,500})\]\([^()]{0,1000}\)/g, "$1")
      .replace(/!?\[([^[\]]{0,500})\]\[[^[\]]{0,200}\]/g, "$1");
  if (text.includes("<"))
    text = text.replace(/<(https?:[^<>\s]{0,1000})>/g, "$1").replace(/<\/?[A-Za-z][^<>]{0,500}>/g, "");
  if (text.includes("`")) text = text.replace(/(^|[^\\])[`]+/g, "$1");
  if (text.includes("*") || text.includes("~")) text = text.replace(/\*{1,3}(?=\S)|(?<=\S)\*{1,3}|~~/g, "");
  if (text.includes("_")) text = text.replace(/(^|\s)_{1,3}(?=\S)|(?<=\S)_{1,3}(?=[\s.,;:!?)]|$)/g, "$1");
  if (text.includes("\\")) text = text.replace(/\\([!-/:-@[-`{-~])/g, "$1");
  return text.trim();
}

const ATTRIBUTE = /(?:[#.][\w:.-]+|[\w-]+=(?:"[^"{}]*"|[^\s"{}]+))/.source;
const ATTRIBUTES = new RegExp(`[ \\t]*\\{:?[ \\t]*${ATTRIBUTE}(?:[ \\t]+${ATTRIBUTE})*[ \\t]*\\}$`);

/** "Words {#name .class}", as Hugo, Zola, kramdown and Pandoc have it: the words, and the name that links mean. */
export function withoutAttributes(heading: string): { readonly text: string; readonly id: string | undefined } {
  const bare = heading.trimEnd();
  const at = bare.endsWith("}") ? bare.lastIndexOf("{") : -1;
  const found = at < 0 ? null : ATTRIBUTES.exec(bare.slice(Math.max(0, at - 1)));
  if (found === null) return { text: heading, id: undefined };
  return { text: bare.slice(0, at).trimEnd(), id: /#([\w:.-]+)/.exec(found[0])?.[1] };
}

/** The id of a heading by GitHub's rule: lower case, letters, digits, "-" and "_". */
export function slug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, "")
    .replace(/\s+/g, "-")
    .slice(0, 100);
}
