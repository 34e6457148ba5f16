/// <reference path="../base/native.d.ts" />
// Multicast listener discovery as a host speaks it: queries in (RFC 3810 5.1, RFC 2710 3), reports out (RFC 3810 5.2, and
// for a querier of version 1, RFC 2710).

import { ADDRESS6_LENGTH, copy6, isMulticast, isUnspecified } from "../base/address6.ts";

export const TYPE_QUERY = 130;
export const TYPE_REPORT_1 = 131;
export const TYPE_DONE_1 = 132;
export const TYPE_REPORT_2 = 143;

const QUERY_1_LENGTH = 24;
const QUERY_2_LENGTH = 28;
/** Of a report of version 2, before its records. */
export const REPORT_HEADER = 8;
const RECORD_LENGTH = 4 + ADDRESS6_LENGTH;

// Record types (RFC 3810 5.2.12): we listen to every source, or not at all.
export const IS_EXCLUDE = 2;
export const TO_INCLUDE = 3;
export const TO_EXCLUDE = 4;

// Errors of decode.
export const MLD_TRUNCATED = 1;
/** A length between those of both versions. */
export const MLD_LENGTH = 2;
/** A group that is none. */
export const MLD_GROUP = 3;

export class MldQuery {
  version = 0;
  /** Milliseconds within which to answer. */
  responseTime = 0;
  /** Where the group lies that is asked for; -1: all. */
  group = -1;
}

/** Reads the query at `offset`. Returns 0 or an error. */
export function decode(bytes: Uint8Array, offset: number, length: number, query: MldQuery): number {
  if (length < QUERY_1_LENGTH) return MLD_TRUNCATED;
  // RFC 3810 8.1.
  if (length > QUERY_1_LENGTH && length < QUERY_2_LENGTH) return MLD_LENGTH;
  const group = offset + 8;
  const general = isUnspecified(bytes, group);
  if (!general && !isMulticast(bytes, group)) return MLD_GROUP;
  query.version = length === QUERY_1_LENGTH ? 1 : 2;
  const code = nativeLoad16(bytes, offset + 4);
  // RFC 3810 5.1.3: from 2^15 on a small floating-point number.
  const long = query.version === 2 && code >= 0x8000;
  query.responseTime = long ? ((code & 0xfff) | 0x1000) * 2 ** (((code >>> 12) & 7) + 3) : code;
  query.group = general ? -1 : group;
  return 0;
}

/** Begins a report of version 2 with so many records at the start of `into`; where the first goes. */
export function encodeReport(into: Uint8Array, records: number): number {
  nativeZero(into, 0, REPORT_HEADER);
  into[0] = TYPE_REPORT_2;
  nativeStore16(into, 6, records);
  return REPORT_HEADER;
}

/** Writes a record about the group at `offset`; where the next one goes. */
export function encodeRecord(into: Uint8Array, at: number, type: number, group: Uint8Array, offset: number): number {
  nativeStore32(into, at, type * 0x1000000);
  copy6(into, at + 4, group, offset);
  return at + RECORD_LENGTH;
}

/** Writes a report, or the end, of version 1 (RFC 2710 3); its length. */
export function encodeReport1(into: Uint8Array, type: number, group: Uint8Array, offset: number): number {
  nativeZero(into, 0, REPORT_HEADER);
  into[0] = type;
  copy6(into, REPORT_HEADER, group, offset);
  return QUERY_1_LENGTH;
}
