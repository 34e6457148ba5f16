/// <reference path="../native.d.ts" />
// The receive ring of netfront: pages that the backend copies frames into, asked for again as soon as their frame was
// taken. Read: Xen public/io/netif.h.

import type { FrameReceiver } from "../../stack/base/link.ts";
import { copyBytes } from "../../stack/base/native.ts";
import { LEAST_FRAME, MOST_GATHERED, RECEIVE_BUDGET } from "../card.ts";
import { PAGE_SIZE } from "../hal.ts";
import { FrontRing, NOT_REQUESTED } from "./front-ring.ts";
import type { GrantTable } from "./grants.ts";
import type { Hypercalls } from "./hypercalls.ts";
import {
  FAULT_EXTRA,
  FAULT_ID,
  FAULT_LENGTH,
  FAULT_NONE,
  FAULT_RESPONSES,
  RECEIVE_ENTRY,
  RECEIVED_CHECKSUM_BLANK,
  RECEIVED_DATA_VALIDATED,
  RECEIVED_EXTRA_INFO,
  RECEIVED_MORE_DATA,
} from "./net-wire.ts";
import { Pages } from "./pages.ts";

/** Pages for frames that have come. */
export const RECEIVE_PAGES = 128;

export class NetfrontReceive {
  readonly ring: FrontRing;
  frames = 0;
  bytes = 0;
  drops = 0;
  fault = FAULT_NONE;

  private readonly pages: Pages;
  private readonly reference: number;
  private readonly checksum: boolean;
  /** By page: the number of its request, NOT_REQUESTED while there is none. */
  private readonly asked = new Float64Array(RECEIVE_PAGES);
  private readonly gathered = new Uint8Array(MOST_GATHERED);
  /** Bytes gathered of a frame that goes on in the next response, -1: none does. */
  private gathering = -1;
  /** That frame is too long, or a part of it failed. */
  private spoilt = false;

  /** `reference` is the first of RECEIVE_PAGES; `checksum`: what the backend says of checksums is believed. */
  constructor(calls: Hypercalls, reference: number, checksum: boolean) {
    this.ring = new FrontRing(calls.hal, RECEIVE_ENTRY);
    this.pages = new Pages(calls.hal, RECEIVE_PAGES);
    this.reference = reference;
    this.checksum = checksum;
  }

  /** Empties the ring, and grants `domain` all pages, which are asked for with `ask`; false: another has them still. */
  prepare(grants: GrantTable, domain: number): boolean {
    const { ring, pages } = this;
    ring.prepare();
    this.fault = FAULT_NONE;
    this.gathering = -1;
    for (let i = 0; i < RECEIVE_PAGES; i++) {
      if (!grants.grant(this.reference + i, domain, pages.address + i * PAGE_SIZE, true)) return false;
      this.ask(i);
    }
    return true;
  }

  /** True: there was something. */
  poll(receiver: FrameReceiver): boolean {
    const { ring, pages } = this;
    let ready = ring.ready();
    if (ring.broken) this.fault = FAULT_RESPONSES;
    if (ready === 0) return false;
    for (let budget = RECEIVE_BUDGET; ready > 0 && budget > 0 && this.fault === FAULT_NONE; ready--) {
      const at = ring.response();
      const first = nativeLoadLittle32(ring.memory, at);
      const second = nativeLoadLittle32(ring.memory, at + 4);
      const id = first & 0xffff;
      const offset = first >>> 16;
      const flags = second & 0xffff;
      // A length, or an error below 0.
      const length = second >> 16;
      if (id >= RECEIVE_PAGES || this.asked[id]! >= ring.published) this.fault = FAULT_ID;
      else if ((flags & RECEIVED_EXTRA_INFO) !== 0) this.fault = FAULT_EXTRA;
      else if (length > 0 && offset + length > PAGE_SIZE) this.fault = FAULT_LENGTH;
      if (this.fault !== FAULT_NONE) break;
      this.asked[id] = NOT_REQUESTED;
      const from = pages.offset + id * PAGE_SIZE + offset;
      const checksumValid = this.checksum && (flags & (RECEIVED_DATA_VALIDATED | RECEIVED_CHECKSUM_BLANK)) !== 0;
      const more = (flags & RECEIVED_MORE_DATA) !== 0;
      if (more || this.gathering >= 0) {
        this.gather(from, length);
        if (!more) {
          budget--;
          this.finish(receiver, checksumValid);
        }
      } else {
        budget--;
        if (length < LEAST_FRAME) this.drops++;
        else {
          this.frames++;
          this.bytes += length;
          receiver.receive(pages.memory, from, length, checksumValid);
        }
      }
      this.ask(id);
    }
    return true;
  }

  private ask(id: number): void {
    const { ring } = this;
    this.asked[id] = ring.requests;
    const at = ring.request();
    nativeStoreLittle32(ring.memory, at, id);
    nativeStoreLittle32(ring.memory, at + 4, this.reference + id);
  }

  private gather(from: number, length: number): void {
    if (this.gathering < 0) {
      this.gathering = 0;
      this.spoilt = false;
    }
    if (length < 0 || this.gathering + length > MOST_GATHERED) this.spoilt = true;
    if (this.spoilt) return;
    copyBytes(this.gathered, this.gathering, this.pages.memory, from, length);
    this.gathering += length;
  }

  private finish(receiver: FrameReceiver, checksumValid: boolean): void {
    const length = this.gathering;
    this.gathering = -1;
    if (this.spoilt || length < LEAST_FRAME) {
      this.drops++;
      return;
    }
    this.frames++;
    this.bytes += length;
    receiver.receive(this.gathered, 0, length, checksumValid);
  }
}
