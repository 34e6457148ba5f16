/// <reference path="../base/cryptography.d.ts" />
// Keys that follow from a seed, and what is made with them: what ACME needs of keys (appliance/acme). Nothing of a seed or
// of a key is kept here.

import { copyBytes } from "../base/native.ts";
import { KEY_P256 } from "../x509/algorithms.ts";
import { DerReader, INTEGER, SEQUENCE } from "../x509/der.ts";
import { PrivateKey, sign, takeKey } from "../x509/keys.ts";
import { referenceName } from "../x509/names.ts";

/** P-256, as a group of TLS. */
const GROUP = 0x0017;
const SECRET_KEY_ROOM = 2500;
const SHARE_ROOM = 1216;
const SCALAR = 32;

/** A key on P-256 that follows from the seed, of 128 bytes at least. */
export function seedKey(seed: Uint8Array): PrivateKey {
  const secret = new Uint8Array(SECRET_KEY_ROOM);
  nativeKeyPair(GROUP, seed, secret, new Uint8Array(SHARE_ROOM));
  const key = new PrivateKey();
  if (takeKey(KEY_P256, secret.slice(0, SCALAR), key) !== 0) throw new Error("a key of our own is none");
  return key;
}

/** ECDSA with SHA-256 as JWS has it (RFC 7518 3.4): r and s, 32 bytes each; empty without entropy. */
export function signRaw(key: PrivateKey, message: Uint8Array): Uint8Array {
  const der = sign(key, message);
  if (der.length === 0) return der;
  const signature = new Uint8Array(2 * SCALAR);
  const reader = new DerReader(der, 0, der.length);
  reader.enter(SEQUENCE);
  for (let end = SCALAR; end <= 2 * SCALAR; end += SCALAR) {
    reader.next(INTEGER);
    // DER has a zero in front when the first bit is set, and no other.
    let { content } = reader;
    while (content < reader.contentEnd && der[content] === 0) content++;
    const length = reader.contentEnd - content;
    if (reader.failed || length > SCALAR) throw new Error("a signature of our own cannot be read");
    copyBytes(signature, end - length, der, content, length);
  }
  return signature;
}

/** The name that a client asks for who looks at a TLS-ALPN-01 challenge: an address backwards (RFC 8738 6). */
export function challengeName(name: string): string {
  if (referenceName(name).address.length !== 4) return name;
  const parts = name.split(".");
  return `${parts[3]!}.${parts[2]!}.${parts[1]!}.${parts[0]!}.in-addr.arpa`;
}
