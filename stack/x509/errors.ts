// Why a certificate is not believed, as values, and in words. Every form has what a person needs to tell a wrong clock from
// a wrong server: which certificate, what it says, what was expected.

import {
  DECODE_ALGORITHMS_DIFFER,
  DECODE_DATE,
  DECODE_EXTENSION,
  DECODE_EXTENSION_TWICE,
  DECODE_SERIAL,
  DECODE_TOO_LONG,
  DECODE_TOO_MANY_EXTENSIONS,
  DECODE_VERSION,
} from "./certificate.ts";
import { dateText } from "./text.ts";

/** `certificate`: its place among those that were sent, from 0, the server's own; -1: one that is trusted here. */
export type PathError =
  | { readonly kind: "none" }
  | { readonly kind: "too many"; readonly limit: number }
  | { readonly kind: "malformed"; readonly certificate: number; readonly fault: number }
  | {
      readonly kind: "not valid now";
      readonly certificate: number;
      readonly subject: string;
      readonly notBefore: number;
      readonly notAfter: number;
      readonly now: number;
    }
  | {
      readonly kind: "unknown issuer";
      readonly certificate: number;
      readonly subject: string;
      readonly issuer: string;
      readonly selfSigned: boolean;
      /** Certificates that were sent and could not be read. */
      readonly unreadable: number;
      /** As of when the authorities of the web are known, seconds since 1970; 0: none are. */
      readonly known: number;
    }
  | {
      readonly kind: "wrong signature";
      readonly certificate: number;
      readonly subject: string;
      readonly issuer: string;
    }
  | { readonly kind: "weak"; readonly certificate: number; readonly subject: string; readonly weakness: number }
  | { readonly kind: "may not sign"; readonly certificate: number; readonly subject: string; readonly reason: number }
  | { readonly kind: "path too long"; readonly certificate: number; readonly subject: string; readonly most: number }
  | { readonly kind: "wrong purpose"; readonly certificate: number; readonly subject: string; readonly reason: number }
  | {
      readonly kind: "critical extension";
      readonly certificate: number;
      readonly subject: string;
      readonly oid: string;
    }
  | { readonly kind: "name not allowed"; readonly certificate: number; readonly subject: string; readonly name: string }
  | { readonly kind: "wrong name"; readonly wanted: string; readonly names: readonly string[] }
  | { readonly kind: "too much work" };

/** SHA-1 or MD5. */
export const WEAK_HASH = 1;
/** A signature, or a key, that is not spoken here. */
export const WEAK_ALGORITHM = 2;
/** RSA of fewer than 2048 bits, of more than 8192, or of a number that is not a multiple of 8. */
export const WEAK_KEY = 3;

/** Not version 3, or without basic constraints that say so (RFC 5280 4.2.1.9). */
export const NO_AUTHORITY = 1;
/** Key usage without keyCertSign (4.2.1.3). */
export const NO_SIGNER = 2;

/** Extended key usage without serverAuth (4.2.1.12). */
export const NOT_FOR_SERVERS = 1;
/** Key usage without digitalSignature (RFC 8446 4.4.2.2). */
export const NOT_FOR_SIGNATURES = 2;
/** An authority's certificate, or what only one may have, where a server's is expected. */
export const FOR_AUTHORITIES = 3;
/** Not of version 3. */
export const OLD_VERSION = 4;

/**
 * One or two sentences. `key` is the fingerprint of the key that the server showed, in hexadecimal, "" when it could not be
 * read: then the parameter that would accept it is named.
 */
export function describe(error: PathError, key: string): string {
  const accept =
    key === "" ? "" : ` The server's key is sha256:${key}; if that is the right one, --trust=sha256:${key} accepts it.`;
  return `${sentence(error)}.${accept}`;
}

