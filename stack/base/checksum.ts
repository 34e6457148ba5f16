/// <reference path="../../image/native.d.ts" />
// The Internet checksum (RFC 1071) over what transports cover: pseudo-header, header in a slot, payload elsewhere.

import type { Ipv4 } from "./address.ts";

/**
 * Folds a sum of 16-bit words to 16 bits; 0 only when it is 0. The carry that goes round is a remainder, and as 2^16
 * leaves 1, the words may be added two at a time: an address or a sequence number as it is.
 */
export function fold(sum: number): number {
  return ((sum - 1) % 0xffff) + 1;
}

/** Folded sum of the IPv4 pseudo-header (RFC 9293 3.1, RFC 768); `length` is that of header and payload. */
export function pseudoHeaderSum(source: Ipv4, destination: Ipv4, protocol: number, length: number): number {
  return fold(source + destination + protocol + length);
}

/** Folded sum of two ranges as if they lay one behind the other, going on from `sum`. */
export function sumRanges(
  head: Uint8Array,
  headOffset: number,
  headLength: number,
  payload: Uint8Array,
  payloadOffset: number,
  payloadLength: number,
  sum: number,
): number {
  const first = nativeChecksum(head, headOffset, headLength, sum);
  if (payloadLength === 0) return first;
  if ((headLength & 1) === 0) return nativeChecksum(payload, payloadOffset, payloadLength, first);
  // RFC 1071 2.B: a sum over bytes shifted by one is the sum with its bytes swapped.
  const second = nativeChecksum(payload, payloadOffset, payloadLength, 0);
  return fold(first + (((second & 0xff) << 8) | (second >>> 8)));
}
