// What stack/x509 reads is what @peculiar/x509 reads: of Mozilla's authorities, and of certificates with odd extensions.

import "./reflect.ts";
import { rootCertificates } from "node:tls";
import * as peculiar from "@peculiar/x509";
import { expect, test } from "vitest";
import { KEY_P256, KEY_P384, KEY_RSA, KEY_UNSUPPORTED } from "../../stack/x509/algorithms.ts";
import { alternativeNames, extension } from "../../stack/x509/build.ts";
import { type Certificate, USAGE_ANY, USAGE_OTHER, USAGE_SERVER } from "../../stack/x509/certificate.ts";
import { decodePem } from "../../stack/x509/pem.ts";
import {
  ascii,
  bits,
  element,
  identifier,
  integer,
  octets,
  sequence,
  small,
  time,
  wrap,
} from "../../stack/x509/writer.ts";
import { basic, issue, read, Spec, standard } from "../stack/x509/issue.ts";
import { hex, toHex } from "../support/bytes.ts";

function bytesOfPem(pem: string): Uint8Array {
  const decoded = decodePem(pem);
  if (!decoded.ok) throw new Error(`PEM ${decoded.error.code}`);
  return decoded.value[0]!.bytes;
}

function part(c: Certificate, begin: number, end: number): string {
  return toHex(c.bytes, begin, end - begin);
}

/** Everything that both say, in one form. */
function ours(c: Certificate): object {
  return {
    // The package leaves out the zero in front of a first bit of 1.
    serial: part(c, c.serialBegin, c.serialEnd).replace(/^00(?=.)/, ""),
    issuer: part(c, c.issuerBegin, c.issuerEnd),
    subject: part(c, c.subjectBegin, c.subjectEnd),
    notBefore: c.notBefore,
    notAfter: c.notAfter,
    keyInfo: part(c, c.keyInfoBegin, c.keyInfoEnd),
    signature: part(c, c.signatureBegin, c.signatureEnd),
    basic: c.constrained ? [c.authority, c.pathLength] : undefined,
    keyUsage: c.keyUsage,
    extendedUsage: c.extendedUsage,
    names: part(c, c.namesBegin, c.namesEnd),
    subjectKey: part(c, c.subjectKeyBegin, c.subjectKeyEnd),
    authorityKey: part(c, c.authorityKeyBegin, c.authorityKeyEnd),
    critical: c.criticalEnd > 0 ? part(c, c.criticalBegin, c.criticalEnd) : undefined,
  };
}

const UNDERSTOOD = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.32", "2.5.29.37"];

function theirs(bytes: Uint8Array): object {
  const c = new peculiar.X509Certificate(bytes as Uint8Array<ArrayBuffer>);
  const raw = (data: ArrayBuffer): string => toHex(new Uint8Array(data));
  const constraints = c.getExtension(peculiar.BasicConstraintsExtension);
  const usages = c.getExtension(peculiar.KeyUsagesExtension);
  const extended = c.getExtension(peculiar.ExtendedKeyUsageExtension);
  const names = c.getExtension(peculiar.SubjectAlternativeNameExtension);
  const critical = c.extensions.find((e) => e.critical && !UNDERSTOOD.includes(e.type));
  // The bits as RFC 5280 counts them: the package's flags begin at the other end.
  let keyUsage = -1;
  if (usages !== null) {
    keyUsage = 0;
    for (let bit = 0; bit < 8; bit++) if (usages.usages & (1 << bit)) keyUsage |= 0x80 >> bit;
  }
  return {
    serial: c.serialNumber.toLowerCase(),
    issuer: raw(c.issuerName.toArrayBuffer()),
    subject: raw(c.subjectName.toArrayBuffer()),
    notBefore: c.notBefore.getTime() / 1000,
    notAfter: c.notAfter.getTime() / 1000,
    keyInfo: raw(c.publicKey.rawData),
    signature: raw(c.signature),
    basic: constraints === null ? undefined : [constraints.ca, constraints.pathLength ?? -1],
    keyUsage,
    extendedUsage:
      extended === null ? USAGE_ANY : extended.usages.includes("1.3.6.1.5.5.7.3.1") ? USAGE_SERVER : USAGE_OTHER,
    // The package keeps the sequence.
    names: names === null ? "" : raw(names.value).replace(/^30(8[12])?(?:(?<=3081)..|(?<=3082)....|..)/, ""),
    subjectKey: c.getExtension(peculiar.SubjectKeyIdentifierExtension)?.keyId ?? "",
    authorityKey: c.getExtension(peculiar.AuthorityKeyIdentifierExtension)?.keyId ?? "",
    critical: critical === undefined ? undefined : toHex(oid(critical.type)),
  };
}

/** The content of an OID from its dotted form. */
function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const number of rest) {
    const digits = [number & 127];
    for (let left = number >>> 7; left > 0; left >>>= 7) digits.unshift((left & 127) | 128);
    bytes.push(...digits);
  }
  return Uint8Array.from(bytes);
}

