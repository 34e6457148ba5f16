/// <reference path="../native.d.ts" />
// The transmit ring of netfront. Read: Xen public/io/netif.h.
//
// A slot is a page, and what is sent is copied into it, a large segment into further pages: Xen shares memory by pages, and
// one that is granted shows the other domain whatever lies beside the payload. The pages are granted once.

import { SLOT_SIZE } from "../../stack/base/link.ts";
import { copyBytes, sumBytes } from "../../stack/base/native.ts";
import { PAGE_SIZE } from "../hal.ts";
import { FrontRing, NOT_REQUESTED } from "./front-ring.ts";
import type { GrantTable } from "./grants.ts";
import type { Hypercalls } from "./hypercalls.ts";
import {
  EXTRA_GSO,
  FAULT_ID,
  FAULT_NONE,
  FAULT_RESPONSES,
  GSO_TCPV4,
  MOST_SEND,
  MOST_SLOTS,
  RESPONSE_NULL,
  RESPONSE_OKAY,
  SEND_CHECKSUM_BLANK,
  SEND_DATA_VALIDATED,
  SEND_EXTRA_INFO,
  SEND_MORE_DATA,
  TRANSMIT_ENTRY,
} from "./net-wire.ts";
import { Pages } from "./pages.ts";

/** Pages for frames to send: with segmentation room for some ten segments of 64 KB. */
export const TRANSMIT_PAGES = 128;
export const SEGMENT_PAGES = 192;
const ETHERTYPE = 12;
const ETHERTYPE_IPV4 = 0x0800;

export class NetfrontTransmit {
  readonly ring: FrontRing;
  readonly slots: Uint8Array;
  /** Pages, and grant references. */
  readonly count: number;
  frames = 0;
  bytes = 0;
  drops = 0;
  full = 0;
  fault = FAULT_NONE;
  // What the next `send` asks of the backend, as on Link.
  checksumStart = 0;
  checksumOffset = 0;
  segmentSize = 0;

  private readonly pages: Pages;
  private readonly reference: number;
  private readonly segments: boolean;
  /** The backend completes checksums of IPv6 as well. */
  private readonly checksum6: boolean;
  /** Pages that a frame takes at the most. */
  private readonly most: number;
  /** By page: 1 while it is a reserved slot; the number of its request, NOT_REQUESTED while there is none. */
  private readonly reserved: Uint8Array;
  private readonly sent: Float64Array;
  private reservedCount = 0;
  private readonly free: Int32Array;
  private freeCount = 0;
  /** Responses that are due to extra information. */
  private extras = 0;

  /** `reference` is the first of as many as `transmitPages(segments)` says. */
  constructor(calls: Hypercalls, reference: number, segments: boolean, checksum6: boolean) {
    this.count = transmitPages(segments);
    this.ring = new FrontRing(calls.hal, TRANSMIT_ENTRY);
    this.pages = new Pages(calls.hal, this.count);
    this.slots = this.pages.memory;
    this.reference = reference;
    this.segments = segments;
    this.checksum6 = checksum6;
    this.most = segments ? MOST_SLOTS : 1;
    this.reserved = new Uint8Array(this.count);
    this.sent = new Float64Array(this.count);
    this.free = new Int32Array(this.count);
  }

  /** Empties the ring: what was not sent is lost. Slots that are reserved stay so. False: another has the pages still. */
  prepare(grants: GrantTable, domain: number): boolean {
    this.ring.prepare();
    this.fault = FAULT_NONE;
    this.extras = 0;
    this.freeCount = 0;
    for (let i = this.count - 1; i >= 0; i--) {
      if (!grants.grant(this.reference + i, domain, this.pages.address + i * PAGE_SIZE, false)) return false;
      this.sent[i] = NOT_REQUESTED;
      if (this.reserved[i]! === 0) this.giveBack(i);
    }
    return true;
  }

  reserve(): number {
    if (!this.room()) {
      this.reclaim();
      if (!this.room()) {
        this.full++;
        // To be woken when half of what is under way has been sent.
        this.ring.arm((this.ring.requests - this.ring.responses) >> 1);
        this.reclaim();
        if (!this.room()) return -1;
      }
    }
    const index = this.take();
    this.reserved[index] = 1;
    this.reservedCount++;
    return this.pages.offset + index * PAGE_SIZE;
  }

