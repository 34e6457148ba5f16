// What a text says about being seen: in its header, or in what may be the header of another generator's. What an author
// may have meant to hide is never published, also when the header cannot be read.

import { type Header, MAX_HEADER_LENGTH, scalar, splitDocument } from "./front-matter.ts";
import { Verdict, type Visibility } from "./visibility.ts";
import { judge, nameOf, ruleOf, sayingOf } from "./visibility-keys.ts";

/** What a header that was read says. */
export function visibilityOf(header: Header): Visibility {
  const verdict = new Verdict();
  for (const { key, value } of header.entries) judge(verdict, key, value(), 0);
  judgeLines(verdict, header.unread);
  return verdict.result();
}

/**
 * What the beginning of a text says whose header is none of ours, or which is served as it stands: TOML, JSON, Org, a
 * fence that is indented or not closed, lines of `Key: value` without a fence (Pelican), a comment (Nikola).
 *
 * `data`: a file of code or data, in which only what stands between two fences can be a header.
 */
export function visibilityOfOpening(text: string, data: boolean): Visibility {
  const split = splitDocument(text);
  const header = split.ok ? split.value.header : undefined;
  if (header !== undefined && split.ok) {
    const verdict = new Verdict();
    verdict.add(visibilityOf(header));
    verdict.add(visibilityOfBody(text, split.value.bodyStart));
    return verdict.result();
  }
  const verdict = new Verdict();
  judgeLines(verdict, data ? dataLines(text) : openingLines(text));
  return verdict.result();
}

/** What the lines say that follow a header, when they look like a second one and end with a fence as well. */
export function visibilityOfBody(text: string, bodyStart: number): Visibility {
  const verdict = new Verdict();
  const opening = text.slice(bodyStart, bodyStart + MAX_HEADER_LENGTH);
  if (mayOpen(opening)) judgeLines(verdict, secondHeader(opening));
  return verdict.result();
}