test("Mozilla's authorities are read as the package reads them", () => {
  expect(rootCertificates.length).toBeGreaterThan(100);
  const families: number[] = [];
  for (const pem of rootCertificates) {
    const bytes = bytesOfPem(pem);
    const certificate = read(bytes);
    expect(ours(certificate)).toEqual(theirs(bytes));
    expect(certificate.authority || certificate.version === 1).toBe(true);
    families.push(certificate.keyFamily);
  }
  // One is of P-521, which we do not know.
  expect(families.filter((family) => family === KEY_UNSUPPORTED)).toHaveLength(1);
  expect(new Set(families)).toEqual(new Set([KEY_RSA, KEY_P384, KEY_P256, KEY_UNSUPPORTED]));
});

/** Numbers below n, always the same. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >> 8) % n;
  };
}

function oddName(roll: (n: number) => number): Uint8Array {
  const types = ["550403", "550406", "55040a", "55040b", "0992268993f22c640119", "2a864886f70d010901"];
  const sets: Uint8Array[] = [];
  for (let i = roll(5); i > 0; i--) {
    const attributes: Uint8Array[] = [];
    for (let j = roll(8) === 0 ? 3 : 1; j > 0; j--)
      attributes.push(
        sequence([
          identifier(hex(types[roll(types.length)]!)),
          element([0x0c, 0x13, 0x16][roll(3)]!, ascii('Forge & Sons, "inc" #1'.slice(0, 1 + roll(22)))),
        ]),
      );
    sets.push(wrap(0x31, attributes));
  }
  return sequence(sets);
}

function oddExtensions(roll: (n: number) => number): Uint8Array[] {
  const some = (length: number): Uint8Array => Uint8Array.from({ length }, () => roll(256));
  const all: (() => Uint8Array)[] = [
    () => basic(roll(2) === 0, [-1, 0, 1, 127, 200][roll(5)]!),
    () => {
      // One bit at least, in one byte or two, as DER has them: the last bit written is 1.
      const last = roll(8);
      const value = ((some(1)[0]! & ~((1 << last) - 1)) | (1 << last)) & 255;
      return extension(standard(15), roll(2) === 0, bits(Uint8Array.from([value]), last));
    },
    () =>
      extension(
        standard(37),
        roll(2) === 0,
        sequence(
          ["2b06010505070301", "2b06010505070302", "551d2500", "2b0601040182370a0303"]
            .filter((_, i) => i === 3 || roll(2) === 0)
            .map((o) => identifier(hex(o))),
        ),
      ),
    () =>
      extension(
        standard(17),
        roll(2) === 0,
        alternativeNames(
          ["a.example.org", "*.b.example", "192.0.2.1", "2001:db8::1", "xn--4ca.de"].slice(0, 1 + roll(5)),
        ),
      ),
    () =>
      extension(
        standard(17),
        false,
        sequence([
          element(0x81, ascii("a@example.org")),
          element(0x86, ascii("urn:x:y")),
          element(0x88, hex("2a0304")),
          element(0xa4, oddName(roll)),
          wrap(0xa0, [identifier(hex("2a03")), element(0xa0, hex("0500"))]),
        ]),
      ),
    () => extension(standard(14), false, octets(some(20))),
    () => extension(standard(35), false, sequence(roll(4) === 0 ? [] : [element(0x80, some(20))])),
    () => extension(standard(32), false, sequence([sequence([identifier(hex("67810c010201"))])])),
    () =>
      extension(
        hex("2b06010505070101"),
        false,
        sequence([sequence([identifier(hex("2b06010505073002")), element(0x86, ascii("http://ca.example/x"))])]),
      ),
    () => extension(hex("2b0601040182df1302"), roll(2) === 0, some(roll(300))),
    () => extension(hex("2b0601040182df1303"), roll(2) === 0, some(3)),
    () => extension(hex("2a03"), false, new Uint8Array(0)),
  ];
  const chosen = all.filter((_, i) => i !== (roll(2) === 0 ? 3 : 4) && roll(2) === 0).map((make) => make());
  // Of the two forms of alternative names only one.
  const names = chosen.filter((e) => toHex(e).includes("0603551d11"));
  const kept = chosen.filter((e) => !names.slice(1).includes(e));
  for (let i = kept.length - 1; i > 0; i--) {
    const j = roll(i + 1);
    [kept[i], kept[j]] = [kept[j]!, kept[i]!];
  }
  return kept;
}

test("1,000 odd certificates are read as the package reads them", () => {
  const roll = dice(7);
  for (let i = 0; i < 1000; i++) {
    const spec = new Spec();
    spec.serial = integer(Uint8Array.from({ length: 1 + roll(19) }, (_, j) => (j === 0 ? 1 + roll(127) : roll(256))));
    spec.issuer = oddName(roll);
    spec.subject = oddName(roll);
    spec.notBefore = time(roll(0x7fffff) * 512);
    spec.notAfter = time(roll(0x7fffff) * 10_000);
    spec.extensions = oddExtensions(roll);
    spec.extended = spec.extensions.length > 0;
    if (!spec.extended) spec.version = [wrap(0xa0, [small(2)]), wrap(0xa0, [small(1)]), new Uint8Array(0)][roll(3)]!;
    const bytes = issue(spec);
    expect(ours(read(bytes))).toEqual(theirs(bytes));
  }
});
