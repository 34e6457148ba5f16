// Numbers by a seed, the same on Node, on the engine and compiled.

/** xorshift32. */
export class Random {
  private x: number;

  constructor(seed: number) {
    this.x = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0;
    if (this.x === 0) this.x = 1;
  }

  /** 0 to `limit` - 1. */
  below(limit: number): number {
    let x = this.x;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.x = x >>> 0;
    return this.x % limit;
  }
}
