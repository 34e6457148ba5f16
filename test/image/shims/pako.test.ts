import { deflateSync, inflateSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import crc32 from "../../../image/shims/crc32.ts";
import pako from "../../../image/shims/pako.ts";
import Sha1 from "../../../image/shims/sha1.ts";

describe("pako", () => {
  test("inflates what zlib deflates and the other way round", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        expect([...pako.inflate(deflateSync(bytes))]).toEqual([...bytes]);
        expect([...inflateSync(pako.deflate(bytes))]).toEqual([...bytes]);
      }),
    );
  });

  test("tells how much of the input follows the stream", () => {
    const stream = deflateSync("hello");
    const chunk = new Uint8Array(stream.length + 7);
    chunk.set(stream);
    const inflate = new pako.Inflate();
    inflate.push(chunk);
    expect([inflate.err, inflate.strm.avail_in, inflate.result?.length]).toEqual([0, 7, 5]);
  });

  test("reports a damaged or cut stream", () => {
    const inflate = new pako.Inflate();
    inflate.push(deflateSync("hello").subarray(0, 6));
    expect([inflate.err, inflate.result]).toEqual([-3, undefined]);
    expect(() => pako.inflate(new Uint8Array(9))).toThrow();
  });
});

describe("the other modules in the place of packages", () => {
  test("CRC-32 of the standard's check string", () => {
    expect(crc32.buf(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  });

  test("SHA-1 over pieces (FIPS 180 example)", () => {
    const hash = new Sha1().update(new TextEncoder().encode("a")).update(new TextEncoder().encode("bc"));
    expect(hash.digest("hex")).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
    expect(hash.digest().length).toBe(20);
  });
});
