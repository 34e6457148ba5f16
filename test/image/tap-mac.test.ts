import { describe, expect, it } from "vitest";
import { tapMac } from "../../image/tap-mac.ts";
import { formatMac } from "../../stack/base/address.ts";

const HOST = "0123456789abcdef0123456789abcdef";

describe("the address of a process on a TAP", () => {
  it("is the same each time, another one for another TAP or host, and locally administered", () => {
    const mac = tapMac(HOST, "tap0")!;
    expect(tapMac(HOST, "tap0")).toBe(mac);
    expect(tapMac(HOST, "tap1")).not.toBe(mac);
    expect(tapMac(HOST.replace("0", "1"), "tap0")).not.toBe(mac);
    expect(formatMac(mac)).toMatch(/^02:/);
  });

  it("is left to chance on a host without an identity", () => {
    expect(tapMac("", "tap0")).toBeUndefined();
  });
});
