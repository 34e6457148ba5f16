/// <reference path="../base/cryptography.d.ts" />
// What a client offers (RFC 8446 4.1.2): its ClientHello, and what belongs to it.

import type { Instant } from "../base/result.ts";
import {
  AES_128_GCM,
  AES_256_GCM,
  ALPN,
  CHACHA20_POLY1305,
  CLIENT_HELLO,
  COOKIE,
  ECDSA_P256,
  ECDSA_P384,
  ED25519,
  greaseOf,
  hashLength,
  hashOf,
  KEY_SHARE,
  P256,
  P384,
  PAIR_RANDOM,
  PRE_SHARED_KEY,
  PSK_DHE_KE,
  PSK_KEY_EXCHANGE_MODES,
  RECORD_SIZE_LIMIT,
  RSA_PKCS1_SHA256,
  RSA_PKCS1_SHA384,
  RSA_PKCS1_SHA512,
  RSA_PSS_SHA256,
  RSA_PSS_SHA384,
  RSA_PSS_SHA512,
  SECRET_KEY_ROOM,
  SERVER_NAME,
  SHARE_ROOM,
  SIGNATURE_ALGORITHMS,
  SUPPORTED_GROUPS,
  SUPPORTED_VERSIONS,
  TLS_1_2,
  TLS_1_3,
  X25519,
  X25519_MLKEM768,
} from "./codes.ts";
import { ascii, binderKey, earlySecret, finishedMac, wipe } from "./key-schedule.ts";
import { MOST_CONTENT } from "./limits.ts";
import type { Randomness } from "./randomness.ts";
import { NO_SESSION, type Session } from "./session.ts";
import { Transcript } from "./transcript.ts";
import type { Verifier } from "./verifier.ts";
import { beginMessage, endMessage, type ServerHello } from "./wire/server-messages.ts";
import { Writer } from "./wire/writer.ts";

const AES_FIRST: readonly number[] = [AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305];
const CHACHA_FIRST: readonly number[] = [CHACHA20_POLY1305, AES_128_GCM, AES_256_GCM];
/** PKCS#1 v1.5 is for certificates alone (4.2.3). */
export const SCHEMES: readonly number[] = [
  ECDSA_P256,
  ED25519,
  ECDSA_P384,
  RSA_PSS_SHA256,
  RSA_PSS_SHA384,
  RSA_PSS_SHA512,
  RSA_PKCS1_SHA256,
  RSA_PKCS1_SHA384,
  RSA_PKCS1_SHA512,
];

/** What a client wants of one connection. */
export class ClientTerms {
  /** The name that the server is told; "" for an address (RFC 6066 3). */
  readonly serverName: string;
  readonly verifier: Verifier;
  readonly random: Randomness;
  /** The best first; empty: the extension is not sent. */
  readonly protocols: readonly string[];
  suites: readonly number[] = AES_FIRST;
  groups: readonly number[] = [X25519_MLKEM768, X25519, P256, P384];
  /** Groups that a share is sent of at once. */
  shared: readonly number[] = [X25519_MLKEM768, X25519];
  schemes: readonly number[] = SCHEMES;
  session: Session = NO_SESSION;
  /** Offers beside each list a value that means nothing (RFC 8701), so that servers go on skipping what they do not know. */
  grease = true;

  constructor(serverName: string, verifier: Verifier, random: Randomness, protocols: readonly string[]) {
    this.serverName = serverName;
    this.verifier = verifier;
    this.random = random;
    this.protocols = protocols;
    if (!nativeHasAes()) this.suites = CHACHA_FIRST;
  }
}

/** One pair of keys. */
export class Pair {
  readonly group: number;
  readonly secretKey: Uint8Array = new Uint8Array(SECRET_KEY_ROOM);
  readonly share: Uint8Array;

  constructor(group: number, random: Randomness) {
    const bytes = new Uint8Array(PAIR_RANDOM);
    random.fill(bytes);
    const share = new Uint8Array(SHARE_ROOM);
    const length = nativeKeyPair(group, bytes, this.secretKey, share);
    wipe(bytes);
    this.group = group;
    this.share = share.subarray(0, length);
  }
}

