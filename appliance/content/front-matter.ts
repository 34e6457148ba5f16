// The header of a document: lines between two "---", TOML between two "+++" or, where a generator takes that, JSON in braces
// at the very beginning. Two dialects share the fence "---". Canopy reads `key: value` lines and takes a value as it
// stands; Hugo, Jekyll and Zola read YAML. A header whose lines are all plain is read as Canopy
// would (so `title: Why: a story` keeps its title); one that uses YAML is read as YAML 1.2, and entry by entry if it is
// not. What decides whether something is shown (visibility.ts) is read by YAML's rules in either dialect, and what no
// reading understands is kept for it.

import type { Result } from "../../stack/base/result.ts";
import { parseData, parseToml, parseYaml } from "./data.ts";
import type { Fault } from "./problem.ts";

/** Values by key in lower case: strings, numbers, booleans, lists and maps of YAML. */
export type Fields = ReadonlyMap<string, unknown>;

/** The value of an entry that is not YAML. */
export const UNREADABLE = Symbol("unreadable");

/** One entry at the top of a header; a key that is written twice makes two. */
export interface Entry {
  /** As written. */
  readonly key: string;
  /** By YAML's rules (comments and quotes taken away), whatever the dialect; UNREADABLE when it is not YAML. */
  value(): unknown;
}

export interface Header {
  readonly fields: Fields;
  readonly entries: readonly Entry[];
  /** Lines that are part of no entry that can be read. */
  readonly unread: readonly string[];
  /** Why not all of it is YAML, when something was lost by that. */
  readonly warning: Fault | undefined;
}

export interface SplitDocument {
  /** Undefined: the text has no header. */
  readonly header: Header | undefined;
  /** Offset of the body in the text. */
  readonly bodyStart: number;
}

/** A longer header is an accident: a file that begins with a rule ("---") and never closes it. */
export const MAX_HEADER_LENGTH = 16_384;

// Lines end as YAML 1.2.2 5.4 has it: CR LF, LF or CR.
const FENCE = /^---[ \t]*(?:\r\n?|\n|$)/;
// Jekyll also ends with "...".
const CLOSING_FENCE = /^(?:---|\.\.\.)[ \t]*(?:\r\n?|\n|$)/m;
const TOML_FENCE = /^\+\+\+[ \t]*(?:\r\n?|\n)/;
const CLOSING_TOML_FENCE = /^\+\+\+[ \t]*(?:\r\n?|\n|$)/m;

export function splitDocument(text: string): Result<SplitDocument, Fault> {
  const opening = FENCE.exec(text);
  if (opening === null) {
    const toml = TOML_FENCE.exec(text);
    return toml === null ? { ok: true, value: { header: undefined, bodyStart: 0 } } : splitToml(text, toml[0].length);
  }
  const rest = text.slice(opening[0].length, opening[0].length + MAX_HEADER_LENGTH);
  const closing = CLOSING_FENCE.exec(rest);
  if (closing === null) return fault(`its header is not closed by --- within ${MAX_HEADER_LENGTH} characters`, 1);
  const header = parseHeader(rest.slice(0, closing.index));
  if (!header.ok) return header;
  return {
    ok: true,
    value: { header: header.value, bodyStart: opening[0].length + closing.index + closing[0].length },
  };
}

function splitToml(text: string, start: number): Result<SplitDocument, Fault> {
  const rest = text.slice(start, start + MAX_HEADER_LENGTH);
  const closing = CLOSING_TOML_FENCE.exec(rest);
  if (closing === null) return fault(`its header is not closed by +++ within ${MAX_HEADER_LENGTH} characters`, 1);
  const toml = parseToml(rest.slice(0, closing.index));
  if (!toml.ok) return fault(`its header is not TOML: ${toml.error.reason}`, below(toml.error.line));
  return wholeHeader(toml.value, start + closing.index + closing[0].length);
}

