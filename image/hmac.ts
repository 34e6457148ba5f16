// HMAC-SHA-256 (RFC 2104) over the native SHA-256.

const BLOCK = 64;

/** 32 bytes. */
export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const short = key.length > BLOCK ? nativeSha256(key) : key;
  return padded(short, 0x5c, padded(short, 0x36, bytes));
}

/** The hash of the key, padded with zeros to a block and combined with `pad`, and what follows. */
function padded(key: Uint8Array, pad: number, rest: Uint8Array): Uint8Array {
  const text = new Uint8Array(BLOCK + rest.length);
  text.set(key);
  for (let i = 0; i < BLOCK; i++) text[i] = text[i]! ^ pad;
  text.set(rest, BLOCK);
  return nativeSha256(text);
}
