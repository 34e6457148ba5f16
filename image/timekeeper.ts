// Keeps the wall clock right: sets it once time servers have answered, asks them again from time to time, and moves it
// towards what they say without a jump. Notices that the machine was stopped without its clock going on (a pause, a
// snapshot resumed, a move to another host). Read first: RFC 5905 11.3 and 12 (what is slewed, what is stepped, what is
// not believed).

import type { Result } from "../stack/base/result.ts";
import type { TimeError } from "../stack/edge/network.ts";
import type { TimeAnswer } from "../stack/edge/time.ts";
import type { WallClock } from "./wall-clock.ts";

/** What is worth a line of the log, in milliseconds. */
const WORTH_TELLING = 1000;
/** As long as nobody has answered and the clock is not known. */
const FIRST_WAIT = 2000;
const LAST_WAIT = 300_000;
/** RFC 5905 13: between two questions; twice as long each time that the clock was right, half when it was not. */
export const LEAST_POLL = 64_000;
export const MOST_POLL = 1_024_000;
/** So far off it is right. */
const RIGHT = 50;
/** RFC 5905 10: samples of each server. At the start one has to do. */
export const SAMPLES = 4;
/** Up to so much it is moved little by little: a millisecond in two seconds (RFC 5905 11.3: 500 ppm). */
export const MOST_SLEW = 1000;
const SLEW_STEP = 1;
const SLEW_INTERVAL = 2000;
/** RFC 5905 A.1.1, PANICT: further off, one server alone is not believed at once. */
export const PANIC = 1_000_000;
/** How often it has to say so, or how many servers. */
const INSISTED = 3;
/** How often the machine's hardware clock is looked at, and by how much it must have run away. */
export const WATCH_INTERVAL = 5000;
export const STOPPED = 2000;

/** Where the time comes from besides the machine. */
export interface TimeSource {
  askTime(hosts: readonly string[], samples: number): Promise<Result<TimeAnswer, TimeError>>;
}

export interface ClockLog {
  info(text: string): void;
  warn(text: string): void;
}

export interface Timekeeping {
  readonly clock: WallClock;
  readonly source: TimeSource;
  /** Names and addresses of time servers, as they are known by now; none: the hardware's word is all there is. */
  servers(): readonly string[];
  readonly log: ClockLog;
  sleep(ms: number): Promise<void>;
  /** Milliseconds since the machine was entered. */
  sinceEntry(): number;
  /** A clock that goes on while the machine is stopped, in milliseconds since 1970, to a second; 0: there is none. */
  hardware(): number;
  /** The wall clock is another: its offset. */
  changed(offset: number): void;
  /** The machine was stopped for so many milliseconds. */
  stopped(ms: number): void;
}

export class Timekeeper {
  readonly #with: Timekeeping;
  /** The hardware's clock less the time since entry, as it was. */
  #base: number | undefined;
  /** What the clock is still to be moved by. */
  #slew = 0;
  #told: number;
  /** It was set by servers, and the machine has not been stopped since. */
  #sure = false;
  #insisted = 0;
  #poll = LEAST_POLL;
  #nextPoll = 0;
  #asking = false;

  constructor(parts: Timekeeping) {
    this.#with = parts;
    this.#told = parts.clock.offset;
  }

  /**
   * Asks the servers what time it is and sets the clock; resolves when they answered, or when they did not and the clock is
   * known anyway. A clock that is not is asked for again and again, with longer waits.
   */
  async start(): Promise<void> {
    const { clock, log, sleep } = this.#with;
    if (this.#alone) return;
    for (let wait = FIRST_WAIT; ; wait = Math.min(LAST_WAIT, wait * 2)) {
      const why = await this.#ask(1);
      if (why === undefined) return;
      const shown = new Date(clock.now()).toISOString();
      if (clock.known) {
        log.info(`the time server ${this.#who} was of no use (${why}): this machine's own clock is used, ${shown}`);
        return;
      }
      log.warn(
        `this machine's clock is not set, and the time server ${this.#who} was of no use (${why}): no certificate can be ` +
          `judged, and dates are taken to be ${shown}. It is asked again; --ntp names another`,
      );
      await sleep(wait);
    }
  }

  /** Goes on for as long as the machine does. */
  async keep(): Promise<never> {
    this.#nextPoll = this.#with.sinceEntry() + this.#poll;
    for (;;) {
      await this.#with.sleep(this.#slew === 0 ? WATCH_INTERVAL : SLEW_INTERVAL);
      this.tick();
    }
  }

  /** What is due now. */
  tick(): void {
    this.#watchOwn();
    this.#watch();
    if (this.#slew !== 0) {
      const step = Math.max(-SLEW_STEP, Math.min(SLEW_STEP, this.#slew));
      this.#slew -= step;
      this.#with.clock.set(step);
    }
    this.#tell();
    if (!this.#alone && this.#with.sinceEntry() >= this.#nextPoll && !this.#asking) void this.#again();
  }

  /** The machine is a copy: how long its snapshot has lain there only others know. */
  copied(): void {
    this.#doubt();
    this.tick();
  }

  get #who(): string {
    return this.#with.servers().join(", ");
  }

  get #alone(): boolean {
    return this.#with.servers().length === 0;
  }

  /** The machine's own clock was read anew, as after a suspension by Xen, or its host has set it. */
  #watchOwn(): void {
    const { clock, log } = this.#with;
    const jump = clock.jump(STOPPED);
    if (jump === 0) return;
    this.#doubt();
    const seconds = `${Math.round(Math.abs(jump) / 1000)} s`;
    const now = new Date(clock.now()).toISOString();
    if (jump < 0) log.info(`the clock of the host was set back by about ${seconds}: it is ${now}`);
    else {
      log.info(`this machine was stopped, or the clock of its host set ahead, by about ${seconds}: it is ${now}`);
      this.#with.stopped(jump);
    }
  }

  /** What servers said holds no longer: they are asked at once. */
  #doubt(): void {
    this.#slew = 0;
    this.#sure = false;
    this.#nextPoll = 0;
  }

