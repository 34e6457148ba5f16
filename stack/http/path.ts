/// <reference path="../base/native.d.ts" />
// A path as a key: looked up by its bytes. Other spellings of one path (RFC 3986 6.2.2) have one key.

import { NO_PAYLOAD } from "../base/link.ts";
import { hexValue, PATH, PERCENT, SLASH } from "./syntax.ts";

/** The hash of a path's bytes that the ready table is kept by: 24 bits. Four bytes at a time, modulo a prime. */
export function pathHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = 5381;
  let i = start;
  for (; i + 4 <= end; i += 4) hash = (hash * 31 + nativeLoad32(bytes, i)) % 0xfffffd;
  for (; i < end; i++) hash = (hash * 31 + bytes[i]!) % 0xfffffd;
  return hash;
}

/**
 * The one spelling of a path that begins with "/": what need not be percent-encoded is not, what must be is in capital
 * digits, and several slashes are one (to the appliance an empty name means nothing). An array of its own; empty when
 * the path is spelt that way already. A "%" that is not followed by two digits stays as it is.
 */
export function canonicalPath(bytes: Uint8Array, start: number, end: number): Uint8Array {
  let changes = false;
  for (let i = start; i < end && !changes; i++)
    changes = bytes[i] === PERCENT || (bytes[i] === SLASH && i > start && bytes[i - 1] === SLASH);
  if (!changes) return NO_PAYLOAD;
  const canonical = new Uint8Array(end - start);
  let length = 0;
  for (let i = start; i < end; i++) {
    let c = bytes[i]!;
    if (c === SLASH && length > 0 && canonical[length - 1] === SLASH) continue;
    const high = c === PERCENT && i + 2 < end ? hexValue(bytes[i + 1]!) : -1;
    const low = high >= 0 ? hexValue(bytes[i + 2]!) : -1;
    if (low >= 0) {
      const encoded = high * 16 + low;
      i += 2;
      // An encoded slash is not a separator (RFC 3986 2.2); the server refuses it anyway.
      if (PATH[encoded]! === 1 && encoded !== PERCENT && encoded !== SLASH) c = encoded;
      else {
        canonical[length] = PERCENT;
        canonical[length + 1] = hexDigit(high);
        canonical[length + 2] = hexDigit(low);
        length += 3;
        continue;
      }
    }
    canonical[length] = c;
    length++;
  }
  return canonical.slice(0, length);
}

function hexDigit(value: number): number {
  return value < 10 ? 48 + value : 55 + value;
}
