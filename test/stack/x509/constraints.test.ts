import { describe, expect, test } from "vitest";
import { commonName, extension } from "../../../stack/x509/build.ts";
import { ConstraintCheck } from "../../../stack/x509/constraints.ts";
import { ascii, element, identifier, sequence, text, wrap } from "../../../stack/x509/writer.ts";
import { hex } from "../../support/bytes.ts";
import { constraints, subtree } from "./chains.ts";
import { faultOf, issue, read, Spec, standard } from "./issue.ts";

const EMAIL = 0x81;
const DNS = 0x82;
const DIRECTORY = 0xa4;
const URI = 0x86;
const IP = 0x87;
const OTHER = 0xa0;

/** Whether an authority with these constraints may sign for this name. */
function allows(permitted: readonly Uint8Array[], excluded: readonly Uint8Array[], name: Uint8Array): boolean {
  const authority = new Spec();
  authority.extensions = [constraints(permitted, excluded)];
  const subject = new Spec();
  subject.subject = sequence([]);
  subject.extensions = [extension(standard(17), false, sequence([name]))];
  return new ConstraintCheck(100).allows(read(issue(authority)), read(issue(subject)));
}

function permits(form: number, base: Uint8Array, name: Uint8Array): boolean {
  return allows([subtree(form, base)], [], element(form, name));
}

function excludes(form: number, base: Uint8Array, name: Uint8Array): boolean {
  return !allows([], [subtree(form, base)], element(form, name));
}

describe("hosts", () => {
  test("a domain has itself and what is below it; with a dot in front what is below it", () => {
    const table: readonly (readonly [string, string, boolean])[] = [
      ["example.org", "example.org", true],
      ["example.org", "EXAMPLE.ORG", true],
      ["Example.Org", "a.b.example.org", true],
      ["example.org", "not-example.org", false],
      ["example.org", "example.org.evil", false],
      ["example.org", "org", false],
      [".example.org", "a.example.org", true],
      [".example.org", "example.org", false],
      ["", "anything.example", true],
      ["example.org", "*.example.org", true],
      ["a.example.org", "*.a.example.org", true],
      ["example.org", "*.org", false],
    ];
    for (const [base, name, within] of table) {
      expect(`${base} ${name} ${permits(DNS, ascii(base), ascii(name))}`).toBe(`${base} ${name} ${within}`);
      expect(`${base} ${name} ${excludes(DNS, ascii(base), ascii(name))}`).toBe(
        `${base} ${name} ${within || name === "*.org"}`,
      );
    }
  });

  test("a wildcard is excluded by what it could be used for, and permitted only whole", () => {
    expect(excludes(DNS, ascii("bar.example.org"), ascii("*.example.org"))).toBe(true);
    expect(excludes(DNS, ascii("a.bar.example.org"), ascii("*.example.org"))).toBe(false);
    expect(excludes(DNS, ascii(".bar.example.org"), ascii("*.example.org"))).toBe(false);
    expect(permits(DNS, ascii("bar.example.org"), ascii("*.example.org"))).toBe(false);
  });

  test("what is no host is refused where hosts are constrained", () => {
    for (const name of [
      "",
      ".example.org",
      "a..example.org",
      "example.org.",
      "a b.example.org",
      "a.*.example.org",
      "b*.example.org",
    ]) {
      expect(permits(DNS, ascii("example.org"), ascii(name))).toBe(false);
      expect(excludes(DNS, ascii("example.com"), ascii(name))).toBe(true);
    }
  });

  test("excluded goes before permitted, one of several is enough, other forms are free", () => {
    const org = subtree(DNS, ascii("example.org"));
    const com = subtree(DNS, ascii("example.com"));
    const inner = subtree(DNS, ascii("x.example.org"));
    expect(allows([org, com], [], element(DNS, ascii("a.example.com")))).toBe(true);
    expect(allows([org], [inner], element(DNS, ascii("a.example.org")))).toBe(true);
    expect(allows([org], [inner], element(DNS, ascii("x.example.org")))).toBe(false);
    expect(allows([org], [org], element(DNS, ascii("example.org")))).toBe(false);
    expect(allows([org], [org], element(IP, hex("c0000201")))).toBe(true);
  });
});

