// Options that tell of other things than addresses (RFC 3646, RFC 4075, RFC 5908), and how any option lies (RFC 8415 21.1).

import { ADDRESS6_LENGTH, formatIpv6, isLoopback6, isMulticast, isUnspecified } from "../base/address6.ts";
import { readU16 } from "../base/bytes.ts";
import { DomainNames } from "../base/domain-names.ts";

/** Remembered of one answer. */
export const NAME_SERVER_LIMIT = 4;
export const DOMAIN_LIMIT = 6;
export const TIME_SERVER_LIMIT = 4;

/** Code and length, before what an option holds. */
export const HEADER = 4;

export const OPTION_NAME_SERVERS = 23;
export const OPTION_DOMAINS = 24;
export const OPTION_SNTP_SERVERS = 31;
export const OPTION_NTP = 56;
/** Within OPTION_NTP (RFC 5908 4); its groups are for who listens to broadcasts. */
const NTP_ADDRESS = 1;
const NTP_NAME = 3;

/** What servers tell beside addresses, each without repetitions. */
export class Settings {
  readonly nameServers: string[] = [];
  readonly search: string[] = [];
  /** Addresses and names. */
  readonly timeServers: string[] = [];
}

/** True: the option at `at` ends where what is around it does, or sooner. */
export function fits(bytes: Uint8Array, at: number, end: number): boolean {
  return at + HEADER <= end && next(bytes, at) <= end;
}

/** Where the option behind the one at `at` begins. */
export function next(bytes: Uint8Array, at: number): number {
  return at + HEADER + readU16(bytes, at + 2);
}

/** Takes the option at `at`, which has been found to be whole, if it is one of those. Lists go on. */
export function decodeSetting(bytes: Uint8Array, at: number, settings: Settings): void {
  const size = readU16(bytes, at + 2);
  const value = at + HEADER;
  switch (readU16(bytes, at)) {
    case OPTION_NAME_SERVERS:
      addresses(bytes, value, size, settings.nameServers, NAME_SERVER_LIMIT);
      break;
    case OPTION_SNTP_SERVERS:
      addresses(bytes, value, size, settings.timeServers, TIME_SERVER_LIMIT);
      break;
    case OPTION_DOMAINS: {
      const names = new DomainNames(bytes, value, value + size);
      while (settings.search.length < DOMAIN_LIMIT && names.next()) settings.search.push(names.name);
      break;
    }
    case OPTION_NTP:
      decodeTimeServers(bytes, value, value + size, settings);
      break;
    default:
      break;
  }
}

function decodeTimeServers(bytes: Uint8Array, from: number, end: number, settings: Settings): void {
  for (let at = from; at < end && fits(bytes, at, end); at = next(bytes, at)) {
    const size = readU16(bytes, at + 2);
    const value = at + HEADER;
    if (readU16(bytes, at) === NTP_ADDRESS && size === ADDRESS6_LENGTH)
      addresses(bytes, value, size, settings.timeServers, TIME_SERVER_LIMIT);
    else if (readU16(bytes, at) === NTP_NAME) {
      const names = new DomainNames(bytes, value, value + size);
      if (names.next()) add(settings.timeServers, names.name, TIME_SERVER_LIMIT);
    }
  }
}

/** Whole addresses of others, those that are not there yet. */
function addresses(bytes: Uint8Array, from: number, size: number, list: string[], limit: number): void {
  for (let at = from; at + ADDRESS6_LENGTH <= from + size; at += ADDRESS6_LENGTH) {
    if (isMulticast(bytes, at) || isUnspecified(bytes, at) || isLoopback6(bytes, at)) continue;
    add(list, formatIpv6(bytes, at), limit);
  }
}

function add(list: string[], text: string, limit: number): void {
  for (const known of list) if (known === text) return;
  if (list.length < limit) list.push(text);
}
