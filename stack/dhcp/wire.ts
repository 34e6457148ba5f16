// DHCP messages (RFC 2131 2, RFC 2132), as a client writes and reads them.

import type { Ipv4, Mac } from "../base/address.ts";
import { readU16, readU32, readU48, writeU16, writeU32, writeU48 } from "../base/bytes.ts";
import { latin1, zeroBytes } from "../base/native.ts";

export const CLIENT_PORT = 68;
export const SERVER_PORT = 67;

/** Shortest message sent: what BOOTP relays and old servers expect (RFC 1542 2.1, RFC 951). */
export const SHORTEST_MESSAGE = 300;
/** Bytes that `encode` needs at most. */
export const LARGEST_REQUEST = 576;

export const MESSAGE_DISCOVER = 1;
export const MESSAGE_OFFER = 2;
export const MESSAGE_REQUEST = 3;
export const MESSAGE_DECLINE = 4;
export const MESSAGE_ACK = 5;
export const MESSAGE_NAK = 6;
export const MESSAGE_RELEASE = 7;

/** Name servers remembered of one offer. */
export const DNS_SERVER_LIMIT = 3;
/** RFC 2132 5.1 allows 68, RFC 791 3.1 promises 576 to every host: less is a mistake or malice. */
export const LEAST_MTU = 576;
/** Characters of a domain name or host name that are taken. */
export const NAME_LIMIT = 253;

// Errors of decode.
export const DHCP_TRUNCATED = 1;
/** Not a reply to an Ethernet client, or no magic cookie: BOOTP. */
export const DHCP_NOT_A_REPLY = 2;
/** An option reaches beyond the message. */
export const DHCP_OPTION = 3;
/** No message type (RFC 2131 3: what makes it DHCP). */
export const DHCP_NO_TYPE = 4;

export class DhcpRequest {
  type = 0;
  transaction = 0;
  /** Since the client began. */
  seconds = 0;
  /** Ask for broadcast answers (RFC 2131 4.1). */
  broadcast = false;
  mac = 0 as Mac;
  /** ciaddr: the address that we have, in RENEWING, REBINDING and RELEASE. */
  clientAddress = 0 as Ipv4;
  /** Option 50; 0: left out. */
  requestedAddress = 0 as Ipv4;
  /** Option 54; 0: left out. */
  serverIdentifier = 0 as Ipv4;
  /** Option 12; "": left out. Bytes of Latin-1, at most 63. */
  hostname = "";
}

export class DhcpReply {
  type = 0;
  transaction = 0;
  mac = 0 as Mac;
  /** yiaddr: the address offered. */
  yourAddress = 0 as Ipv4;
  serverIdentifier = 0 as Ipv4;
  /** 0: none given. */
  subnetMask = 0;
  /** Of option 3, or the default route of option 121. */
  router = 0 as Ipv4;
  /** There was an option 121: option 3 does not count (RFC 3442). */
  classless = false;
  dnsServers: Ipv4[] = [];
  domain = "";
  /** 0: none given. */
  mtu = 0;
  /** Seconds; -1: none given; 0xffffffff: for ever. */
  leaseTime = -1;
  renewalTime = -1;
  rebindingTime = -1;
  /** Option 56: why a server said no. */
  message = "";
}

