import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../appliance/hex.ts";

describe("hexadecimal digits", () => {
  it("are bytes, and back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
  });

  it("are nothing else", () => {
    for (const text of ["0", "0g", "g0", " 0", "0\u0660", "\u0660\u0660", "0x", "-1", "1.", "\uff10\uff10"])
      expect(fromHex(text), text).toBeUndefined();
    expect(fromHex("")).toEqual(new Uint8Array(0));
  });
});
