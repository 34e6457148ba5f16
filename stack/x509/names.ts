// Whom a certificate is for (RFC 9525): a host name or an address is looked for among its subject alternative names. The
// common name is never looked at (6.3), a wildcard is the whole leftmost label (6.3), an address is an iPAddress (6.4).

import { formatIpv4, parseIpv4 } from "../base/address.ts";
import { parseIpv6 as readIpv6 } from "../base/address6.ts";
import { readU16, readU32, writeU32 } from "../base/bytes.ts";
import { latin1 } from "../base/native.ts";
import { asciiLower } from "../base/text.ts";

import type { Certificate } from "./certificate.ts";
import { DerReader, NOTHING } from "./der.ts";
import { NAME_DNS, NAME_IP, takeGeneralName } from "./general-names.ts";
import { is } from "./oids.ts";
import { lower } from "./range.ts";

/** RFC 1035 2.3.4. */
const LABEL_LIMIT = 63;
const NAME_LIMIT = 253;

const DOT = 0x2e;
const STAR = 0x2a;

/** Whom we want to speak to: an address when it has bytes, else a host name. */
export class ReferenceName {
  /** As it was given. */
  text = "";
  /** Lower case, without a final dot; "" is no name, and is never found. */
  host = "";
  address: Uint8Array = NO_ADDRESS;
}

const NO_ADDRESS = new Uint8Array(0);

/** "git.example.org", "192.0.2.1", "2001:db8::1" or "[2001:db8::1]". */
export function referenceName(text: string): ReferenceName {
  const name = new ReferenceName();
  name.text = text;
  const bare =
    text.charAt(0) === "[" && text.charAt(text.length - 1) === "]" ? text.substring(1, text.length - 1) : text;
  if (bare.includes(":")) {
    name.address = parseIpv6(bare);
    return name;
  }
  const ipv4 = parseIpv4(bare);
  if (ipv4 !== undefined) {
    name.address = new Uint8Array(4);
    writeU32(name.address, 0, ipv4);
    return name;
  }
  const host = bare.charAt(bare.length - 1) === "." ? bare.substring(0, bare.length - 1) : bare;
  const small = asciiLower(host);
  if (isHostName(small)) name.host = small;
  return name;
}

/** Whether one of the certificate's names is this one. */
export function isFor(certificate: Certificate, name: ReferenceName): boolean {
  const { bytes, namesBegin, namesEnd } = certificate;
  const reader = new DerReader(bytes, namesBegin, namesEnd - namesBegin);
  while (reader.peek() !== NOTHING) {
    const tag = takeGeneralName(reader);
    if (name.address.length > 0) {
      if (tag === NAME_IP && is(bytes, reader.content, reader.contentEnd, name.address)) return true;
    } else if (tag === NAME_DNS && matchesHost(bytes, reader.content, reader.contentEnd, name.host)) return true;
  }
  return false;
}

/** The hosts, in lower case and wildcards among them, and addresses as text (IPv6 in full) that a certificate is for. */
export function namesOf(certificate: Certificate): readonly string[] {
  const { bytes, namesBegin, namesEnd } = certificate;
  const names: string[] = [];
  const reader = new DerReader(bytes, namesBegin, namesEnd - namesBegin);
  while (reader.peek() !== NOTHING) {
    const tag = takeGeneralName(reader);
    const { content, contentEnd } = reader;
    if (tag === NAME_DNS) names.push(asciiLower(latin1(bytes, content, contentEnd - content)));
    else if (tag === NAME_IP) names.push(addressText(bytes, content, contentEnd));
  }
  return names;
}

/** IPv6 is written in full. */
export function addressText(bytes: Uint8Array, begin: number, end: number): string {
  if (end - begin === 4) return formatIpv4(readU32(bytes, begin));
  let text = "";
  for (let i = begin; i < end; i += 2) {
    const group = readU16(bytes, i);
    text += (i === begin ? "" : ":") + HEX.charAt(group >> 12) + HEX.charAt((group >> 8) & 15);
    text += HEX.charAt((group >> 4) & 15) + HEX.charAt(group & 15);
  }
  return text;
}

const HEX = "0123456789abcdef";

/** Whether a dNSName, perhaps with a wildcard, is this host in lower case. */
export function matchesHost(bytes: Uint8Array, begin: number, end: number, host: string): boolean {
  if (host === "" || begin === end) return false;
  if (bytes[begin] !== STAR) return equalsText(bytes, begin, end, host, 0);
  // "*.example.org": one label, the first, and at least two behind it (as browsers do: nobody owns all of ".org").
  if (end - begin < 2 || bytes[begin + 1] !== DOT || labels(bytes, begin + 2, end) < 2) return false;
  const rest = host.indexOf(".");
  return rest > 0 && equalsText(bytes, begin + 1, end, host, rest);
}

function equalsText(bytes: Uint8Array, begin: number, end: number, text: string, from: number): boolean {
  if (end - begin !== text.length - from) return false;
  for (let i = begin; i < end; i++) if (lower(bytes[i]!) !== text.charCodeAt(from + i - begin)) return false;
  return true;
}

/** How many labels a name has; 0 when it is not one (letters, digits, "-", "_"; RFC 1123 2.1). */
export function labels(bytes: Uint8Array, begin: number, end: number): number {
  if (end - begin > NAME_LIMIT) return 0;
  let count = 1;
  let label = 0;
  for (let i = begin; i < end; i++) {
    const c = bytes[i]!;
    if (c === DOT) {
      if (label === 0) return 0;
      label = 0;
      count++;
    } else if (!isHostCharacter(c) || ++label > LABEL_LIMIT) return 0;
  }
  return label === 0 ? 0 : count;
}

function isHostCharacter(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || c === 45 || c === 95;
}

function isHostName(text: string): boolean {
  if (text.length > NAME_LIMIT) return false;
  let label = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === DOT) {
      if (label === 0) return false;
      label = 0;
    } else if (!isHostCharacter(c) || ++label > LABEL_LIMIT) return false;
  }
  return label !== 0;
}

/** The 16 bytes of an address as text, or none. */
export function parseIpv6(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  return readIpv6(text, bytes, 0) ? bytes : NO_ADDRESS;
}
