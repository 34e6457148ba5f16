/// <reference path="../base/native.d.ts" />
// The neighbour cache: resolution (RFC 4861 7.2) and unreachability detection (7.3). Like that of ARP it is harder to
// talk into something than the RFC has it: an address is learnt from an answer that was asked for, or from who asks for
// us; whatever contradicts an entry makes us ask everybody, and the answer decides (RFC 4861 11.1 names what spoofing
// else does). A neighbour that has moved still gets through, one round trip later.

import type { Mac } from "../base/address.ts";
import { ADDRESS6_LENGTH, copy6, equal6 } from "../base/address6.ts";
import { type Instant, MILLISECOND, NEVER, SECOND } from "../base/result.ts";
import { isGroup } from "../ethernet/wire.ts";

/** The table: buckets by address, of so many entries each. */
export const BUCKETS = 64;
export const WAYS = 4;
/** Entries of one bucket that may wait for an answer: a flood of unknown addresses cannot drive out the known. */
export const PENDING_PER_BUCKET = 2;
// RFC 4861 10.
export const REACHABLE_TIME = 30 * SECOND;
export const RETRANS_TIMER = SECOND;
export const DELAY_FIRST_PROBE = 5 * SECOND;
export const SOLICITATION_LIMIT = 3;
/** A router may say otherwise within these (RFC 4861 6.3.2 has no bounds, RFC 4861 6.2.1 an hour): a rogue one as well. */
export const LEAST_REACHABLE_TIME = 5 * SECOND;
export const MOST_REACHABLE_TIME = 3600 * SECOND;
export const LEAST_RETRANS_TIMER = 200 * MILLISECOND;
export const MOST_RETRANS_TIMER = 10 * SECOND;
/** When the link had no room for a message. */
export const RETRY_INTERVAL = 10_000;

/** `lookup`: not known yet; a solicitation is due. */
export const UNRESOLVED = -1;
/** `lookup`: not known, and no room to ask. */
export const NO_ROOM = -2;

export abstract class NeighbourSink {
  /** Asks who has the address at `offset`: this card, or everybody (-1). False: the link is full. */
  abstract solicit(address: Uint8Array, offset: number, mac: number): boolean;
  abstract resolved(neighbour: number, mac: Mac): void;
  /** Nobody has answered. */
  abstract unreachable(neighbour: number): void;
}

// RFC 4861 7.3.2.
export const FREE = 0;
export const INCOMPLETE = 1;
export const REACHABLE = 2;
export const STALE = 3;
export const DELAY = 4;
export const PROBE = 5;

class Neighbour {
  state = FREE;
  mac = 0 as Mac;
  confirmed: Instant = 0;
  used: Instant = 0;
  /** Solicitations since it was last confirmed. */
  solicitations = 0;
  nextAt: Instant = NEVER;
  /** Somebody else claims the address, or the one we know is silent: everybody is asked. */
  contested = false;
}

export class NeighbourCache {
  /** How long a confirmation holds, and between solicitations: as a router says, or RFC 4861. */
  reachableTime = REACHABLE_TIME;
  retransTimer = RETRANS_TIMER;

  private readonly entries: Neighbour[] = [];
  private readonly addresses = new Uint8Array(BUCKETS * WAYS * ADDRESS6_LENGTH);
  private readonly key: Uint8Array;
  private deadline: Instant = NEVER;

  /** `key`: 16 random bytes, so that nobody can fill a bucket. */
  constructor(key: Uint8Array) {
    this.key = key.slice(0, 16);
    for (let i = 0; i < BUCKETS * WAYS; i++) this.entries.push(new Neighbour());
  }

  /** Forgets everybody. */
  clear(): void {
    for (const entry of this.entries) this.free(entry);
    this.deadline = NEVER;
  }

  /** The neighbour's number, or -1. */
  find(address: Uint8Array, offset: number): number {
    const first = this.bucketOf(address, offset);
    for (let i = first; i < first + WAYS; i++) {
      if (this.entries[i]!.state === FREE) continue;
      if (equal6(this.addresses, i * ADDRESS6_LENGTH, address, offset)) return i;
    }
    return -1;
  }

