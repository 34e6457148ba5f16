// Certificates and requests that stack/x509 writes are taken by openssl, Node and @peculiar/x509; what openssl makes, keys
// and chains, is taken by stack/x509.

import "./reflect.ts";
import { spawnSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as peculiar from "@peculiar/x509";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { acmeIdentifier, certificateRequest, selfSigned } from "../../stack/x509/build.ts";
import { readIdentity, warningsOf } from "../../stack/x509/identity.ts";
import { decodeKey, PrivateKey } from "../../stack/x509/keys.ts";
import { decodePem, encodePem } from "../../stack/x509/pem.ts";
import { trusting, verdict } from "../stack/x509/chains.ts";
import * as files from "../stack/x509/key-files.ts";
import { pattern } from "../support/bytes.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
/** openssl takes the clock's time: certificates begin when they are made. */
const now = (): number => Math.floor(Date.now() / 1000);
const NAMES = ["blog.example.org", "*.example.org", "192.0.2.7", "2001:db8::7"];
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "epiphyte-x509-"));
  // Making one takes a second.
  writeFileSync(join(folder, "rsa.key"), files.RSA);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What openssl says; throws its errors. */
function openssl(words: string, input = ""): string {
  const run = spawnSync("openssl", words.split(" "), { cwd: folder, input, encoding: "utf8" });
  if (run.status !== 0) throw new Error(`openssl ${words}: ${run.stderr}`);
  return run.stdout + run.stderr;
}

function keyFrom(text: string): PrivateKey {
  const decoded = decodePem(text);
  const key = new PrivateKey();
  if (!decoded.ok || decodeKey(decoded.value.at(-1)!, key) !== 0) throw new Error("not a key");
  return key;
}

function certificatesOf(pem: string): Uint8Array[] {
  const decoded = decodePem(pem);
  if (!decoded.ok) throw new Error(`PEM ${decoded.error.code}`);
  return decoded.value.map(({ bytes }) => bytes);
}

function own(key: PrivateKey, extensions: readonly Uint8Array[] = []): Uint8Array {
  const what = {
    names: NAMES,
    notBefore: now() - 60,
    notAfter: now() + 86_400,
    serial: pattern(16).map((b) => b | 1),
    extensions,
  };
  return selfSigned(key, what);
}

const KEYS = { ed25519: files.ED25519, p256: files.P256, p384: files.P384, rsa: files.RSA };

describe("what is written here", () => {
  for (const [name, file] of Object.entries(KEYS)) {
    const key = keyFrom(file);

    test(`a certificate of ${name} is one to Node and the package`, async () => {
      const bytes = own(key);
      const node = new X509Certificate(bytes);
      expect(node.verify(node.publicKey)).toBe(true);
      expect(node.checkPrivateKey(createPrivateKey(file))).toBe(true);
      for (const host of ["blog.example.org", "x.example.org"]) expect(node.checkHost(host)).toBeDefined();
      expect(node.checkHost("example.org")).toBeUndefined();
      for (const address of ["192.0.2.7", "2001:db8::7"]) expect(node.checkIP(address)).toBeDefined();
      expect(node.ca).toBe(false);
      const theirs = new peculiar.X509Certificate(bytes as Uint8Array<ArrayBuffer>);
      expect(await theirs.verify({ signatureOnly: true })).toBe(true);
      const names = theirs.getExtension(peculiar.SubjectAlternativeNameExtension);
      expect(names?.names.items.map((item) => item.value)).toEqual(NAMES);
    });

    test(`a request of ${name} is one to the package`, async () => {
      const bytes = certificateRequest(key, NAMES);
      const theirs = new peculiar.Pkcs10CertificateRequest(bytes as Uint8Array<ArrayBuffer>);
      expect(await theirs.verify()).toBe(true);
      const names = theirs.getExtension("2.5.29.17");
      expect(names).toBeInstanceOf(peculiar.SubjectAlternativeNameExtension);
      if (names instanceof peculiar.SubjectAlternativeNameExtension)
        expect(names.names.items.map((item) => item.value)).toEqual(NAMES);
    });

    test.skipIf(!hasOpenssl)(`both of ${name} are verified by openssl`, () => {
      writeFileSync(join(folder, "own.pem"), encodePem("CERTIFICATE", own(key, [acmeIdentifier(pattern(32))])));
      expect(openssl("verify -CAfile own.pem -partial_chain -check_ss_sig -ignore_critical own.pem")).toContain("OK");
      expect(openssl("x509 -in own.pem -noout -ext 1.3.6.1.5.5.7.1.31", "").length).toBeGreaterThan(0);
      const request = encodePem("CERTIFICATE REQUEST", certificateRequest(key, NAMES));
      expect(openssl("req -verify -noout -text", request)).toContain("DNS:blog.example.org");
    });
  }

  test("signatures of ECDSA are read by others, whatever zeros their numbers begin with", () => {
    for (const file of [files.P256, files.P384]) {
      const key = keyFrom(file);
      // One in 128 has a number that is a byte shorter.
      for (let i = 0; i < 150; i++) {
        const node = new X509Certificate(own(key));
        expect(node.verify(node.publicKey)).toBe(true);
      }
    }
  });
});

