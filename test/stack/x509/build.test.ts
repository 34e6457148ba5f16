import { describe, expect, test } from "vitest";
import { KEY_ED25519, KEY_P256, KEY_P384, KEY_RSA } from "../../../stack/x509/algorithms.ts";
import { acmeIdentifier, certificateRequest, selfSigned } from "../../../stack/x509/build.ts";
import { DerReader, SEQUENCE } from "../../../stack/x509/der.ts";
import { decodeKey, PrivateKey } from "../../../stack/x509/keys.ts";
import { namesOf } from "../../../stack/x509/names.ts";
import { decodePem, encodePem } from "../../../stack/x509/pem.ts";
import { fingerprint, hexText } from "../../../stack/x509/text.ts";
import { Trust } from "../../../stack/x509/trust.ts";
import { hex, pattern } from "../../support/bytes.ts";
import { trusting, verdict } from "./chains.ts";
import { DAY, NOW, read } from "./issue.ts";
import * as files from "./key-files.ts";

function keyFrom(text: string): PrivateKey {
  const decoded = decodePem(text);
  if (!decoded.ok) throw new Error("PEM");
  const key = new PrivateKey();
  const block = decoded.value[decoded.value.length - 1]!;
  if (decodeKey(block, key) !== 0) throw new Error("not a key");
  return key;
}

const KEYS: readonly PrivateKey[] = [
  keyFrom(files.ED25519),
  keyFrom(files.P256),
  keyFrom(files.P384),
  keyFrom(files.RSA),
];

function own(key: PrivateKey, names: readonly string[], extensions: readonly Uint8Array[] = []): Uint8Array {
  return selfSigned(key, { names, notBefore: NOW, notAfter: NOW + DAY, serial: hex("7a0102"), extensions });
}

describe("a certificate signed by its own key", () => {
  test("is one that we believe when it is named, for its names and its time", () => {
    const families: number[] = [];
    for (const key of KEYS) {
      const bytes = own(key, ["blog.example.org", "*.example.org", "192.0.2.7", "2001:db8::7"]);
      families.push(key.family);
      const trust = trusting([bytes]);
      for (const host of ["blog.example.org", "x.example.org", "192.0.2.7", "2001:db8::7"])
        expect(verdict([bytes], trust, host)).toBe("good");
      expect(verdict([bytes], trust, "example.org")).toBe("wrong name");
      expect(verdict([bytes], trust, "blog.example.org", NOW - 1)).toBe("not valid now 0");
      expect(verdict([bytes], new Trust(new Uint8Array(0)), "blog.example.org")).toBe("unknown issuer 0");
      const pinned = new Trust(new Uint8Array(0));
      pinned.add(`sha256:${hexText(fingerprint(read(bytes)))}`);
      expect(verdict([bytes], pinned, "other.example")).toBe("good");
    }
    expect(families).toEqual([KEY_ED25519, KEY_P256, KEY_P384, KEY_RSA]);
  });

  test("of a name that is too long for a subject has none, and says that its names count", () => {
    const long = `${"a".repeat(60)}.example.org`;
    const c = read(own(KEYS[0]!, [long]));
    expect(c.subjectEnd - c.subjectBegin).toBe(2);
    expect(namesOf(c)).toEqual([long]);
  });

  test("may carry the answer to a challenge, which others must understand", () => {
    const bytes = own(KEYS[0]!, ["blog.example.org"], [acmeIdentifier(pattern(32))]);
    expect(verdict([bytes], trusting([bytes]), "blog.example.org")).toBe("critical extension 0");
  });
});

test("a request has one outer structure and is signed by the key that it names", () => {
  for (const key of KEYS) {
    const bytes = certificateRequest(key, ["a.example.org", "192.0.2.7"]);
    const reader = new DerReader(bytes, 0, bytes.length);
    const outer = reader.enter(SEQUENCE);
    reader.next(SEQUENCE);
    reader.next(SEQUENCE);
    reader.octetsOfBits();
    reader.leave(outer);
    expect(reader.failed).toBe(false);
    expect(encodePem("CERTIFICATE REQUEST", bytes)).toContain("CERTIFICATE REQUEST");
  }
});
