/// <reference path="../base/native.d.ts" />
// DHCPv6 messages (RFC 8415 8 and 21), as a client writes and reads them.

import type { Mac } from "../base/address.ts";
import { ADDRESS6_LENGTH, copy6, equal6, isUnspecified } from "../base/address6.ts";
import { readU16, readU32, readU48, writeU16, writeU32, writeU48 } from "../base/bytes.ts";
import { copyBytes, latin1 } from "../base/native.ts";
import {
  decodeSetting,
  fits,
  HEADER,
  next,
  OPTION_DOMAINS,
  OPTION_NAME_SERVERS,
  OPTION_NTP,
  OPTION_SNTP_SERVERS,
  Settings,
} from "./settings.ts";

// RFC 8415 7.2.
export const CLIENT_PORT = 546;
export const SERVER_PORT = 547;
/** All relay agents and servers of the link (7.1). */
export const ALL_SERVERS = "ff02::1:2";

// 7.3.
export const MESSAGE_SOLICIT = 1;
export const MESSAGE_ADVERTISE = 2;
export const MESSAGE_REQUEST = 3;
export const MESSAGE_CONFIRM = 4;
export const MESSAGE_RENEW = 5;
export const MESSAGE_REBIND = 6;
export const MESSAGE_REPLY = 7;
export const MESSAGE_DECLINE = 9;
export const MESSAGE_INFORMATION_REQUEST = 11;

// 21.13.
export const STATUS_SUCCESS = 0;
export const STATUS_NO_ADDRESSES = 2;
export const STATUS_NO_BINDING = 3;
export const STATUS_NOT_ON_LINK = 4;

/** Bytes of a DUID with its type (11.1). */
export const DUID_LIMIT = 130;
/** Bytes that `encode` needs at most. */
export const LONGEST_REQUEST = 256;
/** Characters of a server's words that are taken. */
export const WORDS_LIMIT = 255;

// Errors of decode.
export const DHCPV6_TRUNCATED = 1;
/** Neither an Advertise nor a Reply: nothing else is for a client that cannot be reconfigured (16.11). */
export const DHCPV6_NOT_AN_ANSWER = 2;
/** An option reaches beyond the message or the option around it. */
export const DHCPV6_OPTION = 3;
/** No server identifier, an impossible one, or not our own client identifier (16.3, 16.10). */
export const DHCPV6_IDENTIFIER = 4;

export class Dhcpv6Request {
  type = 0;
  /** 24 bits. */
  transaction = 0;
  mac = 0 as Mac;
  /** Hundredths of a second since the exchange began. */
  elapsed = 0;
  /** The server's DUID; none of it: the message is for all of them. */
  readonly server: Uint8Array = new Uint8Array(DUID_LIMIT);
  serverLength = 0;
  /** The address that the association is to have, or :: for any. */
  readonly address: Uint8Array = new Uint8Array(ADDRESS6_LENGTH);
}

export class Dhcpv6Answer {
  type = 0;
  transaction = 0;
  readonly server: Uint8Array = new Uint8Array(DUID_LIMIT);
  serverLength = 0;
  rapidCommit = false;
  /** STATUS_ of the whole message and of our association, and the words of the last that is none of success. */
  status = STATUS_SUCCESS;
  associationStatus = STATUS_SUCCESS;
  words = "";
  /** Our association is there. */
  association = false;
  /** Seconds, as told; 0: ours to choose. */
  renewal = 0;
  rebinding = 0;
  /** The address, and its lifetimes in seconds; `valid` 0: there is none that can be used. */
  readonly address: Uint8Array = new Uint8Array(ADDRESS6_LENGTH);
  preferred = 0;
  valid = 0;
  /** The address that we have is ours no longer. */
  withdrawn = false;
  /** Of this answer alone: whoever keeps it has it to himself. */
  settings = new Settings();
  /** Seconds, -1: not told. Until what is told is asked for again, and between questions at most. */
  refresh = -1;
  mostSolicit = -1;
  mostInformation = -1;
}

/**
 * Writes a message at the start of `into`, which has LONGEST_REQUEST bytes; its length. What it holds follows from its
 * type as 18.2 has it.
 */
