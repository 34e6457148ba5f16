// The address resolution cache: RFC 826 with the requirements of RFC 1122 2.3.2 (timeouts, no flooding) and the
// announcing and defending half of RFC 5227. Nobody can plant an entry: see `input`.

import { BROADCAST_MAC, type Ipv4, type Mac } from "../base/address.ts";
import { type Instant, NEVER, SECOND } from "../base/result.ts";
import { isGroup } from "../ethernet/wire.ts";
import { ArpPacket, OPERATION_REPLY, OPERATION_REQUEST } from "./wire.ts";

/** The table: buckets by address, of so many entries each. */
export const BUCKETS = 64;
export const WAYS = 4;
/** Entries of one bucket that may wait for an answer: a flood of unknown addresses cannot drive out the known. */
export const PENDING_PER_BUCKET = 2;
/** How long an answer holds. RFC 1122 2.3.2.1 asks for a timeout on the order of a minute. */
export const LIFETIME = 120 * SECOND;
/** An entry in use is asked for again, by unicast, when it is this old (RFC 1122 2.3.2.1 (2)). */
export const REFRESH_AFTER = 60 * SECOND;
/** RFC 1122 2.3.2.1: at most one request per second and address. */
export const REQUEST_INTERVAL = SECOND;
/** Requests without an answer after which the address counts as unreachable. */
export const REQUEST_LIMIT = 3;
/** RFC 5227 1.1. */
export const ANNOUNCE_COUNT = 2;
export const ANNOUNCE_INTERVAL = 2 * SECOND;
export const DEFEND_INTERVAL = 10 * SECOND;
/** What we have sent may come back to us for so long, from a network that reflects: it says nothing about another card. */
export const ECHO_INTERVAL = SECOND;
/** When the link had no room for a packet. */
export const RETRY_INTERVAL = 10_000;

/** `lookup`: not known yet; a request is due. */
export const UNRESOLVED = -1;
/** `lookup`: not known, and no room to ask. */
export const NO_ROOM = -2;

/** What the cache tells and sends. */
export abstract class ArpSink {
  /** Sends the packet in a frame to `destination`; false when the link is full (it will be tried again). */
  abstract transmitArp(destination: Mac, packet: ArpPacket): boolean;
  abstract resolved(address: Ipv4, mac: Mac): void;
  /** REQUEST_LIMIT requests went unanswered. */
  abstract unreachable(address: Ipv4): void;
  /**
   * Another card claims our address (RFC 5227 2.4). With our own `mac`: another card has our Ethernet address, whatever its
   * IP address, and each gets some of the frames for both.
   */
  abstract conflict(address: Ipv4, mac: Mac): void;
}

const FREE = 0;
const PENDING = 1;
const REACHABLE = 2;

class ArpEntry {
  state = FREE;
  address = 0 as Ipv4;
  mac = 0 as Mac;
  confirmed: Instant = 0;
  used: Instant = 0;
  /** Requests sent since the entry was last confirmed. */
  requests = 0;
  nextRequest: Instant = NEVER;
  /** Somebody else claims the address: the next requests are broadcast. */
  contested = false;
}

export class ArpCache {
  readonly mac: Mac;
  /** Our address; 0 while there is none. */
  address = 0 as Ipv4;

  private readonly entries: ArpEntry[] = [];
  private readonly out = new ArpPacket();
  private announcements = 0;
  private nextAnnounce: Instant = NEVER;
  private lastDefence: Instant = Number.NEGATIVE_INFINITY;
  private deadline: Instant = NEVER;
  private sentAt: Instant = Number.NEGATIVE_INFINITY;

  constructor(mac: Mac) {
    this.mac = mac;
    for (let i = 0; i < BUCKETS * WAYS; i++) this.entries.push(new ArpEntry());
  }

  /** Takes this address (0: gives up any) and announces it (RFC 5227 2.3). Forgets the neighbours. */
  configure(address: Ipv4, now: Instant): void {
    for (const entry of this.entries) this.free(entry);
    this.address = address;
    this.announcements = address === 0 ? 0 : ANNOUNCE_COUNT;
    this.nextAnnounce = address === 0 ? NEVER : now;
    this.lastDefence = Number.NEGATIVE_INFINITY;
    this.deadline = this.nextAnnounce;
  }

