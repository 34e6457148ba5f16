import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KEY_ED25519, KEY_P256, KEY_P384, KEY_RSA } from "../../../stack/x509/algorithms.ts";
import {
  decodeKey,
  handshakeSchemes,
  KEY_INVALID,
  KEY_MALFORMED,
  KEY_NONE,
  KEY_OF_OTHER_KIND,
  KEY_SIZE,
  PrivateKey,
  sign,
  takeKey,
} from "../../../stack/x509/keys.ts";
import {
  BLOCK_LIMIT,
  decodeBase64,
  decodePem,
  encodePem,
  PEM_DAMAGED,
  PEM_EMPTY,
  PEM_ENCRYPTED,
  PEM_TOO_LONG,
  PEM_UNENDED,
  TEXT_LIMIT,
} from "../../../stack/x509/pem.ts";
import { ascii } from "../../../stack/x509/writer.ts";
import { hex, pattern, toHex } from "../../support/bytes.ts";
import * as files from "./key-files.ts";

/** "label length" of each block, or the error and its line. */
function blocks(text: string): string {
  const decoded = decodePem(text);
  if (!decoded.ok) return `error ${decoded.error.code} at ${decoded.error.line}`;
  let shown = "";
  for (const { label, bytes } of decoded.value) shown += `${label} ${bytes.length};`;
  return shown;
}

const BLOCK = "-----BEGIN A-----\nAQID\n-----END A-----\n";

describe("PEM", () => {
  test("blocks are read with what stands around them", () => {
    expect(blocks(BLOCK)).toBe("A 3;");
    expect(blocks(`text\n${BLOCK}\n\nmore: text\r\n${BLOCK}end`)).toBe("A 3;A 3;");
    expect(blocks("-----BEGIN A B-----\r\n AQ\t\r\nID \r\n\r\n-----END A B-----")).toBe("A B 3;");
  });

  test("what is damaged is named with its line", () => {
    expect(blocks("")).toBe(`error ${PEM_EMPTY} at 0`);
    expect(blocks("AQID\n")).toBe(`error ${PEM_EMPTY} at 0`);
    expect(blocks("\n-----BEGIN A-----\nAQID\n")).toBe(`error ${PEM_UNENDED} at 2`);
    expect(blocks("-----BEGIN A-----\nAQID\n-----END B-----\n")).toBe(`error ${PEM_UNENDED} at 1`);
    expect(blocks(`${BLOCK}-----BEGIN A-----\nAQI\n-----END A-----\n`)).toBe(`error ${PEM_DAMAGED} at 4`);
    expect(blocks("-----BEGIN A-----\n-----END A-----\n")).toBe(`error ${PEM_DAMAGED} at 1`);
    expect(blocks("-----BEGIN A-----\nAQ*D\n-----END A-----\n")).toBe(`error ${PEM_DAMAGED} at 1`);
    expect(blocks(BLOCK.repeat(BLOCK_LIMIT + 1))).toBe(`error ${PEM_TOO_LONG} at ${BLOCK_LIMIT * 3 + 1}`);
    expect(blocks("x".repeat(TEXT_LIMIT + 1))).toBe(`error ${PEM_TOO_LONG} at 0`);
  });

  test("a key under a password is told from a damaged one", () => {
    expect(blocks(files.ENCRYPTED)).toBe(`error ${PEM_ENCRYPTED} at 1`);
    expect(blocks(files.ENCRYPTED_OLD)).toBe(`error ${PEM_ENCRYPTED} at 2`);
  });

  test("base64 is read as RFC 4648 10 has it, and strictly", () => {
    for (const [text, bytes] of [
      ["Zg==", "f"],
      ["Zm8=", "fo"],
      ["Zm9v", "foo"],
      ["Zm9vYg==", "foob"],
      ["Zm9vYmE=", "fooba"],
      ["Zm9vYmFy", "foobar"],
    ] as const)
      expect(toHex(decodeBase64(text))).toBe(toHex(ascii(bytes)));
    expect(toHex(decodeBase64("+/+/"))).toBe("fbffbf");
    for (const bad of ["", "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v=", "Zg==Zg==", "Zm-_"])
      expect(decodeBase64(bad)).toHaveLength(0);
  });

  test("what is written is read", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        const decoded = decodePem(encodePem("X", bytes));
        expect(decoded.ok).toBe(true);
        if (decoded.ok) expect(toHex(decoded.value[0]!.bytes)).toBe(toHex(bytes));
      }),
    );
  });
});

/** The last key of a file; the fault. */
function read(text: string, key: PrivateKey = new PrivateKey()): number {
  const decoded = decodePem(text);
  if (!decoded.ok) throw new Error(`PEM ${decoded.error.code}`);
  return decodeKey(decoded.value[decoded.value.length - 1]!, key);
}

