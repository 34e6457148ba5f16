import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { unpackTrustAnchors } from "../../image/trust-anchors.ts";
import { LIST, packedTrustAnchors, trustAnchors } from "../../image/trust-anchors-node.ts";
import { KEY_UNSUPPORTED } from "../../stack/x509/algorithms.ts";
import { Certificate } from "../../stack/x509/certificate.ts";
import { decodeCertificate } from "../../stack/x509/decode.ts";
import { referenceName } from "../../stack/x509/names.ts";
import { verifyServer } from "../../stack/x509/path.ts";
import { nameText } from "../../stack/x509/text.ts";
import { Trust } from "../../stack/x509/trust.ts";
import { toHex } from "../support/bytes.ts";

const trust = new Trust(trustAnchors());

function read(pem: string): Certificate {
  const bytes = new Uint8Array(new X509Certificate(pem).raw);
  const certificate = new Certificate();
  expect(decodeCertificate(bytes, 0, bytes.length, certificate)).toBe(0);
  return certificate;
}

const key = (c: Certificate): string => toHex(c.bytes, c.keyInfoBegin, c.keyInfoEnd - c.keyInfoBegin);

test("every authority is found by its name, with its key, validity and constraints", () => {
  let missing = 0;
  for (const pem of rootCertificates) {
    const c = read(pem);
    const found = trust.find(c.bytes, c.subjectBegin, c.subjectEnd).find((anchor) => key(anchor) === key(c));
    if (found === undefined) {
      missing++;
      // P-521, which nothing here verifies.
      expect(c.keyFamily).toBe(KEY_UNSUPPORTED);
      continue;
    }
    expect(found.keyFamily).toBe(c.keyFamily);
    expect([found.notBefore, found.notAfter, found.pathLength]).toEqual([c.notBefore, c.notAfter, c.pathLength]);
    expect(found.constraintsEnd - found.constraintsBegin).toBe(c.constraintsEnd - c.constraintsBegin);
    expect(nameText(found.bytes, found.subjectBegin, found.subjectEnd)).toBe(
      nameText(c.bytes, c.subjectBegin, c.subjectEnd),
    );
  }
  expect(missing).toBe(1);
});

test("an authority of the table vouches for what it has signed: here for itself, which is no server", () => {
  const now = Date.parse(LIST.date) / 1000;
  const root = read(rootCertificates[0]!);
  const verdict = verifyServer([root.bytes], referenceName("example.org"), now, trust);
  expect(verdict.ok ? "" : verdict.error.error.kind).toBe("wrong purpose");
});

test("it is packed the same each time, small, and unpacked to what it was", () => {
  const packed = packedTrustAnchors();
  expect(packedTrustAnchors()).toBe(packed);
  expect(packed.length).toBeLessThan(48 * 1024);
  expect(toHex(unpackTrustAnchors(packed))).toBe(toHex(trust.table));
});

test("it knows as of when it is, and that is of the Node that is pinned", () => {
  expect(trust.date).toBe(Date.parse(LIST.date) / 1000);
  expect(process.version).toBe(LIST.node);
  expect(new Trust(new Uint8Array(0)).date).toBe(0);
});

test("a table that is cut short finds nothing", () => {
  const c = read(rootCertificates[0]!);
  for (const length of [0, 5])
    expect(new Trust(trust.table.slice(0, length)).find(c.bytes, c.subjectBegin, c.subjectEnd)).toEqual([]);
});
