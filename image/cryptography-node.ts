/// <reference path="../stack/base/cryptography.d.ts" />
// stack/base/cryptography.d.ts on Node: by node:crypto what AWS-LC does on the machine. Hashes and records are here, the rest
// in the files that this one imports; native-node.ts imports it.

import {
  type CipherGCM,
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  type DecipherGCM,
  type Hash,
} from "node:crypto";
import { ofGroups } from "./key-agreement-node.ts";
import { attempt } from "./keys-node.ts";
import { checkRange, checkWhole, part } from "./range-node.ts";
import { ofSignatures } from "./signature-node.ts";

// ---- Hash, HMAC, HKDF ----

const HASHES = ["sha256", "sha384"] as const;

/** Hashes in progress by the array that stands for them. */
const hashes = new WeakMap<Uint8Array, Hash>();

function hashName(algorithm: HashAlgorithm): (typeof HASHES)[number] {
  checkWhole(algorithm, 0, 1);
  return HASHES[algorithm]!;
}

function hashInProgress(state: Uint8Array): Hash {
  const hash = hashes.get(state);
  if (hash === undefined) throw new RangeError("a hash that was not begun");
  return hash;
}

function hmac(algorithm: HashAlgorithm, key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac(hashName(algorithm), key);
  for (const piece of parts) mac.update(piece);
  return mac.digest();
}

const ofHashes = {
  nativeHashInit(algorithm, state) {
    checkRange(state, 0, 224);
    hashes.set(state, createHash(hashName(algorithm)));
  },
  nativeHashUpdate(_algorithm, state, bytes, offset, length) {
    hashInProgress(state).update(part(bytes, offset, length));
  },
  nativeHashPeek(_algorithm, state, digest, digestOffset) {
    checkRange(digest, digestOffset, 48);
    digest.set(hashInProgress(state).copy().digest(), digestOffset);
  },
  nativeHmac(algorithm, key, bytes, offset, length, digest) {
    checkRange(digest, 0, 48);
    digest.set(hmac(algorithm, key, part(bytes, offset, length)));
  },
  nativeHkdfExtract(algorithm, salt, input, secret) {
    checkRange(secret, 0, 48);
    secret.set(hmac(algorithm, salt, input));
  },
  nativeHkdfExpandLabel(algorithm, secret, label, context, into) {
    checkRange(secret, 0, 48);
    checkWhole(label.length, 0, 249);
    checkWhole(context.length, 0, 255);
    checkWhole(into.length, 0, 255);
    const key = secret.subarray(0, algorithm === 0 ? 32 : 48);
    const head = Uint8Array.of(0, into.length, label.length + 6);
    const info = Buffer.concat([head, Buffer.from("tls13 "), label, Uint8Array.of(context.length), context]);
    let block = new Uint8Array();
    for (let at = 0, i = 1; at < into.length; at += block.length, i++) {
      block = new Uint8Array(hmac(algorithm, key, block, info, Uint8Array.of(i)));
      into.set(block.subarray(0, into.length - at), at);
    }
  },
} satisfies Partial<typeof globalThis>;

// ---- Records ----

interface Aead {
  readonly name: CipherGCMTypes;
  readonly key: Uint8Array;
}

const AEADS: Readonly<Record<number, { readonly name: string; readonly size: number }>> = {
  4865: { name: "aes-128-gcm", size: 16 },
  4866: { name: "aes-256-gcm", size: 32 },
  4867: { name: "chacha20-poly1305", size: 32 },
};
const HEADER = 5;
const TAG = 16;

/** Ciphers by the array that stands for them. */
const aeads = new WeakMap<Uint8Array, Aead>();

function aeadOf(state: Uint8Array): Aead {
  const aead = aeads.get(state);
  if (aead === undefined) throw new RangeError("a cipher that has no key");
  return aead;
}

/** RFC 8446 5.3. */
function nonce(iv: Uint8Array, sequence: number): Uint8Array {
  checkRange(iv, 0, 12);
  checkWhole(sequence, 0, Number.MAX_SAFE_INTEGER);
  const bytes = Buffer.from(iv.subarray(0, 12));
  bytes.writeBigUInt64BE(bytes.readBigUInt64BE(4) ^ BigInt(sequence), 4);
  return bytes;
}

function sealOne({ name, key }: Aead, iv: Uint8Array, type: number, content: Uint8Array): Uint8Array {
  const length = content.length + 1 + TAG;
  const header = Uint8Array.of(23, 3, 3, length >> 8, length);
  const cipher: CipherGCM = createCipheriv(name, key, iv, { authTagLength: TAG });
  cipher.setAAD(header, { plaintextLength: content.length + 1 });
  return Buffer.concat([
    header,
    cipher.update(content),
    cipher.update(Uint8Array.of(type)),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

const ofRecords = {
  nativeAeadInit(suite, state, key) {
    checkWhole(suite, 0x1301, 0x1303);
    checkRange(state, 0, 640);
    checkRange(key, 0, 32);
    const { name, size } = AEADS[suite]!;
    aeads.set(state, { name: name as CipherGCMTypes, key: key.slice(0, size) });
  },
  nativeSeal(state, iv, sequence, contentType, fragment, bytes, offset, length, into, intoOffset) {
    const aead = aeadOf(state);
    checkWhole(contentType, 0, 255);
    checkWhole(fragment, 1, 16384);
    const content = part(bytes, offset, length);
    const records = Math.max(1, Math.ceil(length / fragment));
    const written = length + records * (HEADER + 1 + TAG);
    checkRange(into, intoOffset, 0);
    if (written > into.length - intoOffset) return 0;
    let at = intoOffset;
    for (let i = 0; i < records; i++) {
      const piece = content.subarray(i * fragment, (i + 1) * fragment);
      const record = sealOne(aead, nonce(iv, sequence + i), contentType, piece);
      into.set(record, at);
      at += record.length;
    }
    return written;
  },
  nativeOpen(state, iv, sequence, bytes, offset, length) {
    const { name, key } = aeadOf(state);
    const record = part(bytes, offset, length);
    const at = nonce(iv, sequence);
    if (length < HEADER + 1 + TAG) return -1;
    const decipher: DecipherGCM = createDecipheriv(name, key, at, { authTagLength: TAG });
    decipher.setAAD(record.subarray(0, HEADER), { plaintextLength: length - HEADER - TAG });
    decipher.setAuthTag(record.subarray(length - TAG));
    const inner = attempt(
      () => Buffer.concat([decipher.update(record.subarray(HEADER, length - TAG)), decipher.final()]),
      undefined,
    );
    if (inner === undefined) return -1;
    record.set(inner, HEADER);
    let end = inner.length;
    while (end > 0 && inner[end - 1] === 0) end--;
    return end === 0 ? -2 : (end - 1) * 256 + inner[end - 1]!;
  },
  nativeHasAes: () => true,
} satisfies Partial<typeof globalThis>;

Object.assign(globalThis, ofHashes, ofRecords, ofGroups, ofSignatures);
