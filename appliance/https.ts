// HTTPS as the appliance offers it: which certificates are shown, and what a person is told of them, at the start and every
// day. What a certificate has to be is looked at below (stack/host/identity.ts); where one comes from by itself, in acme/.

import type { Certificate, Network, Presented } from "../stack/edge/network.ts";
import type { Log } from "./log.ts";
import type { Platform } from "./platform.ts";
import type { TlsConfig } from "./tls-config.ts";

const DAY_MS = 86_400_000;
/** How long before its end a certificate is spoken of every day, in seconds: so long, or a quarter of its life. */
const NEAR_END = 20 * 86_400;
const NEAR_END_PART = 4;
const SEED_BLOCKS = 4;

type HttpsPlatform = Pick<Platform, "random" | "hmacSha256" | "utf8Encode" | "timer" | "wallClock">;

export interface HttpsOptions {
  readonly config: TlsConfig;
  /** Of the machine, for a certificate of its own. */
  readonly names: readonly string[];
  /** From when one of its own is valid, in seconds since 1970. */
  readonly notBefore: number;
  readonly network: Pick<Network, "present">;
  readonly platform: HttpsPlatform;
  readonly log: Pick<Log, "info" | "warn">;
}

type Issued = Extract<Certificate, { kind: "issued" }>;
type Challenge = Extract<Certificate, { kind: "challenge" }>;

export class Https {
  readonly #options: HttpsOptions;
  /** What was given, or one of the machine's own. */
  #base: readonly Certificate[] = [];
  #issued: Issued | undefined;
  #challenges: readonly Challenge[] = [];
  /** Of all that is shown, but for challenges. */
  #presented: readonly Presented[] = [];

  constructor(options: HttpsOptions) {
    this.#options = options;
  }

  /** True: one is shown that an authority has signed, as far as can be known. */
  get certified(): boolean {
    return this.#issued !== undefined || this.#options.config.certificates.length > 0;
  }

  /**
   * Shows what there is at the start, and says what is to be said of it, now and daily. The errors, for which HTTPS cannot
   * be served.
   */
  open(): readonly string[] {
    const { log, platform, config } = this.#options;
    const base = this.#atStart();
    if (base === undefined)
      return ["HTTPS needs a source of entropy for its key: this processor has no RDRAND; add -device virtio-rng-pci"];
    this.#base = base;
    this.#present();
    const errors = this.#presented.flatMap(({ error }, i) => (error === "" ? [] : [`certificate ${i + 1}: ${error}`]));
    if (errors.length > 0) return errors;
    for (const one of this.#presented) announce(one, config, log);
    const again = (): void => {
      for (const one of this.#presented) remind(one, platform, log);
      platform.timer(DAY_MS, again);
    };
    platform.timer(DAY_MS, again);
    return [];
  }

  /** The machine is a copy of another: a key that was made at the start, by neither file nor seed, is not shown any more. */
  renew(): void {
    const { config, log } = this.#options;
    if (config.seed !== undefined || config.certificates.length > 0) return;
    this.#base = this.#atStart() ?? this.#base;
    this.#present();
    for (const one of this.#presented) announce(one, config, log);
  }

  /** Shows what an authority has issued, instead of the last, or of the machine's own. Connections that are open go on. */
  issue(seed: Uint8Array, chain: string): void {
    this.#issued = { kind: "issued", seed, chain };
    this.#present();
    const issued = this.#presented.at(-1);
    if (issued !== undefined) announce(issued, this.#options.config, this.#options.log);
  }

  /** Shows these, and no others, to those who look at a challenge. */
  prove(challenges: readonly Omit<Challenge, "kind">[]): void {
    this.#challenges = challenges.map((each) => ({ ...each, kind: "challenge" }));
    this.#present();
  }

  #present(): void {
    const own = this.#issued !== undefined && this.#options.config.certificates.length === 0;
    const shown = [...(own ? [] : this.#base), ...(this.#issued === undefined ? [] : [this.#issued])];
    this.#presented = this.#options.network.present([...shown, ...this.#challenges]).slice(0, shown.length);
  }

  /** Undefined: there is no entropy for a key. */
  #atStart(): readonly Certificate[] | undefined {
    const { config, names, notBefore, platform } = this.#options;
    if (config.certificates.length > 0) return config.certificates.map((pem) => ({ kind: "given", pem }));
    const seed = config.seed === undefined ? platform.random(SEED_BLOCKS * 32) : derive(config.seed, platform);
    return seed === undefined ? undefined : [{ kind: "own", seed, names, notBefore }];
  }
}

/** 128 bytes that follow from the text: HMAC-SHA-256 of a label and a number under it. */
function derive(text: string, platform: HttpsPlatform): Uint8Array {
  const key = platform.utf8Encode(text);
  const seed = new Uint8Array(SEED_BLOCKS * 32);
  for (let i = 0; i < SEED_BLOCKS; i++) {
    const mac = platform.hmacSha256(key);
    mac.update(platform.utf8Encode(`epiphyte: key of the certificate ${i}`));
    seed.set(mac.digest(), i * 32);
  }
  return seed;
}

function announce(presented: Presented, config: TlsConfig, log: Pick<Log, "info" | "warn">): void {
  const { names, warnings, notAfter, fingerprint } = presented;
  const whom = names.length === 0 ? "no name" : names.join(", ");
  if (notAfter > 0)
    log.info(`HTTPS on port ${config.port} for ${whom}, until ${day(notAfter)}; its key is ${fingerprint}`);
  else {
    const stays = config.seed === undefined ? "; it is another at each start (--cert-seed keeps it)" : "";
    log.info(
      `HTTPS on port ${config.port} for ${whom}, with a certificate that signs itself: browsers will warn. ` +
        `Its key is ${fingerprint}${stays}`,
    );
  }
  for (const warning of warnings) log.warn(`HTTPS: ${warning}`);
}

function remind({ names, notBefore, notAfter }: Presented, platform: HttpsPlatform, log: Pick<Log, "warn">): void {
  if (notAfter === 0) return;
  const left = notAfter - platform.wallClock() / 1000;
  const whom = names.join(", ");
  const near = Math.min(NEAR_END, (notAfter - notBefore) / NEAR_END_PART);
  if (left < 0) log.warn(`HTTPS: the certificate for ${whom} was valid until ${day(notAfter)}: browsers refuse it`);
  else if (left < near)
    log.warn(`HTTPS: the certificate for ${whom} ends in ${Math.floor(left / 86_400)} days, on ${day(notAfter)}`);
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
