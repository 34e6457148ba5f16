// Names of objects: SHA-1, 20 bytes or 40 hexadecimal digits.

import { fromHex, toHex } from "../hex.ts";

export const OID_LENGTH = 20;

/** The 20 bytes at the offset as 40 hexadecimal digits. */
export function oidAt(bytes: Uint8Array, offset: number): string {
  return toHex(bytes, offset, OID_LENGTH);
}

/** The 20 bytes that the 40 hexadecimal digits mean; undefined when they are not such. */
export function oidBytes(hex: string): Uint8Array | undefined {
  return hex.length === 2 * OID_LENGTH ? fromHex(hex) : undefined;
}

/** A name is a hash already: four of its bytes will do. */
export function hash(names: Uint8Array, offset: number): number {
  return (names[offset]! << 22) ^ (names[offset + 1]! << 14) ^ (names[offset + 2]! << 7) ^ names[offset + 3]!;
}
