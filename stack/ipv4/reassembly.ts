// Putting fragments together again (RFC 791 3.2, RFC 815), within bounds of memory, number and time.
//
// Deviations: a datagram is kept for 15 s, the initial value of RFC 791, not for the 60 s of RFC 1122 3.3.2; no ICMP
// message tells of one that timed out; and fragments that overlap end the datagram, as RFC 5722 does for IPv6, since
// honest senders do not make them.

import type { Ipv4 } from "../base/address.ts";
import { copyBytes } from "../base/native.ts";
import {
  DATAGRAM_LIMIT,
  ECN_MIXED,
  LENGTH_LIMIT,
  PIECE_BAD,
  PIECE_KNOWN,
  Pieces,
  REASSEMBLY_TIMEOUT,
} from "../base/pieces.ts";
import { type Instant, NEVER } from "../base/result.ts";
import { type Ipv4Header, LARGEST_HEADER, makeWhole } from "./wire.ts";

const NO_BYTES = new Uint8Array(0);

class Datagram {
  used = false;
  source = 0 as Ipv4;
  destination = 0 as Ipv4;
  protocol = 0;
  identification = 0;
  expires: Instant = NEVER;
  /** The header of the first fragment ends at LARGEST_HEADER, where the payload begins. */
  bytes: Uint8Array = NO_BYTES;
  /** Of the first fragment's header; known when that has come, without which no datagram is complete. */
  headerLength = 0;
  /** Of the payload. */
  readonly pieces = new Pieces();
}

export class Reassembly {
  /**
   * The datagram that `input` has just completed, at bytes[offset .. offset + length): as if it had come whole, with the
   * first fragment's header (RFC 815 6) and right in length, flags and checksum. Valid until the next call.
   */
  bytes: Uint8Array = NO_BYTES;
  offset = 0;
  length = 0;
  /** Datagrams given up: overlaps, limits, timeouts. */
  dropped = 0;

  private readonly datagrams: Datagram[] = [];
  private deadline: Instant = NEVER;

  constructor() {
    for (let i = 0; i < DATAGRAM_LIMIT; i++) this.datagrams.push(new Datagram());
  }

  /** Takes a fragment whose header has been decoded from `bytes`. True when the datagram is complete. */
  input(header: Ipv4Header, bytes: Uint8Array, now: Instant): boolean {
    this.step(now);
    const datagram = this.datagrams[this.datagramFor(header, now)]!;
    const start = header.fragmentOffset;
    const end = start + header.payloadLength;
    const piece = end > LENGTH_LIMIT ? PIECE_BAD : datagram.pieces.add(start, end, header.moreFragments, header.ecn);
    if (piece === PIECE_KNOWN) return false;
    if (piece === PIECE_BAD) {
      // Fragments still to come begin the datagram anew and then time out: they cannot complete it.
      this.drop(datagram);
      return false;
    }
    if (datagram.bytes.length === 0) datagram.bytes = new Uint8Array(LARGEST_HEADER + LENGTH_LIMIT);
    copyBytes(datagram.bytes, LARGEST_HEADER + start, bytes, header.payloadOffset, header.payloadLength);
    if (start === 0) {
      const { headerLength } = header;
      datagram.headerLength = headerLength;
      copyBytes(
        datagram.bytes,
        LARGEST_HEADER - headerLength,
        bytes,
        header.payloadOffset - headerLength,
        headerLength,
      );
    }
    if (!datagram.pieces.complete) return false;
    const ecn = datagram.pieces.ecn(datagram.bytes[LARGEST_HEADER - datagram.headerLength + 1]! & 3);
    if (ecn === ECN_MIXED) {
      this.drop(datagram);
      return false;
    }
    this.bytes = datagram.bytes;
    this.offset = LARGEST_HEADER - datagram.headerLength;
    this.length = datagram.headerLength + datagram.pieces.total;
    makeWhole(this.bytes, this.offset, datagram.headerLength, this.length, ecn);
    datagram.used = false;
    return true;
  }

  /** Gives up what has waited for too long. */
  step(now: Instant): void {
    if (now < this.deadline) return;
    let deadline = NEVER;
    for (const datagram of this.datagrams) {
      if (!datagram.used) continue;
      if (datagram.expires <= now) this.drop(datagram);
      else if (datagram.expires < deadline) deadline = datagram.expires;
    }
    this.deadline = deadline;
  }

  nextDeadline(): Instant {
    return this.deadline;
  }

  /** The number of the datagram that the fragment belongs to (RFC 791 3.2: by source, destination, protocol, id). */
  private datagramFor(header: Ipv4Header, now: Instant): number {
    let chosen = 0;
    let earliest = NEVER;
    for (let i = 0; i < DATAGRAM_LIMIT; i++) {
      const d = this.datagrams[i]!;
      if (!d.used) {
        if (earliest > 0) chosen = i;
        earliest = 0;
        continue;
      }
      if (d.identification === header.identification && d.source === header.source)
        if (d.destination === header.destination && d.protocol === header.protocol) return i;
      if (d.expires < earliest) {
        earliest = d.expires;
        chosen = i;
      }
    }
    const fresh = this.datagrams[chosen]!;
    if (fresh.used) this.dropped++;
    fresh.used = true;
    fresh.source = header.source;
    fresh.destination = header.destination;
    fresh.protocol = header.protocol;
    fresh.identification = header.identification;
    fresh.expires = now + REASSEMBLY_TIMEOUT;
    fresh.pieces.clear();
    if (fresh.expires < this.deadline) this.deadline = fresh.expires;
    return chosen;
  }

  private drop(datagram: Datagram): void {
    datagram.used = false;
    this.dropped++;
  }
}
