import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  KEY_ED25519,
  KEY_UNSUPPORTED,
  SIGNED_BROKEN,
  SIGNED_ED25519,
  SIGNED_UNSUPPORTED,
} from "../../../stack/x509/algorithms.ts";
import { alternativeNames, extension } from "../../../stack/x509/build.ts";
import {
  Certificate,
  DECODE_ALGORITHMS_DIFFER,
  DECODE_DATE,
  DECODE_EXTENSION,
  DECODE_EXTENSION_TWICE,
  DECODE_MALFORMED,
  DECODE_SERIAL,
  DECODE_TOO_LONG,
  DECODE_TOO_MANY_EXTENSIONS,
  DECODE_VERSION,
  USAGE_ANY,
  USAGE_OTHER,
  USAGE_SERVER,
} from "../../../stack/x509/certificate.ts";
import { CERTIFICATE_LIMIT, decodeCertificate } from "../../../stack/x509/decode.ts";
import { GENERALIZED_TIME, UTC_TIME } from "../../../stack/x509/der.ts";
import { EXTENSION_LIMIT } from "../../../stack/x509/extensions.ts";
import { SERVER_AUTHENTICATION } from "../../../stack/x509/oids.ts";
import {
  ascii,
  bits,
  element,
  identifier,
  octets,
  sequence,
  small,
  time,
  truth,
  wrap,
} from "../../../stack/x509/writer.ts";
import { hex, toHex } from "../../support/bytes.ts";
import { basic, extendedUsage, faultOf, issue, NOW, read, Spec, standard, usage } from "./issue.ts";

const CLIENT_AUTHENTICATION = hex("2b06010505070302");
const ANY_USAGE = hex("551d2500");

/** A certificate with these extensions. */
function withExtensions(extensions: Uint8Array[]): Uint8Array {
  const spec = new Spec();
  spec.extensions = extensions;
  return issue(spec);
}

function withDates(notBefore: Uint8Array, notAfter: Uint8Array): Uint8Array {
  const spec = new Spec();
  spec.extended = false;
  spec.notBefore = notBefore;
  spec.notAfter = notAfter;
  return issue(spec);
}

function utc(text: string): Uint8Array {
  return element(UTC_TIME, ascii(text));
}

function generalized(text: string): Uint8Array {
  return element(GENERALIZED_TIME, ascii(text));
}

