// Conditions, ranges and codings of a request, compared in place. Read first: RFC 9110 8.8.3 (entity tags), 13 and 14.

import { equalBytes, latin1 } from "../base/native.ts";
import { parseImfDate } from "../base/time.ts";
import { COMMA, DQUOTE, EQUALS, HTAB, isDigit, latin1Bytes, matchesLower, SEMICOLON, SP } from "./syntax.ts";

/**
 * True when an If-Match or If-None-Match list names the tag (RFC 9110 13.1.1, 13.1.2). `tag` is strong, with its
 * quotes; `weak` allows a "W/" in the list (8.8.3.2). "*" matches anything. A malformed rest of the list matches nothing.
 */
export function tagListHas(bytes: Uint8Array, start: number, end: number, tag: Uint8Array, weak: boolean): boolean {
  if (end - start === 1 && bytes[start] === 42) return true;
  let i = start;
  while (i < end) {
    while (i < end && (bytes[i] === SP || bytes[i] === HTAB || bytes[i] === COMMA)) i++;
    if (i >= end) return false;
    let isWeak = false;
    if (bytes[i] === 87 && i + 1 < end && bytes[i + 1] === 47) {
      isWeak = true;
      i += 2;
    }
    if (i >= end || bytes[i] !== DQUOTE) return false;
    const from = i;
    i++;
    while (i < end && bytes[i] !== DQUOTE) i++;
    if (i >= end) return false;
    i++;
    if ((weak || !isWeak) && sameBytes(bytes, from, i - from, tag)) return true;
    if (i < end && bytes[i] !== COMMA && bytes[i] !== SP && bytes[i] !== HTAB) return false;
  }
  return false;
}

export function sameBytes(bytes: Uint8Array, start: number, length: number, other: Uint8Array): boolean {
  return length === other.length && equalBytes(bytes, start, other, 0, length);
}

/** Seconds since 1970 of an HTTP-date, or -1 (RFC 9110 5.6.7; an invalid one is ignored by those who call). */
export function dateAt(bytes: Uint8Array, start: number, end: number, nowSeconds: number): number {
  if (end - start > 40) return -1;
  const text = latin1(bytes, start, end - start);
  return nowSeconds > 0 ? parseImfDate(text, nowSeconds) : parseImfDate(text);
}

export const RANGE_NONE = 0;
export const RANGE_ONE = 1;
export const RANGE_UNSATISFIABLE = 2;

/** First byte and number of bytes, as decodeRange found them. */
export class ByteRange {
  first = 0;
  length = 0;
}

/**
 * One byte range of a representation of `size` bytes (RFC 9110 14.1.2). RANGE_NONE: the field is to be ignored (another
 * unit, malformed, or several ranges: 14.2 allows the whole representation then).
 */
export function decodeRange(bytes: Uint8Array, start: number, end: number, size: number, range: ByteRange): number {
  if (end - start < 7 || !matchesLower(bytes, start, 5, BYTES_TEXT) || bytes[start + 5] !== EQUALS) return RANGE_NONE;
  let i = start + 6;
  while (i < end && (bytes[i] === SP || bytes[i] === HTAB)) i++;
  let first = -1;
  while (i < end && isDigit(bytes[i]!)) {
    first = saturate(Math.max(first, 0), bytes[i]! - 48);
    i++;
  }
  if (i >= end || bytes[i] !== 45) return RANGE_NONE;
  i++;
  let last = -1;
  while (i < end && isDigit(bytes[i]!)) {
    last = saturate(Math.max(last, 0), bytes[i]! - 48);
    i++;
  }
  if (i !== end) return RANGE_NONE;
  if (first < 0) {
    if (last < 0) return RANGE_NONE;
    // suffix-range: the last `last` bytes; none of them cannot be satisfied.
    if (last === 0 || size === 0) return RANGE_UNSATISFIABLE;
    range.length = Math.min(last, size);
    range.first = size - range.length;
    return RANGE_ONE;
  }
  if (last >= 0 && last < first) return RANGE_NONE;
  if (first >= size) return RANGE_UNSATISFIABLE;
  range.first = first;
  range.length = (last < 0 || last >= size ? size - 1 : last) - first + 1;
  return RANGE_ONE;
}

/** True when gzip is acceptable and wanted at least as much as identity (RFC 9110 12.5.3). */
export function prefersGzip(bytes: Uint8Array, start: number, end: number): boolean {
  // In thousandths; -1: not named.
  let gzip = -1;
  let identity = -1;
  let any = -1;
  let i = start;
  while (i < end) {
    while (i < end && (bytes[i] === SP || bytes[i] === HTAB || bytes[i] === COMMA)) i++;
    const from = i;
    while (i < end && bytes[i] !== COMMA && bytes[i] !== SEMICOLON && bytes[i] !== SP && bytes[i] !== HTAB) i++;
    const nameLength = i - from;
    const parameters = i;
    while (i < end && bytes[i] !== COMMA) i++;
    if (nameLength === 0) continue;
    if (matchesLower(bytes, from, nameLength, GZIP_TEXT) || matchesLower(bytes, from, nameLength, X_GZIP_TEXT))
      gzip = quality(bytes, parameters, i);
    else if (nameLength === 1 && bytes[from] === 42) any = quality(bytes, parameters, i);
    else if (matchesLower(bytes, from, nameLength, IDENTITY_TEXT)) identity = quality(bytes, parameters, i);
  }
  if (gzip < 0) gzip = any;
  if (gzip <= 0) return false;
  return identity < 0 || gzip >= identity;
}

/** The weight in thousandths (RFC 9110 12.4.2): 1000 when there is none, 0 when it is malformed. */
function quality(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && (bytes[i] === SP || bytes[i] === HTAB)) i++;
  if (i >= end) return 1000;
  if (bytes[i] !== SEMICOLON) return 0;
  i++;
  while (i < end && (bytes[i] === SP || bytes[i] === HTAB)) i++;
  if (i + 2 >= end || (bytes[i]! | 32) !== 113 || bytes[i + 1] !== EQUALS) return 0;
  i += 2;
  const whole = bytes[i]! - 48;
  if (whole !== 0 && whole !== 1) return 0;
  i++;
  let value = whole * 1000;
  if (i < end && bytes[i] === 46) {
    i++;
    for (let unit = 100; i < end && isDigit(bytes[i]!); i++) {
      if (unit < 1) return 0;
      value += (bytes[i]! - 48) * unit;
      unit = Math.floor(unit / 10);
    }
  }
  while (i < end && (bytes[i] === SP || bytes[i] === HTAB)) i++;
  return i === end && value <= 1000 ? value : 0;
}

/** Decimal accumulation that stops far beyond any body's size instead of losing exactness. */
function saturate(value: number, digit: number): number {
  return value > 1e14 ? value : value * 10 + digit;
}

// The words that are compared with, as bytes: a string's characters cost ten times as much once compiled.
const BYTES_TEXT: Uint8Array = latin1Bytes("bytes");
const GZIP_TEXT: Uint8Array = latin1Bytes("gzip");
const X_GZIP_TEXT: Uint8Array = latin1Bytes("x-gzip");
const IDENTITY_TEXT: Uint8Array = latin1Bytes("identity");
