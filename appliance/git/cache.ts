// What has been read and may be wanted again, within a number of bytes.

/**
 * Keeps values by row. Two generations instead of a list by age: what is read moves to the young one; when that has
 * half of the limit, the old one is dropped and the young one grows old. Constant time, no keys.
 */
/** What a value takes besides its bytes: its object, its storage's, and its place here. */
export const VALUE_OVERHEAD = 256;

export class GenerationCache<T extends object> {
  readonly #half: number;
  #values: (T | undefined)[] = [];
  #sizes = new Int32Array(0);
  /** By row: the generation that holds it. */
  #stamps = new Int32Array(0);
  #generation = 1;
  #young: number[] = [];
  #old: number[] = [];
  #youngBytes = 0;

  constructor(limit: number) {
    this.#half = limit / 2;
  }

  get(row: number): T | undefined {
    const value = this.#values[row];
    if (value !== undefined && this.#stamps[row] !== this.#generation) this.#enter(row, value, this.#sizes[row]!);
    return value;
  }

  put(row: number, value: T, length: number): void {
    const bytes = length + VALUE_OVERHEAD;
    // One value shall not push out everything else.
    if (bytes > this.#half / 2) return;
    if (this.#values[row] !== undefined && this.#stamps[row] === this.#generation) return;
    this.#enter(row, value, bytes);
  }

  clear(): void {
    this.#values = [];
    this.#sizes = new Int32Array(0);
    this.#stamps = new Int32Array(0);
    this.#young = [];
    this.#old = [];
    this.#youngBytes = 0;
  }

  #enter(row: number, value: T, bytes: number): void {
    if (this.#youngBytes + bytes > this.#half) this.#age();
    if (row >= this.#sizes.length) {
      const room = Math.max(row + 1, Math.ceil(this.#sizes.length * 1.5), 64);
      // Filled, or the engine makes the array a dictionary.
      this.#values = this.#values.concat(new Array<T | undefined>(room - this.#values.length).fill(undefined));
      this.#sizes = grown(this.#sizes, new Int32Array(room));
      this.#stamps = grown(this.#stamps, new Int32Array(room));
    }
    this.#values[row] = value;
    this.#sizes[row] = bytes;
    this.#stamps[row] = this.#generation;
    this.#young.push(row);
    this.#youngBytes += bytes;
  }

  #age(): void {
    for (const row of this.#old) if (this.#stamps[row] !== this.#generation) this.#values[row] = undefined;
    this.#old = this.#young;
    this.#young = [];
    this.#youngBytes = 0;
    this.#generation++;
  }
}

/** The column in one of more room. */
export function grown<T extends Uint8Array | Uint16Array | Uint32Array | Int32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