/** Writes a message at the start of `bytes` (at least LARGEST_REQUEST long). Returns its length. */
export function encode(bytes: Uint8Array, request: DhcpRequest): number {
  zeroBytes(bytes, 0, LARGEST_REQUEST);
  // op BOOTREQUEST, htype Ethernet, hlen 6, hops 0.
  writeU32(bytes, 0, 0x01010600);
  writeU32(bytes, 4, request.transaction);
  writeU16(bytes, 8, Math.min(request.seconds, 0xffff));
  writeU16(bytes, 10, request.broadcast ? 0x8000 : 0);
  writeU32(bytes, 12, request.clientAddress);
  writeU48(bytes, 28, request.mac);
  writeU32(bytes, OPTIONS - 4, MAGIC_COOKIE);
  let at = OPTIONS;
  at = option(bytes, at, OPTION_MESSAGE_TYPE, 1, request.type);
  // RFC 2132 9.14: the hardware type and address as identifier, the same in every message.
  bytes[at] = OPTION_CLIENT_IDENTIFIER;
  bytes[at + 1] = 7;
  bytes[at + 2] = 1;
  writeU48(bytes, at + 3, request.mac);
  at += 9;
  if (request.requestedAddress !== 0) at = option(bytes, at, OPTION_REQUESTED_ADDRESS, 4, request.requestedAddress);
  if (request.serverIdentifier !== 0) at = option(bytes, at, OPTION_SERVER_IDENTIFIER, 4, request.serverIdentifier);
  if (request.type === MESSAGE_DISCOVER || request.type === MESSAGE_REQUEST) {
    at = option(bytes, at, OPTION_MAXIMUM_SIZE, 2, LARGEST_REPLY);
    const length = Math.min(63, request.hostname.length);
    if (length > 0) {
      bytes[at] = OPTION_HOSTNAME;
      bytes[at + 1] = length;
      for (let i = 0; i < length; i++) bytes[at + 2 + i] = request.hostname.charCodeAt(i) & 255;
      at += 2 + length;
    }
    bytes[at] = OPTION_PARAMETER_LIST;
    bytes[at + 1] = PARAMETERS.length;
    for (let i = 0; i < PARAMETERS.length; i++) bytes[at + 2 + i] = PARAMETERS[i]!;
    at += 2 + PARAMETERS.length;
  }
  bytes[at] = OPTION_END;
  return Math.max(at + 1, SHORTEST_MESSAGE);
}

/** Reads the message at `offset`. Unknown options, and known ones of a wrong length, are skipped. 0 or an error. */
export function decode(bytes: Uint8Array, offset: number, length: number, reply: DhcpReply): number {
  if (length < OPTIONS) return DHCP_TRUNCATED;
  if (bytes[offset] !== 2 || bytes[offset + 1] !== 1 || bytes[offset + 2] !== 6) return DHCP_NOT_A_REPLY;
  if (readU32(bytes, offset + OPTIONS - 4) !== MAGIC_COOKIE) return DHCP_NOT_A_REPLY;
  reply.type = 0;
  reply.transaction = readU32(bytes, offset + 4);
  reply.mac = readU48(bytes, offset + 28) as Mac;
  reply.yourAddress = readU32(bytes, offset + 16) as Ipv4;
  reply.serverIdentifier = 0 as Ipv4;
  reply.subnetMask = 0;
  reply.router = 0 as Ipv4;
  reply.classless = false;
  reply.dnsServers = [];
  reply.domain = "";
  reply.mtu = 0;
  reply.leaseTime = -1;
  reply.renewalTime = -1;
  reply.rebindingTime = -1;
  reply.message = "";
  const overload = decodeOptions(bytes, offset + OPTIONS, offset + length, reply);
  if (overload < 0) return DHCP_OPTION;
  // RFC 2132 9.3: options may go on in `file` (128 bytes at 108) and `sname` (64 bytes at 44).
  if ((overload & 1) !== 0 && decodeOptions(bytes, offset + 108, offset + 236, reply) < 0) return DHCP_OPTION;
  if ((overload & 2) !== 0 && decodeOptions(bytes, offset + 44, offset + 108, reply) < 0) return DHCP_OPTION;
  return reply.type === 0 ? DHCP_NO_TYPE : 0;
}

const MAGIC_COOKIE = 0x63825363;
/** Where options begin: after the fixed fields (236) and the cookie. */
const OPTIONS = 240;
/** RFC 2132 9.10: what a frame carries. */
const LARGEST_REPLY = 1472;

const OPTION_PAD = 0;
const OPTION_SUBNET_MASK = 1;
const OPTION_ROUTER = 3;
const OPTION_DNS = 6;
const OPTION_HOSTNAME = 12;
const OPTION_DOMAIN = 15;
const OPTION_MTU = 26;
const OPTION_BROADCAST = 28;
const OPTION_REQUESTED_ADDRESS = 50;
const OPTION_LEASE_TIME = 51;
const OPTION_OVERLOAD = 52;
const OPTION_MESSAGE_TYPE = 53;
const OPTION_SERVER_IDENTIFIER = 54;
const OPTION_PARAMETER_LIST = 55;
const OPTION_MESSAGE = 56;
const OPTION_MAXIMUM_SIZE = 57;
const OPTION_RENEWAL_TIME = 58;
const OPTION_REBINDING_TIME = 59;
const OPTION_CLIENT_IDENTIFIER = 61;
const OPTION_CLASSLESS_ROUTES = 121;
const OPTION_END = 255;

