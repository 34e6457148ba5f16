/// <reference path="../../image/native.d.ts" />
// Numbers that an outsider must not guess: initial sequence numbers (RFC 6528), ephemeral ports (RFC 6056), timestamp
// offsets (RFC 7323 5.4) and SYN cookies (RFC 4987 3.6). All are SipHash-2-4 (Aumasson, Bernstein 2012) of the
// connection's four numbers under a secret key.

import type { Instant } from "../base/result.ts";
import type { Seq } from "../base/seq.ts";

// What a hash is for, so that one use tells nothing about another.
const FOR_ISN = 1;
const FOR_PORT = 2;
const FOR_TIMESTAMP = 3;
const FOR_COOKIE = 4;
const FOR_TABLE = 5;

/** MSS values that a cookie can carry in three bits, ascending (RFC 4987 A). */
const COOKIE_MSS: readonly number[] = [216, 536, 1024, 1220, 1400, 1440, 1452, 1460];
/** A cookie's minute hand: about 67 s. */
const COOKIE_PERIOD = 67_108_864;

/** Keyed hashes. The secret must be 16 bytes or more of a cryptographic generator. */
export class Secret {
  readonly #hash: SipHash;

  constructor(secret: Uint8Array) {
    this.#hash = new SipHash(secret);
  }

  /** RFC 6528 3: M + F(connection), M a clock of 4 µs. */
  isn(local: number, localPort: number, remote: number, remotePort: number, now: Instant): Seq {
    const f = this.#of(local, localPort, remote, remotePort, FOR_ISN, 0);
    return ((Math.floor(now / 4) + f) >>> 0) as Seq;
  }

  /** RFC 6056 3.3.3: where in the range to begin to look for a free port to this peer. */
  port(local: number, remote: number, remotePort: number): number {
    return this.#of(local, 0, remote, remotePort, FOR_PORT, 0);
  }

  timestampOffset(local: number, localPort: number, remote: number, remotePort: number): number {
    return this.#of(local, localPort, remote, remotePort, FOR_TIMESTAMP, 0);
  }

  tableKey(which: number): number {
    return this.#of(0, 0, 0, 0, FOR_TABLE, which);
  }

  /** The sequence number of a SYN-ACK that needs no memory: 5 bits of time, 3 of MSS, 24 of hash. */
  cookie(
    local: number,
    localPort: number,
    remote: number,
    remotePort: number,
    irs: Seq,
    mss: number,
    now: Instant,
  ): Seq {
    let index = 0;
    while (index < 7 && COOKIE_MSS[index + 1]! <= mss) index++;
    const period = Math.floor(now / COOKIE_PERIOD);
    return this.#cookie(local, localPort, remote, remotePort, irs, period, index);
  }

  /** The MSS in a cookie that came back (`cookie` is the acknowledgment number less 1), or 0: it is none of ours. */
  cookieMss(
    local: number,
    localPort: number,
    remote: number,
    remotePort: number,
    irs: Seq,
    cookie: Seq,
    now: Instant,
  ): number {
    const index = (cookie >>> 24) & 7;
    const current = Math.floor(now / COOKIE_PERIOD);
    for (let age = 0; age < 2 && age <= current; age++) {
      const period = current - age;
      if (this.#cookie(local, localPort, remote, remotePort, irs, period, index) === cookie) return COOKIE_MSS[index]!;
    }
    return 0;
  }

  #cookie(
    local: number,
    localPort: number,
    remote: number,
    remotePort: number,
    irs: Seq,
    period: number,
    index: number,
  ): Seq {
    const f = this.#of(local, localPort, remote, remotePort, FOR_COOKIE + 8 * index + 64 * (period & 0xfffff), irs);
    return ((((period & 31) << 27) | (index << 24) | (f & 0xffffff)) >>> 0) as Seq;
  }

  #of(local: number, localPort: number, remote: number, remotePort: number, use: number, extra: number): number {
    const ports = (localPort * 0x10000 + remotePort) >>> 0;
    return this.#hash.of(local, remote, ports, use, extra >>> 0);
  }
}

/** How long after a cookie was sent an ACK may still bring it back. */
export const COOKIE_LIFE: Instant = 2 * COOKIE_PERIOD;

/** SipHash-2-4 of five 32-bit words (20 bytes, little-endian). */
export class SipHash {
  readonly #key: Uint8Array;
  readonly #words: Uint8Array = new Uint8Array(20);

  constructor(key: Uint8Array) {
    if (key.length < 16) throw new RangeError("a secret has 16 bytes or more");
    this.#key = key.slice(0, 16);
  }

  /** The lower half of the hash, unsigned. */
  of(a: number, b: number, c: number, d: number, e: number): number {
    const words = this.#words;
    nativeStoreLittle32(words, 0, a);
    nativeStoreLittle32(words, 4, b);
    nativeStoreLittle32(words, 8, c);
    nativeStoreLittle32(words, 12, d);
    nativeStoreLittle32(words, 16, e);
    return nativeSipHash(this.#key, words, 0, 20);
  }
}
