// DNS messages (RFC 1035 4) as a stub resolver writes and reads them. Names are lower-case ASCII strings without the
// final dot; what a hostname cannot hold never matches. Beside the question a query has an OPT record (EDNS(0), RFC 6891)
// with a cookie (RFC 7873).

import { formatIpv4 } from "../base/address.ts";
import { formatIpv6 } from "../base/address6.ts";
import { readU16, readU32, writeU16, writeU32 } from "../base/bytes.ts";
import { copyBytes } from "../base/native.ts";
import { Cursor, HEADER_LENGTH, readName, spelt } from "./name.ts";

export const DNS_PORT = 53;
export const TYPE_A = 1;
export const TYPE_CNAME = 5;
export const TYPE_SOA = 6;
export const TYPE_AAAA = 28;
/** RFC 6891 6.1.1. */
export const TYPE_OPT = 41;

/** Bytes of an answer over UDP that we ask for: what passes every path in one piece (IPv6's least MTU, 1,280). */
export const UDP_PAYLOAD = 1232;
/** RFC 7873 4: a client's cookie has 8 bytes, a server's, which follows it, from 8 to 32. */
export const CLIENT_COOKIE = 8;
export const LEAST_SERVER_COOKIE = 8;
export const COOKIE_LIMIT = CLIENT_COOKIE + 32;
/** An OPT record that holds a cookie: its name, type, size, flags and length, then option code and length. */
const OPT_LENGTH = 11;
const OPTION_COOKIE = 10;
/** Header, the longest name, type and class, and an OPT record with a cookie. */
export const LARGEST_QUERY = HEADER_LENGTH + 255 + 4 + OPT_LENGTH + 4 + COOKIE_LIMIT;
/** Records looked at in one message. */
export const RECORD_LIMIT = 128;
/** Aliases followed. */
export const CHAIN_LIMIT = 8;
/** Addresses taken from one answer. */
export const ADDRESS_LIMIT = 16;

export const RCODE_NO_ERROR = 0;
export const RCODE_FORMAT_ERROR = 1;
export const RCODE_SERVER_FAILURE = 2;
export const RCODE_NO_SUCH_NAME = 3;
export const RCODE_NOT_IMPLEMENTED = 4;
export const RCODE_REFUSED = 5;
/** RFC 6891 9: another version of EDNS. */
export const RCODE_BAD_VERSION = 16;
/** RFC 7873 8: the server does not know our cookie for it any more, and has sent the new one. */
export const RCODE_BAD_COOKIE = 23;

// Errors of decode.
export const DNS_TRUNCATED = 1;
/** Not a response to a standard query. */
export const DNS_NOT_A_RESPONSE = 2;
/** The question is not the one that was asked (RFC 5452 9.1). */
export const DNS_OTHER_QUESTION = 3;
/** A name or record that reaches beyond the message, or a pointer that goes forward. */
export const DNS_MALFORMED = 4;

export class DnsAnswer {
  id = 0;
  /** TC: the rest is to be asked for over TCP. The other fields are then empty. */
  truncated = false;
  /** With the eight bits that an OPT record adds. */
  rcode = 0;
  /** It repeats the question. False: a header that says no and is all there is. */
  question = false;
  /** It has an OPT record: the server speaks EDNS. */
  edns = false;
  /** Client's and server's cookie, the first `cookieLength` bytes; 0: there is none, or none that can be. */
  readonly cookie: Uint8Array = new Uint8Array(COOKIE_LIMIT);
  cookieLength = 0;
  /** The addresses at the end of the alias chain, as text. */
  addresses: string[] = [];
  /** Seconds that the answer, or its absence (RFC 2308 5), may be kept; 0: not at all. */
  timeToLive = 0;
  /** Where the alias chain ends: the name asked for when there is none. */
  canonicalName = "";
  /** An SOA in the authority section: that there are no addresses is the final word (RFC 2308 2.2). */
  authoritativeAbsence = false;
}

/**
 * Writes a recursive query for a normalized name. `spelling`: 32 bits, one for each letter in turn, that make it large.
 * Returns its length, at most LARGEST_QUERY together with what `addOptions` puts behind it.
 */
