// Chains for tests: a root, an intermediate and a server's certificate that are right, and each made wrong in one way.

import { alternativeNames, commonName, extension, keyInfo } from "../../../stack/x509/build.ts";
import { describe as describeError } from "../../../stack/x509/errors.ts";
import type { PrivateKey } from "../../../stack/x509/keys.ts";
import { referenceName } from "../../../stack/x509/names.ts";
import { SERVER_AUTHENTICATION } from "../../../stack/x509/oids.ts";
import { verifyServer } from "../../../stack/x509/path.ts";
import { encodePem } from "../../../stack/x509/pem.ts";
import { Trust } from "../../../stack/x509/trust.ts";
import { element, sequence, wrap } from "../../../stack/x509/writer.ts";
import { basic, extendedUsage, issue, keyOf, NOW, Spec, standard, usage } from "./issue.ts";

export const HOST = "git.example.org";

/** Key numbers. */
export const ROOT = 1;
export const MIDDLE = 2;
export const LEAF = 3;

export function rootSpec(): Spec {
  const spec = new Spec();
  spec.issuer = commonName("root");
  spec.subject = commonName("root");
  spec.extensions = [basic(true, -1), usage(0x06, 1)];
  spec.signer = keyOf(ROOT);
  spec.keyInfo = keyInfo(keyOf(ROOT));
  return spec;
}

export function middleSpec(): Spec {
  const spec = new Spec();
  spec.issuer = commonName("root");
  spec.subject = commonName("middle");
  spec.extensions = [basic(true, -1), usage(0x06, 1)];
  spec.signer = keyOf(ROOT);
  spec.keyInfo = keyInfo(keyOf(MIDDLE));
  return spec;
}

export function leafSpec(): Spec {
  const spec = new Spec();
  spec.issuer = commonName("middle");
  spec.subject = commonName("leaf");
  spec.extensions = leafExtensions();
  spec.signer = keyOf(MIDDLE);
  spec.keyInfo = keyInfo(keyOf(LEAF));
  return spec;
}

export function leafExtensions(): Uint8Array[] {
  return [basic(false, -1), usage(0x80, 7), extendedUsage([SERVER_AUTHENTICATION]), names([HOST])];
}

export function names(list: readonly string[]): Uint8Array {
  return extension(standard(17), false, alternativeNames(list));
}

/** A subtree of hosts (0x82), addresses (0x87) ... */
export function subtree(form: number, base: Uint8Array): Uint8Array {
  return sequence([element(form, base)]);
}

export function constraints(permitted: readonly Uint8Array[], excluded: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  if (permitted.length > 0) parts.push(wrap(0xa0, permitted));
  if (excluded.length > 0) parts.push(wrap(0xa1, excluded));
  return extension(standard(30), true, sequence(parts));
}

/** Trusts these. */
export function trusting(certificates: readonly Uint8Array[]): Trust {
  const trust = new Trust(new Uint8Array(0));
  for (const bytes of certificates) {
    const added = trust.add(encodePem("CERTIFICATE", bytes));
    if (!added.ok) throw new Error(added.error.kind);
  }
  return trust;
}

/** "good", or the error's kind with what tells it from others of it. */
export function verdict(chain: readonly Uint8Array[], trust: Trust, host: string = HOST, now: number = NOW): string {
  const verified = verifyServer(chain, referenceName(host), now, trust);
  if (verified.ok) return "good";
  const { error, key } = verified.error;
  // Every error has words, and they name the parameter when there is a key to name.
  const words = describeError(error, key);
  if (words.length < 20 || (key !== "" && !words.includes(`--trust=sha256:${key}`))) return `no words: ${words}`;
  switch (error.kind) {
    case "malformed":
      return `malformed ${error.certificate} ${error.fault}`;
    case "not valid now":
      return `not valid now ${error.certificate}`;
    case "unknown issuer":
      return `unknown issuer ${error.certificate}`;
    case "wrong signature":
      return `wrong signature ${error.certificate}`;
    case "path too long":
      return `path too long ${error.certificate}`;
    case "critical extension":
      return `critical extension ${error.certificate}`;
    case "weak":
      return `weak ${error.certificate} ${error.weakness}`;
    case "may not sign":
      return `may not sign ${error.certificate} ${error.reason}`;
    case "wrong purpose":
      return `wrong purpose ${error.certificate} ${error.reason}`;
    case "name not allowed":
      return `name not allowed ${error.certificate} ${error.name}`;
    default:
      return error.kind;
  }
}

/** The words of a refusal. */
export function words(chain: readonly Uint8Array[], trust: Trust, host: string = HOST, now: number = NOW): string {
  const verified = verifyServer(chain, referenceName(host), now, trust);
  return verified.ok ? "" : describeError(verified.error.error, verified.error.key);
}

/** A key that has signed something, with this name: for chains longer than three. */
export function authority(issuer: string, subject: string, signer: PrivateKey, key: PrivateKey): Spec {
  const spec = middleSpec();
  spec.issuer = commonName(issuer);
  spec.subject = commonName(subject);
  spec.signer = signer;
  spec.keyInfo = keyInfo(key);
  return spec;
}

export function made(spec: Spec): Uint8Array {
  return issue(spec);
}
