// The server's connections: a pool of records, found by stream handle without a Map.

import { type Client, NO_CLIENT, NO_PATH, type Path } from "../base/path.ts";
import { type Handle, NO_HANDLE, NO_STREAMS, type Streams } from "../base/streams.ts";
import { CR, LF } from "../http/syntax.ts";
import { type Manner, SERVED } from "./manner.ts";

// What a connection is doing.
/** Between requests, or within a head. */
export const READING = 0;
/**
 * The appliance has the request. Its body, and what comes behind it, is read when the appliance asks for it: until then
 * the receive window is the back-pressure.
 */
export const WAITING = 1;
/** The answer is out, and the rest of the request's body is read and dropped. */
export const SKIPPING = 2;
/** The last response is on its way; what comes in is dropped (RFC 9112 9.6). */
export const LINGERING = 3;

export class Connection {
  handle: Handle = NO_HANDLE;
  /** What carries it. */
  streams: Streams = NO_STREAMS;
  /** How its requests are answered. */
  manner: Manner = SERVED;
  state = READING;
  /** The path to the peer. */
  path: Path = NO_PATH;
  /** Whose share it counts to. */
  client: Client = NO_CLIENT;
  peerPort = 0;
  maxHead = 0;
  /** Bytes of an incomplete head that were searched for its end, and that were decoded last; 0: none. */
  scanned = 0;
  decoded = 0;
  /** When the first byte of the request in progress was seen; when lingering began. */
  since = 0;
  /** The answer to the request in progress is the last one. */
  closing = false;
  /** Responses queued since the queue was last empty. */
  responses = 0;
  /** The exchange in progress in WAITING, or -1. */
  exchange = -1;
  /** The body of the request in progress, or -1: it has none. */
  body = -1;
  /** Bytes dropped while lingering. */
  dropped = 0;
  /** The stream would not take a range: nothing more can be said on it. */
  broken = false;
  /** True while its requests are being worked on, so that an answer given at once does not recur. */
  running = false;
}

/**
 * An incomplete head is decoded again when its end may be there or when it has doubled, so that a head that comes byte
 * by byte costs no more than a constant times its length.
 */
export function worthDecoding(c: Connection, bytes: Uint8Array, start: number, length: number): boolean {
  if (length >= c.decoded * 2 || length >= c.maxHead) return true;
  let found = false;
  for (let i = Math.max(c.scanned, 3); i < length && !found; i++)
    found = bytes[start + i] === LF && bytes[start + i - 1] === CR && bytes[start + i - 2] === LF;
  c.scanned = length;
  return found;
}

export class ConnectionTable {
  readonly #connections: Connection[] = [];
  /** Stack of free records. */
  readonly #free: Int32Array;
  #freeCount = 0;
  /** Open addressing by handle: index plus one, 0 for a free place. At most half full. */
  readonly #places: Int32Array;
  readonly #mask: number;

  /** For `size` connections at most; a record is made when it is first needed. */
  constructor(size: number) {
    let places = 16;
    while (places < size * 2) places *= 2;
    this.#places = new Int32Array(places);
    this.#mask = places - 1;
    this.#free = new Int32Array(size);
    for (let i = size - 1; i >= 0; i--) {
      this.#free[this.#freeCount] = i;
      this.#freeCount++;
    }
  }

  get used(): number {
    return this.#free.length - this.#freeCount;
  }

  /** Indexes below this have been used. */
  get made(): number {
    return this.#connections.length;
  }

  at(index: number): Connection {
    return this.#connections[index]!;
  }

  /** The index of the handle's connection, or -1. */
  find(handle: Handle): number {
    for (let at = this.#home(handle); ; at = (at + 1) & this.#mask) {
      const index = this.#places[at]! - 1;
      if (index < 0) return -1;
      if (this.#connections[index]!.handle === handle) return index;
    }
  }

  /** Takes a record for the handle; -1 when all are in use. */
  take(streams: Streams, handle: Handle, manner: Manner): number {
    if (this.#freeCount === 0) return -1;
    this.#freeCount--;
    const index = this.#free[this.#freeCount]!;
    // Free records are taken from the lowest up, so that only the next one can be new.
    if (index === this.#connections.length) this.#connections.push(new Connection());
    const c = this.#connections[index]!;
    c.handle = handle;
    c.streams = streams;
    c.manner = manner;
    c.state = READING;
    c.scanned = 0;
    c.decoded = 0;
    c.responses = 0;
    c.closing = false;
    c.exchange = -1;
    c.body = -1;
    c.dropped = 0;
    c.running = false;
    c.broken = false;
    let at = this.#home(handle);
    while (this.#places[at]! !== 0) at = (at + 1) & this.#mask;
    this.#places[at] = index + 1;
    return index;
  }

  /** Gives the record back. */
  release(index: number): void {
    const c = this.#connections[index]!;
    let hole = this.#home(c.handle);
    while (this.#places[hole]! !== index + 1) hole = (hole + 1) & this.#mask;
    c.handle = NO_HANDLE;
    c.streams = NO_STREAMS;
    this.#free[this.#freeCount] = index;
    this.#freeCount++;
    // Deletion from open addressing (Knuth, TAOCP 6.4, algorithm R): entries behind the hole that may move into it do.
    let at = hole;
    for (;;) {
      at = (at + 1) & this.#mask;
      const entry = this.#places[at]!;
      if (entry === 0) break;
      const home = this.#home(this.#connections[entry - 1]!.handle);
      if (((at - home) & this.#mask) >= ((at - hole) & this.#mask)) {
        this.#places[hole] = entry;
        hole = at;
      }
    }
    this.#places[hole] = 0;
  }

  #home(handle: Handle): number {
    // Handles differ in their low bits and those in use are near each other: with a place between two no runs form.
    return (handle * 2) & this.#mask;
  }
}
