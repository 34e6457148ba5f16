/// <reference path="../base/cryptography.d.ts" />
// Private keys as files have them: PKCS#8 (RFC 5958), SEC1 (RFC 5915) and PKCS#1 (RFC 8017 A.1.2), for P-256, P-384,
// Ed25519 (RFC 8410) and RSA. What is kept is what nativeSign takes, and the public key that belongs to it.

import { copyBytes } from "../base/native.ts";
import {
  isRsaSize,
  KEY_ED25519,
  KEY_P256,
  KEY_P384,
  KEY_RSA,
  KEY_UNSUPPORTED,
  keyAlgorithm,
  ownSignature,
  readModulus,
  verificationScheme,
} from "./algorithms.ts";
import { DerReader, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE } from "./der.ts";
import { fromHex, is } from "./oids.ts";
import type { PemBlock } from "./pem.ts";

/** Not DER, or not of the shape that its label says. */
export const KEY_MALFORMED = 1;
/** Of another kind, or of another curve. */
export const KEY_OF_OTHER_KIND = 2;
/** RSA of fewer than 2048 bits, of more than 8192, or of a number that is not a multiple of 8. */
export const KEY_SIZE = 3;
/** The numbers do not make a key. */
export const KEY_INVALID = 4;
/** A block that is no private key. */
export const KEY_NONE = 5;

export class PrivateKey {
  /** KEY_RSA, KEY_P256, KEY_P384 or KEY_ED25519. */
  family = KEY_UNSUPPORTED;
  /** As nativeSign takes it. Secret. */
  secret: Uint8Array = NO_BYTES;
  /** As nativeVerify takes it, and as a certificate has it. */
  publicKey: Uint8Array = NO_BYTES;
}

const NO_BYTES = new Uint8Array(0);
const P256_CURVE = fromHex("2a8648ce3d030107");
const P384_CURVE = fromHex("2b81040022");
/** What nativePublicKey and nativeSign want to have room for. */
const PUBLIC_KEY_ROOM = 1100;
const SIGNATURE_ROOM = 1024;

/** Fills `key` from a block of PEM. Returns 0 or KEY_*. Never throws. */
export function decodeKey(block: PemBlock, key: PrivateKey): number {
  const reader = new DerReader(block.bytes, 0, block.bytes.length);
  switch (block.label) {
    case "PRIVATE KEY":
      return readPkcs8(reader, key);
    case "EC PRIVATE KEY":
      return readSec1(reader, KEY_UNSUPPORTED, key);
    case "RSA PRIVATE KEY":
      return takeKey(KEY_RSA, block.bytes, key);
    default:
      return KEY_NONE;
  }
}

/** Takes a key as nativeSign has it, and finds its public one. Returns 0 or KEY_*. */
export function takeKey(family: number, secret: Uint8Array, key: PrivateKey): number {
  const publicKey = new Uint8Array(PUBLIC_KEY_ROOM);
  const length = nativePublicKey(signingScheme(family), secret, publicKey);
  if (family === KEY_RSA) {
    const bits = modulusBits(secret);
    if (bits === 0) return KEY_MALFORMED;
    if (!isRsaSize(bits)) return KEY_SIZE;
  }
  if (length === 0) return KEY_INVALID;
  key.family = family;
  key.secret = secret;
  key.publicKey = publicKey.slice(0, length);
  return 0;
}

/** The signature of a certificate or of a request for one; empty without entropy. */
export function sign(key: PrivateKey, message: Uint8Array): Uint8Array {
  const signature = new Uint8Array(SIGNATURE_ROOM);
  return signature.slice(0, nativeSign(signingScheme(key.family), key.secret, message, signature));
}

/** The schemes of TLS (RFC 8446 4.2.3) that a key signs with, the best first. */
export function handshakeSchemes(family: number): readonly number[] {
  switch (family) {
    case KEY_P256:
      return [0x0403];
    case KEY_P384:
      return [0x0503];
    case KEY_ED25519:
      return [0x0807];
    case KEY_RSA:
      return [0x0804, 0x0805, 0x0806];
    default:
      return [];
  }
}

function signingScheme(family: number): number {
  return verificationScheme(ownSignature(family), family);
}

/** OneAsymmetricKey (RFC 5958 2). */
function readPkcs8(reader: DerReader, key: PrivateKey): number {
  reader.enter(SEQUENCE);
  const version = reader.small();
  reader.next(SEQUENCE);
  const family = keyAlgorithm(reader.bytes, reader.content, reader.contentEnd);
  reader.next(OCTET_STRING);
  if (reader.failed || version > 1) return KEY_MALFORMED;
  // Attributes and the public key may follow; the public key is made anew.
  const { bytes, content, contentEnd } = reader;
  const inner = new DerReader(bytes, content, contentEnd - content);
  switch (family) {
    case KEY_P256:
    case KEY_P384:
      return readSec1(inner, family, key);
    case KEY_ED25519:
      inner.next(OCTET_STRING);
      if (inner.failed || inner.contentEnd - inner.content !== 32) return KEY_MALFORMED;
      return takeKey(KEY_ED25519, bytes.slice(inner.content, inner.contentEnd), key);
    case KEY_RSA:
      return takeKey(KEY_RSA, bytes.slice(content, contentEnd), key);
    default:
      return KEY_OF_OTHER_KIND;
  }
}

/** ECPrivateKey (RFC 5915 3); its curve may have been said around it. */
function readSec1(reader: DerReader, curve: number, key: PrivateKey): number {
  reader.enter(SEQUENCE);
  const version = reader.small();
  reader.next(OCTET_STRING);
  const { bytes, content, contentEnd } = reader;
  let family = curve;
  if (reader.peek() === 0xa0) {
    const outer = reader.enter(0xa0);
    reader.next(OBJECT_IDENTIFIER);
    const said = curveOf(bytes, reader.content, reader.contentEnd);
    reader.leave(outer);
    if (curve === KEY_UNSUPPORTED) family = said;
    else if (curve !== said) return KEY_MALFORMED;
  }
  if (reader.failed || version !== 1) return KEY_MALFORMED;
  if (family === KEY_UNSUPPORTED) return KEY_OF_OTHER_KIND;
  // Zeros in front were left out once.
  const size = family === KEY_P256 ? 32 : 48;
  const length = contentEnd - content;
  if (length > size) return KEY_MALFORMED;
  const scalar = new Uint8Array(size);
  copyBytes(scalar, size - length, bytes, content, length);
  return takeKey(family, scalar, key);
}

/** 1.2.840.10045.3.1.7 and 1.3.132.0.34. */
function curveOf(bytes: Uint8Array, begin: number, end: number): number {
  if (is(bytes, begin, end, P256_CURVE)) return KEY_P256;
  return is(bytes, begin, end, P384_CURVE) ? KEY_P384 : KEY_UNSUPPORTED;
}

/** The bits of RSAPrivateKey's modulus, 0 when it is none. */
function modulusBits(secret: Uint8Array): number {
  const reader = new DerReader(secret, 0, secret.length);
  reader.enter(SEQUENCE);
  const version = reader.small();
  const bits = readModulus(reader);
  return reader.failed || version !== 0 ? 0 : bits;
}
