// Read first: gitformat-pack(5). Entries of a pack version 2 and the deltas in them; what they make up is objects.ts.

import { copyBytes } from "../../stack/base/native.ts";

/** Types of objects as numbered in a pack. */
export const COMMIT = 1;
export const TREE = 2;
export const BLOB = 3;
export const TAG = 4;
export const OFS_DELTA = 6;
export const REF_DELTA = 7;

export const PACK_HEADER_LENGTH = 12;
export const PACK_TRAILER_LENGTH = 20;
const SIGNATURE = 0x5041434b; // "PACK"

/** Where an entry's data begin and what they are; filled by decodeEntry, owned by the caller. */
export interface PackEntry {
  type: number;
  /** Bytes of the entry's data inflated: of the object, or of the delta. */
  size: number;
  /** Offset of the zlib stream. */
  data: number;
  /** OFS_DELTA: offset of the entry of the base. */
  baseOffset: number;
  /** REF_DELTA: offset of the 20 bytes that name the base. */
  baseName: number;
}

/** The number of objects in a pack of version 2, or what is wrong with it in words. */
export function decodePackHeader(pack: Uint8Array): number | string {
  if (pack.length < PACK_HEADER_LENGTH + PACK_TRAILER_LENGTH) return "it is shorter than its header";
  if (readU32(pack, 0) !== SIGNATURE) return "it does not begin with PACK";
  const version = readU32(pack, 4);
  if (version !== 2 && version !== 3) return `its version is ${version}`;
  return readU32(pack, 8);
}

/** Decodes the head of the entry at `offset`, which lies before `end`. False: damaged or cut short. */
export function decodeEntry(pack: Uint8Array, offset: number, end: number, entry: PackEntry): boolean {
  let at = offset;
  if (at >= end) return false;
  let byte = pack[at++]!;
  entry.type = (byte >> 4) & 7;
  let size = byte & 15;
  let scale = 16;
  while (byte & 0x80) {
    // Seven bits at a time up to 2^46: no object is that large, and the sum stays exact.
    if (at >= end || scale > 0x80_0000_0000) return false;
    byte = pack[at++]!;
    size += (byte & 0x7f) * scale;
    scale *= 128;
  }
  entry.size = size;
  entry.baseOffset = -1;
  entry.baseName = -1;
  switch (entry.type) {
    case COMMIT:
    case TREE:
    case BLOB:
    case TAG:
      break;
    case OFS_DELTA: {
      // "offset encoding": each further byte adds one, so that no distance has two forms.
      let distance = 0;
      do {
        if (at >= end || distance > 0x80_0000_0000) return false;
        byte = pack[at++]!;
        distance = distance * 128 + (byte & 0x7f);
        if (byte & 0x80) distance += 1;
      } while (byte & 0x80);
      if (distance <= 0 || distance > offset) return false;
      entry.baseOffset = offset - distance;
      break;
    }
    case REF_DELTA:
      if (at + 20 > end) return false;
      entry.baseName = at;
      at += 20;
      break;
    default:
      return false;
  }
  entry.data = at;
  return at < end;
}

/** Where readLength stopped; -1 when it could not. */
let lengthEnd = 0;

/** A length at the head of a delta ("size encoding"). Sets lengthEnd. */
function readLength(delta: Uint8Array, offset: number): number {
  let value = 0;
  let scale = 1;
  let at = offset;
  let byte: number;
  do {
    if (at >= delta.length || scale > 0x80_0000_0000) {
      lengthEnd = -1;
      return 0;
    }
    byte = delta[at++]!;
    value += (byte & 0x7f) * scale;
    scale *= 128;
  } while (byte & 0x80);
  lengthEnd = at;
  return value;
}

/** The length of what the delta makes, so that a limit can be kept before it is made; -1 when it is damaged. */
export function deltaResultLength(delta: Uint8Array): number {
  readLength(delta, 0);
  if (lengthEnd < 0) return -1;
  const length = readLength(delta, lengthEnd);
  return lengthEnd < 0 ? -1 : length;
}

/** Bytes that an instruction may bring with it. */
const LONGEST_INSERTION = 127;

/** Applies a delta ("Deltified representation"); undefined when it is damaged or made for another base. */
export function applyDelta(base: Uint8Array, delta: Uint8Array): Uint8Array | undefined {
  if (readLength(delta, 0) !== base.length || lengthEnd < 0) return undefined;
  const length = readLength(delta, lengthEnd);
  if (lengthEnd < 0) return undefined;
  let at = lengthEnd;
  const end = delta.length;
  // Each byte is an instruction at best, and none makes more than this: of what cannot be made nothing is begun.
  if (length > (end - at) * Math.max(base.length, LONGEST_INSERTION)) return undefined;
  const result = new Uint8Array(length);
  let into = 0;
  while (at < end) {
    const code = delta[at++]!;
    if (code & 0x80) {
      let from = 0;
      let size = 0;
      if (at + 7 > end && at + bits(code & 0x7f) > end) return undefined;
      if (code & 1) from = delta[at++]!;
      if (code & 2) from |= delta[at++]! << 8;
      if (code & 4) from |= delta[at++]! << 16;
      if (code & 8) from += delta[at++]! * 0x1000000;
      if (code & 16) size = delta[at++]!;
      if (code & 32) size |= delta[at++]! << 8;
      if (code & 64) size |= delta[at++]! << 16;
      if (size === 0) size = 0x10000;
      if (from + size > base.length || into + size > length) return undefined;
      copyBytes(result, into, base, from, size);
      into += size;
    } else {
      // 0 is reserved.
      if (code === 0 || at + code > end || into + code > length) return undefined;
      copyBytes(result, into, delta, at, code);
      into += code;
      at += code;
    }
  }
  return into === length ? result : undefined;
}

function bits(code: number): number {
  let count = 0;
  for (let rest = code; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

function readU32(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset]! * 0x1000000 + ((bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!)) >>> 0
  );
}
