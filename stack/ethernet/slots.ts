// A link's slots, and those that were reserved but not sent. A Link takes a slot back only by sending it; whoever gives
// one up leaves it here for the next who asks.

import type { Link } from "../base/link.ts";

export class Slots {
  readonly link: Link;
  private readonly spare: number[] = [];

  constructor(link: Link) {
    this.link = link;
  }

  /** Offset of a free slot in `link.slots`, or -1. */
  reserve(): number {
    if (this.spare.length > 0) return this.spare.pop()!;
    return this.link.reserve();
  }

  release(slot: number): void {
    this.spare.push(slot);
  }
}
