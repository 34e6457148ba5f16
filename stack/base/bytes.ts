/// <reference path="./native.d.ts" />
// Big-endian fields in a byte array. The caller has checked the length; a field outside of the array is our bug.

export function readU16(bytes: Uint8Array, offset: number): number {
  return nativeLoad16(bytes, offset);
}

export function readU32(bytes: Uint8Array, offset: number): number {
  return nativeLoad32(bytes, offset);
}

export function readU48(bytes: Uint8Array, offset: number): number {
  return nativeLoad16(bytes, offset) * 0x100000000 + nativeLoad32(bytes, offset + 2);
}

export function writeU16(bytes: Uint8Array, offset: number, value: number): void {
  nativeStore16(bytes, offset, value);
}

export function writeU32(bytes: Uint8Array, offset: number, value: number): void {
  nativeStore32(bytes, offset, value);
}

export function writeU48(bytes: Uint8Array, offset: number, value: number): void {
  nativeStore16(bytes, offset, Math.floor(value / 0x100000000));
  nativeStore32(bytes, offset + 2, value);
}
