// As much of fast-check as the tests below the seam use, compiled ahead of time. Values are drawn from a seed, so a run
// can be repeated; edges (least, most, nothing) come more often than chance has them. Nothing is shrunk: Node does that.

import { attempt, lastFault } from "./attempt.ts";

/** xorshift32. */
export class Draw {
  private state: number;

  constructor(seed: number) {
    this.state = (seed ^ 0x9e3779b9) >>> 0 || 1;
    for (let i = 0; i < 8; i++) this.word();
  }

  word(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x >>> 0;
    return this.state;
  }

  /** 0 to `count` - 1, for counts up to 2^53. */
  below(count: number): number {
    if (count <= 0x100000000) return this.word() % count;
    return (this.word() * 0x200000 + (this.word() & 0x1fffff)) % count;
  }
}

export class Arbitrary<T> {
  readonly make: (draw: Draw) => T;

  constructor(make: (draw: Draw) => T) {
    this.make = make;
  }

  map<U>(change: (value: T) => U): Arbitrary<U> {
    return new Arbitrary<U>((draw) => change(this.make(draw)));
  }
}

export interface Range {
  readonly min?: number;
  readonly max?: number;
}

export interface NatRange {
  readonly max?: number;
}

export interface Length {
  readonly minLength?: number;
  readonly maxLength?: number;
}

const INT32_LEAST = -0x80000000;
const INT32_MOST = 0x7fffffff;
/** fast-check's own choice where no length is asked for. */
const LENGTH = 10;
const RUNS = 100;

let seed = 1;
/** Of all properties from now on. */
export function setSeed(value: number): void {
  seed = value;
}

function between(draw: Draw, least: number, most: number): number {
  switch (draw.below(8)) {
    case 0:
      return least;
    case 1:
      return most;
    case 2:
      // Near an end, or near 0 where that is inside.
      return Math.min(most, (least < 0 && most > 0 ? 0 : least) + draw.below(4));
    default:
      return least + draw.below(most - least + 1);
  }
}

export function integer(range: Range = {}): Arbitrary<number> {
  const least = range.min ?? INT32_LEAST;
  const most = range.max ?? INT32_MOST;
  return new Arbitrary<number>((draw) => between(draw, least, most));
}

export function nat(range: NatRange | number = {}): Arbitrary<number> {
  const most = typeof range === "number" ? range : (range.max ?? INT32_MOST);
  return new Arbitrary<number>((draw) => between(draw, 0, most));
}

export function boolean(): Arbitrary<boolean> {
  return new Arbitrary<boolean>((draw) => draw.below(2) === 1);
}

export function constant<T>(value: T): Arbitrary<T> {
  return new Arbitrary<T>(() => value);
}

export function constantFrom<T>(...values: T[]): Arbitrary<T> {
  return new Arbitrary<T>((draw) => values[draw.below(values.length)]!);
}

export function array<T>(element: Arbitrary<T>, length: Length = {}): Arbitrary<T[]> {
  const least = length.minLength ?? 0;
  const most = length.maxLength ?? least + LENGTH;
  return new Arbitrary<T[]>((draw) => {
    const values: T[] = [];
    for (let n = between(draw, least, most); n > 0; n--) values.push(element.make(draw));
    return values;
  });
}

export function uint8Array(length: Length = {}): Arbitrary<Uint8Array<ArrayBuffer>> {
  const least = length.minLength ?? 0;
  const most = length.maxLength ?? least + LENGTH;
  return new Arbitrary<Uint8Array<ArrayBuffer>>((draw) => {
    const bytes = new Uint8Array(between(draw, least, most));
    for (let i = 0; i < bytes.length; i++) bytes[i] = between(draw, 0, 255);
    return bytes;
  });
}

/** Printable ASCII mostly, as fast-check has it. */
export function string(length: Length = {}): Arbitrary<string> {
  const least = length.minLength ?? 0;
  const most = length.maxLength ?? least + LENGTH;
  return new Arbitrary<string>((draw) => {
    let text = "";
    for (let n = between(draw, least, most); n > 0; n--) text += String.fromCharCode(32 + draw.below(95));
    return text;
  });
}

