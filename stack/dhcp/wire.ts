// DHCP messages (RFC 2131 2, RFC 2132), as a client writes and reads them.

import type { Ipv4, Mac } from "../base/address.ts";
import { readU32, readU48, writeU16, writeU32, writeU48 } from "../base/bytes.ts";
import { zeroBytes } from "../base/native.ts";
import { decodeRoutes, decodeSearch, NAME_LIMIT, OPTION_END, OPTION_LIMIT, OptionFields, Routes } from "./options.ts";

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

/** Name servers and time servers remembered of one offer. */
export const DNS_SERVER_LIMIT = 3;
export const NTP_SERVER_LIMIT = 4;
/** RFC 2132 5.1 allows 68, RFC 791 3.1 promises 576 to every host: less is a mistake or malice. */
export const LEAST_MTU = 576;
/** Characters of a server's message that are taken. */
export const MESSAGE_LIMIT = 255;

// Errors of decode.
export const DHCP_TRUNCATED = 1;
/** Not a reply to an Ethernet client, or no magic cookie: BOOTP. */
export const DHCP_NOT_A_REPLY = 2;
/** An option reaches beyond the message. */
export const DHCP_OPTION = 3;
/** No message type (RFC 2131 3: what makes it DHCP). */
export const DHCP_NO_TYPE = 4;
/** Of `DhcpClient.input`: to another client, to an older question of ours, or from a server that was not asked. */
export const DHCP_OTHER_QUESTION = 16;

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
  /** Asks for option 224 as well. */
  parametersWanted = false;
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
  /** Of option 3, or the default route of option 121, with which option 3 does not count (RFC 3442). */
  router = 0 as Ipv4;
  /** The other classless routes, "10.0.0.0/8 10.1.1.1"; the router 0.0.0.0: on the wire. */
  routes: string[] = [];
  dnsServers: Ipv4[] = [];
  ntpServers: Ipv4[] = [];
  /** Option 119, in its order. */
  search: string[] = [];
  domain = "";
  /** 0: none given. */
  mtu = 0;
  /** Seconds; -1: none given; 0xffffffff: for ever. */
  leaseTime = -1;
  renewalTime = -1;
  rebindingTime = -1;
  /** Option 56: why a server said no. */
  message = "";
  /** Option 224: parameters of the machine, as on a command line. */
  parameters = "";
  /** There are more of them than OPTION_LIMIT, and none is taken. */
  parametersTooLong = false;
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
    const list = at;
    bytes[at] = OPTION_PARAMETER_LIST;
    at += 2;
    for (let i = 0; i < PARAMETERS.length; i++) bytes[at + i] = PARAMETERS[i]!;
    at += PARAMETERS.length;
    if (request.parametersWanted) {
      bytes[at] = OPTION_PARAMETERS;
      at++;
    }
    bytes[list + 1] = at - list - 2;
  }
  bytes[at] = OPTION_END;
  return Math.max(at + 1, SHORTEST_MESSAGE);
}

/**
 * Reads the message at `offset`. Unknown options, and known ones of a wrong length, are skipped; long ones may come in pieces
 * (RFC 3396), and go on in the file and sname fields (RFC 2132 9.3). 0 or an error.
 */
