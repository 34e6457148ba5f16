// Settings that are programs: of JavaScript and TypeScript only what stands there as a literal is read, nothing is run.

import { type Settings, settingsOf } from "./repository.ts";

/** Characters of a program that are looked at. */
const MAX_LENGTH = 100_000;

const TEXT = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`$\\]*`/.source;
/** Or a text, in which what looks like a comment is none: "**\/*.md". */
const COMMENTS = new RegExp(`(${TEXT})|\\/\\*[\\s\\S]*?(?:\\*\\/|$)|(^|[\\s;{},()])\\/\\/[^\\n]*`, "g");
const PAIR = new RegExp(
  `(?<![\\w$.])["']?([A-Za-z_$][\\w$]*)["']?\\s*[:=]\\s*(?:(${TEXT})|(true|false)\\b|(-?\\d+(?:\\.\\d+)?)\\b|\\[([^\\[\\]]*)\\])`,
  "g",
);

/** The program without its comments. */
export function withoutComments(program: string): string {
  return program.slice(0, MAX_LENGTH).replace(COMMENTS, "$1$2");
}

/** `key: literal` and `key = literal`, the first of each key, wherever it stands; keys in lower case. */
export function literalsOf(program: string): Settings {
  const found = new Map<string, unknown>();
  for (const [, key, text, truth, number, list] of withoutComments(program).matchAll(PAIR)) {
    const name = key!.toLowerCase();
    if (found.has(name)) continue;
    if (text !== undefined) found.set(name, unquoted(text));
    else if (truth !== undefined) found.set(name, truth === "true");
    else if (number !== undefined) found.set(name, Number(number));
    else found.set(name, textsIn(list ?? ""));
  }
  return settingsOf(found);
}

/** The texts that stand in quotes. */
export function textsIn(program: string): readonly string[] {
  return (program.match(new RegExp(TEXT, "g")) ?? []).map(unquoted);
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character);
}
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
