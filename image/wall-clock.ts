// The wall clock: what the machine's own clock says, set right by time servers (timekeeper.ts). A time before this program
// was made is wrong, whoever says so: until somebody knows better the clock then goes on from that moment.

/** Milliseconds since 1970 of the commit that this was built from; 0: not known. */
declare const EPIPHYTE_COMMITTED: number;

export class WallClock {
  /** The earliest time that can be, in milliseconds since 1970. */
  readonly floor: number;
  readonly #hardware: () => number;
  readonly #sinceEntry: () => number;
  #correction = 0;
  /** The machine's own clock less the time since entry, as it was. */
  #own: number;
  #known: boolean;

  /** `hardware`: milliseconds since 1970; `sinceEntry`: milliseconds since the machine was entered. */
  constructor(hardware: () => number, sinceEntry: () => number, floor: number) {
    this.#hardware = hardware;
    this.#sinceEntry = sinceEntry;
    this.floor = floor;
    const behind = floor - hardware();
    this.#own = hardware() - sinceEntry();
    this.#known = behind <= 0;
    if (behind > 0) this.#correction = behind;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#hardware() + this.#correction;
  }

  /** False: it is not set yet, since the machine's own clock shows a time that cannot be. */
  get known(): boolean {
    return this.#known;
  }

  /** The wall clock less the time since the machine was entered, in milliseconds: what is below the seam keeps that. */
  get offset(): number {
    return this.now() - this.#sinceEntry();
  }

  /** Where nobody has told the date yet, as `hardware` begins at 1970 then: what another clock shows, if that can be. */
  adopt(shown: number): void {
    if (!this.#known && shown >= this.floor) this.set(shown - this.now());
  }

  /** How far it is off by such an offset, positive when it is slow; undefined: that is a time before the floor. */
  differs(offset: number): number | undefined {
    const told = offset + this.#sinceEntry();
    return told < this.floor ? undefined : told - this.now();
  }

  /**
   * By how much the machine's own clock has jumped since this was last asked; less than `least`: 0, so clocks drift. A jump
   * to a time that cannot be is not followed.
   */
  jump(least: number): number {
    const own = this.#hardware() - this.#sinceEntry();
    const jump = own - this.#own;
    this.#own = own;
    if (Math.abs(jump) < least) return 0;
    if (this.now() >= this.floor) return jump;
    this.#correction -= jump;
    return 0;
  }

  /** Somebody knows that it is so many milliseconds slow. */
  set(slow: number): void {
    this.#correction += slow;
    this.#known = true;
  }
}

/** On Node nothing is built, and its clock is the host's. */
const committed = typeof EPIPHYTE_COMMITTED === "undefined" ? 0 : EPIPHYTE_COMMITTED;

export const wallClock = new WallClock(
  () => nativeWallClock(),
  () => nativeNow() / 1000,
  committed,
);
