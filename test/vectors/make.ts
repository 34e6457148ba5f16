// Makes wycheproof-*.ts of the JSON of https://github.com/C2SP/wycheproof (Apache-2.0): `make.ts FOLDER`, the folder being
// its testvectors_v1. What is said twice is left out, so that the whole of it is small: README.md says how.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Test {
  readonly [name: string]: string | number | readonly string[];
}
interface Group {
  readonly tests: readonly Test[];
  readonly [name: string]: unknown;
}

const [folder = "."] = process.argv.slice(2);
/** Stands for a field that is the same as in the case before; no field is that long. */
const AS_BEFORE = 0xffff;

function groups(name: string): readonly Group[] {
  return (JSON.parse(readFileSync(join(folder, `${name}_test.json`), "utf8")) as { testGroups: Group[] }).testGroups;
}

const bytes = (value: unknown): Buffer => Buffer.from(String(value), "hex");
const hash = (value: Buffer): Buffer => createHash("sha256").update(value).digest();

/** The last `size` bytes, or that many with zeros before. */
function sized(value: Buffer, size: number): Buffer {
  return Buffer.concat([Buffer.alloc(size), value]).subarray(-size);
}

/** Cases as bytes: a number of two bytes (tcId), one that says whether it is valid, and the fields, each after its length. */
class Cases {
  readonly #parts: Buffer[] = [];
  #before: readonly Buffer[] = [];
  count = 0;

  add(id: unknown, valid: boolean, ...fields: readonly Buffer[]): void {
    const head = Buffer.alloc(3);
    head.writeUInt16BE(Number(id));
    head[2] = valid ? 1 : 0;
    this.#parts.push(head);
    for (const [i, field] of fields.entries()) {
      const isSame = this.#before[i]?.equals(field) === true;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(isSame ? AS_BEFORE : field.length);
      this.#parts.push(length, ...(isSame ? [] : [field]));
    }
    this.#before = fields;
    this.count++;
  }

  write(name: string): string {
    console.log(`${name}: ${this.count}`);
    return `export const ${name} =\n  "${Buffer.concat(this.#parts).toString("base64")}";\n`;
  }
}

/** Key agreement: our scalar, their share, the secret (none: refused). */
function agreement(name: string, file: string, size: number): string {
  const cases = new Cases();
  for (const group of groups(file))
    for (const test of group.tests) {
      const shared = bytes(test["shared"]);
      const peer = bytes(test["public"]);
      const isPoint = file === "x25519" || (peer.length === 1 + 2 * size && peer[0] === 4);
      // A compressed point is "acceptable", and TLS 1.3 has none; X25519 may answer zeros, and TLS must not take them.
      const valid = test["result"] !== "invalid" && isPoint && (file !== "x25519" || shared.some((byte) => byte !== 0));
      cases.add(test["tcId"], valid, sized(bytes(test["private"]), size), peer, valid ? shared : Buffer.alloc(0));
    }
  return cases.write(name);
}

/** Signatures: key, message, signature. */
function signatures(name: string, file: string, key: string): string {
  const cases = new Cases();
  for (const group of groups(file))
    for (const test of group.tests) {
      const of = group[key];
      const value = typeof of === "object" ? (of as { uncompressed?: string; pk?: string }) : undefined;
      const publicKey = bytes(value?.uncompressed ?? value?.pk ?? of);
      // RSA's "acceptable" ones leave out the NULL of the algorithm's parameters, which nobody has to take.
      cases.add(test["tcId"], test["result"] === "valid", publicKey, bytes(test["msg"]), bytes(test["sig"]));
    }
  return cases.write(name);
}

function hmac(name: string, file: string): string {
  const cases = new Cases();
  for (const group of groups(file))
    for (const test of group.tests)
      cases.add(test["tcId"], test["result"] === "valid", bytes(test["key"]), bytes(test["msg"]), bytes(test["tag"]));
  return cases.write(name);
}

