import fc from "fast-check";
import { expect, it } from "vitest";
import { fromHex, toHex } from "../../appliance/hex.ts";

it("writes bytes as digits and reads them back", () => {
  expect(toHex(new Uint8Array([0, 1, 0x7f, 0xff]))).toBe("00017fff");
  expect(toHex(new Uint8Array([0, 1, 0x7f, 0xff]), 1, 2)).toBe("017f");
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(fromHex(toHex(bytes))).toEqual(bytes);
    }),
  );
});

it("reads nothing else", () => {
  for (const text of ["0", "0g", "0x", " 00", "00\n", "é0"]) expect(fromHex(text)).toBe(undefined);
});
