// Whole pages of our memory, as Xen knows memory: what is shared with another domain lies in them and nothing else does.

import { type Hal, PAGE_SIZE } from "../hal.ts";

export class Pages {
  readonly memory: Uint8Array;
  /** Where the first page begins in `memory`. */
  readonly offset: number;
  /** The first page's address. */
  readonly address: number;

  constructor(hal: Hal, count: number) {
    this.memory = new Uint8Array((count + 1) * PAGE_SIZE);
    const from = hal.addressOf(this.memory);
    this.offset = (PAGE_SIZE - (from % PAGE_SIZE)) % PAGE_SIZE;
    this.address = from + this.offset;
  }
}