/** A header that is not closed is looked for this far. */
const MAX_OPENING_LENGTH = 512 * 1024;
/** Characters that do not show, and those of a text that is not UTF-8: they must not keep a key from being seen. */
const UNSEEN = /[\0\uFFFD\uFEFF\u00AD\u200B-\u200F\u2060]/g;
const BLANK = /^[\s\0\uFFFD\uFEFF\u00AD\u200B-\u200F\u2060]*/;
// Blanks at the ends of a line are taken away before a pattern is tried: two patterns of blanks beside each other would
// try all ways to share them out.
/** Lines that may be the fence of somebody's header: dashes that an editor changed, TOML's, a language behind it. */
const FENCE = /^(?:-{3,}[ \t]*(?:[A-Za-z]+|#.*)?|[-\u2010-\u2015]{2,}|[\u2010-\u2015]|\+{2,}[ \t]*[A-Za-z]*|;{2,})$/;
/** A line of metadata outside of a fence: `Key: value`, Org's `#+KEY:`, a field of reStructuredText, TOML, JSON. */
const META = /^(?:(?:#\+|:|\.\.\s|%|\{)\s*)?["']?[A-Za-z][A-Za-z0-9 _.-]{0,40}["']?\s*[:=\uFF1A]/;
/** What may begin one of these: told by a look at the first characters, since most texts begin with none. */
const OPENING = /^(?:<!--|[-\u2010-\u2015+;{])/;

function isFenceLike(line: string): boolean {
  return FENCE.test(line.trim());
}
function isMetaLine(line: string): boolean {
  return META.test(line.trimStart());
}
function mayOpen(text: string): boolean {
  const shown = text.replace(BLANK, "");
  return OPENING.test(shown) || META.test(shown);
}
/** Fields of Org, AsciiDoc and reStructuredText, which may stand below a title. */
const FIELD_LINE = /^\s*(?:#\+|:|\.\.\s)[A-Za-z][A-Za-z0-9 _-]{0,40}:/;
const FIELDS_LENGTH = 2000;

function linesOf(text: string): readonly string[] {
  return text.replace(UNSEEN, "").split(/\r\n?|[\n\u0085\u2028\u2029]/);
}

/** The lines at the beginning of a document that may be a header. */
function openingLines(text: string): readonly string[] {
  const start = text.slice(0, FIELDS_LENGTH);
  const fields = /(?:^|[\r\n])[ \t]*(?:#\+|:|\.\.\s)/.test(start)
    ? linesOf(start).filter((line) => FIELD_LINE.test(line))
    : [];
  if (!mayOpen(start)) return fields;
  const lines = linesOf(text.slice(0, MAX_OPENING_LENGTH));
  const found: string[] = [...fields];
  let at = nextLine(lines, 0);
  while (lines[at]?.trim().startsWith("<!--") === true) {
    do found.push(lines[at]!);
    while (!lines[at++]!.includes("-->") && at < lines.length);
    at = nextLine(lines, at);
  }
  const first = lines[at];
  if (first === undefined) return found;
  if (isFenceLike(first)) {
    // "---" as it should be opens a header, whatever follows; another line of dashes is a rule unless keys follow.
    const second = lines[nextLine(lines, at + 1)];
    if (!/^(?:-{3}|\+{3})\s*$/.test(first) && (second === undefined || !isMetaLine(second))) return found;
    const rest = lines.slice(at + 1);
    const length = rest.findIndex((line) => isFenceLike(line));
    found.push(...(length < 0 ? rest : rest.slice(0, length)));
  } else {
    const length = lines.slice(at).findIndex((line) => line.trim() === "");
    const paragraph = lines.slice(at, length < 0 ? lines.length : at + length);
    // Pelican's lines are all keys, or go on below one; in prose only the first may look like it.
    const keys = isMetaLine(first) && paragraph.every((line) => isMetaLine(line) || /^\s/.test(line));
    if (keys || first.trimStart().startsWith("{")) found.push(...paragraph);
  }
  return found;
}

/** What stands between two fences at the very beginning. */
function dataLines(text: string): readonly string[] {
  if (!/^[\0\uFEFF\uFFFD]*(?:---|\+\+\+)/.test(text)) return [];
  const lines = linesOf(text.slice(0, MAX_HEADER_LENGTH));
  const length = lines.slice(1).findIndex((line) => isFenceLike(line));
  return length < 0 || !isFenceLike(lines[0]!) ? [] : lines.slice(1, 1 + length);
}

/** Keys between fences, or keys at once that a fence ends. */
function secondHeader(text: string): readonly string[] {
  const lines = linesOf(text);
  const first = nextLine(lines, 0);
  const start = lines[first] !== undefined && isFenceLike(lines[first]) ? nextLine(lines, first + 1) : first;
  if (lines[start] === undefined || !isMetaLine(lines[start])) return [];
  for (let end = start; end < lines.length; end++) {
    if (isFenceLike(lines[end]!)) return lines.slice(start, end);
    if (lines[end]!.trim() === "" && start === first) return [];
  }
  return [];
}

/** The next line that is not blank. */
function nextLine(lines: readonly string[], from: number): number {
  let at = from;
  while (at < lines.length && lines[at]!.trim() === "") at++;
  return at;
}

const KEY_IN_LINE = /(?<![A-Za-z])([A-Za-z]+(?:[ _-]{1,2}[A-Za-z]+){0,3})["')\]]*\s*[:=\uFF1A]+\s*/g;

/** Judges lines of which only the words can be made out. */
function judgeLines(verdict: Verdict, lines: readonly string[]): void {
  for (const line of lines) {
    const plain = line.replace(UNSEEN, "").slice(0, 2000);
    let keys = 0;
    for (const match of plain.matchAll(KEY_IN_LINE)) {
      keys++;
      judgeWords(verdict, match[1]!, plain.slice(match.index + match[0].length));
    }
    if (keys > 0) continue;
    // `draft true`
    const match = /^[^A-Za-z]*([A-Za-z]+)[\s"']*(.*)$/.exec(plain);
    if (match !== null) judgeWords(verdict, match[1]!, match[2]!);
  }
}

/** Without the end of a comment, of a map or a list. */
function withoutEnd(text: string): string {
  const comment = text.indexOf("-->");
  const inner = comment < 0 ? text : text.slice(0, comment);
  let end = inner.length;
  while (end > 0 && /[\s,;}\])%]/.test(inner.charAt(end - 1))) end--;
  return inner.slice(0, end);
}

/** `phrase`: up to four words, of which the last ones may be a key; `rest`: what stands behind it. */
function judgeWords(verdict: Verdict, phrase: string, rest: string): void {
  const parts = phrase.split(/[ _-]+/);
  for (let first = 0; first < parts.length; first++) {
    const key = parts.slice(first).join(" ");
    const rule = ruleOf(nameOf(key));
    if (rule === undefined || rule === "indexed" || rule === "unindexed" || rule === "address") continue;
    // The whole rest, or what a comma or bracket ends (JSON, TOML in one line).
    const candidates = [rest, withoutEnd(rest), rest.replace(/[,;}\])%].*$/, "")];
    const sayings = candidates.map((candidate) =>
      sayingOf(rule, nameOf(key), candidate.trim() === "" ? null : scalar(candidate)),
    );
    verdict.take(key, sayings.find(({ kind }) => kind !== "doubt") ?? sayings[0]!);
    return;
  }
}