export function encode(into: Uint8Array, request: Dhcpv6Request): number {
  const { type, mac } = request;
  writeU32(into, 0, type * 0x1000000 + (request.transaction & 0xffffff));
  let at = header(into, 4, OPTION_CLIENT, DUID_LENGTH);
  // 11.4: a device without a memory that lasts is known by its card.
  writeU32(into, at, DUID_LINK_LAYER);
  writeU48(into, at + 4, mac);
  at = header(into, at + DUID_LENGTH, OPTION_ELAPSED, 2);
  writeU16(into, at, Math.min(request.elapsed, 0xffff));
  at += 2;
  if (request.serverLength > 0) {
    at = header(into, at, OPTION_SERVER, request.serverLength);
    copyBytes(into, at, request.server, 0, request.serverLength);
    at += request.serverLength;
  }
  if (type === MESSAGE_SOLICIT) at = header(into, at, OPTION_RAPID_COMMIT, 0);
  if (type !== MESSAGE_INFORMATION_REQUEST) at = association(into, at, request);
  if (type === MESSAGE_INFORMATION_REQUEST) return wanted(into, at, INFORMATION_WANTED);
  return type === MESSAGE_CONFIRM || type === MESSAGE_DECLINE ? at : wanted(into, at, WANTED);
}

/**
 * Reads an answer to the card `mac`, which has the address `held` (16 bytes, :: for none): of several addresses that one
 * is taken, else the first that can be. Unknown options, and known ones that cannot be, are skipped; one that
 * comes twice counts as it came first, lists go on. 0 or an error.
 */
export function decode(
  bytes: Uint8Array,
  offset: number,
  length: number,
  mac: Mac,
  held: Uint8Array,
  answer: Dhcpv6Answer,
): number {
  if (length < OPTIONS) return DHCPV6_TRUNCATED;
  clear(answer);
  answer.type = bytes[offset]!;
  if (answer.type !== MESSAGE_ADVERTISE && answer.type !== MESSAGE_REPLY) return DHCPV6_NOT_AN_ANSWER;
  answer.transaction = readU32(bytes, offset) & 0xffffff;
  const end = offset + length;
  let ours = false;
  for (let at = offset + OPTIONS; at < end; at = next(bytes, at)) {
    if (!fits(bytes, at, end)) return DHCPV6_OPTION;
    const size = readU16(bytes, at + 2);
    const value = at + HEADER;
    switch (readU16(bytes, at)) {
      case OPTION_CLIENT:
        if (size === DUID_LENGTH && readU32(bytes, value) === DUID_LINK_LAYER && readU48(bytes, value + 4) === mac)
          ours = true;
        break;
      case OPTION_SERVER:
        if (answer.serverLength > 0 || size < LEAST_DUID || size > DUID_LIMIT) break;
        copyBytes(answer.server, 0, bytes, value, size);
        answer.serverLength = size;
        break;
      case OPTION_ASSOCIATION:
        if (size < ASSOCIATION_LENGTH || answer.association || readU32(bytes, value) !== identifierOf(mac)) break;
        if (!decodeAssociation(bytes, value, value + size, held, answer)) return DHCPV6_OPTION;
        break;
      case OPTION_STATUS:
        if (size >= 2) answer.status = statusOf(bytes, value, size, answer);
        break;
      case OPTION_RAPID_COMMIT:
        answer.rapidCommit = true;
        break;
      case OPTION_REFRESH:
        if (size === 4) answer.refresh = readU32(bytes, value);
        break;
      case OPTION_MOST_SOLICIT:
        if (size === 4) answer.mostSolicit = readU32(bytes, value);
        break;
      case OPTION_MOST_INFORMATION:
        if (size === 4) answer.mostInformation = readU32(bytes, value);
        break;
      default:
        decodeSetting(bytes, at, answer.settings);
    }
  }
  return ours && answer.serverLength > 0 ? 0 : DHCPV6_IDENTIFIER;
}

/** The identifier of the one association that a card has (12): the same whenever the machine starts. */
export function identifierOf(mac: Mac): number {
  return mac % 0x100000000;
}

/** Where options begin. */
const OPTIONS = 4;
/** Hardware type Ethernet, and the address (11.4). */
const DUID_LINK_LAYER = 0x00030001;
const DUID_LENGTH = 10;
/** A type and something. */
const LEAST_DUID = 3;
const ASSOCIATION_LENGTH = 12;
const ASSOCIATION_ADDRESS_LENGTH = 24;

const OPTION_CLIENT = 1;
const OPTION_SERVER = 2;
const OPTION_ASSOCIATION = 3;
const OPTION_ADDRESS = 5;
const OPTION_REQUEST = 6;
const OPTION_ELAPSED = 8;
const OPTION_STATUS = 13;
const OPTION_RAPID_COMMIT = 14;
const OPTION_REFRESH = 32;
const OPTION_MOST_SOLICIT = 82;
const OPTION_MOST_INFORMATION = 83;
/** What is asked for is obeyed (21.7: the limits always are to be). */
const WANTED: readonly number[] = [
  OPTION_NAME_SERVERS,
  OPTION_DOMAINS,
  OPTION_SNTP_SERVERS,
  OPTION_NTP,
  OPTION_MOST_SOLICIT,
];
const INFORMATION_WANTED: readonly number[] = [
  OPTION_NAME_SERVERS,
  OPTION_DOMAINS,
  OPTION_SNTP_SERVERS,
  OPTION_NTP,
  OPTION_REFRESH,
  OPTION_MOST_INFORMATION,
];

