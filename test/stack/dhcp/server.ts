// A small DHCP server for tests: reads what the client writes, field by field, and answers as told.

import type { Ipv4 } from "../../../stack/base/address.ts";
import { readU16, readU32, readU48, writeU16, writeU32, writeU48 } from "../../../stack/base/bytes.ts";

export interface ClientMessage {
  readonly type: number;
  readonly transaction: number;
  readonly seconds: number;
  readonly broadcast: boolean;
  readonly clientAddress: number;
  readonly mac: number;
  readonly length: number;
  /** In the order in which they came; values as hexadecimal. */
  readonly options: readonly ClientOption[];
}

export interface ClientOption {
  readonly code: number;
  readonly value: string;
}

/** The value of the message's option of this code. */
export function optionOf(message: ClientMessage, code: number): string | undefined {
  return message.options.find((option) => option.code === code)?.value;
}

export function readClientMessage(bytes: Uint8Array, length: number): ClientMessage {
  const options: ClientOption[] = [];
  let type = 0;
  let at = 240;
  while (at < length && bytes[at] !== 255) {
    if (bytes[at] === 0) {
      at++;
      continue;
    }
    let text = "";
    for (let i = 0; i < bytes[at + 1]!; i++) text += bytes[at + 2 + i]!.toString(16).padStart(2, "0");
    options.push({ code: bytes[at]!, value: text });
    if (bytes[at] === 53) type = bytes[at + 2]!;
    at += 2 + bytes[at + 1]!;
  }
  return {
    type,
    transaction: readU32(bytes, 4),
    seconds: readU16(bytes, 8),
    broadcast: (readU16(bytes, 10) & 0x8000) !== 0,
    clientAddress: readU32(bytes, 12),
    mac: readU48(bytes, 28),
    length,
    options,
  };
}

/** A reply of this type with these options (code, then value bytes). */
export function reply(
  type: number,
  transaction: number,
  mac: number,
  yourAddress: Ipv4,
  options: ReadonlyArray<readonly number[]>,
): Uint8Array {
  const bytes = new Uint8Array(2000);
  writeU32(bytes, 0, 0x02010600);
  writeU32(bytes, 4, transaction);
  writeU16(bytes, 10, 0x8000);
  writeU32(bytes, 16, yourAddress);
  writeU48(bytes, 28, mac);
  writeU32(bytes, 236, 0x63825363);
  let at = 240;
  for (const [code, ...value] of [[53, type], ...options]) {
    bytes[at++] = code!;
    bytes[at++] = value.length;
    for (const byte of value) bytes[at++] = byte;
  }
  bytes[at++] = 255;
  return bytes.slice(0, at);
}

export function fourBytes(value: number): number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
