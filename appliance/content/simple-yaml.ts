// The YAML that most headers are made of, read without the library: `key: value` lines whose values are one word or
// more, a text in quotes, a date, a list in brackets or one item a line. It reads what it is sure of, to the same value as
// the library (a property of the tests), and leaves all else to that; loading it costs a boot 8 M instructions, and a
// header 2 M more.

/** One whose value is left to the library. */
const UNSURE = Symbol("unsure");

const KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;
/** Texts that the core schema (YAML 1.2.2 10.3.2) takes for something else, in any case. */
const WORDS_WITH_MEANING = /^(?:true|false|null)$/i;
/**
 * Begins with a letter or like a date, and holds nothing that could be an indicator (5.3), a control or a line end. What
 * begins with a digit otherwise may be a number.
 */
const PLAIN =
  /^(?:[A-Za-z\u00a1-\u02ff\u0370-\u1fff\u3040-\ud7ff]|\d{4}-\d\d-\d\d)[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff#:[\]{},&*!|>%@`"]*$/;
/** As above, with commas and with colons before anything but a blank, outside of brackets. */
const PLAIN_IN_BLOCK =
  /^(?:[A-Za-z\u00a1-\u02ff\u0370-\u1fff\u3040-\ud7ff]|\d{4}-\d\d-\d\d)(?:[^\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff#:]|:(?=[^\s:]))*$/;
const SMALL_NUMBER = /^(?:0|[1-9]\d{0,14})$/;
/** Between quotes: neither those nor escapes. */
const QUOTED = /^"([^"\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]*)"$/;
const SINGLY_QUOTED = /^'([^'\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]*)'$/;
const ITEM = /^( *)- +([^ ].*)$/;

/** The value as the library gives it; undefined: the text is left to that. */
export function readSimpleYaml(text: string): unknown {
  if (text.includes("\t") || text.includes("\r")) return undefined;
  if (!text.includes("\n") && (/^ *["']/.test(text) || !/: |:$/.test(text))) {
    const value = blockScalar(trimmed(text));
    // Nothing at all is null, but so is much else.
    return value === UNSURE || value === null ? undefined : value;
  }
  const map: Record<string, unknown> = {};
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; ) {
    const line = trimmedEnd(lines[at++]!);
    if (line === "" || line.startsWith("#")) continue;
    const colon = line.indexOf(":");
    const key = line.slice(0, Math.max(0, colon));
    if (!KEY.test(key) || WORDS_WITH_MEANING.test(key) || key === "__proto__" || Object.hasOwn(map, key))
      return undefined;
    let value: unknown;
    if (colon === line.length - 1) {
      const items: unknown[] = [];
      const end = readItems(lines, at, items);
      if (end < 0) return undefined;
      value = items.length === 0 ? null : items;
      at = end;
    } else if (line.charAt(colon + 1) === " ") value = blockValue(trimmed(line.slice(colon + 2)));
    else return undefined;
    if (value === UNSURE) return undefined;
    map[key] = value;
  }
  return Object.keys(map).length === 0 ? undefined : map;
}

/** The items of a list that begins at such a line, at most; the line behind them, or -1 when one is not simple. */
function readItems(lines: readonly string[], start: number, items: unknown[]): number {
  let indent = -1;
  let at = start;
  for (; at < lines.length; at++) {
    const line = trimmedEnd(lines[at]!);
    if (line === "" || line.startsWith("#")) continue;
    const item = ITEM.exec(line);
    // A line with neither is the next key; an indented one would go on with what is above.
    if (item === null) return /^[A-Za-z_]/.test(line) ? at : -1;
    const deep = item[1]!.length;
    if (indent >= 0 && deep !== indent) return -1;
    indent = deep;
    const text = item[2]!;
    // "a: b" is a map, and "- a" a list within the list.
    if (text.startsWith("- ") || (!/^["']/.test(text) && /: |:$/.test(text))) return -1;
    const value = blockScalar(text);
    if (value === UNSURE) return -1;
    items.push(value);
  }
  return at;
}

function blockValue(text: string): unknown {
  if (!text.startsWith("[")) return blockScalar(text);
  if (!text.endsWith("]")) return UNSURE;
  const within = trimmed(text.slice(1, -1));
  if (within === "") return [];
  // A comma in quotes is no end, and not simple.
  const items = within.split(",").map((item) => scalar(trimmed(item), PLAIN));
  return items.includes(UNSURE) ? UNSURE : items;
}

function blockScalar(text: string): unknown {
  return text === "" ? null : scalar(text, PLAIN_IN_BLOCK);
}

function scalar(text: string, plain: RegExp): unknown {
  switch (text.charAt(0)) {
    case '"':
      return QUOTED.exec(text)?.[1] ?? UNSURE;
    case "'":
      return SINGLY_QUOTED.exec(text)?.[1] ?? UNSURE;
  }
  if (plain.test(text)) return WORDS_WITH_MEANING.test(text) ? meaningOf(text) : text;
  return SMALL_NUMBER.test(text) ? Number(text) : UNSURE;
}

/** Without blanks at its ends: what else JavaScript trims is a part of the text. */
function trimmed(text: string): string {
  return trimmedEnd(text).replace(/^ +/, "");
}

function trimmedEnd(text: string): string {
  let end = text.length;
  while (text.charCodeAt(end - 1) === 0x20) end--;
  return text.slice(0, end);
}

/** Three spellings of each are what they look like, others are texts (10.3.2). */
function meaningOf(text: string): unknown {
  switch (text) {
    case "true":
    case "True":
    case "TRUE":
      return true;
    case "false":
    case "False":
    case "FALSE":
      return false;
    case "null":
    case "Null":
    case "NULL":
      return null;
    default:
      return text;
  }
}
