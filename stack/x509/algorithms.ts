// Keys and signatures of certificates: AlgorithmIdentifiers (RFC 3279, 4055, 5480, 5758, 8410) on one side, the schemes of
// nativeVerify on the other. An identifier is compared whole, parameters included, so there is one form of each.

import { DerReader, SEQUENCE } from "./der.ts";
import { fromHex, is } from "./oids.ts";

/** What a public key is; a certificate may hold any, a path only these. */
export const KEY_UNSUPPORTED = 0;
export const KEY_RSA = 1;
export const KEY_P256 = 2;
export const KEY_P384 = 3;
export const KEY_ED25519 = 4;

/** How a certificate is signed. */
export const SIGNED_UNSUPPORTED = 0;
export const SIGNED_RSA_SHA256 = 1;
export const SIGNED_RSA_SHA384 = 2;
export const SIGNED_RSA_SHA512 = 3;
export const SIGNED_PSS_SHA256 = 4;
export const SIGNED_PSS_SHA384 = 5;
export const SIGNED_PSS_SHA512 = 6;
export const SIGNED_ECDSA_SHA256 = 7;
export const SIGNED_ECDSA_SHA384 = 8;
export const SIGNED_ECDSA_SHA512 = 9;
export const SIGNED_ED25519 = 10;
/** With SHA-1 or MD5, which anybody can forge: refused with a word of its own. */
export const SIGNED_BROKEN = 11;

/** CA/Browser Forum 6.1.5: at least 2048 bits, a multiple of 8. Beyond 8192 a check costs too much. */
export const RSA_BITS_LEAST = 2048;
export const RSA_BITS_MOST = 8192;

// The content of AlgorithmIdentifier: OID and parameters.
const RSA_KEY = fromHex("06092a864886f70d0101010500");
const P256_KEY = fromHex("06072a8648ce3d020106082a8648ce3d030107");
const P384_KEY = fromHex("06072a8648ce3d020106052b81040022");
const ED25519 = fromHex("06032b6570");
const SIGNATURES: readonly Uint8Array[] = [
  fromHex("06092a864886f70d01010b0500"),
  fromHex("06092a864886f70d01010c0500"),
  fromHex("06092a864886f70d01010d0500"),
  // RSASSA-PSS (RFC 4055 3.1): the hash, MGF1 with the same hash, a salt as long as the hash.
  pss("01", "20"),
  pss("02", "30"),
  pss("03", "40"),
  fromHex("06082a8648ce3d040302"),
  fromHex("06082a8648ce3d040303"),
  fromHex("06082a8648ce3d040304"),
  ED25519,
];
const BROKEN: readonly Uint8Array[] = [
  fromHex("06092a864886f70d0101050500"),
  fromHex("06092a864886f70d0101040500"),
  fromHex("06072a8648ce3d0401"),
];

function pss(hash: string, salt: string): Uint8Array {
  const identifier = `300d06096086480165030402${hash}0500`;
  const mgf1 = `301a06092a864886f70d010108${identifier}`;
  return fromHex(`06092a864886f70d01010a3034a00f${identifier}a11c${mgf1}a2030201${salt}`);
}

/** SIGNED_* of the content of an AlgorithmIdentifier. */
export function signatureAlgorithm(bytes: Uint8Array, begin: number, end: number): number {
  const length = end - begin;
  for (let i = 0; i < SIGNATURES.length; i++) {
    const known = SIGNATURES[i]!;
    if (known.length === length && is(bytes, begin, end, known)) return i + 1;
  }
  for (const broken of BROKEN) if (is(bytes, begin, end, broken)) return SIGNED_BROKEN;
  return SIGNED_UNSUPPORTED;
}

/** KEY_* of the content of an AlgorithmIdentifier. */
export function keyAlgorithm(bytes: Uint8Array, begin: number, end: number): number {
  if (is(bytes, begin, end, P256_KEY)) return KEY_P256;
  if (is(bytes, begin, end, RSA_KEY)) return KEY_RSA;
  if (is(bytes, begin, end, P384_KEY)) return KEY_P384;
  return is(bytes, begin, end, ED25519) ? KEY_ED25519 : KEY_UNSUPPORTED;
}

/** Whether a public key has the form of its family, which is that of nativeVerify. */
export function isPublicKey(family: number, bytes: Uint8Array, key: number, end: number): boolean {
  switch (family) {
    case KEY_RSA:
      return rsaBits(bytes, key, end) > 0;
    case KEY_P256:
      return isPoint(bytes, key, end, 65);
    case KEY_P384:
      return isPoint(bytes, key, end, 97);
    default:
      return end - key === 32;
  }
}

/** The content of an AlgorithmIdentifier for a key. */
export function keyIdentifier(family: number): Uint8Array {
  switch (family) {
    case KEY_RSA:
      return RSA_KEY;
    case KEY_P256:
      return P256_KEY;
    case KEY_P384:
      return P384_KEY;
    default:
      return ED25519;
  }
}

