// The names of objects, by row, and the row of a name: a hash table over one column of bytes, so that no string and no
// JavaScript object exists for a name.

import { copyBytes, equalBytes } from "../../stack/base/native.ts";
import { grown } from "./cache.ts";
import { hash, OID_LENGTH, oidAt } from "./oid.ts";

export class NameTable {
  #names = new Uint8Array(0);
  /** Open addressing, linear probing: row + 1, or 0 for a free place. Twice the rows at least. */
  #buckets = new Int32Array(2);

  /** 40 hexadecimal digits. */
  nameOf(row: number): string {
    return oidAt(this.#names, row * OID_LENGTH);
  }

  /** The row that was entered with the 20 bytes at the offset; -1 when there is none. */
  find(names: Uint8Array, offset: number): number {
    const mask = this.#buckets.length - 1;
    let at = hash(names, offset) & mask;
    for (;;) {
      const row = this.#buckets[at]! - 1;
      if (row < 0) return -1;
      if (equalBytes(this.#names, row * OID_LENGTH, names, offset, OID_LENGTH)) return row;
      at = (at + 1) & mask;
    }
  }

  /** Notes the row's name, for which there is room, without entering it. */
  set(row: number, name: Uint8Array): void {
    copyBytes(this.#names, row * OID_LENGTH, name, 0, OID_LENGTH);
  }

  /** From now on the row is found by its name, unless another is already. */
  enter(row: number): void {
    const mask = this.#buckets.length - 1;
    let at = hash(this.#names, row * OID_LENGTH) & mask;
    for (;;) {
      const other = this.#buckets[at]! - 1;
      if (other < 0) break;
      // An object that came before, in an earlier pack: the first stays.
      if (equalBytes(this.#names, other * OID_LENGTH, this.#names, row * OID_LENGTH, OID_LENGTH)) return;
      at = (at + 1) & mask;
    }
    this.#buckets[at] = row + 1;
  }

  /** No row is found any more. Takes no memory. */
  forgetAll(): void {
    this.#buckets.fill(0);
  }

  /** Room for the names of so many rows. */
  reserve(rows: number): void {
    this.#names = grown(this.#names, new Uint8Array(rows * OID_LENGTH));
  }

  /** Room to find so many rows; true: all that were found have to be entered again. */
  widen(rows: number): boolean {
    let size = this.#buckets.length;
    while (size < rows * 2) size *= 2;
    if (size === this.#buckets.length) return false;
    this.#buckets = new Int32Array(size);
    return true;
  }
}
