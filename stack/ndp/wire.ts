/// <reference path="../base/native.d.ts" />
// Neighbour discovery messages (RFC 4861 4, RFC 4191 2.2, RFC 7527 4): what of them is checked without knowing who we are
// (RFC 4861 6.1, 7.1). The options of router advertisements are read one after the other: nextOption.

import type { Mac } from "../base/address.ts";
import { ADDRESS6_LENGTH, copy6, isMulticast } from "../base/address6.ts";
import { readU48, writeU48 } from "../base/bytes.ts";

export const TYPE_ROUTER_SOLICITATION = 133;
export const TYPE_ROUTER_ADVERTISEMENT = 134;
export const TYPE_NEIGHBOUR_SOLICITATION = 135;
export const TYPE_NEIGHBOUR_ADVERTISEMENT = 136;
export const TYPE_REDIRECT = 137;

// Where options begin.
const SOLICITATION_OPTIONS = 8;
export const ADVERTISEMENT_OPTIONS = 16;
const NEIGHBOUR_OPTIONS = 24;
const REDIRECT_OPTIONS = 40;

// Options (RFC 4861 4.6, RFC 7527 4.3, RFC 8106 5).
const OPTION_SOURCE_ADDRESS = 1;
const OPTION_TARGET_ADDRESS = 2;
export const OPTION_PREFIX = 3;
export const OPTION_MTU = 5;
const OPTION_NONCE = 14;
export const OPTION_SERVERS = 25;
export const OPTION_DOMAINS = 31;
export const OPTION_PREF64 = 38;
/** Options of one message. */
export const OPTION_LIMIT = 64;
/** Bytes of a nonce as we send it: with its two bytes of header one unit of eight. */
export const NONCE_LENGTH = 6;

/** The longest message that is written: a neighbour solicitation with a nonce. */
export const LONGEST_MESSAGE = NEIGHBOUR_OPTIONS + 16;

// Errors of decode.
export const ND_TRUNCATED = 1;
/** The code is not 0. */
export const ND_CODE = 2;
/** An option of length 0 or beyond the message, or too many: all of it is dropped (RFC 4861 6.1, 7.1). */
export const ND_OPTION = 3;
/** A target that is a group. */
export const ND_TARGET = 4;
/** None of the five. */
export const ND_TYPE = 5;

export class NdMessage {
  type = 0;
  /** Of a neighbour message: where the target lies in the bytes that were decoded. */
  target = 0;
  /** The link-layer address option that the type may have, or -1. */
  linkAddress = -1;
  /** The nonce, or -1. */
  nonce = -1;
  // Of a neighbour advertisement.
  router = false;
  solicited = false;
  override = false;
  // Of a router advertisement.
  hopLimit = 0;
  /** Addresses, and other things, are told by DHCPv6. */
  managed = false;
  other = false;
  /** -1 low, 0, 1 high (RFC 4191 2.1). */
  preference = 0;
  /** Seconds; 0: no default router. */
  lifetime = 0;
  /** Milliseconds; 0: not said. */
  reachableTime = 0;
  retransTimer = 0;
  /** Where the options begin and end. */
  options = 0;
  end = 0;
}

/** Reads the message at `offset`, which begins with its type. Returns 0 or an error. */
export function decode(bytes: Uint8Array, offset: number, length: number, message: NdMessage): number {
  if (length < SOLICITATION_OPTIONS) return ND_TRUNCATED;
  const type = bytes[offset]!;
  let options = NEIGHBOUR_OPTIONS;
  switch (type) {
    case TYPE_ROUTER_SOLICITATION:
      options = SOLICITATION_OPTIONS;
      break;
    case TYPE_ROUTER_ADVERTISEMENT:
      options = ADVERTISEMENT_OPTIONS;
      break;
    case TYPE_NEIGHBOUR_SOLICITATION:
    case TYPE_NEIGHBOUR_ADVERTISEMENT:
      break;
    case TYPE_REDIRECT:
      options = REDIRECT_OPTIONS;
      break;
    default:
      return ND_TYPE;
  }
  if (length < options) return ND_TRUNCATED;
  if (bytes[offset + 1]! !== 0) return ND_CODE;
  message.type = type;
  message.linkAddress = -1;
  message.nonce = -1;
  message.options = offset + options;
  message.end = offset + length;
  if (type === TYPE_ROUTER_ADVERTISEMENT) decodeAdvertisement(bytes, offset, message);
  else if (type !== TYPE_ROUTER_SOLICITATION) {
    message.target = offset + 8;
    if (isMulticast(bytes, message.target)) return ND_TARGET;
    const flags = bytes[offset + 4]!;
    message.router = (flags & 0x80) !== 0;
    message.solicited = (flags & 0x40) !== 0;
    message.override = (flags & 0x20) !== 0;
  }
  return decodeOptions(bytes, message);
}

