// The life of a certificate that comes by itself: found again after a restart, ordered, shown, kept, renewed in time; and what
// a person is told when that fails. The protocol is in session.ts, order.ts and renewal.ts; here is what it is for.

import type { Keys, Presented } from "../../stack/edge/network.ts";
import { hkdf } from "../hkdf.ts";
import type { Https } from "../https.ts";
import { type Log, reasonOf } from "../log.ts";
import type { Platform } from "../platform.ts";
import { Backoff, FIRST_REFUSED } from "./backoff.ts";
import { carryOut } from "./carry.ts";
import type { AcmeConfig } from "./config.ts";
import { download, findOrders, obtain } from "./order.ts";
import { type Failure, failure } from "./problem.ts";
import { askRenewal, certificateId, renewalTime, type Suggestion } from "./renewal.ts";
import { Session } from "./session.ts";
import { Keeping, type Request } from "./store.ts";
import type { ChallengeType, Proof, Talk } from "./talk.ts";
import { Ways } from "./ways.ts";
import { inWords, moment } from "./words.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const AFTER_FAULT = HOUR;
const SEED_BYTES = 128;
/**
 * Where an authority has certified us before, lists no orders, and nothing was kept: so long a machine has to run before it
 * asks for one more. One that restarts ten times an hour never does.
 */
export const SEEN_PAUSE = HOUR;
/** Certificates of the account's orders that are fetched. */
const FETCH_LIMIT = 4;
/** Between two certificates, at the least: so long, or a quarter of a life, whatever the authority says of renewals. */
const LEAST_BETWEEN = HOUR;
const LEAST_BETWEEN_PART = 4;
/** The clock may be set meanwhile, and the authority may change its mind: no wait is longer. */
const LONGEST_SLEEP = 6 * HOUR;

export type AcmePlatform = Pick<
  Platform,
  "now" | "wallClock" | "sleep" | "random" | "sha256" | "hmacSha256" | "utf8Encode" | "utf8Decode"
>;

export interface AcmeOptions {
  readonly config: AcmeConfig;
  /** The ways in which names can be proved, the best first. */
  readonly ways: readonly ChallengeType[];
  readonly keys: Keys;
  readonly request: Request;
  readonly https: Pick<Https, "issue" | "prove" | "certified">;
  readonly platform: AcmePlatform;
  readonly log: Pick<Log, "info" | "warn" | "error">;
  /** Called when there is a certificate for the first time. */
  readonly certified: () => void;
}

interface Current {
  readonly chain: string;
  readonly presented: Presented;
  /** RFC 9773 4.1, "" for none. */
  readonly id: string;
}

export class Acme {
  readonly #options: AcmeOptions;
  readonly #session: Session;
  readonly #seed: Uint8Array;
  readonly #chanceKey: Uint8Array;
  readonly #backoff = new Backoff();
  readonly #keeping: Keeping | undefined;
  /** What answers HTTP-01, by token. */
  #answers = new Map<string, string>();
  readonly #ways: Ways;
  #current: Current | undefined;
  #suggestion: Suggestion | undefined;
  /** When the authority is asked again when to renew, in microseconds of `now`. */
  #askAgain = 0;
  /** When the next certificate is ordered at the earliest, in microseconds of `now`. */
  #notBefore = 0;
  /** The account's orders have been looked through. */
  #searched = false;
  /** An order that was begun and is not over, "" for none. */
  #begun = "";
  /** The authority has seen the current one replaced already. */
  #replaced = false;
  #toldOfClear = false;
  /** A name has been proved since the start. */
  #hasProved = false;
  /** Attempts that failed, since the last that did not. */
  #failures = 0;
  /** The order whose certificate could not be shown: the next such one is given up. */
  #unfitOrder = "";
  /** Proofs are shown. */
  #shown = false;

