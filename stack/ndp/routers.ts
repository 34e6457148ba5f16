// The default routers and the prefixes of the link (RFC 4861 5.1, 6.3.4; RFC 4191 3): who is the next hop. Each list has a
// bound, and who is in it stays until its time is over: a flood of advertisements takes the place of nobody.

import { ADDRESS6_LENGTH, commonPrefix, copy6, equal6, isLinkLocal } from "../base/address6.ts";
import { type Instant, NEVER } from "../base/result.ts";
import type { NeighbourCache } from "./neighbours.ts";

export const ROUTER_LIMIT = 8;
export const PREFIX_LIMIT = 16;

class Router {
  used = false;
  preference = 0;
  until: Instant = NEVER;
}

class Prefix {
  used = false;
  length = 0;
  until: Instant = NEVER;
}

/** The destination is a neighbour itself. */
export const ON_LINK = -1;
/** There is no way. */
export const NO_ROUTER = -2;

export class Routers {
  readonly addresses: Uint8Array = new Uint8Array(ROUTER_LIMIT * ADDRESS6_LENGTH);
  private readonly routers: Router[] = [];
  private readonly prefixes: Prefix[] = [];
  private readonly prefixBytes = new Uint8Array(PREFIX_LIMIT * ADDRESS6_LENGTH);
  /** Where a search among equals begins: moves on when a router does not answer. */
  private turn = 0;
  private deadline: Instant = NEVER;

  constructor() {
    for (let i = 0; i < ROUTER_LIMIT; i++) this.routers.push(new Router());
    for (let i = 0; i < PREFIX_LIMIT; i++) this.prefixes.push(new Prefix());
  }

  clear(): void {
    for (const router of this.routers) router.used = false;
    for (const prefix of this.prefixes) prefix.used = false;
    this.deadline = NEVER;
  }

  get count(): number {
    let count = 0;
    for (const router of this.routers) if (router.used) count++;
    return count;
  }

  /** The next hop for a destination: the number of a router, ON_LINK or NO_ROUTER (RFC 4861 5.2, 6.3.6). */
  nextHop(destination: Uint8Array, offset: number, neighbours: NeighbourCache): number {
    if (isLinkLocal(destination, offset)) return ON_LINK;
    for (let i = 0; i < PREFIX_LIMIT; i++) {
      const { used, length } = this.prefixes[i]!;
      if (used && commonPrefix(this.prefixBytes, i * ADDRESS6_LENGTH, destination, offset) >= length) return ON_LINK;
    }
    let best = NO_ROUTER;
    let bestRank = -1;
    for (let k = 0; k < ROUTER_LIMIT; k++) {
      const i = (this.turn + k) % ROUTER_LIMIT;
      const { used, preference } = this.routers[i]!;
      if (!used) continue;
      // RFC 4191 3.2: one that answers comes before one that is preferred.
      const rank = (neighbours.mayBeReachable(this.addresses, i * ADDRESS6_LENGTH) ? 4 : 0) + preference + 1;
      if (rank <= bestRank) continue;
      best = i;
      bestRank = rank;
    }
    return best;
  }

  /** A router does not answer: another one is tried first (RFC 4861 6.3.6). */
  silent(address: Uint8Array, offset: number): void {
    const index = this.find(address, offset);
    if (index >= 0) this.turn = (index + 1) % ROUTER_LIMIT;
  }

  /** A router is one until then, or is none any more (`until` not after `now`). False: there are as many as may be. */
  router(address: Uint8Array, offset: number, preference: number, until: Instant, now: Instant): boolean {
    let index = this.find(address, offset);
    if (until <= now) {
      if (index >= 0) this.routers[index]!.used = false;
      return true;
    }
    for (let i = 0; index < 0 && i < ROUTER_LIMIT; i++) if (!this.routers[i]!.used) index = i;
    if (index < 0) return false;
    const router = this.routers[index]!;
    router.used = true;
    router.preference = preference;
    router.until = until;
    copy6(this.addresses, index * ADDRESS6_LENGTH, address, offset);
    this.deadline = Math.min(this.deadline, until);
    return true;
  }

  /** Addresses with this prefix are neighbours until then. False: there are as many as may be. */
  prefix(bytes: Uint8Array, offset: number, length: number, until: Instant, now: Instant): boolean {
    let index = -1;
    let free = -1;
    for (let i = 0; i < PREFIX_LIMIT; i++) {
      const prefix = this.prefixes[i]!;
      if (!prefix.used) free = i;
      else if (prefix.length === length && commonPrefix(this.prefixBytes, i * ADDRESS6_LENGTH, bytes, offset) >= length)
        index = i;
    }
    if (until <= now) {
      if (index >= 0) this.prefixes[index]!.used = false;
      return true;
    }
    if (index < 0) index = free;
    if (index < 0) return false;
    const prefix = this.prefixes[index]!;
    prefix.used = true;
    prefix.length = length;
    prefix.until = until;
    copy6(this.prefixBytes, index * ADDRESS6_LENGTH, bytes, offset);
    this.deadline = Math.min(this.deadline, until);
    return true;
  }

  /** Forgets whose time is over. True: something was. */
  step(now: Instant): boolean {
    if (now < this.deadline) return false;
    let changed = false;
    let deadline = NEVER;
    for (const router of this.routers) {
      if (!router.used) continue;
      if (router.until <= now) {
        router.used = false;
        changed = true;
      } else deadline = Math.min(deadline, router.until);
    }
    for (const prefix of this.prefixes) {
      if (!prefix.used) continue;
      if (prefix.until <= now) {
        prefix.used = false;
        changed = true;
      } else deadline = Math.min(deadline, prefix.until);
    }
    this.deadline = deadline;
    return changed;
  }

  nextDeadline(): Instant {
    return this.deadline;
  }

  private find(address: Uint8Array, offset: number): number {
    for (let i = 0; i < ROUTER_LIMIT; i++)
      if (this.routers[i]!.used && equal6(this.addresses, i * ADDRESS6_LENGTH, address, offset)) return i;
    return -1;
  }
}
