/// <reference path="../base/native.d.ts" />
// Name servers and search domains that routers tell (RFC 8106): lists with bounds and lifetimes.

import { ADDRESS6_LENGTH, formatIpv6, isMulticast, isUnspecified } from "../base/address6.ts";
import { DomainNames } from "../base/domain-names.ts";
import { type Instant, NEVER, SECOND } from "../base/result.ts";

export const SERVER_LIMIT = 4;
export const DOMAIN_LIMIT = 4;
/** A lifetime that does not end (RFC 8106 5.1). */
const FOR_EVER = 0xffffffff;

export class NameServers {
  /** As text, those first that were told of first. */
  readonly servers: string[] = [];
  readonly domains: string[] = [];
  private readonly serverTimes: Instant[] = [];
  private readonly domainTimes: Instant[] = [];

  clear(): void {
    this.servers.splice(0, this.servers.length);
    this.serverTimes.splice(0, this.serverTimes.length);
    this.domains.splice(0, this.domains.length);
    this.domainTimes.splice(0, this.domainTimes.length);
  }

  /** Reads an RDNSS option (RFC 8106 5.1). True: the list is another. */
  readServers(bytes: Uint8Array, at: number, now: Instant): boolean {
    const units = bytes[at + 1]!;
    // One address at least, and whole ones.
    if (units < 3 || units % 2 === 0) return false;
    const until = untilOf(nativeLoad32(bytes, at + 4), now);
    let changed = false;
    for (let address = at + 8; address < at + units * 8; address += ADDRESS6_LENGTH) {
      if (isMulticast(bytes, address) || isUnspecified(bytes, address)) continue;
      if (enter(this.servers, this.serverTimes, formatIpv6(bytes, address), until, SERVER_LIMIT, now)) changed = true;
    }
    return changed;
  }

  /** Reads a DNSSL option (RFC 8106 5.2): names as DNS has them, without compression. True: the list is another. */
  readDomains(bytes: Uint8Array, at: number, now: Instant): boolean {
    const until = untilOf(nativeLoad32(bytes, at + 4), now);
    const end = at + bytes[at + 1]! * 8;
    let changed = false;
    const names = new DomainNames(bytes, at + 8, end);
    while (names.next())
      if (enter(this.domains, this.domainTimes, names.name, until, DOMAIN_LIMIT, now)) changed = true;
    return changed;
  }

  /** Forgets whose time is over. True: something was. */
  step(now: Instant): boolean {
    const servers = expire(this.servers, this.serverTimes, now);
    return expire(this.domains, this.domainTimes, now) || servers;
  }

  nextDeadline(): Instant {
    let deadline = NEVER;
    for (const time of this.serverTimes) deadline = Math.min(deadline, time);
    for (const time of this.domainTimes) deadline = Math.min(deadline, time);
    return deadline;
  }
}

function untilOf(seconds: number, now: Instant): Instant {
  return seconds === FOR_EVER ? NEVER : now + seconds * SECOND;
}

/** Enters what is told until then, renews or ends what is known; beyond `limit` nothing new is taken. True: a change. */
function enter(list: string[], times: Instant[], what: string, until: Instant, limit: number, now: Instant): boolean {
  for (let i = 0; i < list.length; i++) {
    if (list[i] !== what) continue;
    times[i] = until;
    if (until > now) return false;
    list.splice(i, 1);
    times.splice(i, 1);
    return true;
  }
  if (until <= now || list.length >= limit) return false;
  list.push(what);
  times.push(until);
  return true;
}

function expire(list: string[], times: Instant[], now: Instant): boolean {
  let changed = false;
  for (let i = list.length - 1; i >= 0; i--) {
    if (times[i]! > now) continue;
    list.splice(i, 1);
    times.splice(i, 1);
    changed = true;
  }
  return changed;
}
