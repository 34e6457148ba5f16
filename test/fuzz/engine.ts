// A coverage-guided fuzzer: what comes by a place where no input was before is kept, and changed further.

import { Random } from "../support/random.ts";
import { begin, end } from "./coverage.ts";
import type { Target } from "./target.ts";

export interface Fault {
  readonly input: Uint8Array;
  readonly what: string;
}

interface Kept {
  readonly bytes: Uint8Array;
  readonly places: readonly number[];
}

const ODD = [0, 1, 2, 3, 4, 7, 8, 9, 10, 13, 15, 16, 31, 32, 34, 45, 46, 47, 48, 58, 63, 64, 127, 128, 192, 254, 255];
const ODD_WIDE = [0, 1, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
/** Attempts to make an input that shows a fault shorter. */
const SHORTENINGS = 4000;

export class Fuzzer {
  readonly target: Target;
  runs = 0;
  /** The most rounds that an input cost. */
  rounds = 0;
  readonly #random: Random;
  readonly #kept: Kept[] = [];
  readonly #seen = new Set<number>();

  constructor(target: Target, seed: number) {
    this.target = target;
    this.#random = new Random(seed);
  }

  get places(): number {
    return this.#seen.size;
  }
  get kept(): number {
    return this.#kept.length;
  }

  /** Runs an input and keeps it if it comes by a new place. The fault that it shows, or undefined. */
  add(bytes: Uint8Array): Fault | undefined {
    this.runs++;
    const what = this.#verdict(bytes);
    const { places, rounds } = end();
    if (what !== undefined) return { input: bytes, what };
    this.rounds = Math.max(this.rounds, rounds);
    let fresh = false;
    for (const place of places) {
      if (this.#seen.has(place)) continue;
      this.#seen.add(place);
      fresh = true;
    }
    if (fresh) this.#kept.push({ bytes, places });
    return undefined;
  }

  /** Runs one more input, made of those that were kept. */
  step(): Fault | undefined {
    return this.add(this.#changed());
  }

  /** Of the inputs kept as few and as short ones as come by all places. */
  smallest(): Uint8Array[] {
    const left = new Set(this.#seen);
    const order = [...this.#kept].sort((a, b) => a.bytes.length - b.bytes.length);
    const chosen: Uint8Array[] = [];
    // The places that few come by decide first.
    const owners = new Map<number, Kept[]>();
    for (const kept of order)
      for (const place of kept.places) {
        const list = owners.get(place);
        if (list === undefined) owners.set(place, [kept]);
        else list.push(kept);
      }
    for (const [place, list] of [...owners].sort((a, b) => a[1].length - b[1].length)) {
      if (!left.has(place)) continue;
      let best = list[0]!;
      let most = 0;
      for (const kept of list) {
        const value = kept.places.filter((other) => left.has(other)).length / (16 + kept.bytes.length);
        if (value <= most) continue;
        best = kept;
        most = value;
      }
      chosen.push(best.bytes);
      for (const other of best.places) left.delete(other);
    }
    return chosen;
  }

  /** The fault with an input as short as can be found. */
  shorten(fault: Fault): Fault {
    let best = fault;
    let tries = 0;
    for (let size = best.input.length; size >= 1; size >>= 1) {
      for (let at = 0; at < best.input.length && tries < SHORTENINGS; ) {
        tries++;
        const input = without(best.input, at, size);
        const what = this.#verdict(input);
        end();
        if (what === undefined) at += size;
        else best = { input, what };
      }
    }
    return best;
  }

  #verdict(bytes: Uint8Array): string | undefined {
    begin(this.target.work ?? 20_000 + 400 * bytes.length);
    try {
      this.target.run(bytes);
      return undefined;
    } catch (error) {
      return error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
    }
  }

  #changed(): Uint8Array {
    const random = this.#random;
    // The latest have something new to them.
    const last = this.#kept.length;
    const from = random.below(3) === 0 ? last - 1 - random.below(Math.min(8, last)) : random.below(last);
    let bytes: Uint8Array = this.#kept[from]!.bytes.slice();
    for (let changes = 1 << random.below(4); changes > 0; changes--) bytes = this.#change(bytes);
    return bytes.subarray(0, this.target.limit).slice();
  }

  #change(bytes: Uint8Array): Uint8Array {
    const random = this.#random;
    const { words } = this.target;
    const at = random.below(bytes.length + 1);
    const length = Math.min(bytes.length - at, 1 << random.below(7));
    const wide = ODD_WIDE[random.below(ODD_WIDE.length)]!;
    switch (random.below(11)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << random.below(8);
        return bytes;
      case 1:
        if (at < bytes.length) bytes[at] = random.below(256);
        return bytes;
      case 2:
        if (at < bytes.length) bytes[at] = ODD[random.below(ODD.length)]!;
        return bytes;
      case 3:
        if (at < bytes.length) bytes[at]! += random.below(2) === 0 ? 1 : 255;
        return bytes;
      case 4: {
        const size = random.below(2) === 0 ? 2 : 4;
        if (at + size > bytes.length) return bytes;
        const little = random.below(2) === 0;
        for (let i = 0; i < size; i++) bytes[little ? at + i : at + size - 1 - i] = Math.floor(wide / 256 ** i) & 255;
        return bytes;
      }
      case 5:
        return without(bytes, at, length);
      case 6: {
        const more = Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256));
        return spliced(bytes, at, 0, more);
      }
      case 7:
        return spliced(bytes, at, 0, bytes.subarray(at, at + length));
      case 8: {
        const to = random.below(bytes.length + 1);
        return spliced(bytes, to, length, bytes.slice(at, at + length));
      }
      case 9: {
        const other = this.#kept[random.below(this.#kept.length)]!.bytes;
        const start = random.below(other.length + 1);
        const end = start + random.below(other.length - start + 1);
        return spliced(bytes, at, random.below(2) === 0 ? length : bytes.length, other.subarray(start, end));
      }
      default: {
        if (words.length === 0) return bytes;
        const word = words[random.below(words.length)]!;
        const more = typeof word === "string" ? Uint8Array.from(word, (c) => c.charCodeAt(0) & 255) : word;
        return spliced(bytes, at, random.below(2) === 0 ? 0 : more.length, more);
      }
    }
  }
}

function without(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return spliced(bytes, at, length, []);
}

function spliced(bytes: Uint8Array, at: number, length: number, more: ArrayLike<number>): Uint8Array {
  const end = Math.min(bytes.length, at + length);
  const out = new Uint8Array(bytes.length - (end - at) + more.length);
  out.set(bytes.subarray(0, at));
  out.set(more, at);
  out.set(bytes.subarray(end), at + more.length);
  return out;
}
