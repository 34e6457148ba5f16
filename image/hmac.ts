// HMAC-SHA-256 (RFC 2104) over the native SHA-256, in pieces or at once.

const BLOCK = 64;
/** See nativeSha256Init. */
const STATE_BYTES = 112;

export class HmacSha256 {
  readonly #outer: Uint8Array;
  readonly #inner = new Uint8Array(STATE_BYTES);

  constructor(key: Uint8Array) {
    const short = key.length > BLOCK ? nativeSha256(key) : key;
    this.#outer = padded(short, 0x5c);
    nativeSha256Init(this.#inner);
    nativeSha256Update(this.#inner, padded(short, 0x36));
  }

  update(bytes: Uint8Array): void {
    nativeSha256Update(this.#inner, bytes);
  }

  /** 32 bytes; once, at the end. */
  digest(): Uint8Array {
    const state = new Uint8Array(STATE_BYTES);
    nativeSha256Init(state);
    nativeSha256Update(state, this.#outer);
    nativeSha256Update(state, nativeSha256Final(this.#inner));
    return nativeSha256Final(state);
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
