// Cutting a datagram into fragments (RFC 791 2.3, 3.2).

import { copyBytes } from "../base/native.ts";
import { HEADER_LENGTH } from "./wire.ts";

/** Datagrams that may be fragmented are cut to this even where the link carries more: each piece is copied into a slot. */
export const FRAGMENT_MTU = 1500;

/** Payload bytes of every fragment but the last: a multiple of 8. */
export function fragmentPayload(mtu: number): number {
  return Math.floor((Math.min(mtu, FRAGMENT_MTU) - HEADER_LENGTH) / 8) * 8;
}

/** Copies `length` bytes that begin `from` bytes into two ranges taken as one. */
export function copyJoined(
  into: Uint8Array,
  intoOffset: number,
  head: Uint8Array,
  headOffset: number,
  headLength: number,
  payload: Uint8Array,
  payloadOffset: number,
  from: number,
  length: number,
): void {
  let at = intoOffset;
  let start = from;
  let left = length;
  if (start < headLength) {
    const piece = Math.min(left, headLength - start);
    copyBytes(into, at, head, headOffset + start, piece);
    at += piece;
    start += piece;
    left -= piece;
  }
  if (left > 0) copyBytes(into, at, payload, payloadOffset + start - headLength, left);
}
