// What time it is, by servers of SNTP: several at once, some samples of each (RFC 4330 5, RFC 5905 10 and 11).

import type { Result } from "../base/result.ts";
import { TIME_REFUSED, TIME_UNSYNCHRONISED } from "../ntp/machine.ts";
import { select, TimeSample } from "../ntp/select.ts";
import type { Timer } from "./flows.ts";
import type { ResolveError, TimeError } from "./network.ts";
import type { Seam } from "./seam.ts";

/** Servers asked at one time: what one name of a pool has. */
export const TIME_SERVERS = 4;
/** RFC 5905 13: between the questions of a burst. */
export const SAMPLE_INTERVAL = 2000;
/** RFC 4330 8: who does not want to be asked is not, for a day. */
export const REFUSED_FOR = 86_400_000;

/** What time servers agree on: wall clock minus the time since the machine was entered, and how wrong that may be. */
export interface TimeAnswer {
  readonly offset: number;
  readonly error: number;
  /** How many have answered. */
  readonly servers: number;
}

export class EdgeTime {
  readonly #seam: Seam;
  readonly #resolve: (name: string) => Promise<Result<readonly string[], ResolveError>>;
  readonly #timer: Timer;
  readonly #now: () => number;
  readonly #pending = new Map<number, (result: Result<TimeSample, TimeError>) => void>();
  /** Servers that do not want to be asked, and until when, in milliseconds. */
  readonly #refusing = new Map<string, number>();

  /** `now`: milliseconds since the machine was entered. */
  constructor(
    seam: Seam,
    resolve: (name: string) => Promise<Result<readonly string[], ResolveError>>,
    timer: Timer,
    now: () => number,
  ) {
    this.#seam = seam;
    this.#resolve = resolve;
    this.#timer = timer;
    this.#now = now;
  }

  /** Asks servers of these names, so many times each; of each the surest sample counts, of all what most agree on. */
  async ask(hosts: readonly string[], samples: number): Promise<Result<TimeAnswer, TimeError>> {
    const found = await Promise.all(hosts.map((host) => this.#resolve(host)));
    const addresses = [...new Set(found.flatMap((result) => (result.ok ? result.value : [])))];
    const willing = addresses.filter((address) => !this.#refuses(address)).slice(0, TIME_SERVERS);
    const answers = await Promise.all(willing.map((address) => this.#sample(address, samples)));
    const good = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
    if (good.length === 0) return { ok: false, error: failure(found, addresses, answers) };
    const best = select(good);
    if (best === undefined) return { ok: false, error: { kind: "disagree" } };
    return { ok: true, value: { offset: best.offset, error: best.error, servers: good.length } };
  }

  /** EVENT_TIME. */
  told(token: number, code: number): void {
    const done = this.#pending.get(token);
    this.#pending.delete(token);
    if (code === 0) done?.({ ok: true, value: new TimeSample(this.#seam.toldOffset(), this.#seam.toldError()) });
    else if (code === TIME_REFUSED) done?.({ ok: false, error: { kind: "refused" } });
    else if (code === TIME_UNSYNCHRONISED) done?.({ ok: false, error: { kind: "unsynchronised" } });
    else done?.({ ok: false, error: { kind: "no-answer" } });
  }

  #refuses(address: string): boolean {
    return (this.#refusing.get(address) ?? 0) > this.#now();
  }

  /** The surest of so many samples (RFC 5905 10: that of the least delay). */
  async #sample(address: string, samples: number): Promise<Result<TimeSample, TimeError>> {
    let best: Result<TimeSample, TimeError> = { ok: false, error: { kind: "no-answer" } };
    for (let i = 0; i < samples; i++) {
      if (i > 0) await new Promise<void>((resolve) => this.#timer(SAMPLE_INTERVAL, resolve));
      const token = this.#seam.askTime(address);
      const told = await new Promise<Result<TimeSample, TimeError>>((resolve) => this.#pending.set(token, resolve));
      if (!told.ok && told.error.kind === "refused") this.#refusing.set(address, this.#now() + REFUSED_FOR);
      if (!told.ok) return best.ok ? best : told;
      if (!best.ok || told.value.error < best.value.error) best = told;
    }
    return best;
  }
}

/** Why nobody has answered: the first reason. */
function failure(
  found: ReadonlyArray<Result<readonly string[], ResolveError>>,
  addresses: readonly string[],
  answers: ReadonlyArray<Result<TimeSample, TimeError>>,
): TimeError {
  for (const answer of answers) if (!answer.ok) return answer.error;
  if (addresses.length > 0) return { kind: "refused" };
  for (const result of found) if (!result.ok) return { kind: "resolve", cause: result.error };
  return { kind: "no-answer" };
}
