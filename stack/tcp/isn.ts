/// <reference path="../base/native.d.ts" />
// Numbers that an outsider must not guess: initial sequence numbers (RFC 6528), ephemeral ports (RFC 6056), timestamp
// offsets (RFC 7323 5.4) and SYN cookies (RFC 4987 3.6). All are SipHash-2-4 (Aumasson, Bernstein 2012) of the
// connection's addresses and ports under a secret key.

import type { Path, PathTable } from "../base/path.ts";
import type { Instant } from "../base/result.ts";
import { type Seq, seqAdd } from "../base/seq.ts";
import { DEFAULT_MSS } from "./limits.ts";
import type { Segment } from "./wire.ts";

// What a hash is for, so that one use tells nothing about another.
const FOR_ISN = 1;
const FOR_PORT = 2;
const FOR_TIMESTAMP = 3;
const FOR_COOKIE = 4;
const FOR_TABLE = 5;
const LONGEST_MESSAGE = 44;

/** MSS values that a cookie can carry in three bits, ascending (RFC 4987 A). */
const COOKIE_MSS: readonly number[] = [216, 536, 1024, 1220, 1400, 1440, 1452, 1460];
/** A cookie's minute hand: about 67 s. */
const COOKIE_PERIOD = 67_108_864;

/** Keyed hashes over a path and two ports. The secret must be 16 bytes or more of a cryptographic generator. */
export class Secret {
  readonly #key: Uint8Array;
  readonly #paths: PathTable;
  /** Two addresses, ports, what for, and a number more. */
  readonly #message: Uint8Array = new Uint8Array(LONGEST_MESSAGE);

  constructor(secret: Uint8Array, paths: PathTable) {
    if (secret.length < 16) throw new RangeError("a secret has 16 bytes or more");
    this.#key = secret.slice(0, 16);
    this.#paths = paths;
  }

  /** RFC 6528 3: M + F(connection), M a clock of 4 µs. */
  isn(path: Path, localPort: number, remotePort: number, now: Instant): Seq {
    const f = this.#of(path, localPort, remotePort, FOR_ISN, 0);
    return ((Math.floor(now / 4) + f) >>> 0) as Seq;
  }

  /** RFC 6056 3.3.3: where in the range to begin to look for a free port to this peer. */
  port(path: Path, remotePort: number): number {
    return this.#of(path, 0, remotePort, FOR_PORT, 0);
  }

  timestampOffset(path: Path, localPort: number, remotePort: number): number {
    return this.#of(path, localPort, remotePort, FOR_TIMESTAMP, 0);
  }

  /** A key for a hash table that only this machine knows. */
  tableKey(): number {
    return this.#hash(0, FOR_TABLE, 0);
  }

  /** The sequence number of a SYN-ACK that needs no memory: 5 bits of time, 3 of MSS, 24 of hash. */
  cookie(path: Path, syn: Segment, now: Instant): Seq {
    const mss = syn.mss === 0 ? DEFAULT_MSS : syn.mss;
    let index = 0;
    while (index < 7 && COOKIE_MSS[index + 1]! <= mss) index++;
    return this.#cookie(path, syn, syn.seq, Math.floor(now / COOKIE_PERIOD), index);
  }

  /** The MSS in a cookie that this ACK brings back, or 0: it is none of ours. */
  cookieMss(path: Path, ack: Segment, now: Instant): number {
    const irs = seqAdd(ack.seq, -1);
    const cookie = seqAdd(ack.ack, -1);
    const index = (cookie >>> 24) & 7;
    const current = Math.floor(now / COOKIE_PERIOD);
    for (let age = 0; age < 2 && age <= current; age++)
      if (this.#cookie(path, ack, irs, current - age, index) === cookie) return COOKIE_MSS[index]!;
    return 0;
  }

  #cookie(path: Path, s: Segment, irs: Seq, period: number, index: number): Seq {
    const use = FOR_COOKIE + 8 * index + 64 * (period & 0xfffff);
    const f = this.#of(path, s.destinationPort, s.sourcePort, use, irs);
    return ((((period & 31) << 27) | (index << 24) | (f & 0xffffff)) >>> 0) as Seq;
  }

  #of(path: Path, localPort: number, remotePort: number, use: number, extra: number): number {
    const message = this.#message;
    const at = this.#paths.writeAddresses(path, message);
    nativeStoreLittle32(message, at, localPort * 0x10000 + remotePort);
    return this.#hash(at + 4, use, extra);
  }

  /** The lower half of the hash, unsigned, over `length` bytes of the message and these two numbers. */
  #hash(length: number, use: number, extra: number): number {
    nativeStoreLittle32(this.#message, length, use);
    nativeStoreLittle32(this.#message, length + 4, extra);
    return nativeSipHash(this.#key, this.#message, 0, length + 8);
  }
}

/** How long after a cookie was sent an ACK may still bring it back. */
export const COOKIE_LIFE: Instant = 2 * COOKIE_PERIOD;
