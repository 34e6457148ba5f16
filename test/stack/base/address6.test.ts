import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ADDRESS6_TEXT,
  commonPrefix,
  formatIpv6,
  isLinkLocal,
  isLoopback6,
  isMapped,
  isMulticast,
  isUnspecified,
  parseIpv6,
  writeIpv6,
} from "../../../stack/base/address6.ts";
import { latin1 } from "../../../stack/base/native.ts";
import { toHex } from "../../support/bytes.ts";

/** The bytes of what may be written so, or "none". */
function read(text: string): string {
  const bytes = new Uint8Array(18);
  bytes[0] = 0xaa;
  bytes[17] = 0xbb;
  if (!parseIpv6(text, bytes, 1)) {
    expect(toHex(bytes)).toBe(`aa${"00".repeat(16)}bb`);
    return "none";
  }
  expect([bytes[0], bytes[17]]).toEqual([0xaa, 0xbb]);
  return toHex(bytes.subarray(1, 17));
}

function canonical(text: string): string {
  const bytes = new Uint8Array(16);
  expect(parseIpv6(text, bytes, 0)).toBe(true);
  return formatIpv6(bytes, 0);
}

describe("the text of an IPv6 address", () => {
  it("is read in every form of RFC 4291 2.2", () => {
    expect(read("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789")).toBe("abcdef0123456789abcdef0123456789");
    expect(read("2001:DB8:0:0:8:800:200C:417A")).toBe("20010db80000000000080800200c417a");
    expect(read("2001:DB8::8:800:200C:417A")).toBe("20010db80000000000080800200c417a");
    expect(read("FF01::101")).toBe("ff010000000000000000000000000101");
    expect(read("::1")).toBe("00000000000000000000000000000001");
    expect(read("::")).toBe("00000000000000000000000000000000");
    expect(read("2001:db8::")).toBe("20010db8000000000000000000000000");
    expect(read("0:0:0:0:0:0:13.1.68.3")).toBe("0000000000000000000000000d014403");
    expect(read("::FFFF:129.144.52.38")).toBe("00000000000000000000ffff81903426");
    expect(read("64:ff9b::192.0.2.33")).toBe("0064ff9b0000000000000000c0000221");
    expect(read("1:2:3:4:5:6:7::")).toBe("00010002000300040005000600070000");
    expect(read("::2:3:4:5:6:7:8")).toBe("00000002000300040005000600070008");
  });

  it("is nothing else, and then nothing is written", () => {
    const bad = [
      "",
      ":",
      ":::",
      "1",
      "1:",
      ":1",
      "1:2",
      "::1:",
      ":1::2",
      "1::2::3",
      "12345::",
      "g::",
      "::%1",
      "fe80::1%eth0",
      "[::1]",
      "::1/64",
      " ::1",
      "::1 ",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "::1:2:3:4:5:6:7:8",
      "1:2:3:4::5:6:7:8",
      "1.2.3.4",
      "::1.2.3",
      "::1.2.3.4.5",
      "::01.2.3.4",
      "::256.2.3.4",
      "1:2:3:4:5:6:7:1.2.3.4",
      "::1.2.3.4:5",
      "1:2:3:4:5:6:1.2.3.4:7",
      "2001:db8:::1",
      "0".repeat(46),
      "1:".repeat(10_000),
    ];
    for (const text of bad) expect([text, read(text)]).toEqual([text, "none"]);
  });

  it("is written as RFC 5952 4 and 5 have it", () => {
    // 4.1, 4.2.1, 4.2.2, 4.2.3, 4.3
    expect(canonical("2001:0db8::0001")).toBe("2001:db8::1");
    expect(canonical("2001:db8:0:0:0:0:2:1")).toBe("2001:db8::2:1");
    expect(canonical("2001:db8:0:1:1:1:1:1")).toBe("2001:db8:0:1:1:1:1:1");
    expect(canonical("2001:0:0:1:0:0:0:1")).toBe("2001:0:0:1::1");
    expect(canonical("2001:db8:0:0:1:0:0:1")).toBe("2001:db8::1:0:0:1");
    expect(canonical("2001:DB8::AbCd")).toBe("2001:db8::abcd");
    expect(canonical("::FFFF:192.0.2.1")).toBe("::ffff:192.0.2.1");
    expect(canonical("::ffff:0:0")).toBe("::ffff:0.0.0.0");
    expect(canonical("::1.2.3.4")).toBe("::102:304");
    expect(canonical("0:0:0:0:0:0:0:0")).toBe("::");
    expect(canonical("1:0:0:0:0:0:0:0")).toBe("1::");
    expect(canonical("1:2:3:4:5:6:0:0")).toBe("1:2:3:4:5:6::");
    expect(canonical("1:2:3:4:5:6:7:0")).toBe("1:2:3:4:5:6:7:0");
    expect(canonical("0:2:3:4:5:6:7:8")).toBe("0:2:3:4:5:6:7:8");
  });

  it("comes back from its own text, which is never longer than said", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat({ max: 0xffff }), (bytes, zeros) => {
        // Groups of zeros are what the text is about.
        for (let i = 0; i < 8; i++)
          if ((zeros & (1 << i)) !== 0) {
            bytes[2 * i] = 0;
            bytes[2 * i + 1] = 0;
          }
        const text = new Uint8Array(ADDRESS6_TEXT + 2);
        const end = writeIpv6(bytes, 0, text, 1);
        expect(end - 1 <= ADDRESS6_TEXT).toBe(true);
        expect([text[0], text[ADDRESS6_TEXT + 1]]).toEqual([0, 0]);
        const again = new Uint8Array(16);
        expect(parseIpv6(latin1(text, 1, end - 1), again, 0)).toBe(true);
        expect(toHex(again)).toBe(toHex(bytes));
      }),
    );
  });
});

describe("kinds of addresses", () => {
  function kinds(text: string): string {
    const bytes = new Uint8Array(16);
    expect(parseIpv6(text, bytes, 0)).toBe(true);
    let found = "";
    if (isUnspecified(bytes, 0)) found += "unspecified ";
    if (isLoopback6(bytes, 0)) found += "loopback ";
    if (isMapped(bytes, 0)) found += "mapped ";
    if (isLinkLocal(bytes, 0)) found += "link-local ";
    if (isMulticast(bytes, 0)) found += "multicast ";
    return found;
  }

  it("are told by their prefixes", () => {
    expect(kinds("::")).toBe("unspecified ");
    expect(kinds("::1")).toBe("loopback ");
    expect(kinds("::2")).toBe("");
    expect(kinds("::ffff:1.2.3.4")).toBe("mapped ");
    expect(kinds("::fffe:1.2.3.4")).toBe("");
    expect(kinds("fe80::1")).toBe("link-local ");
    expect(kinds("febf::1")).toBe("link-local ");
    expect(kinds("fec0::1")).toBe("");
    expect(kinds("ff02::1")).toBe("multicast ");
    expect(kinds("2001:db8::1")).toBe("");
  });

  it("have so many leading bits in common", () => {
    const a = new Uint8Array(16);
    const b = new Uint8Array(16);
    expect(commonPrefix(a, 0, b, 0)).toBe(128);
    b[15] = 1;
    expect(commonPrefix(a, 0, b, 0)).toBe(127);
    b[8] = 0x10;
    expect(commonPrefix(a, 0, b, 0)).toBe(67);
    b[0] = 0xff;
    expect(commonPrefix(a, 0, b, 0)).toBe(0);
  });
});
