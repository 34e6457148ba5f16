// Cutting a datagram into fragments (RFC 791 2.3, 3.2; RFC 8200 4.5).

import { sumBehind } from "./checksum.ts";
import { NO_PAYLOAD } from "./link.ts";
import { copyBytes, sumBytes } from "./native.ts";

/** Datagrams that may be fragmented are cut to this even where the link carries more: each piece is copied into a slot. */
export const FRAGMENT_MTU = 1500;

/** Payload bytes of every fragment but the last, behind `headers` bytes: a multiple of 8. */
export function fragmentPayload(mtu: number, headers: number): number {
  return Math.floor((Math.min(mtu, FRAGMENT_MTU) - headers) / 8) * 8;
}

/** The payload of a datagram: two ranges taken as one. */
export class Joined {
  private head: Uint8Array = NO_PAYLOAD;
  private headOffset = 0;
  private headLength = 0;
  private tail: Uint8Array = NO_PAYLOAD;
  private tailOffset = 0;
  private tailLength = 0;

  setHead(bytes: Uint8Array, offset: number, length: number): void {
    this.head = bytes;
    this.headOffset = offset;
    this.headLength = length;
  }

  setTail(bytes: Uint8Array, offset: number, length: number): void {
    this.tail = bytes;
    this.tailOffset = offset;
    this.tailLength = length;
  }

  /** The Internet checksum over both ranges, as it goes into a header. */
  checksum(): number {
    const head = sumBytes(this.head, this.headOffset, this.headLength, 0);
    return 0xffff ^ sumBehind(this.tail, this.tailOffset, this.tailLength, this.headLength, head);
  }

  /** Copies `length` bytes that begin `from` bytes into the two. */
  copy(into: Uint8Array, intoOffset: number, from: number, length: number): void {
    let at = intoOffset;
    let start = from;
    let left = length;
    if (start < this.headLength) {
      const piece = Math.min(left, this.headLength - start);
      copyBytes(into, at, this.head, this.headOffset + start, piece);
      at += piece;
      start += piece;
      left -= piece;
    }
    if (left > 0) copyBytes(into, at, this.tail, this.tailOffset + start - this.headLength, left);
  }
}