  /** The hardware's clock has run on or back, as against ours. */
  #watch(): void {
    const { clock, log, hardware, sinceEntry } = this.#with;
    const reading = hardware();
    if (reading === 0) return;
    const difference = reading - sinceEntry();
    const change = difference - (this.#base ?? difference);
    if (Math.abs(change) < STOPPED) {
      // Its seconds are whole, and no two clocks run alike.
      this.#base = difference - change + change / 16;
      return;
    }
    this.#base = difference;
    const seconds = `${Math.round(Math.abs(change) / 1000)} s`;
    // Ours cannot have run ahead: somebody has set the other one back, and time servers know better.
    if (change < 0 && !this.#alone) return;
    if (reading >= clock.floor) {
      clock.set(change);
      this.#doubt();
    }
    const now = new Date(clock.now()).toISOString();
    if (change < 0) log.info(`the clock of the host was set back by about ${seconds}: it is ${now}`);
    else {
      log.info(`this machine was stopped for about ${seconds}: its clock goes on from ${now}`);
      this.#with.stopped(change);
    }
  }

  async #again(): Promise<void> {
    this.#asking = true;
    const why = await this.#ask(SAMPLES);
    this.#asking = false;
    if (why !== undefined) this.#poll = Math.min(MOST_POLL, this.#poll * 2);
    this.#nextPoll = this.#with.sinceEntry() + this.#poll;
  }

  /** Undefined: the servers have answered, and were believed; else why not. */
  async #ask(samples: number): Promise<string | undefined> {
    const { clock, source, servers } = this.#with;
    const told = await source.askTime(servers(), samples);
    if (!told.ok) return reason(told.error);
    const slow = clock.differs(told.value.offset);
    if (slow === undefined) return "its answer is a time before this program was made";
    const off = Math.abs(slow);
    if (this.#sure && off > PANIC && told.value.servers < INSISTED) {
      this.#insisted++;
      if (this.#insisted < INSISTED) {
        this.#poll = LEAST_POLL / 2;
        if (this.#insisted === 1)
          this.#with.log.warn(`the time server ${this.#who} is off by ${inWords(slow)}: not believed yet`);
        return "it is too far off";
      }
    }
    this.#insisted = 0;
    this.#poll = off <= RIGHT ? Math.min(MOST_POLL, this.#poll * 2) : Math.max(LEAST_POLL, this.#poll / 2);
    if (this.#sure && off <= MOST_SLEW) this.#slew = slow;
    else {
      this.#slew = 0;
      clock.set(slow);
      if (off >= WORTH_TELLING) this.#with.log.info(`the clock was ${inWords(slow)}: set by ${this.#who}`);
    }
    this.#sure = true;
    this.#tell();
    return undefined;
  }

  /** Below the seam the offset is kept: it is told when it is another, also when the host has set its own clock. */
  #tell(): void {
    const { offset } = this.#with.clock;
    if (Math.abs(offset - this.#told) < SLEW_STEP / 2) return;
    this.#told = offset;
    this.#with.changed(offset);
  }
}

function inWords(slow: number): string {
  return `${(Math.abs(slow) / 1000).toFixed(1)} s ${slow > 0 ? "slow" : "fast"}`;
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
    case "disagree":
      return "the servers do not agree";
  }
}
