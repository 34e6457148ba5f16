// DNS for people, as tcpdump writes it: "4711+ A? example.org. (29)", "4711 1/0/0 A 192.0.2.1 (45)".

import { formatIpv4 } from "../base/address.ts";
import { formatIpv6 } from "../base/address6.ts";
import { readU16, readU32 } from "../base/bytes.ts";
import { Cursor, HEADER_LENGTH, readName } from "./name.ts";
import { TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_OPT, TYPE_SOA } from "./wire.ts";

/** Records of an answer that are shown. */
const MOST_RECORDS = 3;
/** By RCODE (RFC 1035 4.1.1). */
const RCODES: readonly string[] = ["", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused"];

export function printDns(bytes: Uint8Array, offset: number, end: number, length: number): string {
  if (offset + HEADER_LENGTH > end) return "[|domain]";
  const flags = readU16(bytes, offset + 2);
  const response = (flags & 0x8000) !== 0;
  const cursor = new Cursor();
  cursor.at = offset + HEADER_LENGTH;
  let text = `${readU16(bytes, offset)}`;
  const questions = readU16(bytes, offset + 4);
  // Of more than one nobody makes sense.
  const question = questions === 1 ? printQuestion(bytes, offset, end, cursor) : "";
  const additional = readU16(bytes, offset + 10);
  if (!response) {
    const also = additional === 0 ? "" : ` [${additional}au]`;
    return `${text}${(flags & 0x0100) !== 0 ? "+" : ""}${also}${question} (${length})`;
  }
  const rcode = flags & 15;
  text += rcode < RCODES.length ? RCODES[rcode]! : ` rcode ${rcode}`;
  // AA, TC.
  text += `${(flags & 0x0400) !== 0 ? "*" : ""}${(flags & 0x0200) !== 0 ? "|" : ""}`;
  const answers = readU16(bytes, offset + 6);
  text += ` ${answers}/${readU16(bytes, offset + 8)}/${additional}`;
  for (let i = 0; i < answers && i < MOST_RECORDS && cursor.at >= 0; i++)
    text += printRecord(bytes, offset, end, cursor, i === 0 ? " " : ", ");
  return `${text} (${length})`;
}

/** Moves the cursor behind it; -1 there when it is not all there. */
function printQuestion(bytes: Uint8Array, message: number, end: number, cursor: Cursor): string {
  const name = readName(bytes, message, end, cursor);
  if (cursor.at < 0 || cursor.at + 4 > end) {
    cursor.at = -1;
    return " [|domain]";
  }
  const type = readU16(bytes, cursor.at);
  cursor.at += 4;
  return ` ${typeName(type)}? ${name}.`;
}

function printRecord(bytes: Uint8Array, message: number, end: number, cursor: Cursor, before: string): string {
  readName(bytes, message, end, cursor);
  if (cursor.at < 0 || cursor.at + 10 > end) {
    cursor.at = -1;
    return `${before}[|domain]`;
  }
  const type = readU16(bytes, cursor.at);
  const length = readU16(bytes, cursor.at + 8);
  const data = cursor.at + 10;
  cursor.at = data + length > end ? -1 : data + length;
  if (cursor.at < 0) return `${before}[|domain]`;
  let value = "";
  if (type === TYPE_A && length === 4) value = ` ${formatIpv4(readU32(bytes, data))}`;
  else if (type === TYPE_AAAA && length === 16) value = ` ${formatIpv6(bytes, data)}`;
  else if (type === TYPE_CNAME) {
    const target = new Cursor();
    target.at = data;
    value = ` ${readName(bytes, message, end, target)}.`;
  }
  return `${before}${typeName(type)}${value}`;
}

function typeName(type: number): string {
  switch (type) {
    case TYPE_A:
      return "A";
    case TYPE_AAAA:
      return "AAAA";
    case TYPE_CNAME:
      return "CNAME";
    case TYPE_SOA:
      return "SOA";
    case TYPE_OPT:
      return "OPT";
    default:
      return `Type${type}`;
  }
}
