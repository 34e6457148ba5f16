/// <reference path="../base/cryptography.d.ts" />
// What this machine shows of itself: a key, its certificate and those between it and an authority, from PEM in any order.
// What cannot work is an error; what will be noticed by others, or soon, is a warning, asked for at boot and daily.

import type { Result } from "../base/result.ts";
import { Certificate } from "./certificate.ts";
import { decodeCertificate } from "./decode.ts";
import { damage } from "./errors.ts";
import { decodeKey, KEY_INVALID, KEY_NONE, KEY_OF_OTHER_KIND, KEY_SIZE, PrivateKey } from "./keys.ts";
import { isFor, namesOf, referenceName } from "./names.ts";
import { same } from "./oids.ts";
import { INTERMEDIATE_LIMIT } from "./path.ts";
import { decodePem, PEM_DAMAGED, PEM_EMPTY, PEM_ENCRYPTED, PEM_UNENDED } from "./pem.ts";
import { scheme } from "./rules.ts";
import { alternativeNamesText, dateText, nameText } from "./text.ts";
import type { Trust } from "./trust.ts";

/** Seconds before its end from which a certificate is warned about. */
export const NEAR_END = 20 * 86_400;

export class Identity {
  key: PrivateKey = new PrivateKey();
  /** The leaf first, each signed by the next; without the authority's own, which whoever trusts it has. */
  chain: Certificate[] = [];
  /** The certificates were not in this order. */
  reordered = false;
  /** Certificates that are of no use to the leaf. */
  unneeded = 0;

  get leaf(): Certificate {
    return this.chain[0]!;
  }

  /** Whom it is for: host names in lower case, wildcards among them, and addresses as text. */
  get names(): readonly string[] {
    return namesOf(this.leaf);
  }
}

export type IdentityError =
  | { readonly kind: "PEM"; readonly code: number; readonly line: number }
  | { readonly kind: "certificate"; readonly number: number; readonly fault: number }
  | { readonly kind: "key"; readonly fault: number }
  | { readonly kind: "several keys" }
  | { readonly kind: "no key" }
  | { readonly kind: "no certificate" }
  | { readonly kind: "other key"; readonly subject: string };

export type IdentityWarning =
  | { readonly kind: "not valid now"; readonly subject: string; readonly notBefore: number; readonly notAfter: number }
  | { readonly kind: "near its end"; readonly subject: string; readonly notAfter: number }
  | { readonly kind: "name missing"; readonly host: string; readonly names: readonly string[] }
  | { readonly kind: "signed by itself" }
  | { readonly kind: "intermediate missing"; readonly subject: string; readonly issuer: string }
  | { readonly kind: "reordered" }
  | { readonly kind: "unneeded"; readonly count: number };

/** Reads certificates and one key, in any order and together. */
export function readIdentity(text: string): Result<Identity, IdentityError> {
  return read(text, new Identity(), 0);
}

/** Reads certificates, in any order, for a key that is not among them. */
export function readIssued(text: string, key: PrivateKey): Result<Identity, IdentityError> {
  const identity = new Identity();
  identity.key = key;
  return read(text, identity, 1);
}

/** `given`: how many keys the identity has already. */
function read(text: string, identity: Identity, given: number): Result<Identity, IdentityError> {
  const decoded = decodePem(text);
  if (!decoded.ok) return { ok: false, error: { kind: "PEM", code: decoded.error.code, line: decoded.error.line } };
  const certificates: Certificate[] = [];
  let keys = given;
  for (const block of decoded.value) {
    if (block.label === "CERTIFICATE") {
      const certificate = new Certificate();
      const fault = decodeCertificate(block.bytes, 0, block.bytes.length, certificate);
      certificates.push(certificate);
      if (fault !== 0) return { ok: false, error: { kind: "certificate", number: certificates.length, fault } };
      continue;
    }
    const key = new PrivateKey();
    const fault = decodeKey(block, key);
    // Parameters of curves, requests and so on lie there too.
    if (fault === KEY_NONE) continue;
    if (fault !== 0) return { ok: false, error: { kind: "key", fault } };
    keys++;
    if (keys === 1) identity.key = key;
  }
  if (keys === 0) return { ok: false, error: { kind: "no key" } };
  if (keys > 1) return { ok: false, error: { kind: "several keys" } };
  if (certificates.length === 0) return { ok: false, error: { kind: "no certificate" } };
  return join(identity, certificates);
}

/** Puts the chain in order: from the one that has the key upwards. */
function join(identity: Identity, certificates: readonly Certificate[]): Result<Identity, IdentityError> {
  const { key } = identity;
  let at = -1;
  for (let i = certificates.length - 1; i >= 0; i--) if (hasKey(certificates[i]!, key)) at = i;
  if (at < 0) return { ok: false, error: { kind: "other key", subject: subjectOf(certificates[0]!) } };
  identity.reordered = at !== 0;
  let used = 0;
  while (at >= 0) {
    const child = certificates[at]!;
    identity.chain.push(child);
    used++;
    const next = isSelfIssued(child) || used > INTERMEDIATE_LIMIT ? -1 : issuerOf(child, certificates);
    if (next >= 0 && isSelfIssued(certificates[next]!)) {
      used++;
      break;
    }
    if (next >= 0 && next !== at + 1) identity.reordered = true;
    at = next;
  }
  identity.unneeded = certificates.length - used;
  return { ok: true, value: identity };
}

function hasKey(certificate: Certificate, key: PrivateKey): boolean {
  const { bytes, keyBegin, keyEnd } = certificate;
  return certificate.keyFamily === key.family && same(bytes, keyBegin, keyEnd, key.publicKey, 0, key.publicKey.length);
}

