// Self-signed certificates for the names of tests (RFC 5280 4.1, as little of it as OpenSSL wants), and their keys as
// stack/tls takes them.

import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import {
  ECDSA_P256,
  ECDSA_P384,
  ED25519,
  RSA_PSS_SHA256,
  RSA_PSS_SHA384,
  RSA_PSS_SHA512,
} from "../../stack/tls/codes.ts";
import { Credential } from "../../stack/tls/credentials.ts";

export type KeyKind = "P-256" | "P-384" | "Ed25519" | "RSA-2048";
export const KEY_KINDS: readonly KeyKind[] = ["P-256", "P-384", "Ed25519", "RSA-2048"];

export interface Identity {
  readonly kind: KeyKind;
  readonly name: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly credential: Credential;
}

function makeKey(kind: KeyKind): KeyObject {
  switch (kind) {
    case "P-256":
    case "P-384":
      return generateKeyPairSync("ec", { namedCurve: kind }).privateKey;
    case "Ed25519":
      return generateKeyPairSync("ed25519").privateKey;
    case "RSA-2048":
      return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  }
}

/** The private key as nativeSign takes it, and what it signs by. */
export function rawKey(key: KeyObject): { readonly bytes: Uint8Array; readonly schemes: readonly number[] } {
  if (key.asymmetricKeyType === "rsa")
    return {
      bytes: new Uint8Array(key.export({ type: "pkcs1", format: "der" })),
      schemes: [RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512],
    };
  const { crv, d } = key.export({ format: "jwk" });
  const scheme = crv === "P-256" ? ECDSA_P256 : crv === "P-384" ? ECDSA_P384 : ED25519;
  return { bytes: new Uint8Array(Buffer.from(d ?? "", "base64url")), schemes: [scheme] };
}

// ---- DER (X.690) ----

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const hex = (text: string): Buffer => Buffer.from(text, "hex");
const utcTime = (at: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(at).toISOString().replace(/[-T:]/g, "").slice(2, 14)}Z`));

/** AlgorithmIdentifiers: ecdsa-with-SHA256, ecdsa-with-SHA384, Ed25519, sha256WithRSAEncryption. */
const ALGORITHMS: Readonly<Record<KeyKind, { readonly der: Buffer; readonly hash: string | null }>> = {
  "P-256": { der: hex("300a06082a8648ce3d040302"), hash: "sha256" },
  "P-384": { der: hex("300a06082a8648ce3d040303"), hash: "sha384" },
  Ed25519: { der: hex("300506032b6570"), hash: null },
  "RSA-2048": { der: hex("300d06092a864886f70d01010b0500"), hash: "sha256" },
};

function certificate(kind: KeyKind, name: string, key: KeyObject): Buffer {
  const algorithm = ALGORITHMS[kind];
  const commonName = sequence(der(0x31, sequence(hex("0603550403"), der(0x0c, Buffer.from(name)))));
  const subjectAltName = sequence(hex("0603551d11"), der(0x04, sequence(der(0x82, Buffer.from(name)))));
  const basicConstraints = sequence(hex("0603551d13"), hex("0101ff"), der(0x04, hex("30030101ff")));
  const toBeSigned = sequence(
    hex("a003020102"),
    hex("020101"),
    algorithm.der,
    commonName,
    sequence(utcTime(Date.now() - 86_400_000), utcTime(Date.now() + 86_400_000)),
    commonName,
    createPublicKey(key).export({ type: "spki", format: "der" }),
    der(0xa3, sequence(basicConstraints, subjectAltName)),
  );
  const signature = sign(algorithm.hash, toBeSigned, key);
  return sequence(toBeSigned, algorithm.der, der(0x03, hex("00"), signature));
}

export function makeIdentity(kind: KeyKind, name: string): Identity {
  const key = makeKey(kind);
  const bytes = certificate(kind, name, key);
  const text = bytes.toString("base64").replace(/.{1,64}/g, "$&\n");
  const raw = rawKey(key);
  return {
    kind,
    name,
    certificatePem: `-----BEGIN CERTIFICATE-----\n${text}-----END CERTIFICATE-----\n`,
    keyPem: key.export({ type: "pkcs8", format: "pem" }).toString(),
    credential: new Credential([name], [new Uint8Array(bytes)], raw.bytes, raw.schemes, ""),
  };
}
