import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alternativeNames, extension } from "../../../stack/x509/build.ts";
import { isFor, matchesHost, parseIpv6, referenceName } from "../../../stack/x509/names.ts";
import { ascii } from "../../../stack/x509/writer.ts";
import { toHex } from "../../support/bytes.ts";
import { issue, read, Spec, standard } from "./issue.ts";

function matches(presented: string, host: string): boolean {
  const bytes = ascii(presented);
  return matchesHost(bytes, 0, bytes.length, host);
}

describe("a host name", () => {
  const table: readonly (readonly [string, string, boolean])[] = [
    ["a.example.org", "a.example.org", true],
    ["A.Example.ORG", "a.example.org", true],
    ["a.example.org", "b.example.org", false],
    ["example.org", "a.example.org", false],
    ["a.example.org", "example.org", false],
    ["aexample.org", "a.example.org", false],
    ["a.example.org.", "a.example.org", false],
    [".a.example.org", "a.example.org", false],
    ["", "a.example.org", false],
    ["a_b.example.org", "a_b.example.org", true],
    ["forge", "forge", true],
    // RFC 9525 6.3: the whole of the first label, and that alone.
    ["*.example.org", "a.example.org", true],
    ["*.EXAMPLE.org", "a.example.org", true],
    ["*.example.org", "xn--4ca.example.org", true],
    ["*.example.org", "example.org", false],
    ["*.example.org", "a.b.example.org", false],
    ["*.example.org", ".example.org", false],
    ["a*.example.org", "ab.example.org", false],
    ["*a.example.org", "ba.example.org", false],
    ["a.*.example.org", "a.b.example.org", false],
    ["*.*.example.org", "a.b.example.org", false],
    ["**.example.org", "a.example.org", false],
    ["xn--*-1b3c148a.example.org", "xn--bliss-1b3c148a.example.org", false],
    // Nobody owns all of a top-level name, or all names.
    ["*", "forge", false],
    ["*", "a.example.org", false],
    ["*.org", "example.org", false],
    ["*.", "a.", false],
    ["*.org.", "example.org", false],
    ["*..org", "a..org", false],
  ];

  test("is matched as the table says", () => {
    for (const [presented, host, expected] of table)
      expect(`${presented} ${host} ${matches(presented, host)}`).toBe(`${presented} ${host} ${expected}`);
  });

  test("which is none is never found", () => {
    for (const text of [
      "",
      ".",
      "a..b",
      ".a",
      "a b",
      "a/b",
      "*.example.org",
      "ü.de",
      "x".repeat(64),
      "[",
      "a.".repeat(130),
    ])
      expect(referenceName(text).host).toBe("");
    expect(matches("", "")).toBe(false);
    expect(referenceName("Git.Example.ORG.").host).toBe("git.example.org");
  });

  test("what matches without a wildcard is the same name", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        let host = "";
        for (const byte of bytes) host += String.fromCharCode(97 + (byte % 26));
        expect(matches(host, host)).toBe(host !== "");
        expect(matches(`${host}x`, host)).toBe(false);
        expect(matches(host, `x${host}`)).toBe(false);
      }),
    );
  });
});

describe("an address", () => {
  test("IPv6 is read in every form, and nothing else is", () => {
    for (const [text, bytes] of [
      ["::", "00".repeat(16)],
      ["::1", `${"00".repeat(15)}01`],
      ["1::", `0001${"00".repeat(14)}`],
      ["2001:db8::8a2e:370:7334", "20010db80000000000008a2e03707334"],
      ["2001:DB8:0:0:0:8a2e:0370:7334", "20010db80000000000008a2e03707334"],
      ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
      ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
      ["::2:3:4:5:6:7:8", "00000002000300040005000600070008"],
      ["::ffff:192.0.2.1", "00000000000000000000ffffc0000201"],
      ["64:ff9b::192.0.2.33", "0064ff9b0000000000000000c0000221"],
    ] as const)
      expect(toHex(parseIpv6(text))).toBe(bytes);
    for (const text of [
      "",
      ":",
      ":::",
      ":1",
      "1:",
      "1::2::3",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "12345::",
      "g::",
      "::1%eth0",
      "::192.0.2",
      "::192.0.2.1:1",
      "1:2:3:4:5:6:7:192.0.2.1",
      "::192.0.02.1",
    ])
      expect(parseIpv6(text)).toHaveLength(0);
  });

  test("is found among addresses, never among hosts", () => {
    const spec = new Spec();
    spec.extensions = [extension(standard(17), false, alternativeNames(["a.example.org", "192.0.2.1", "2001:db8::1"]))];
    const certificate = read(issue(spec));
    for (const [name, expected] of [
      ["a.example.org", true],
      ["192.0.2.1", true],
      ["2001:db8::1", true],
      ["[2001:DB8:0::1]", true],
      ["192.0.2.2", false],
      ["::192.0.2.1", false],
      ["192.0.2.01", false],
      ["b.example.org", false],
      ["", false],
    ] as const)
      expect(isFor(certificate, referenceName(name))).toBe(expected);
    // A host that looks like an address.
    spec.extensions = [extension(standard(17), false, hexNames("192.0.2.1"))];
    expect(isFor(read(issue(spec)), referenceName("192.0.2.1"))).toBe(false);
  });

  test("and no name is taken from the subject", () => {
    const spec = new Spec();
    spec.extended = false;
    expect(isFor(read(issue(spec)), referenceName("subject"))).toBe(false);
  });
});

/** A dNSName, whatever it looks like. */
function hexNames(name: string): Uint8Array {
  const bytes = new Uint8Array(4 + name.length);
  bytes.set(ascii(name), 4);
  bytes[0] = 0x30;
  bytes[1] = 2 + name.length;
  bytes[2] = 0x82;
  bytes[3] = name.length;
  return bytes;
}
