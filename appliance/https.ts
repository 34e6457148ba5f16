// HTTPS as the appliance offers it: which certificates are shown, and what a person is told of them, at the start and every
// day. What a certificate has to be is looked at below (stack/host/identity.ts).

import type { Certificate, Network, Presented } from "../stack/edge/network.ts";
import type { Log } from "./log.ts";
import type { Platform } from "./platform.ts";
import type { TlsConfig } from "./tls-config.ts";

const DAY_MS = 86_400_000;
/** How long before its end a certificate is spoken of every day, in seconds. */
const NEAR_END = 20 * 86_400;
const SEED_BLOCKS = 4;

type HttpsPlatform = Pick<Platform, "random" | "hmacSha256" | "utf8Encode" | "timer" | "wallClock">;

/** What is to be shown: what was given, or one of the machine's own; undefined: there is no entropy for a key. */
function certificatesOf(
  config: TlsConfig,
  names: readonly string[],
  notBefore: number,
  platform: HttpsPlatform,
): readonly Certificate[] | undefined {
  if (config.certificates.length > 0) return config.certificates.map((pem) => ({ kind: "given", pem }));
  const seed = config.seed === undefined ? platform.random(SEED_BLOCKS * 32) : derive(config.seed, platform);
  return seed === undefined ? undefined : [{ kind: "own", seed, names, notBefore }];
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

/**
 * Shows the certificates and says what is to be said of them, now and daily. `names`: of the machine, for a certificate of
 * its own; `notBefore`: from when that is valid, in seconds since 1970. The errors, for which HTTPS cannot be served.
 */
export function presentCertificates(
  config: TlsConfig,
  names: readonly string[],
  notBefore: number,
  network: Pick<Network, "present">,
  platform: HttpsPlatform,
  log: Pick<Log, "info" | "warn">,
): readonly string[] {
  const certificates = certificatesOf(config, names, notBefore, platform);
  if (certificates === undefined)
    return ["HTTPS needs a source of entropy for its key: this processor has no RDRAND; add -device virtio-rng-pci"];
  const presented = network.present(certificates);
  const errors = presented.flatMap(({ error }, i) => (error === "" ? [] : [`certificate ${i + 1}: ${error}`]));
  if (errors.length > 0) return errors;
  for (const one of presented) announce(one, config, log);
  const again = (): void => {
    for (const one of presented) remind(one, platform, log);
    platform.timer(DAY_MS, again);
  };
  platform.timer(DAY_MS, again);
  return [];
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

function remind({ names, notAfter }: Presented, platform: HttpsPlatform, log: Pick<Log, "warn">): void {
  if (notAfter === 0) return;
  const left = notAfter - platform.wallClock() / 1000;
  const whom = names.join(", ");
  if (left < 0) log.warn(`HTTPS: the certificate for ${whom} was valid until ${day(notAfter)}: browsers refuse it`);
  else if (left < NEAR_END)
    log.warn(`HTTPS: the certificate for ${whom} ends in ${Math.floor(left / 86_400)} days, on ${day(notAfter)}`);
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
