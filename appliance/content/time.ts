// Moments as people write them in front matter, and as HTML, Atom and HTTP want them. No Intl on the machine, so the
// calendar is worked out with Date in UTC (ECMA-262 21.4).

import type { GitTime } from "../git/snapshot.ts";

export type Moment = GitTime;

// Four-digit years: what RFC 3339 can say.
const LEAST_SECONDS = -62_167_219_200;
const MOST_SECONDS = 253_402_300_799;

/**
 * Reads "2026-05-01", "2026-05-01 10:30", "2026-05-01T10:30:00.5Z", "2026-05-01 10:30:00 +0200". Without a zone it is
 * UTC. Undefined for anything else, and for a day that no calendar has.
 */
export function parseMoment(text: string): Moment | undefined {
  const match =
    /^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*(?:([Zz]|UTC|GMT)|([+-])(\d{2}):?(\d{2})?)?)?\s*$/.exec(
      text,
    );
  if (match === null) return undefined;
  const number = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // A leap second is read as the second after it.
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) return undefined;
  if (day < 1 || day > new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()) return undefined;
  const zone = (match[8] === "-" ? -1 : 1) * (number(9) * 60 + number(10));
  if (Math.abs(zone) > 14 * 60 || number(10) > 59) return undefined;
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  local.setUTCHours(hour, minute, second);
  const seconds = local.getTime() / 1000 - zone * 60;
  if (seconds < LEAST_SECONDS || seconds > MOST_SECONDS) return undefined;
  return { seconds, offsetMinutes: zone };
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

const MONTHS = "January February March April May June July August September October November December".split(" ");

/** "1 May 2026", the day being that of whoever wrote it. */
export function longDate(moment: Moment): string {
  const local = new Date(clamp(moment.seconds + moment.offsetMinutes * 60) * 1000);
  return `${local.getUTCDate()} ${MONTHS[local.getUTCMonth()]} ${local.getUTCFullYear()}`;
}