describe("a certificate", () => {
  test("its fields lie where they are", () => {
    const spec = new Spec();
    spec.extensions = [
      basic(true, 3),
      usage(0x06, 1),
      extendedUsage([CLIENT_AUTHENTICATION, SERVER_AUTHENTICATION]),
      extension(standard(17), false, alternativeNames(["a.example.org", "192.0.2.1"])),
      extension(standard(14), false, octets(hex("0102"))),
      extension(standard(35), false, sequence([element(0x80, hex("0304"))])),
    ];
    const bytes = issue(spec);
    const framed = new Uint8Array(bytes.length + 20);
    framed.set(bytes, 7);
    const c = new Certificate();
    expect(decodeCertificate(framed, 7, bytes.length, c)).toBe(0);
    const show = (begin: number, end: number): string => toHex(framed, begin, end - begin);
    expect(c.version).toBe(3);
    expect(show(c.serialBegin, c.serialEnd)).toBe("07");
    expect(show(c.issuerBegin, c.issuerEnd)).toBe(toHex(spec.issuer));
    expect(show(c.subjectBegin, c.subjectEnd)).toBe(toHex(spec.subject));
    expect(c.notBefore).toBe(NOW - 86_400);
    expect(c.notAfter).toBe(NOW + 86_400);
    expect(c.keyFamily).toBe(KEY_ED25519);
    expect(c.keyEnd - c.keyBegin).toBe(32);
    expect(c.keyInfoEnd - c.keyInfoBegin).toBe(44);
    expect(c.signed).toBe(SIGNED_ED25519);
    expect(c.signatureEnd - c.signatureBegin).toBe(64);
    expect(c.constrained && c.authority).toBe(true);
    expect(c.pathLength).toBe(3);
    expect(c.keyUsage).toBe(6);
    expect(c.extendedUsage).toBe(USAGE_SERVER);
    expect(show(c.subjectKeyBegin, c.subjectKeyEnd)).toBe("0102");
    expect(show(c.authorityKeyBegin, c.authorityKeyEnd)).toBe("0304");
    expect(show(c.namesBegin, c.namesEnd)).toBe(`820d${toHex(ascii("a.example.org"))}8704c0000201`);
    expect(c.criticalEnd).toBe(0);
    expect(framed[c.tbsBegin]).toBe(0x30);
    expect(show(c.tbsEnd, c.tbsEnd + 2)).toBe("3005");
  });

  test("without extensions nothing is limited", () => {
    const c = read(withDates(time(0), time(1)));
    expect([c.constrained, c.authority, c.pathLength, c.keyUsage, c.extendedUsage, c.namesEnd]).toEqual([
      false,
      false,
      -1,
      -1,
      USAGE_ANY,
      0,
    ]);
  });

  test("versions 1 and 2 are read, and have no extensions; others are not", () => {
    const spec = new Spec();
    spec.extended = false;
    spec.version = hex("");
    expect(read(issue(spec)).version).toBe(1);
    spec.version = wrap(0xa0, [small(1)]);
    expect(read(issue(spec)).version).toBe(2);
    for (const version of ["a003020100", "a003020103", "a0040202ff02"]) {
      spec.version = hex(version);
      expect(faultOf(issue(spec))).toBe(version === "a0040202ff02" ? DECODE_MALFORMED : DECODE_VERSION);
    }
    spec.version = wrap(0xa0, [small(1)]);
    spec.extended = true;
    spec.extensions = [basic(true, -1)];
    expect(faultOf(issue(spec))).toBe(DECODE_VERSION);
  });

  test("a serial number has up to 20 bytes and is not negative", () => {
    const spec = new Spec();
    spec.extended = false;
    for (const [number, fault] of [
      ["020100", 0],
      [`0214${"7f".repeat(20)}`, 0],
      [`021500${"ff".repeat(20)}`, DECODE_SERIAL],
      ["0201ff", DECODE_SERIAL],
      ["02020001", DECODE_MALFORMED],
      ["0200", DECODE_MALFORMED],
    ] as const) {
      spec.serial = hex(number);
      expect(faultOf(issue(spec))).toBe(fault);
    }
  });

  test("the two names of the algorithm are the same", () => {
    const spec = new Spec();
    spec.extended = false;
    spec.outerAlgorithm = sequence([hex("06032b6571")]);
    expect(faultOf(issue(spec))).toBe(DECODE_ALGORITHMS_DIFFER);
    spec.innerAlgorithm = spec.outerAlgorithm;
    expect(read(issue(spec)).signed).toBe(SIGNED_UNSUPPORTED);
    // RSA and ECDSA with SHA-1.
    for (const broken of ["06092a864886f70d0101050500", "06072a8648ce3d0401"]) {
      spec.outerAlgorithm = sequence([hex(broken)]);
      spec.innerAlgorithm = spec.outerAlgorithm;
      expect(read(issue(spec)).signed).toBe(SIGNED_BROKEN);
    }
  });

  test("a key of another kind, or not of its kind's form, is one that is not supported", () => {
    const spec = new Spec();
    spec.extended = false;
    const point = `04${"11".repeat(64)}`;
    for (const [algorithm, key, supported] of [
      ["06072a8648ce3d020106082a8648ce3d030107", point, true],
      // Compressed, short, and on P-521.
      ["06072a8648ce3d020106082a8648ce3d030107", `02${"11".repeat(32)}`, false],
      ["06072a8648ce3d020106082a8648ce3d030107", point.slice(2), false],
      ["06072a8648ce3d020106052b81040023", point, false],
      ["06092a864886f70d0101010500", "300602017f020103", true],
      // Without NULL, a negative modulus, something behind.
      ["06092a864886f70d010101", "300602017f020103", false],
      ["06092a864886f70d0101010500", "3006020180020103", false],
      ["06092a864886f70d0101010500", "300702017f02010300", false],
      ["06032b6570", "00".repeat(31), false],
    ] as const) {
      spec.keyInfo = sequence([sequence([hex(algorithm)]), bits(hex(key))]);
      expect(read(issue(spec)).keyFamily !== KEY_UNSUPPORTED).toBe(supported);
    }
  });

  test("dates are read to the second, in both forms", () => {
    const dates: readonly (readonly [Uint8Array, number])[] = [
      [utc("700101000000Z"), 0],
      [utc("491231235959Z"), 2_524_607_999],
      [utc("500101000000Z"), -631_152_000],
      [generalized("20500101000000Z"), 2_524_608_000],
      [generalized("99991231235959Z"), 253_402_300_799],
      [generalized("00000101000000Z"), -62_167_219_200],
      [utc("240229120000Z"), 1_709_208_000],
      [generalized("20000229000000Z"), 951_782_400],
    ];
    for (const [date, seconds] of dates) {
      const c = read(withDates(date, date));
      expect(c.notBefore).toBe(seconds);
      expect(c.notAfter).toBe(seconds);
    }
  });

  test("what is no date is refused", () => {
    const good = utc("260101000000Z");
    for (const bad of [
      utc("260101000000"),
      utc("2601010000Z"),
      utc("260101000000+0000"),
      utc("26010100000z0"),
      utc("261301000000Z"),
      utc("260001000000Z"),
      utc("260132000000Z"),
      utc("260100000000Z"),
      utc("230229000000Z"),
      utc("260101240000Z"),
      utc("260101006000Z"),
      utc("260101000060Z"),
      utc("2601010000 0Z"),
      generalized("19000229000000Z"),
      generalized("20260101000000.5Z"),
      generalized("260101000000Z"),
      utc("20260101000000Z"),
    ]) {
      expect(faultOf(withDates(bad, good))).toBe(DECODE_DATE);
      expect(faultOf(withDates(good, bad))).toBe(DECODE_DATE);
    }
    expect(faultOf(withDates(octets(ascii("260101000000Z")), good))).toBe(DECODE_MALFORMED);
  });

  test("what is longer than the limit is not looked at", () => {
    const spec = new Spec();
    const some = 50_000;
    spec.extensions = [extension(hex("2a03"), false, new Uint8Array(some))];
    const room = CERTIFICATE_LIMIT - issue(spec).length + some;
    spec.extensions = [extension(hex("2a03"), false, new Uint8Array(room))];
    expect(issue(spec)).toHaveLength(CERTIFICATE_LIMIT);
    expect(faultOf(issue(spec))).toBe(0);
    spec.extensions = [extension(hex("2a03"), false, new Uint8Array(room + 1))];
    expect(faultOf(issue(spec))).toBe(DECODE_TOO_LONG);
  });

  test("nothing may stand behind it, and nothing be missing", () => {
    const bytes = withExtensions([basic(true, 0)]);
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes, 0);
    expect(faultOf(longer)).toBe(DECODE_MALFORMED);
    for (let length = 0; length < bytes.length; length++) expect(faultOf(bytes.slice(0, length)) !== 0).toBe(true);
  });
});

