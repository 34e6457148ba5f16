// Addresses that are asked for with other capitals than they have.

/** Addresses between two pauses. */
const PAUSE = 256;

/** Made when a reader first asks for what is not there, or in a quiet moment before. */
export class Spellings {
  readonly #routes: ReadonlyMap<string, unknown>;
  /** Addresses that have capitals, by themselves in lower case; of several the first. */
  readonly #capitals = new Map<string, string>();
  readonly #making: Generator<undefined, void, undefined>;

  constructor(routes: ReadonlyMap<string, unknown>) {
    this.#routes = routes;
    this.#making = this.#make();
  }

  /** The address that is meant, in the capitals that it has; undefined when there is none, or this is it. */
  of(url: string): string | undefined {
    while (this.prepare());
    const lower = url.toLowerCase();
    const spelt = this.#routes.has(lower) ? lower : this.#capitals.get(lower);
    return spelt === url ? undefined : spelt;
  }

  /** A step of what `of` needs; false when there is nothing to do any more. */
  prepare(): boolean {
    return this.#making.next().done !== true;
  }

  *#make(): Generator<undefined, void, undefined> {
    let steps = 0;
    for (const url of this.#routes.keys()) {
      if (++steps % PAUSE === 0) yield;
      const lower = url.toLowerCase();
      if (lower !== url && !this.#capitals.has(lower)) this.#capitals.set(lower, url);
    }
  }
}
