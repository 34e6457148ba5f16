// Where a record begins and ends (RFC 8446 5.1).

import { readU16 } from "../base/bytes.ts";
import { RECORD_OVERFLOW, UNEXPECTED_MESSAGE } from "./alerts.ts";
import { ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE } from "./codes.ts";
import { MOST_CONTENT, MOST_SEALED, RECORD_HEADER } from "./limits.ts";

/**
 * The length of the record at `offset`, its header included, of which `available` bytes have come; 0: its header has not.
 * The rest need not have. Negative: no record begins so, an alert's number. The version is legacy and says nothing but
 * that this is TLS.
 */
export function recordLength(bytes: Uint8Array, offset: number, available: number): number {
  if (available < 1) return 0;
  const type = bytes[offset]!;
  if (type < CHANGE_CIPHER_SPEC || type > APPLICATION_DATA) return -UNEXPECTED_MESSAGE;
  if (available >= 2 && bytes[offset + 1]! !== 3) return -UNEXPECTED_MESSAGE;
  if (available < RECORD_HEADER) return 0;
  const length = readU16(bytes, offset + 3);
  if (length > (type === APPLICATION_DATA ? MOST_SEALED : MOST_CONTENT)) return -RECORD_OVERFLOW;
  // 5.1: only data may be empty.
  if (length === 0 && (type === HANDSHAKE || type === ALERT || type === CHANGE_CIPHER_SPEC)) return -UNEXPECTED_MESSAGE;
  return RECORD_HEADER + length;
}

/** Whether this is how a request in the clear begins, on a port where TLS is spoken: a method, in capitals. */
export function looksLikeHttp(bytes: Uint8Array, offset: number, length: number): boolean {
  if (length === 0) return false;
  for (let i = 0; i < Math.min(length, 3); i++) {
    const c = bytes[offset + i]!;
    if (c < 65 || c > 90) return false;
  }
  return true;
}

/** The bytes are one record and nothing else, as far as its header tells. */
export function isOneRecord(bytes: Uint8Array, offset: number, length: number): boolean {
  return length >= RECORD_HEADER && length === RECORD_HEADER + bytes[offset + 3]! * 256 + bytes[offset + 4]!;
}