function sentence(error: PathError): string {
  switch (error.kind) {
    case "none":
      return "the server sent no certificate";
    case "too many":
      return `the server sent more than ${error.limit} certificates`;
    case "malformed":
      return `${nth(error.certificate)} cannot be read: ${damage(error.fault)}`;
    case "not valid now": {
      const what = `${nth(error.certificate)} (${error.subject})`;
      const clock = `this machine's clock says ${dateText(error.now)}`;
      return error.now < error.notBefore
        ? `${what} is not valid before ${dateText(error.notBefore)}; ${clock}`
        : `${what} was valid until ${dateText(error.notAfter)}; ${clock}`;
    }
    case "unknown issuer":
      return unknownIssuer(error.subject, error.issuer, error.selfSigned, error.unreadable, error.known);
    case "wrong signature":
      return `${nth(error.certificate)} (${error.subject}) is not signed by ${error.issuer}, whom it names as its issuer`;
    case "weak":
      return `${nth(error.certificate)} (${error.subject}) ${weakness(error.weakness)}`;
    case "may not sign":
      return error.reason === NO_SIGNER
        ? `${nth(error.certificate)} (${error.subject}) has signed another, but its key usage does not allow it`
        : `${nth(error.certificate)} (${error.subject}) has signed another, but is not an authority's`;
    case "path too long":
      return `${nth(error.certificate)} (${error.subject}) allows ${error.most} authorities below it, and there are more`;
    case "wrong purpose":
      return `${nth(error.certificate)} (${error.subject}) ${purpose(error.reason)}`;
    case "critical extension":
      return `${nth(error.certificate)} (${error.subject}) has an extension that must be understood, and is not: ${error.oid}`;
    case "name not allowed":
      return `the authority ${error.subject} may not sign for ${error.name}`;
    case "wrong name":
      return error.names.length === 0
        ? `the server's certificate has no names at all (the common name does not count), so it is not for ${error.wanted}`
        : `the server's certificate is for ${error.names.join(", ")}, not for ${error.wanted}`;
    case "too much work":
      return "the certificates would take too much work to verify";
    default:
      error satisfies never;
      throw new Error("an error without words");
  }
}

function nth(certificate: number): string {
  if (certificate < 0) return "the trusted certificate";
  return certificate === 0 ? "the server's certificate" : `certificate ${certificate + 1} of those sent`;
}

function unknownIssuer(
  subject: string,
  issuer: string,
  selfSigned: boolean,
  unreadable: number,
  known: number,
): string {
  const damaged = unreadable === 0 ? "" : ` (${unreadable} of the certificates sent cannot be read)`;
  const list = known === 0 ? "" : `; the authorities known here are those of ${dateText(known).substring(0, 10)}`;
  return selfSigned
    ? `the certificate ${subject} is signed by itself, and not trusted here${damaged}${list}`
    : `the issuer of ${subject} is not known here, nor was it sent: ${issuer}${damaged}${list}`;
}

function weakness(reason: number): string {
  switch (reason) {
    case WEAK_HASH:
      return "is signed with a hash that can be forged (SHA-1 or MD5)";
    case WEAK_KEY:
      return "has an RSA key of a size that is not accepted (2048 to 8192 bits are)";
    default:
      return "has a kind of key or signature that is not spoken here (RSA, P-256, P-384 and Ed25519 are)";
  }
}

function purpose(reason: number): string {
  switch (reason) {
    case NOT_FOR_SERVERS:
      return "is not for servers (extended key usage)";
    case NOT_FOR_SIGNATURES:
      return "may not be used for signatures (key usage), which TLS 1.3 needs";
    case FOR_AUTHORITIES:
      return "is an authority's, not a server's";
    default:
      return "is not of version 3";
  }
}

/** DECODE_* in words. */
export function damage(fault: number): string {
  switch (fault) {
    case DECODE_TOO_LONG:
      return "it is too long";
    case DECODE_VERSION:
      return "its version is not known, or not one with extensions";
    case DECODE_ALGORITHMS_DIFFER:
      return "it names two different signature algorithms";
    case DECODE_DATE:
      return "a date in it is none";
    case DECODE_EXTENSION:
      return "an extension is malformed";
    case DECODE_EXTENSION_TWICE:
      return "an extension comes twice";
    case DECODE_TOO_MANY_EXTENSIONS:
      return "it has too many extensions";
    case DECODE_SERIAL:
      return "its serial number is negative or too long";
    default:
      return "it is not DER, or not a certificate";
  }
}
