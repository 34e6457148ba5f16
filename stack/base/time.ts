// Calendar time: what HTTP (RFC 9110 5.6.7) and syslog (RFC 5424 6.2.3) write, from the wall clock. UTC only, proleptic
// Gregorian, no leap seconds (POSIX time).

export interface Civil {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

/** The last second that four digits of year can express: 9999-12-31T23:59:59Z. */
export const LAST_SECOND = 253_402_300_799;

/** The calendar date of whole seconds since 1970; anything outside 1970 to 9999 is moved to the nearer end. */
export function civil(seconds: number): Civil {
  const clamped = seconds > 0 ? Math.floor(Math.min(seconds, LAST_SECOND)) : 0;
  const days = Math.floor(clamped / 86_400);
  const rest = clamped - days * 86_400;
  // Eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    weekday: (days + 4) % 7,
  };
}

/** Seconds since 1970 of a date and time of day in UTC; the fields are taken to be in range. */
export function secondsOf(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return (era * 146_097 + dayOfEra - 719_468) * 86_400 + hour * 3600 + minute * 60 + second;
}

/** "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7, IMF-fixdate). */
export function formatImfDate(seconds: number): string {
  const t = civil(seconds);
  const name = DAYS.substring(t.weekday * 3, t.weekday * 3 + 3);
  const month = MONTHS.substring(t.month * 3 - 3, t.month * 3);
  return `${name}, ${two(t.day)} ${month} ${four(t.year)} ${two(t.hour)}:${two(t.minute)}:${two(t.second)} GMT`;
}

/** "1985-04-12T23:20:50.520Z" (RFC 3339 5.6) of milliseconds since 1970. */
export function formatRfc3339(ms: number): string {
  const whole = ms > 0 ? Math.floor(Math.min(ms, LAST_SECOND * 1000 + 999)) : 0;
  const t = civil(Math.floor(whole / 1000));
  const fraction = whole % 1000;
  const date = `${four(t.year)}-${two(t.month)}-${two(t.day)}`;
  const time = `${two(t.hour)}:${two(t.minute)}:${two(t.second)}`;
  return `${date}T${time}.${fraction < 100 ? "0" : ""}${two(fraction)}Z`;
}

/**
 * Seconds since 1970 of an HTTP-date in any of its three forms (RFC 9110 5.6.7), or -1 when it is none, or lies before
 * 1970. `now` (seconds since 1970) decides the century of the two-digit year of the rfc850 form.
 */
export function parseImfDate(text: string, now: number = WRITTEN): number {
  const comma = text.indexOf(",");
  if (comma === 3) {
    // Sun, 06 Nov 1994 08:49:37 GMT
    if (text.length !== 29 || dayName(text, 3) < 0) return -1;
    if (!matches(text, 4, " ") || !matches(text, 7, " ") || !matches(text, 11, " ")) return -1;
    if (!matches(text, 16, " ") || !matches(text, 25, " GMT")) return -1;
    return instant(digits(text, 12, 4), monthName(text, 8), digits(text, 5, 2), text, 17);
  }
  if (comma > 0) {
    // Sunday, 06-Nov-94 08:49:37 GMT
    if (text.length !== comma + 24 || !longDayName(text, comma)) return -1;
    const at = comma + 2;
    if (!matches(text, comma + 1, " ") || !matches(text, at + 2, "-") || !matches(text, at + 6, "-")) return -1;
    if (!matches(text, at + 9, " ") || !matches(text, at + 18, " GMT")) return -1;
    const two = digits(text, at + 7, 2);
    if (two < 0) return -1;
    // RFC 9110 5.6.7: a year that seems more than 50 years ahead is the last past one with these digits.
    const thisYear = civil(now).year;
    let year = thisYear - (thisYear % 100) + two;
    if (year > thisYear + 50) year -= 100;
    else if (year <= thisYear - 50) year += 100;
    return instant(year, monthName(text, at + 3), digits(text, at, 2), text, at + 10);
  }
  // Sun Nov  6 08:49:37 1994
  if (text.length !== 24 || dayName(text, 3) < 0) return -1;
  if (!matches(text, 3, " ") || !matches(text, 7, " ") || !matches(text, 10, " ") || !matches(text, 19, " ")) return -1;
  const day = matches(text, 8, " ") ? digits(text, 9, 1) : digits(text, 8, 2);
  return instant(digits(text, 20, 4), monthName(text, 4), day, text, 11);
}

const DAYS = "SunMonTueWedThuFriSat";
const LONG_DAYS: readonly string[] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
const MONTH_LENGTHS: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** 2026-01-01: no date is parsed earlier than this. */
const WRITTEN = 1_767_225_600;

/** At least two digits. */
function two(n: number): string {
  return n < 10 ? `0${n}` : `${n}`;
}

function four(n: number): string {
  return n < 1000 ? `0${n < 100 ? "0" : ""}${two(n)}` : `${n}`;
}

function matches(text: string, at: number, literal: string): boolean {
  return text.substring(at, at + literal.length) === literal;
}

/** The number that `count` decimal digits write, or -1. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const c = text.charCodeAt(i);
    if (!(c >= 48 && c <= 57)) return -1;
    value = value * 10 + (c - 48);
  }
  return value;
}

function dayName(text: string, length: number): number {
  const index = DAYS.indexOf(text.substring(0, length));
  return index % 3 === 0 ? index / 3 : -1;
}

function longDayName(text: string, length: number): boolean {
  const name = text.substring(0, length);
  for (const day of LONG_DAYS) if (day === name) return true;
  return false;
}

/** 1 to 12, or -1. */
function monthName(text: string, at: number): number {
  const index = MONTHS.indexOf(text.substring(at, at + 3));
  return index >= 0 && index % 3 === 0 ? index / 3 + 1 : -1;
}

/** Checks the fields, reads hh:mm:ss at `at`, and counts. */
function instant(year: number, month: number, day: number, text: string, at: number): number {
  if (year < 1970 || month < 1 || day < 1) return -1;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > MONTH_LENGTHS[month - 1]! + (month === 2 && leap ? 1 : 0)) return -1;
  if (!matches(text, at + 2, ":") || !matches(text, at + 5, ":")) return -1;
  const hour = digits(text, at, 2);
  const minute = digits(text, at + 3, 2);
  const second = digits(text, at + 6, 2);
  // A leap second (60) counts as the next minute's first.
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return -1;
  return secondsOf(year, month, day, hour, minute, second);
}