  /** As `Link.send`. */
  send(slot: number, headLength: number, payload: Uint8Array, payloadOffset: number, payloadLength: number): void {
    const index = this.indexOf(slot);
    const length = headLength + payloadLength;
    if (headLength < 0 || headLength > SLOT_SIZE) throw new RangeError(`head of ${headLength} bytes`);
    const large = this.segmentSize > 0;
    if (length > (large ? MOST_SEND : PAGE_SIZE)) throw new RangeError(`frame of ${length} bytes`);
    this.release(index);
    let rest = payloadLength;
    const first = Math.min(rest, PAGE_SIZE - headLength);
    copyBytes(this.slots, slot + headLength, payload, payloadOffset, first);
    rest -= first;
    let flags = rest > 0 ? SEND_MORE_DATA : 0;
    if (this.checksumStart > 0 && !this.summed(slot, length)) flags |= SEND_CHECKSUM_BLANK | SEND_DATA_VALIDATED;
    if (large) flags |= SEND_EXTRA_INFO;
    this.request(index, flags, length);
    if (large) this.extra();
    while (rest > 0) {
      const page = this.take();
      const size = Math.min(rest, PAGE_SIZE);
      copyBytes(this.slots, this.pages.offset + page * PAGE_SIZE, payload, payloadOffset + payloadLength - rest, size);
      rest -= size;
      this.request(page, rest > 0 ? SEND_MORE_DATA : 0, size);
    }
    this.frames++;
    this.bytes += length;
  }

  /** Lets go of a reserved slot whose frame cannot be sent. */
  drop(slot: number): void {
    const index = this.indexOf(slot);
    this.release(index);
    this.giveBack(index);
    this.drops++;
  }

  /** Takes back what the backend has sent. */
  reclaim(): void {
    const { ring } = this;
    for (let n = ring.ready(); n > 0; n--) {
      const response = nativeLoadLittle32(ring.memory, ring.response());
      const id = response & 0xffff;
      const status = response >> 16;
      if (status === RESPONSE_NULL) {
        if (this.extras === 0) this.fault = FAULT_ID;
        else this.extras--;
      } else if (id >= this.count || this.sent[id]! >= ring.published) this.fault = FAULT_ID;
      else {
        this.sent[id] = NOT_REQUESTED;
        this.giveBack(id);
        if (status !== RESPONSE_OKAY) this.drops++;
      }
      if (this.fault !== FAULT_NONE) return;
    }
    if (ring.broken) this.fault = FAULT_RESPONSES;
  }

  /** Whether one more frame, and all that are reserved, would have pages and places. */
  private room(): boolean {
    const frames = this.reservedCount + 1;
    const places = frames * (this.segments ? this.most + 1 : 1);
    return this.freeCount > 0 && this.freeCount + this.reservedCount >= frames * this.most && this.ring.free >= places;
  }

  /** Completes the checksum here where the backend would not; false: it will. */
  private summed(slot: number, length: number): boolean {
    if (this.checksum6 || nativeLoad16(this.slots, slot + ETHERTYPE) === ETHERTYPE_IPV4) return false;
    const start = slot + this.checksumStart;
    const sum = 0xffff ^ sumBytes(this.slots, start, length - this.checksumStart, 0);
    // RFC 768: 0 would mean that there is none.
    nativeStore16(this.slots, start + this.checksumOffset, sum === 0 ? 0xffff : sum);
    return true;
  }

  private request(page: number, flags: number, size: number): void {
    const { memory } = this.ring;
    this.sent[page] = this.ring.requests;
    const at = this.ring.request();
    nativeStoreLittle32(memory, at, this.reference + page);
    // Offset in the page, flags.
    nativeStoreLittle32(memory, at + 4, flags * 0x10000);
    nativeStoreLittle32(memory, at + 8, size * 0x10000 + page);
  }

  /** struct netif_extra_info: type and flags; size, type, padding; features. */
  private extra(): void {
    const { memory } = this.ring;
    const at = this.ring.request();
    this.extras++;
    nativeStoreLittle32(memory, at, this.segmentSize * 0x10000 + EXTRA_GSO);
    nativeStoreLittle32(memory, at + 4, GSO_TCPV4);
    nativeStoreLittle32(memory, at + 8, 0);
  }

  private take(): number {
    this.freeCount--;
    return this.free[this.freeCount]!;
  }

  private giveBack(index: number): void {
    this.free[this.freeCount] = index;
    this.freeCount++;
  }

  private release(index: number): void {
    this.reserved[index] = 0;
    this.reservedCount--;
  }

  private indexOf(slot: number): number {
    const index = (slot - this.pages.offset) / PAGE_SIZE;
    if (index < 0 || index >= this.count || index !== Math.floor(index) || this.reserved[index]! === 0) {
      throw new RangeError(`slot at ${slot} is not reserved`);
    }
    return index;
  }
}

/** Pages that a transmit ring has, which cuts segments or does not. */
export function transmitPages(segments: boolean): number {
  return segments ? SEGMENT_PAGES : TRANSMIT_PAGES;
}
