/// <reference path="../base/native.d.ts" />
// What a request's target may be. Read first: RFC 9112 3.2 (the four forms), RFC 3986 3.2 and 3.3.
//
// A path is looked up by its bytes as they arrived; it is decoded once, above the seam, and never again. So all that
// could mean something else to somebody is refused here rather than normalised:
//   "." and ".." as segments, plain or encoded     encoded "/", "\" and NUL      "%" without two hexadecimal digits
//   encoded bytes that are not UTF-8 (overlong forms, surrogates and lone continuation bytes among them)
// A double encoding ("%252e") is an ordinary name that holds a percent sign.

import { COLON, DOT, HOST_NAME, hexValue, isDigit, latin1Bytes, NAME, PERCENT, SLASH } from "../http/syntax.ts";

/** True when a path that begins with "/" and is made of path characters hides nothing (see above). */
export function pathIsPlain(bytes: Uint8Array, start: number, end: number): boolean {
  // Nearly every path: nothing encoded, and no segment that begins with a dot.
  let at = start;
  for (;;) {
    at += nativeSpan(bytes, at, end - at, NAME);
    if (at >= end) return true;
    if (bytes[at] !== DOT || bytes[at - 1] === SLASH) break;
    at++;
  }
  // Dots and others in the segment so far: a segment of one or two dots alone is refused.
  let dots = 0;
  let others = 0;
  // UTF-8 in progress: continuation bytes to come, and the range that the next of them must lie in (RFC 3629 4).
  let pending = 0;
  let low = 0x80;
  let high = 0xbf;
  let i = start;
  while (i < end) {
    let c = bytes[i]!;
    i++;
    if (c === SLASH) {
      if (pending > 0 || (others === 0 && (dots === 1 || dots === 2))) return false;
      dots = 0;
      others = 0;
      continue;
    }
    if (c === PERCENT) {
      if (i + 2 > end) return false;
      const first = hexValue(bytes[i]!);
      const second = hexValue(bytes[i + 1]!);
      if (first < 0 || second < 0) return false;
      i += 2;
      c = first * 16 + second;
      // NUL, "/" and "\" must not come back to life when the path is decoded.
      if (c === 0 || c === SLASH || c === 92) return false;
    }
    if (pending > 0) {
      if (c < low || c > high) return false;
      pending--;
      low = 0x80;
      high = 0xbf;
    } else if (c >= 0x80) {
      if (c < 0xc2 || c > 0xf4) return false;
      pending = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
      if (c === 0xe0) low = 0xa0;
      else if (c === 0xed) high = 0x9f;
      else if (c === 0xf0) low = 0x90;
      else if (c === 0xf4) high = 0x8f;
    }
    if (c === DOT) dots++;
    else others++;
  }
  return pending === 0 && !(others === 0 && (dots === 1 || dots === 2));
}

/** Below it an authority looks for what it has asked for, in the clear and at this path alone (RFC 8555 8.3). */
export const CHALLENGE_PATH = "/.well-known/acme-challenge/";
const CHALLENGE_BYTES = latin1Bytes(CHALLENGE_PATH);

/** True for the path of a challenge: behind the prefix there is a token of base64url, and nothing else. */
export function isChallenge(bytes: Uint8Array, start: number, end: number): boolean {
  const token = start + CHALLENGE_BYTES.length;
  if (token >= end) return false;
  for (let i = 0; i < CHALLENGE_BYTES.length; i++) if (bytes[start + i] !== CHALLENGE_BYTES[i]) return false;
  for (let i = token; i < end; i++) if (!isTokenCharacter(bytes[i]!)) return false;
  return true;
}

/** RFC 4648 5. */
function isTokenCharacter(c: number): boolean {
  return isDigit(c) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 45 || c === 95;
}

/** True for host [":" port] (RFC 3986 3.2), without userinfo. An empty range is a matter of the caller's. */
export function authorityIsValid(bytes: Uint8Array, start: number, end: number): boolean {
  let i = start;
  if (i < end && bytes[i] === 91) {
    // IP-literal: the brackets' inside is checked for its characters alone.
    i++;
    const from = i;
    while (i < end && (hexValue(bytes[i]!) >= 0 || bytes[i] === COLON || bytes[i] === DOT)) i++;
    if (i === from || i >= end || bytes[i] !== 93) return false;
    i++;
  } else {
    for (;;) {
      i += nativeSpan(bytes, i, end - i, HOST_NAME);
      if (i >= end || bytes[i] !== PERCENT) break;
      if (i + 2 >= end || hexValue(bytes[i + 1]!) < 0 || hexValue(bytes[i + 2]!) < 0) return false;
      i++;
    }
    if (i === start) return false;
  }
  if (i === end) return true;
  if (bytes[i] !== COLON || end - i > 6) return false;
  for (let k = i + 1; k < end; k++) if (bytes[k]! < 48 || bytes[k]! > 57) return false;
  return true;
}
