/// <reference path="../base/native.d.ts" />
// Numbers that nobody can foresee who has seen those before: ports and ids of DNS queries, transaction ids and jitter
// below the seam. SipHash-2-4 (Aumasson, Bernstein 2012) of a counter under a secret key: who sees outputs learns nothing
// of the key, and so nothing of the next.

const COUNTER_BYTES = 8;

export class Random {
  readonly #key: Uint8Array;
  readonly #counter: Uint8Array = new Uint8Array(COUNTER_BYTES);
  #count = 0;

  /** `key`: 16 bytes of a cryptographic generator, used for nothing else. */
  constructor(key: Uint8Array) {
    if (key.length !== 16) throw new RangeError("a key has 16 bytes");
    this.#key = key.slice(0, 16);
  }

  /** Mixes 16 bytes into the key. */
  add(fresh: Uint8Array): void {
    for (let i = 0; i < 16; i++) this.#key[i] = this.#key[i]! ^ fresh[i]!;
  }

  /** The next 32 bits, unsigned. */
  next(): number {
    this.#count++;
    nativeStoreLittle32(this.#counter, 0, this.#count);
    nativeStoreLittle32(this.#counter, 4, Math.floor(this.#count / 0x100000000));
    return nativeSipHash(this.#key, this.#counter, 0, COUNTER_BYTES);
  }

  /** 0 to `limit` - 1; `limit` at most 2^32. */
  below(limit: number): number {
    return Math.floor((this.next() / 0x100000000) * limit);
  }
}
