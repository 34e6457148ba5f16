/// <reference path="../base/cryptography.d.ts" />
// The judge of one connection of ours: the server's certificates by what this machine trusts, at this moment.

import {
  BAD_CERTIFICATE,
  CERTIFICATE_EXPIRED,
  CERTIFICATE_UNKNOWN,
  DECRYPT_ERROR,
  FINE,
  ILLEGAL_PARAMETER,
  UNKNOWN_CA,
  UNSUPPORTED_CERTIFICATE,
} from "../tls/alerts.ts";
import { Verifier } from "../tls/verifier.ts";
import { Certificate } from "../x509/certificate.ts";
import { describe, type PathError } from "../x509/errors.ts";
import { handshakeSchemes } from "../x509/keys.ts";
import type { ReferenceName } from "../x509/names.ts";
import { verifyServer } from "../x509/path.ts";
import type { Trust } from "../x509/trust.ts";

export class PathVerifier extends Verifier {
  /** Why the server was not believed, in words; "" while it was. */
  refusal = "";
  readonly #name: ReferenceName;
  readonly #trust: Trust;
  /** Seconds since 1970. */
  readonly #now: number;
  #leaf: Certificate = new Certificate();

  constructor(name: ReferenceName, trust: Trust, now: number) {
    super();
    this.#name = name;
    this.#trust = trust;
    this.#now = now;
  }

  override judge(chain: readonly Uint8Array[]): number {
    const verified = verifyServer(chain, this.#name, this.#now, this.#trust);
    if (verified.ok) {
      this.#leaf = verified.value.leaf;
      return FINE;
    }
    this.refusal = describe(verified.error.error, verified.error.key);
    return alertOf(verified.error.error);
  }

  override verify(scheme: number, content: Uint8Array, signature: Uint8Array): number {
    const { bytes, keyFamily, keyBegin, keyEnd } = this.#leaf;
    const schemes = handshakeSchemes(keyFamily);
    let known = false;
    for (let i = 0; i < schemes.length; i++) if (schemes[i]! === scheme) known = true;
    if (!known) return ILLEGAL_PARAMETER;
    const key = bytes.slice(keyBegin, keyEnd);
    if (nativeVerify(scheme, key, content, 0, content.length, signature, 0, signature.length)) return FINE;
    this.refusal = "the server does not have the key of its certificate: its signature is wrong";
    return DECRYPT_ERROR;
  }
}

/** RFC 8446 6.2. */
function alertOf(error: PathError): number {
  switch (error.kind) {
    case "not valid now":
      return CERTIFICATE_EXPIRED;
    case "unknown issuer":
      return UNKNOWN_CA;
    case "weak":
    case "wrong purpose":
      return UNSUPPORTED_CERTIFICATE;
    case "too many":
    case "too much work":
      return CERTIFICATE_UNKNOWN;
    default:
      return BAD_CERTIFICATE;
  }
}
