/// <reference path="./native.d.ts" />
// The Internet checksum (RFC 1071) over what transports cover: pseudo-header, header in a slot, payload elsewhere.

/**
 * Folds a sum of 16-bit words to 16 bits; 0 only when it is 0. The carry that goes round is a remainder, and as 2^16
 * leaves 1, the words may be added two at a time: an address or a sequence number as it is.
 */
export function fold(sum: number): number {
  return ((sum - 1) % 0xffff) + 1;
}

/**
 * Folded sum of a range as if it lay behind `before` bytes whose folded sum is `sum`. RFC 1071 2.B: a sum over bytes
 * shifted by one is the sum with its bytes swapped.
 */
export function sumBehind(bytes: Uint8Array, offset: number, length: number, before: number, sum: number): number {
  if (length === 0) return sum;
  if ((before & 1) === 0) return nativeChecksum(bytes, offset, length, sum);
  const own = nativeChecksum(bytes, offset, length, 0);
  return fold(sum + (((own & 0xff) << 8) | (own >>> 8)));
}
