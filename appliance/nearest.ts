// "Did you mean": the word of a list that is meant by one with a typing mistake in it.

/** Characters of a word that are looked at. */
const MOST_COMPARED = 40;
/** Letters that may be wrong, missing or too many. */
const MOST_EDITS = 2;

/** The word of the list at most two edits away, hyphens at the beginning aside. */
export function nearestWord(given: string, words: readonly string[]): string | undefined {
  const text = given.replace(/^-+/, "").toLowerCase().slice(0, MOST_COMPARED);
  let best: string | undefined;
  let least = MOST_EDITS + 1;
  for (const word of words) {
    // A letter too many is an edit each.
    if (Math.abs(text.length - word.length) > MOST_EDITS) continue;
    const distance = editDistance(text, word);
    if (distance < least && distance < word.length - 1) {
      best = word;
      least = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1;
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + change));
    }
    previous = row;
  }
  return previous[b.length]!;
}