  /** The Ethernet address of a neighbour; UNRESOLVED (requests go out with the next step) or NO_ROOM. */
  lookup(address: Ipv4, now: Instant): number {
    const index = this.find(address);
    if (index < 0) {
      const claimed = this.claim(address, true, now);
      if (claimed < 0) return NO_ROOM;
      this.ask(this.entries[claimed]!, now);
      return UNRESOLVED;
    }
    const entry = this.entries[index]!;
    entry.used = now;
    if (entry.state === PENDING) return UNRESOLVED;
    const age = now - entry.confirmed;
    if (age >= LIFETIME) {
      entry.state = PENDING;
      entry.requests = 0;
      this.ask(entry, now);
      return UNRESOLVED;
    }
    if (age >= REFRESH_AFTER && entry.requests === 0) this.ask(entry, now);
    return entry.mac;
  }

  /**
   * A transport has evidence that the neighbour does not hear us (RFC 1122 2.3.2.1 (3)): everybody is asked, since the
   * address may have moved to another card. The entry is used until somebody answers, or nobody does.
   */
  doubt(address: Ipv4, now: Instant): void {
    const index = this.find(address);
    if (index < 0) return;
    const entry = this.entries[index]!;
    // REQUEST_INTERVAL holds for doubts as well.
    if (entry.state !== REACHABLE || entry.requests > 0 || now - entry.confirmed < REQUEST_INTERVAL) return;
    entry.contested = true;
    this.ask(entry, now);
  }

  /**
   * Takes a packet. RFC 826 would store whatever a packet claims; here the table changes only by an answer to a request
   * of ours, or by a request that asks for us (the asker is about to talk to us) as long as it contradicts nothing. A
   * contradiction makes us ask everybody, and the answer decides: a take-over of an address still works. False: it is from
   * what is no card.
   */
  input(packet: ArpPacket, now: Instant, sink: ArpSink): boolean {
    const { senderAddress, senderMac } = packet;
    if (senderMac === this.mac) {
      if (now - this.sentAt >= ECHO_INTERVAL) sink.conflict(this.address, senderMac);
      return true;
    }
    if (senderMac === 0 || isGroup(senderMac)) return false;
    if (this.address !== 0 && senderAddress === this.address) {
      this.defend(senderMac, now, sink);
      return true;
    }
    const forUs = this.address !== 0 && packet.targetAddress === this.address;
    // A sender address of 0 is a probe (RFC 5227 2.1.1): answered, not learnt.
    if (senderAddress !== 0) this.learn(packet, forUs, now, sink);
    if (forUs && packet.operation === OPERATION_REQUEST) {
      this.compose(OPERATION_REPLY, senderMac, senderAddress, now);
      sink.transmitArp(senderMac, this.out);
    }
    return true;
  }

  /** Sends what is due, and gives up on who does not answer. */
  step(now: Instant, sink: ArpSink): void {
    if (now < this.deadline) return;
    let deadline = NEVER;
    if (this.nextAnnounce <= now) this.announce(now, sink);
    deadline = this.nextAnnounce;
    for (const entry of this.entries) {
      if (entry.nextRequest <= now) this.request(entry, now, sink);
      if (entry.nextRequest < deadline) deadline = entry.nextRequest;
    }
    this.deadline = deadline;
  }

  nextDeadline(): Instant {
    return this.deadline;
  }

  private ask(entry: ArpEntry, now: Instant): void {
    entry.nextRequest = now;
    if (now < this.deadline) this.deadline = now;
  }

  private find(address: Ipv4): number {
    const first = bucketOf(address);
    for (let i = first; i < first + WAYS; i++) {
      const entry = this.entries[i]!;
      if (entry.state !== FREE && entry.address === address) return i;
    }
    return -1;
  }

  /** An entry for this address, taken from the free ones or from the one unused for longest; -1: all wait for answers. */
  private claim(address: Ipv4, pending: boolean, now: Instant): number {
    const first = bucketOf(address);
    let best = -1;
    let waiting = 0;
    for (let i = first; i < first + WAYS; i++) {
      const entry = this.entries[i]!;
      if (entry.state === PENDING) {
        waiting++;
        continue;
      }
      if (best < 0) best = i;
      else {
        const chosen = this.entries[best]!;
        if (chosen.state !== FREE && (entry.state === FREE || entry.used < chosen.used)) best = i;
      }
    }
    if (best < 0 || (pending && waiting >= PENDING_PER_BUCKET)) return -1;
    const entry = this.entries[best]!;
    this.free(entry);
    entry.state = pending ? PENDING : REACHABLE;
    entry.address = address;
    entry.used = now;
    return best;
  }