  constructor(options: AcmeOptions) {
    this.#options = options;
    const { config, keys, platform, request } = options;
    const secret = config.seed === undefined ? platform.random(64) : platform.utf8Encode(config.seed);
    if (secret === undefined) throw new Error("ACME without entropy");
    const derived = (use: string, length: number): Uint8Array =>
      hkdf(secret, platform.utf8Encode("epiphyte acme"), platform.utf8Encode(use), length, platform);
    this.#seed = derived("key of the certificate", SEED_BYTES);
    this.#chanceKey = derived("time of renewals", 32);
    this.#keeping = config.store === "" ? undefined : new Keeping(config.store, request, platform, options.log);
    this.#ways = new Ways(options.ways);
    const { directory, contact, agreed, external } = config;
    const seed = derived("key of the account", SEED_BYTES);
    this.#session = new Session({ directory, seed, contact, agreed, external, keys, platform });
  }

  /** What is to be answered at the path of a challenge (RFC 8555 8.3); undefined: nothing was asked for. */
  proof(token: string): string | undefined {
    return this.#answers.get(token);
  }

  /** Begins, and goes on for ever. A fault of ours ends neither the machine nor this. */
  async start(): Promise<never> {
    const { log, platform } = this.#options;
    for (;;) {
      try {
        await this.#run();
      } catch (cause) {
        log.error(`ACME: a fault of ours: ${reasonOf(cause)}; next attempt in ${inWords(AFTER_FAULT)}`);
        await platform.sleep(AFTER_FAULT);
      }
    }
  }

