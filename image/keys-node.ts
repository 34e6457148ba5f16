// Keys in the forms that node:crypto reads: DER around the key itself.

import { createECDH, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** node:crypto throws for whatever is not valid. */
export function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}

const der = (hex: string, ...rest: readonly Uint8Array[]): Buffer => Buffer.concat([Buffer.from(hex, "hex"), ...rest]);
const spki = (head: string, key: Uint8Array): KeyObject =>
  createPublicKey({ key: der(head, key), format: "der", type: "spki" });
const pkcs8 = (head: string, key: Uint8Array): KeyObject =>
  createPrivateKey({ key: der(head, key), format: "der", type: "pkcs8" });

/** RFC 8410. */
export const x25519Public = (key: Uint8Array): KeyObject => spki("302a300506032b656e032100", key);
export const x25519Private = (key: Uint8Array): KeyObject => pkcs8("302e020100300506032b656e04220420", key);
export const ed25519Public = (key: Uint8Array): KeyObject => spki("302a300506032b6570032100", key);
export const ed25519Private = (key: Uint8Array): KeyObject => pkcs8("302e020100300506032b657004220420", key);
/** RFC 9935. */
export const mlKemPublic = (key: Uint8Array): KeyObject => spki("308204b2300b0609608648016503040402038204a100", key);
export const mlKemPrivate = (seed: Uint8Array): KeyObject =>
  pkcs8("3054020100300b060960864801650304040204428040", seed);

export interface Curve {
  readonly name: string;
  readonly size: number;
  /** Before a SubjectPublicKeyInfo's point (RFC 5480), and around an ECPrivateKey's scalar (RFC 5915). */
  readonly publicHead: string;
  readonly privateHead: string;
  readonly privateTail: string;
}

export const P256: Curve = {
  name: "prime256v1",
  size: 32,
  publicHead: "3059301306072a8648ce3d020106082a8648ce3d030107034200",
  privateHead: "30310201010420",
  privateTail: "a00a06082a8648ce3d030107",
};
export const P384: Curve = {
  name: "secp384r1",
  size: 48,
  publicHead: "3076301006072a8648ce3d020106052b81040022036200",
  privateHead: "303e0201010430",
  privateTail: "a00706052b81040022",
};

export function ecPublic({ size, publicHead }: Curve, point: Uint8Array): KeyObject {
  if (point.length !== 1 + 2 * size || point[0] !== 4) throw new RangeError("not an uncompressed point");
  return spki(publicHead, point);
}

export function ecPrivate({ name, size, privateHead, privateTail }: Curve, scalar: Uint8Array): KeyObject {
  if (scalar.length !== size) throw new RangeError("not a scalar of this curve");
  createECDH(name).setPrivateKey(scalar); // looks at its value, as createPrivateKey() does not
  const key = der(privateHead, scalar, Buffer.from(privateTail, "hex"));
  return createPrivateKey({ key, format: "der", type: "sec1" });
}
