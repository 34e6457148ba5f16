// The ciphers of records by what others make of the same keys and bytes (test/vectors/README.md).

import { describe, expect, it } from "vitest";
import { readU32, readU48 } from "../../../stack/base/bytes.ts";
import { toHex } from "../../support/bytes.ts";
import { Cases } from "../../support/cases.ts";
import {
  AES_128_GCM as AES_128_RECORDS,
  AES_256_GCM as AES_256_RECORDS,
  CHACHA20_POLY1305 as CHACHA20_RECORDS,
} from "../../vectors/records.ts";
import { AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305 } from "../../vectors/wycheproof-ciphers.ts";

const AES_128 = 0x1301;
const AES_256 = 0x1302;
const CHACHA20 = 0x1303;
const HEADER = 5;

/** Key, nonce, plaintext, ciphertext: of a record the same bytes are the same, whatever follows them. */
function ciphertexts(text: string, suite: number): string {
  const cases = new Cases(text, 4);
  const state = new Uint8Array(640);
  while (cases.next()) {
    const plain = cases.field(2);
    nativeAeadInit(suite, state, cases.field(0));
    const record = new Uint8Array(plain.length + 22);
    const length = nativeSeal(state, cases.field(1), 0, 23, 16_384, plain, 0, plain.length, record, 0);
    cases.answered(length === record.length && toHex(record, HEADER, plain.length) === toHex(cases.field(3)));
  }
  return cases.result();
}

function sha256(bytes: Uint8Array): string {
  const state = new Uint8Array(224);
  const digest = new Uint8Array(48);
  nativeHashInit(0, state);
  nativeHashUpdate(0, state, bytes, 0, bytes.length);
  nativeHashPeek(0, state, digest, 0);
  return toHex(digest, 0, 32);
}

function content(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 7 + (i >> 8)) & 255;
  return bytes;
}

/** Key, initial value, sequence, content type and length, tag, the hash of the record: sealed, then opened again. */
function sealed(text: string, suite: number): string {
  const cases = new Cases(text, 6);
  const state = new Uint8Array(640);
  while (cases.next()) {
    const iv = cases.field(1);
    const sequence = readU48(cases.field(2), 2);
    const what = cases.field(3);
    const plain = content(what[1]! * 256 + what[2]!);
    nativeAeadInit(suite, state, cases.field(0));
    const record = new Uint8Array(plain.length + 22);
    const length = nativeSeal(state, iv, sequence, what[0]!, 16_384, plain, 0, plain.length, record, 0);
    const isSealed =
      length === record.length &&
      toHex(record, record.length - 16, 16) === toHex(cases.field(4)) &&
      sha256(record) === toHex(cases.field(5));
    // Nothing but these bytes, in this place, is opened.
    const other = record.slice();
    const at = readU32(cases.field(5), 0) % (8 * record.length);
    other[at >> 3] = other[at >> 3]! ^ (1 << (at & 7));
    const isRefused =
      nativeOpen(state, iv, sequence, other, 0, other.length) === -1 &&
      nativeOpen(state, iv, sequence + 1, record.slice(), 0, record.length) === -1;
    const opened = nativeOpen(state, iv, sequence, record, 0, record.length);
    const isOpened =
      opened === plain.length * 256 + what[0]! && toHex(record, HEADER, plain.length) === toHex(plain, 0, plain.length);
    cases.answered(isSealed && isRefused && isOpened);
  }
  return cases.result();
}

describe("the ciphers of records", () => {
  it("encrypt as Wycheproof's cases", () => {
    expect(ciphertexts(AES_128_GCM, AES_128)).toBe("40 cases, wrong:");
    expect(ciphertexts(AES_256_GCM, AES_256)).toBe("39 cases, wrong:");
    expect(ciphertexts(CHACHA20_POLY1305, CHACHA20)).toBe("256 cases, wrong:");
  });

  it("seal records as Go does, and open them", () => {
    expect(sealed(AES_128_RECORDS, AES_128)).toBe("88 cases, wrong:");
    expect(sealed(AES_256_RECORDS, AES_256)).toBe("88 cases, wrong:");
    expect(sealed(CHACHA20_RECORDS, CHACHA20)).toBe("88 cases, wrong:");
  });
});
