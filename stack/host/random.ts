// A small generator for ports, ids and jitter below the seam: xoshiro128** over a seed from the machine's entropy. Not
// for keys; what must resist a peer's guess (sequence numbers, RFC 6528) is a keyed hash in stack/tcp.

export class Random {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** `seed`: 16 random bytes. */
  constructor(seed: Uint8Array) {
    this.a = word(seed, 0) | 1;
    this.b = word(seed, 4);
    this.c = word(seed, 8);
    this.d = word(seed, 12);
  }

  /** The next 32 bits, unsigned. */
  next(): number {
    const r = Math.imul(rotate(Math.imul(this.b, 5), 7), 9);
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = rotate(this.d, 11);
    return r >>> 0;
  }

  /** 0 to `limit` - 1; `limit` at most 2^32. */
  below(limit: number): number {
    return Math.floor((this.next() / 4294967296) * limit);
  }
}

function rotate(x: number, n: number): number {
  return (x << n) | (x >>> (32 - n));
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}
