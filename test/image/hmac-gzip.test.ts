import { createHmac } from "node:crypto";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../../image/native-node.ts";
import { gzip } from "../../image/gzip.ts";
import { hmacSha256 } from "../../image/hmac.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("HMAC-SHA-256", () => {
  it("gives the vectors of RFC 4231 (cases 1, 2, 6)", () => {
    const text = (words: string): Uint8Array => new TextEncoder().encode(words);
    expect(hex(hmacSha256(new Uint8Array(20).fill(0x0b), text("Hi There")))).toBe(
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    );
    expect(hex(hmacSha256(text("Jefe"), text("what do ya want for nothing?")))).toBe(
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
    const long = "Test Using Larger Than Block-Size Key - Hash Key First";
    expect(hex(hmacSha256(new Uint8Array(131).fill(0xaa), text(long)))).toBe(
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    );
  });

  it("agrees with Node for keys around the block's size", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 130 }), fc.uint8Array(), (key, bytes) => {
        expect(hex(hmacSha256(key, bytes))).toBe(createHmac("sha256", key).update(bytes).digest("hex"));
      }),
    );
  });
});

describe("gzip", () => {
  it("is read by Node, for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 1, max: 9 }), (bytes, level) => {
        expect(hex(gunzipSync(gzip(bytes, level)))).toBe(hex(bytes));
      }),
    );
  });
});
