/// <reference path="../base/native.d.ts" />
// Character classes of HTTP as tables of 256 bytes, and the small comparisons that need them. No allocation.
// Read first: RFC 9110 5.6 (tokens, lists, whitespace), RFC 3986 3 (what a target is made of).

export const HTAB = 9;
export const LF = 10;
export const CR = 13;
export const SP = 32;
export const DQUOTE = 34;
export const PERCENT = 37;
export const COMMA = 44;
export const DOT = 46;
export const SLASH = 47;
export const COLON = 58;
export const SEMICOLON = 59;
export const EQUALS = 61;
export const QUESTION = 63;

const TCHARS = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** RFC 9110 5.6.2 tchar: the byte in lower case; 0 for every other byte. */
export const TOKEN: Uint8Array = tokenTable();
/** RFC 9110 5.5 field-content: 1 for VCHAR, SP, HTAB and obs-text; 0 for CR, LF, NUL and the other controls. */
export const VALUE: Uint8Array = valueTable();
/** 1 for what may stand in a path; 0: ends or spoils it. */
export const PATH: Uint8Array = pathTable();
/** The same without "." and "%", for which the path needs a second look. */
export const NAME: Uint8Array = nameTable();
/** 1 for what may stand in a query. Wider than RFC 3986 3.4, because browsers send `|`, `[`, `{` and `^` as they are. */
export const QUERY: Uint8Array = queryTable();
/** 1 for what may stand in a registered name or an IPv4 address as itself: no "%" (RFC 3986 3.2.2). */
export const HOST_NAME: Uint8Array = setOf(
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~!$&'()*+,;=",
);

export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** The value of a hexadecimal digit, or -1. */
export function hexValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  if (lower >= 97 && lower <= 102) return lower - 87;
  return -1;
}

/**
 * True when the range is the literal, letters compared without case. The range holds no controls but HTAB; `literal` has
 * four bytes or more, of lower-case letters, digits, "-", "/" and ":". Bit 5 is set in all of those, and only a capital
 * letter (or a control) becomes one of them by setting it: so four bytes are compared at a time.
 */
export function matchesLower(bytes: Uint8Array, start: number, length: number, literal: Uint8Array): boolean {
  if (length !== literal.length) return false;
  let i = 0;
  for (; i + 4 < length; i += 4)
    if ((nativeLoad32(bytes, start + i) | 0x20202020) !== nativeLoad32(literal, i)) return false;
  // The last four, some of them perhaps again.
  i = length - 4;
  return (nativeLoad32(bytes, start + i) | 0x20202020) === nativeLoad32(literal, i);
}

/** True when a comma-separated list of tokens has this member (RFC 9110 5.6.1), without case; `literal` in lower case. */
export function listHas(bytes: Uint8Array, start: number, end: number, literal: Uint8Array): boolean {
  let i = start;
  while (i < end) {
    while (i < end && (bytes[i] === SP || bytes[i] === HTAB || bytes[i] === COMMA)) i++;
    const from = i;
    while (i < end && bytes[i] !== COMMA) i++;
    let to = i;
    while (to > from && (bytes[to - 1] === SP || bytes[to - 1] === HTAB)) to--;
    if (matchesLower(bytes, from, to - from, literal)) return true;
  }
  return false;
}

/** A whole number of 1 to 15 decimal digits that fills the range, or -1. */
export function decimal(bytes: Uint8Array, start: number, end: number): number {
  if (end <= start || end - start > 15) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const c = bytes[i]!;
    if (c < 48 || c > 57) return -1;
    value = value * 10 + (c - 48);
  }
  return value;
}

/** The text's characters as bytes; one above U+00FF becomes "?". */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    bytes[i] = c < 256 ? c : QUESTION;
  }
  return bytes;
}

function setOf(members: string): Uint8Array {
  const table = new Uint8Array(256);
  for (let i = 0; i < members.length; i++) table[members.charCodeAt(i)] = 1;
  return table;
}

function tokenTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (let i = 0; i < TCHARS.length; i++) {
    const c = TCHARS.charCodeAt(i);
    table[c] = c >= 65 && c <= 90 ? c + 32 : c;
  }
  return table;
}

function valueTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (let c = 32; c < 256; c++) table[c] = 1;
  table[127] = 0;
  table[HTAB] = 1;
  return table;
}

function pathTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (let c = 33; c < 127; c++) table[c] = 1;
  // RFC 3986 2: never in a path. A backslash is a separator to some, and so a trick.
  table[DQUOTE] = 0;
  table[35] = 0;
  table[60] = 0;
  table[62] = 0;
  table[92] = 0;
  table[QUESTION] = 0;
  return table;
}

function nameTable(): Uint8Array {
  const table = pathTable();
  table[DOT] = 0;
  table[PERCENT] = 0;
  return table;
}

function queryTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (let c = 33; c < 127; c++) table[c] = 1;
  table[35] = 0;
  return table;
}

/** The bytes end with the empty line after a head (RFC 9112 2.1). */
export function endsWithEmptyLine(bytes: Uint8Array, offset: number, length: number): boolean {
  const end = offset + length;
  if (length < 4 || bytes[end - 1] !== LF || bytes[end - 2] !== CR) return false;
  return bytes[end - 3] === LF && bytes[end - 4] === CR;
}
