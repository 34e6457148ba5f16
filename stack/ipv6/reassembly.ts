/// <reference path="../base/native.d.ts" />
// Putting fragments together again (RFC 8200 4.5, RFC 5722), within bounds of memory, number and time.
//
// Deviations: a packet is kept for 15 s, not 60, and no ICMP message tells of one that timed out, as in IPv4.

import { equal6 } from "../base/address6.ts";
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
import {
  DESTINATION,
  EXTENSION_BYTES,
  HEADER_LENGTH,
  type Ipv6Header,
  PAYLOAD_LENGTH,
  SOURCE,
  setEcn,
} from "./wire.ts";

const NO_BYTES = new Uint8Array(0);
/** Where the fragments' payload begins: behind the longest headers. */
const ROOM = HEADER_LENGTH + EXTENSION_BYTES;

class Parts {
  used = false;
  /** It has been given up; what still comes of it is dropped (RFC 5722 4). */
  dead = false;
  /** Both addresses, as in the header. */
  readonly addresses = new Uint8Array(32);
  identification = 0;
  expires: Instant = NEVER;
  bytes: Uint8Array = NO_BYTES;
  /** Of the headers before the fragment header; known when the first fragment has come. */
  headerLength = 0;
  readonly pieces = new Pieces();
}

export class Reassembly {
  /**
   * The packet that `input` has just completed, at bytes[offset .. offset + length): as if it had come whole, without its
   * fragment header. Valid until the next call.
   */
  bytes: Uint8Array = NO_BYTES;
  offset = 0;
  length = 0;
  /** Packets given up: overlaps, limits, timeouts. */
  dropped = 0;

  private readonly packets: Parts[] = [];
  private deadline: Instant = NEVER;

  constructor() {
    for (let i = 0; i < DATAGRAM_LIMIT; i++) this.packets.push(new Parts());
  }

  /** Takes a fragment whose header has been decoded from `bytes`. True when the packet is complete. */
  input(header: Ipv6Header, bytes: Uint8Array, now: Instant): boolean {
    this.step(now);
    const parts = this.packets[this.partsOf(header, bytes, now)]!;
    if (parts.dead) return false;
    // Behind the fragment header: what was decoded beyond it belongs to the fragments.
    const from = header.offset + header.unfragmentable + 8;
    const length = header.payloadOffset + header.payloadLength - from;
    const start = header.fragmentOffset;
    const end = start + length;
    const piece = end > LENGTH_LIMIT ? PIECE_BAD : parts.pieces.add(start, end, header.moreFragments, header.ecn);
    if (piece === PIECE_KNOWN) return false;
    if (piece === PIECE_BAD) return this.giveUp(parts);
    if (parts.bytes.length === 0) parts.bytes = new Uint8Array(ROOM + LENGTH_LIMIT);
    copyBytes(parts.bytes, ROOM + start, bytes, from, length);
    if (start === 0) this.takeHeaders(parts, header, bytes);
    if (!parts.pieces.complete) return false;
    const ecn = parts.pieces.ecn((parts.bytes[ROOM - parts.headerLength + 1]! >>> 4) & 3);
    if (ecn === ECN_MIXED) return this.giveUp(parts);
    this.bytes = parts.bytes;
    this.offset = ROOM - parts.headerLength;
    this.length = parts.headerLength + parts.pieces.total;
    nativeStore16(this.bytes, this.offset + PAYLOAD_LENGTH, this.length - HEADER_LENGTH);
    setEcn(this.bytes, this.offset, ecn);
    parts.used = false;
    return true;
  }

  /** False: it is not complete, and will not be. */
  private giveUp(parts: Parts): boolean {
    parts.dead = true;
    parts.bytes = NO_BYTES;
    this.dropped++;
    return false;
  }

  /** Gives up what has waited for too long. */
  step(now: Instant): void {
    if (now < this.deadline) return;
    let deadline = NEVER;
    for (const parts of this.packets) {
      if (!parts.used) continue;
      if (parts.expires <= now) {
        parts.used = false;
        if (!parts.dead) this.dropped++;
      } else if (parts.expires < deadline) deadline = parts.expires;
    }
    this.deadline = deadline;
  }

  nextDeadline(): Instant {
    return this.deadline;
  }

  /** The headers before the fragment header, the last of which names what is behind it (RFC 8200 4.5). */
  private takeHeaders(parts: Parts, header: Ipv6Header, bytes: Uint8Array): void {
    const length = header.unfragmentable;
    const at = ROOM - length;
    parts.headerLength = length;
    copyBytes(parts.bytes, at, bytes, header.offset, length);
    parts.bytes[at + header.fragmentNamedAt - header.offset] = bytes[header.offset + length]!;
  }

  /** The number of the packet that the fragment belongs to: by source, destination and identification. */
  private partsOf(header: Ipv6Header, bytes: Uint8Array, now: Instant): number {
    const source = header.offset + SOURCE;
    const destination = header.offset + DESTINATION;
    let chosen = 0;
    let earliest = NEVER;
    for (let i = 0; i < DATAGRAM_LIMIT; i++) {
      const p = this.packets[i]!;
      if (!p.used) {
        if (earliest > 0) chosen = i;
        earliest = 0;
        continue;
      }
      if (p.identification === header.identification && equal6(p.addresses, 0, bytes, source))
        if (equal6(p.addresses, 16, bytes, destination)) return i;
      if (p.expires < earliest) {
        earliest = p.expires;
        chosen = i;
      }
    }
    const fresh = this.packets[chosen]!;
    if (fresh.used && !fresh.dead) this.dropped++;
    fresh.used = true;
    fresh.dead = false;
    copyBytes(fresh.addresses, 0, bytes, source, 32);
    fresh.identification = header.identification;
    fresh.expires = now + REASSEMBLY_TIMEOUT;
    fresh.headerLength = 0;
    fresh.pieces.clear();
    if (fresh.expires < this.deadline) this.deadline = fresh.expires;
    return chosen;
  }
}