/** A header of braces, as Hugo takes it (JSON); undefined: the text does not begin with one. */
export function splitJson(text: string): Result<SplitDocument, Fault> | undefined {
  if (!/^\{\s*(?:"|\})/.test(text)) return undefined;
  const end = endOfBraces(text);
  if (end < 0) return fault(`its header is not closed by } within ${MAX_HEADER_LENGTH} characters`, 1);
  const json = parseData("json", text.slice(0, end));
  if (!json.ok) return fault(`its header is not JSON: ${json.error.reason}`, json.error.line);
  return wholeHeader(json.value, end);
}

/** Offset behind the brace that closes the first; -1 when there is none within a header's length. */
function endOfBraces(text: string): number {
  const pieces = /"(?:[^"\\\n]|\\.)*"|[{}]/g;
  let depth = 0;
  for (let piece = pieces.exec(text); piece !== null; piece = pieces.exec(text)) {
    if (pieces.lastIndex > MAX_HEADER_LENGTH) return -1;
    if (piece[0] === "{") depth++;
    else if (piece[0] === "}" && --depth === 0) return pieces.lastIndex;
  }
  return -1;
}

/** A header of which all was read. */
function wholeHeader(value: unknown, bodyStart: number): Result<SplitDocument, Fault> {
  const header = headerOf(value);
  return header === undefined
    ? fault("its header is not made of keys and values", 1)
    : { ok: true, value: { header, bodyStart } };
}

/** Undefined when the value is no map. */
function headerOf(value: unknown): Header | undefined {
  if (value === null || value === undefined) return { fields: new Map(), entries: [], unread: [], warning: undefined };
  if (typeof value !== "object" || Array.isArray(value)) return undefined;
  // A key without a name (`"": a`, `? : a`) is nobody's.
  const pairs: [string, unknown][] = Object.entries(value).filter(([key]) => key !== "");
  return {
    fields: new Map(pairs.map(([key, item]) => [key.toLowerCase(), item])),
    entries: pairs.map(([key, item]) => ({ key, value: () => item })),
    unread: [],
    warning: undefined,
  };
}

function fault(reason: string, line: number | undefined): { readonly ok: false; readonly error: Fault } {
  return { ok: false, error: { reason, line } };
}

/** The line of the file that is a line of what stands below the opening fence. */
function below(line: number | undefined): number | undefined {
  return line === undefined ? undefined : line + 1;
}

const LINE = /^([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*:(?:[ \t]+(.*))?$/;

function parseHeader(text: string): Result<Header, Fault> {
  const lines = text.split(/\r\n?|\n/);
  const plain = readPlain(lines);
  if (plain !== undefined) return { ok: true, value: plain };
  const yaml = parseYaml(text);
  if (!yaml.ok) {
    const { reason } = yaml.error;
    const line = below(yaml.error.line);
    const entries = readEntries(lines, { reason: `its header is not YAML (${reason})`, line });
    return entries === undefined ? fault(`its header cannot be read: ${reason}`, line) : { ok: true, value: entries };
  }
  const header = headerOf(yaml.value);
  return header === undefined ? fault("its header is not made of `key: value` lines", 1) : { ok: true, value: header };
}

/** Canopy's dialect: each line a key and what stands behind it. Undefined when a line is anything else. */
function readPlain(lines: readonly string[]): Header | undefined {
  const fields = new Map<string, unknown>();
  const entries: Entry[] = [];
  for (const line of lines) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const match = LINE.exec(line.trimEnd());
    if (match === null) return undefined;
    const key = match[1]!;
    const value = (match[2] ?? "").trim();
    // Indicators that begin a YAML value that is not plain text (YAML 1.2.2 5.3).
    if (/^["'[{&*!|>]/.test(value)) return undefined;
    fields.set(key.toLowerCase(), value);
    entries.push({ key, value: () => lineValue(value) });
  }
  return { fields, entries, unread: [], warning: undefined };
}

/** A map or list that begins within a line (`a: b: c`, `a: - b`) is no YAML; the first is seen without the library. */
export function lineValue(text: string): unknown {
  if (/^[A-Za-z][^#]*:(?: |$)/.test(text) && !text.includes("#")) return UNREADABLE;
  const value = scalar(text);
  return typeof value === "object" && value !== null ? UNREADABLE : value;
}

/** A value by YAML's rules. */
export function scalar(text: string): unknown {
  const yaml = parseYaml(text);
  return yaml.ok ? yaml.value : UNREADABLE;
}

const KEY = /^["']?([A-Za-z_][\w .-]*)["']?$/;

/** `key: value`, the key perhaps in quotes; undefined for another line. By the first colon, or it would be looked for from
 * each blank of a line of blanks. */
function entryOf(line: string): { readonly key: string; readonly value: string } | undefined {
  const colon = line.indexOf(":");
  const key = KEY.exec(line.slice(0, Math.max(0, colon)).trimEnd())?.[1];
  const value = line.slice(colon + 1);
  return key === undefined || /^[^ \t]/.test(value) ? undefined : { key, value: value.trim() };
}

/**
 * A header that is not YAML as a whole: each key at the beginning of a line with the lines below it, alone. A line whose
 * value is not YAML but text is that text, as in Canopy's dialect (`title: Rust: the book`, `title: "Quoted": and more`).
 * Undefined when there is no such key.
 */
function readEntries(lines: readonly string[], warning: Fault): Header | undefined {
  const fields = new Map<string, unknown>();
  const entries: Entry[] = [];
  const unread: string[] = [];
  let explained = false;
  const add = (key: string, value: unknown): void => {
    entries.push({ key, value: () => value });
  };
  const groups: { readonly key: string; readonly value: string; readonly lines: string[] }[] = [];
  for (const line of lines) {
    const entry = entryOf(line.trimEnd());
    if (entry !== undefined) groups.push({ ...entry, lines: [line] });
    else if (groups.length > 0 && /^(?:\s|-[ \t]|[\]}#]|$)/.test(line)) groups[groups.length - 1]!.lines.push(line);
    else if (line.trim() !== "" && !line.startsWith("#")) unread.push(line);
  }
  for (const { key, value, lines: written } of groups) {
    const yaml = parseYaml(written.join("\n"));
    const pair =
      yaml.ok && typeof yaml.value === "object" && yaml.value !== null ? Object.entries(yaml.value)[0] : undefined;
    const name = key.toLowerCase();
    if (pair !== undefined) {
      fields.set(name, pair[1]);
      add(key, pair[1]);
      continue;
    }
    add(key, UNREADABLE);
    const below = written.slice(1).filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
    if (below.length > 0 || /^[[{&*!|>]/.test(value)) {
      unread.push(written[0]!, ...below);
      continue;
    }
    fields.set(name, unquote(value));
    explained = true;
  }
  if (groups.length === 0) return undefined;
  const lost = unread.length > 0 || entries.length > fields.size || !explained;
  return { fields, entries, unread, warning: lost ? warning : undefined };
}

function unquote(value: string): string {
  const quote = value.charAt(0);
  return value.length > 1 && (quote === '"' || quote === "'") && value.endsWith(quote) ? value.slice(1, -1) : value;
}

// ---- Values, whatever the dialect ---------------------------------------------------------------------------------

/** The first of the keys that holds text (or a number, written out); trimmed; undefined when empty. */
export function textOf(fields: Fields, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = fields.get(key);
    const text = value === undefined ? undefined : asText(value);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** A list of texts: a YAML list, or one text cut at commas. Trimmed, without empty ones and repetitions. */
export function listOf(fields: Fields, ...keys: readonly string[]): readonly string[] {
  for (const key of keys) {
    const value = fields.get(key);
    if (value === undefined || value === null) continue;
    const items: readonly unknown[] = Array.isArray(value) ? value : (asText(value) ?? "").split(",");
    const texts = items.map(asText).filter((text) => text !== undefined);
    return [...new Set(texts)];
  }
  return [];
}

/** A map below a key, as Zola writes `taxonomies: { tags: [...] }`. */
export function mapOf(fields: Fields, key: string): Fields {
  const value = fields.get(key);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map();
  return new Map(Object.entries(value).map(([name, item]) => [name.toLowerCase(), item]));
}

/** Text, a number or a boolean as text; trimmed; undefined for anything else and for "". */
export function asText(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  return text === "" ? undefined : text;
}