export class Offer {
  /** The whole message. */
  readonly hello: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly pairs: readonly Pair[];
  /** NO_SESSION: none is offered. */
  readonly session: Session;

  constructor(hello: Uint8Array, sessionId: Uint8Array, pairs: readonly Pair[], session: Session) {
    this.hello = hello;
    this.sessionId = sessionId;
    this.pairs = pairs;
    this.session = session;
  }

  wipe(): void {
    for (const pair of this.pairs) wipe(pair.secretKey);
  }
}

/** What differs from hello to hello. */
interface Parts {
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly pairs: readonly Pair[];
  readonly session: Session;
  readonly cookie: Uint8Array;
  /** A HelloRetryRequest has asked for one share: nothing stands beside it. */
  readonly single: boolean;
}

const NOTHING: Uint8Array = new Uint8Array(0);

const NO_TRANSCRIPT: Transcript = new Transcript(0);

export function firstOffer(terms: ClientTerms, now: Instant): Offer {
  const random = new Uint8Array(32);
  terms.random.fill(random);
  // D.4: an id that middleboxes take for that of a session of TLS 1.2.
  const sessionId = new Uint8Array(32);
  terms.random.fill(sessionId);
  const pairs: Pair[] = [];
  for (let i = 0; i < terms.shared.length; i++) pairs.push(new Pair(terms.shared[i]!, terms.random));
  const session = terms.session.usable(terms.serverName, now) ? terms.session : NO_SESSION;
  const hello = encode(
    terms,
    { random, sessionId, pairs, session, cookie: NOTHING, single: false },
    now,
    NO_TRANSCRIPT,
  );
  return new Offer(hello, sessionId, pairs, session);
}

/**
 * Answers a HelloRetryRequest (4.1.4). `keep`: the ticket, if there was one, is offered again; `transcript` is that of
 * all before this hello.
 */
export function secondOffer(
  terms: ClientTerms,
  first: Offer,
  retry: ServerHello,
  keep: boolean,
  now: Instant,
  transcript: Transcript,
): Offer {
  const pairs: Pair[] = [];
  if (retry.group === 0) for (const pair of first.pairs) pairs.push(pair);
  else pairs.push(new Pair(retry.group, terms.random));
  const random = first.hello.subarray(6, 38);
  const session = keep ? first.session : NO_SESSION;
  const { sessionId } = first;
  const { cookie } = retry;
  const single = retry.group !== 0;
  const hello = encode(terms, { random, sessionId, pairs, session, cookie, single }, now, transcript);
  return new Offer(hello, sessionId, pairs, session);
}

function encode(terms: ClientTerms, parts: Parts, now: Instant, before: Transcript): Uint8Array {
  const { session, cookie } = parts;
  // The same in a second hello, as its random is.
  const meaningless = terms.grease ? [greaseOf(parts.random[0]!)] : [];
  const out = new Writer(2048);
  const message = beginMessage(out, CLIENT_HELLO);
  out.u16(TLS_1_2);
  out.append(parts.random);
  const id = out.open(1);
  out.append(parts.sessionId);
  out.close(id, 1);
  numbers(out, meaningless, terms.suites);
  out.u16(0x0100);
  const list = out.open(2);
  if (terms.serverName !== "") {
    out.u16(SERVER_NAME);
    const extension = out.open(2);
    const names = out.open(2);
    out.u8(0);
    const name = out.open(2);
    out.append(ascii(terms.serverName));
    out.close(name, 2);
    out.close(names, 2);
    out.close(extension, 2);
  }
  numbersExtension(out, SUPPORTED_GROUPS, meaningless, terms.groups);
  numbersExtension(out, SIGNATURE_ALGORITHMS, meaningless, terms.schemes);
  if (terms.protocols.length > 0) writeProtocols(out, terms.protocols);
  out.u16(RECORD_SIZE_LIMIT);
  out.u16(2);
  out.u16(MOST_CONTENT + 1);
  out.u16(SUPPORTED_VERSIONS);
  const versions = out.open(2);
  const version = out.open(1);
  for (const value of meaningless) out.u16(value);
  out.u16(TLS_1_3);
  out.close(version, 1);
  out.close(versions, 2);
  for (const value of meaningless) {
    out.u16(value);
    out.u16(0);
  }
  out.u16(PSK_KEY_EXCHANGE_MODES);
  out.u16(2);
  out.u16(0x0100 | PSK_DHE_KE);
  writeShares(out, parts.single ? [] : meaningless, parts.pairs);
  if (cookie.length > 0) {
    out.u16(COOKIE);
    const extension = out.open(2);
    const vector = out.open(2);
    out.append(cookie);
    out.close(vector, 2);
    out.close(extension, 2);
  }
  if (session === NO_SESSION) {
    out.close(list, 2);
    endMessage(out, message);
    return out.copy();
  }
  const binderLength = hashLength(hashOf(session.suite));
  writeIdentity(out, session, binderLength, now);
  out.close(list, 2);
  endMessage(out, message);
  const hello = out.copy();
  bind(hello, session, binderLength, before);
  return hello;
}

