// DER written (X.690): each function makes one element out of its content. Certificates of our own are small and few, so
// clarity wins: every element is an array of its own.

import { civil } from "../base/time.ts";
import {
  BIT_STRING,
  BOOLEAN,
  GENERALIZED_TIME,
  INTEGER,
  OBJECT_IDENTIFIER,
  OCTET_STRING,
  SEQUENCE,
  UTC_TIME,
  UTF8_STRING,
} from "./der.ts";

export function join(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** An element with this content, of less than 2^24 bytes. */
export function element(tag: number, content: Uint8Array): Uint8Array {
  const length = content.length;
  // 10.1: the shortest form.
  const count = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
  const bytes = new Uint8Array(2 + count + length);
  bytes[0] = tag;
  bytes[1] = count === 0 ? length : 0x80 + count;
  for (let i = 0; i < count; i++) bytes[2 + i] = (length >> (8 * (count - 1 - i))) & 255;
  bytes.set(content, 2 + count);
  return bytes;
}

export function sequence(parts: readonly Uint8Array[]): Uint8Array {
  return element(SEQUENCE, join(parts));
}

/** Elements of one tag around others: explicit tags, sets. */
export function wrap(tag: number, parts: readonly Uint8Array[]): Uint8Array {
  return element(tag, join(parts));
}

/** A number of 0 and more, its bytes with the most significant first. */
export function integer(bytes: Uint8Array): Uint8Array {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const digits = bytes.subarray(from);
  if (digits.length > 0 && digits[0]! < 0x80) return element(INTEGER, digits);
  const padded = new Uint8Array(digits.length + 1);
  padded.set(digits, 1);
  return element(INTEGER, padded);
}

/** A number from 0 to 255. */
export function small(value: number): Uint8Array {
  const bytes = new Uint8Array(1);
  bytes[0] = value;
  return integer(bytes);
}

export function truth(): Uint8Array {
  const bytes = new Uint8Array(1);
  bytes[0] = 0xff;
  return element(BOOLEAN, bytes);
}

export function identifier(content: Uint8Array): Uint8Array {
  return element(OBJECT_IDENTIFIER, content);
}

export function octets(content: Uint8Array): Uint8Array {
  return element(OCTET_STRING, content);
}

/** Whole bytes of bits, or with `unused` bits of the last left out. */
export function bits(content: Uint8Array, unused: number = 0): Uint8Array {
  const bytes = new Uint8Array(content.length + 1);
  bytes[0] = unused;
  bytes.set(content, 1);
  return element(BIT_STRING, bytes);
}

/** The bytes of ASCII text. */
export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i) & 127;
  return bytes;
}

/** ASCII text as a UTF8String. */
export function text(value: string): Uint8Array {
  return element(UTF8_STRING, ascii(value));
}

/** Seconds since 1970, of the years to 9999: UTCTime until 2049, then GeneralizedTime (RFC 5280 4.1.2.5). */
export function time(seconds: number): Uint8Array {
  const t = civil(seconds);
  const rest = `${two(t.month)}${two(t.day)}${two(t.hour)}${two(t.minute)}${two(t.second)}Z`;
  if (t.year < 2050) return element(UTC_TIME, ascii(two(t.year % 100) + rest));
  return element(GENERALIZED_TIME, ascii(two(Math.floor(t.year / 100)) + two(t.year % 100) + rest));
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
