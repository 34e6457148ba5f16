// The header of a document: lines between two "---". Two dialects share that fence. Canopy reads `key: value` lines and
// takes a value as it stands; Hugo, Jekyll and Zola read YAML. A header whose lines are all plain is read as Canopy
// would (so `title: Why: a story` keeps its title); one that uses YAML is read as YAML 1.2, and as lines if it is not.

import { parse as parseYaml } from "yaml";
import type { Result } from "../../stack/base/result.ts";

/** Values by key in lower case: strings, numbers, booleans, lists and maps of YAML. */
export type Header = ReadonlyMap<string, unknown>;

export interface SplitDocument {
  /** Undefined: the text has no header. */
  readonly header: Header | undefined;
  /** Offset of the body in the text. */
  readonly bodyStart: number;
}

/** A longer header is an accident: a file that begins with a rule ("---") and never closes it. */
export const MAX_HEADER_LENGTH = 16_384;
/** YAML's alias bombs end here. */
const MAX_YAML_ALIASES = 32;

const FENCE = /^---[ \t]*(?:\r?\n|$)/;
// Jekyll also ends with "...".
const CLOSING_FENCE = /^(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/m;

export function splitDocument(text: string): Result<SplitDocument, string> {
  const opening = FENCE.exec(text);
  if (opening === null) {
    if (/^\+\+\+[ \t]*\r?\n/.test(text))
      return { ok: false, error: "its header is TOML; write YAML between --- lines" };
    return { ok: true, value: { header: undefined, bodyStart: 0 } };
  }
  const rest = text.slice(opening[0].length, opening[0].length + MAX_HEADER_LENGTH);
  const closing = CLOSING_FENCE.exec(rest);
  if (closing === null)
    return { ok: false, error: `its header is not closed by --- within ${MAX_HEADER_LENGTH} characters` };
  const header = parseHeader(rest.slice(0, closing.index));
  if (!header.ok) return header;
  return {
    ok: true,
    value: { header: header.value, bodyStart: opening[0].length + closing.index + closing[0].length },
  };
}

const LINE = /^([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*:(?:[ \t]+(.*))?$/;

function parseHeader(text: string): Result<Header, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const pairs: [string, string][] = [];
  let plain = true;
  for (const line of lines) {
    const match = LINE.exec(line.trimEnd());
    if (match === null) {
      plain = false;
      break;
    }
    const value = (match[2] ?? "").trim();
    // Indicators that begin a YAML value that is not plain text (YAML 1.2.2 5.3).
    if (/^["'[{&*!|>]/.test(value)) plain = false;
    pairs.push([match[1]!.toLowerCase(), value]);
  }
  if (plain) return { ok: true, value: new Map(pairs) };
  const yaml = readYaml(text);
  if (yaml.ok) return yaml;
  // All lines are pairs, yet it is no YAML: `title: "Quoted": and more`. Canopy's reading loses nothing.
  if (pairs.length === lines.length && pairs.length > 0)
    return { ok: true, value: new Map(pairs.map(([key, value]) => [key, unquote(value)])) };
  return yaml;
}

function readYaml(text: string): Result<Header, string> {
  let value: unknown;
  try {
    value = parseYaml(text, { schema: "core", maxAliasCount: MAX_YAML_ALIASES, logLevel: "error", uniqueKeys: false });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0]! : String(cause);
    return { ok: false, error: `its header cannot be read: ${reason.slice(0, 200)}` };
  }
  if (value === null || value === undefined) return { ok: true, value: new Map() };
  if (typeof value !== "object" || Array.isArray(value))
    return { ok: false, error: "its header is not made of `key: value` lines" };
  return { ok: true, value: new Map(Object.entries(value).map(([key, item]) => [key.toLowerCase(), item])) };
}

function unquote(value: string): string {
  const quote = value.charAt(0);
  return value.length > 1 && (quote === '"' || quote === "'") && value.endsWith(quote) ? value.slice(1, -1) : value;
}

// ---- Values, whatever the dialect ---------------------------------------------------------------------------------

/** The first of the keys that holds text (or a number, written out); trimmed; undefined when empty. */
export function textOf(header: Header, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = asText(header.get(key));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** A list of texts: a YAML list, or one text cut at commas. Trimmed, without empty ones and repetitions. */
export function listOf(header: Header, ...keys: readonly string[]): readonly string[] {
  for (const key of keys) {
    const value = header.get(key);
    if (value === undefined || value === null) continue;
    const items: readonly unknown[] = Array.isArray(value) ? value : (asText(value) ?? "").split(",");
    const texts = items.map(asText).filter((text) => text !== undefined);
    return [...new Set(texts)];
  }
  return [];
}

export function isTrue(header: Header, key: string): boolean {
  const value = header.get(key);
  return value === true || (typeof value === "string" && /^(true|yes|on)$/i.test(value));
}

/** A map below a key, as Zola writes `taxonomies: { tags: [...] }`. */
export function mapOf(header: Header, key: string): Header {
  const value = header.get(key);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map();
  return new Map(Object.entries(value).map(([name, item]) => [name.toLowerCase(), item]));
}

function asText(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  return text === "" ? undefined : text;
}
