// Domain names as they lie in DNS messages (RFC 1035 2.3.4, 3.1, 4.1.4): lower-case ASCII strings without the final dot
// on this side. A query's letters are large and small by chance, which an answer repeats
// (draft-vixie-dnsext-dns0x20).

import { parseIpv4 } from "../base/address.ts";
import { ADDRESS6_LENGTH, formatIpv6, parseIpv6 } from "../base/address6.ts";
import { readU16 } from "../base/bytes.ts";

/** Bytes before the question. */
export const HEADER_LENGTH = 12;

// RFC 1035 2.3.4: 63 bytes to a label, 255 to a name on the wire, which leaves 253 characters.
export const LABEL_LIMIT = 63;
export const NAME_LIMIT = 253;
/** Compression pointers followed in one name. Each must point backwards, so more cannot be honest. */
export const POINTER_LIMIT = 32;

/** The name in lower case without a final dot; "" when it is not a hostname (letters, digits, "-", "_", dots). */
export function normalizeName(name: string): string {
  const end = name.length > 0 && name.charAt(name.length - 1) === "." ? name.length - 1 : name.length;
  if (end === 0 || end > NAME_LIMIT) return "";
  let clean = "";
  let label = 0;
  for (let i = 0; i < end; i++) {
    let c = name.charCodeAt(i);
    if (c >= 65 && c <= 90) c += 32;
    if (c === 46) {
      if (label === 0) return "";
      label = 0;
    } else {
      if (!((c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 45 || c === 95)) return "";
      label++;
      if (label > LABEL_LIMIT) return "";
    }
    clean += String.fromCharCode(c);
  }
  return label === 0 ? "" : clean;
}

/** True for the name itself and for what ends in it behind a dot. */
export function isOrUnder(name: string, parent: string): boolean {
  if (name === parent) return true;
  const cut = name.length - parent.length - 1;
  return cut > 0 && name.substring(cut) === `.${parent}`;
}

/** The address that the name is, in its one form; "" when it is none. */
export function literalOf(name: string): string {
  if (parseIpv4(name) !== undefined) return name;
  const bytes = new Uint8Array(ADDRESS6_LENGTH);
  return parseIpv6(name, bytes, 0) ? formatIpv6(bytes, 0) : "";
}

/** True: the question of a response that `decodeResponse` has read is spelt as `encodeQuery` wrote it. */
export function isSpelt(bytes: Uint8Array, offset: number, name: string, spelling: number): boolean {
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if (c !== 46 && bytes[offset + HEADER_LENGTH + 1 + i] !== spelt(c, i, spelling)) return false;
  }
  return true;
}

/** The letter as it stands in the i-th place. */
export function spelt(c: number, i: number, spelling: number): number {
  return c >= 97 && c <= 122 && ((spelling >>> (i & 31)) & 1) === 1 ? c - 32 : c;
}

/** Where reading goes on in a message; -1 after damage. */
export class Cursor {
  at = 0;
}

/**
 * Reads the name at the cursor (RFC 1035 4.1.4) and moves it behind; -1 there on damage. A label that no hostname has
 * makes the name "?", which equals no name asked for. The root is "?", too.
 */
export function readName(bytes: Uint8Array, message: number, end: number, cursor: Cursor): string {
  let name = "";
  let at = cursor.at;
  let after = -1;
  let pointers = 0;
  let strange = false;
  let wireLength = 1;
  while (at < end) {
    const length = bytes[at]!;
    if (length === 0) {
      cursor.at = after >= 0 ? after : at + 1;
      return strange || name === "" ? "?" : name;
    }
    if (length >= 0xc0) {
      if (at + 2 > end) break;
      const target = message + (readU16(bytes, at) & 0x3fff);
      if (after < 0) after = at + 2;
      // Pointers go backwards only, so the walk ends.
      if (target >= at || target < message + HEADER_LENGTH || pointers >= POINTER_LIMIT) break;
      pointers++;
      at = target;
      continue;
    }
    wireLength += length + 1;
    if (length > LABEL_LIMIT || at + 1 + length > end || wireLength > 255) break;
    if (name !== "") name += ".";
    for (let i = at + 1; i <= at + length; i++) {
      let c = bytes[i]!;
      if (c >= 65 && c <= 90) c += 32;
      if (c === 46 || c <= 32 || c >= 127) strange = true;
      name += String.fromCharCode(c);
    }
    at += length + 1;
  }
  cursor.at = -1;
  return "?";
}
