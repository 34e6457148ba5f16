// A key and its chain as a person hands them over: what TLS shows of them, and the words for the other side of the seam.

import type { Result } from "../base/result.ts";
import { Credential } from "../tls/credentials.ts";
import {
  describeIdentityError,
  describeIdentityWarning,
  type Identity,
  type IdentityError,
  readIdentity,
  readIssued,
  warningsOf,
} from "../x509/identity.ts";
import { handshakeSchemes, type PrivateKey } from "../x509/keys.ts";
import { fingerprint, hexText } from "../x509/text.ts";
import type { Trust } from "../x509/trust.ts";

/** What became of a text of PEM. */
export class Reading {
  /** Undefined: `report` says why. */
  credential: Credential | undefined;
  /**
   * "error WHY", or "key FINGERPRINT", "from SECONDS", "until SECONDS", "renewal ISSUER SERIAL" (the issuer's key identifier
   * and the number, in hexadecimal; RFC 9773 4.1), then each "name WHOM" and "warning WHAT": a line each.
   */
  report = "";
}

/** Reads one private key and its certificates, in any order. `now`: seconds since 1970. */
export function readCredential(text: string, now: number, trust: Trust): Reading {
  return readingOf(readIdentity(text), now, trust);
}

/** Reads certificates, in any order, for a key that we have. */
export function readIssuedCredential(text: string, key: PrivateKey, now: number, trust: Trust): Reading {
  return readingOf(readIssued(text, key), now, trust);
}

function readingOf(read: Result<Identity, IdentityError>, now: number, trust: Trust): Reading {
  const reading = new Reading();
  if (!read.ok) {
    reading.report = `error ${describeIdentityError(read.error)}`;
    return reading;
  }
  const identity = read.value;
  const { names } = identity;
  const chain: Uint8Array[] = [];
  for (const each of identity.chain) chain.push(each.bytes.slice(each.begin, each.end));
  const { family, secret } = identity.key;
  reading.credential = new Credential(names, chain, secret, handshakeSchemes(family), "");
  reading.report = reportOf(identity, names, now, trust);
  return reading;
}

function reportOf(identity: Identity, names: readonly string[], now: number, trust: Trust): string {
  const { leaf } = identity;
  let report = `key sha256:${hexText(fingerprint(leaf))}\nfrom ${leaf.notBefore}\nuntil ${leaf.notAfter}`;
  const { bytes, authorityKeyBegin, authorityKeyEnd, serialBegin, serialEnd } = leaf;
  if (authorityKeyEnd > authorityKeyBegin) {
    const issuer = hexText(bytes.slice(authorityKeyBegin, authorityKeyEnd));
    report += `\nrenewal ${issuer} ${hexText(bytes.slice(serialBegin, serialEnd))}`;
  }
  for (const name of names) report += `\nname ${name}`;
  if (names.length === 0) report += "\nwarning the certificate names no host: no browser accepts it";
  for (const warning of warningsOf(identity, [], now, trust))
    report += `\nwarning ${describeIdentityWarning(warning, now)}`;
  return report;
}