export function encodeQuery(
  bytes: Uint8Array,
  offset: number,
  id: number,
  name: string,
  type: number,
  spelling: number,
): number {
  writeU16(bytes, offset, id);
  // RD; one question.
  writeU16(bytes, offset + 2, 0x0100);
  writeU16(bytes, offset + 4, 1);
  writeU16(bytes, offset + 6, 0);
  writeU16(bytes, offset + 8, 0);
  writeU16(bytes, offset + 10, 0);
  let lengthAt = offset + HEADER_LENGTH;
  let at = lengthAt + 1;
  for (let i = 0; i <= name.length; i++) {
    const c = i < name.length ? name.charCodeAt(i) : 46;
    if (c === 46) {
      bytes[lengthAt] = at - lengthAt - 1;
      lengthAt = at;
    } else bytes[at] = spelt(c, i, spelling);
    at++;
  }
  bytes[lengthAt] = 0;
  writeU16(bytes, at, type);
  writeU16(bytes, at + 2, CLASS_IN);
  return at + 4 - offset;
}

/**
 * Adds an OPT record with the first `cookieLength` bytes of `cookie` to the query of `length` bytes at `offset`. Returns
 * the new length.
 */
export function addOptions(
  bytes: Uint8Array,
  offset: number,
  length: number,
  cookie: Uint8Array,
  cookieLength: number,
): number {
  writeU16(bytes, offset + 10, 1);
  const at = offset + length;
  // RFC 6891 6.1.2: the root, type, size in the class's place; extended RCODE, version and flags are 0.
  bytes[at] = 0;
  writeU16(bytes, at + 1, TYPE_OPT);
  writeU16(bytes, at + 3, UDP_PAYLOAD);
  writeU32(bytes, at + 5, 0);
  writeU16(bytes, at + 9, 4 + cookieLength);
  writeU16(bytes, at + OPT_LENGTH, OPTION_COOKIE);
  writeU16(bytes, at + OPT_LENGTH + 2, cookieLength);
  copyBytes(bytes, at + OPT_LENGTH + 4, cookie, 0, cookieLength);
  return length + OPT_LENGTH + 4 + cookieLength;
}

/**
 * Reads a response at `offset` to the query for this name and type. Follows its aliases. Returns 0 or an error; the id
 * is the caller's to compare (it is set whenever the header could be read).
 */
export function decodeResponse(
  bytes: Uint8Array,
  offset: number,
  length: number,
  name: string,
  type: number,
  answer: DnsAnswer,
): number {
  answer.id = 0;
  answer.truncated = false;
  answer.rcode = 0;
  answer.question = false;
  answer.edns = false;
  answer.cookieLength = 0;
  answer.addresses = [];
  answer.timeToLive = 0;
  answer.canonicalName = name;
  answer.authoritativeAbsence = false;
  if (length < HEADER_LENGTH) return DNS_TRUNCATED;
  answer.id = readU16(bytes, offset);
  const flags = readU16(bytes, offset + 2);
  // QR set, OPCODE 0.
  if ((flags & 0xf800) !== 0x8000) return DNS_NOT_A_RESPONSE;
  answer.rcode = flags & 15;
  const end = offset + length;
  const cursor = new Cursor();
  cursor.at = offset + HEADER_LENGTH;
  const questions = readU16(bytes, offset + 4);
  if (questions !== 1) {
    // A server that cannot or will not answer may send the header alone; nothing more is believed of such.
    const failed = answer.rcode !== RCODE_NO_ERROR && answer.rcode !== RCODE_NO_SUCH_NAME;
    return questions === 0 && failed ? 0 : DNS_OTHER_QUESTION;
  }
  const asked = readName(bytes, offset, end, cursor);
  if (cursor.at < 0 || cursor.at + 4 > end) return DNS_MALFORMED;
  if (asked !== name || readU16(bytes, cursor.at) !== type || readU16(bytes, cursor.at + 2) !== CLASS_IN)
    return DNS_OTHER_QUESTION;
  answer.question = true;
  cursor.at += 4;
  if ((flags & 0x0200) !== 0) {
    answer.truncated = true;
    return 0;
  }
  return decodeRecords(bytes, offset, end, cursor, type, answer);
}

/** A server that does not know EDNS, or this version of it, says so (RFC 6891 6.1.3, 7). */
export function isForeignToEdns(rcode: number): boolean {
  return rcode === RCODE_FORMAT_ERROR || rcode === RCODE_NOT_IMPLEMENTED || rcode === RCODE_BAD_VERSION;
}

const CLASS_IN = 1;

class Alias {
  owner = "";
  target = "";
  timeToLive = 0;
}

class AddressRecord {
  owner = "";
  at = 0;
  timeToLive = 0;
}