  stateOf(neighbour: number): number {
    return this.entries[neighbour]!.state;
  }

  /** What is known of a router: true while it answers, or has not been asked (RFC 4861 6.3.6). */
  mayBeReachable(address: Uint8Array, offset: number): boolean {
    const index = this.find(address, offset);
    if (index < 0) return false;
    const entry = this.entries[index]!;
    return entry.state !== INCOMPLETE && !entry.contested;
  }

  /** The Ethernet address of a neighbour; UNRESOLVED (solicitations go out with the next step) or NO_ROOM. */
  lookup(address: Uint8Array, offset: number, now: Instant): number {
    let index = this.find(address, offset);
    if (index < 0) {
      index = this.claim(address, offset, INCOMPLETE, now);
      if (index < 0) return NO_ROOM;
      this.ask(this.entries[index]!, now);
      return UNRESOLVED;
    }
    const entry = this.entries[index]!;
    entry.used = now;
    if (entry.state === INCOMPLETE) return UNRESOLVED;
    if (entry.state === REACHABLE && now - entry.confirmed >= this.reachableTime) entry.state = STALE;
    if (entry.state === STALE) {
      // RFC 4861 7.3.3: used at once, and looked at a little later.
      entry.state = DELAY;
      this.schedule(entry, now + DELAY_FIRST_PROBE);
    }
    return entry.mac;
  }

  /** A transport hears nothing from there: everybody is asked. The entry is used until somebody answers, or nobody does. */
  doubt(address: Uint8Array, offset: number, now: Instant): void {
    const index = this.find(address, offset);
    if (index < 0) return;
    const entry = this.entries[index]!;
    if (entry.state === INCOMPLETE || entry.contested || now - entry.confirmed < this.retransTimer) return;
    this.contest(entry, now);
  }

  /**
   * Somebody has told its own Ethernet address without being asked: who solicits us, or a router (RFC 4861 7.2.3, 6.3.4).
   * An unknown one is entered as stale.
   */
  heard(address: Uint8Array, offset: number, mac: number, now: Instant): void {
    if (mac <= 0 || isGroup(mac as Mac)) return;
    let index = this.find(address, offset);
    if (index < 0) {
      index = this.claim(address, offset, STALE, now);
      if (index < 0) return;
      this.entries[index]!.mac = mac as Mac;
      return;
    }
    const entry = this.entries[index]!;
    // One that we are asking for will answer for itself; what an entry has is not changed by a claim.
    if (entry.state === INCOMPLETE || entry.mac === mac) return;
    if (!entry.contested) this.contest(entry, now);
  }

  /** A neighbour advertisement (RFC 4861 7.2.5). `mac` -1: it does not say. True: it is believed. */
  advertised(address: Uint8Array, offset: number, mac: number, flags: AdvertisementFlags, now: Instant): boolean {
    const index = this.find(address, offset);
    if (index < 0 || (mac >= 0 && (mac === 0 || isGroup(mac as Mac)))) return false;
    const entry = this.entries[index]!;
    const asked = entry.solicitations > 0;
    if (entry.state === INCOMPLETE) {
      if (mac < 0 || !asked) return false;
      this.learn(index, mac as Mac, flags.solicited, now);
      flags.sink.resolved(index, entry.mac);
      return true;
    }
    if (mac < 0 || mac === entry.mac) {
      // RFC 4861 7.3.1: only an answer to what we asked shows that we are heard.
      if (!flags.solicited || !asked) return false;
      this.learn(index, entry.mac, true, now);
      return true;
    }
    if (entry.contested && asked && flags.solicited && flags.override) {
      this.learn(index, mac as Mac, true, now);
      flags.sink.resolved(index, entry.mac);
      return true;
    }
    if (!flags.override) {
      // 7.2.5 I: it may be a proxy's; the entry is no longer believed without asking.
      if (entry.state === REACHABLE) entry.state = STALE;
    } else if (!entry.contested) this.contest(entry, now);
    return false;
  }

