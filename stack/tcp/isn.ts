// Numbers that an outsider must not guess: initial sequence numbers (RFC 6528), ephemeral ports (RFC 6056), timestamp
// offsets (RFC 7323 5.4) and SYN cookies (RFC 4987 3.6). All are SipHash-2-4 (Aumasson, Bernstein 2012) of the
// connection's four numbers under a secret key, computed in 32-bit halves.

import { readU32 } from "../base/bytes.ts";
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

/** SipHash-2-4 of five 32-bit words (20 bytes, little-endian); each 64-bit word is a high and a low half. */
export class SipHash {
  readonly #k0l: number;
  readonly #k0h: number;
  readonly #k1l: number;
  readonly #k1h: number;
  #v0l = 0;
  #v0h = 0;
  #v1l = 0;
  #v1h = 0;
  #v2l = 0;
  #v2h = 0;
  #v3l = 0;
  #v3h = 0;

  constructor(key: Uint8Array) {
    if (key.length < 16) throw new RangeError("a secret has 16 bytes or more");
    this.#k0l = swap(readU32(key, 0));
    this.#k0h = swap(readU32(key, 4));
    this.#k1l = swap(readU32(key, 8));
    this.#k1h = swap(readU32(key, 12));
  }

  /** The lower half of the hash, unsigned. */
  of(a: number, b: number, c: number, d: number, e: number): number {
    this.#begin();
    this.#word(a | 0, b | 0);
    this.#word(c | 0, d | 0);
    // The last word: the fifth number, three zero bytes and the length.
    this.#word(e | 0, 20 << 24);
    return this.#end();
  }

  #begin(): void {
    this.#v0l = this.#k0l ^ 0x70736575;
    this.#v0h = this.#k0h ^ 0x736f6d65;
    this.#v1l = this.#k1l ^ 0x6e646f6d;
    this.#v1h = this.#k1h ^ 0x646f7261;
    this.#v2l = this.#k0l ^ 0x6e657261;
    this.#v2h = this.#k0h ^ 0x6c796765;
    this.#v3l = this.#k1l ^ 0x79746573;
    this.#v3h = this.#k1h ^ 0x74656462;
  }

  #word(low: number, high: number): void {
    this.#v3l ^= low;
    this.#v3h ^= high;
    this.#round();
    this.#round();
    this.#v0l ^= low;
    this.#v0h ^= high;
  }

  #end(): number {
    this.#v2l ^= 0xff;
    for (let i = 0; i < 4; i++) this.#round();
    return (this.#v0l ^ this.#v1l ^ this.#v2l ^ this.#v3l) >>> 0;
  }

  #round(): void {
    let al = this.#v0l;
    let ah = this.#v0h;
    let bl = this.#v1l;
    let bh = this.#v1h;
    let cl = this.#v2l;
    let ch = this.#v2h;
    let dl = this.#v3l;
    let dh = this.#v3h;
    let low = (al >>> 0) + (bl >>> 0);
    ah = (ah + bh + carry(low)) | 0;
    al = low | 0;
    let t = (bl << 13) | (bh >>> 19);
    bh = ((bh << 13) | (bl >>> 19)) ^ ah;
    bl = t ^ al;
    t = al;
    al = ah;
    ah = t;
    low = (cl >>> 0) + (dl >>> 0);
    ch = (ch + dh + carry(low)) | 0;
    cl = low | 0;
    t = (dl << 16) | (dh >>> 16);
    dh = ((dh << 16) | (dl >>> 16)) ^ ch;
    dl = t ^ cl;
    low = (al >>> 0) + (dl >>> 0);
    ah = (ah + dh + carry(low)) | 0;
    al = low | 0;
    t = (dl << 21) | (dh >>> 11);
    dh = ((dh << 21) | (dl >>> 11)) ^ ah;
    dl = t ^ al;
    low = (cl >>> 0) + (bl >>> 0);
    ch = (ch + bh + carry(low)) | 0;
    cl = low | 0;
    t = (bl << 17) | (bh >>> 15);
    bh = ((bh << 17) | (bl >>> 15)) ^ ch;
    bl = t ^ cl;
    this.#v0l = al;
    this.#v0h = ah;
    this.#v1l = bl;
    this.#v1h = bh;
    this.#v2l = ch;
    this.#v2h = cl;
    this.#v3l = dl;
    this.#v3h = dh;
  }
}

function carry(sum: number): number {
  return sum > 0xffffffff ? 1 : 0;
}

function swap(x: number): number {
  return ((x & 0xff) << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
}
