// Moments as people write them in front matter, and as HTML, Atom and HTTP want them. No Intl on the machine, so the
// calendar is worked out with Date in UTC (ECMA-262 21.4).

import type { GitTime } from "../git/snapshot.ts";
import { fill } from "./strings.ts";
import { ENGLISH, type Strings } from "./words.ts";

export type Moment = GitTime;

// Four-digit years: what RFC 3339 can say.
const LEAST_SECONDS = -62_167_219_200;
const MOST_SECONDS = 253_402_300_799;

const MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?";
const WEEKDAY = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\\.?,?\\s+)?";
const TIME = "(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:[.,]\\d+)?)?(?:\\s*([ap])\\.?m\\.?)?";
// An offset may be followed by the zone's name, as Go writes it: "-0500 EST", "-0300 -03".
const ZONE = "(?:([a-z]{1,4})|([+-])(\\d{1,2}):?(\\d{2})?(?:\\s+\\(?(?:[a-z]{1,5}|[+-]\\d{2,4})\\)?)?)";

/** How a date is written, and in which groups its year, month and day stand. */
interface DateForm {
  readonly pattern: RegExp;
  readonly groups: readonly [year: number, month: number, day: number];
}

const DATE_FORMS: readonly DateForm[] = [
  // 2024-01-02, 2024/1/2, 2024.01.02
  { pattern: /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)/, groups: [1, 3, 4] },
  // 20240102 (ISO 8601-1 5.2.2.1, basic)
  { pattern: /^(\d{4})(\d{2})(\d{2})(?!\d)/, groups: [1, 2, 3] },
  // Tue, 02 Jan 2024; 02-Jan-06; 2nd January 2024 (RFC 5322 3.3 and 4.3, RFC 850)
  {
    pattern: new RegExp(`^${WEEKDAY}(\\d{1,2})(?:st|nd|rd|th)?[\\s-]+${MONTH}[\\s,-]+(\\d{4}|\\d{2})(?!\\d)`, "i"),
    groups: [3, 2, 1],
  },
  // January 2, 2024
  {
    pattern: new RegExp(`^${WEEKDAY}${MONTH}\\s+(\\d{1,2})(?:st|nd|rd|th)?(?:,\\s*|\\s+)(\\d{4})(?![\\d:])`, "i"),
    groups: [3, 1, 2],
  },
];
const TIME_AND_ZONE = new RegExp(`^(?:(?:t|\\s+|,\\s*|\\s+at\\s+)${TIME}(?:\\s*${ZONE})?)?\\s*$`, "i");
/** Jan 2 15:04:05 MST 2006 (C's asctime, date(1)): the year comes last. */
const ASCTIME = new RegExp(
  `^(${WEEKDAY}${MONTH}\\s+\\d{1,2})\\s+(\\d{1,2}:\\d{2}:\\d{2})(\\s+\\S+)?\\s+(\\d{4})\\s*$`,
  "i",
);
const MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
/** Minutes east of UTC: the names of RFC 5322 4.3, and those of Europe and Japan. */
const ZONES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    z: 0,
    ut: 0,
    utc: 0,
    gmt: 0,
    est: -300,
    edt: -240,
    cst: -360,
    cdt: -300,
    mst: -420,
    mdt: -360,
    pst: -480,
    pdt: -420,
    wet: 0,
    west: 60,
    cet: 60,
    cest: 120,
    eet: 120,
    eest: 180,
    jst: 540,
  }),
);
/** No date that somebody writes is longer; patterns are not tried on more. */
const MAX_DATE_LENGTH = 100;

/**
 * Reads a moment as Hugo, Jekyll, Hexo, Zola and Pelican read it: "2026-05-01", "2026-05-01T10:30:00.5Z", "2026/5/1
 * 20:46:25", "2026-05-01 10:30:00 -0500 EST", "Tue, 02 Jan 2024 10:00:00 GMT", "January 2, 2024", "Mon Jan  2 15:04:05
 * 2006", 1704153600 (seconds since 1970). Without a zone it is UTC. Undefined for anything else, for a day that no
 * calendar has, for a zone that is not known by name and where day and month cannot be told apart ("01/02/2024").
 */
