// HMAC-SHA-256 (RFC 2104) over the native SHA-256, in pieces or at once. nativeHmac wants all of it at once, and stack/tls is
// where that is called.

const SHA256 = 0;
const BLOCK = 64;
const DIGEST = 32;
/** See nativeHashInit and nativeHashPeek. */
const STATE = 224;
const DIGEST_ROOM = 48;
/** What is hashed before packets are let in again. */
const PIECE = 64 * 1024;

export class HmacSha256 {
  readonly #outer: Uint8Array;
  readonly #inner = new Uint8Array(STATE);

  constructor(key: Uint8Array) {
    const short = key.length > BLOCK ? nativeSha256(key) : key;
    this.#outer = padded(short, 0x5c);
    nativeHashInit(SHA256, this.#inner);
    this.update(padded(short, 0x36));
  }

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PIECE)
      nativeHashUpdate(SHA256, this.#inner, bytes, at, Math.min(PIECE, bytes.length - at));
  }

  /** 32 bytes; once, at the end. */
  digest(): Uint8Array {
    const room = new Uint8Array(DIGEST_ROOM);
    nativeHashPeek(SHA256, this.#inner, room, 0);
    nativeHashInit(SHA256, this.#inner);
    this.update(this.#outer);
    this.update(room.subarray(0, DIGEST));
    nativeHashPeek(SHA256, this.#inner, room, 0);
    return room.slice(0, DIGEST);
  }
}

/** 32 bytes. */
export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const hmac = new HmacSha256(key);
  hmac.update(bytes);
  return hmac.digest();
}

/** The key, padded with zeros to a block and combined with `pad`. */
function padded(key: Uint8Array, pad: number): Uint8Array {
  const block = new Uint8Array(BLOCK);
  block.set(key);
  for (let i = 0; i < BLOCK; i++) block[i] = block[i]! ^ pad;
  return block;
}
