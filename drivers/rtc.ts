// The date of the battery-backed clock of a PC, for machines whose hypervisor tells none. Read: MC146818 data sheet (time,
// calendar and alarm locations; registers A and B); IBM PC/AT Technical Reference (ports 0x70, 0x71). It goes on while
// the machine is stopped.

import { secondsOf } from "../stack/base/time.ts";
import type { Hal } from "./hal.ts";

const INDEX = 0x70;
const DATA = 0x71;
/** NMI off meanwhile, as ever. */
const NO_NMI = 0x80;
const ABSENT = 0xff;

const REGISTER_A = 10;
const REGISTER_B = 11;
const UPDATING = 0x80;
const HOURS_24 = 2;
const BINARY = 4;
/** Of the hour, where there are twelve. */
const AFTERNOON = 0x80;
const SECOND = 0;
const MINUTE = 2;
const HOUR = 4;
const DAY = 7;
const MONTH = 8;
const YEAR = 9;
/** Where firmware keeps the century, if it does. */
const CENTURY = 0x32;
const LOCATIONS: readonly number[] = [SECOND, MINUTE, HOUR, DAY, MONTH, YEAR, CENTURY];
/** An update lasts two milliseconds; a read of a register takes about a microsecond. */
const MOST_TRIES = 100_000;

/** Seconds since 1970 UTC; 0: there is no such clock, it is never at rest, or it shows no date. */
export function readRtc(hal: Hal): number {
  if (cmos(hal, REGISTER_A) === ABSENT && cmos(hal, REGISTER_B) === ABSENT) return 0;
  const before = new Uint8Array(LOCATIONS.length);
  const now = new Uint8Array(LOCATIONS.length);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if ((cmos(hal, REGISTER_A) & UPDATING) !== 0) continue;
    before.set(now);
    let same = true;
    for (let i = 0; i < LOCATIONS.length; i++) {
      now[i] = cmos(hal, LOCATIONS[i]!);
      if (now[i] !== before[i]) same = false;
    }
    // Twice the same with no update under way; the first of all is compared with a month 0.
    if (same && now[4] !== 0) return dateOf(now, cmos(hal, REGISTER_B));
  }
  return 0;
}

function dateOf(raw: Uint8Array, mode: number): number {
  const value = (i: number): number => {
    const byte = raw[i]!;
    return (mode & BINARY) !== 0 ? byte : (byte >> 4) * 10 + (byte & 15);
  };
  let hour = value(2);
  if ((mode & HOURS_24) === 0) {
    const afternoon = (raw[2]! & AFTERNOON) !== 0;
    // Without the mark: it counts 80 in decimal digits, 128 in binary.
    if (afternoon) hour -= (mode & BINARY) !== 0 ? AFTERNOON : 80;
    hour = (hour % 12) + (afternoon ? 12 : 0);
  }
  const century = value(6);
  const year = (century >= 19 && century < 30 ? century : 20) * 100 + value(5);
  const second = value(0);
  const minute = value(1);
  const day = value(3);
  const month = value(4);
  if (second > 59 || minute > 59 || hour > 23 || day < 1 || day > 31 || month < 1 || month > 12) return 0;
  return Math.max(0, secondsOf(year, month, day, hour, minute, second));
}

function cmos(hal: Hal, location: number): number {
  hal.portWrite(INDEX, 1, location | NO_NMI);
  return hal.portRead(DATA, 1);
}
