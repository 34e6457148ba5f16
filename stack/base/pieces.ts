// What has come of a datagram in fragments (RFC 815): ranges, none of which may overlap another (RFC 5722), since honest
// senders make no such.

import { CONGESTION_EXPERIENCED, NOT_ECT } from "./packet.ts";
import { SECOND } from "./result.ts";

/** Datagrams under way at one time, in each family; one more drives out the oldest. */
export const DATAGRAM_LIMIT = 4;
/** Bytes behind the headers of the largest that is put together (RFC 1122 3.3.2 asks for 576, RFC 8200 5 for 1,500 in all). */
export const LENGTH_LIMIT = 16_384;
export const REASSEMBLY_TIMEOUT = 15 * SECOND;
/** Fragments of one datagram. */
export const FRAGMENT_LIMIT = 64;

// What `add` says.
export const PIECE_NEW = 0;
/** The same range again, which changes nothing: a network may repeat a packet. */
export const PIECE_KNOWN = 1;
/** It overlaps another, contradicts what is known of the end, or is one too many: the datagram is to be given up. */
export const PIECE_BAD = 2;

/** What `ecn` says when the pieces contradict each other: the datagram is to be given up. */
export const ECN_MIXED = -1;

export class Pieces {
  /** Bytes of the whole; known when the last fragment has come; -1 before. */
  total = -1;
  private received = 0;
  private count = 0;
  /** Bit by bit: the ECN codepoints that have been seen. */
  private codepoints = 0;
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  clear(): void {
    this.total = -1;
    this.received = 0;
    this.count = 0;
    this.codepoints = 0;
  }

  get complete(): boolean {
    return this.received === this.total;
  }

  /**
   * RFC 3168 5.3: the codepoint of the whole, whose first fragment has `first`: no mark of congestion is lost, and a sender
   * that does not know of marks is not shown one (ECN_MIXED).
   */
  ecn(first: number): number {
    if ((this.codepoints & (1 << CONGESTION_EXPERIENCED)) === 0) return first;
    return (this.codepoints & (1 << NOT_ECT)) === 0 ? CONGESTION_EXPERIENCED : ECN_MIXED;
  }

  /** Bytes `start` to `end` have come, with this codepoint; `more`: they are not the last. */
  add(start: number, end: number, more: boolean, ecn: number): number {
    this.codepoints |= 1 << ecn;
    for (let i = 0; i < this.count; i++) {
      const from = this.starts[i]!;
      const to = this.ends[i]!;
      if (from === start && to === end && more === (to !== this.total)) return PIECE_KNOWN;
      if (start < to && from < end) return PIECE_BAD;
    }
    if (!this.fits(end, more)) return PIECE_BAD;
    if (this.count < this.starts.length) {
      this.starts[this.count] = start;
      this.ends[this.count] = end;
    } else {
      this.starts.push(start);
      this.ends.push(end);
    }
    this.count++;
    this.received += end - start;
    if (!more) this.total = end;
    return PIECE_NEW;
  }

  private fits(end: number, more: boolean): boolean {
    if (this.count >= FRAGMENT_LIMIT) return false;
    if (more) return this.total < 0 || end <= this.total;
    if (this.total >= 0) return end === this.total;
    // The last fragment must not lie before bytes that have come.
    for (let i = 0; i < this.count; i++) if (this.ends[i]! > end) return false;
    return true;
  }
}
