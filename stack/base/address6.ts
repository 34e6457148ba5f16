/// <reference path="./native.d.ts" />
// IPv6 addresses: ranges of 16 bytes, and their text. Read first: RFC 4291 2.2 (what may be written), RFC 5952 (how it is
// written). A zone ("%eth0") is not read: there is one card.

import { parseIpv4 } from "./address.ts";
import { latin1 } from "./native.ts";

/** Bytes of an address. */
export const ADDRESS6_LENGTH = 16;
/** Characters of the longest text that is written. */
export const ADDRESS6_TEXT = 39;
/** Characters of the longest text that is read: six groups and an IPv4 address. */
const LONGEST_TEXT = 45;

const GROUPS = 8;
const COLON = 0x3a;
const DOT = 0x2e;
const ZERO = 0x30;
const SMALL_A = 0x61;

/** ::, the unspecified address. Nobody writes to it. */
export const UNSPECIFIED: Uint8Array = new Uint8Array(ADDRESS6_LENGTH);

/** Reads the address in `text` into 16 bytes at `offset`. False: it is none, and nothing was written. */
export function parseIpv6(text: string, into: Uint8Array, offset: number): boolean {
  if (text.length > LONGEST_TEXT) return false;
  const groups: number[] = [];
  /** How many groups lie before "::"; -1: there is none. */
  let gap = -1;
  let at = 0;
  if (isColon(text, 0)) {
    if (!isColon(text, 1)) return false;
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    const end = digitsEnd(text, at);
    if (end < text.length && text.charCodeAt(end) === DOT) {
      // RFC 4291 2.2 (3): the last two groups as an IPv4 address.
      const last = parseIpv4(text.substring(at, text.length));
      if (last === undefined || groups.length > GROUPS - 2) return false;
      groups.push(last >>> 16);
      groups.push(last & 0xffff);
      break;
    }
    if (end === at || end - at > 4 || groups.length === GROUPS) return false;
    groups.push(hexNumber(text, at, end));
    if (end === text.length) break;
    if (!isColon(text, end)) return false;
    at = end + 1;
    if (isColon(text, at)) {
      if (gap >= 0) return false;
      gap = groups.length;
      at++;
    } else if (at === text.length) return false;
  }
  if (gap < 0 ? groups.length !== GROUPS : groups.length >= GROUPS) return false;
  const missing = GROUPS - groups.length;
  for (let i = 0; i < GROUPS; i++) {
    let group = 0;
    if (gap < 0 || i < gap) group = groups[i]!;
    else if (i >= gap + missing) group = groups[i - missing]!;
    nativeStore16(into, offset + 2 * i, group);
  }
  return true;
}

/** "2001:db8::1" (RFC 5952). */
export function formatIpv6(bytes: Uint8Array, offset: number): string {
  const text = new Uint8Array(ADDRESS6_TEXT);
  return latin1(text, 0, writeIpv6(bytes, offset, text, 0));
}

/** Writes the address as characters at `at`, at most ADDRESS6_TEXT of them; returns where they end. */
export function writeIpv6(bytes: Uint8Array, offset: number, into: Uint8Array, at: number): number {
  const mapped = isMapped(bytes, offset);
  const groups = mapped ? GROUPS - 2 : GROUPS;
  // RFC 5952 4.2: the longest run of zero groups, the first of them, and no run of one.
  let gap = -1;
  let gapLength = 1;
  for (let i = 0; i < groups; i++) {
    let length = 0;
    while (i + length < groups && nativeLoad16(bytes, offset + 2 * (i + length)) === 0) length++;
    if (length > gapLength) {
      gap = i;
      gapLength = length;
    }
    i += length;
  }
  let end = at;
  for (let i = 0; i < groups; i++) {
    if (i === gap) {
      into[end] = COLON;
      into[end + 1] = COLON;
      end += 2;
      i += gapLength - 1;
      continue;
    }
    if (i > 0 && i !== gap + gapLength) into[end++] = COLON;
    end = writeHex(nativeLoad16(bytes, offset + 2 * i), into, end);
  }
  if (!mapped) return end;
  // RFC 5952 5: an IPv4 address is known as such by its prefix.
  into[end++] = COLON;
  return writeDotted(bytes, offset + 12, into, end);
}

