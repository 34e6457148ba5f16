// gitprotocol-common(5), "pkt-line Format": four hexadecimal digits of the length, their own included, then the data.
// 0000 is the flush-pkt. 0001 to 0003 belong to other versions of the protocol.

import { latin1 } from "../../stack/base/native.ts";

/** Bytes before the data. */
export const PKT_HEAD = 4;
/** Of a line, its head included. */
export const MAX_PKT = 65_520;

export const FLUSH = 0;
export const DAMAGED = -1;

/** The length of the line at the offset, its head included; FLUSH, or DAMAGED. There are four bytes. */
export function decodePktLength(bytes: Uint8Array, offset: number): number {
  const digits = latin1(bytes, offset, PKT_HEAD);
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) return DAMAGED;
  const length = Number.parseInt(digits, 16);
  if (length === 0) return FLUSH;
  return length < PKT_HEAD || length > MAX_PKT ? DAMAGED : length;
}

/** The text, which is ASCII, as a line. */
export function encodePkt(text: string): string {
  return (text.length + PKT_HEAD).toString(16).padStart(PKT_HEAD, "0") + text;
}
