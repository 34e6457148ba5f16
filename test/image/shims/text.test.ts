import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TextDecoder as OwnDecoder, TextEncoder as OwnEncoder } from "../../../image/shims/text.ts";

describe("TextEncoder and TextDecoder", () => {
  test("agree with Node on any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const bytes = new OwnEncoder().encode(text);
        expect([...bytes]).toEqual([...new TextEncoder().encode(text)]);
        expect(new OwnDecoder().decode(bytes)).toBe(new TextDecoder().decode(bytes));
      }),
    );
  });

  test("fatal refuses exactly what Node refuses", () => {
    const decode = (decoder: { decode(bytes: Uint8Array): string }, bytes: Uint8Array): string => {
      try {
        return decoder.decode(bytes);
      } catch (error) {
        return error instanceof TypeError ? "refused" : String(error);
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        expect(decode(new OwnDecoder("utf8", { fatal: true }), bytes)).toBe(
          decode(new TextDecoder("utf8", { fatal: true }), bytes),
        );
      }),
    );
    const replacement = new TextEncoder().encode("\ufffd");
    expect(decode(new OwnDecoder("utf8", { fatal: true }), replacement)).toBe("\ufffd");
  });

  test("takes a byte order mark away unless told not to", () => {
    const bytes = Uint8Array.of(0xef, 0xbb, 0xbf, 0x61);
    expect(new OwnDecoder().decode(bytes)).toBe("a");
    expect(new OwnDecoder("utf-8", { ignoreBOM: true }).decode(bytes)).toBe("\ufeffa");
  });

  test("knows no other encodings", () => {
    expect(() => new OwnDecoder("shift_jis")).toThrow(RangeError);
    expect(() => new OwnDecoder().decode(new Uint8Array(1), { stream: true })).toThrow("stream");
  });
});