export function oneof<T>(choices: Arbitrary<T>[], weights: number[]): Arbitrary<T> {
  let total = 0;
  for (const weight of weights) total += weight;
  return new Arbitrary<T>((draw) => {
    let at = draw.below(total);
    let i = 0;
    while (at >= weights[i]!) at -= weights[i++]!;
    return choices[i]!.make(draw);
  });
}

export function option<T>(value: Arbitrary<T>): Arbitrary<T | null> {
  return new Arbitrary<T | null>((draw) => {
    if (draw.below(6) === 0) return null;
    return value.make(draw);
  });
}

/** Values for as long as somebody asks. */
export class Stream {
  private readonly element: Arbitrary<number>;
  private readonly draw: Draw;

  constructor(element: Arbitrary<number>, draw: Draw) {
    this.element = element;
    this.draw = draw;
  }

  next(): { readonly value: number } {
    return { value: this.element.make(this.draw) };
  }
}

export function infiniteStream(element: Arbitrary<number>): Arbitrary<Stream> {
  return new Arbitrary<Stream>((draw) => new Stream(element, new Draw(draw.word())));
}

/** What a property says of one draw. */
export type Property = (draw: Draw) => void;

export interface Runs {
  readonly numRuns?: number;
}

export function property1<A>(a: Arbitrary<A>, body: (a: A) => void): Property {
  return (draw) => body(a.make(draw));
}
export function property2<A, B>(a: Arbitrary<A>, b: Arbitrary<B>, body: (a: A, b: B) => void): Property {
  return (draw) => body(a.make(draw), b.make(draw));
}
export function property3<A, B, C>(
  a: Arbitrary<A>,
  b: Arbitrary<B>,
  c: Arbitrary<C>,
  body: (a: A, b: B, c: C) => void,
): Property {
  return (draw) => body(a.make(draw), b.make(draw), c.make(draw));
}
export function property4<A, B, C, D>(
  a: Arbitrary<A>,
  b: Arbitrary<B>,
  c: Arbitrary<C>,
  d: Arbitrary<D>,
  body: (a: A, b: B, c: C, d: D) => void,
): Property {
  return (draw) => body(a.make(draw), b.make(draw), c.make(draw), d.make(draw));
}
export function property5<A, B, C, D, E>(
  a: Arbitrary<A>,
  b: Arbitrary<B>,
  c: Arbitrary<C>,
  d: Arbitrary<D>,
  e: Arbitrary<E>,
  body: (a: A, b: B, c: C, d: D, e: E) => void,
): Property {
  return (draw) => body(a.make(draw), b.make(draw), c.make(draw), d.make(draw), e.make(draw));
}
export function property6<A, B, C, D, E, F>(
  a: Arbitrary<A>,
  b: Arbitrary<B>,
  c: Arbitrary<C>,
  d: Arbitrary<D>,
  e: Arbitrary<E>,
  f: Arbitrary<F>,
  body: (a: A, b: B, c: C, d: D, e: E, f: F) => void,
): Property {
  return (draw) => body(a.make(draw), b.make(draw), c.make(draw), d.make(draw), e.make(draw), f.make(draw));
}
export function property7<A, B, C, D, E, F, G>(
  a: Arbitrary<A>,
  b: Arbitrary<B>,
  c: Arbitrary<C>,
  d: Arbitrary<D>,
  e: Arbitrary<E>,
  f: Arbitrary<F>,
  g: Arbitrary<G>,
  body: (a: A, b: B, c: C, d: D, e: E, f: F, g: G) => void,
): Property {
  return (draw) =>
    body(a.make(draw), b.make(draw), c.make(draw), d.make(draw), e.make(draw), f.make(draw), g.make(draw));
}

/** Throws with the run's number and the seed when the property does not hold. */
export function assert(property: Property, runs: Runs = {}): void {
  const count = runs.numRuns ?? RUNS;
  for (let run = 0; run < count; run++) {
    const draw = new Draw(Math.imul(seed, 0x85ebca6b) + run);
    if (!attempt(() => property(draw))) throw new Error(`run ${run} with seed ${seed}: ${lastFault()}`);
  }
}
