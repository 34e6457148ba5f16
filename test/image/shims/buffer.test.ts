import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Buffer as Own } from "../../../image/shims/buffer.ts";

const ENCODINGS = ["utf8", "hex", "base64", "latin1"] as const;

describe("Buffer", () => {
  test("writes text as Node does, in each encoding and range", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(20), fc.nat(20), (bytes, start, end) => {
        for (const encoding of ENCODINGS) {
          expect(Own.from(bytes).toString(encoding, start, end)).toBe(
            Buffer.from(bytes).toString(encoding, start, end),
          );
          const text = Buffer.from(bytes).toString(encoding);
          expect([...Own.from(text, encoding)]).toEqual([...Buffer.from(text, encoding)]);
        }
      }),
    );
  });

  test("slices as Node does, as views", () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.integer({ min: -20, max: 20 }),
        fc.integer({ min: -20, max: 20 }),
        (b, from, to) => {
          const slice = Own.from(b).slice(from, to);
          expect([...slice]).toEqual([...Buffer.from(b).subarray(from, to)]);
          expect(slice.buffer).toBe(b.buffer);
        },
      ),
    );
  });

  test("numbers go in and out in network order, and never past the end", () => {
    const bytes = Own.alloc(7);
    expect([bytes.writeUInt32BE(0xfedcba98, 0), bytes.writeUInt16BE(0x1234, 4), bytes.writeUInt8(255, 6)]).toEqual([
      4, 6, 7,
    ]);
    expect([...bytes]).toEqual([0xfe, 0xdc, 0xba, 0x98, 0x12, 0x34, 0xff]);
    expect([bytes.readUInt32BE(0), bytes.readUInt16BE(4), bytes.readUInt8(6)]).toEqual([0xfedcba98, 0x1234, 255]);
    expect(() => bytes.readUInt32BE(4)).toThrow(RangeError);
    expect(() => bytes.writeUInt8(1, 7)).toThrow(RangeError);
  });

  test("write, copy, equals, concat", () => {
    const bytes = Own.alloc(6);
    expect(bytes.write("ffee", "hex")).toBe(2);
    expect(bytes.write("abc", 3, 2, "utf8")).toBe(2);
    expect([...bytes]).toEqual([0xff, 0xee, 0, 97, 98, 0]);
    expect(Own.from("xyz").copy(bytes, 4, 1)).toBe(2);
    expect([...bytes.slice(4)]).toEqual([121, 122]);
    expect(Own.concat([Own.from("ab"), Own.from([0x63])]).equals(Own.from("abc"))).toBe(true);
    expect([Own.isBuffer(bytes), Own.isBuffer(new Uint8Array(1))]).toEqual([true, false]);
  });
});