describe.skipIf(!hasOpenssl)("what openssl makes", () => {
  const kinds = {
    "P-256": "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256",
    "P-256 with SHA-384": "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha384",
    "P-384": "-newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha384",
    "P-384 with SHA-256": "-newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha256",
    "P-384 with SHA-512": "-newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha512",
    Ed25519: "-newkey ed25519",
    "RSA with SHA-256": "-key rsa.key -sha256",
    "RSA with SHA-384": "-key rsa.key -sha384",
    "RSA, PSS": "-key rsa.key -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest",
  };

  for (const [name, words] of Object.entries(kinds))
    test(`a chain and a key of ${name}`, () => {
      const pss = name.endsWith("PSS") ? " -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest" : "";
      const hash = /-sha\d+/.exec(words)?.[0] ?? "";
      const given = words.includes("-key ");
      const output = (who: string): string => (given ? "-batch" : `-nodes -keyout ${who}.key`);
      openssl(`req -x509 ${words} ${output("root")} -out root.pem -days 30 -subj /CN=root`);
      openssl(
        `req -new ${words.replace(/ -sigopt.*/, "")} ${output("leaf")} -out leaf.csr -subj /CN=leaf -addext subjectAltName=DNS:git.example.org,IP:192.0.2.7`,
      );
      openssl(
        `x509 -req -in leaf.csr -CA root.pem -CAkey ${given ? "rsa" : "root"}.key -set_serial 7 -days 5 ${hash} -copy_extensions copy -out leaf.pem${pss}`.replaceAll(
          "  ",
          " ",
        ),
      );
      const root = certificatesOf(readFileSync(join(folder, "root.pem"), "utf8"));
      const leafPem = readFileSync(join(folder, "leaf.pem"), "utf8");
      const trust = trusting(root);
      const chain = certificatesOf(leafPem);
      expect(verdict(chain, trust, "git.example.org", now())).toBe("good");
      expect(verdict(chain, trust, "192.0.2.7", now())).toBe("good");
      expect(verdict(chain, trust, "www.example.org", now())).toBe("wrong name");
      expect(verdict(chain, trust, "git.example.org", now() + 40 * 86_400)).toBe("not valid now 0");
      // As `openssl req -x509` makes it a server's own: an authority's certificate, given itself.
      expect(verdict(root, trust, "git.example.org", now())).toBe("wrong name");
      const identity = readIdentity(leafPem + readFileSync(join(folder, given ? "rsa.key" : "leaf.key"), "utf8"));
      expect(identity.ok).toBe(true);
      if (identity.ok) expect(warningsOf(identity.value, ["git.example.org"], now(), trust)).toEqual([]);
    });

  test("a chain signed with SHA-1, and a key of 1,024 bits, are refused", () => {
    openssl("req -x509 -key rsa.key -sha256 -out root.pem -days 30 -subj /CN=root");
    for (const [words, expected] of [
      ["-newkey ec -pkeyopt ec_paramgen_curve:P-256", "weak 0 1"],
      ["-newkey rsa:1024 -sha256", "weak 0 3"],
      ["-newkey ec -pkeyopt ec_paramgen_curve:secp521r1", "weak 0 2"],
      ["-newkey ec -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit", "weak 0 2"],
    ] as const) {
      openssl(
        `req ${words} -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf -addext subjectAltName=DNS:git.example.org`,
      );
      const hash = expected === "weak 0 1" ? "-sha1" : "-sha256";
      openssl(
        `x509 -req -in leaf.csr -CA root.pem -CAkey rsa.key -set_serial 7 -days 5 ${hash} -copy_extensions copy -out leaf.pem`,
      );
      const trust = trusting(certificatesOf(readFileSync(join(folder, "root.pem"), "utf8")));
      expect(
        verdict(certificatesOf(readFileSync(join(folder, "leaf.pem"), "utf8")), trust, "git.example.org", now()),
      ).toBe(expected);
    }
  });
});