function header(into: Uint8Array, at: number, code: number, size: number): number {
  writeU16(into, at, code);
  writeU16(into, at + 2, size);
  return at + HEADER;
}

function wanted(into: Uint8Array, at: number, codes: readonly number[]): number {
  let to = header(into, at, OPTION_REQUEST, 2 * codes.length);
  for (const code of codes) {
    writeU16(into, to, code);
    to += 2;
  }
  return to;
}

/** 21.4, 21.6. Times are the server's to say. */
function association(into: Uint8Array, at: number, request: Dhcpv6Request): number {
  const { address } = request;
  const inner = isUnspecified(address, 0) ? 0 : HEADER + ASSOCIATION_ADDRESS_LENGTH;
  const start = header(into, at, OPTION_ASSOCIATION, ASSOCIATION_LENGTH + inner);
  nativeZero(into, start, ASSOCIATION_LENGTH + inner);
  writeU32(into, start, identifierOf(request.mac));
  if (inner > 0) {
    const value = header(into, start + ASSOCIATION_LENGTH, OPTION_ADDRESS, ASSOCIATION_ADDRESS_LENGTH);
    copy6(into, value, address, 0);
  }
  return start + ASSOCIATION_LENGTH + inner;
}

function clear(answer: Dhcpv6Answer): void {
  answer.serverLength = 0;
  answer.rapidCommit = false;
  answer.status = STATUS_SUCCESS;
  answer.associationStatus = STATUS_SUCCESS;
  answer.words = "";
  answer.association = false;
  answer.renewal = 0;
  answer.rebinding = 0;
  answer.preferred = 0;
  answer.valid = 0;
  answer.withdrawn = false;
  answer.settings = new Settings();
  answer.refresh = -1;
  answer.mostSolicit = -1;
  answer.mostInformation = -1;
}

/** False: an option in it reaches beyond it. */
function decodeAssociation(
  bytes: Uint8Array,
  value: number,
  end: number,
  held: Uint8Array,
  answer: Dhcpv6Answer,
): boolean {
  const renewal = readU32(bytes, value + 4);
  const rebinding = readU32(bytes, value + 8);
  for (let at = value + ASSOCIATION_LENGTH; at < end; at = next(bytes, at)) {
    if (!fits(bytes, at, end)) return false;
    const size = readU16(bytes, at + 2);
    const code = readU16(bytes, at);
    if (code === OPTION_STATUS && size >= 2) answer.associationStatus = statusOf(bytes, at + HEADER, size, answer);
    else if (code === OPTION_ADDRESS && size >= ASSOCIATION_ADDRESS_LENGTH)
      decodeAddress(bytes, at + HEADER, held, answer);
  }
  // 21.4: T1 beyond T2 is nonsense, and the option counts for nothing.
  if (renewal > rebinding && rebinding > 0) answer.valid = 0;
  else {
    answer.association = true;
    answer.renewal = renewal;
    answer.rebinding = rebinding;
  }
  return true;
}

/** 21.6: preferred for longer than valid is nonsense. */
function decodeAddress(bytes: Uint8Array, value: number, held: Uint8Array, answer: Dhcpv6Answer): void {
  const preferred = readU32(bytes, value + ADDRESS6_LENGTH);
  const valid = readU32(bytes, value + ADDRESS6_LENGTH + 4);
  const ours = equal6(bytes, value, held, 0);
  if (preferred > valid) return;
  if (valid === 0) {
    if (ours) answer.withdrawn = true;
    return;
  }
  if (answer.valid > 0 && !ours) return;
  copy6(answer.address, 0, bytes, value);
  answer.preferred = preferred;
  answer.valid = valid;
}

/** Words are printable ASCII, whatever else becomes "?". */
function statusOf(bytes: Uint8Array, value: number, size: number, answer: Dhcpv6Answer): number {
  const status = readU16(bytes, value);
  if (status === STATUS_SUCCESS) return status;
  let words = "";
  for (let i = 2; i < Math.min(size, WORDS_LIMIT + 2); i++) {
    const c = bytes[value + i]!;
    words += c >= 0x20 && c < 0x7f ? latin1(bytes, value + i, 1) : "?";
  }
  answer.words = words;
  return status;
}
