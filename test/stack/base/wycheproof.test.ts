// The natives of stack/base/cryptography.d.ts by the vectors of Wycheproof (test/vectors/README.md).
import { describe, expect, it } from "vitest";
import { pattern, toHex } from "../../support/bytes.ts";
import { Cases } from "../../support/cases.ts";
import {
  ML_KEM_DECAPSULATIONS,
  ML_KEM_ENCAPSULATIONS,
  ML_KEM_KEYS,
  P256,
  P384,
  X25519,
} from "../../vectors/wycheproof-agreement.ts";
import {
  ED25519,
  P256_SHA256,
  P256_SHA512,
  P384_SHA256,
  P384_SHA384,
  P384_SHA512,
} from "../../vectors/wycheproof-ecdsa.ts";
import { HMAC_SHA256, HMAC_SHA384 } from "../../vectors/wycheproof-hmac.ts";
import {
  PSS_2048_SHA256,
  PSS_2048_SHA384,
  PSS_3072_SHA256,
  PSS_4096_SHA256,
  PSS_4096_SHA384,
  PSS_4096_SHA512,
} from "../../vectors/wycheproof-pss.ts";
import {
  PKCS1_2048_SHA256,
  PKCS1_2048_SHA384,
  PKCS1_2048_SHA512,
  PKCS1_3072_SHA256,
  PKCS1_3072_SHA512,
  PKCS1_4096_SHA256,
  PKCS1_4096_SHA512,
} from "../../vectors/wycheproof-rsa.ts";

const HYBRID = 0x11ec;
const SEED = 64;
const ENCAPSULATION_KEY = 1184;
const CIPHERTEXT = 1088;