export function decode(bytes: Uint8Array, offset: number, length: number, reply: DhcpReply): number {
  if (length < OPTIONS) return DHCP_TRUNCATED;
  if (bytes[offset] !== 2 || bytes[offset + 1] !== 1 || bytes[offset + 2] !== 6) return DHCP_NOT_A_REPLY;
  if (readU32(bytes, offset + OPTIONS - 4) !== MAGIC_COOKIE) return DHCP_NOT_A_REPLY;
  reply.transaction = readU32(bytes, offset + 4);
  reply.mac = readU48(bytes, offset + 28) as Mac;
  reply.yourAddress = readU32(bytes, offset + 16) as Ipv4;
  const fields = new OptionFields();
  if (!fields.begin(bytes, offset, length, OPTIONS)) return DHCP_OPTION;
  reply.type = fields.number(OPTION_MESSAGE_TYPE, 1, 0);
  reply.serverIdentifier = fields.number(OPTION_SERVER_IDENTIFIER, 4, 0) as Ipv4;
  reply.subnetMask = fields.number(OPTION_SUBNET_MASK, 4, 0);
  decodeRouters(fields, reply);
  reply.dnsServers = fields.addresses(OPTION_DNS, DNS_SERVER_LIMIT) as Ipv4[];
  reply.ntpServers = fields.addresses(OPTION_NTP, NTP_SERVER_LIMIT) as Ipv4[];
  reply.domain = fields.text(OPTION_DOMAIN, NAME_LIMIT);
  fields.find(OPTION_SEARCH, true);
  reply.search = decodeSearch(fields.value, fields.length);
  const mtu = fields.number(OPTION_MTU, 2, 0);
  reply.mtu = mtu >= LEAST_MTU ? mtu : 0;
  reply.leaseTime = fields.number(OPTION_LEASE_TIME, 4, -1);
  reply.renewalTime = fields.number(OPTION_RENEWAL_TIME, 4, -1);
  reply.rebindingTime = fields.number(OPTION_REBINDING_TIME, 4, -1);
  reply.message = fields.text(OPTION_MESSAGE, MESSAGE_LIMIT);
  reply.parameters = fields.text(OPTION_PARAMETERS, OPTION_LIMIT);
  reply.parametersTooLong = fields.excess;
  return reply.type === 0 ? DHCP_NO_TYPE : 0;
}

export const MAGIC_COOKIE = 0x63825363;
/** Where options begin: after the fixed fields (236) and the cookie. */
export const OPTIONS = 240;
/** RFC 2132 9.10: what a frame carries. */
const LARGEST_REPLY = 1472;

const OPTION_SUBNET_MASK = 1;
const OPTION_ROUTER = 3;
const OPTION_DNS = 6;
const OPTION_HOSTNAME = 12;
const OPTION_DOMAIN = 15;
const OPTION_MTU = 26;
const OPTION_NTP = 42;
export const OPTION_REQUESTED_ADDRESS = 50;
export const OPTION_LEASE_TIME = 51;
export const OPTION_MESSAGE_TYPE = 53;
export const OPTION_SERVER_IDENTIFIER = 54;
const OPTION_PARAMETER_LIST = 55;
const OPTION_MESSAGE = 56;
const OPTION_MAXIMUM_SIZE = 57;
const OPTION_RENEWAL_TIME = 58;
const OPTION_REBINDING_TIME = 59;
const OPTION_CLIENT_IDENTIFIER = 61;
const OPTION_SEARCH = 119;
const OPTION_CLASSLESS_ROUTES = 121;
/** RFC 3942 4: the first of those that a site gives a meaning of its own. */
export const OPTION_PARAMETERS = 224;

/** What is asked for is obeyed. */
const PARAMETERS: readonly number[] = [
  OPTION_SUBNET_MASK,
  // RFC 3442: before the router option.
  OPTION_CLASSLESS_ROUTES,
  OPTION_ROUTER,
  OPTION_DNS,
  OPTION_DOMAIN,
  OPTION_MTU,
  OPTION_NTP,
  OPTION_LEASE_TIME,
  OPTION_RENEWAL_TIME,
  OPTION_REBINDING_TIME,
  OPTION_SEARCH,
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

/** RFC 3442: with classless routes the router option does not count. RFC 2132 3.5: routers in order of preference. */
function decodeRouters(fields: OptionFields, reply: DhcpReply): void {
  const routes = new Routes();
  fields.find(OPTION_CLASSLESS_ROUTES, true);
  if (fields.length >= 0) {
    decodeRoutes(fields.value, fields.length, routes);
    reply.router = routes.router as Ipv4;
  } else {
    const routers = fields.addresses(OPTION_ROUTER, 1);
    reply.router = (routers.length > 0 ? routers[0]! : 0) as Ipv4;
  }
  reply.routes = routes.others;
}