/** Who has signed it; -1: none of these. */
function issuerOf(child: Certificate, certificates: readonly Certificate[]): number {
  for (let i = 0; i < certificates.length; i++) if (hasSigned(certificates[i]!, child)) return i;
  return -1;
}

function hasSigned(issuer: Certificate, child: Certificate): boolean {
  if (!same(issuer.bytes, issuer.subjectBegin, issuer.subjectEnd, child.bytes, child.issuerBegin, child.issuerEnd))
    return false;
  const algorithm = scheme(child, issuer);
  if (algorithm === 0) return false;
  const { bytes, tbsBegin, tbsEnd, signatureBegin, signatureEnd } = child;
  const key = issuer.bytes.subarray(issuer.keyBegin, issuer.keyEnd);
  const length = signatureEnd - signatureBegin;
  return nativeVerify(algorithm, key, bytes, tbsBegin, tbsEnd - tbsBegin, bytes, signatureBegin, length);
}

/** What to say at `now` (seconds since 1970) about an identity that is to be these hosts'. */
export function warningsOf(
  identity: Identity,
  hosts: readonly string[],
  now: number,
  trust: Trust,
): readonly IdentityWarning[] {
  const warnings: IdentityWarning[] = [];
  for (const c of identity.chain) {
    const { notBefore, notAfter } = c;
    const subject = subjectOf(c);
    if (now < notBefore || now > notAfter) warnings.push({ kind: "not valid now", subject, notBefore, notAfter });
    else if (notAfter - now < NEAR_END && notAfter - notBefore > 2 * NEAR_END)
      warnings.push({ kind: "near its end", subject, notAfter });
  }
  const { leaf } = identity;
  for (const host of hosts)
    if (!isFor(leaf, referenceName(host)))
      warnings.push({ kind: "name missing", host, names: alternativeNamesText(leaf) });
  const last = identity.chain[identity.chain.length - 1]!;
  if (isSelfIssued(last)) {
    if (last === leaf) warnings.push({ kind: "signed by itself" });
  } else if (trust.find(last.bytes, last.issuerBegin, last.issuerEnd).length === 0) {
    const issuer = nameText(last.bytes, last.issuerBegin, last.issuerEnd);
    warnings.push({ kind: "intermediate missing", subject: subjectOf(last), issuer });
  }
  if (identity.reordered) warnings.push({ kind: "reordered" });
  if (identity.unneeded > 0) warnings.push({ kind: "unneeded", count: identity.unneeded });
  return warnings;
}

export function describeIdentityError(error: IdentityError): string {
  switch (error.kind) {
    case "PEM":
      return pemFault(error.code, error.line);
    case "certificate":
      return `certificate ${error.number} cannot be read: ${damage(error.fault)}`;
    case "key":
      return keyFault(error.fault);
    case "several keys":
      return "there are several private keys; give one for each certificate";
    case "no key":
      return "there is no private key (PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY)";
    case "no certificate":
      return "there is no certificate";
    case "other key":
      return `the private key belongs to none of the certificates; the first is ${error.subject}`;
    default:
      error satisfies never;
      throw new Error("an error without words");
  }
}

export function describeIdentityWarning(warning: IdentityWarning, now: number): string {
  switch (warning.kind) {
    case "not valid now":
      return now < warning.notBefore
        ? `the certificate ${warning.subject} is not valid before ${dateText(warning.notBefore)}; the clock says ${dateText(now)}`
        : `the certificate ${warning.subject} was valid until ${dateText(warning.notAfter)}; the clock says ${dateText(now)}`;
    case "near its end":
      return `the certificate ${warning.subject} ends at ${dateText(warning.notAfter)}: renew it`;
    case "name missing":
      return `the certificate is not for ${warning.host}, only for ${warning.names.length === 0 ? "nobody" : warning.names.join(", ")}`;
    case "signed by itself":
      return "the certificate is signed by itself: browsers warn of it";
    case "intermediate missing":
      return `an intermediate certificate is missing, or the authority is not a public one: ${warning.subject} is signed by ${warning.issuer}`;
    case "reordered":
      return "the certificates were not in order, each signed by the next; they are sent in order";
    case "unneeded":
      return `${warning.count} of the certificates have nothing to do with the server's, and are not sent`;
    default:
      warning satisfies never;
      throw new Error("a warning without words");
  }
}

function pemFault(code: number, line: number): string {
  switch (code) {
    case PEM_ENCRYPTED:
      return `the key at line ${line} is under a password: take it off with \`openssl pkey -in KEY -out PLAIN\``;
    case PEM_UNENDED:
      return `the block that begins at line ${line} does not end`;
    case PEM_DAMAGED:
      return `the block that begins at line ${line} is not base64`;
    case PEM_EMPTY:
      return "there is no PEM in it (-----BEGIN ...-----)";
    default:
      return "it is too long";
  }
}

function keyFault(fault: number): string {
  switch (fault) {
    case KEY_OF_OTHER_KIND:
      return "the private key is of a kind that is not spoken here (P-256, P-384, Ed25519 and RSA are)";
    case KEY_SIZE:
      return "the RSA key has a size that is not accepted (2048 to 8192 bits are)";
    case KEY_INVALID:
      return "the numbers in the private key do not make a key";
    default:
      return "the private key cannot be read";
  }
}

function subjectOf(c: Certificate): string {
  return nameText(c.bytes, c.subjectBegin, c.subjectEnd);
}

function isSelfIssued(c: Certificate): boolean {
  return same(c.bytes, c.subjectBegin, c.subjectEnd, c.bytes, c.issuerBegin, c.issuerEnd);
}
