import { type Identity, readIdentity, warningsOf } from "../../../stack/x509/identity.ts";
import { decodeKey, KEY_NONE, PrivateKey } from "../../../stack/x509/keys.ts";
import { decodeBase64, decodePem, encodePem } from "../../../stack/x509/pem.ts";
import { Trust } from "../../../stack/x509/trust.ts";
import { HOST, leafSpec, middleSpec } from "../../stack/x509/chains.ts";
import { issue } from "../../stack/x509/issue.ts";
import * as files from "../../stack/x509/key-files.ts";
import { check, latin1, same, type Target } from "../target.ts";

/** A text as keys and certificates, as what --trust names, and its bytes as a private key. */
export const pem: Target = {
  name: "pem",
  limit: 1500,
  work: 100_000,
  words: [
    "-----BEGIN ",
    "-----END ",
    "-----\n",
    "CERTIFICATE",
    "PRIVATE KEY",
    "EC ",
    "RSA ",
    "Proc-Type:",
    "sha256:",
    "====",
    "MC4C",
  ],
  seeds: () =>
    [
      files.ED25519,
      files.P256_SEC1,
      files.P384,
      files.ENCRYPTED_OLD,
      encodePem("CERTIFICATE", issue(leafSpec())) + encodePem("CERTIFICATE", issue(middleSpec())),
      `sha256:${"0a".repeat(32)}`,
      `sha256:${"A".repeat(43)}=`,
    ].map((text) => new TextEncoder().encode(text)),
  run: (bytes) => {
    const text = latin1(bytes);
    const decoded = decodePem(text);
    if (decoded.ok)
      for (const { label, bytes: block } of decoded.value) {
        const again = decodePem(encodePem(label, block));
        check(again.ok && again.value.length === 1, "a block that is not read again");
        if (again.ok) same(again.value[0], { label, bytes: block }, "another block");
        tryKey(label, block);
      }
    for (const label of ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"]) tryKey(label, bytes);
    const plain = decodeBase64(text);
    if (plain.length > 0)
      same(Buffer.from(text, "base64").toString("hex"), Buffer.from(plain).toString("hex"), "base64");
    const trust = new Trust(new Uint8Array(0));
    const added = trust.add(text);
    check(trust.authorities.length + trust.pins.length === (added.ok ? added.value : 0), "a part was taken");
    const identity = readIdentity(text);
    if (identity.ok) ordered(identity.value);
  },
};

function tryKey(label: string, bytes: Uint8Array): void {
  const key = new PrivateKey();
  const fault = decodeKey({ label, bytes }, key);
  check(fault <= KEY_NONE && (fault === 0) === (key.family !== 0), `a fault ${fault} with a key ${key.family}`);
}

function ordered(identity: Identity): void {
  check(identity.chain.length > 0, "no leaf");
  check(warningsOf(identity, [HOST], 1_767_225_600, new Trust(new Uint8Array(0))).length < 20, "too many warnings");
}
