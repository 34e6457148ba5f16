/// <reference path="../native.d.ts" />
// A ring of requests and the responses that take their places, as the one who asks has it. Read: Xen public/io/ring.h.
//
// Of what the other domain writes only the number of its last response is believed, and that as far as there are
// requests: it is read once, and where we stand is kept in numbers of our own. They count for ever; in the ring they
// are modulo 2^32.

import { type Hal, PAGE_SIZE } from "../hal.ts";
import { Pages } from "./pages.ts";

// struct NAME_sring.
const REQUEST_PRODUCED = 0;
const REQUEST_EVENT = 4;
const RESPONSE_PRODUCED = 8;
const RESPONSE_EVENT = 12;
const HEADER_SIZE = 64;
/** In the place of a request's number: it was not made. */
export const NOT_REQUESTED = Number.POSITIVE_INFINITY;

export class FrontRing {
  readonly memory: Uint8Array;
  readonly address: number;
  /** Places, a power of two. */
  readonly size: number;
  /** The number of the last response is one that cannot be: nothing more is taken until `prepare`. */
  broken = false;
  /** Requests made, those of them that the other side can see, and responses taken. */
  requests = 0;
  published = 0;
  responses = 0;
  notifications = 0;

  private readonly hal: Hal;
  private readonly offset: number;
  private readonly entrySize: number;

  constructor(hal: Hal, entrySize: number) {
    this.hal = hal;
    this.entrySize = entrySize;
    let size = 1;
    while (HEADER_SIZE + 2 * size * entrySize <= PAGE_SIZE) size *= 2;
    this.size = size;
    const page = new Pages(hal, 1);
    this.memory = page.memory;
    this.offset = page.offset;
    this.address = page.address;
  }

  /** SHARED_RING_INIT: empty. */
  prepare(): void {
    for (let i = 0; i < PAGE_SIZE; i++) this.memory[this.offset + i] = 0;
    this.hal.sharedWrite32(this.address + REQUEST_EVENT, 1);
    this.hal.sharedWrite32(this.address + RESPONSE_EVENT, 1);
    this.requests = 0;
    this.responses = 0;
    this.published = 0;
    this.broken = false;
  }

  /** Places for requests. */
  get free(): number {
    return this.size - (this.requests - this.responses);
  }

  /** Where in `memory` the next request is to be written; it is made. */
  request(): number {
    const at = this.place(this.requests);
    this.requests++;
    return at;
  }

  /** Shows the requests made; true: the other side wants to be notified. */
  publish(): boolean {
    const { hal, requests } = this;
    const before = this.published;
    if (requests === before) return false;
    hal.fence();
    hal.sharedWrite32(this.address + REQUEST_PRODUCED, requests >>> 0);
    this.published = requests;
    // It is visible before we look whether it is awaited.
    hal.fence();
    const event = hal.sharedRead32(this.address + REQUEST_EVENT);
    if ((requests - event) >>> 0 >= requests - before) return false;
    this.notifications++;
    return true;
  }

  /** Responses that wait to be taken; 0 when the ring is broken. */
  ready(): number {
    const count = (this.hal.sharedRead32(this.address + RESPONSE_PRODUCED) - this.responses) >>> 0;
    if (count === 0 || this.broken) return 0;
    if (count > this.published - this.responses) {
      this.broken = true;
      return 0;
    }
    // They are read after the number that vouches for them.
    this.hal.fence();
    return count;
  }

  /** Where in `memory` the next of those that `ready` counted is; it is taken. */
  response(): number {
    const at = this.place(this.responses);
    this.responses++;
    return at;
  }

  /** Asks for an event when `after` more responses than one have come; look at `ready` once more after this. */
  arm(after: number): void {
    this.hal.sharedWrite32(this.address + RESPONSE_EVENT, (this.responses + 1 + after) >>> 0);
    this.hal.fence();
  }

  private place(index: number): number {
    return this.offset + HEADER_SIZE + (index & (this.size - 1)) * this.entrySize;
  }
}
