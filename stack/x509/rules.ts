// What a certificate must say of itself to be a server's, or an authority's above others (RFC 5280 6.1.3, 6.1.4).

import { isRsaSize, KEY_RSA, KEY_UNSUPPORTED, rsaBits, SIGNED_BROKEN, verificationScheme } from "./algorithms.ts";
import { type Certificate, KEY_USAGE_SIGNATURE, KEY_USAGE_SIGNS_CERTIFICATES, USAGE_OTHER } from "./certificate.ts";
import {
  FOR_AUTHORITIES,
  NO_AUTHORITY,
  NO_SIGNER,
  NOT_FOR_SERVERS,
  NOT_FOR_SIGNATURES,
  OLD_VERSION,
  type PathError,
  WEAK_ALGORITHM,
  WEAK_HASH,
  WEAK_KEY,
} from "./errors.ts";
import { identifierText, nameText } from "./text.ts";

/** What is wrong with a server's own certificate. `given`: exactly it was named as trusted, so nobody has to sign it. */
export function leafFault(leaf: Certificate, given: boolean, now: number): PathError | undefined {
  const common = dateFault(leaf, 0, now) ?? keyFault(leaf, 0) ?? criticalFault(leaf, 0);
  if (common !== undefined) return common;
  if (leaf.extendedUsage === USAGE_OTHER) return purposeFault(leaf, 0, NOT_FOR_SERVERS);
  // RFC 8446 4.4.2.2.
  if (leaf.keyUsage >= 0 && (leaf.keyUsage & KEY_USAGE_SIGNATURE) === 0 && !(given && leaf.authority))
    return purposeFault(leaf, 0, NOT_FOR_SIGNATURES);
  if (given) return undefined;
  // 4.1: without version 3 there are no names.
  if (leaf.version !== 3) return purposeFault(leaf, 0, OLD_VERSION);
  // 4.2.1.9: keyCertSign only with cA; 4.2.1.10: constraints only in an authority's. An authority's key is for signing
  // certificates, and stays where that is done.
  const signs = leaf.keyUsage >= 0 && (leaf.keyUsage & KEY_USAGE_SIGNS_CERTIFICATES) !== 0;
  if (leaf.authority || signs || leaf.constraintsEnd > leaf.constraintsBegin)
    return purposeFault(leaf, 0, FOR_AUTHORITIES);
  return undefined;
}

/**
 * What is wrong with an authority that has signed others. `place`: see PathError. `below`: authorities between it and the
 * leaf, self-issued ones not counted (4.2.1.9).
 */
export function authorityFault(c: Certificate, place: number, below: number, now: number): PathError | undefined {
  const common = dateFault(c, place, now) ?? keyFault(c, place) ?? criticalFault(c, place);
  if (common !== undefined) return common;
  if (c.version !== 3 || !c.authority)
    return { kind: "may not sign", certificate: place, subject: subjectOf(c), reason: NO_AUTHORITY };
  if (c.keyUsage >= 0 && (c.keyUsage & KEY_USAGE_SIGNS_CERTIFICATES) === 0)
    return { kind: "may not sign", certificate: place, subject: subjectOf(c), reason: NO_SIGNER };
  // 4.1.2.6: who signs has a name.
  if (c.subjectEnd - c.subjectBegin <= 2)
    return { kind: "may not sign", certificate: place, subject: subjectOf(c), reason: NO_AUTHORITY };
  if (c.pathLength >= 0 && below > c.pathLength)
    return { kind: "path too long", certificate: place, subject: subjectOf(c), most: c.pathLength };
  // The web takes the purposes of an authority as those that it may sign for.
  if (c.extendedUsage === USAGE_OTHER) return purposeFault(c, place, NOT_FOR_SERVERS);
  return undefined;
}

/** The scheme of nativeVerify by which `issuer` may have signed `child`; 0: none that is accepted. */
export function scheme(child: Certificate, issuer: Certificate): number {
  return verificationScheme(child.signed, issuer.keyFamily);
}

/** A signature that is not accepted, whoever made it. */
export function weaknessOf(child: Certificate, place: number): PathError {
  const weakness = child.signed === SIGNED_BROKEN ? WEAK_HASH : WEAK_ALGORITHM;
  return { kind: "weak", certificate: place, subject: subjectOf(child), weakness };
}

function dateFault(c: Certificate, place: number, now: number): PathError | undefined {
  // A part of a second belongs to the second that has begun.
  const second = Math.floor(now);
  if (second >= c.notBefore && second <= c.notAfter) return undefined;
  const { notBefore, notAfter } = c;
  return { kind: "not valid now", certificate: place, subject: subjectOf(c), notBefore, notAfter, now: second };
}

function keyFault(c: Certificate, place: number): PathError | undefined {
  if (c.keyFamily === KEY_UNSUPPORTED)
    return { kind: "weak", certificate: place, subject: subjectOf(c), weakness: WEAK_ALGORITHM };
  if (c.keyFamily === KEY_RSA && !isRsaSize(rsaBits(c.bytes, c.keyBegin, c.keyEnd)))
    return { kind: "weak", certificate: place, subject: subjectOf(c), weakness: WEAK_KEY };
  return undefined;
}

/** 4.2: a critical extension that is not understood refuses the certificate. */
function criticalFault(c: Certificate, place: number): PathError | undefined {
  if (c.criticalEnd === 0) return undefined;
  const oid = identifierText(c.bytes, c.criticalBegin, c.criticalEnd);
  return { kind: "critical extension", certificate: place, subject: subjectOf(c), oid };
}

function purposeFault(c: Certificate, place: number, reason: number): PathError {
  return { kind: "wrong purpose", certificate: place, subject: subjectOf(c), reason };
}

function subjectOf(c: Certificate): string {
  return nameText(c.bytes, c.subjectBegin, c.subjectEnd);
}
