// What a fuzz target is: a decoder, and what must hold whatever bytes it is given. The targets are in targets/, a file
// each; engine.ts makes the bytes.

export interface Target {
  readonly name: string;
  /** Bytes of an input at most. */
  readonly limit: number;
  /** What the format is made of: put into inputs as it stands. */
  readonly words: readonly (string | readonly number[])[];
  /** Rounds of all loops that one input may cost; 400 for each of its bytes and 20,000 when left out. */
  readonly work?: number;
  /** Well-formed inputs to begin with. */
  seeds(): readonly Uint8Array[];
  /** Decodes the bytes. Throws when something does not hold that must; then the target has found a fault. */
  run(bytes: Uint8Array): void;
}

export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

export function same(a: unknown, b: unknown, what: string): void {
  const [left, right] = [shown(a), shown(b)];
  check(left === right, `${what}: ${left.slice(0, 1500)} is not ${right.slice(0, 1500)}`);
}

/** Anything as text that is equal when the things are. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof Uint8Array) return Buffer.from(part).toString("hex");
    if (part instanceof Map) return [...part];
    return part === undefined ? "undefined" : typeof part === "number" && !Number.isFinite(part) ? String(part) : part;
  });
  return text ?? "undefined";
}

/**
 * What a decoder says of the bytes, which must be the same wherever they lie and whatever surrounds them: it looks at
 * nothing beyond its range and changes nothing. `decode` must not answer with offsets in the array.
 */
export function anywhere<T>(bytes: Uint8Array, decode: (array: Uint8Array, offset: number, length: number) => T): T {
  const alone = bytes.slice();
  const first = decode(alone, 0, alone.length);
  check(Buffer.from(alone).equals(bytes), "a decoder changes its input");
  for (const [offset, around] of [
    [13, 0xff],
    [64, 0x00],
  ] as const) {
    const array = new Uint8Array(offset + bytes.length + 70).fill(around);
    array.set(bytes, offset);
    same(decode(array, offset, bytes.length), first, `at offset ${offset} between bytes of ${around}`);
  }
  return first;
}

/** What comes of the bytes when they come in pieces, which must be the same however they are cut. */
export function inPieces<T>(bytes: Uint8Array, feed: (pieces: readonly Uint8Array[]) => T): T {
  const whole = feed([bytes]);
  const sizes = [1, 2, 7, 1 + (bytes.length >> 1)];
  for (const size of sizes) {
    const pieces: Uint8Array[] = [];
    // A first piece of another size, so that no cut is a multiple of anything.
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + (at === 0 ? Math.max(1, bytes[0]! % size) : size));
      pieces.push(bytes.slice(at, end));
      at = end;
    }
    same(feed(pieces), whole, `in pieces of ${size}`);
  }
  return whole;
}

/** Reads an input as a script: numbers and runs of bytes, 0 and nothing behind its end. */
export class Script {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length;
  }

  u8(): number {
    return this.#bytes[this.#at++] ?? 0;
  }
  u16(): number {
    return this.u8() * 256 + this.u8();
  }
  u32(): number {
    return this.u16() * 65_536 + this.u16();
  }
  take(length: number): Uint8Array {
    const piece = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return piece;
  }
  rest(): Uint8Array {
    return this.take(this.#bytes.length);
  }
  /** Bytes up to one of this value, which is not part of them, or to the end. */
  upTo(end: number): Uint8Array {
    const found = this.#bytes.indexOf(end, this.#at);
    const piece = this.take((found < 0 ? this.#bytes.length : found) - this.#at);
    this.#at++;
    return piece;
  }
}

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0) & 255);
export const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
export const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));

export function join(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