function decodeAdvertisement(bytes: Uint8Array, offset: number, message: NdMessage): void {
  message.hopLimit = bytes[offset + 4]!;
  const flags = bytes[offset + 5]!;
  message.managed = (flags & 0x80) !== 0;
  message.other = (flags & 0x40) !== 0;
  message.lifetime = nativeLoad16(bytes, offset + 6);
  // RFC 4191 2.2: the reserved value is as good as 0, and of a router that is none it means nothing.
  const preference = (flags >>> 3) & 3;
  message.preference = preference === 1 ? 1 : preference === 3 ? -1 : 0;
  message.reachableTime = nativeLoad32(bytes, offset + 8);
  message.retransTimer = nativeLoad32(bytes, offset + 12);
}

function decodeOptions(bytes: Uint8Array, message: NdMessage): number {
  const targeted = message.type === TYPE_NEIGHBOUR_ADVERTISEMENT || message.type === TYPE_REDIRECT;
  const wanted = targeted ? OPTION_TARGET_ADDRESS : OPTION_SOURCE_ADDRESS;
  let count = 0;
  let at = message.options;
  while (at < message.end) {
    count++;
    if (at + 8 > message.end || count > OPTION_LIMIT) return ND_OPTION;
    const length = bytes[at + 1]! * 8;
    if (length === 0 || at + length > message.end) return ND_OPTION;
    const type = bytes[at]!;
    // Ethernet: six bytes, one unit (RFC 2464 6).
    if (type === wanted && length === 8) message.linkAddress = readU48(bytes, at + 2);
    else if (type === OPTION_NONCE && length === 8) message.nonce = readU48(bytes, at + 2);
    at += length;
  }
  return 0;
}

/** Where the option behind the one at `at` begins; the message has been decoded. Ends with `message.end`. */
export function nextOption(bytes: Uint8Array, at: number): number {
  return at + bytes[at + 1]! * 8;
}

/** Writes a router solicitation at the start of `into`, without its checksum; its length. `mac` -1: from no address yet. */
export function encodeRouterSolicitation(into: Uint8Array, mac: number): number {
  begin(into, TYPE_ROUTER_SOLICITATION, 0, SOLICITATION_OPTIONS);
  return mac < 0 ? SOLICITATION_OPTIONS : linkAddressOption(into, SOLICITATION_OPTIONS, OPTION_SOURCE_ADDRESS, mac);
}

/**
 * Writes a neighbour solicitation for the target at `offset`. With our `mac` we ask who is there; -1: whether anybody is,
 * with a nonce (RFC 7527 4.1).
 */
export function encodeSolicitation(
  into: Uint8Array,
  target: Uint8Array,
  offset: number,
  mac: number,
  nonce: number,
): number {
  begin(into, TYPE_NEIGHBOUR_SOLICITATION, 0, NEIGHBOUR_OPTIONS);
  copy6(into, 8, target, offset);
  if (mac >= 0) return linkAddressOption(into, NEIGHBOUR_OPTIONS, OPTION_SOURCE_ADDRESS, mac);
  return linkAddressOption(into, NEIGHBOUR_OPTIONS, OPTION_NONCE, nonce);
}

/** Writes a neighbour advertisement of ours about the target at `offset`. */
export function encodeAdvertisement(
  into: Uint8Array,
  target: Uint8Array,
  offset: number,
  mac: Mac,
  solicited: boolean,
  override: boolean,
): number {
  begin(into, TYPE_NEIGHBOUR_ADVERTISEMENT, (solicited ? 0x40 : 0) | (override ? 0x20 : 0), NEIGHBOUR_OPTIONS);
  copy6(into, 8, target, offset);
  return linkAddressOption(into, NEIGHBOUR_OPTIONS, OPTION_TARGET_ADDRESS, mac);
}

/** ff02::1:ffXX:XXXX (RFC 4291 2.7.1): where who has the address listens. */
export function solicitedNode(address: Uint8Array, offset: number, into: Uint8Array): void {
  nativeStore32(into, 0, 0xff020000);
  nativeStore32(into, 4, 0);
  nativeStore32(into, 8, 1);
  nativeStore32(into, 12, 0xff000000 + (nativeLoad32(address, offset + 12) & 0xffffff));
}

/** The Ethernet address of a group (RFC 2464 7): its last four bytes. */
export function groupMac(group: Uint8Array, offset: number): Mac {
  return (0x333300000000 + nativeLoad32(group, offset + ADDRESS6_LENGTH - 4)) as Mac;
}

function begin(into: Uint8Array, type: number, flags: number, length: number): void {
  nativeZero(into, 0, length);
  into[0] = type;
  into[4] = flags;
}

function linkAddressOption(into: Uint8Array, at: number, type: number, value: number): number {
  into[at] = type;
  into[at + 1] = 1;
  writeU48(into, at + 2, value);
  return at + 8;
}
