// A key and its chain as a person hands them over: what TLS shows of them, and the words for the other side of the seam.

import { Credential } from "../tls/credentials.ts";
import {
  describeIdentityError,
  describeIdentityWarning,
  type Identity,
  readIdentity,
  warningsOf,
} from "../x509/identity.ts";
import { handshakeSchemes } from "../x509/keys.ts";
import { fingerprint, hexText } from "../x509/text.ts";
import type { Trust } from "../x509/trust.ts";

/** What became of a text of PEM. */
export class Reading {
  /** Undefined: `report` says why. */
  credential: Credential | undefined;
  /** "error WHY", or "key FINGERPRINT", "until SECONDS", then each "name WHOM" and "warning WHAT": a line each. */
  report = "";
}

/** Reads one private key and its certificates, in any order. `now`: seconds since 1970. */
export function readCredential(text: string, now: number, trust: Trust): Reading {
  const reading = new Reading();
  const read = readIdentity(text);
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
  let report = `key sha256:${hexText(fingerprint(identity.leaf))}\nuntil ${identity.leaf.notAfter}`;
  for (const name of names) report += `\nname ${name}`;
  if (names.length === 0) report += "\nwarning the certificate names no host: no browser accepts it";
  for (const warning of warningsOf(identity, [], now, trust))
    report += `\nwarning ${describeIdentityWarning(warning, now)}`;
  return report;
}
