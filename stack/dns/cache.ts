// Answers kept for as long as they said (RFC 1035 7.4, RFC 2308), and addresses for a day more, for when nobody answers
// (RFC 8767): a small table, the first to expire makes room.

import { type Instant, MILLISECOND, SECOND } from "../base/result.ts";

/** Names and types remembered. */
export const CACHE_LIMIT = 64;
/** Seconds that the absence of a name is believed at most (RFC 2308 7 allows hours). */
export const LONGEST_NEGATIVE = 300;
/** RFC 8767 5: how long after their time addresses may still be given (it allows up to three days). */
export const STALE_LIMIT = 86_400 * SECOND;
/** RFC 8767 5: nobody is asked again for so long when nobody has answered. */
export const STALE_RECHECK = 30 * SECOND;

/** RFC 8767 5: addresses out of date are given when there are no others for so long. */
export const STALE_AFTER = 1800 * MILLISECOND;

class CacheEntry {
  readonly name: string;
  readonly type: number;
  readonly expires: Instant;
  readonly addresses: readonly string[];
  readonly error: number;
  /** Out of date, and given all the same until then. */
  prolongedTo: Instant = 0;

  constructor(name: string, type: number, expires: Instant, addresses: readonly string[], error: number) {
    this.name = name;
    this.type = type;
    this.expires = expires;
    this.addresses = addresses;
    this.error = error;
  }
}

export class DnsCache {
  private readonly entries: CacheEntry[] = [];

  /** Keeps an answer; `error` is 0 or says what kind of absence it is. Kept for 0 seconds is not kept. */
  add(name: string, type: number, addresses: readonly string[], error: number, seconds: number, now: Instant): void {
    const kept = error === 0 ? seconds : Math.min(seconds, LONGEST_NEGATIVE);
    if (kept <= 0) return;
    const entry = new CacheEntry(name, type, now + kept * SECOND, addresses, error);
    const index = this.find(name, type);
    if (index >= 0) this.entries[index] = entry;
    else if (this.entries.length < CACHE_LIMIT) this.entries.push(entry);
    else this.entries[this.firstToExpire()] = entry;
  }

  /** Index of what is known and still holds, or -1. */
  lookup(name: string, type: number, now: Instant): number {
    const index = this.find(name, type);
    if (index < 0) return -1;
    const entry = this.entries[index]!;
    return entry.expires > now || entry.prolongedTo > now ? index : -1;
  }

  /** Index of addresses that are known, out of date or not, or -1. */
  lookupStale(name: string, type: number, now: Instant): number {
    const index = this.find(name, type);
    if (index < 0) return -1;
    const entry = this.entries[index]!;
    return entry.error === 0 && entry.expires + STALE_LIMIT > now ? index : -1;
  }

  /** Nobody could say more: what is known of this name holds for STALE_RECHECK from now, out of date or not. */
  prolong(name: string, type: number, now: Instant): void {
    const index = this.lookupStale(name, type, now);
    if (index >= 0) this.entries[index]!.prolongedTo = now + STALE_RECHECK;
  }

  addressesAt(index: number): readonly string[] {
    return this.entries[index]!.addresses;
  }

  errorAt(index: number): number {
    return this.entries[index]!.error;
  }

  clear(): void {
    while (this.entries.length > 0) this.entries.pop();
  }

  get size(): number {
    return this.entries.length;
  }

  private find(name: string, type: number): number {
    for (let i = 0; i < this.entries.length; i++) {
      const entry = this.entries[i]!;
      if (entry.type === type && entry.name === name) return i;
    }
    return -1;
  }

  private firstToExpire(): number {
    let first = 0;
    for (let i = 1; i < this.entries.length; i++)
      if (this.entries[i]!.expires < this.entries[first]!.expires) first = i;
    return first;
  }
}
