// Certificates for tests, with whatever a test wants to be wrong with them. The writer is the stack's own.

import { KEY_ED25519, ownSignature, signatureIdentifier } from "../../../stack/x509/algorithms.ts";
import { commonName, extension, keyInfo } from "../../../stack/x509/build.ts";
import { Certificate } from "../../../stack/x509/certificate.ts";
import { decodeCertificate } from "../../../stack/x509/decode.ts";
import { PrivateKey, sign, takeKey } from "../../../stack/x509/keys.ts";
import { bits, identifier, sequence, small, time, truth, wrap } from "../../../stack/x509/writer.ts";
import { hex } from "../../support/bytes.ts";

/** 2026-01-01. */
export const NOW = 1_767_225_600;
export const DAY = 86_400;

export class Spec {
  /** As it is written; empty for version 1. */
  version: Uint8Array = wrap(0xa0, [small(2)]);
  serial: Uint8Array = small(7);
  /** Names, AlgorithmIdentifiers and dates as DER; empty algorithms are those of the key that signs. */
  issuer: Uint8Array = commonName("authority");
  subject: Uint8Array = commonName("subject");
  innerAlgorithm: Uint8Array = new Uint8Array(0);
  outerAlgorithm: Uint8Array = new Uint8Array(0);
  notBefore: Uint8Array = time(NOW - DAY);
  notAfter: Uint8Array = time(NOW + DAY);
  /** SubjectPublicKeyInfo. */
  keyInfo: Uint8Array = new Uint8Array(0);
  extensions: Uint8Array[] = [];
  /** Whether there is a list of them at all. */
  extended = true;
  /** Without a key the signature is 64 zeros. */
  signer: PrivateKey = NOBODY;
}

/** A key that is none, for what is never verified. */
export const NOBODY: PrivateKey = nobody();

function nobody(): PrivateKey {
  const key = new PrivateKey();
  key.family = KEY_ED25519;
  key.publicKey = new Uint8Array(32);
  return key;
}

/** An Ed25519 key of its own for each number. */
export function keyOf(number: number): PrivateKey {
  const seed = new Uint8Array(32);
  seed[0] = number;
  seed[31] = 1;
  const key = new PrivateKey();
  if (takeKey(KEY_ED25519, seed, key) !== 0) throw new Error("not a key");
  return key;
}

export function issue(spec: Spec): Uint8Array {
  const own = sequence([signatureIdentifier(ownSignature(spec.signer.family))]);
  const inner = spec.innerAlgorithm.length > 0 ? spec.innerAlgorithm : own;
  const outer = spec.outerAlgorithm.length > 0 ? spec.outerAlgorithm : inner;
  const parts = [
    spec.version,
    spec.serial,
    inner,
    spec.issuer,
    sequence([spec.notBefore, spec.notAfter]),
    spec.subject,
    spec.keyInfo.length > 0 ? spec.keyInfo : keyInfo(spec.signer),
  ];
  if (spec.extended) parts.push(wrap(0xa3, [sequence(spec.extensions)]));
  const tbs = sequence(parts);
  const signature = spec.signer === NOBODY ? new Uint8Array(64) : sign(spec.signer, tbs);
  return sequence([tbs, outer, bits(signature)]);
}

/** The content of 2.5.29.N. */
export function standard(number: number): Uint8Array {
  return hex(`551d${number < 16 ? "0" : ""}${number.toString(16)}`);
}

export function basic(authority: boolean, pathLength: number): Uint8Array {
  const parts: Uint8Array[] = [];
  if (authority) parts.push(truth());
  if (pathLength >= 0) parts.push(small(pathLength));
  return extension(standard(19), true, sequence(parts));
}

/** The first byte of the bits, of which the last `unused` are not written. */
export function usage(byte: number, unused: number): Uint8Array {
  const bytes = new Uint8Array(1);
  bytes[0] = byte;
  return extension(standard(15), true, bits(bytes, unused));
}

export function extendedUsage(oids: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const oid of oids) parts.push(identifier(oid));
  return extension(standard(37), false, sequence(parts));
}

/** DECODE_* of a certificate. */
export function faultOf(bytes: Uint8Array): number {
  return decodeCertificate(bytes, 0, bytes.length, new Certificate());
}

/** A certificate that must be one. */
export function read(bytes: Uint8Array): Certificate {
  const certificate = new Certificate();
  const fault = decodeCertificate(bytes, 0, bytes.length, certificate);
  if (fault !== 0) throw new Error(`fault ${fault}`);
  return certificate;
}
