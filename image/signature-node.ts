/// <reference path="../stack/base/cryptography.d.ts" />
// Signatures of stack/base/cryptography.d.ts on Node.

import { constants, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { attempt, ecPrivate, ecPublic, ed25519Private, ed25519Public, P256, P384 } from "./keys-node.ts";
import { checkRange, part } from "./range-node.ts";

interface SignatureScheme {
  readonly kind: "p256" | "p384" | "ed25519" | "rsa" | "rsaPss";
  readonly hash: string | null;
}

const SCHEMES: Readonly<Record<number, SignatureScheme>> = {
  1027: { kind: "p256", hash: "sha256" },
  65027: { kind: "p256", hash: "sha384" },
  65029: { kind: "p256", hash: "sha512" },
  1283: { kind: "p384", hash: "sha384" },
  65028: { kind: "p384", hash: "sha256" },
  65030: { kind: "p384", hash: "sha512" },
  2055: { kind: "ed25519", hash: null },
  2052: { kind: "rsaPss", hash: "sha256" },
  2053: { kind: "rsaPss", hash: "sha384" },
  2054: { kind: "rsaPss", hash: "sha512" },
  1025: { kind: "rsa", hash: "sha256" },
  1281: { kind: "rsa", hash: "sha384" },
  1537: { kind: "rsa", hash: "sha512" },
};
/** Schemes that only verify. */
const FIRST_OF_OURS = 0xfe00;

function checkRsa(key: KeyObject): KeyObject {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < 2048 || modulusLength > 8192) throw new RangeError("a modulus of another size");
  if (publicExponent < 3n || publicExponent > 1n << 33n || (publicExponent & 1n) === 0n)
    throw new RangeError("an exponent that is not taken");
  return key;
}

/** Throws for what is not a key. */
function privateKey({ kind }: SignatureScheme, key: Uint8Array): KeyObject {
  switch (kind) {
    case "p256":
      return ecPrivate(P256, key);
    case "p384":
      return ecPrivate(P384, key);
    case "ed25519":
      return ed25519Private(key);
    default:
      return checkRsa(createPrivateKey({ key: Buffer.from(key), format: "der", type: "pkcs1" }));
  }
}

function publicKey({ kind }: SignatureScheme, key: Uint8Array): KeyObject {
  switch (kind) {
    case "p256":
      return ecPublic(P256, key);
    case "p384":
      return ecPublic(P384, key);
    case "ed25519":
      return ed25519Public(key);
    default:
      return checkRsa(createPublicKey({ key: Buffer.from(key), format: "der", type: "pkcs1" }));
  }
}

/** Whether a signature has the length that its key gives it (RFC 8017 8.1.2 and 8.2.2): OpenSSL takes shorter ones, too. */
function fits({ asymmetricKeyDetails }: KeyObject, signature: Uint8Array): boolean {
  const bits = asymmetricKeyDetails?.modulusLength;
  return bits === undefined || signature.length === Math.ceil(bits / 8);
}

/** Salt and mask as RFC 8446 4.2.3 has them. */
const padding = ({ kind }: SignatureScheme): { padding?: number; saltLength?: number } =>
  kind === "rsaPss"
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : kind === "rsa"
      ? { padding: constants.RSA_PKCS1_PADDING }
      : {};

/** The public key as nativeVerify takes it. */
function exportPublic({ kind }: SignatureScheme, key: KeyObject): Uint8Array {
  const bytes = createPublicKey(key).export({ type: kind.startsWith("rsa") ? "pkcs1" : "spki", format: "der" });
  const size = { p256: 65, p384: 97, ed25519: 32, rsa: bytes.length, rsaPss: bytes.length }[kind];
  return bytes.subarray(bytes.length - size);
}

export const ofSignatures = {
  nativeSign(scheme, key, message, signature) {
    checkRange(signature, 0, 1024);
    const known = scheme < FIRST_OF_OURS ? SCHEMES[scheme] : undefined;
    if (known === undefined) return 0;
    const made = attempt(
      () => sign(known.hash, message, { key: privateKey(known, key), ...padding(known) }),
      undefined,
    );
    if (made === undefined) return 0;
    signature.set(made);
    return made.length;
  },
  nativeVerify(scheme, key, message, offset, length, signature, signatureOffset, signatureLength) {
    const signed = part(message, offset, length);
    const given = part(signature, signatureOffset, signatureLength);
    const known = SCHEMES[scheme];
    if (known === undefined) return false;
    return attempt(() => {
      const by = publicKey(known, key);
      return fits(by, given) && verify(known.hash, signed, { key: by, ...padding(known) }, given);
    }, false);
  },
  nativePublicKey(scheme, key, into) {
    checkRange(into, 0, 1100);
    const known = SCHEMES[scheme];
    const bytes = known && attempt(() => exportPublic(known, privateKey(known, key)), undefined);
    if (bytes === undefined) return 0;
    into.set(bytes);
    return bytes.length;
  },
} satisfies Partial<typeof globalThis>;
