/// <reference path="../base/native.d.ts" />
// Our own addresses: their states (RFC 4862 5.4, 5.5), and which of them speaks to whom (RFC 6724 5, as far as one card
// with few addresses needs it).

import {
  ADDRESS6_LENGTH,
  commonPrefix,
  copy6,
  equal6,
  formatIpv6,
  isLinkLocal,
  isMulticast,
} from "../base/address6.ts";
import { LocalAddresses } from "../base/local-addresses.ts";
import { type Instant, NEVER, SECOND } from "../base/result.ts";

/** Addresses that we may have, the link-local one among them: a flood of prefixes makes no more. */
export const ADDRESS_LIMIT = 8;
/** RFC 4862 5.5.3 e: an advertisement that nobody has signed does not end an address sooner. */
export const LEAST_VALID = 7200 * SECOND;

// How an address came about.
export const BY_LINK = 0;
export const BY_HAND = 1;
export const BY_ROUTER = 2;
export const BY_DHCP = 3;

// RFC 4862 5.4; what others have stays for a while, so that it is not tried again and again.
export const UNUSED = 0;
export const TENTATIVE = 1;
export const ASSIGNED = 2;
export const DUPLICATE = 3;

/** How long an address that another has is left alone. */
export const DUPLICATE_TIME = 600 * SECOND;

export class Address {
  /** Changed by `Addresses.set` alone. */
  state = UNUSED;
  origin = BY_LINK;
  prefixLength = 64;
  preferredUntil: Instant = NEVER;
  validUntil: Instant = NEVER;
  /** Identifiers that were tried before for this prefix. */
  attempt = 0;
  // Of a tentative one: probes to be sent yet, when the next thing is due, and what ours are known by (RFC 7527).
  probes = 0;
  nextAt: Instant = NEVER;
  nonce = 0;
}

export class Addresses extends LocalAddresses {
  readonly bytes: Uint8Array = new Uint8Array(ADDRESS_LIMIT * ADDRESS6_LENGTH);
  readonly entries: Address[] = [];
  /** What `choose` goes by: set before it may be called. */
  now: Instant = 0;
  /** How often an address has come, gone or become ours. */
  changes = 0;

  constructor() {
    super();
    for (let i = 0; i < ADDRESS_LIMIT; i++) this.entries.push(new Address());
  }

  /** Gives an entry another state. */
  set(index: number, state: number): void {
    this.entries[index]!.state = state;
    this.changes++;
  }

  /** Where an address lies in `bytes`. */
  at(index: number): number {
    return index * ADDRESS6_LENGTH;
  }

  /** The address in whatever state but UNUSED, or -1. */
  find(bytes: Uint8Array, offset: number): number {
    for (let i = 0; i < ADDRESS_LIMIT; i++) {
      if (this.entries[i]!.state !== UNUSED && equal6(this.bytes, this.at(i), bytes, offset)) return i;
    }
    return -1;
  }

  /** The address that a router's prefix has given us, or -1. */
  ofPrefix(prefix: Uint8Array, offset: number): number {
    for (let i = 0; i < ADDRESS_LIMIT; i++) {
      const { state, origin } = this.entries[i]!;
      if (state !== UNUSED && origin === BY_ROUTER && commonPrefix(this.bytes, this.at(i), prefix, offset) >= 64)
        return i;
    }
    return -1;
  }

  /** A free entry, or -1: there are as many as may be. */
  free(): number {
    for (let i = 0; i < ADDRESS_LIMIT; i++) if (this.entries[i]!.state === UNUSED) return i;
    return -1;
  }

  override has(bytes: Uint8Array, offset: number): boolean {
    for (let i = 0; i < ADDRESS_LIMIT; i++) {
      if (this.entries[i]!.state === ASSIGNED && equal6(this.bytes, this.at(i), bytes, offset)) return true;
    }
    return false;
  }

