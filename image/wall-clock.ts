// The wall clock: what the machine's own clock says, set right by a time server once one has answered. A clock that shows
// a time before this program was made is wrong, whoever says so: dates are not judged by it.

import type { Result } from "../stack/base/result.ts";
import type { TimeError } from "../stack/edge/network.ts";

/** Milliseconds since 1970 of the commit that this was built from; 0: not known. */
declare const EPIPHYTE_COMMITTED: number;

/** What is worth a line of the log, in milliseconds. */
const WORTH_TELLING = 1000;
const FIRST_WAIT = 2000;
const LAST_WAIT = 300_000;

/** Where the time comes from besides the machine, and who hears of it. */
export interface TimeSource {
  /** The wall clock less the time since the machine was entered, in milliseconds. */
  askTime(host: string): Promise<Result<number, TimeError>>;
}

export interface ClockLog {
  info(text: string): void;
  warn(text: string): void;
}

export class WallClock {
  /** The earliest time that can be, in milliseconds since 1970. */
  readonly floor: number;
  readonly #hardware: () => number;
  readonly #sinceEntry: () => number;
  #correction = 0;

  /** `hardware`: milliseconds since 1970; `sinceEntry`: milliseconds since the machine was entered. */
  constructor(hardware: () => number, sinceEntry: () => number, floor: number) {
    this.#hardware = hardware;
    this.#sinceEntry = sinceEntry;
    this.floor = floor;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#hardware() + this.#correction;
  }

  /** False: it shows a time before this program was made. */
  get believable(): boolean {
    return this.now() >= this.floor;
  }

  /** The wall clock less the time since the machine was entered, in milliseconds: what is below the seam keeps that. */
  get offset(): number {
    return this.now() - this.#sinceEntry();
  }

  /** Where nobody has told the date yet, as `hardware` begins at 1970 then: what another clock shows, unless it is earlier. */
  adopt(shown: number): void {
    this.#correction += Math.max(0, shown - this.now());
  }

  /** Sets it by such an offset; how far it was off, positive when it was slow. A time before the floor is not taken. */
  set(offset: number): number | undefined {
    const told = offset + this.#sinceEntry();
    if (told < this.floor) return undefined;
    const off = told - this.now();
    this.#correction += off;
    return off;
  }
}

/** On Node nothing is built, and its clock is the host's. */
const committed = typeof EPIPHYTE_COMMITTED === "undefined" ? 0 : EPIPHYTE_COMMITTED;

export const wallClock = new WallClock(
  () => nativeWallClock(),
  () => nativeNow() / 1000,
  committed,
);

/**
 * Asks the server what time it is and sets the clock; resolves when it answered, or when it did not and the clock can be
 * believed anyway. A clock that cannot be is asked for again and again, with longer waits. `set` hears of the offset.
 */
export async function setByServer(
  clock: WallClock,
  server: string,
  source: TimeSource,
  log: ClockLog,
  sleep: (ms: number) => Promise<void>,
  set: (offset: number) => void,
): Promise<void> {
  for (let wait = FIRST_WAIT; ; wait = Math.min(LAST_WAIT, wait * 2)) {
    const told = await source.askTime(server);
    const off = told.ok ? clock.set(told.value) : undefined;
    if (off !== undefined) {
      set(clock.offset);
      if (Math.abs(off) >= WORTH_TELLING)
        log.info(`the clock was ${(Math.abs(off) / 1000).toFixed(1)} s ${off > 0 ? "slow" : "fast"}: set by ${server}`);
      return;
    }
    const why = told.ok ? "its answer is a time before this program was made" : reason(told.error);
    const shown = new Date(clock.now()).toISOString();
    if (clock.believable) {
      log.info(`the time server ${server} was of no use (${why}): this machine's own clock is used, ${shown}`);
      return;
    }
    log.warn(
      `this machine's clock says ${shown}, which is before this program was made, and the time server ${server} was of no ` +
        `use (${why}): no certificate can be judged. It is asked again; --ntp names another`,
    );
    await sleep(wait);
  }
}

function reason(error: TimeError): string {
  switch (error.kind) {
    case "resolve":
      return "its name has no address";
    case "no-answer":
      return "no answer";
    case "unsynchronised":
      return "it does not know the time itself";
    case "refused":
      return "it does not want to be asked";
  }
}