  async #run(): Promise<never> {
    const { config, log, platform } = this.#options;
    if (config.seed === undefined)
      log.warn(
        "ACME: its keys are made anew at each start, so each start asks for a new certificate, and authorities give only so " +
          "many (Let's Encrypt five a week for the same names): --acme-seed=SECRET keeps them",
      );
    else await this.#restore();
    if (this.#current === undefined)
      log.info(`ACME: asking ${this.#session.host} for a certificate for ${config.names.join(", ")}`);
    for (;;) {
      const wait = this.#current === undefined ? 0 : await this.#untilRenewal(this.#current);
      await platform.sleep(wait > 0 ? Math.min(wait, LONGEST_SLEEP) : await this.#attempt());
    }
  }

  /** Milliseconds until something is to be done for the current certificate. */
  async #untilRenewal(current: Current): Promise<number> {
    const { platform } = this.#options;
    if (platform.now() >= this.#askAgain) {
      const asked = await this.#carryOut(askRenewal(this.#session, current.id));
      const before = this.#suggestion;
      // An authority that is away for a while has not changed its mind.
      const window = (asked.ok ? asked.value.window : undefined) ?? before?.window;
      this.#suggestion = { window, again: asked.ok ? asked.value.again : LONGEST_SLEEP };
      this.#askAgain = platform.now() + this.#suggestion.again * 1000;
      if (!asked.ok) this.#session.reset();
      if (before === undefined || this.#suggestion.window?.start !== before.window?.start) this.#tellRenewal(current);
    }
    const left = Math.max(this.#renewalTime(current) - platform.wallClock(), (this.#notBefore - platform.now()) / 1000);
    return Math.min(left, Math.max(SECOND, (this.#askAgain - platform.now()) / 1000));
  }

  #renewalTime({ presented, id }: Current): number {
    const { notBefore, notAfter } = presented;
    const validity = { notBefore: notBefore * 1000, notAfter: notAfter * 1000 };
    return renewalTime(validity, this.#suggestion?.window, this.#steadyChance(id));
  }

  #tellRenewal(current: Current): void {
    const at = this.#renewalTime(current);
    const { explanation = "" } = this.#suggestion?.window ?? {};
    const why = explanation === "" ? "" : ` (${this.#session.host} says why: ${explanation})`;
    const when = at <= this.#options.platform.wallClock() ? "now" : `on ${moment(at)}`;
    this.#options.log.info(`ACME: the certificate will be renewed ${when}${why}`);
  }

  /** Tries to have a certificate; the milliseconds to wait before the next step. */
  async #attempt(): Promise<number> {
    const failed = await this.#step();
    if (failed === undefined) return 0;
    if (typeof failed === "number") return failed;
    // The authority may have moved; but one that is away for a moment is gone on with where it was.
    this.#failures++;
    if (!failed.passing || this.#failures % 2 === 0) this.#session.reset();
    const wanted = this.#backoff.next(failed, this.#ways.another && !failed.passing, this.#chance());
    const wait = failed.retryAfter === undefined ? Math.min(wanted, this.#longestWait()) : wanted;
    this.#tellFailure(failed, wait);
    return wait;
  }

  /** Before the end of what is shown there are some attempts more. */
  #longestWait(): number {
    if (this.#current === undefined) return Number.POSITIVE_INFINITY;
    const left = this.#current.presented.notAfter * 1000 - this.#options.platform.wallClock();
    return Math.max(FIRST_REFUSED, left / 8);
  }

  /** Undefined: there is one; a number: that long is to be waited. */
  async #step(): Promise<Failure | number | undefined> {
    const { config, keys, platform } = this.#options;
    if (!this.#searched && config.seed !== undefined && this.#current === undefined) {
      const failed = await this.#search();
      if (failed !== undefined) return failed;
      if (this.#current !== undefined) return undefined;
    }
    const request = keys.request(this.#seed, config.names);
    if (request === undefined) return failure("there is no entropy to sign with", { passing: true });
    const replaces = this.#replaced ? "" : (this.#current?.id ?? "");
    const options = {
      names: config.names,
      profile: config.profile,
      replaces,
      request,
      ways: (name: string) => this.#ways.of(name),
      passed: () => {
        this.#hasProved = true;
      },
      failed: (name: string, way: ChallengeType) => this.#ways.failed(name, way),
      proved: () => !this.#isFromBefore(),
      platform,
    };
    const got = await this.#carryOut(
      obtain(this.#session, options, this.#begun, (url) => {
        this.#begun = url;
      }),
    ); // prettier-ignore
    if (!got.ok) {
      if (!got.error.passing) this.#begun = "";
      if (got.error.type === "alreadyReplaced" && replaces !== "") {
        // Somebody with this key has been here, and what came of it is lost.
        this.#replaced = true;
        return this.#pause("the certificate has been renewed before, by this key");
      }
      return got.error;
    }
    // What was begun is gone on with then.
    if (got.value.kind === "given up")
      return this.#pause(`these names were proved by this key on ${moment(got.value.since)}`);
    const order = this.#begun;
    this.#begun = "";
    const failed = this.#adopt(got.value.chain);
    if (failed !== undefined && order !== this.#unfitOrder) {
      // Fetched once more, before another is made.
      this.#begun = order;
      this.#unfitOrder = order;
    }
    if (this.#current !== undefined) {
      const { notBefore, notAfter } = this.#current.presented;
      const least = Math.min(LEAST_BETWEEN, ((notAfter - notBefore) * 1000) / LEAST_BETWEEN_PART);
      this.#notBefore = platform.now() + least * 1000;
    }
    if (failed === undefined) await this.#keeping?.write(got.value.chain);
    return failed;
  }

  /** Looks for a certificate, or for an order, from before the start. */
  async #search(): Promise<Failure | undefined> {
    const found = await this.#carryOut(findOrders(this.#session, this.#options.config.names));
    if (!found.ok) return found.error;
    this.#searched = true;
    this.#begun = found.value.open;
    let best: string | undefined;
    let until = 0;
    for (const url of found.value.certificates.slice(-FETCH_LIMIT)) {
      const chain = await this.#carryOut(download(this.#session, url));
      if (!chain.ok) continue;
      const usable = this.#usable(chain.value);
      if (usable === undefined || usable.notAfter <= until) continue;
      best = chain.value;
      until = usable.notAfter;
    }
    if (best === undefined) return undefined;
    this.#options.log.info(`ACME: ${this.#session.host} still has the certificate from before the start`);
    const failed = this.#adopt(best);
    if (failed === undefined) await this.#keeping?.write(best);
    return failed;
  }

  /** Takes the certificate that was kept. */
  async #restore(): Promise<void> {
    const kept = await this.#keeping?.read();
    if (kept === undefined || kept === "") return;
    if (this.#usable(kept) !== undefined) this.#adopt(kept);
    else this.#options.log.info("ACME: the certificate that was kept is over, or for another key or other names");
  }

  /** Shows it from now on, if it is what was asked for. */
  #adopt(chain: string): Failure | undefined {
    const { https, log, certified } = this.#options;
    const presented = this.#options.keys.examine(this.#seed, chain);
    const why = this.#unfit(presented);
    if (why !== "") return failure(`${this.#session.host} gave a certificate that cannot be shown: ${why}`);
    const first = this.#current === undefined;
    const id = presented.renewal === undefined ? "" : certificateId(presented.renewal);
    this.#current = { chain, presented, id };
    this.#suggestion = undefined;
    this.#askAgain = 0;
    this.#replaced = false;
    this.#toldOfClear = true;
    this.#ways.reset();
    this.#failures = 0;
    this.#backoff.reset();
    https.issue(this.#seed, chain);
    if (!first) log.info("ACME: the certificate has been renewed");
    if (first) certified();
    return undefined;
  }

  /** What it is when it could be shown today. */
  #usable(chain: string): Presented | undefined {
    const presented = this.#options.keys.examine(this.#seed, chain);
    return this.#unfit(presented) === "" ? presented : undefined;
  }

  #unfit({ error, names, notAfter }: Presented): string {
    if (error !== "") return error;
    const missing = this.#options.config.names.filter((name) => !names.includes(name));
    if (missing.length > 0) return `it is for ${names.join(", ") || "nobody"}, not for ${missing.join(", ")}`;
    return notAfter * 1000 <= this.#options.platform.wallClock() ? `it was valid until ${moment(notAfter * 1000)}` : "";
  }

  /** Whether names were proved before this start: then there may be a certificate that nobody has any more. */
  #isFromBefore(): boolean {
    const { platform, config } = this.#options;
    if (config.seed === undefined || this.#current !== undefined || this.#hasProved) return false;
    return platform.now() < SEEN_PAUSE * 1000;
  }

  /** So long until the machine has run for long enough; said on the console. */
  #pause(why: string): number {
    const { platform, log, config } = this.#options;
    const wait = SEEN_PAUSE - platform.now() / 1000;
    if (wait < SECOND) return SECOND;
    log.warn(
      `ACME: ${why}, and ${this.#session.host} does not say where its certificates are. So that restarts do not use its ` +
        `limits up, the next is asked for ${this.#at(wait)}` +
        (config.store === "" ? "; --acme-store=URL keeps certificates over restarts" : ""),
    );
    return wait;
  }

