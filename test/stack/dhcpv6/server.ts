// A small DHCPv6 server for tests: reads what the client writes, option by option, and answers as told.

import type { Mac } from "../../../stack/base/address.ts";
import { parseIpv6 } from "../../../stack/base/address6.ts";
import { readU16, readU32, writeU16, writeU32, writeU48 } from "../../../stack/base/bytes.ts";
import { copyBytes } from "../../../stack/base/native.ts";
import { toHex } from "../../support/bytes.ts";

/** An option, as it stands in a message: code, length, value. */
export type Option = Uint8Array;

export interface ClientOption {
  readonly code: number;
  /** As hexadecimal. */
  readonly value: string;
}

export interface ClientMessage {
  readonly type: number;
  readonly transaction: number;
  /** In the order in which they came. */
  readonly options: readonly ClientOption[];
}

export function readClientMessage(bytes: Uint8Array, offset: number, length: number): ClientMessage {
  const options: ClientOption[] = [];
  for (let at = offset + 4; at < offset + length; at += 4 + readU16(bytes, at + 2)) {
    const value = bytes.slice(at + 4, at + 4 + readU16(bytes, at + 2));
    options.push({ code: readU16(bytes, at), value: toHex(value) });
  }
  return { type: bytes[offset]!, transaction: readU32(bytes, offset) & 0xffffff, options };
}

/** The value of the message's option of this code, "none" when there is none. */
export function optionOf(message: ClientMessage, code: number): string {
  for (const option of message.options) if (option.code === code) return option.value;
  return "none";
}

export function option(code: number, ...parts: readonly Uint8Array[]): Option {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(4 + length);
  writeU16(bytes, 0, code);
  writeU16(bytes, 2, length);
  let at = 4;
  for (const part of parts) {
    copyBytes(bytes, at, part, 0, part.length);
    at += part.length;
  }
  return bytes;
}

export function u16(value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  writeU16(bytes, 0, value);
  return bytes;
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeU32(bytes, 0, value);
  return bytes;
}

export function address(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  if (!parseIpv6(text, bytes, 0)) throw new Error(`no address: ${text}`);
  return bytes;
}

export function text(words: string): Uint8Array {
  const bytes = new Uint8Array(words.length);
  for (let i = 0; i < words.length; i++) bytes[i] = words.charCodeAt(i);
  return bytes;
}

/** Names as DNS writes them. */
export function names(...all: readonly string[]): Uint8Array {
  let length = 0;
  for (const name of all) length += name.length + 2;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const name of all) {
    for (const label of name.split(".")) {
      bytes[at] = label.length;
      for (let i = 0; i < label.length; i++) bytes[at + 1 + i] = label.charCodeAt(i);
      at += 1 + label.length;
    }
    at++;
  }
  return bytes;
}

/** A server's DUID (RFC 8415 11.4). */
export function duid(number: number): Uint8Array {
  return text(`server ${number}`);
}

export function clientIdentifier(mac: Mac): Option {
  const value = new Uint8Array(10);
  writeU32(value, 0, 0x00030001);
  writeU48(value, 4, mac);
  return option(1, value);
}

export function serverIdentifier(number: number): Option {
  return option(2, duid(number));
}

export function status(code: number, words: string): Option {
  return option(13, u16(code), text(words));
}

/** IA_NA with its times and what is in it. */
export function association(mac: Mac, t1: number, t2: number, ...inner: readonly Option[]): Option {
  return option(3, u32(mac % 0x100000000), u32(t1), u32(t2), ...inner);
}

export function lent(where: string, preferred: number, valid: number): Option {
  return option(5, address(where), u32(preferred), u32(valid));
}

export function message(type: number, transaction: number, ...options: readonly Option[]): Uint8Array {
  let length = 4;
  for (const one of options) length += one.length;
  const bytes = new Uint8Array(length);
  writeU32(bytes, 0, type * 0x1000000 + transaction);
  let at = 4;
  for (const one of options) {
    copyBytes(bytes, at, one, 0, one.length);
    at += one.length;
  }
  return bytes;
}