  /** Sends what is due, and gives up on who does not answer. */
  step(now: Instant, sink: NeighbourSink): void {
    if (now < this.deadline) return;
    let deadline = NEVER;
    for (let i = 0; i < this.entries.length; i++) {
      const entry = this.entries[i]!;
      if (entry.nextAt <= now) this.due(i, now, sink);
      if (entry.nextAt < deadline) deadline = entry.nextAt;
    }
    this.deadline = deadline;
  }

  nextDeadline(): Instant {
    return this.deadline;
  }

  private due(index: number, now: Instant, sink: NeighbourSink): void {
    const entry = this.entries[index]!;
    if (entry.state === DELAY) {
      entry.state = PROBE;
      entry.solicitations = 0;
    }
    if (entry.solicitations >= SOLICITATION_LIMIT) {
      if (entry.state === INCOMPLETE || entry.contested) {
        this.free(entry);
        sink.unreachable(index);
        return;
      }
      // RFC 7048 3: who does not answer where it was may be elsewhere.
      entry.contested = true;
      entry.solicitations = 0;
    }
    const everybody = entry.state === INCOMPLETE || entry.contested;
    const sent = sink.solicit(this.addresses, index * ADDRESS6_LENGTH, everybody ? -1 : entry.mac);
    if (sent) entry.solicitations++;
    entry.nextAt = now + (sent ? this.retransTimer : RETRY_INTERVAL);
  }

  private contest(entry: Neighbour, now: Instant): void {
    entry.contested = true;
    entry.state = PROBE;
    this.ask(entry, now);
  }

  private ask(entry: Neighbour, now: Instant): void {
    entry.solicitations = 0;
    this.schedule(entry, now);
  }

  private schedule(entry: Neighbour, at: Instant): void {
    entry.nextAt = at;
    if (at < this.deadline) this.deadline = at;
  }

  private learn(index: number, mac: Mac, confirmed: boolean, now: Instant): void {
    const entry = this.entries[index]!;
    entry.state = confirmed ? REACHABLE : STALE;
    entry.mac = mac;
    entry.confirmed = now;
    entry.solicitations = 0;
    entry.nextAt = NEVER;
    entry.contested = false;
  }

  /** An entry for this address, taken from the free ones or from the one unused for longest; -1: all wait for answers. */
  private claim(address: Uint8Array, offset: number, state: number, now: Instant): number {
    const first = this.bucketOf(address, offset);
    let best = -1;
    let waiting = 0;
    for (let i = first; i < first + WAYS; i++) {
      const entry = this.entries[i]!;
      if (entry.state === INCOMPLETE) {
        waiting++;
        continue;
      }
      if (best < 0) best = i;
      else {
        const chosen = this.entries[best]!;
        if (chosen.state !== FREE && (entry.state === FREE || entry.used < chosen.used)) best = i;
      }
    }
    if (best < 0 || (state === INCOMPLETE && waiting >= PENDING_PER_BUCKET)) return -1;
    const entry = this.entries[best]!;
    // A stranger's claim to be there drives out nobody whom we have spoken to of late.
    if (state === STALE && entry.state !== FREE && now - entry.used < REACHABLE_TIME) return -1;
    this.free(entry);
    entry.state = state;
    entry.used = now;
    copy6(this.addresses, best * ADDRESS6_LENGTH, address, offset);
    return best;
  }

  private free(entry: Neighbour): void {
    entry.state = FREE;
    entry.solicitations = 0;
    entry.nextAt = NEVER;
    entry.contested = false;
    entry.confirmed = 0;
  }

  /** The first entry of the address's bucket. */
  private bucketOf(address: Uint8Array, offset: number): number {
    return (nativeSipHash(this.key, address, offset, ADDRESS6_LENGTH) & (BUCKETS - 1)) * WAYS;
  }
}

/** What an advertisement says, and who is told. */
export class AdvertisementFlags {
  readonly sink: NeighbourSink;
  router = false;
  solicited = false;
  override = false;

  constructor(sink: NeighbourSink) {
    this.sink = sink;
  }
}
