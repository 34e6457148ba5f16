// What a server has given, and what it cannot give.

import {
  ADDRESS6_LENGTH,
  formatIpv6,
  isLinkLocal,
  isLoopback6,
  isMapped,
  isMulticast,
  isUnspecified,
} from "../base/address6.ts";
import { copyBytes } from "../base/native.ts";
import { type Instant, NEVER, SECOND } from "../base/result.ts";
import { Settings } from "./settings.ts";
import type { Dhcpv6Answer } from "./wire.ts";

/** Shorter lifetimes are stretched to this many seconds: a server must not keep us busy. */
export const SHORTEST_LEASE = 10;
const FOR_EVER = 0xffffffff;

export class Lease {
  readonly address: Uint8Array = new Uint8Array(ADDRESS6_LENGTH);
  /** Seconds; 0xffffffff: for ever. */
  seconds = 0;
  preferredUntil: Instant = NEVER;
  validUntil: Instant = NEVER;
  /** When the server is asked to prolong it (T1), and when any server is (T2). */
  renewAt: Instant = NEVER;
  rebindAt: Instant = NEVER;
  settings: Settings = new Settings();

  /** Takes what the answer gives. Times count from `now`. */
  take(answer: Dhcpv6Answer, now: Instant): void {
    copyBytes(this.address, 0, answer.address, 0, ADDRESS6_LENGTH);
    this.seconds = Math.max(SHORTEST_LEASE, answer.valid);
    this.validUntil = instantOf(this.seconds, now);
    this.preferredUntil = instantOf(answer.preferred, now);
    // RFC 8415 21.4: where the server leaves it to us, half and four fifths of the preferred lifetime.
    const base = answer.preferred > 0 ? answer.preferred : this.seconds;
    const halves = base === FOR_EVER ? FOR_EVER : base * 0.5;
    const fifths = base === FOR_EVER ? FOR_EVER : base * 0.8;
    const renewal = Math.max(SHORTEST_LEASE / 2, answer.renewal === 0 ? halves : answer.renewal);
    const rebinding = Math.max(renewal, answer.rebinding === 0 ? fifths : answer.rebinding);
    this.renewAt = instantOf(renewal, now);
    this.rebindAt = instantOf(rebinding, now);
    this.settings = answer.settings;
  }

  /** So much time has passed that the machine knows nothing of. */
  age(passed: Instant): void {
    this.validUntil -= passed;
    this.preferredUntil -= passed;
    this.renewAt -= passed;
    this.rebindAt -= passed;
  }
}

/** Why the address of an answer cannot be used, in words; "" when it can. */
export function fault(answer: Dhcpv6Answer): string {
  const { address } = answer;
  if (answer.valid === 0) return refusal(answer);
  const host = !isUnspecified(address, 0) && !isMulticast(address, 0) && !isLoopback6(address, 0);
  if (host && !isLinkLocal(address, 0) && !isMapped(address, 0)) return "";
  return `a DHCPv6 server gives ${formatIpv6(address, 0)}, which is not the address of a host`;
}

/** What a server says that says no. */
export function refusal(answer: Dhcpv6Answer): string {
  const code = answer.status === 0 ? answer.associationStatus : answer.status;
  const word = answer.words === "" ? "" : `: ${answer.words}`;
  return `a DHCPv6 server has no address for this machine${code === 0 ? "" : ` (status ${code}${word})`}`;
}

function instantOf(seconds: number, now: Instant): Instant {
  return seconds === FOR_EVER ? NEVER : now + Math.floor(seconds * SECOND);
}
