// An open-addressed hash table of indices: what finds a record whose number is its place in some array. The table knows
// hashes and indices only; who owns the records compares their keys:
//
//   for (let slot = table.first(hash); slot >= 0; slot = table.next(slot, hash)) {
//     const index = table.at(slot);
//     if (... the record at `index` has the key ...) return index;
//   }
//   return -1;
//
// Linear probing, at most half full, deletion by moving back (Knuth 6.4 algorithm R): no tombstones, and a table that has
// emptied is as good as new. Where a stranger chooses the keys the hash must be keyed.

const LEAST_SLOTS = 16;

export class IndexTable {
  /** Indices in the table. */
  size = 0;
  #mask: number;
  /** 32-bit hashes, and indices; -1 for a free slot. */
  #hashes: Int32Array;
  #indices: Int32Array;

  /** With room for `capacity` indices; it grows when there are more. */
  constructor(capacity: number) {
    let slots = LEAST_SLOTS;
    while (slots < capacity * 2) slots *= 2;
    this.#mask = slots - 1;
    this.#hashes = new Int32Array(slots);
    this.#indices = new Int32Array(slots);
    for (let i = 0; i < slots; i++) this.#indices[i] = -1;
  }

  /** The first slot that holds this hash (a signed 32-bit number), or -1. */
  first(hash: number): number {
    return this.#from(hash & this.#mask, hash);
  }

  /** The next one behind `slot`, or -1. */
  next(slot: number, hash: number): number {
    return this.#from((slot + 1) & this.#mask, hash);
  }

  /** The index in a slot that `first` or `next` has named. */
  at(slot: number): number {
    return this.#indices[slot]!;
  }

  /** The index must not be in the table yet. */
  insert(hash: number, index: number): void {
    this.size++;
    if (this.size * 2 > this.#mask + 1) this.#grow();
    this.#put(hash, index);
  }

  /** Takes the index out; nothing when it is not there under this hash. */
  remove(hash: number, index: number): void {
    const mask = this.#mask;
    let hole = hash & mask;
    while (this.#indices[hole]! !== index) {
      if (this.#indices[hole]! < 0) return;
      hole = (hole + 1) & mask;
    }
    this.size--;
    for (let slot = (hole + 1) & mask; this.#indices[slot]! >= 0; slot = (slot + 1) & mask) {
      const home = this.#hashes[slot]! & mask;
      // An entry may move back into the hole unless its home lies behind the hole.
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      this.#hashes[hole] = this.#hashes[slot]!;
      this.#indices[hole] = this.#indices[slot]!;
      hole = slot;
    }
    this.#indices[hole] = -1;
  }

  #from(start: number, hash: number): number {
    const mask = this.#mask;
    for (let slot = start; ; slot = (slot + 1) & mask) {
      if (this.#indices[slot]! < 0) return -1;
      if (this.#hashes[slot]! === hash) return slot;
    }
  }

  #put(hash: number, index: number): void {
    let slot = hash & this.#mask;
    while (this.#indices[slot]! >= 0) slot = (slot + 1) & this.#mask;
    this.#hashes[slot] = hash;
    this.#indices[slot] = index;
  }

  #grow(): void {
    const hashes = this.#hashes;
    const indices = this.#indices;
    const slots = hashes.length * 2;
    this.#mask = slots - 1;
    this.#hashes = new Int32Array(slots);
    this.#indices = new Int32Array(slots);
    for (let i = 0; i < slots; i++) this.#indices[i] = -1;
    for (let i = 0; i < indices.length; i++) if (indices[i]! >= 0) this.#put(hashes[i]!, indices[i]!);
  }
}

/** Mixes three 32-bit numbers and a key into a signed 32-bit hash: for tables, not for secrets. */
export function mix(a: number, b: number, c: number, key: number): number {
  let h = Math.imul(a ^ key, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15) ^ b, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ c, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
