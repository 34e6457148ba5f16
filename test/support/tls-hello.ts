// A real ClientHello taken apart, so that a test may change what it says, and put together again.

import { HANDSHAKE } from "../../stack/tls/codes.ts";
import { type ClientTerms, firstOffer } from "../../stack/tls/offer.ts";

export class Hello {
  /** version, random, session id, suites, compression: all before the extensions. */
  head: number[] = [];
  types: number[] = [];
  bodies: number[][] = [];

  constructor(terms: ClientTerms) {
    const bytes = firstOffer(terms, 0).hello;
    let at = 38;
    at += 1 + bytes[at]!;
    at += 2 + bytes[at]! * 256 + bytes[at + 1]!;
    at += 1 + bytes[at]!;
    for (let i = 4; i < at; i++) this.head.push(bytes[i]!);
    at += 2;
    while (at < bytes.length) {
      const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
      const body: number[] = [];
      for (let i = 0; i < length; i++) body.push(bytes[at + 4 + i]!);
      this.types.push(bytes[at]! * 256 + bytes[at + 1]!);
      this.bodies.push(body);
      at += 4 + length;
    }
  }

  /** Without its session id. */
  withoutSessionId(): Hello {
    const length = this.head[34]!;
    const head: number[] = [];
    for (let i = 0; i < 34; i++) head.push(this.head[i]!);
    head.push(0);
    for (let i = 35 + length; i < this.head.length; i++) head.push(this.head[i]!);
    this.head = head;
    return this;
  }

  /** Replaces the extension, or adds it. */
  set(type: number, body: readonly number[]): Hello {
    let index = this.types.indexOf(type);
    if (index < 0) {
      index = this.types.length;
      this.types.push(type);
      this.bodies.push([]);
    }
    this.bodies[index] = [...body];
    return this;
  }

  /** The message. */
  encode(): Uint8Array {
    const list: number[] = [];
    for (let i = 0; i < this.types.length; i++) {
      const body = this.bodies[i]!;
      list.push(this.types[i]! >> 8, this.types[i]! & 255, body.length >> 8, body.length & 255);
      for (let k = 0; k < body.length; k++) list.push(body[k]!);
    }
    const length = this.head.length + 2 + list.length;
    const message = [1, length >> 16, (length >> 8) & 255, length & 255];
    for (let i = 0; i < this.head.length; i++) message.push(this.head[i]!);
    message.push(list.length >> 8, list.length & 255);
    for (let i = 0; i < list.length; i++) message.push(list[i]!);
    return new Uint8Array(message);
  }
}

/** A message of the handshake in records in the clear. */
export function inRecords(message: Uint8Array): Uint8Array {
  const count = Math.ceil(message.length / 16_384);
  const records = new Uint8Array(message.length + 5 * count);
  for (let i = 0; i < count; i++) {
    const from = i * 16_384;
    const length = Math.min(16_384, message.length - from);
    const at = from + 5 * i;
    records[at] = HANDSHAKE;
    records[at + 1] = 3;
    records[at + 2] = 3;
    records[at + 3] = length >> 8;
    records[at + 4] = length & 255;
    for (let k = 0; k < length; k++) records[at + 5 + k] = message[from + k]!;
  }
  return records;
}