  #tellFailure(failed: Failure, wait: number): void {
    const { config, log } = this.#options;
    const whom = config.names.join(", ");
    const what =
      this.#current === undefined ? `no certificate for ${whom} yet` : `the certificate for ${whom} is not renewed`;
    const advice = failed.advice === "" ? "" : `; ${failed.advice}`;
    log.warn(`ACME: ${what}: ${failed.what}${advice}. Next attempt ${this.#at(wait)}`);
    if (this.#toldOfClear || this.#current !== undefined) return;
    this.#toldOfClear = true;
    log.info("ACME: meanwhile the blog is served in the clear, and by HTTPS with a certificate that browsers warn of");
  }

  /** "in 3 minutes, at 12:34" */
  #at(wait: number): string {
    return `in ${inWords(wait)}, at ${moment(this.#options.platform.wallClock() + wait)}`;
  }

  #show(proofs: readonly Proof[]): void {
    const { https, platform } = this.#options;
    if (proofs.length === 0 && !this.#shown) return;
    this.#shown = proofs.length > 0;
    this.#answers = new Map(
      proofs.filter(({ type }) => type === "http-01").map((each) => [each.token, each.keyAuthorization]),
    );
    https.prove(
      proofs
        .filter(({ type }) => type === "tls-alpn-01")
        .map(({ name, keyAuthorization }) => {
          const digest = platform.sha256(platform.utf8Encode(keyAuthorization));
          return { seed: this.#seed, name, digest };
        }),
    );
  }

  #carryOut<T>(talk: Talk<T>): Promise<T> {
    const { request, platform } = this.#options;
    return carryOut(talk, request, (proofs) => this.#show(proofs), platform);
  }

  #chance(): number {
    const bytes = this.#options.platform.random(2);
    return bytes === undefined ? 0.5 : (bytes[0]! * 256 + bytes[1]!) / 65_536;
  }

  /** From 0 to 1, the same for one certificate whenever it is asked for. */
  #steadyChance(id: string): number {
    const { platform } = this.#options;
    const mac = platform.hmacSha256(this.#chanceKey);
    mac.update(platform.utf8Encode(id));
    const bytes = mac.digest();
    return (bytes[0]! * 256 + bytes[1]!) / 65_536;
  }
}
