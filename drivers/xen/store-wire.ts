/// <reference path="../native.d.ts" />
// Messages of xenstore, and what is written in it. Read: Xen public/io/xs_wire.h, docs/misc/xenstore.txt.

import { latin1 } from "../../stack/base/native.ts";

export const STORE_DIRECTORY = 1;
export const STORE_READ = 2;
export const STORE_WATCH = 4;
export const STORE_WRITE = 11;
export const STORE_WATCH_EVENT = 15;
export const STORE_ERROR = 16;

/** type, id, transaction, length: four numbers of four bytes. */
export const STORE_HEADER = 16;
/** XENSTORE_PAYLOAD_MAX. */
export const STORE_PAYLOAD_MAX = 4096;

/** A request outside of transactions; the text is one byte a character, a "\0" in it separates its parts. */
export function encodeStoreRequest(type: number, id: number, text: string): Uint8Array {
  if (text.length > STORE_PAYLOAD_MAX) throw new RangeError("a request to xenstore is too long");
  const bytes = new Uint8Array(STORE_HEADER + text.length);
  nativeStoreLittle32(bytes, 0, type);
  nativeStoreLittle32(bytes, 4, id);
  nativeStoreLittle32(bytes, 12, text.length);
  for (let i = 0; i < text.length; i++) bytes[STORE_HEADER + i] = text.charCodeAt(i);
  return bytes;
}

/** A message as it comes in, piece by piece. */
export class StoreMessage {
  private readonly bytes = new Uint8Array(STORE_HEADER + STORE_PAYLOAD_MAX);
  private filled = 0;
  private wanted = STORE_HEADER;

  /** Takes a byte; only while neither `whole` nor `broken`. */
  add(byte: number): void {
    this.bytes[this.filled] = byte;
    this.filled++;
    if (this.filled === STORE_HEADER) this.wanted = STORE_HEADER + nativeLoadLittle32(this.bytes, 12);
  }

  get whole(): boolean {
    return this.filled === this.wanted;
  }

  /** It says that it is longer than a message may be. */
  get broken(): boolean {
    return this.wanted > STORE_HEADER + STORE_PAYLOAD_MAX;
  }

  get type(): number {
    return nativeLoadLittle32(this.bytes, 0);
  }

  get id(): number {
    return nativeLoadLittle32(this.bytes, 4);
  }

  /** What it says, without a "\0" at its end. */
  text(): string {
    const length = this.wanted - STORE_HEADER;
    const ends = length > 0 && this.bytes[STORE_HEADER + length - 1] === 0;
    return latin1(this.bytes, STORE_HEADER, ends ? length - 1 : length);
  }

  clear(): void {
    this.filled = 0;
    this.wanted = STORE_HEADER;
  }
}

/** The names in the answer to STORE_DIRECTORY. */
export function parseStoreNames(text: string): string[] {
  return text === "" ? [] : text.split("\0");
}

/** A decimal number from 0 to `most`, or -1. */
export function parseStoreNumber(text: string, most: number): number {
  if (text === "" || text.length > 10) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= most ? value : -1;
}

/** "00:16:3e:00:00:03" as a number, or -1: not so, or no address of a card (IEEE 802-2014 8.2: of a group, or all zeros). */
export function parseStoreMac(text: string): number {
  if (text.length !== 17) return -1;
  let value = 0;
  for (let i = 0; i < 17; i++) {
    const code = text.charCodeAt(i);
    if (i % 3 === 2) {
      if (code !== 0x3a) return -1;
      continue;
    }
    const digit = hexDigit(code);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value === 0 || Math.floor(value / 0x10000000000) % 2 === 1 ? -1 : value;
}

/** For people: what somebody else wrote, cut and without what is not printed. */
export function quoteStoreText(text: string): string {
  let shown = "";
  for (let i = 0; i < text.length && i < 64; i++) {
    const code = text.charCodeAt(i);
    shown += code >= 0x20 && code < 0x7f ? text.charAt(i) : "?";
  }
  return text.length > 64 ? `"${shown}..."` : `"${shown}"`;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