describe("extensions", () => {
  test("none may come twice, known or not", () => {
    const unknown = extension(hex("2a0304"), false, hex("0500"));
    expect(faultOf(withExtensions([unknown]))).toBe(0);
    expect(faultOf(withExtensions([unknown, basic(true, -1), unknown]))).toBe(DECODE_EXTENSION_TWICE);
    expect(faultOf(withExtensions([basic(true, -1), basic(true, -1)]))).toBe(DECODE_EXTENSION_TWICE);
  });

  test("there are 32 at most, and one at least where there is a list", () => {
    const list: Uint8Array[] = [];
    for (let i = 0; i < EXTENSION_LIMIT; i++)
      list.push(extension(hex(i < 16 ? `2a0${i.toString(16)}` : `2a${i.toString(16)}`), false, hex("")));
    expect(faultOf(withExtensions(list))).toBe(0);
    list.push(basic(true, -1));
    expect(faultOf(withExtensions(list))).toBe(DECODE_TOO_MANY_EXTENSIONS);
    expect(faultOf(withExtensions([]))).toBe(DECODE_MALFORMED);
  });

  test("the first critical one that is not understood is named", () => {
    const c = read(
      withExtensions([
        extension(hex("2a05"), false, hex("")),
        extension(hex("2a06"), true, hex("")),
        extension(hex("2a07"), true, hex("")),
      ]),
    );
    expect(toHex(c.bytes, c.criticalBegin, c.criticalEnd - c.criticalBegin)).toBe("2a06");
    // Key identifiers and where the authority is to be found may not be critical (4.2.1.1, 4.2.1.2, 4.2.2.1).
    for (const critical of [
      extension(standard(14), true, octets(hex("01"))),
      extension(standard(35), true, sequence([])),
      extension(standard(36), true, sequence([element(0x80, hex("00"))])),
    ])
      expect(read(withExtensions([critical])).criticalEnd > 0).toBe(true);
    // Policies may: none is asked for.
    expect(read(withExtensions([extension(standard(32), true, sequence([]))])).criticalEnd).toBe(0);
  });

  test("each that is read is of its shape to the last byte", () => {
    const bad: readonly (readonly [number, string])[] = [
      [19, "3000 00"],
      [19, "0500"],
      [19, "3003 0101 01"],
      [19, "3003 0201 ff"],
      [19, "3006 0101ff 020180"],
      [19, "3006 020101 0101ff"],
      [19, "3009 0101ff 020101 020101"],
      [15, "0301 00"],
      [15, "0302 0000"],
      [15, "0302 0781"],
      [15, "0302 08 80"],
      [15, "0304 00 80 80 80"],
      [15, "0300"],
      [15, "0401 80"],
      [37, "3000"],
      [37, "0608 2b06010505070301"],
      [37, "300a 0c08 2b06010505070301"],
      [17, "3000"],
      [17, "6578616d706c65"],
      [17, "3002 8c00"],
      [17, "3003 8701 01"],
      [17, "300a 8708 c0000200ffffff00"],
      [17, "3004 a402 3000 00"],
      [17, "3004 a402 3100"],
      [14, "0402 01"],
      [35, "3003 8301 00"],
      [30, "3000"],
      [30, "0500"],
      [30, "3002 0500"],
      [30, "3004 0500 0500"],
      [30, "3004 a000 a100"],
      [30, "3002 a000"],
      [30, "3004 a002 3000"],
    ];
    for (const [number, value] of bad) {
      const fault = faultOf(withExtensions([extension(standard(number), false, hex(value))]));
      expect(`${number} ${value}: ${fault}`).toBe(`${number} ${value}: ${DECODE_EXTENSION}`);
    }
    expect(faultOf(withExtensions([extension(hex("2b06010505070101"), false, hex("3000"))]))).toBe(DECODE_EXTENSION);
    expect(faultOf(withExtensions([extension(hex("2b06010505070101"), false, hex("0400"))]))).toBe(DECODE_EXTENSION);
  });

  test("usages: bits in front count, and the purpose is named itself", () => {
    expect(read(withExtensions([usage(0x80, 7)])).keyUsage).toBe(0x80);
    expect(read(withExtensions([usage(0x80, 0)])).keyUsage).toBe(0x80);
    // decipherOnly alone is the ninth bit.
    expect(read(withExtensions([extension(standard(15), true, hex("0303070080"))])).keyUsage).toBe(0);
    expect(read(withExtensions([extendedUsage([CLIENT_AUTHENTICATION])])).extendedUsage).toBe(USAGE_OTHER);
    expect(read(withExtensions([extendedUsage([ANY_USAGE])])).extendedUsage).toBe(USAGE_OTHER);
    expect(read(withExtensions([extendedUsage([ANY_USAGE, SERVER_AUTHENTICATION])])).extendedUsage).toBe(USAGE_SERVER);
  });

  test("FALSE may be written out", () => {
    const plain = sequence([identifier(standard(19)), hex("010100"), octets(sequence([hex("010100")]))]);
    const c = read(withExtensions([plain]));
    expect([c.constrained, c.authority]).toEqual([true, false]);
  });
});

