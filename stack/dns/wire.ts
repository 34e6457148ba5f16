// DNS messages (RFC 1035 4) as a stub resolver writes and reads them. Names are lower-case ASCII strings without the
// final dot; what a hostname cannot hold never matches.

import { readU16, readU32, writeU16 } from "../base/bytes.ts";

export const DNS_PORT = 53;
export const HEADER_LENGTH = 12;
export const TYPE_A = 1;
export const TYPE_CNAME = 5;
export const TYPE_SOA = 6;
export const TYPE_AAAA = 28;

// RFC 1035 2.3.4: 63 bytes to a label, 255 to a name on the wire, which leaves 253 characters.
export const LABEL_LIMIT = 63;
export const NAME_LIMIT = 253;
/** Header, the longest name, type and class. */
export const LARGEST_QUERY = HEADER_LENGTH + 255 + 4;
/** Compression pointers followed in one name. Each must point backwards, so more cannot be honest. */
export const POINTER_LIMIT = 32;
/** Records looked at in one message. */
export const RECORD_LIMIT = 64;
/** Aliases followed. */
export const CHAIN_LIMIT = 8;
/** Addresses taken from one answer. */
export const ADDRESS_LIMIT = 16;

export const RCODE_NO_ERROR = 0;
export const RCODE_FORMAT_ERROR = 1;
export const RCODE_SERVER_FAILURE = 2;
export const RCODE_NO_SUCH_NAME = 3;
export const RCODE_REFUSED = 5;

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
  rcode = 0;
  /**
   * The addresses at the end of the alias chain: for A one number each, for AAAA four numbers of 32 bits each, the
   * first the most significant.
   */
  addresses: number[] = [];
  /** Seconds that the answer, or its absence (RFC 2308 5), may be kept; 0: not at all. */
  timeToLive = 0;
  /** Where the alias chain ends: the name asked for when there is none. */
  canonicalName = "";
  /** An SOA in the authority section: that there are no addresses is the final word (RFC 2308 2.2). */
  authoritativeAbsence = false;
}

/** The name in lower case without a final dot; "" when it is not a hostname (letters, digits, "-", "_", dots). */
export function normalizeName(name: string): string {
  const end = name.length > 0 && name.charAt(name.length - 1) === "." ? name.length - 1 : name.length;
  if (end === 0 || end > NAME_LIMIT) return "";
  let clean = "";
  let label = 0;
  for (let i = 0; i < end; i++) {
    let c = name.charCodeAt(i);
    if (c >= 65 && c <= 90) c += 32;
    if (c === 46) {
      if (label === 0) return "";
      label = 0;
    } else {
      if (!((c >= 97 && c <= 122) || (c >= 48 && c <= 57) || c === 45 || c === 95)) return "";
      label++;
      if (label > LABEL_LIMIT) return "";
    }
    clean += String.fromCharCode(c);
  }
  return label === 0 ? "" : clean;
}

/** Writes a recursive query for a normalized name. Returns its length, at most LARGEST_QUERY. */
export function encodeQuery(bytes: Uint8Array, offset: number, id: number, name: string, type: number): number {
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
    } else bytes[at] = c;
    at++;
  }
  bytes[lengthAt] = 0;
  writeU16(bytes, at, type);
  writeU16(bytes, at + 2, CLASS_IN);
  return at + 4 - offset;
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
  cursor.at += 4;
  if ((flags & 0x0200) !== 0) {
    answer.truncated = true;
    return 0;
  }
  return decodeRecords(bytes, offset, end, cursor, type, answer);
}

const CLASS_IN = 1;

/** Where reading goes on in a message; -1 after damage. */
class Cursor {
  at = 0;
}

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
  const aliases: Alias[] = [];
  const records: AddressRecord[] = [];
  let negative = 0;
  const count = Math.min(answers + authorities, RECORD_LIMIT);
  for (let i = 0; i < count; i++) {
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
    const words = type === TYPE_A ? 1 : 4;
    for (let i = 0; i < words; i++) answer.addresses.push(readU32(bytes, record.at + i * 4));
  }
  if (count > 0) answer.timeToLive = least;
}

/** RFC 2181 8: a TTL with the highest bit set is zero. Nothing is believed for longer than a day. */
function ttl(seconds: number): number {
  return seconds > 0x7fffffff ? 0 : Math.min(seconds, LONGEST_TTL);
}

const LONGEST_TTL = 86_400;

/**
 * Reads the name at the cursor (RFC 1035 4.1.4) and moves it behind; -1 there on damage. A label that no hostname has
 * makes the name "?", which equals no name asked for. The root is "?", too.
 */
function readName(bytes: Uint8Array, message: number, end: number, cursor: Cursor): string {
  let name = "";
  let at = cursor.at;
  let after = -1;
  let pointers = 0;
  let strange = false;
  let wireLength = 1;
  while (at < end) {
    const length = bytes[at]!;
    if (length === 0) {
      cursor.at = after >= 0 ? after : at + 1;
      return strange || name === "" ? "?" : name;
    }
    if (length >= 0xc0) {
      if (at + 2 > end) break;
      const target = message + (readU16(bytes, at) & 0x3fff);
      if (after < 0) after = at + 2;
      // Pointers go backwards only, so the walk ends.
      if (target >= at || target < message + HEADER_LENGTH || pointers >= POINTER_LIMIT) break;
      pointers++;
      at = target;
      continue;
    }
    wireLength += length + 1;
    if (length > LABEL_LIMIT || at + 1 + length > end || wireLength > 255) break;
    if (name !== "") name += ".";
    for (let i = at + 1; i <= at + length; i++) {
      let c = bytes[i]!;
      if (c >= 65 && c <= 90) c += 32;
      if (c === 46 || c <= 32 || c >= 127) strange = true;
      name += String.fromCharCode(c);
    }
    at += length + 1;
  }
  cursor.at = -1;
  return "?";
}
