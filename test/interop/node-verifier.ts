// A verifier that believes one certificate, and checks signatures by Node.

import { constants, type KeyObject, verify, X509Certificate } from "node:crypto";
import { DECRYPT_ERROR, FINE, ILLEGAL_PARAMETER, UNKNOWN_CA } from "../../stack/tls/alerts.ts";
import { Verifier } from "../../stack/tls/verifier.ts";

const KEYS: Readonly<Record<number, { readonly type: string; readonly curve?: string; readonly hash: string | null }>> =
  {
    1027: { type: "ec", curve: "prime256v1", hash: "sha256" },
    1283: { type: "ec", curve: "secp384r1", hash: "sha384" },
    2055: { type: "ed25519", hash: null },
    2052: { type: "rsa", hash: "sha256" },
    2053: { type: "rsa", hash: "sha384" },
    2054: { type: "rsa", hash: "sha512" },
  };

export class NodeVerifier extends Verifier {
  /** PEM of the only certificate that is good; "": any is. */
  readonly #trusted: string;
  #key: KeyObject | undefined;

  constructor(trusted: string) {
    super();
    this.#trusted = trusted;
  }

  override judge(chain: readonly Uint8Array[]): number {
    const certificate = new X509Certificate(Buffer.from(chain[0]!));
    this.#key = certificate.publicKey;
    if (this.#trusted === "") return FINE;
    return new X509Certificate(this.#trusted).fingerprint256 === certificate.fingerprint256 ? FINE : UNKNOWN_CA;
  }

  override verify(scheme: number, content: Uint8Array, signature: Uint8Array): number {
    const expected = KEYS[scheme];
    const key = this.#key;
    if (expected === undefined || key === undefined || key.asymmetricKeyType !== expected.type)
      return ILLEGAL_PARAMETER;
    if (expected.curve !== undefined && key.asymmetricKeyDetails?.namedCurve !== expected.curve)
      return ILLEGAL_PARAMETER;
    const padding =
      expected.type === "rsa"
        ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
        : {};
    return verify(expected.hash, content, { key, ...padding }, signature) ? FINE : DECRYPT_ERROR;
  }
}
