/// <reference path="../stack/base/cryptography.d.ts" />
// Key agreement of stack/base/cryptography.d.ts on Node.

import { createECDH, createPublicKey, decapsulate, diffieHellman, encapsulate } from "node:crypto";
import {
  attempt,
  type Curve,
  mlKemPrivate,
  mlKemPublic,
  P256,
  P384,
  x25519Private,
  x25519Public,
} from "./keys-node.ts";
import { checkRange, part } from "./range-node.ts";

const SEED = 64;
const ENCAPSULATION_KEY = 1184;
const CIPHERTEXT = 1088;

interface Pair {
  readonly secretKey: Uint8Array;
  readonly share: Uint8Array;
}

interface Kind {
  readonly make: (random: Uint8Array) => Pair;
  /** Throws for a share that is not valid. */
  readonly agree: (secretKey: Uint8Array, peer: Uint8Array) => Uint8Array;
}

const x25519: Kind = {
  make(random) {
    const secretKey = random.slice(0, 32);
    const share = createPublicKey(x25519Private(secretKey)).export({ type: "spki", format: "der" }).subarray(12);
    return { secretKey, share };
  },
  agree(secretKey, peer) {
    // Behind a key of 32 bytes the DER around it may go on, to OpenSSL.
    if (peer.length !== 32) throw new RangeError("not a share of X25519");
    return diffieHellman({ privateKey: x25519Private(secretKey.subarray(0, 32)), publicKey: x25519Public(peer) });
  },
};

function ecdh({ name, size }: Curve): Kind {
  return {
    make(random) {
      const pair = createECDH(name);
      for (let at = 0; at + size <= random.length; at += size) {
        const secretKey = random.slice(at, at + size);
        const share = attempt(() => {
          pair.setPrivateKey(secretKey);
          return pair.getPublicKey();
        }, undefined);
        if (share !== undefined) return { secretKey, share };
      }
      throw new RangeError("no scalar");
    },
    agree(secretKey, peer) {
      if (peer.length !== 1 + 2 * size || peer[0] !== 4) throw new RangeError("not an uncompressed point");
      const pair = createECDH(name);
      pair.setPrivateKey(secretKey.subarray(0, size));
      return pair.computeSecret(peer);
    },
  };
}

/** draft-ietf-tls-ecdhe-mlkem: ML-KEM-768 first. Its secret key is kept as the seed. */
const hybrid: Kind = {
  make(random) {
    const seed = random.slice(0, SEED);
    const classical = x25519.make(random.subarray(SEED));
    const key = createPublicKey(mlKemPrivate(seed))
      .export({ type: "spki", format: "der" })
      .subarray(-ENCAPSULATION_KEY);
    return {
      secretKey: Buffer.concat([seed, classical.secretKey]),
      share: Buffer.concat([key, classical.share]),
    };
  },
  agree(secretKey, peer) {
    if (peer.length !== CIPHERTEXT + 32) throw new RangeError("not a share of the hybrid");
    const first = decapsulate(mlKemPrivate(secretKey.subarray(0, SEED)), peer.subarray(0, CIPHERTEXT));
    return Buffer.concat([first, x25519.agree(secretKey.subarray(SEED), peer.subarray(CIPHERTEXT))]);
  },
};

const KINDS: Readonly<Record<number, Kind>> = { 23: ecdh(P256), 24: ecdh(P384), 29: x25519, 4588: hybrid };

/** The answer to a share: ours, and the secret. */
function answer(group: number, random: Uint8Array, peer: Uint8Array): { share: Uint8Array; shared: Uint8Array } {
  if (group !== 0x11ec) {
    const kind = KINDS[group]!;
    const { secretKey, share } = kind.make(random);
    return { share, shared: kind.agree(secretKey, peer) };
  }
  if (peer.length !== ENCAPSULATION_KEY + 32) throw new RangeError("not a share of the hybrid");
  const { sharedKey, ciphertext } = encapsulate(mlKemPublic(peer.subarray(0, ENCAPSULATION_KEY)));
  const classical = answer(0x001d, random.subarray(32), peer.subarray(ENCAPSULATION_KEY));
  return {
    share: Buffer.concat([ciphertext, classical.share]),
    shared: Buffer.concat([sharedKey, classical.shared]),
  };
}

export const ofGroups = {
  nativeKeyPair(group, random, secretKey, share) {
    checkRange(random, 0, 128);
    checkRange(secretKey, 0, 2500);
    checkRange(share, 0, 1216);
    const pair = attempt(() => KINDS[group]?.make(random), undefined);
    if (pair === undefined) return 0;
    secretKey.set(pair.secretKey);
    share.set(pair.share);
    return pair.share.length;
  },
  nativeAgree(group, secretKey, peer, offset, length, shared) {
    checkRange(secretKey, 0, 2500);
    checkRange(shared, 0, 64);
    const theirs = part(peer, offset, length);
    const secret = attempt(() => KINDS[group]?.agree(secretKey, theirs), undefined);
    if (secret === undefined) return 0;
    shared.set(secret);
    return secret.length;
  },
  nativeEncapsulate(group, random, peer, offset, length, share, shared) {
    checkRange(random, 0, 128);
    checkRange(share, 0, 1216);
    checkRange(shared, 0, 64);
    const theirs = part(peer, offset, length);
    const made = attempt(() => answer(group, random, theirs), undefined);
    if (made === undefined) return 0;
    share.set(made.share);
    shared.set(made.shared);
    return made.share.length * 256 + made.shared.length;
  },
} satisfies Partial<typeof globalThis>;
