// Data as the generators write it, in files and in headers: YAML 1.2, TOML 1.0, JSON. What comes out is made of texts,
// numbers, booleans, lists and plain maps; a moment of TOML is the text that it was written as.

import { parse as parseTomlText, TomlError } from "smol-toml";
import { parseDocument } from "yaml";
import type { Result } from "../../stack/base/result.ts";
import type { Fault } from "./problem.ts";
import { readSimpleYaml } from "./simple-yaml.ts";

/** YAML's alias bombs end here. */
const MAX_YAML_ALIASES = 32;
/** Maps and lists within each other. */
const MAX_DEPTH = 64;

export type DataFormat = "yaml" | "toml" | "json";

/** The value, or what is wrong with the text and on which of its lines. */
export function parseData(format: DataFormat, text: string): Result<unknown, Fault> {
  switch (format) {
    case "yaml":
      return parseYaml(text);
    case "toml":
      return parseToml(text);
    case "json":
      return parseJson(text);
  }
}

export function parseYaml(text: string): Result<unknown, Fault> {
  const simple = readSimpleYaml(text);
  return simple === undefined ? parseAnyYaml(text) : { ok: true, value: simple };
}

/** By the library. */
export function parseAnyYaml(text: string): Result<unknown, Fault> {
  try {
    const document = parseDocument(text, { schema: "core", logLevel: "error" });
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault !== undefined) return failed(fault.message, fault.linePos?.[0]?.line);
    const value: unknown = document.toJS({ maxAliasCount: MAX_YAML_ALIASES });
    return { ok: true, value };
  } catch (cause) {
    return failed(cause instanceof Error ? cause.message : String(cause), undefined);
  }
}

export function parseToml(text: string): Result<unknown, Fault> {
  try {
    return { ok: true, value: plain(parseTomlText(text, { maxDepth: MAX_DEPTH, integersAsBigInt: false }), 0) };
  } catch (cause) {
    if (cause instanceof TomlError) return failed(cause.message.replace(/^Invalid TOML document: /, ""), cause.line);
    return failed(cause instanceof Error ? cause.message : String(cause), undefined);
  }
}

function parseJson(text: string): Result<unknown, Fault> {
  try {
    const value: unknown = JSON.parse(text);
    return { ok: true, value };
  } catch (cause) {
    return failed(cause instanceof Error ? cause.message : String(cause), undefined);
  }
}

/** smol-toml's moments are dates that write themselves as TOML had them. */
function plain(value: unknown, depth: number): unknown {
  if (value instanceof Date) return value.toISOString();
  if (depth > MAX_DEPTH || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => plain(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, depth + 1)]));
}

function failed(message: string, line: number | undefined): { readonly ok: false; readonly error: Fault } {
  return { ok: false, error: { reason: firstLine(message).replace(/ at line \d+, column \d+/, ""), line } };
}

function firstLine(text: string): string {
  return text.split("\n")[0]!.replace(/:$/, "").slice(0, 200);
}
