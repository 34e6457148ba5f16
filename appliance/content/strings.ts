// The words that the pages themselves say, in five languages and, by `.config/strings`, in any other. Language tags are
// those of BCP 47.

import { parseYaml } from "./data.ts";
import { FRENCH, GERMAN, ITALIAN, SPANISH } from "./languages.ts";
import type { Problem } from "./problem.ts";
import { ENGLISH, type Strings } from "./words.ts";

const LANGUAGES: Readonly<Record<string, Strings>> = {
  en: ENGLISH,
  de: GERMAN,
  fr: FRENCH,
  es: SPANISH,
  it: ITALIAN,
};

/** Right to left, by their scripts or their languages. */
const RIGHT_TO_LEFT =
  /^(?:ar|arc|ckb|dv|fa|he|iw|ks|ps|sd|syr|ug|ur|yi)(?:-|$)|-(?:arab|hebr|thaa|syrc|nkoo|adlm)(?:-|$)/i;

export function direction(language: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.test(language) && !/-latn(?:-|$)/i.test(language) ? "rtl" : "ltr";
}

/** Those of the language; English where there is none. */
export function stringsOf(language: string): Strings {
  return LANGUAGES[language.toLowerCase().replace(/-.*$/s, "")] ?? ENGLISH;
}

/** Puts values into the places of a text. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : all));
}

/** Texts of `.config/strings`, "key: text" in YAML; what is wrong with it is a problem, and the rest counts. */
export function readStrings(language: string, text: string | undefined, path: string, problems: Problem[]): Strings {
  const known = stringsOf(language);
  if (text === undefined) return known;
  const told = (reason: string, line?: number): void => {
    problems.push({ path, reason, line, skipped: false });
  };
  const parsed = parseYaml(text);
  if (!parsed.ok) {
    told(`is not YAML, "key: text" on each line: ${parsed.error.reason}`, parsed.error.line);
    return known;
  }
  const { value } = parsed;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    told('has no lines of "key: text"');
    return known;
  }
  const own: Partial<Record<keyof Strings, string>> = {};
  for (const [key, item] of Object.entries(value)) {
    const line = lineOf(text, key);
    if (!isKey(key)) told(`there is no text called ${JSON.stringify(key)}; there are: ${KEYS.join(", ")}`, line);
    else if (typeof item !== "string" && typeof item !== "number") told(`${key} is no text`, line);
    else if (key === "months" && String(item).trim().split(/\s+/).length !== 12)
      told("months are not twelve names between blanks", line);
    else own[key] = String(item).trim();
  }
  return { ...known, ...own };
}

const KEYS = Object.keys(ENGLISH);

function isKey(key: string): key is keyof Strings {
  return Object.hasOwn(ENGLISH, key);
}

function lineOf(text: string, key: string): number | undefined {
  const at = text.split("\n").findIndex((line) => line.trimStart().startsWith(key));
  return at < 0 ? undefined : at + 1;
}