describe("addresses", () => {
  test("are within a network by its mask, and only of its kind", () => {
    expect(permits(IP, hex("c0000200 ffffff00"), hex("c00002ff"))).toBe(true);
    expect(permits(IP, hex("c0000200 ffffff00"), hex("c0000301"))).toBe(false);
    expect(permits(IP, hex("c0000280 ffffff80"), hex("c0000200"))).toBe(false);
    expect(permits(IP, hex("00000000 00000000"), hex("c0000200"))).toBe(true);
    const one = `${"00".repeat(15)}01`;
    expect(permits(IP, hex(one + "ff".repeat(16)), hex(one))).toBe(true);
    expect(excludes(IP, hex(one + "ff".repeat(16)), hex(one))).toBe(true);
    // IPv6 has no part in IPv4: permitted is the one, so the other is not.
    expect(permits(IP, hex("00000000 00000000"), hex(one))).toBe(false);
    expect(excludes(IP, hex("00000000 00000000"), hex(one))).toBe(false);
  });
});

describe("e-mail addresses", () => {
  test("a mailbox, a host, a domain", () => {
    const table: readonly (readonly [string, string, boolean])[] = [
      ["a@example.org", "a@example.org", true],
      ["a@example.org", "a@EXAMPLE.org", true],
      ["a@example.org", "A@example.org", false],
      ["a@example.org", "b@example.org", false],
      ["a@example.org", "a@x.example.org", false],
      ["*@example.org", "*@example.org", true],
      ["*@example.org", "a@example.org", false],
      ["example.org", "a@example.org", true],
      ["example.org", "a@x.example.org", false],
      [".example.org", "a@x.example.org", true],
      [".example.org", "a@example.org", false],
      ["", "a@example.org", true],
    ];
    for (const [base, name, within] of table)
      expect(`${base} ${name} ${permits(EMAIL, ascii(base), ascii(name))}`).toBe(`${base} ${name} ${within}`);
    for (const name of ["", "a", "@example.org", "a@b@example.org", "a@"]) {
      expect(permits(EMAIL, ascii("example.org"), ascii(name))).toBe(false);
      expect(excludes(EMAIL, ascii("example.com"), ascii(name))).toBe(true);
    }
  });

  test("stand in the subject, too", () => {
    const authority = new Spec();
    authority.extensions = [constraints([], [subtree(EMAIL, ascii("example.org"))])];
    const subject = new Spec();
    const attribute = (name: string): Uint8Array =>
      sequence([wrap(0x31, [sequence([identifier(hex("2a864886f70d010901")), element(0x16, ascii(name))])])]);
    for (const [name, allowed] of [
      ["a@example.org", false],
      ["a@example.com", true],
    ] as const) {
      subject.subject = attribute(name);
      subject.extended = false;
      expect(new ConstraintCheck(100).allows(read(issue(authority)), read(issue(subject)))).toBe(allowed);
    }
  });
});

/** A Name of (attribute, string tag, value). */
function directory(parts: readonly (readonly [string, number, string])[]): Uint8Array {
  const sets: Uint8Array[] = [];
  for (const [type, tag, value] of parts)
    sets.push(wrap(0x31, [sequence([identifier(hex(type)), element(tag, ascii(value))])]));
  return sequence(sets);
}

