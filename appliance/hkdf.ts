// HKDF with SHA-256 (RFC 5869): keys from a secret text.

import type { Platform } from "./platform.ts";

const HASH = 32;
const MOST_BLOCKS = 255;

type HkdfPlatform = Pick<Platform, "hmacSha256">;

/** `length` bytes, 8160 at most, that follow from the secret and, for this use of it, from `info`. */
export function hkdf(
  secret: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  length: number,
  platform: HkdfPlatform,
): Uint8Array {
  if (length > MOST_BLOCKS * HASH) throw new RangeError("more than HKDF gives");
  const key = mac(salt, [secret], platform);
  const out = new Uint8Array(Math.ceil(length / HASH) * HASH);
  let block: Uint8Array = new Uint8Array(0);
  for (let i = 0; i * HASH < length; i++) {
    block = mac(key, [block, info, Uint8Array.of(i + 1)], platform);
    out.set(block, i * HASH);
  }
  return out.slice(0, length);
}

function mac(key: Uint8Array, parts: readonly Uint8Array[], platform: HkdfPlatform): Uint8Array {
  const hmac = platform.hmacSha256(key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}
