// The extensions of a certificate (RFC 5280 4.2) that decide whom it is for and what it may sign. Each is read to its
// last byte here, so that what is written in one and not understood is a fault of the certificate, not something passed over.

import {
  type Certificate,
  DECODE_EXTENSION,
  DECODE_EXTENSION_TWICE,
  DECODE_MALFORMED,
  DECODE_TOO_MANY_EXTENSIONS,
  USAGE_OTHER,
  USAGE_SERVER,
} from "./certificate.ts";
import { checkConstraints } from "./constraints.ts";
import {
  BIT_STRING,
  BOOLEAN,
  type DerReader,
  INTEGER,
  NOTHING,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  SEQUENCE,
} from "./der.ts";
import { takeGeneralName } from "./general-names.ts";
import {
  AUTHORITY_INFORMATION,
  AUTHORITY_KEY_IDENTIFIER,
  BASIC_CONSTRAINTS,
  CERTIFICATE_POLICIES,
  EXTENDED_KEY_USAGE,
  is,
  KEY_USAGE,
  NAME_CONSTRAINTS,
  SERVER_AUTHENTICATION,
  SUBJECT_ALTERNATIVE_NAME,
  SUBJECT_KEY_IDENTIFIER,
  same,
} from "./oids.ts";

/** Extensions of one certificate; those in use have a dozen. */
export const EXTENSION_LIMIT = 32;

/** Reads Extensions. Returns 0 or DECODE_*. */
export function decodeExtensions(reader: DerReader, certificate: Certificate): number {
  const { bytes } = reader;
  const outer = reader.enter(SEQUENCE);
  // Which of 2.5.29.0 to 63 have come, a bit for each; where the others lie.
  let low = 0;
  let high = 0;
  const others: number[] = [];
  let count = 0;
  do {
    if (count++ === EXTENSION_LIMIT) return DECODE_TOO_MANY_EXTENSIONS;
    const extension = reader.enter(SEQUENCE);
    reader.next(OBJECT_IDENTIFIER);
    const begin = reader.content;
    const end = reader.contentEnd;
    const critical = reader.peek() === BOOLEAN && reader.boolean();
    const outerValue = reader.enter(OCTET_STRING);
    if (reader.failed) return DECODE_MALFORMED;
    const number = standardNumber(bytes, begin, end);
    if (number >= 0) {
      const bit = 1 << (number & 31);
      if (((number < 32 ? low : high) & bit) !== 0) return DECODE_EXTENSION_TWICE;
      if (number < 32) low |= bit;
      else high |= bit;
    } else {
      for (let i = 0; i < others.length; i += 2)
        if (same(bytes, others[i]!, others[i + 1]!, bytes, begin, end)) return DECODE_EXTENSION_TWICE;
      others.push(begin, end);
    }
    const understood = readExtension(reader, certificate, number, begin, end);
    if (critical && !understood && certificate.criticalEnd === 0) {
      certificate.criticalBegin = begin;
      certificate.criticalEnd = end;
    }
    reader.leave(outerValue);
    if (reader.failed) return DECODE_EXTENSION;
    reader.leave(extension);
    if (reader.failed) return DECODE_MALFORMED;
  } while (reader.at < reader.end);
  reader.leave(outer);
  return reader.failed ? DECODE_MALFORMED : 0;
}

/** N of 2.5.29.N up to 63; -1: another. */
function standardNumber(bytes: Uint8Array, begin: number, end: number): number {
  if (end - begin !== 3 || bytes[begin] !== 0x55 || bytes[begin + 1] !== 0x1d) return -1;
  const number = bytes[begin + 2]!;
  return number < 64 ? number : -1;
}

