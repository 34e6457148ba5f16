// Certificates from bytes: RFC 5280 4.1 and, for dates, 4.1.2.5. Offsets only; see certificate.ts.

import { secondsOf } from "../base/time.ts";
import { isPublicKey, KEY_UNSUPPORTED, keyAlgorithm, signatureAlgorithm } from "./algorithms.ts";
import {
  type Certificate,
  DECODE_ALGORITHMS_DIFFER,
  DECODE_DATE,
  DECODE_MALFORMED,
  DECODE_SERIAL,
  DECODE_TOO_LONG,
  DECODE_VERSION,
} from "./certificate.ts";
import { DerReader, GENERALIZED_TIME, SEQUENCE, UTC_TIME } from "./der.ts";
import { decodeExtensions } from "./extensions.ts";
import { same } from "./oids.ts";

/** What is longer is not looked at: TLS allows 2^24 bytes, certificates in use have 10,000 at most. */
export const CERTIFICATE_LIMIT = 65_535;
/** RFC 5280 4.1.2.2. */
export const SERIAL_LIMIT = 20;

/** Before every date. */
const NO_TIME = -1e15;

const VERSION = 0xa0;
const ISSUER_UNIQUE_ID = 0x81;
const SUBJECT_UNIQUE_ID = 0x82;
const EXTENSIONS = 0xa3;

/**
 * Fills a new `certificate` from `bytes[offset .. offset + length)`, which it keeps. Returns 0, or DECODE_*, and then
 * the certificate means nothing. Never throws.
 */
export function decodeCertificate(bytes: Uint8Array, offset: number, length: number, certificate: Certificate): number {
  if (length > CERTIFICATE_LIMIT) return DECODE_TOO_LONG;
  certificate.bytes = bytes;
  certificate.begin = offset;
  certificate.end = offset + length;
  const reader = new DerReader(bytes, offset, length);
  const all = reader.enter(SEQUENCE);
  certificate.tbsBegin = reader.at;
  const signed = reader.enter(SEQUENCE);
  certificate.version = readVersion(reader);
  reader.integer();
  const { content: serialBegin, contentEnd: serialEnd } = reader;
  certificate.serialBegin = serialBegin;
  certificate.serialEnd = serialEnd;
  reader.next(SEQUENCE);
  const { content: algorithmBegin, contentEnd: algorithmEnd } = reader;
  certificate.issuerBegin = reader.at;
  reader.next(SEQUENCE);
  certificate.issuerEnd = reader.at;
  const validity = reader.enter(SEQUENCE);
  certificate.notBefore = readTime(reader);
  certificate.notAfter = readTime(reader);
  reader.leave(validity);
  certificate.subjectBegin = reader.at;
  reader.next(SEQUENCE);
  certificate.subjectEnd = reader.at;
  readKeyInfo(reader, certificate);
  // Nobody uses the two; they mean nothing.
  if (reader.peek() === ISSUER_UNIQUE_ID) reader.skip();
  if (reader.peek() === SUBJECT_UNIQUE_ID) reader.skip();
  if (reader.failed) return DECODE_MALFORMED;
  if (certificate.version === 0) return DECODE_VERSION;
  if (serialEnd - serialBegin > SERIAL_LIMIT || bytes[serialBegin]! >= 0x80) return DECODE_SERIAL;
  if (certificate.notBefore === NO_TIME || certificate.notAfter === NO_TIME) return DECODE_DATE;
  if (reader.peek() === EXTENSIONS) {
    // 4.1.2.9: in version 3 only.
    if (certificate.version !== 3) return DECODE_VERSION;
    const outer = reader.enter(EXTENSIONS);
    const fault = decodeExtensions(reader, certificate);
    if (fault !== 0) return fault;
    reader.leave(outer);
  }
  certificate.tbsEnd = reader.at;
  reader.leave(signed);
  reader.next(SEQUENCE);
  const { content, contentEnd } = reader;
  reader.octetsOfBits();
  certificate.signatureBegin = reader.content;
  certificate.signatureEnd = reader.contentEnd;
  reader.leave(all);
  if (reader.failed || reader.at !== certificate.end) return DECODE_MALFORMED;
  // 4.1.1.2, 4.1.2.3: what is signed says how it is signed.
  if (!same(bytes, algorithmBegin, algorithmEnd, bytes, content, contentEnd)) return DECODE_ALGORITHMS_DIFFER;
  certificate.signed = signatureAlgorithm(bytes, content, contentEnd);
  return 0;
}

/** 1 to 3; 0: another. */
function readVersion(reader: DerReader): number {
  if (reader.peek() !== VERSION) return 1;
  const outer = reader.enter(VERSION);
  const version = reader.small() + 1;
  reader.leave(outer);
  // X.690 11.5: the default, 1, is not written.
  return version === 2 || version === 3 ? version : 0;
}

/** SubjectPublicKeyInfo (4.1.2.7). */
export function readKeyInfo(reader: DerReader, certificate: Certificate): void {
  certificate.keyInfoBegin = reader.at;
  const outer = reader.enter(SEQUENCE);
  reader.next(SEQUENCE);
  const { content, contentEnd } = reader;
  reader.octetsOfBits();
  certificate.keyBegin = reader.content;
  certificate.keyEnd = reader.contentEnd;
  reader.leave(outer);
  certificate.keyInfoEnd = reader.at;
  if (reader.failed) return;
  const family = keyAlgorithm(reader.bytes, content, contentEnd);
  const { keyBegin, keyEnd } = certificate;
  // A key that is not of its form is one that we cannot use; nobody need ask for it.
  certificate.keyFamily = isPublicKey(family, reader.bytes, keyBegin, keyEnd) ? family : KEY_UNSUPPORTED;
}

/**
 * UTCTime YYMMDDhhmmssZ, where 50 is 1950, or GeneralizedTime YYYYMMDDhhmmssZ (4.1.2.5.1, 4.1.2.5.2), in seconds since
 * 1970; NO_TIME when it is no date.
 */
function readTime(reader: DerReader): number {
  const tag = reader.peek() === UTC_TIME ? UTC_TIME : GENERALIZED_TIME;
  reader.next(tag);
  const { bytes, content, contentEnd } = reader;
  const yearDigits = tag === UTC_TIME ? 2 : 4;
  const length = yearDigits + 11;
  if (reader.failed || contentEnd - content !== length || bytes[contentEnd - 1] !== 0x5a) return NO_TIME;
  const short = two(bytes, content);
  if (short < 0) return NO_TIME;
  const year = tag === UTC_TIME ? short + (short >= 50 ? 1900 : 2000) : short * 100 + two(bytes, content + 2);
  const rest = content + yearDigits;
  const month = two(bytes, rest);
  const day = two(bytes, rest + 2);
  const hour = two(bytes, rest + 4);
  const minute = two(bytes, rest + 6);
  const second = two(bytes, rest + 8);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return NO_TIME;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return NO_TIME;
  return secondsOf(year, month, day, hour, minute, second);
}

/** Two decimal digits; less than -99 when they are none. */
function two(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 0x30;
  const ones = bytes[at + 1]! - 0x30;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -10_000 : tens * 10 + ones;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