export function parseMoment(text: string): Moment | undefined {
  if (text.length > MAX_DATE_LENGTH) return undefined;
  const trimmed = text.trim();
  if (/^\d{9,11}$/.test(trimmed)) return bounded(Number(trimmed), 0);
  const written = trimmed.replace(ASCTIME, "$1 $5 $3$4");
  for (const { pattern, groups } of DATE_FORMS) {
    const date = pattern.exec(written);
    if (date === null) continue;
    const clock = TIME_AND_ZONE.exec(written.slice(date[0].length));
    if (clock === null) return undefined;
    const [year, month, day] = groups.map((group) => date[group]!) as [string, string, string];
    return moment(yearOf(year), monthOf(month), Number(day), clock);
  }
  return undefined;
}

/** Two digits as RFC 5322 4.3 has it. */
function yearOf(text: string): number {
  return Number(text) + (text.length > 2 ? 0 : Number(text) < 50 ? 2000 : 1900);
}

function monthOf(text: string): number {
  return /^\d/.test(text) ? Number(text) : MONTH_NAMES.indexOf(text.toLowerCase()) + 1;
}

/** `clock`: the groups of TIME_AND_ZONE. */
function moment(year: number, month: number, day: number, clock: RegExpExecArray): Moment | undefined {
  const number = (group: number): number => Number(clock[group] ?? 0);
  const [minute, second, half] = [number(2), number(3), clock[4]?.toLowerCase()];
  let hour = number(1);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half === "p" ? 12 : 0);
  }
  // A leap second is read as the second after it.
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) return undefined;
  if (day < 1 || day > new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()) return undefined;
  const named = clock[5] === undefined ? 0 : ZONES.get(clock[5].toLowerCase());
  if (named === undefined || number(8) > 59) return undefined;
  const zone = named + (clock[6] === "-" ? -1 : 1) * (number(7) * 60 + number(8));
  if (Math.abs(zone) > 14 * 60) return undefined;
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second);
  return bounded(local.getTime() / 1000 - zone * 60, zone);
}

function bounded(seconds: number, offsetMinutes: number): Moment | undefined {
  return seconds < LEAST_SECONDS || seconds > MOST_SECONDS ? undefined : { seconds, offsetMinutes };
}

/** A moment that a year of four digits can hold, whatever Git says. */
function clamp(seconds: number): number {
  if (!Number.isFinite(seconds)) return 0;
  return Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, Math.floor(seconds)));
}

export function toDate(moment: Moment): Date {
  return new Date(clamp(moment.seconds) * 1000);
}

/** "2026-05-01T08:30:00Z" (RFC 3339, UTC). */
export function rfc3339(moment: Moment): string {
  return `${toDate(moment).toISOString().slice(0, 19)}Z`;
}

/** As OCaml's Ptime.to_rfc3339 writes UTC without a known zone: "2026-05-01T08:30:00-00:00". Canopy hashes this. */
export function ptimeRfc3339(moment: Moment): string {
  return `${toDate(moment).toISOString().slice(0, 19)}-00:00`;
}

/** "1 May 2026" in the words of a language (strings.ts), the day being that of whoever wrote it. */
export function longDate(moment: Moment, words: Pick<Strings, "date" | "months"> = ENGLISH): string {
  const local = writtenAt(moment);
  return fill(words.date, {
    day: local.getUTCDate(),
    month: words.months.split(/\s+/)[local.getUTCMonth()]!,
    year: local.getUTCFullYear(),
  });
}

/** Years of moments, where they were written; those that come in order cost least. */
export class YearsWritten {
  /** The year that was asked for last, in seconds of its own zone since 1970. */
  #from = 0;
  #to = 0;
  #year = 0;

  of(moment: Moment): number {
    const seconds = moment.seconds + moment.offsetMinutes * 60;
    if (seconds < this.#from || seconds >= this.#to) {
      const year = writtenAt(moment).getUTCFullYear();
      this.#year = year;
      // Date.UTC takes the years of the first century for others.
      this.#from = year < 100 ? 0 : Date.UTC(year, 0) / 1000;
      this.#to = year < 100 ? 0 : Date.UTC(year + 1, 0) / 1000;
    }
    return this.#year;
  }
}

function writtenAt(moment: Moment): Date {
  return new Date(clamp(moment.seconds + moment.offsetMinutes * 60) * 1000);
}
