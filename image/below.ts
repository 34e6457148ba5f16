/// <reference path="./native.d.ts" />
// What both targets with a stack of our own need below the seam: a secret, an address for a card without one.

/** Bytes of the host's secret; the last 32 of them are the seed of TLS, and not there when the secret is weak. */
const SECRET_BYTES = 96;
const WEAK_SECRET_BYTES = 64;
/** Where those lie that make an address for a card without one. */
const MAC_BYTES = 59;

export interface Secret {
  /** As Host has it. */
  readonly bytes: Uint8Array;
  /** The machine has no entropy: the bytes come from the clock. */
  readonly weak: boolean;
}

/** The host's secret: from the machine's entropy, or from the clock, which is better than a constant. */
export function secretBytes(): Secret {
  const bytes = new Uint8Array(SECRET_BYTES);
  if (nativeRandom(bytes, 0, SECRET_BYTES)) return { bytes, weak: false };
  const weak = new Uint8Array(WEAK_SECRET_BYTES);
  let x = (nativeNow() ^ (nativeWallClock() >>> 0)) | 1;
  for (let i = 0; i < WEAK_SECRET_BYTES; i++) {
    x = Math.imul(x ^ (x >>> 15) ^ nativeNow(), 0x2c1b3c6d) | 1;
    weak[i] = x >>> 24;
  }
  return { bytes: weak, weak: true };
}

/** A locally administered address (IEEE 802-2014 8.4) out of the secret. */
export function localMac(secret: Uint8Array): number {
  let mac = 0x02;
  for (let i = 0; i < 5; i++) mac = mac * 256 + secret[MAC_BYTES + i]!;
  return mac;
}
