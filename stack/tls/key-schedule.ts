/// <reference path="../base/cryptography.d.ts" />
// The key schedule (RFC 8446 7.1), from the top down:
//
//   earlySecret(psk) -> binderKey
//        |  derived
//   handshakeSecret(early, shared) -> traffic of both sides, their finished keys
//        |  derived
//   masterSecret(handshake) -> traffic of both sides, resumption -> the key of a ticket
//
// A secret is an array of 48 bytes of which the hash's length is used; the rest is zero, so that as a key of HMAC, which is
// padded with zeros anyway (RFC 2104 2), it is the same. Who holds a secret wipes it.

import { zeroBytes } from "../base/native.ts";
import { hashLength } from "./codes.ts";
import { hashRange } from "./transcript.ts";

/** A secret of the schedule: see above. */
export type Secret = Uint8Array;
export const SECRET_ROOM = 48;
export const NO_SECRET: Secret = new Uint8Array(0);

const NOTHING: Uint8Array = new Uint8Array(0);
const ZEROS: readonly Uint8Array[] = [new Uint8Array(32), new Uint8Array(48)];
const EMPTY_HASHES: readonly Uint8Array[] = [hashRange(0, NOTHING, 0, 0), hashRange(1, NOTHING, 0, 0)];

/** The bytes of an ASCII text. */
export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export const CLIENT_HANDSHAKE: Uint8Array = ascii("c hs traffic");
export const SERVER_HANDSHAKE: Uint8Array = ascii("s hs traffic");
export const CLIENT_TRAFFIC: Uint8Array = ascii("c ap traffic");
export const SERVER_TRAFFIC: Uint8Array = ascii("s ap traffic");
export const EXPORTER: Uint8Array = ascii("exp master");
export const RESUMPTION_MASTER: Uint8Array = ascii("res master");
const DERIVED: Uint8Array = ascii("derived");
const RESUMPTION_BINDER: Uint8Array = ascii("res binder");
const RESUMPTION: Uint8Array = ascii("resumption");
const FINISHED_KEY: Uint8Array = ascii("finished");
const UPDATE: Uint8Array = ascii("traffic upd");

export function wipe(secret: Uint8Array): void {
  zeroBytes(secret, 0, secret.length);
}

/** HKDF-Expand-Label with the hash's own length. */
function expand(algorithm: number, secret: Secret, label: Uint8Array, context: Uint8Array): Secret {
  const into = new Uint8Array(SECRET_ROOM);
  nativeHkdfExpandLabel(algorithm, secret, label, context, into.subarray(0, hashLength(algorithm)));
  return into;
}

/** Derive-Secret (7.1); `transcript` is the hash of the messages. */
export function derive(algorithm: number, secret: Secret, label: Uint8Array, transcript: Uint8Array): Secret {
  return expand(algorithm, secret, label, transcript);
}

/** The next stage's secret out of this one's, and what newly comes in, an array of its own length. */
function advance(algorithm: number, secret: Secret, input: Uint8Array): Secret {
  const salt = expand(algorithm, secret, DERIVED, EMPTY_HASHES[algorithm]!);
  const next = new Uint8Array(SECRET_ROOM);
  nativeHkdfExtract(algorithm, salt, input, next);
  wipe(salt);
  return next;
}

/** The Early Secret; `psk` is the key of a ticket, or NO_SECRET. */
export function earlySecret(algorithm: number, psk: Secret): Secret {
  const secret = new Uint8Array(SECRET_ROOM);
  const input = psk.length === 0 ? ZEROS[algorithm]! : psk.subarray(0, hashLength(algorithm));
  nativeHkdfExtract(algorithm, ZEROS[algorithm]!, input, secret);
  return secret;
}

/** The Handshake Secret; `shared` holds what (EC)DHE gave, `length` bytes. */
export function handshakeSecret(algorithm: number, early: Secret, shared: Uint8Array, length: number): Secret {
  return advance(algorithm, early, shared.subarray(0, length));
}

export function masterSecret(algorithm: number, handshake: Secret): Secret {
  return advance(algorithm, handshake, ZEROS[algorithm]!);
}

/** The base of a ticket's binder (4.2.11.2). */
export function binderKey(algorithm: number, early: Secret): Secret {
  return expand(algorithm, early, RESUMPTION_BINDER, EMPTY_HASHES[algorithm]!);
}

/** The key of a ticket (4.6.1). */
export function ticketSecret(algorithm: number, resumptionMaster: Secret, nonce: Uint8Array): Secret {
  return expand(algorithm, resumptionMaster, RESUMPTION, nonce);
}

/** verify_data of Finished and of binders (4.4.4): an array of the hash's length. */
export function finishedMac(algorithm: number, base: Secret, transcript: Uint8Array): Uint8Array {
  const key = expand(algorithm, base, FINISHED_KEY, NOTHING);
  const mac = new Uint8Array(SECRET_ROOM);
  nativeHmac(algorithm, key, transcript, 0, transcript.length, mac);
  wipe(key);
  return mac.subarray(0, hashLength(algorithm));
}

/** application_traffic_secret_N+1 (7.2), in the place of the one before. */
export function updateTraffic(algorithm: number, secret: Secret): void {
  const next = expand(algorithm, secret, UPDATE, NOTHING);
  secret.set(next);
  wipe(next);
}

/** True when the `length` bytes at the offsets are the same; how long it takes does not tell where they differ. */
export function sameBytes(a: Uint8Array, aOffset: number, b: Uint8Array, bOffset: number, length: number): boolean {
  if (aOffset + length > a.length || bOffset + length > b.length) return false;
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= a[aOffset + i]! ^ b[bOffset + i]!;
  return difference === 0;
}
