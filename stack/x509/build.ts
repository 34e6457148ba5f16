// Certificates of our own: signed by their own key, and requests (PKCS#10, RFC 2986) for one that an authority signs.
// Sixty lines over writer.ts; see README for why not a package.

import { keyIdentifier, ownSignature, signatureIdentifier } from "./algorithms.ts";
import { OCTET_STRING, SET } from "./der.ts";
import { NAME_DNS, NAME_IP } from "./general-names.ts";
import type { PrivateKey } from "./keys.ts";
import { sign } from "./keys.ts";
import { referenceName } from "./names.ts";
import { COMMON_NAME, EXTENSION_REQUEST, fromHex, SERVER_AUTHENTICATION } from "./oids.ts";
import {
  ascii,
  bits,
  element,
  identifier,
  integer,
  octets,
  sequence,
  small,
  text,
  time,
  truth,
  wrap,
} from "./writer.ts";

export interface OwnCertificate {
  /** Host names and addresses, one at least. */
  readonly names: readonly string[];
  /** Seconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** At most 20 bytes, the first from 1 to 127; random. */
  readonly serial: Uint8Array;
  /** Further extensions, as `extension` makes them. */
  readonly extensions: readonly Uint8Array[];
}

/** X.520 (RFC 5280 A.1): longer names stand among the alternative ones only. */
const COMMON_NAME_LIMIT = 64;
/** 1.3.6.1.5.5.7.1.31 (RFC 8737 3). */
const ACME_IDENTIFIER = fromHex("2b0601050507011f");

/** A certificate signed by its own key; empty when there is no entropy to sign with. */
export function selfSigned(key: PrivateKey, what: OwnCertificate): Uint8Array {
  const subject = commonName(what.names[0]!);
  const algorithm = sequence([signatureIdentifier(ownSignature(key.family))]);
  const tbs = sequence([
    wrap(0xa0, [small(2)]),
    integer(what.serial),
    algorithm,
    subject,
    sequence([time(what.notBefore), time(what.notAfter)]),
    subject,
    keyInfo(key),
    wrap(0xa3, [sequence([...ownExtensions(what.names), ...what.extensions])]),
  ]);
  return signed(key, tbs, algorithm);
}

/** A CertificationRequest for these names; empty when there is no entropy to sign with. */
export function certificateRequest(key: PrivateKey, names: readonly string[]): Uint8Array {
  const asked = sequence([extension(ALTERNATIVE_NAME, false, alternativeNames(names))]);
  const info = sequence([
    small(0),
    // RFC 8555 7.4: the names are those of the extension.
    sequence([]),
    keyInfo(key),
    wrap(0xa0, [sequence([identifier(EXTENSION_REQUEST), wrap(SET, [asked])])]),
  ]);
  return signed(key, info, sequence([signatureIdentifier(ownSignature(key.family))]));
}

/** An extension (RFC 5280 4.1): `value` is the DER of it. */
export function extension(oid: Uint8Array, critical: boolean, value: Uint8Array): Uint8Array {
  return critical ? sequence([identifier(oid), truth(), octets(value)]) : sequence([identifier(oid), octets(value)]);
}

/** What a certificate answers a TLS-ALPN-01 challenge with (RFC 8737 3): the SHA-256 of the key authorization. */
export function acmeIdentifier(digest: Uint8Array): Uint8Array {
  return extension(ACME_IDENTIFIER, true, element(OCTET_STRING, digest));
}

/** SubjectPublicKeyInfo. */
export function keyInfo(key: PrivateKey): Uint8Array {
  return sequence([sequence([keyIdentifier(key.family)]), bits(key.publicKey)]);
}

const BASIC = fromHex("551d13");
const USAGE = fromHex("551d0f");
const EXTENDED_USAGE = fromHex("551d25");
const ALTERNATIVE_NAME = fromHex("551d11");

function ownExtensions(names: readonly string[]): readonly Uint8Array[] {
  return [
    extension(BASIC, true, sequence([])),
    extension(USAGE, true, bits(fromHex("80"), 7)),
    extension(EXTENDED_USAGE, false, sequence([identifier(SERVER_AUTHENTICATION)])),
    extension(ALTERNATIVE_NAME, names[0]!.length > COMMON_NAME_LIMIT, alternativeNames(names)),
  ];
}

/** GeneralNames of host names, perhaps with wildcards, and addresses. */
export function alternativeNames(names: readonly string[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const name of names) {
    const { address } = referenceName(name);
    parts.push(address.length > 0 ? element(NAME_IP, address) : element(NAME_DNS, ascii(name)));
  }
  return sequence(parts);
}

/** A Name with a common name, or without anything when that would be too long. */
export function commonName(name: string): Uint8Array {
  if (name.length > COMMON_NAME_LIMIT) return sequence([]);
  return sequence([wrap(SET, [sequence([identifier(COMMON_NAME), text(name)])])]);
}

function signed(key: PrivateKey, what: Uint8Array, algorithm: Uint8Array): Uint8Array {
  const signature = sign(key, what);
  return signature.length === 0 ? signature : sequence([what, algorithm, bits(signature)]);
}