const PARAMETERS: readonly number[] = [
  OPTION_SUBNET_MASK,
  // RFC 3442: before the router option.
  OPTION_CLASSLESS_ROUTES,
  OPTION_ROUTER,
  OPTION_DNS,
  OPTION_DOMAIN,
  OPTION_MTU,
  OPTION_BROADCAST,
  OPTION_LEASE_TIME,
  OPTION_RENEWAL_TIME,
  OPTION_REBINDING_TIME,
];

/** Writes an option of 1, 2 or 4 bytes; returns where the next one goes. */
function option(bytes: Uint8Array, at: number, code: number, length: number, value: number): number {
  bytes[at] = code;
  bytes[at + 1] = length;
  if (length === 4) writeU32(bytes, at + 2, value);
  else if (length === 2) writeU16(bytes, at + 2, value);
  else bytes[at + 2] = value;
  return at + 2 + length;
}

/** Reads options up to `end`, or the end option. Returns the overload option's value, 0 without it, -1 on damage. */
function decodeOptions(bytes: Uint8Array, start: number, end: number, reply: DhcpReply): number {
  let overload = 0;
  let at = start;
  while (at < end) {
    const code = bytes[at]!;
    if (code === OPTION_END) break;
    if (code === OPTION_PAD) {
      at++;
      continue;
    }
    if (at + 2 > end) return -1;
    const length = bytes[at + 1]!;
    const value = at + 2;
    if (value + length > end) return -1;
    at = value + length;
    if (code === OPTION_OVERLOAD && length === 1) overload = bytes[value]!;
    else decodeOption(bytes, code, value, length, reply);
  }
  return overload;
}

function decodeOption(bytes: Uint8Array, code: number, at: number, length: number, reply: DhcpReply): void {
  switch (code) {
    case OPTION_MESSAGE_TYPE:
      if (length === 1) reply.type = bytes[at]!;
      return;
    case OPTION_SERVER_IDENTIFIER:
      if (length === 4) reply.serverIdentifier = readU32(bytes, at) as Ipv4;
      return;
    case OPTION_SUBNET_MASK:
      if (length === 4) reply.subnetMask = readU32(bytes, at);
      return;
    case OPTION_ROUTER:
      // RFC 2132 3.5: in order of preference.
      if (length >= 4 && !reply.classless) reply.router = readU32(bytes, at) as Ipv4;
      return;
    case OPTION_CLASSLESS_ROUTES:
      reply.classless = true;
      reply.router = defaultRoute(bytes, at, at + length);
      return;
    case OPTION_DNS:
      for (let i = 0; i + 4 <= length && reply.dnsServers.length < DNS_SERVER_LIMIT; i += 4)
        reply.dnsServers.push(readU32(bytes, at + i) as Ipv4);
      return;
    case OPTION_DOMAIN:
      reply.domain = text(bytes, at, Math.min(length, NAME_LIMIT));
      return;
    case OPTION_MTU:
      if (length === 2 && readU16(bytes, at) >= LEAST_MTU) reply.mtu = readU16(bytes, at);
      return;
    case OPTION_LEASE_TIME:
      if (length === 4) reply.leaseTime = readU32(bytes, at);
      return;
    case OPTION_RENEWAL_TIME:
      if (length === 4) reply.renewalTime = readU32(bytes, at);
      return;
    case OPTION_REBINDING_TIME:
      if (length === 4) reply.rebindingTime = readU32(bytes, at);
      return;
    case OPTION_MESSAGE:
      reply.message = text(bytes, at, length);
      return;
    default:
      return;
  }
}

/**
 * The router of the default route among classless routes (RFC 3442: a prefix length, as many bytes as that takes, the
 * router); 0: there is none. A machine with one card and one gateway has no use for the others.
 */
function defaultRoute(bytes: Uint8Array, start: number, end: number): Ipv4 {
  let at = start;
  while (at < end) {
    const prefix = bytes[at]!;
    const router = at + 1 + Math.ceil(prefix / 8);
    if (prefix > 32 || router + 4 > end) return 0 as Ipv4;
    if (prefix === 0) return readU32(bytes, router) as Ipv4;
    at = router + 4;
  }
  return 0 as Ipv4;
}

/** Printable ASCII up to the first NUL; anything else becomes "?". */
function text(bytes: Uint8Array, at: number, length: number): string {
  let clean = "";
  for (let i = 0; i < length; i++) {
    const c = bytes[at + i]!;
    if (c === 0) break;
    clean += c >= 0x20 && c < 0x7f ? latin1(bytes, at + i, 1) : "?";
  }
  return clean;
}