  private free(entry: ArpEntry): void {
    entry.state = FREE;
    entry.requests = 0;
    entry.nextRequest = NEVER;
    entry.contested = false;
  }

  private learn(packet: ArpPacket, forUs: boolean, now: Instant, sink: ArpSink): void {
    let index = this.find(packet.senderAddress);
    if (index < 0) {
      if (!forUs || packet.operation !== OPERATION_REQUEST) return;
      index = this.claim(packet.senderAddress, false, now);
      if (index < 0) return;
      this.confirm(this.entries[index]!, packet.senderMac, now);
      return;
    }
    const entry = this.entries[index]!;
    const asked = entry.requests > 0;
    if (entry.state === PENDING) {
      if (!asked && !forUs) return;
      this.confirm(entry, packet.senderMac, now);
      sink.resolved(entry.address, entry.mac);
    } else if (entry.mac === packet.senderMac) {
      if (!entry.contested) this.confirm(entry, packet.senderMac, now);
      else if (asked && forUs && packet.operation === OPERATION_REPLY) this.confirm(entry, packet.senderMac, now);
    } else if (asked && forUs && packet.operation === OPERATION_REPLY) {
      this.confirm(entry, packet.senderMac, now);
      sink.resolved(entry.address, entry.mac);
    } else if (!entry.contested) {
      entry.contested = true;
      entry.requests = 0;
      this.ask(entry, now);
    }
  }

  private confirm(entry: ArpEntry, mac: Mac, now: Instant): void {
    entry.state = REACHABLE;
    entry.mac = mac;
    entry.confirmed = now;
    entry.requests = 0;
    entry.nextRequest = NEVER;
    entry.contested = false;
  }

  /** RFC 5227 2.4 (b), (c): we keep the address, and say so at most once in DEFEND_INTERVAL. */
  private defend(mac: Mac, now: Instant, sink: ArpSink): void {
    sink.conflict(this.address, mac);
    if (this.address === 0 || now - this.lastDefence < DEFEND_INTERVAL) return;
    this.lastDefence = now;
    this.compose(OPERATION_REQUEST, 0 as Mac, this.address, now);
    sink.transmitArp(BROADCAST_MAC, this.out);
  }

  private announce(now: Instant, sink: ArpSink): void {
    this.compose(OPERATION_REQUEST, 0 as Mac, this.address, now);
    if (!sink.transmitArp(BROADCAST_MAC, this.out)) {
      this.nextAnnounce = now + RETRY_INTERVAL;
      return;
    }
    this.announcements--;
    this.nextAnnounce = this.announcements > 0 ? now + ANNOUNCE_INTERVAL : NEVER;
  }

  private request(entry: ArpEntry, now: Instant, sink: ArpSink): void {
    if (entry.requests >= REQUEST_LIMIT) {
      if (entry.state === REACHABLE && !entry.contested) {
        // It does not answer on the card where it was: RFC 1122 2.3.2.1 (2), now everybody is asked.
        entry.contested = true;
        entry.requests = 0;
        this.request(entry, now, sink);
        return;
      }
      entry.nextRequest = NEVER;
      // A known neighbour is believed until LIFETIME ends.
      entry.contested = false;
      if (entry.state !== PENDING) return;
      this.free(entry);
      sink.unreachable(entry.address);
      return;
    }
    const known = entry.state === REACHABLE && !entry.contested;
    this.compose(OPERATION_REQUEST, 0 as Mac, entry.address, now);
    if (!sink.transmitArp(known ? entry.mac : BROADCAST_MAC, this.out)) {
      entry.nextRequest = now + RETRY_INTERVAL;
      return;
    }
    entry.requests++;
    entry.nextRequest = now + REQUEST_INTERVAL;
  }

  private compose(operation: number, targetMac: Mac, targetAddress: Ipv4, now: Instant): void {
    this.sentAt = now;
    const packet = this.out;
    packet.operation = operation;
    packet.senderMac = this.mac;
    packet.senderAddress = this.address;
    packet.targetMac = targetMac;
    packet.targetAddress = targetAddress;
  }
}

/** The first entry of the address's bucket. */
function bucketOf(address: Ipv4): number {
  const mixed = address ^ (address >>> 8) ^ (address >>> 16);
  return (mixed & (BUCKETS - 1)) * WAYS;
}
