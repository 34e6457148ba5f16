// SPDX licence expressions (SPDX Specification 2.3, Annex D), as far as packages use them: may we use it?
//
//   expression = term { "OR" term }        "/" is what old crates write for OR
//   term       = factor { "AND" factor }
//   factor     = "(" expression ")" | id [ "WITH" exception ]

/** True when the expression can be met by licences of the list alone. What cannot be read cannot be met. */
export function allowsUse(expression: string, allowed: readonly string[]): boolean {
  const words = expression.replaceAll("/", " OR ").match(/[()]|[^\s()]+/g) ?? [];
  const cursor = { at: 0 };
  const met = alternatives(words, cursor, allowed);
  return met && cursor.at === words.length;
}

interface Cursor {
  at: number;
}

function alternatives(words: readonly string[], cursor: Cursor, allowed: readonly string[]): boolean {
  let met = conjunction(words, cursor, allowed);
  while (words[cursor.at] === "OR") {
    cursor.at++;
    // Both sides are read, whatever the first one gave.
    met = conjunction(words, cursor, allowed) || met;
  }
  return met;
}

function conjunction(words: readonly string[], cursor: Cursor, allowed: readonly string[]): boolean {
  let met = factor(words, cursor, allowed);
  while (words[cursor.at] === "AND") {
    cursor.at++;
    met = factor(words, cursor, allowed) && met;
  }
  return met;
}

function factor(words: readonly string[], cursor: Cursor, allowed: readonly string[]): boolean {
  const word = words[cursor.at++];
  if (word === undefined) return false;
  if (word === "(") {
    const met = alternatives(words, cursor, allowed);
    return words[cursor.at++] === ")" && met;
  }
  if (words[cursor.at] !== "WITH") return allowed.includes(word);
  const exception = words[cursor.at + 1] ?? "";
  cursor.at += 2;
  return allowed.includes(`${word} WITH ${exception}`);
}
