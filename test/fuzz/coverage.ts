// Where an input comes by. The bundle of the targets is made as that of the mutants is (test/mutate): at every place
// where a mutant could be, the text calls `mutant(N)`, and in every round of a loop `mutantLoop()`. Here they count.

const counts: number[] = [];
let reached: number[] = [];
let rounds = 0;
let limit = Number.POSITIVE_INFINITY;

/** Begins to count for an input that may cost so many rounds of loops. */
export function begin(mostRounds: number): void {
  for (const id of reached) counts[id] = 0;
  reached = [];
  rounds = 0;
  limit = mostRounds;
}

/** Ends it: the places that the input came by, each with a coarse number of times; and the rounds that it cost. */
export function end(): { readonly places: readonly number[]; readonly rounds: number } {
  limit = Number.POSITIVE_INFINITY;
  return { places: reached.map((id) => id * 8 + coarse(counts[id]!)), rounds };
}

/** Once, twice, a few, many: as much as tells a loop that goes on from one that ends at once. */
function coarse(count: number): number {
  return count < 3 ? count : count < 8 ? 3 : count < 64 ? 4 : 5;
}

Reflect.set(globalThis, "mutant", (id: number): boolean => {
  const count = counts[id] ?? 0;
  if (count === 0) reached.push(id);
  counts[id] = count + 1;
  return false;
});
Reflect.set(globalThis, "mutantLoop", (): void => {
  if (++rounds > limit) throw new Error(`more than ${limit} rounds of loops: the work has no bound`);
});
