// Letters of names, without the tables of Unicode.

/** A to Z as a to z; all else as it is: what RFC 4343 and RFC 9525 mean by "without regard to case". */
export function asciiLower(text: string): string {
  let lower = "";
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 65 || c > 90) continue;
    lower += text.substring(from, i) + LETTERS.charAt(c - 65);
    from = i + 1;
  }
  return from === 0 ? text : lower + text.substring(from);
}

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** A whole number in hexadecimal, without leading zeros; at most 2^48. */
export function hexNumber(value: number): string {
  let text = "";
  let rest = value;
  do {
    text = HEX.charAt(rest % 16) + text;
    rest = Math.floor(rest / 16);
  } while (rest > 0);
  return text;
}

const HEX = "0123456789abcdef";
