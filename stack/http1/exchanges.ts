// Requests that the appliance answers: a copy of the head and what the answer will need. A pool; an id that is over is never taken for another (it counts generations).

import { NO_PAYLOAD } from "../base/link.ts";
import { latin1 } from "../base/native.ts";
import { type Client, NO_CLIENT } from "../base/path.ts";
import type { Instant } from "../base/result.ts";
import { COLON, CR, HTAB, SP, TOKEN } from "../http/syntax.ts";
import { RequestHead } from "./request-head.ts";

export class Exchange {
  /** Index of the connection, or -1: free. */
  connection = -1;
  generation = 0;
  readonly head: RequestHead = new RequestHead();
  /** The head's bytes; `head` holds offsets in them. */
  bytes: Uint8Array = NO_PAYLOAD;
  /** Whose share it counts to, and the bytes that are counted for this exchange. */
  client: Client = NO_CLIENT;
  charged = 0;
  /** The appliance has been told of it. */
  known = false;
  /** When the appliance asked for the body; -1: it has not. */
  bodySince = -1;
  /** Since when the appliance, which has read all that was there, waits to be told of more; -1: it does not. */
  hungrySince: Instant = -1;
  /** A body is announced, and the appliance does not have the end of it yet. */
  uploading = false;

  method(): string {
    return latin1(this.bytes, this.head.methodStart, this.head.methodEnd - this.head.methodStart);
  }

  /** Path and query; begins with "/" (an absolute form has lost its authority, RFC 9112 3.2.2). */
  target(): string {
    const rest = latin1(this.bytes, this.head.pathStart, this.head.targetEnd - this.head.pathStart);
    return this.head.pathEnd === this.head.pathStart ? `/${rest}` : rest;
  }

  /** Writes the names of the header lines in lower case, once, after `bytes` and `head` have been set. */
  lowerNames(): void {
    let at = this.head.headersStart;
    for (let n = 0; n < this.head.headerCount; n++) {
      while (this.bytes[at] !== COLON) {
        this.bytes[at] = TOKEN[this.bytes[at]!]!;
        at++;
      }
      while (this.bytes[at] !== CR) at++;
      at += 2;
    }
  }

  /** All header lines, names in lower case, each with its CRLF. */
  headerText(): string {
    return latin1(this.bytes, this.head.headersStart, this.bytes.length - 2 - this.head.headersStart);
  }

  /** Name of the nth header line in lower case. */
  headerName(n: number): string {
    const start = this.#line(n);
    let end = start;
    while (this.bytes[end] !== COLON) end++;
    return latin1(this.bytes, start, end - start);
  }

  /** Value of the nth header line without the whitespace around it. */
  headerValue(n: number): string {
    let start = this.#line(n);
    while (this.bytes[start] !== COLON) start++;
    start++;
    while (this.bytes[start] === SP || this.bytes[start] === HTAB) start++;
    let end = start;
    while (this.bytes[end] !== CR) end++;
    while (end > start && (this.bytes[end - 1] === SP || this.bytes[end - 1] === HTAB)) end--;
    return latin1(this.bytes, start, end - start);
  }

  /** Offset of the nth header line; 0 <= n < head.headerCount, and the decoder has checked the lines. */
  #line(n: number): number {
    let at = this.head.headersStart;
    for (let k = 0; k < n; k++) {
      while (this.bytes[at] !== CR) at++;
      at += 2;
    }
    return at;
  }
}

/** What an exchange takes beside its head: the record here, its part of the appliance's. */
export const EXCHANGE_COST = 1024;
/** Of the memory, the last part, one in this many, is not for an address that has as much already. */
const ADDRESS_PART = 4;

export class ExchangeTable {
  readonly #limit: number;
  /** Bytes of exchanges in progress, of all and by client. */
  #held = 0;
  readonly #heldBy: number[] = [];
  readonly #exchanges: Exchange[] = [];
  /** Indices of free records. */
  readonly #free: number[] = [];

  /** `memory`: bytes that exchanges may take together. */
  constructor(memory: number) {
    this.#limit = memory;
  }

  /** Bytes of exchanges in progress. */
  get memory(): number {
    return this.#held;
  }

  /** Exchanges in progress. */
  get used(): number {
    return this.#exchanges.length - this.#free.length;
  }

  /** Records, in use or not. */
  get size(): number {
    return this.#exchanges.length;
  }