describe("private keys", () => {
  test("are read in each form, with the public key that openssl says", () => {
    const point256 =
      "04e3c6ce60399264ffc70af9083ae963678ebead35c568e2ceedb5a531fb78aa69c3ab9f4729183b51c7b099a18d15a75d830e82c88375baeec919dbaf66266bcc";
    const point384 =
      "0471b094f888232e81a00f93ec6801b67c26c19c93d4a25ee4ef4a58a89379c60a39d85ed736a929af7172e8e1a945271c6957ea50321d86c5f735b5fe286644373f3b33ba4322cd30aad3979c103d45886a6de4b4ae0afb0cbf1793f75e53ff93";
    for (const [file, family, publicKey] of [
      [files.ED25519, KEY_ED25519, "e3a550d1bb608d613de8b50f99b45c5266eca3bc4d8bedf3c90a83a6e6b5f7d1"],
      [files.P256, KEY_P256, point256],
      [files.P256_SEC1, KEY_P256, point256],
      [files.P384, KEY_P384, point384],
      [files.P384_SEC1, KEY_P384, point384],
    ] as const) {
      const key = new PrivateKey();
      expect(read(file, key)).toBe(0);
      expect(key.family).toBe(family);
      expect(toHex(key.publicKey)).toBe(publicKey);
    }
    const one = new PrivateKey();
    const two = new PrivateKey();
    expect(read(files.RSA, one)).toBe(0);
    expect(read(files.RSA_PKCS1, two)).toBe(0);
    expect(one.family).toBe(KEY_RSA);
    expect(toHex(one.secret)).toBe(toHex(two.secret));
    expect(toHex(one.publicKey, 0, 5)).toBe("3082010a02");
  });

  test("sign, and say by which schemes of TLS", () => {
    const all: readonly (readonly [string, readonly number[]])[] = [
      [files.ED25519, [0x0807]],
      [files.P256, [0x0403]],
      [files.P384, [0x0503]],
      [files.RSA, [0x0804, 0x0805, 0x0806]],
    ];
    for (let i = 0; i < all.length; i++) {
      const key = new PrivateKey();
      read(all[i]![0], key);
      expect(sign(key, pattern(100)).length > 60).toBe(true);
      expect(handshakeSchemes(key.family)).toEqual(all[i]![1]);
    }
    expect(handshakeSchemes(0)).toEqual([]);
  });

  test("of another kind, of another size and of no numbers are told apart", () => {
    expect(read(files.P521_SEC1)).toBe(KEY_OF_OTHER_KIND);
    expect(read(files.RSA_1024)).toBe(KEY_SIZE);
    const key = new PrivateKey();
    expect(takeKey(KEY_P256, new Uint8Array(32), key)).toBe(KEY_INVALID);
    expect(takeKey(KEY_P256, hex("ff".repeat(32)), key)).toBe(KEY_INVALID);
    expect(takeKey(KEY_RSA, hex("3000"), key)).toBe(KEY_MALFORMED);
    expect(key.family).toBe(0);
    expect(decodeKey({ label: "CERTIFICATE", bytes: hex("3000") }, key)).toBe(KEY_NONE);
    for (const label of ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"])
      expect(decodeKey({ label, bytes: hex("3000") }, key)).toBe(KEY_MALFORMED);
  });

  test("any byte changed or left out: an answer", () => {
    for (const file of [files.ED25519, files.P256, files.P384_SEC1]) {
      const decoded = decodePem(file);
      if (!decoded.ok) throw new Error("PEM");
      const { label, bytes } = decoded.value[0]!;
      for (let i = 0; i < bytes.length; i++) {
        const changed = bytes.slice();
        changed[i] = changed[i]! ^ 0x81;
        expect(decodeKey({ label, bytes: changed }, new PrivateKey()) <= KEY_NONE).toBe(true);
        if (i < 40) expect(decodeKey({ label, bytes: bytes.slice(0, i) }, new PrivateKey()) > 0).toBe(true);
      }
    }
  });

  test("zeros in front of a scalar may have been left out", () => {
    const short = hex(`3024020101041f${"01".repeat(31)}`);
    const key = new PrivateKey();
    // Without a curve: nobody can know.
    expect(decodeKey({ label: "EC PRIVATE KEY", bytes: short }, key)).toBe(KEY_OF_OTHER_KIND);
    const whole = hex(`3030020101041f${"01".repeat(31)}a00a06082a8648ce3d030107`);
    expect(decodeKey({ label: "EC PRIVATE KEY", bytes: whole }, key)).toBe(0);
    expect(toHex(key.secret)).toBe(`00${"01".repeat(31)}`);
  });
});