describe("directory names", () => {
  const C = "550406";
  const O = "55040a";
  const CN = "550403";
  const tree = directory([
    [C, 0x13, "DE"],
    [O, 0x0c, "Some  Forge"],
  ]);
  const name = (parts: readonly (readonly [string, number, string])[]): Uint8Array => directory(parts);

  test("are within one that they begin with, letters and spaces apart", () => {
    const table: readonly (readonly [readonly (readonly [string, number, string])[], boolean])[] = [
      [
        [
          [C, 0x13, "DE"],
          [O, 0x0c, "Some  Forge"],
        ],
        true,
      ],
      [
        [
          [C, 0x0c, "de"],
          [O, 0x13, " some forge "],
          [CN, 0x0c, "x"],
        ],
        true,
      ],
      [[[C, 0x13, "DE"]], false],
      [
        [
          [C, 0x13, "DE"],
          [O, 0x0c, "Other"],
        ],
        false,
      ],
      [
        [
          [C, 0x13, "DE"],
          [O, 0x0c, "Some Forgery"],
        ],
        false,
      ],
      [
        [
          [C, 0x13, "DE"],
          [O, 0x0c, "SomeForge"],
        ],
        false,
      ],
      [
        [
          [O, 0x0c, "Some  Forge"],
          [C, 0x13, "DE"],
        ],
        false,
      ],
      [
        [
          [C, 0x13, "DE"],
          [CN, 0x0c, "Some  Forge"],
        ],
        false,
      ],
    ];
    for (const [parts, within] of table) {
      expect(permits(DIRECTORY, tree, name(parts))).toBe(within);
      expect(excludes(DIRECTORY, tree, name(parts))).toBe(within);
    }
  });

  test("that cannot be compared are refused either way", () => {
    // BMPString.
    const odd = name([
      [C, 0x13, "DE"],
      [O, 0x1e, "Some  Forge"],
    ]);
    expect(permits(DIRECTORY, tree, odd)).toBe(false);
    expect(excludes(DIRECTORY, tree, odd)).toBe(true);
    const broken = sequence([hex("0500")]);
    expect(permits(DIRECTORY, tree, broken)).toBe(false);
    expect(excludes(DIRECTORY, tree, broken)).toBe(true);
  });

  test("the subject is one", () => {
    const authority = new Spec();
    authority.extensions = [constraints([subtree(DIRECTORY, commonName("forge"))], [])];
    const subject = new Spec();
    subject.extended = false;
    subject.subject = sequence([wrap(0x31, [sequence([identifier(hex(CN)), text("forge")])])]);
    expect(new ConstraintCheck(100).allows(read(issue(authority)), read(issue(subject)))).toBe(true);
    subject.subject = commonName("other");
    expect(new ConstraintCheck(100).allows(read(issue(authority)), read(issue(subject)))).toBe(false);
    subject.subject = sequence([]);
    expect(new ConstraintCheck(100).allows(read(issue(authority)), read(issue(subject)))).toBe(true);
  });
});

test("names of another form are refused where it is constrained", () => {
  const other = (value: string): Uint8Array =>
    element(OTHER, sequence([identifier(hex("2a03")), element(0xa0, text(value))]).slice(2));
  const base = sequence([other("x")]);
  expect(allows([], [base], other("y"))).toBe(false);
  expect(allows([base], [], other("x"))).toBe(false);
  expect(allows([base], [], element(DNS, ascii("a.example.org")))).toBe(true);
  expect(allows([], [subtree(URI, ascii("example.org"))], element(URI, ascii("http://example.com")))).toBe(false);
});

test("constraints that cannot be understood are a fault of the certificate", () => {
  const fault = (base: Uint8Array): boolean => {
    const spec = new Spec();
    spec.extensions = [constraints([base], [])];
    return faultOf(issue(spec)) !== 0;
  };
  for (const host of ["*.example.org", "a..b", "example.org.", ".", "a b", "."])
    expect(fault(subtree(DNS, ascii(host)))).toBe(true);
  for (const network of ["c0000201", "c0000200ffffff", "c0000200ff00ff00", "c0000200ffffff01", "00".repeat(20)])
    expect(fault(subtree(IP, hex(network)))).toBe(true);
  for (const mailbox of ["a@b@example.org", "@example.org", "a@", "a b"])
    expect(fault(subtree(EMAIL, ascii(mailbox)))).toBe(true);
  expect(fault(subtree(DIRECTORY, hex("0500")))).toBe(true);
  // minimum, maximum.
  expect(fault(sequence([element(DNS, ascii("example.org")), element(0x80, hex("01"))]))).toBe(true);
  expect(fault(sequence([element(DNS, ascii("example.org")), element(0x81, hex("01"))]))).toBe(true);
  expect(fault(subtree(DNS, ascii("example.org")))).toBe(false);
  expect(fault(subtree(IP, hex(`${"20".repeat(16)}${"ff".repeat(16)}`)))).toBe(false);
});

test("comparisons are counted, and have an end", () => {
  const authority = new Spec();
  const trees: Uint8Array[] = [];
  for (let i = 0; i < 10; i++) trees.push(subtree(DNS, ascii(`x${i}.example`)));
  authority.extensions = [constraints([], trees)];
  const subject = new Spec();
  subject.subject = sequence([]);
  subject.extensions = [
    extension(standard(17), false, sequence([element(DNS, ascii("a.example")), element(DNS, ascii("b.example"))])),
  ];
  const enough = new ConstraintCheck(20);
  expect(enough.allows(read(issue(authority)), read(issue(subject)))).toBe(true);
  expect(enough.comparisons).toBe(20);
  const short = new ConstraintCheck(19);
  expect(short.allows(read(issue(authority)), read(issue(subject)))).toBe(false);
  expect(short.exhausted).toBe(true);
});
