// Neighbour discovery for people, as tcpdump writes it.

import { ADDRESS6_LENGTH, formatIpv6 } from "../base/address6.ts";
import { readU16 } from "../base/bytes.ts";
import {
  ADVERTISEMENT_OPTIONS,
  OPTION_LIMIT,
  OPTION_PREFIX,
  TYPE_NEIGHBOUR_ADVERTISEMENT,
  TYPE_NEIGHBOUR_SOLICITATION,
  TYPE_REDIRECT,
  TYPE_ROUTER_ADVERTISEMENT,
  TYPE_ROUTER_SOLICITATION,
} from "./wire.ts";

const TARGET = 8;
const PREFIX_OPTION_LENGTH = 32;
/** Prefixes of one advertisement that are shown. */
const MOST_PREFIXES = 3;

export function printNd(bytes: Uint8Array, offset: number, end: number): string {
  const type = offset < end ? bytes[offset]! : 0;
  if (type === TYPE_ROUTER_SOLICITATION) return "router solicitation";
  if (type === TYPE_ROUTER_ADVERTISEMENT) return printAdvertisement(bytes, offset, end);
  if (offset + TARGET + ADDRESS6_LENGTH > end) return "[|nd]";
  const target = formatIpv6(bytes, offset + TARGET);
  switch (type) {
    case TYPE_NEIGHBOUR_SOLICITATION:
      return `neighbor solicitation, who has ${target}`;
    case TYPE_NEIGHBOUR_ADVERTISEMENT:
      return `neighbor advertisement, tgt is ${target}`;
    case TYPE_REDIRECT:
      return `redirect, to ${target}`;
    default:
      return `neighbor discovery, type ${type}`;
  }
}

function printAdvertisement(bytes: Uint8Array, offset: number, end: number): string {
  if (offset + ADVERTISEMENT_OPTIONS > end) return "router advertisement, [|nd]";
  let text = `router advertisement, lifetime ${readU16(bytes, offset + 6)}s`;
  let shown = 0;
  let at = offset + ADVERTISEMENT_OPTIONS;
  for (let count = 0; count < OPTION_LIMIT && at + PREFIX_OPTION_LENGTH <= end; count++) {
    const length = bytes[at + 1]! * 8;
    if (length === 0) break;
    if (bytes[at]! === OPTION_PREFIX && length === PREFIX_OPTION_LENGTH && shown < MOST_PREFIXES) {
      text += `, prefix ${formatIpv6(bytes, at + 16)}/${bytes[at + 2]!}`;
      shown++;
    }
    at += length;
  }
  return text;
}
