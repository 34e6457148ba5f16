/// <reference path="../base/native.d.ts" />
// How addresses come, are tried, kept and lost (RFC 4862 5.3 to 5.5, RFC 7527, RFC 7217 for what is behind the prefix).
//
// There is no delay at random before the first probe (RFC 4862 5.4.2): a machine that starts is not one of a thousand that
// the same power cut has started, and it is waited for.

import type { Mac } from "../base/address.ts";
import { copy6, formatIpv6, UNSPECIFIED } from "../base/address6.ts";
import { ControlMessage, type ControlSink } from "../base/control.ts";
import { type Instant, NEVER } from "../base/result.ts";
import { Mld } from "../mld/machine.ts";
import {
  ADDRESS_LIMIT,
  Addresses,
  ASSIGNED,
  BY_DHCP,
  BY_LINK,
  BY_ROUTER,
  DUPLICATE,
  DUPLICATE_TIME,
  LEAST_VALID,
  TENTATIVE,
  UNUSED,
} from "./addresses.ts";
import { RETRANS_TIMER, RETRY_INTERVAL } from "./neighbours.ts";
import { StableIdentifiers } from "./stable.ts";
import { encodeSolicitation, groupMac, solicitedNode } from "./wire.ts";

/** RFC 4862 5.1, DupAddrDetectTransmits. */
export const PROBES = 1;
/** RFC 7217 7: identifiers that are tried for one prefix. */
export const ATTEMPTS = 3;

export class Autoconfiguration {
  readonly addresses: Addresses = new Addresses();
  readonly mld: Mld = new Mld();
  /** An address has become ours, or is ours no longer. */
  changed = false;
  /** An address that was lent by DHCPv6 is another machine's; the owner sets it back. */
  leasedDuplicate = false;
  /** What a person should know; the owner takes them out. */
  readonly notices: string[] = [];

  private readonly identifiers: StableIdentifiers;
  private readonly message = new ControlMessage();
  private readonly group = new Uint8Array(16);
  private deadline: Instant = NEVER;

  constructor(mac: Mac) {
    this.identifiers = new StableIdentifiers(mac);
  }

  /** Begins with the address that each card has of itself (RFC 4862 5.3). */
  begin(now: Instant): void {
    const { addresses } = this;
    const index = addresses.free();
    if (index < 0) return;
    const at = addresses.at(index);
    nativeZero(addresses.bytes, at, 16);
    nativeStore32(addresses.bytes, at, 0xfe800000);
    this.identifiers.write(addresses.bytes, at, 0);
    this.enter(index, BY_LINK, NEVER, NEVER, now);
  }

  /**
   * Tries the address at `offset`, which somebody else has thought of, or prolongs it when it is of the same origin. False:
   * there are as many as may be.
   */
  add(bytes: Uint8Array, offset: number, origin: number, preferred: Instant, valid: Instant, now: Instant): boolean {
    const known = this.addresses.find(bytes, offset);
    const index = known < 0 ? this.addresses.free() : known;
    if (index < 0) return false;
    if (known >= 0) {
      const entry = this.addresses.entries[known]!;
      if (entry.origin !== origin) return true;
      // Lent once more although it is another's: it is given back again.
      if (entry.state === DUPLICATE) {
        this.leasedDuplicate = origin === BY_DHCP;
        return true;
      }
      entry.preferredUntil = preferred;
      entry.validUntil = valid;
      this.schedule(valid);
      return true;
    }
    copy6(this.addresses.bytes, this.addresses.at(index), bytes, offset);
    this.enter(index, origin, preferred, valid, now);
    return true;
  }

  /** A router names a prefix of 64 bits to make an address of (RFC 4862 5.5.3). False: there are as many as may be. */
  prefix(bytes: Uint8Array, offset: number, preferred: Instant, valid: Instant, now: Instant): boolean {
    const { addresses } = this;
    let index = addresses.ofPrefix(bytes, offset);
    if (index >= 0) {
      const entry = addresses.entries[index]!;
      if (entry.state === DUPLICATE) return true;
      entry.preferredUntil = preferred;
      // 5.5.3 e: sooner than in two hours no address ends for what anybody may have said.
      const least = Math.min(entry.validUntil, now + LEAST_VALID);
      entry.validUntil = Math.max(valid, least);
      this.schedule(entry.validUntil);
      return true;
    }
    if (valid <= now) return true;
    index = addresses.free();
    if (index < 0) return false;
    copy6(addresses.bytes, addresses.at(index), bytes, offset);
    this.identifiers.write(addresses.bytes, addresses.at(index), 0);
    this.enter(index, BY_ROUTER, preferred, valid, now);
    return true;
  }

