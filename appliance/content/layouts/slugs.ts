// Names -> parts of addresses, as each generator makes them.

import { baseName } from "../paths.ts";
import type { Moment } from "../time.ts";

/** Letters that are more than a letter and its accent. */
const LATIN: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
  ı: "i",
};
const CYRILLIC =
  "а a б b в v г g д d е e ё e ж zh з z и i й i к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch ъ  ы y ь  э e ю iu я ia";
const GREEK = "α a β b γ g δ d ε e ζ z η e θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ u φ ph χ kh ψ ps ω o";
const OTHERS: ReadonlyMap<string, string> = new Map([...Object.entries(LATIN), ...pairs(CYRILLIC), ...pairs(GREEK)]);

function pairs(text: string): readonly (readonly [string, string])[] {
  const parts = text.split(" ");
  return Array.from({ length: parts.length / 2 }, (_, i) => [parts[2 * i]!, parts[2 * i + 1]!] as const);
}

function withoutAccents(text: string): string {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
}

/** Hugo: letters, digits and a few signs stay, blanks become "-", all in lower case unless the settings say otherwise. */
export function hugoName(
  text: string,
  options: { readonly keepCase: boolean; readonly plainLetters: boolean },
): string {
  const source = options.plainLetters ? withoutAccents(text) : text;
  let made = "";
  let blank = false;
  let hyphen = false;
  for (const character of source) {
    if (/[\p{L}\p{N}\p{M}./\\_#+~@-]/u.test(character)) {
      hyphen = character === "-";
      if (blank && !hyphen) made += "-";
      blank = false;
      made += character;
    } else if (made !== "" && !hyphen && /\s/.test(character)) blank = true;
  }
  return options.keepCase ? made : made.toLowerCase();
}

/** Jekyll's "pretty" and "default" slugs (Utils.slugify). */
export function jekyllSlug(text: string, mode: "pretty" | "default", keepCase: boolean): string {
  const others = mode === "pretty" ? /[^\p{L}\p{N}\p{M}._~!$&'()+,;=@]+/gu : /[^\p{L}\p{N}\p{M}]+/gu;
  const slug = text.replace(others, "-").replace(/^-|-$/g, "");
  return keepCase ? slug : slug.toLowerCase();
}

/** Zola's slugs: Latin letters and digits alone, words with "-" between them. */
export function zolaSlug(text: string): string {
  let made = "";
  for (const character of withoutAccents(text.toLowerCase())) made += OTHERS.get(character) ?? character;
  return made
    .replace(/'/g, "-")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}

/** Zola's "safe": what no file system takes away. */
export function zolaSafe(text: string): string {
  return text.trim().replace(/[<>:"/|?*#\\()\s]+/g, "_");
}

/** GitHub's slugs, as Astro makes its ids. */
export function githubSlug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

/** "2026-05-01-a-name.md" -> the day and "a-name.md"; undefined when the name does not begin with a day. */
export function splitDatedName(
  name: string,
  separator: RegExp = /^-/,
): { readonly created: Moment; readonly rest: string } | undefined {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})/.exec(name);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const rest = name.slice(match[0].length);
  const gap = separator.exec(rest);
  if (gap === null || month < 1 || month > 12 || day < 1) return undefined;
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  if (at.getUTCMonth() !== month - 1) return undefined;
  return { created: { seconds: at.getTime() / 1000, offsetMinutes: 0 }, rest: rest.slice(gap[0].length) };
}

/** The name without its directory and its last extension. */
export function stemOf(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}

const MONTHS = "January February March April May June July August September October November December".split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** Parts of a date as permalinks have them; `local`: by the zone of whoever wrote it, else in UTC. */
export interface DateParts {
  readonly year: string;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly dayOfYear: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly monthName: string;
  readonly dayName: string;
  /** Of the week by ISO 8601, and the year that it is counted in. */
  readonly week: number;
}

export function datePartsOf(moment: Moment, local: boolean): DateParts {
  const date = new Date((moment.seconds + (local ? moment.offsetMinutes * 60 : 0)) * 1000);
  const year = date.getUTCFullYear();
  const [month, day, weekday] = [date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCDay()];
  const start = Date.UTC(year, 0, 1);
  const dayOfYear = Math.floor((Date.UTC(year, month - 1, day) - start) / 86_400_000) + 1;
  // The week of a day is that of its Thursday (ISO 8601-1 5.5.2).
  const thursday = new Date(Date.UTC(year, month - 1, day + 4 - (weekday === 0 ? 7 : weekday)));
  const week = Math.floor((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / 604_800_000) + 1;
  return {
    year: String(year).padStart(4, "0"),
    month,
    day,
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    dayOfYear,
    weekday,
    monthName: MONTHS[month - 1]!,
    dayName: DAYS[weekday]!,
    week,
  };
}

export function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