  /**
   * True when there is memory for an exchange with a head of this length. When it runs short, an address that holds
   * more than its part of it is told no, so that others, a forge with its hook among them, are told yes.
   */
  admits(length: number, client: Client): boolean {
    const cost = EXCHANGE_COST + length;
    const part = this.#limit / ADDRESS_PART;
    if (this.#held + cost <= this.#limit - part) return true;
    return this.#held + cost <= this.#limit && this.#heldByClient(client) + cost <= part;
  }

  /**
   * Who gives way to such an exchange when there is no memory for it: one that the appliance does not know yet, of the
   * address that holds most, if it holds more than the newcomer's would with it; else one of the newcomer's own, so that no
   * reader is shut out by who shares the address: a body that is not whole, or an unknown one that is twice as long
   * (`#easier`). Bodies do not give way to bodies: those that are turned away come again, whole. -1: nobody.
   */
  worst(length: number, uploading: boolean, client: Client): number {
    const cost = EXCHANGE_COST + length;
    let worst = -1;
    let most = this.#heldByClient(client) + cost;
    let own = -1;
    for (let i = 0; i < this.#exchanges.length; i++) {
      const e = this.#exchanges[i]!;
      if (e.connection < 0) continue;
      if (e.client !== client) {
        if (e.known || this.#heldByClient(e.client) <= most) continue;
        worst = i;
        most = this.#heldByClient(e.client);
      } else if ((e.uploading && !uploading) || (!e.known && e.charged >= 2 * cost)) {
        if (own < 0 || this.#easier(e, this.#exchanges[own]!)) own = i;
      }
    }
    return worst < 0 ? own : worst;
  }

  /** Of one address: whose peer is silent, for longest; then who began to send a body last; then who is longest. */
  #easier(a: Exchange, b: Exchange): boolean {
    if (a.hungrySince >= 0 !== b.hungrySince >= 0) return a.hungrySince >= 0;
    if (a.hungrySince >= 0) return a.hungrySince < b.hungrySince;
    if (a.uploading !== b.uploading) return a.uploading;
    return a.uploading ? a.bodySince > b.bodySince : a.charged > b.charged;
  }

  #heldByClient(client: Client): number {
    return client >= 0 && client < this.#heldBy.length ? this.#heldBy[client]! : 0;
  }

  #charge(client: Client, bytes: number): void {
    this.#held += bytes;
    if (client < 0) return;
    while (this.#heldBy.length <= client) this.#heldBy.push(0);
    this.#heldBy[client] = this.#heldBy[client]! + bytes;
  }

  /** Takes a record for the connection and returns its index. `length`: bytes of the head, which are counted. */
  take(connection: number, client: Client, length: number): number {
    let index = this.#exchanges.length;
    if (this.#free.length > 0) {
      index = this.#free[this.#free.length - 1]!;
      this.#free.pop();
    } else this.#exchanges.push(new Exchange());
    const e = this.#exchanges[index]!;
    e.connection = connection;
    e.client = client;
    e.charged = EXCHANGE_COST + length;
    this.#charge(client, e.charged);
    return index;
  }

  at(index: number): Exchange {
    return this.#exchanges[index]!;
  }

  /** The id under which the appliance knows the exchange. */
  id(index: number): number {
    return this.#exchanges[index]!.generation * GENERATION + index;
  }

  /** The index of the exchange of this id, or -1 when it is over. */
  find(id: number): number {
    if (!(id >= 0)) return -1;
    const index = id % GENERATION;
    if (index >= this.#exchanges.length) return -1;
    const e = this.#exchanges[index]!;
    return e.connection >= 0 && e.generation * GENERATION + index === id ? index : -1;
  }

  /** Ends the exchange and lets go of its memory. */
  release(index: number): void {
    const e = this.#exchanges[index]!;
    e.connection = -1;
    e.generation++;
    this.#charge(e.client, -e.charged);
    e.charged = 0;
    e.known = false;
    e.bytes = NO_PAYLOAD;
    e.bodySince = -1;
    e.hungrySince = -1;
    e.uploading = false;
    this.#free.push(index);
  }
}

/** More exchanges than there can be connections; 2^53 / 2^16 generations are never used up. */
const GENERATION = 65_536;

/** The record of an exchange, among as many as there were ever exchanges at a time. */
export function recordOf(id: number): number {
  return id % GENERATION;
}