/** Reads one, to its end. False: it is not one whose meaning is kept, so it must not be critical. */
function readExtension(
  reader: DerReader,
  certificate: Certificate,
  number: number,
  begin: number,
  end: number,
): boolean {
  if (number >= 0)
    switch (number) {
      case BASIC_CONSTRAINTS:
        readBasicConstraints(reader, certificate);
        return true;
      case KEY_USAGE:
        readKeyUsage(reader, certificate);
        return true;
      case EXTENDED_KEY_USAGE:
        readExtendedUsage(reader, certificate);
        return true;
      case SUBJECT_ALTERNATIVE_NAME:
        readNames(reader, certificate);
        return true;
      case NAME_CONSTRAINTS:
        certificate.constraintsBegin = reader.at;
        certificate.constraintsEnd = reader.end;
        checkConstraints(reader);
        return true;
      case SUBJECT_KEY_IDENTIFIER:
        reader.next(OCTET_STRING);
        certificate.subjectKeyBegin = reader.content;
        certificate.subjectKeyEnd = reader.contentEnd;
        return false;
      case AUTHORITY_KEY_IDENTIFIER:
        readAuthorityKey(reader, certificate);
        return false;
      case CERTIFICATE_POLICIES:
        // We ask for no policy, so any will do (6.1.1 c, d); what would demand one (4.2.1.11) is refused when critical.
        reader.at = reader.end;
        return true;
      default:
        break;
    }
  if (is(reader.bytes, begin, end, AUTHORITY_INFORMATION)) readAuthorityInformation(reader);
  else reader.at = reader.end;
  return false;
}

/** 4.2.1.9. */
function readBasicConstraints(reader: DerReader, certificate: Certificate): void {
  const outer = reader.enter(SEQUENCE);
  certificate.constrained = true;
  if (reader.peek() === BOOLEAN) certificate.authority = reader.boolean();
  if (reader.peek() === INTEGER) certificate.pathLength = reader.small();
  reader.leave(outer);
}

/** 4.2.1.3: bits that are not written are 0, and one at least is 1. */
function readKeyUsage(reader: DerReader, certificate: Certificate): void {
  reader.next(BIT_STRING);
  const { bytes, content, contentEnd } = reader;
  const length = contentEnd - content - 1;
  if (reader.failed || length < 1 || length > 2) {
    reader.fail();
    return;
  }
  const unused = bytes[content]!;
  const last = bytes[contentEnd - 1]!;
  const second = length === 2 ? last : 0;
  // X.690 11.2.1: unused bits are 0. Bits of 0 at the end (11.2.2) may be written: some do.
  if (unused > 7 || (last & ((1 << unused) - 1)) !== 0 || (bytes[content + 1]! | second) === 0) reader.fail();
  else certificate.keyUsage = bytes[content + 1]!;
}

/** 4.2.1.12. The one that stands for all others (anyExtendedKeyUsage) is not taken for serverAuth, as the web does. */
function readExtendedUsage(reader: DerReader, certificate: Certificate): void {
  const outer = reader.enter(SEQUENCE);
  certificate.extendedUsage = USAGE_OTHER;
  do {
    reader.next(OBJECT_IDENTIFIER);
    if (is(reader.bytes, reader.content, reader.contentEnd, SERVER_AUTHENTICATION))
      certificate.extendedUsage = USAGE_SERVER;
  } while (reader.peek() !== NOTHING);
  reader.leave(outer);
}

/** 4.2.1.6: one name at least. */
function readNames(reader: DerReader, certificate: Certificate): void {
  const outer = reader.enter(SEQUENCE);
  certificate.namesBegin = reader.at;
  certificate.namesEnd = reader.end;
  do takeGeneralName(reader);
  while (reader.peek() !== NOTHING);
  reader.leave(outer);
}

/** 4.2.1.1: three optional fields, of which the first is of use. */
function readAuthorityKey(reader: DerReader, certificate: Certificate): void {
  const outer = reader.enter(SEQUENCE);
  if (reader.peek() === 0x80) {
    reader.skip();
    certificate.authorityKeyBegin = reader.content;
    certificate.authorityKeyEnd = reader.contentEnd;
  }
  if (reader.peek() === 0xa1) reader.skip();
  if (reader.peek() === 0x82) reader.skip();
  reader.leave(outer);
}

/** 4.2.2.1: one description at least, a method and a name each. */
function readAuthorityInformation(reader: DerReader): void {
  const outer = reader.enter(SEQUENCE);
  do {
    const description = reader.enter(SEQUENCE);
    reader.next(OBJECT_IDENTIFIER);
    reader.skip();
    reader.leave(description);
  } while (reader.peek() !== NOTHING);
  reader.leave(outer);
}
