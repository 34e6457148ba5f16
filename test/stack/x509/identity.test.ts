import { describe, expect, test } from "vitest";
import { commonName, keyInfo } from "../../../stack/x509/build.ts";
import {
  describeIdentityError,
  describeIdentityWarning,
  type IdentityError,
  NEAR_END,
  readIdentity,
  warningsOf,
} from "../../../stack/x509/identity.ts";
import { encodePem } from "../../../stack/x509/pem.ts";
import { octets, sequence, small, time } from "../../../stack/x509/writer.ts";
import { hex } from "../../support/bytes.ts";
import { authority, HOST, LEAF, leafSpec, MIDDLE, middleSpec, names, ROOT, rootSpec, trusting } from "./chains.ts";
import { DAY, issue, keyOf, NOW, type Spec } from "./issue.ts";
import * as files from "./key-files.ts";

function pem(bytes: Uint8Array): string {
  return encodePem("CERTIFICATE", bytes);
}

/** An Ed25519 key as PKCS#8 (RFC 8410 7). */
function keyPem(number: number): string {
  const inner = octets(octets(keyOf(number).secret));
  return encodePem("PRIVATE KEY", sequence([small(0), sequence([hex("06032b6570")]), inner]));
}

const LONG = 100 * DAY;

function long(spec: Spec): Uint8Array {
  spec.notBefore = time(NOW - LONG);
  spec.notAfter = time(NOW + LONG);
  return issue(spec);
}

const root = long(rootSpec());
const middle = long(middleSpec());
const leaf = long(leafSpec());
const key = keyPem(LEAF);
const trust = trusting([root]);

/** The kinds of warnings, with the length of the chain before them; or the error's kind. */
function seen(text: string, hosts: readonly string[] = [HOST], now: number = NOW): string {
  const identity = readIdentity(text);
  if (!identity.ok) return errorOf(identity.error);
  let shown = `${identity.value.chain.length}`;
  for (const warning of warningsOf(identity.value, hosts, now, trust)) {
    shown += `, ${warning.kind}`;
    if (describeIdentityWarning(warning, now).length < 20) return "no words";
  }
  return shown;
}

function errorOf(error: IdentityError): string {
  return describeIdentityError(error).length < 15 ? "no words" : error.kind;
}

describe("certificates and a key", () => {
  test("in order and complete there is nothing to say", () => {
    expect(seen(pem(leaf) + pem(middle) + key)).toBe("2");
    expect(seen(key + pem(leaf) + pem(middle))).toBe("2");
    // The root is not sent: who trusts it has it.
    expect(seen(pem(leaf) + pem(middle) + pem(root) + key)).toBe("2");
    const identity = readIdentity(pem(leaf) + pem(middle) + key);
    expect(identity.ok).toBe(true);
    if (identity.ok) {
      expect(identity.value.names).toEqual([HOST]);
      expect(identity.value.leaf.begin).toBe(0);
      expect(identity.value.key.secret).toHaveLength(32);
    }
  });

  test("a wrong order is mended, what does not belong is left out, both are said", () => {
    expect(seen(pem(middle) + pem(leaf) + key)).toBe("2, reordered");
    expect(seen(pem(root) + pem(middle) + pem(leaf) + key)).toBe("2, reordered");
    const over = long(authority("root", "over", keyOf(ROOT), keyOf(4)));
    const under = long(authority("over", "middle", keyOf(4), keyOf(MIDDLE)));
    expect(seen(pem(leaf) + pem(over) + pem(under) + key)).toBe("3, reordered");
    const stranger = long(authority("nobody", "stranger", keyOf(8), keyOf(9)));
    expect(seen(pem(leaf) + pem(middle) + pem(stranger) + key)).toBe("2, unneeded");
    // Signed in a circle.
    const a = long(authority("b", "middle", keyOf(4), keyOf(MIDDLE)));
    const b = long(authority("middle", "b", keyOf(MIDDLE), keyOf(4)));
    expect(seen(pem(leaf) + pem(a) + pem(b) + key).length > 0).toBe(true);
  });

  test("a missing intermediate is named, one that only has its name is none", () => {
    expect(seen(pem(leaf) + key)).toBe("1, intermediate missing");
    const impostor = middleSpec();
    impostor.keyInfo = keyInfo(keyOf(9));
    expect(seen(pem(leaf) + pem(long(impostor)) + key)).toBe("1, intermediate missing, unneeded");
  });

  test("a near end is said twenty days before, but not of what lives shorter", () => {
    expect(seen(pem(leaf) + pem(middle) + key, [HOST], NOW + LONG - NEAR_END)).toBe("2");
    expect(seen(pem(leaf) + pem(middle) + key, [HOST], NOW + LONG - NEAR_END + 1)).toBe(
      "2, near its end, near its end",
    );
    expect(seen(pem(leaf) + pem(middle) + key, [HOST], NOW + LONG + 1)).toBe("2, not valid now, not valid now");
    expect(seen(pem(leaf) + pem(middle) + key, [HOST], 0)).toBe("2, not valid now, not valid now");
    const short = leafSpec();
    short.notAfter = time(NOW + 3 * DAY);
    expect(seen(pem(issue(short)) + pem(middle) + key)).toBe("2");
  });

  test("a host that it is not for, and a certificate signed by itself", () => {
    expect(seen(pem(leaf) + pem(middle) + key, [HOST, "www.example.org", "192.0.2.1"])).toBe(
      "2, name missing, name missing",
    );
    const own = leafSpec();
    own.issuer = own.subject;
    own.signer = keyOf(LEAF);
    expect(seen(pem(long(own)) + key)).toBe("1, signed by itself");
    own.extensions = [names([HOST])];
    own.subject = commonName("x");
    own.issuer = commonName("x");
    expect(seen(pem(long(own)) + key)).toBe("1, signed by itself");
  });
});

describe("what cannot work is an error", () => {
  test("another's key, no key, several, none that is spoken, no certificate", () => {
    expect(seen(pem(leaf) + pem(middle) + keyPem(9))).toBe("other key");
    expect(seen(pem(leaf) + files.P256)).toBe("other key");
    expect(seen(pem(leaf))).toBe("no key");
    expect(seen(pem(leaf) + key + key)).toBe("several keys");
    expect(seen(key)).toBe("no certificate");
    expect(seen(pem(leaf) + files.P521_SEC1)).toBe("key");
    expect(seen(pem(leaf) + files.RSA_1024)).toBe("key");
    expect(seen(pem(hex("3000")) + key)).toBe("certificate");
  });

  test("PEM that is damaged, and a key under a password", () => {
    expect(seen("")).toBe("PEM");
    expect(seen(pem(leaf).slice(0, 100))).toBe("PEM");
    const encrypted = readIdentity(pem(leaf) + files.ENCRYPTED_OLD);
    expect(encrypted.ok).toBe(false);
    if (!encrypted.ok) expect(describeIdentityError(encrypted.error)).toContain("under a password");
  });

  test("the parameters of a curve before its key do no harm", () => {
    expect(seen(pem(leaf) + files.P256_SEC1)).toBe("other key");
  });
});
