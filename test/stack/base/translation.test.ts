import { describe, expect, it } from "vitest";
import { parseIpv6 } from "../../../stack/base/address6.ts";
import { Translation } from "../../../stack/base/translation.ts";

/** RFC 6052 2.4, table 2: prefix, and what stands behind it for 192.0.2.33 (in the form of RFC 5952). */
const EXAMPLES: readonly string[] = [
  "2001:db8::/32 2001:db8:c000:221::",
  "2001:db8:100::/40 2001:db8:1c0:2:21::",
  "2001:db8:122::/48 2001:db8:122:c000:2:2100::",
  "2001:db8:122:300::/56 2001:db8:122:3c0:0:221::",
  "2001:db8:122:344::/64 2001:db8:122:344:c0:2:2100:0",
  "2001:db8:122:344::/96 2001:db8:122:344::c000:221",
  "64:ff9b::/96 64:ff9b::c000:221",
];
const ADDRESS = 0xc0000221;

function of(text: string): Translation {
  const translation = new Translation();
  translation.parse(text);
  return translation;
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  if (!parseIpv6(text, bytes, 0)) throw new Error(`no address: ${text}`);
  return bytes;
}

describe("IPv4 behind a prefix of IPv6", () => {
  it("is written as in the examples of RFC 6052, and found again (RFC 7050 3)", () => {
    for (const example of EXAMPLES) {
      const [prefix, address] = example.split(" ");
      expect(of(prefix!).toward(ADDRESS)).toBe(address!);
      expect(of(prefix!).text()).toBe(prefix!);
      const found = new Translation();
      expect(found.find(bytesOf(address!), [1, ADDRESS])).toBe(true);
      expect(found.text()).toBe(prefix!);
    }
  });

  it("is found only around the byte that is zero, and only what is sought", () => {
    const found = new Translation();
    expect(found.find(bytesOf("2001:db8:122:344:1c0:2:2100:0"), [ADDRESS])).toBe(false);
    expect(found.find(bytesOf("2001:db8::1"), [ADDRESS])).toBe(false);
    expect([found.text(), found.length]).toEqual(["", 0]);
  });

  it("is not asked for what is no host's beyond the link, and private ones not behind the well-known prefix (3.1)", () => {
    const own = of("2001:db8::/96");
    for (const address of [0, 0x7f000001, 0xa9fe0001, 0xe0000001, 0xffffffff]) expect(own.toward(address)).toBe("");
    const known = of("64:ff9b::/96");
    for (const address of [0x0a000001, 0xac100001, 0xac1fffff, 0xc0a80001, 0x64400001, 0x647fffff]) {
      expect(known.toward(address)).toBe("");
      expect(own.toward(address) === "").toBe(false);
    }
    for (const address of [0x0b000001, 0xac200001, 0x64800001, 0xc0a90001])
      expect(known.toward(address) === "").toBe(false);
  });

  it("is nowhere without a prefix", () => {
    for (const text of ["", "64:ff9b::", "nonsense/96"]) expect(of(text).toward(ADDRESS)).toBe("");
  });
});