/** A vector of 16-bit numbers. */
function numbers(out: Writer, meaningless: readonly number[], values: readonly number[]): void {
  const vector = out.open(2);
  for (let i = 0; i < meaningless.length; i++) out.u16(meaningless[i]!);
  for (let i = 0; i < values.length; i++) out.u16(values[i]!);
  out.close(vector, 2);
}

function numbersExtension(out: Writer, type: number, meaningless: readonly number[], values: readonly number[]): void {
  out.u16(type);
  const extension = out.open(2);
  numbers(out, meaningless, values);
  out.close(extension, 2);
}

/** RFC 7301 3.1. */
function writeProtocols(out: Writer, protocols: readonly string[]): void {
  out.u16(ALPN);
  const extension = out.open(2);
  const list = out.open(2);
  for (const protocol of protocols) {
    const name = out.open(1);
    out.append(ascii(protocol));
    out.close(name, 1);
  }
  out.close(list, 2);
  out.close(extension, 2);
}

function writeShares(out: Writer, meaningless: readonly number[], pairs: readonly Pair[]): void {
  out.u16(KEY_SHARE);
  const extension = out.open(2);
  const shares = out.open(2);
  for (let i = 0; i < meaningless.length; i++) {
    out.u16(meaningless[i]!);
    out.u16(1);
    out.u8(0);
  }
  for (const pair of pairs) {
    out.u16(pair.group);
    const share = out.open(2);
    out.append(pair.share);
    out.close(share, 2);
  }
  out.close(shares, 2);
  out.close(extension, 2);
}

/** pre_shared_key (4.2.11), its binder zeros. */
function writeIdentity(out: Writer, session: Session, binderLength: number, now: Instant): void {
  out.u16(PRE_SHARED_KEY);
  const extension = out.open(2);
  const identities = out.open(2);
  const identity = out.open(2);
  out.append(session.ticket);
  out.close(identity, 2);
  out.u32(session.obfuscatedAge(now));
  out.close(identities, 2);
  const binders = out.open(2);
  const binder = out.open(1);
  for (let i = 0; i < binderLength; i++) out.u8(0);
  out.close(binder, 1);
  out.close(binders, 2);
  out.close(extension, 2);
}

/** Fills in the binder (4.2.11.2), which is the hello's end. */
function bind(hello: Uint8Array, session: Session, binderLength: number, before: Transcript): void {
  const algorithm = hashOf(session.suite);
  const transcript = before === NO_TRANSCRIPT ? new Transcript(algorithm) : before;
  transcript.add(hello, 0, hello.length - binderLength - 3);
  const early = earlySecret(algorithm, session.secret);
  const key = binderKey(algorithm, early);
  hello.set(finishedMac(algorithm, key, transcript.digest()), hello.length - binderLength);
  wipe(early);
  wipe(key);
}