function decodeRecords(
  bytes: Uint8Array,
  offset: number,
  end: number,
  cursor: Cursor,
  type: number,
  answer: DnsAnswer,
): number {
  const answers = readU16(bytes, offset + 6);
  const authorities = readU16(bytes, offset + 8);
  const additional = readU16(bytes, offset + 10);
  const aliases: Alias[] = [];
  const records: AddressRecord[] = [];
  let negative = 0;
  const count = Math.min(answers + authorities + additional, RECORD_LIMIT);
  for (let i = 0; i < count; i++) {
    const root = cursor.at < end && bytes[cursor.at] === 0;
    const owner = readName(bytes, offset, end, cursor);
    if (cursor.at < 0 || cursor.at + 10 > end) return DNS_MALFORMED;
    const recordType = readU16(bytes, cursor.at);
    const inClass = readU16(bytes, cursor.at + 2) === CLASS_IN;
    const timeToLive = ttl(readU32(bytes, cursor.at + 4));
    const dataLength = readU16(bytes, cursor.at + 8);
    const data = cursor.at + 10;
    const next = data + dataLength;
    if (next > end) return DNS_MALFORMED;
    if (inClass && i < answers && recordType === TYPE_CNAME) {
      const alias = new Alias();
      cursor.at = data;
      alias.owner = owner;
      alias.target = readName(bytes, offset, end, cursor);
      alias.timeToLive = timeToLive;
      if (cursor.at !== next) return DNS_MALFORMED;
      aliases.push(alias);
    } else if (inClass && i < answers && recordType === type) {
      if (dataLength !== (type === TYPE_A ? 4 : 16)) return DNS_MALFORMED;
      const record = new AddressRecord();
      record.owner = owner;
      record.at = data;
      record.timeToLive = timeToLive;
      records.push(record);
    } else if (i >= answers + authorities) {
      // RFC 6891 6.1.1: of the root, and no second one.
      if (recordType === TYPE_OPT && (!root || answer.edns)) return DNS_MALFORMED;
      if (recordType === TYPE_OPT) decodeOptions(bytes, cursor.at, next, answer);
    } else if (inClass && i >= answers && recordType === TYPE_SOA && dataLength >= 22) {
      // RFC 2308 5: the smaller of the record's own TTL and its MINIMUM, the last field.
      negative = Math.min(timeToLive, ttl(readU32(bytes, next - 4)));
      answer.authoritativeAbsence = true;
    }
    cursor.at = next;
  }
  follow(bytes, aliases, records, type, answer);
  if (answer.addresses.length === 0) answer.timeToLive = negative;
  else answer.authoritativeAbsence = false;
  return 0;
}

/** The OPT record whose type stands at `at`. Options that reach beyond it, or whose length cannot be, are left out. */
function decodeOptions(bytes: Uint8Array, at: number, end: number, answer: DnsAnswer): void {
  answer.edns = true;
  answer.rcode = (bytes[at + 4]! << 4) | answer.rcode;
  let option = at + 10;
  while (option + 4 <= end) {
    const length = readU16(bytes, option + 2);
    if (option + 4 + length > end) return;
    const whole = length === CLIENT_COOKIE || length >= CLIENT_COOKIE + LEAST_SERVER_COOKIE;
    if (readU16(bytes, option) === OPTION_COOKIE && whole && length <= COOKIE_LIMIT) {
      copyBytes(answer.cookie, 0, bytes, option + 4, length);
      answer.cookieLength = length;
      return;
    }
    option += 4 + length;
  }
}

/** Walks the alias chain and collects the addresses at its end, with the smallest TTL on the way. */
function follow(
  bytes: Uint8Array,
  aliases: readonly Alias[],
  records: readonly AddressRecord[],
  type: number,
  answer: DnsAnswer,
): void {
  let name = answer.canonicalName;
  let least = LONGEST_TTL;
  for (let step = 0; step < CHAIN_LIMIT; step++) {
    let found = false;
    for (const alias of aliases) {
      if (alias.owner !== name || alias.target === "") continue;
      name = alias.target;
      least = Math.min(least, alias.timeToLive);
      found = true;
      break;
    }
    if (!found) break;
  }
  answer.canonicalName = name;
  let count = 0;
  for (const record of records) {
    if (record.owner !== name || count >= ADDRESS_LIMIT) continue;
    count++;
    least = Math.min(least, record.timeToLive);
    answer.addresses.push(type === TYPE_A ? formatIpv4(readU32(bytes, record.at)) : formatIpv6(bytes, record.at));
  }
  if (count > 0) answer.timeToLive = least;
}

/** RFC 2181 8: a TTL with the highest bit set is zero. Nothing is believed for longer than a day. */
function ttl(seconds: number): number {
  return seconds > 0x7fffffff ? 0 : Math.min(seconds, LONGEST_TTL);
}

const LONGEST_TTL = 86_400;
