// A TCP segment for people, as tcpdump writes it with absolute sequence numbers (-S).

import { readU16, readU32 } from "../base/bytes.ts";
import {
  ACK,
  FIN,
  FLAGS,
  HEADER_LENGTH,
  OPTION_END,
  OPTION_MSS,
  OPTION_NOP,
  OPTION_SACK,
  OPTION_SACK_PERMITTED,
  OPTION_SCALE,
  OPTION_TIMESTAMPS,
  RST,
  SACK_BLOCK_LENGTH,
  SYN,
} from "./wire.ts";

/** The name of each flag, from the lowest bit on (RFC 9293 3.1). */
const FLAG_NAMES = "FSRP.UEW";
const URG = 0x20;

/** `length`: what IP says that it carries. */
export function printTcp(bytes: Uint8Array, offset: number, end: number, length: number): string {
  if (offset + HEADER_LENGTH > end || length < HEADER_LENGTH) return "[|tcp]";
  const headerLength = (bytes[offset + 12]! >>> 4) * 4;
  if (headerLength < HEADER_LENGTH || headerLength > length) return `[bad hdr length ${headerLength}]`;
  const flags = bytes[offset + FLAGS]!;
  const payload = length - headerLength;
  let text = `Flags [${flagNames(flags)}]`;
  const sequence = readU32(bytes, offset + 4);
  if (payload > 0) text += `, seq ${sequence}:${(sequence + payload) % 0x100000000}`;
  else if ((flags & (SYN | FIN | RST)) !== 0) text += `, seq ${sequence}`;
  if ((flags & ACK) !== 0) text += `, ack ${readU32(bytes, offset + 8)}`;
  text += `, win ${readU16(bytes, offset + 14)}`;
  if ((flags & URG) !== 0) text += `, urg ${readU16(bytes, offset + 18)}`;
  if (headerLength > HEADER_LENGTH) {
    const options = Math.min(end, offset + headerLength);
    text += `, options [${printOptions(bytes, offset + HEADER_LENGTH, options, options < offset + headerLength)}]`;
  }
  return `${text}, length ${payload}`;
}

function flagNames(flags: number): string {
  let names = "";
  for (let bit = 0; bit < 8; bit++) if (((flags >>> bit) & 1) === 1) names += FLAG_NAMES.charAt(bit);
  return names === "" ? "none" : names;
}

function printOptions(bytes: Uint8Array, from: number, end: number, cut: boolean): string {
  let text = "";
  let at = from;
  while (at < end) {
    const kind = bytes[at]!;
    const comma = text === "" ? "" : ",";
    if (kind === OPTION_END) return `${text}${comma}eol`;
    if (kind === OPTION_NOP) {
      text += `${comma}nop`;
      at++;
      continue;
    }
    const length = at + 1 < end ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > end) return `${text}${comma}${cut ? "[|tcp]" : `bad opt ${kind}`}`;
    text += comma + printOption(bytes, at, kind, length);
    at += length;
  }
  return text;
}

/** RFC 9293 3.2, RFC 7323, RFC 2018. */
function printOption(bytes: Uint8Array, at: number, kind: number, length: number): string {
  if (kind === OPTION_MSS && length === 4) return `mss ${readU16(bytes, at + 2)}`;
  if (kind === OPTION_SCALE && length === 3) return `wscale ${bytes[at + 2]!}`;
  if (kind === OPTION_SACK_PERMITTED && length === 2) return "sackOK";
  if (kind === OPTION_TIMESTAMPS && length === 10)
    return `TS val ${readU32(bytes, at + 2)} ecr ${readU32(bytes, at + 6)}`;
  if (kind !== OPTION_SACK || length % SACK_BLOCK_LENGTH !== 2) return `opt ${kind}`;
  let blocks = "";
  for (let block = at + 2; block + SACK_BLOCK_LENGTH <= at + length; block += SACK_BLOCK_LENGTH)
    blocks += `{${readU32(bytes, block)}:${readU32(bytes, block + 4)}}`;
  return `sack ${(length - 2) / SACK_BLOCK_LENGTH} ${blocks}`;
}
