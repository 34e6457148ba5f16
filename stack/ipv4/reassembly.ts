// Putting fragments together again (RFC 791 3.2, RFC 815), within bounds of memory, number and time.
//
// Deviations: a datagram is kept for 15 s, the initial value of RFC 791, not for the 60 s of RFC 1122 3.3.2; no ICMP
// message tells of one that timed out; and fragments that overlap end the datagram, as RFC 5722 does for IPv6, since
// honest senders do not make them.

import type { Ipv4 } from "../base/address.ts";
import { copyBytes } from "../base/native.ts";
import { type Instant, NEVER, SECOND } from "../base/result.ts";
import { type Ipv4Header, LARGEST_HEADER, makeWhole } from "./wire.ts";

/** Datagrams under way at one time; one more drives out the oldest. */
export const DATAGRAM_LIMIT = 4;
/** Payload bytes of the largest datagram put together (RFC 1122 3.3.2 asks for at least 576). */
export const LENGTH_LIMIT = 16_384;
/** Fragments of one datagram. */
export const FRAGMENT_LIMIT = 64;
export const REASSEMBLY_TIMEOUT = 15 * SECOND;

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
  /** Of the payload. Known when the last fragment has come; -1 before. */
  totalLength = -1;
  received = 0;
  fragments = 0;
  readonly starts: number[] = [];
  readonly ends: number[] = [];
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
    if (!this.fits(datagram, header, start, end)) {
      // Fragments still to come begin the datagram anew and then time out: they cannot complete it.
      this.drop(datagram);
      return false;
    }
    for (let i = 0; i < datagram.fragments; i++) {
      const from = datagram.starts[i]!;
      const to = datagram.ends[i]!;
      // The network may repeat a fragment: the same range again changes nothing.
      if (from === start && to === end) return false;
      if (start < to && from < end) {
        this.drop(datagram);
        return false;
      }
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
    if (datagram.fragments < datagram.starts.length) {
      datagram.starts[datagram.fragments] = start;
      datagram.ends[datagram.fragments] = end;
    } else {
      datagram.starts.push(start);
      datagram.ends.push(end);
    }
    datagram.fragments++;
    datagram.received += header.payloadLength;
    if (!header.moreFragments) datagram.totalLength = end;
    if (datagram.received !== datagram.totalLength) return false;
    this.bytes = datagram.bytes;
    this.offset = LARGEST_HEADER - datagram.headerLength;
    this.length = datagram.headerLength + datagram.totalLength;
    makeWhole(this.bytes, this.offset, datagram.headerLength, this.length);
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
    fresh.totalLength = -1;
    fresh.received = 0;
    fresh.fragments = 0;
    if (fresh.expires < this.deadline) this.deadline = fresh.expires;
    return chosen;
  }

  private fits(datagram: Datagram, header: Ipv4Header, start: number, end: number): boolean {
    if (end > LENGTH_LIMIT || datagram.fragments >= FRAGMENT_LIMIT) return false;
    if (header.moreFragments) return datagram.totalLength < 0 || end <= datagram.totalLength;
    if (datagram.totalLength >= 0) return end === datagram.totalLength;
    // The last fragment must not lie before bytes that have come.
    for (let i = 0; i < datagram.fragments; i++) if (datagram.ends[i]! > end) return false;
    return start <= end;
  }

  private drop(datagram: Datagram): void {
    datagram.used = false;
    this.dropped++;
  }
}
