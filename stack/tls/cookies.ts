/// <reference path="../base/cryptography.d.ts" />
// Cookies of HelloRetryRequests (RFC 8446 4.2.2): all that the server has to remember of a first ClientHello, under a key
// of its own, so that it need not.
//
//   issued  6   milliseconds
//   suite   2
//   group   2   the one asked for; 0: the client has sent a share that will do
//   hello   48  the hash of the first ClientHello, of 32 or 48 bytes
//   repeat  32  the hash of what the second must repeat (ClientHello.hashUnchanging)
//   resumes 1   whether the ticket offered was good
//   mac     32

import { readU16, readU48, writeU16, writeU48 } from "../base/bytes.ts";
import { copyBytes } from "../base/native.ts";
import { type Instant, MILLISECOND } from "../base/result.ts";
import type { Agreement } from "./agreement.ts";
import { hashLength, hashOf } from "./codes.ts";
import { sameBytes } from "./key-schedule.ts";
import { COOKIE_LIFETIME } from "./limits.ts";
import type { Randomness } from "./randomness.ts";
import { hashRange } from "./transcript.ts";
import type { ClientHello } from "./wire/client-hello.ts";

const SUITE = 6;
const GROUP = 8;
const HELLO = 10;
const REPEAT = 58;
const RESUMES = 90;
const MAC = 91;
const MAC_LENGTH = 32;
const COOKIE_LENGTH = MAC + MAC_LENGTH;
const KEY_LENGTH = 32;

export class Cookies {
  readonly #key: Uint8Array = new Uint8Array(KEY_LENGTH);

  constructor(random: Randomness) {
    this.renew(random);
  }

  /** No cookie that was given out before is taken again. */
  renew(random: Randomness): void {
    random.fill(this.#key);
  }

  /** For the first ClientHello that a HelloRetryRequest answers. */
  make(hello: ClientHello, agreement: Agreement, group: number, now: Instant): Uint8Array {
    const { suite } = agreement;
    const cookie = new Uint8Array(COOKIE_LENGTH);
    writeU48(cookie, 0, Math.floor(now / MILLISECOND));
    writeU16(cookie, SUITE, suite);
    writeU16(cookie, GROUP, group);
    cookie[RESUMES] = agreement.identity >= 0 ? 1 : 0;
    const hash = hashRange(hashOf(suite), hello.bytes, hello.offset, hello.length);
    copyBytes(cookie, HELLO, hash, 0, hash.length);
    const repeat = unchanging(hello, group);
    copyBytes(cookie, REPEAT, repeat, 0, MAC_LENGTH);
    this.#mac(cookie);
    return cookie;
  }

  /** Whether the cookie is one of ours, and not too old. The functions below are for such a one. */
  verify(cookie: Uint8Array, now: Instant): boolean {
    if (cookie.length !== COOKIE_LENGTH) return false;
    const copy = new Uint8Array(COOKIE_LENGTH);
    copyBytes(copy, 0, cookie, 0, MAC);
    this.#mac(copy);
    if (!sameBytes(copy, MAC, cookie, MAC, MAC_LENGTH)) return false;
    return now - readU48(cookie, 0) * MILLISECOND <= COOKIE_LIFETIME;
  }

  #mac(cookie: Uint8Array): void {
    const digest = new Uint8Array(48);
    nativeHmac(0, this.#key, cookie, 0, MAC, digest);
    copyBytes(cookie, MAC, digest, 0, MAC_LENGTH);
  }
}

export function cookieSuite(cookie: Uint8Array): number {
  return readU16(cookie, SUITE);
}

export function cookieGroup(cookie: Uint8Array): number {
  return readU16(cookie, GROUP);
}

/** The first ClientHello had a ticket that was good. */
export function cookieResumes(cookie: Uint8Array): boolean {
  return cookie[RESUMES] === 1;
}

/** The hash of the first ClientHello. */
export function cookieHello(cookie: Uint8Array): Uint8Array {
  return cookie.subarray(HELLO, HELLO + hashLength(hashOf(cookieSuite(cookie))));
}

/** Whether the second ClientHello repeats what it must. */
export function repeats(cookie: Uint8Array, hello: ClientHello): boolean {
  const repeat = unchanging(hello, cookieGroup(cookie));
  return sameBytes(repeat, 0, cookie, REPEAT, MAC_LENGTH);
}

function unchanging(hello: ClientHello, group: number): Uint8Array {
  const state = new Uint8Array(224);
  nativeHashInit(0, state);
  hello.hashUnchanging(0, state, group === 0);
  const digest = new Uint8Array(48);
  nativeHashPeek(0, state, digest, 0);
  return digest;
}