  /** Gives up an address. */
  remove(index: number, now: Instant): void {
    const entry = this.addresses.entries[index]!;
    if (entry.state === ASSIGNED) this.changed = true;
    this.addresses.set(index, UNUSED);
    this.listen(now);
  }

  /** Somebody else has, or wants, the address that we are trying (RFC 4862 5.4.5). */
  duplicate(index: number, now: Instant): void {
    const { addresses } = this;
    const entry = addresses.entries[index]!;
    const at = addresses.at(index);
    const text = formatIpv6(addresses.bytes, at);
    const ours = entry.origin === BY_LINK || entry.origin === BY_ROUTER;
    if (ours && entry.attempt + 1 < ATTEMPTS) {
      const attempt = entry.attempt + 1;
      this.identifiers.write(addresses.bytes, at, attempt);
      this.enter(index, entry.origin, entry.preferredUntil, entry.validUntil, now);
      entry.attempt = attempt;
      this.notices.push(`${text} is in use by another machine; trying ${formatIpv6(addresses.bytes, at)}`);
      return;
    }
    addresses.set(index, DUPLICATE);
    if (entry.origin === BY_DHCP) this.leasedDuplicate = true;
    entry.nextAt = NEVER;
    entry.validUntil = now + DUPLICATE_TIME;
    this.schedule(entry.validUntil);
    this.listen(now);
    this.notices.push(`${text} is in use by another machine, and is not used: give one of them another address`);
  }

  step(now: Instant, sink: ControlSink): void {
    const { addresses } = this;
    addresses.now = now;
    if (this.mld.nextDeadline() <= now) {
      const own = addresses.linkLocal();
      if (own < 0) this.mld.step(now, UNSPECIFIED, 0, sink);
      else this.mld.step(now, addresses.bytes, addresses.at(own), sink);
    }
    if (now < this.deadline) return;
    let deadline = NEVER;
    for (let i = 0; i < ADDRESS_LIMIT; i++) {
      const entry = addresses.entries[i]!;
      if (entry.state === TENTATIVE && entry.nextAt <= now) this.probe(i, now, sink);
      if (entry.state !== UNUSED && entry.validUntil <= now) {
        if (entry.state === DUPLICATE && entry.origin === BY_LINK) {
          // Without an address of its own the card speaks to nobody: it is tried again.
          entry.attempt = 0;
          this.enter(i, BY_LINK, NEVER, NEVER, now);
        } else this.remove(i, now);
      }
      if (entry.state === UNUSED) continue;
      deadline = Math.min(deadline, entry.validUntil);
      if (entry.state === TENTATIVE) deadline = Math.min(deadline, entry.nextAt);
    }
    this.deadline = deadline;
  }

  nextDeadline(): Instant {
    return Math.min(this.deadline, this.mld.nextDeadline());
  }

  /** The address is tried from now on. */
  private enter(index: number, origin: number, preferred: Instant, valid: Instant, now: Instant): void {
    const entry = this.addresses.entries[index]!;
    this.addresses.set(index, TENTATIVE);
    entry.origin = origin;
    entry.attempt = 0;
    entry.preferredUntil = preferred;
    entry.validUntil = valid;
    entry.probes = PROBES;
    entry.nextAt = now;
    this.listen(now);
    this.schedule(now);
  }

  /** Asks whether anybody has the address (RFC 4862 5.4.2), or has waited long enough for an answer. */
  private probe(index: number, now: Instant, sink: ControlSink): void {
    const { addresses, message } = this;
    const entry = addresses.entries[index]!;
    if (entry.probes === 0) {
      addresses.set(index, ASSIGNED);
      entry.nextAt = NEVER;
      this.changed = true;
      return;
    }
    const at = addresses.at(index);
    entry.nonce = sink.random() * 0x10000 + (sink.random() & 0xffff);
    copy6(message.source, 0, UNSPECIFIED, 0);
    solicitedNode(addresses.bytes, at, message.destination);
    message.destinationMac = groupMac(message.destination, 0);
    message.length = encodeSolicitation(message.bytes, addresses.bytes, at, -1, entry.nonce);
    const sent = sink.transmit(message);
    if (sent) entry.probes--;
    entry.nextAt = now + (sent ? RETRANS_TIMER : RETRY_INTERVAL);
  }

  /** The groups of our addresses may be others (RFC 4862 5.4.2: joined before the first probe). */
  private listen(now: Instant): void {
    const { addresses, mld } = this;
    mld.begin();
    for (let i = 0; i < ADDRESS_LIMIT; i++) {
      const { state } = addresses.entries[i]!;
      if (state !== TENTATIVE && state !== ASSIGNED) continue;
      solicitedNode(addresses.bytes, addresses.at(i), this.group);
      mld.want(this.group, 0);
    }
    mld.end(now);
  }

  private schedule(at: Instant): void {
    if (at < this.deadline) this.deadline = at;
  }
}
