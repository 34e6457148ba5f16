// Object identifiers as DER writes their content, and what is known of them.

import { equalBytes } from "../base/native.ts";

/** Bytes of hexadecimal digits. */
export function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length >> 1);
  for (let i = 0; i < bytes.length; i++) bytes[i] = digit(text, i * 2) * 16 + digit(text, i * 2 + 1);
  return bytes;
}

function digit(text: string, at: number): number {
  return "0123456789abcdef".indexOf(text.charAt(at));
}

/** Whether `bytes[begin .. end)` is exactly `what`. */
export function is(bytes: Uint8Array, begin: number, end: number, what: Uint8Array): boolean {
  return end - begin === what.length && equalBytes(bytes, begin, what, 0, what.length);
}

/** Whether two ranges hold the same bytes. */
export function same(
  a: Uint8Array,
  aBegin: number,
  aEnd: number,
  b: Uint8Array,
  bBegin: number,
  bEnd: number,
): boolean {
  return aEnd - aBegin === bEnd - bBegin && equalBytes(a, aBegin, b, bBegin, aEnd - aBegin);
}

// RFC 5280 4.2: certificate extensions are 2.5.29.N (55 1d N), one byte each.
export const SUBJECT_KEY_IDENTIFIER = 14;
export const KEY_USAGE = 15;
export const SUBJECT_ALTERNATIVE_NAME = 17;
export const BASIC_CONSTRAINTS = 19;
export const NAME_CONSTRAINTS = 30;
export const CERTIFICATE_POLICIES = 32;
export const AUTHORITY_KEY_IDENTIFIER = 35;
export const EXTENDED_KEY_USAGE = 37;

/** 1.3.6.1.5.5.7.1.1, authorityInfoAccess (RFC 5280 4.2.2.1). */
export const AUTHORITY_INFORMATION: Uint8Array = fromHex("2b06010505070101");
/** 1.3.6.1.5.5.7.3.1, id-kp-serverAuth (RFC 5280 4.2.1.12). */
export const SERVER_AUTHENTICATION: Uint8Array = fromHex("2b06010505070301");
/** 1.2.840.113549.1.9.1, emailAddress (RFC 5280 4.1.2.6). */
export const EMAIL_ADDRESS: Uint8Array = fromHex("2a864886f70d010901");
/** 2.5.4.3, commonName. */
export const COMMON_NAME: Uint8Array = fromHex("550403");
/** 1.2.840.113549.1.9.14, extensionRequest (RFC 2985 5.4.2). */
export const EXTENSION_REQUEST: Uint8Array = fromHex("2a864886f70d01090e");
