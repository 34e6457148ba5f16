// The authorities of the web as the build packed them. Nothing is read of them before a certificate is to be verified.

import { packedTrustAnchors } from "./trust-anchors-packed.ts";

/** More than any list will have. */
const TABLE_LIMIT = 1024 * 1024;

/** The table that stack/x509/trust.ts reads. */
export function trustAnchors(): Uint8Array {
  return unpackTrustAnchors(packedTrustAnchors());
}

export function unpackTrustAnchors(packed: string): Uint8Array {
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  const table = nativeInflate(bytes, 0, TABLE_LIMIT);
  if (table === undefined) throw new Error("the build packed no table of authorities");
  return table;
}
