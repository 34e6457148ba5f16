import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DerReader, INTEGER, NOTHING, OCTET_STRING, SEQUENCE } from "../../../stack/x509/der.ts";
import { element, integer, octets, sequence, small } from "../../../stack/x509/writer.ts";
import { hex, pattern, toHex } from "../../support/bytes.ts";

function reader(bytes: Uint8Array): DerReader {
  return new DerReader(bytes, 0, bytes.length);
}

/** What `skip` takes of it: the content in hexadecimal, or "fault". */
function taken(text: string): string {
  const r = reader(hex(text));
  r.skip();
  return r.failed ? "fault" : toHex(r.bytes, r.content, r.contentEnd - r.content);
}

describe("DER read", () => {
  test("lengths are in the shortest form and definite, and contents are there", () => {
    expect(taken("0400")).toBe("");
    expect(taken("0401 aa")).toBe("aa");
    expect(taken("0402 aabb cc")).toBe("aabb");
    expect(taken("04")).toBe("fault");
    expect(taken("0402 aa")).toBe("fault");
    expect(taken("0480 aa0000")).toBe("fault");
    expect(taken("0481 01 aa")).toBe("fault");
    expect(taken("0481 7f")).toBe("fault");
    expect(taken("0481")).toBe("fault");
    expect(taken("0482 0001 aa")).toBe("fault");
    expect(taken("0482 0080")).toBe("fault");
    expect(taken("0483 000100")).toBe("fault");
    expect(taken("0484 00000001 aa")).toBe("fault");
    expect(taken("04ff")).toBe("fault");
    expect(taken("1f8101 00")).toBe("fault");
  });

  test("lengths of one, two and three bytes are read as they are written", () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000]) {
      const content = pattern(length);
      const bytes = octets(content);
      const r = reader(bytes);
      r.next(OCTET_STRING);
      expect(r.failed).toBe(false);
      expect(r.contentEnd - r.content).toBe(length);
      expect(r.at).toBe(bytes.length);
      expect(r.peek()).toBe(NOTHING);
    }
  });

  test("a structure is entered, and left only when it has been read to its end", () => {
    const bytes = sequence([sequence([small(1)]), small(2)]);
    const r = reader(bytes);
    const all = r.enter(SEQUENCE);
    const inner = r.enter(SEQUENCE);
    expect(r.small()).toBe(1);
    r.leave(inner);
    expect(r.small()).toBe(2);
    r.leave(all);
    expect(r.failed).toBe(false);
    const early = reader(bytes);
    const outer = early.enter(SEQUENCE);
    early.enter(SEQUENCE);
    early.leave(outer);
    expect(early.failed).toBe(true);
  });

  test("after a fault every read does nothing and says so", () => {
    const r = reader(sequence([small(1), small(2)]));
    const outer = r.enter(SEQUENCE);
    r.next(OCTET_STRING);
    expect(r.failed).toBe(true);
    expect(r.peek()).toBe(NOTHING);
    expect(r.small()).toBe(-1);
    expect(r.boolean()).toBe(false);
    r.octetsOfBits();
    r.leave(outer);
    expect(r.failed).toBe(true);
  });

  test("an integer is in its shortest form", () => {
    const numbers: readonly (readonly [string, number])[] = [
      ["0201 00", 0],
      ["0201 7f", 127],
      ["0202 0080", 128],
      ["0204 7fffffff", 2_147_483_647],
      ["0200", -1],
      ["0202 007f", -1],
      ["0202 ff80", -1],
      ["0201 80", -1],
      ["0205 0080000000", -1],
      ["0301 00", -1],
    ];
    for (const [text, value] of numbers) expect(reader(hex(text)).small()).toBe(value);
  });

  test("a boolean is 00 or ff, bits that are read as bytes fill them", () => {
    const truths: readonly (readonly [string, boolean, boolean])[] = [
      ["0101 ff", true, false],
      ["0101 00", false, false],
      ["0101 01", false, true],
      ["0100", false, true],
      ["0102 ffff", false, true],
      ["0201 ff", false, true],
    ];
    for (const [text, value, failed] of truths) {
      const r = reader(hex(text));
      expect(r.boolean()).toBe(value);
      expect(r.failed).toBe(failed);
    }
    for (const [text, failed] of [
      ["0302 00aa", false],
      ["0301 00", false],
      ["0300", true],
      ["0302 01aa", true],
    ] as const) {
      const r = reader(hex(text));
      r.octetsOfBits();
      expect(r.failed).toBe(failed);
    }
  });

  test("whatever the bytes are, what is read lies among them", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const r = reader(bytes);
        r.enter(SEQUENCE);
        for (let i = 0; i < 20; i++) {
          r.skip();
          expect(r.content >= 0 && r.content <= r.contentEnd && r.contentEnd <= bytes.length).toBe(true);
        }
        r.integer();
        r.octetsOfBits();
        expect(r.content <= bytes.length && r.contentEnd <= bytes.length).toBe(true);
      }),
    );
  });
});

describe("DER written", () => {
  test("a number is padded where its first bit would be a sign, and has no zeros in front", () => {
    expect(toHex(integer(hex("00 00 01")))).toBe("020101");
    expect(toHex(integer(hex("80")))).toBe("02020080");
    expect(toHex(integer(hex("00")))).toBe("020100");
    expect(toHex(integer(hex("")))).toBe("020100");
  });

  test("what is written is read back", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(INTEGER, OCTET_STRING, SEQUENCE),
        (content, tag) => {
          const r = reader(element(tag, content));
          r.next(tag);
          expect(r.failed).toBe(false);
          expect(toHex(r.bytes, r.content, r.contentEnd - r.content)).toBe(toHex(content));
        },
      ),
    );
  });
});