function random(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(128);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function sha256(bytes: Uint8Array): string {
  const state = new Uint8Array(224);
  const digest = new Uint8Array(48);
  nativeHashInit(0, state);
  nativeHashUpdate(0, state, bytes, 0, bytes.length);
  nativeHashPeek(0, state, digest, 0);
  return toHex(digest, 0, 32);
}

function agreements(text: string, group: number): string {
  const cases = new Cases(text, 3);
  const secretKey = new Uint8Array(2500);
  const share = new Uint8Array(1216);
  const shared = new Uint8Array(64);
  while (cases.next()) {
    const peer = cases.field(1);
    nativeKeyPair(group, random(cases.field(0), new Uint8Array(0)), secretKey, share);
    const length = nativeAgree(group, secretKey, peer, 0, peer.length, shared);
    cases.answered(toHex(shared, 0, length) === toHex(cases.field(2)) && length > 0 === cases.isValid);
  }
  return cases.result();
}

function signatures(text: string, scheme: number): string {
  const cases = new Cases(text, 3);
  while (cases.next()) {
    const message = cases.field(1);
    const signature = cases.field(2);
    const length = signature.length;
    const isGood = nativeVerify(scheme, cases.field(0), message, 0, message.length, signature, 0, length);
    cases.answered(isGood === cases.isValid);
  }
  return cases.result();
}

function macs(text: string, algorithm: number): string {
  const cases = new Cases(text, 3);
  const digest = new Uint8Array(48);
  while (cases.next()) {
    const message = cases.field(1);
    nativeHmac(algorithm, cases.field(0), message, 0, message.length, digest);
    cases.answered((toHex(digest, 0, cases.field(2).length) === toHex(cases.field(2))) === cases.isValid);
  }
  return cases.result();
}

describe("Wycheproof's cases", () => {
  it("of X25519", () => {
    expect(agreements(X25519, 0x001d)).toBe("518 cases, wrong:");
  });

  it("of ECDH", () => {
    expect(agreements(P256, 0x0017)).toBe("355 cases, wrong:");
    expect(agreements(P384, 0x0018)).toBe("790 cases, wrong:");
  });

  it("of HMAC", () => {
    expect(macs(HMAC_SHA256, 0)).toBe("174 cases, wrong:");
    expect(macs(HMAC_SHA384, 1)).toBe("174 cases, wrong:");
  });

  it("of ECDSA", () => {
    expect(signatures(P256_SHA256, 0x0403)).toBe("484 cases, wrong:");
    expect(signatures(P256_SHA512, 0xfe05)).toBe("554 cases, wrong:");
    expect(signatures(P384_SHA256, 0xfe04)).toBe("472 cases, wrong:");
    expect(signatures(P384_SHA384, 0x0503)).toBe("504 cases, wrong:");
    expect(signatures(P384_SHA512, 0xfe06)).toBe("542 cases, wrong:");
  });

  it("of Ed25519", () => {
    expect(signatures(ED25519, 0x0807)).toBe("151 cases, wrong:");
  });

  it("of PKCS#1 v1.5", () => {
    expect(signatures(PKCS1_2048_SHA256, 0x0401)).toBe("259 cases, wrong:");
    expect(signatures(PKCS1_2048_SHA384, 0x0501)).toBe("258 cases, wrong:");
    expect(signatures(PKCS1_2048_SHA512, 0x0601)).toBe("259 cases, wrong:");
    expect(signatures(PKCS1_3072_SHA256, 0x0401)).toBe("259 cases, wrong:");
    expect(signatures(PKCS1_3072_SHA512, 0x0601)).toBe("260 cases, wrong:");
    expect(signatures(PKCS1_4096_SHA256, 0x0401)).toBe("258 cases, wrong:");
    expect(signatures(PKCS1_4096_SHA512, 0x0601)).toBe("259 cases, wrong:");
  });

  it("of PSS", () => {
    expect(signatures(PSS_2048_SHA256, 0x0804)).toBe("108 cases, wrong:");
    expect(signatures(PSS_2048_SHA384, 0x0805)).toBe("141 cases, wrong:");
    expect(signatures(PSS_3072_SHA256, 0x0804)).toBe("108 cases, wrong:");
    expect(signatures(PSS_4096_SHA256, 0x0804)).toBe("108 cases, wrong:");
    expect(signatures(PSS_4096_SHA384, 0x0805)).toBe("141 cases, wrong:");
    expect(signatures(PSS_4096_SHA512, 0x0806)).toBe("179 cases, wrong:");
  });

  // ML-KEM is half of the hybrid: the other half is a pair of X25519 that is always the same.
  const scalar = pattern(32);
  const theirs = new Uint8Array(1216);
  const room = new Uint8Array(2500);

  it("of ML-KEM-768's keys", () => {
    const cases = new Cases(ML_KEM_KEYS, 2);
    const share = new Uint8Array(1216);
    while (cases.next()) {
      nativeKeyPair(HYBRID, random(cases.field(0), scalar), room, share);
      cases.answered(sha256(share.subarray(0, ENCAPSULATION_KEY)) === toHex(cases.field(1)));
    }
    expect(cases.result()).toBe("100 cases, wrong:");
  });

  it("of ML-KEM-768's encapsulation", () => {
    nativeKeyPair(0x001d, random(scalar, scalar), room, theirs);
    const cases = new Cases(ML_KEM_ENCAPSULATIONS, 4);
    const share = new Uint8Array(1216);
    const shared = new Uint8Array(64);
    while (cases.next()) {
      const key = cases.field(1);
      const peer = new Uint8Array(key.length + 32);
      peer.set(key);
      peer.set(theirs.subarray(0, 32), key.length);
      const made = nativeEncapsulate(HYBRID, random(cases.field(0), scalar), peer, 0, peer.length, share, shared);
      // A message of another length cannot be given, and what it is meant to show is not there.
      if (cases.field(0).length !== 32) continue;
      const isValid = made === (CIPHERTEXT + 32) * 256 + 64;
      const isIt =
        toHex(shared, 0, 32) === toHex(cases.field(3)) &&
        sha256(share.subarray(0, CIPHERTEXT)) === toHex(cases.field(2));
      cases.answered(isValid === cases.isValid && (!isValid || isIt || !TAKES_MESSAGES));
    }
    expect(cases.result()).toBe("265 cases, wrong:");
  });

  it("of ML-KEM-768's decapsulation", () => {
    nativeKeyPair(0x001d, random(scalar, scalar), room, theirs);
    const cases = new Cases(ML_KEM_DECAPSULATIONS, 3);
    const share = new Uint8Array(1216);
    const shared = new Uint8Array(64);
    while (cases.next()) {
      const text = cases.field(1);
      const peer = new Uint8Array(text.length + 32);
      peer.set(text);
      peer.set(theirs.subarray(0, 32), text.length);
      nativeKeyPair(HYBRID, random(cases.field(0), scalar), room, share);
      const length = nativeAgree(HYBRID, room, peer, 0, peer.length, shared);
      cases.answered(cases.isValid ? length === SEED && toHex(shared, 0, 32) === toHex(cases.field(2)) : length === 0);
    }
    expect(cases.result()).toBe("173 cases, wrong:");
  });
});

/** Whether m is that of `random`; node:crypto draws its own. */
const TAKES_MESSAGES = ((): boolean => {
  const share = new Uint8Array(1216);
  const shared = new Uint8Array(64);
  nativeKeyPair(HYBRID, pattern(128), new Uint8Array(2500), share);
  const peer = share.slice();
  nativeEncapsulate(HYBRID, pattern(128), peer, 0, 1216, share, shared);
  const first = toHex(shared);
  nativeEncapsulate(HYBRID, pattern(128), peer, 0, 1216, share, shared);
  return first === toHex(shared);
})();