/** How certificates are signed by a key of ours: SIGNED_*. */
export function ownSignature(family: number): number {
  switch (family) {
    case KEY_RSA:
      return SIGNED_RSA_SHA256;
    case KEY_P256:
      return SIGNED_ECDSA_SHA256;
    case KEY_P384:
      return SIGNED_ECDSA_SHA384;
    default:
      return SIGNED_ED25519;
  }
}

/** The content of an AlgorithmIdentifier for a signature. */
export function signatureIdentifier(signed: number): Uint8Array {
  return SIGNATURES[signed - 1]!;
}

/** Whether a modulus has so many bits as is allowed. */
export function isRsaSize(bits: number): boolean {
  return bits >= RSA_BITS_LEAST && bits <= RSA_BITS_MOST && bits % 8 === 0;
}

/** RFC 5480 2.2: an uncompressed point; nobody uses the others. */
function isPoint(bytes: Uint8Array, key: number, end: number, length: number): boolean {
  return end - key === length && bytes[key] === 4;
}

/** The bits of the modulus of an RSAPublicKey (RFC 8017 A.1.1), 0 when it is none. */
export function rsaBits(bytes: Uint8Array, key: number, end: number): number {
  const reader = new DerReader(bytes, key, end - key);
  const outer = reader.enter(SEQUENCE);
  const bits = readModulus(reader);
  reader.leave(outer);
  return reader.failed ? 0 : bits;
}

/** Takes modulus and exponent, both greater than 0. Returns the bits of the modulus. */
export function readModulus(reader: DerReader): number {
  reader.integer();
  const { bytes, content, contentEnd } = reader;
  reader.integer();
  if (reader.failed || bytes[content]! >= 0x80 || bytes[reader.content]! >= 0x80) {
    reader.fail();
    return 0;
  }
  const first = bytes[content] === 0 && contentEnd > content + 1 ? content + 1 : content;
  const bits = (contentEnd - first - 1) * 8 + (32 - Math.clz32(bytes[first]!));
  if (bits === 0) reader.fail();
  return bits;
}

/** Whether a signature is of a kind that some key here can verify. */
export function isSpoken(signed: number): boolean {
  return signed !== SIGNED_UNSUPPORTED && signed !== SIGNED_BROKEN;
}

/** The scheme of nativeVerify for a signature by a key, 0 when they do not go together. */
export function verificationScheme(signed: number, family: number): number {
  switch (family) {
    case KEY_RSA:
      switch (signed) {
        case SIGNED_RSA_SHA256:
          return 0x0401;
        case SIGNED_RSA_SHA384:
          return 0x0501;
        case SIGNED_RSA_SHA512:
          return 0x0601;
        case SIGNED_PSS_SHA256:
          return 0x0804;
        case SIGNED_PSS_SHA384:
          return 0x0805;
        case SIGNED_PSS_SHA512:
          return 0x0806;
        default:
          return 0;
      }
    case KEY_P256:
      if (signed === SIGNED_ECDSA_SHA256) return 0x0403;
      if (signed === SIGNED_ECDSA_SHA384) return 0xfe03;
      return signed === SIGNED_ECDSA_SHA512 ? 0xfe05 : 0;
    case KEY_P384:
      if (signed === SIGNED_ECDSA_SHA384) return 0x0503;
      if (signed === SIGNED_ECDSA_SHA256) return 0xfe04;
      return signed === SIGNED_ECDSA_SHA512 ? 0xfe06 : 0;
    case KEY_ED25519:
      return signed === SIGNED_ED25519 ? 0x0807 : 0;
    default:
      return 0;
  }
}

/**
 * What it costs to verify a signature of `length` bytes by a key, in units of 100,000 instructions: P-256 636,000, P-384
 * 1,900,000, Ed25519 479,000, RSA of 2048 bits 300,000, which grows with the square of its length and with the exponent;
 * hashing 33 a byte.
 */
export function verificationWork(family: number, bytes: Uint8Array, key: number, end: number, length: number): number {
  const hashing = Math.ceil(length / 3000);
  switch (family) {
    case KEY_RSA: {
      const reader = new DerReader(bytes, key, end - key);
      reader.enter(SEQUENCE);
      const size = readModulus(reader) / 2048;
      // Each of its bits costs a squaring and perhaps a multiplication; of the seventeen of 65537 two are set.
      const exponent = (reader.contentEnd - reader.content) * 8;
      return Math.ceil(size * size * (exponent <= 24 ? 3 : exponent / 3)) + hashing;
    }
    case KEY_P256:
      return 7 + hashing;
    case KEY_P384:
      return 19 + hashing;
    default:
      return 5 + hashing;
  }
}
