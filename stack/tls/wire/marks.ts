// Which 16-bit numbers have been seen, in one bit each: a hello of 128 KB may list tens of thousands of extensions, groups
// or shares, and is to cost no more than its length.

export class Marks {
  readonly #words: Int32Array = new Int32Array(0x10000 / 32);

  has(value: number): boolean {
    return (this.#words[value >>> 5]! & (1 << (value & 31))) !== 0;
  }

  /** True: it was marked already. */
  mark(value: number): boolean {
    const bit = 1 << (value & 31);
    const word = this.#words[value >>> 5]!;
    this.#words[value >>> 5] = word | bit;
    return (word & bit) !== 0;
  }

  /** Takes the mark away, and those of the 31 numbers beside it: for who takes all of them away. */
  unmark(value: number): void {
    this.#words[value >>> 5] = 0;
  }
}
