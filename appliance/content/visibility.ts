// When a document may be seen. What one key hides, no other shows.

export interface Visibility {
  /** True: not to be seen at any time. */
  readonly hidden: boolean;
  /** Seconds since 1970: not to be seen before. */
  readonly from: number | undefined;
  /** Seconds since 1970: not to be seen from then on. */
  readonly until: number | undefined;
  /** False: to be seen, but search engines are to leave it alone. */
  readonly indexed: boolean;
  /** What is hidden for not being understood; undefined: nothing. */
  readonly problem: string | undefined;
}

/** What a document has that says nothing about it. */
export const VISIBLE: Visibility = {
  hidden: false,
  from: undefined,
  until: undefined,
  indexed: true,
  problem: undefined,
};

/** Whether it may be seen at a moment, in seconds since 1970. */
export function isVisible(visibility: Visibility, now: number): boolean {
  const { hidden, from, until } = visibility;
  return !hidden && (from === undefined || from <= now) && (until === undefined || now < until);
}

/** The next moment at which `isVisible` changes its answer; undefined: never. */
export function nextChange({ hidden, from, until }: Visibility, now: number): number | undefined {
  if (hidden || (until !== undefined && until <= now)) return undefined;
  if (from !== undefined && from > now) return until !== undefined && until <= from ? undefined : from;
  return until;
}

export function both(one: Visibility, other: Visibility): Visibility {
  if (one === VISIBLE || other === VISIBLE) return one === VISIBLE ? other : one;
  const verdict = new Verdict();
  verdict.add(one);
  verdict.add(other);
  return verdict.result();
}

/** What the value of one key says. Seconds since 1970. */
export type Saying =
  | { readonly kind: "shown" | "hidden" | "unindexed" }
  | { readonly kind: "from" | "until"; readonly seconds: number }
  | { readonly kind: "doubt"; readonly reason: string };

/** Gathers what keys say: what one hides, no other shows. */
export class Verdict {
  #hidden = false;
  #from: number | undefined;
  #until: number | undefined;
  #indexed = true;
  readonly #problems = new Set<string>();

  /** `key` is named to the author when its value leaves a doubt, which hides. */
  take(key: string, saying: Saying): void {
    switch (saying.kind) {
      case "shown":
        break;
      case "hidden":
        this.#hidden = true;
        break;
      case "doubt":
        this.#hidden = true;
        this.#problems.add(`${key}: ${saying.reason}`);
        break;
      case "from":
        this.#from = Math.max(this.#from ?? saying.seconds, saying.seconds);
        break;
      case "until":
        this.#until = Math.min(this.#until ?? saying.seconds, saying.seconds);
        break;
      case "unindexed":
        this.#indexed = false;
        break;
    }
  }

  add({ hidden, from, until, indexed, problem }: Visibility): void {
    if (hidden) this.take("", { kind: "hidden" });
    if (from !== undefined) this.take("", { kind: "from", seconds: from });
    if (until !== undefined) this.take("", { kind: "until", seconds: until });
    if (!indexed) this.take("", { kind: "unindexed" });
    if (problem !== undefined) this.#problems.add(problem);
  }

  result(): Visibility {
    const problem = this.#problems.size > 0 ? [...this.#problems].slice(0, 3).join("; ") : undefined;
    const [hidden, from, until, indexed] = [this.#hidden, this.#from, this.#until, this.#indexed];
    if (!hidden && from === undefined && until === undefined && indexed) return VISIBLE;
    return { hidden, from, until, indexed, problem };
  }
}
