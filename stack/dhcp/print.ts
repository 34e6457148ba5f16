// DHCP for people, nearly as tcpdump writes it: with the type of the message, without asking for more (-v).

import { formatIpv4, formatMac, type Mac } from "../base/address.ts";
import { readU32, readU48 } from "../base/bytes.ts";
import { hexNumber } from "../base/text.ts";
import { OPTION_END, OPTION_PAD } from "./options.ts";
import {
  MAGIC_COOKIE,
  OPTION_LEASE_TIME,
  OPTION_MESSAGE_TYPE,
  OPTION_REQUESTED_ADDRESS,
  OPTION_SERVER_IDENTIFIER,
  OPTIONS,
} from "./wire.ts";

/** From `op` to `chaddr`. */
const FIXED = 34;

/** By type (RFC 2132 9.6). */
const TYPES: readonly string[] = ["", "Discover", "Offer", "Request", "Decline", "ACK", "NACK", "Release", "Inform"];

export function printDhcp(bytes: Uint8Array, offset: number, end: number, length: number): string {
  if (offset + FIXED > end) return "BOOTP/DHCP, [|bootp]";
  const reply = bytes[offset]! === 2;
  const seen = new Options();
  if (offset + OPTIONS <= end && readU32(bytes, offset + OPTIONS - 4) === MAGIC_COOKIE)
    readOptions(bytes, offset + OPTIONS, end, seen);
  const type = seen.type > 0 && seen.type < TYPES.length ? TYPES[seen.type]! : reply ? "Reply" : "Request";
  const mac = formatMac(readU48(bytes, offset + 28) as Mac);
  let text = `BOOTP/DHCP, ${type} ${reply ? "to" : "from"} ${mac}, xid 0x${hexNumber(readU32(bytes, offset + 4))}`;
  const client = readU32(bytes, offset + 12);
  const yours = readU32(bytes, offset + 16);
  if (client !== 0) text += `, client ${formatIpv4(client)}`;
  if (yours !== 0) text += `, your ${formatIpv4(yours)}`;
  if (seen.requested !== 0) text += `, requested ${formatIpv4(seen.requested)}`;
  if (seen.server !== 0) text += `, server ${formatIpv4(seen.server)}`;
  if (seen.leaseTime >= 0) text += `, lease ${seen.leaseTime} s`;
  return `${text}, length ${length}`;
}

class Options {
  type = 0;
  requested = 0;
  server = 0;
  leaseTime = -1;
}

function readOptions(bytes: Uint8Array, from: number, end: number, seen: Options): void {
  let at = from;
  while (at < end) {
    const option = bytes[at]!;
    if (option === OPTION_END) return;
    if (option === OPTION_PAD) {
      at++;
      continue;
    }
    if (at + 2 > end) return;
    const length = bytes[at + 1]!;
    const value = at + 2;
    if (value + length > end) return;
    if (option === OPTION_MESSAGE_TYPE && length === 1) seen.type = bytes[value]!;
    else if (length === 4 && option === OPTION_REQUESTED_ADDRESS) seen.requested = readU32(bytes, value);
    else if (length === 4 && option === OPTION_SERVER_IDENTIFIER) seen.server = readU32(bytes, value);
    else if (length === 4 && option === OPTION_LEASE_TIME) seen.leaseTime = readU32(bytes, value);
    at = value + length;
  }
}