  /** True for a solicited-node group (RFC 4291 2.7.1) of an address of ours, or of one that we are about to take. */
  listens(group: Uint8Array, offset: number): boolean {
    for (let i = 0; i < ADDRESS_LIMIT; i++) {
      const { state } = this.entries[i]!;
      if (state !== TENTATIVE && state !== ASSIGNED) continue;
      const low = nativeLoad32(this.bytes, this.at(i) + 12) & 0xffffff;
      if ((nativeLoad32(group, offset + 12) & 0xffffff) === low) return true;
    }
    return false;
  }

  /** Our link-local address once it is ours, or -1. */
  linkLocal(): number {
    for (let i = 0; i < ADDRESS_LIMIT; i++)
      if (this.entries[i]!.state === ASSIGNED && isLinkLocal(this.bytes, this.at(i))) return i;
    return -1;
  }

  /** The first address of ours that others than neighbours reach, as text; "" for none. */
  text(): string {
    let best = -1;
    for (let i = 0; i < ADDRESS_LIMIT; i++) {
      if (this.entries[i]!.state !== ASSIGNED || isLinkLocal(this.bytes, this.at(i))) continue;
      if (best < 0 || this.rank(i) > this.rank(best)) best = i;
    }
    return best < 0 ? "" : formatIpv6(this.bytes, this.at(best));
  }

  /** RFC 6724 5, rules 1, 2, 3 and 8; rule 6 by what labels are there for: unique local addresses (RFC 4193). */
  override choose(destination: Uint8Array, offset: number, into: Uint8Array, intoOffset: number): boolean {
    let best = -1;
    for (let i = 0; i < ADDRESS_LIMIT; i++) {
      if (this.entries[i]!.state !== ASSIGNED) continue;
      if (best < 0 || this.better(i, best, destination, offset)) best = i;
    }
    // With a link-local address alone nobody is reached beyond the link.
    if (best < 0 || (isLinkLocal(this.bytes, this.at(best)) && scopeOf(destination, offset) > LINK_SCOPE)) return false;
    copy6(into, intoOffset, this.bytes, this.at(best));
    return true;
  }

  /** True when address `a` is a better source than `b`. */
  private better(a: number, b: number, destination: Uint8Array, offset: number): boolean {
    const atA = this.at(a);
    const atB = this.at(b);
    if (equal6(this.bytes, atA, destination, offset)) return true;
    if (equal6(this.bytes, atB, destination, offset)) return false;
    const scopeA = scopeOf(this.bytes, atA);
    const scopeB = scopeOf(this.bytes, atB);
    const wanted = scopeOf(destination, offset);
    if (scopeA < scopeB) return scopeA >= wanted;
    if (scopeB < scopeA) return scopeB < wanted;
    const preferredA = this.preferred(a);
    if (preferredA !== this.preferred(b)) return preferredA;
    const uniqueA = isUniqueLocal(this.bytes, atA);
    if (uniqueA !== isUniqueLocal(this.bytes, atB)) return uniqueA === isUniqueLocal(destination, offset);
    const commonA = Math.min(64, commonPrefix(this.bytes, atA, destination, offset));
    return commonA > Math.min(64, commonPrefix(this.bytes, atB, destination, offset));
  }

  private preferred(index: number): boolean {
    return this.entries[index]!.preferredUntil > this.now;
  }

  /** For people: preferred before deprecated, by hand before told, global before unique local. */
  private rank(index: number): number {
    const byHand = this.entries[index]!.origin === BY_HAND ? 2 : 0;
    return (this.preferred(index) ? 4 : 0) + byHand + (isUniqueLocal(this.bytes, this.at(index)) ? 0 : 1);
  }
}

const LINK_SCOPE = 2;
const GLOBAL_SCOPE = 14;

/** RFC 6724 3.1; unique local addresses are of global scope. */
function scopeOf(bytes: Uint8Array, offset: number): number {
  if (isMulticast(bytes, offset)) return bytes[offset + 1]! & 15;
  return isLinkLocal(bytes, offset) ? LINK_SCOPE : GLOBAL_SCOPE;
}

/** fc00::/7 (RFC 4193). */
function isUniqueLocal(bytes: Uint8Array, offset: number): boolean {
  return (bytes[offset]! & 0xfe) === 0xfc;
}
