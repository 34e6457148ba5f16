import { X509Certificate } from "node:crypto";
import { extension } from "../../../stack/x509/build.ts";
import { Certificate } from "../../../stack/x509/certificate.ts";
import { ConstraintCheck } from "../../../stack/x509/constraints.ts";
import { decodeCertificate } from "../../../stack/x509/decode.ts";
import { describe } from "../../../stack/x509/errors.ts";
import { isFor, namesOf, referenceName } from "../../../stack/x509/names.ts";
import { verifyServer } from "../../../stack/x509/path.ts";
import { encodePem } from "../../../stack/x509/pem.ts";
import { alternativeNamesText, nameText, SHOWN_NAMES } from "../../../stack/x509/text.ts";
import { Trust } from "../../../stack/x509/trust.ts";
import { ascii, element, sequence } from "../../../stack/x509/writer.ts";
import {
  constraints,
  HOST,
  leafSpec,
  middleSpec,
  names,
  rootSpec,
  subtree,
  trusting,
} from "../../stack/x509/chains.ts";
import { basic, extendedUsage, issue, Spec, standard, usage } from "../../stack/x509/issue.ts";
import { anywhere, check, hex, same, type Target } from "../target.ts";

const NOW = 1_767_225_600;
const root = issue(rootSpec());
const middle = issue(middleSpec());
const leaf = issue(leafSpec());
const trust = trusting([root]);

/** A certificate as a server's own, as one between, and as one that is trusted. */
export const certificate: Target = {
  name: "certificate",
  limit: 900,
  work: 60_000,
  words: [
    ...[
      [0x30, 0x80],
      [0x30, 0x82, 1, 0],
      [0x02, 1, 0],
      [0x03, 1, 0],
      [0x05, 0],
      [0x01, 1, 0xff],
      [0xa0, 3, 2, 1, 2],
    ],
    ...[
      [6, 3, 0x55, 0x1d, 0x0f],
      [6, 3, 0x55, 0x1d, 0x11],
      [6, 3, 0x55, 0x1d, 0x13],
      [6, 3, 0x55, 0x1d, 0x1e],
    ],
    ...[
      [6, 3, 0x55, 0x1d, 0x20],
      [6, 3, 0x55, 0x1d, 0x23],
      [6, 3, 0x55, 0x1d, 0x25],
      [0x82, 1, 0x2a],
      [0x87, 4, 1, 2, 3, 4],
    ],
    ...["991231235959Z", "20500101000000Z", "*.example.org", ".example.org", "a@example.org"],
  ],
  seeds: () => [root, middle, leaf, odd(), issue(constrained())],
  run: (bytes) => {
    const fields = anywhere(bytes, read);
    verify([bytes, middle]);
    verify([leaf, bytes, bytes]);
    if (typeof fields === "number") return;
    const c = new Certificate();
    decodeCertificate(bytes, 0, bytes.length, c);
    check(nameText(bytes, c.subjectBegin, c.subjectEnd).length < 3000, "a name that is shown at length");
    check(alternativeNamesText(c).length <= SHOWN_NAMES + 1, "too many names shown");
    for (const name of namesOf(c))
      if (!name.includes("*") && referenceName(name).host !== "")
        check(isFor(c, referenceName(name)), `not for its own ${name}`);
    const once = new ConstraintCheck(1000);
    once.allows(c, c);
    check(once.comparisons <= 1001, "comparisons beyond the limit");
    asNodeReads(bytes, c);
    const own = new Trust(new Uint8Array(0));
    check(own.add(encodePem("CERTIFICATE", bytes)).ok, "not taken again as PEM");
    verifyServer([bytes], referenceName(HOST), NOW, own);
  },
};

/** Everything but the offsets, which are made relative. */
function read(array: Uint8Array, offset: number, length: number): unknown {
  const c = new Certificate();
  const fault = decodeCertificate(array, offset, length, c);
  if (fault !== 0) return fault;
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(c)) {
    if (key === "bytes") continue;
    const place = /Begin$|End$|^begin$|^end$/.test(key);
    if (place) check(value === 0 || (value >= offset && value <= offset + length), `${key} beyond the certificate`);
    fields[key] = place && value !== 0 ? value - offset : value;
  }
  return fields;
}

function verify(chain: readonly Uint8Array[]): void {
  const verdict = verifyServer(chain, referenceName(HOST), NOW, trust);
  if (verdict.ok) {
    // Only what the three keys have signed.
    check(verdict.value.anchor === "CN=root", "believed for another");
    return;
  }
  const words = describe(verdict.error.error, verdict.error.key);
  check(words.length > 20 && words.length < 6000 && /^[\x20-\x7e]*$/.test(words), `words: ${words}`);
}

/** Where OpenSSL reads it as well, number, dates and key are the same. */
function asNodeReads(bytes: Uint8Array, c: Certificate): void {
  let theirs: X509Certificate;
  try {
    theirs = new X509Certificate(bytes);
  } catch {
    return;
  }
  const serial = Buffer.from(bytes.subarray(c.serialBegin, c.serialEnd))
    .toString("hex")
    .replace(/^0+(?=.)/, "");
  same(theirs.serialNumber.toLowerCase().replace(/^0+(?=.)/, ""), serial, "another number");
  // Dates before 1970 are shown in another form.
  if (c.notBefore >= 0) same(Date.parse(theirs.validFrom) / 1000, c.notBefore, "another first date");
  if (c.notAfter >= 0) same(Date.parse(theirs.validTo) / 1000, c.notAfter, "another last date");
  same(theirs.raw.length, bytes.length, "another length");
}

function odd(): Uint8Array {
  const spec = new Spec();
  spec.extensions = [
    basic(true, 0),
    usage(0x86, 1),
    extendedUsage([hex("2b06010505070301"), hex("551d2500")]),
    names(["*.example.org", "192.0.2.1", "2001:db8::1"]),
    extension(standard(14), false, hex("040101")),
    extension(standard(35), false, sequence([element(0x80, hex("01"))])),
    extension(hex("2b06010505070101"), false, hex("300e300c06082b060105050730028600")),
    extension(hex("2a03"), true, hex("0500")),
  ];
  return issue(spec);
}

function constrained(): Spec {
  const spec = middleSpec();
  spec.extensions.push(
    constraints(
      [subtree(0x82, ascii("example.org")), subtree(0x87, hex("c0000200ffffff00"))],
      [subtree(0x81, ascii("example.org")), subtree(0xa4, hex("3000"))],
    ),
  );
  return spec;
}