/** ML-KEM: the encapsulation key and ciphertexts that are made stand by their SHA-256. */
function mlKem(): string {
  const [keys, encapsulations, decapsulations] = [new Cases(), new Cases(), new Cases()];
  for (const group of groups("mlkem_768_keygen_seed"))
    for (const test of group.tests)
      keys.add(test["tcId"], true, bytes(test["seed"]), hash(bytes(test["ek"])));
  for (const group of groups("mlkem_768_encaps"))
    for (const test of group.tests) {
      const valid = test["result"] === "valid";
      const made = valid ? [hash(bytes(test["c"])), bytes(test["K"])] : [Buffer.alloc(0), Buffer.alloc(0)];
      encapsulations.add(test["tcId"], valid, bytes(test["m"]), bytes(test["ek"]), ...made);
    }
  for (const group of groups("mlkem_768"))
    for (const test of group.tests) {
      const seed = bytes(test["seed"]);
      // A seed of another length cannot be given to nativeKeyPair.
      if (seed.length === 64)
        decapsulations.add(test["tcId"], test["result"] === "valid", seed, bytes(test["c"]), bytes(test["K"]));
    }
  return keys.write("ML_KEM_KEYS") + encapsulations.write("ML_KEM_ENCAPSULATIONS") + decapsulations.write("ML_KEM_DECAPSULATIONS");
}

/** Ciphers: key, nonce, plaintext, ciphertext. A record's additional data is its header, so tags of others cannot be had. */
function ciphers(name: string, file: string, keySize: number): string {
  const cases = new Cases();
  for (const group of groups(file)) {
    if (group["keySize"] !== keySize || group["ivSize"] !== 96) continue;
    for (const test of group.tests)
      if (test["result"] === "valid")
        cases.add(test["tcId"], true, Buffer.concat([bytes(test["key"]), Buffer.alloc(16)]).subarray(0, 32), bytes(test["iv"]), bytes(test["msg"]), bytes(test["ct"]));
  }
  return cases.write(name);
}

function write(name: string, text: string): void {
  writeFileSync(
    join(import.meta.dirname, `wycheproof-${name}.ts`),
    `// Made by make.ts of the test vectors of C2SP Wycheproof, licensed under the Apache License 2.0: see README.md.\n\n${text}`,
  );
}

write(
  "agreement",
  agreement("X25519", "x25519", 32) +
    agreement("P256", "ecdh_secp256r1_ecpoint", 32) +
    agreement("P384", "ecdh_secp384r1_ecpoint", 48) +
    mlKem(),
);
write(
  "ciphers",
  ciphers("AES_128_GCM", "aes_gcm", 128) +
    ciphers("AES_256_GCM", "aes_gcm", 256) +
    ciphers("CHACHA20_POLY1305", "chacha20_poly1305", 256),
);
write("hmac", hmac("HMAC_SHA256", "hmac_sha256") + hmac("HMAC_SHA384", "hmac_sha384"));
write(
  "ecdsa",
  ["256_sha256", "256_sha512", "384_sha256", "384_sha384", "384_sha512"]
    .map((n) => signatures(`P${n.toUpperCase()}`, `ecdsa_secp${n.replace("_", "r1_")}`, "publicKey"))
    .join("") + signatures("ED25519", "ed25519", "publicKey"),
);
const PKCS1 = ["2048_sha256", "2048_sha384", "2048_sha512", "3072_sha256", "3072_sha512", "4096_sha256", "4096_sha512"];
write(
  "rsa",
  PKCS1.map((n) => signatures(`PKCS1_${n.toUpperCase()}`, `rsa_signature_${n}`, "publicKeyAsn")).join(""),
);
const PSS = [
  ...["2048_sha256_mgf1_32", "2048_sha384_mgf1_48", "3072_sha256_mgf1_32", "4096_sha256_mgf1_32"],
  ...["4096_sha384_mgf1_48", "4096_sha512_mgf1_64"],
];
write("pss", PSS.map((n) => signatures(`PSS_${n.replace(/_mgf1.*/, "").toUpperCase()}`, `rsa_pss_${n}`, "publicKeyAsn")).join(""));
