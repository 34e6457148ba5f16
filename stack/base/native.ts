/// <reference path="./native.d.ts" />
// The whole-buffer primitives that the data path may call. A protocol never loops over payload: it calls one of these.
// On the bare machine they are C (image/runtime), in tests and on Node image/native-node.ts provides them.

/** Copies `length` bytes; the ranges may overlap. */
export function copyBytes(
  into: Uint8Array,
  intoOffset: number,
  from: Uint8Array,
  fromOffset: number,
  length: number,
): void {
  nativeCopy(into, intoOffset, from, fromOffset, length);
}

/** Sets `length` bytes to zero. */
export function zeroBytes(bytes: Uint8Array, offset: number, length: number): void {
  nativeZero(bytes, offset, length);
}

/** RFC 1071 sum, folded to 16 bits and not complemented; `sum` is a folded sum to go on from. */
export function sumBytes(bytes: Uint8Array, offset: number, length: number, sum: number): number {
  return nativeChecksum(bytes, offset, length, sum);
}

/** True when both ranges hold the same bytes. */
export function equalBytes(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number, length: number): boolean {
  return nativeEqual(a, aOffset, b, bOffset, length);
}

/** One character per byte. Protocol text only (HTTP heads, DNS names): content is decoded above the seam. */
export function latin1(bytes: Uint8Array, offset: number, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += String.fromCharCode(bytes[offset + i]!);
  return text;
}
