// What the build packs of the authorities of the web: a chunk of its own (image/build/chunks.ts), for a machine that
// verifies nobody need not have it in memory.

/** A zlib stream, a character for each byte (trust-anchors-node.ts). */
declare const EPIPHYTE_TRUST_ANCHORS: string;

export function packedTrustAnchors(): string {
  return EPIPHYTE_TRUST_ANCHORS;
}