describe("whatever the bytes are", () => {
  const spec = new Spec();
  spec.extensions = [
    basic(true, 3),
    usage(0x06, 1),
    extendedUsage([SERVER_AUTHENTICATION]),
    extension(standard(17), false, alternativeNames(["a.example.org", "192.0.2.1"])),
    extension(
      standard(30),
      true,
      sequence([
        wrap(0xa0, [
          sequence([element(0x82, ascii("example.org"))]),
          sequence([element(0x87, hex("c0000200ffffff00"))]),
        ]),
      ]),
    ),
    extension(
      hex("2b06010505070101"),
      false,
      sequence([sequence([identifier(hex("2b06010505073002")), element(0x86, ascii("http://a"))])]),
    ),
    sequence([identifier(hex("2a03")), truth(), octets(hex("0500"))]),
  ];
  const bytes = issue(spec);

  test("any byte changed: an answer, and every range within the bytes", () => {
    for (let i = 0; i < bytes.length; i++)
      for (const change of [1, 0x80, 0xff, 0x20]) {
        const changed = bytes.slice();
        changed[i] = changed[i]! ^ change;
        const c = new Certificate();
        if (decodeCertificate(changed, 0, changed.length, c) !== 0) continue;
        for (const end of [
          c.tbsEnd,
          c.serialEnd,
          c.issuerEnd,
          c.subjectEnd,
          c.keyInfoEnd,
          c.keyEnd,
          c.signatureEnd,
          c.namesEnd,
          c.constraintsEnd,
        ])
          expect(end <= bytes.length).toBe(true);
      }
    expect(faultOf(bytes)).toBe(0);
  });

  test("bytes at random, and pieces of certificates put together", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        expect(faultOf(random) !== 0).toBe(true);
      }),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.integer({ min: 0, max: bytes.length - 1 }),
        fc.integer({ min: 0, max: 60 }),
        (from, to, length) => {
          const mixed = bytes.slice();
          const end = Math.min(from + length, bytes.length);
          mixed.set(bytes.slice(from, end).slice(0, bytes.length - to), to);
          faultOf(mixed);
        },
      ),
    );
  });
});
