// Answers kept for as long as they said (RFC 1035 7.4, RFC 2308): a small table, the first to expire makes room.

import { type Instant, SECOND } from "../base/result.ts";

/** Names and types remembered. */
export const CACHE_LIMIT = 64;
/** Seconds that the absence of a name is believed at most (RFC 2308 7 allows hours). */
export const LONGEST_NEGATIVE = 300;

class CacheEntry {
  readonly name: string;
  readonly type: number;
  readonly expires: Instant;
  readonly addresses: readonly number[];
  readonly error: number;

  constructor(name: string, type: number, expires: Instant, addresses: readonly number[], error: number) {
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
  add(name: string, type: number, addresses: readonly number[], error: number, seconds: number, now: Instant): void {
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
    return index >= 0 && this.entries[index]!.expires > now ? index : -1;
  }

  addressesAt(index: number): readonly number[] {
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
