/// <reference path="../base/native.d.ts" />
// What a client of SNTP writes and reads: RFC 4330 4 and 5 over the header of RFC 5905 7.3. Extension fields and
// authenticators behind the header are left unread.

import { readU32, writeU32 } from "../base/bytes.ts";
import { zeroBytes } from "../base/native.ts";

export const NTP_PORT = 123;
/** The header (RFC 5905 7.3, figure 8). */
export const HEADER_LENGTH = 48;

/** RFC 5905 7.3: version 4, mode 3 (client), leap indicator 0. */
const CLIENT = 0x23;
const MODE_SERVER = 4;
const LEAST_VERSION = 3;
const MOST_VERSION = 4;
/** Leap indicator: the server's clock is not set. */
const LEAP_UNKNOWN = 3;
/** RFC 5905 7.3: 16 and above is "not synchronised" or reserved. */
const MOST_STRATUM = 15;
/** RFC 4330 5: what the server itself knows of its clock; a second or more is no use. 16.16 fixed point. */
const LONGEST_ROOT = 0x10000;

/** Seconds from the beginning of 1900 to that of 1970. */
const EPOCH = 2_208_988_800;
const TWO_32 = 0x100000000;

// Errors of decode.
export const NTP_TRUNCATED = 1;
/** Not an answer of a server, or one of a version that is not spoken. */
export const NTP_NOT_AN_ANSWER = 2;
/** It does not repeat what was asked with: late, or forged (RFC 4330 5: originate timestamp). */
export const NTP_OTHER_QUESTION = 3;
/** The server says that its clock is not set, or that it is far from one that is. */
export const NTP_UNSYNCHRONISED = 4;
/** Kiss-o'-death (RFC 4330 8): the server wants to be left alone. */
export const NTP_REFUSED = 5;

export class NtpAnswer {
  // Milliseconds since 1970, with a fraction.
  /** When the question came to the server, and when its answer left. */
  receivedMs = 0;
  sentMs = 0;
  stratum = 0;
  /** How wrong the server's own clock may be (RFC 5905 11.2: half the root delay, and the root dispersion). */
  rootErrorMs = 0;
}

/**
 * Writes a question of HEADER_LENGTH bytes at the start of `into`. The two numbers (32 bits each, unpredictable) stand
 * where our time would: the server repeats them, and learns nothing of our clock.
 */
export function encodeQuestion(into: Uint8Array, nonceHigh: number, nonceLow: number): void {
  zeroBytes(into, 0, HEADER_LENGTH);
  into[0] = CLIENT;
  writeU32(into, 40, nonceHigh);
  writeU32(into, 44, nonceLow);
}

/** Reads the answer to the question with these numbers. 0, or an NTP_ error, and then `answer` means nothing. */
export function decodeAnswer(
  bytes: Uint8Array,
  offset: number,
  length: number,
  nonceHigh: number,
  nonceLow: number,
  answer: NtpAnswer,
): number {
  if (length < HEADER_LENGTH) return NTP_TRUNCATED;
  const first = bytes[offset]!;
  const version = (first >>> 3) & 7;
  if ((first & 7) !== MODE_SERVER || version < LEAST_VERSION || version > MOST_VERSION) return NTP_NOT_AN_ANSWER;
  if (readU32(bytes, offset + 24) !== nonceHigh || readU32(bytes, offset + 28) !== nonceLow) return NTP_OTHER_QUESTION;
  const stratum = bytes[offset + 1]!;
  if (stratum === 0) return NTP_REFUSED;
  if (first >>> 6 === LEAP_UNKNOWN || stratum > MOST_STRATUM) return NTP_UNSYNCHRONISED;
  if (readU32(bytes, offset + 4) >= LONGEST_ROOT || readU32(bytes, offset + 8) >= LONGEST_ROOT)
    return NTP_UNSYNCHRONISED;
  const sent = readU32(bytes, offset + 40);
  if (sent === 0 && readU32(bytes, offset + 44) === 0) return NTP_UNSYNCHRONISED;
  answer.receivedMs = millisecondsAt(bytes, offset + 32);
  answer.sentMs = millisecondsAt(bytes, offset + 40);
  // A server does not answer before it is asked.
  if (answer.sentMs < answer.receivedMs) return NTP_UNSYNCHRONISED;
  answer.stratum = stratum;
  answer.rootErrorMs = ((readU32(bytes, offset + 4) / 2 + readU32(bytes, offset + 8)) / LONGEST_ROOT) * 1000;
  return 0;
}

/** A timestamp of 64 bits (RFC 5905 6); without the highest bit it is of the era that begins in 2036 (RFC 4330 3). */
function millisecondsAt(bytes: Uint8Array, offset: number): number {
  const seconds = readU32(bytes, offset);
  const era = seconds < 0x80000000 ? TWO_32 : 0;
  return (seconds + era - EPOCH) * 1000 + (readU32(bytes, offset + 4) / TWO_32) * 1000;
}