/** The IPv4 address in four bytes as characters at `at`, 15 of them at most; returns where they end. */
export function writeDotted(bytes: Uint8Array, offset: number, into: Uint8Array, at: number): number {
  let end = at;
  for (let i = 0; i < 4; i++) {
    const byte = bytes[offset + i]!;
    if (i > 0) into[end++] = DOT;
    if (byte >= 100) into[end++] = ZERO + Math.floor(byte / 100);
    if (byte >= 10) into[end++] = ZERO + (Math.floor(byte / 10) % 10);
    into[end++] = ZERO + (byte % 10);
  }
  return end;
}

export function equal6(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number): boolean {
  return nativeEqual(a, aOffset, b, bOffset, ADDRESS6_LENGTH);
}

export function copy6(into: Uint8Array, intoOffset: number, from: Uint8Array, fromOffset: number): void {
  nativeCopy(into, intoOffset, from, fromOffset, ADDRESS6_LENGTH);
}

/** :: (RFC 4291 2.5.2): no address. */
export function isUnspecified(bytes: Uint8Array, offset: number): boolean {
  return (
    nativeLoad32(bytes, offset) === 0 &&
    nativeLoad32(bytes, offset + 4) === 0 &&
    nativeLoad32(bytes, offset + 8) === 0 &&
    nativeLoad32(bytes, offset + 12) === 0
  );
}

/** ::1 (RFC 4291 2.5.3): never on a wire. */
export function isLoopback6(bytes: Uint8Array, offset: number): boolean {
  return (
    nativeLoad32(bytes, offset + 12) === 1 &&
    nativeLoad32(bytes, offset) === 0 &&
    nativeLoad32(bytes, offset + 4) === 0 &&
    nativeLoad32(bytes, offset + 8) === 0
  );
}

/** ::ffff:0:0/96 (RFC 4291 2.5.5.2): an IPv4 address, and never on a wire. */
export function isMapped(bytes: Uint8Array, offset: number): boolean {
  return (
    nativeLoad32(bytes, offset + 8) === 0xffff &&
    nativeLoad32(bytes, offset) === 0 &&
    nativeLoad32(bytes, offset + 4) === 0
  );
}

/** fe80::/10 (RFC 4291 2.5.6). */
export function isLinkLocal(bytes: Uint8Array, offset: number): boolean {
  return (nativeLoad16(bytes, offset) & 0xffc0) === 0xfe80;
}

/** ff00::/8 (RFC 4291 2.7). */
export function isMulticast(bytes: Uint8Array, offset: number): boolean {
  return bytes[offset]! === 0xff;
}

/** Bits that both addresses begin with, 0 to 128. */
export function commonPrefix(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number): number {
  for (let i = 0; i < ADDRESS6_LENGTH; i++) {
    const difference = a[aOffset + i]! ^ b[bOffset + i]!;
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24;
  }
  return 128;
}

function isColon(text: string, at: number): boolean {
  return at < text.length && text.charCodeAt(at) === COLON;
}

function digitsEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && hexValue(text.charCodeAt(end)) >= 0) end++;
  return end;
}

function hexNumber(text: string, from: number, end: number): number {
  let value = 0;
  for (let i = from; i < end; i++) value = value * 16 + hexValue(text.charCodeAt(i));
  return value;
}

/** The value of a hexadecimal digit, or -1. */
function hexValue(c: number): number {
  if (c >= ZERO && c <= ZERO + 9) return c - ZERO;
  const small = c | 0x20;
  return small >= SMALL_A && small <= SMALL_A + 5 ? small - SMALL_A + 10 : -1;
}

/** Without leading zeros, in lower case (RFC 5952 4.1, 4.3). */
function writeHex(value: number, into: Uint8Array, at: number): number {
  let end = at;
  for (let shift = 12; shift >= 0; shift -= 4) {
    const digit = (value >>> shift) & 15;
    if (digit === 0 && end === at && shift > 0) continue;
    into[end++] = digit < 10 ? ZERO + digit : SMALL_A + digit - 10;
  }
  return end;
}
