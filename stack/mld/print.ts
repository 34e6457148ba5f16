// Multicast listener discovery for people, as tcpdump writes it.

import { ADDRESS6_LENGTH, formatIpv6 } from "../base/address6.ts";
import { readU16 } from "../base/bytes.ts";
import { REPORT_HEADER, TYPE_DONE_1, TYPE_QUERY, TYPE_REPORT_1, TYPE_REPORT_2 } from "./wire.ts";

const GROUP = 8;
/** Where the group of a record lies in it. */
const RECORD_GROUP = 4;

export function printMld(bytes: Uint8Array, offset: number, end: number): string {
  const type = offset < end ? bytes[offset]! : 0;
  if (type === TYPE_REPORT_2) {
    if (offset + REPORT_HEADER > end) return "multicast listener report v2, [|mld]";
    const group = offset + REPORT_HEADER + RECORD_GROUP;
    const first = group + ADDRESS6_LENGTH > end ? "" : `, gaddr ${formatIpv6(bytes, group)}`;
    return `multicast listener report v2, ${readU16(bytes, offset + 6)} group record(s)${first}`;
  }
  if (offset + GROUP + ADDRESS6_LENGTH > end) return "[|mld]";
  const group = formatIpv6(bytes, offset + GROUP);
  switch (type) {
    case TYPE_QUERY:
      return `multicast listener query, max resp delay ${readU16(bytes, offset + 4)}, addr ${group}`;
    case TYPE_REPORT_1:
      return `multicast listener report, addr ${group}`;
    case TYPE_DONE_1:
      return `multicast listener done, addr ${group}`;
    default:
      return `multicast listener, type ${type}`;
  }
}
