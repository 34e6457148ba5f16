// The table of places: what is read of objdump's listing, and that the numbers which image/runtime/below.c reads name each
// address as the listing does.
import { describe, expect, it } from "vitest";
import { encode, parse, type Row } from "../../image/build/places.ts";

const LISTING = `
stack/tcp/tcp.ts:
tcp.ts                                       7            0x1010               x
tcp.ts                                       9            0x1018               x
./image/runtime/below.h:
below.h                                     31            0x101c               x
./stack/base/bytes.ts:[++]
bytes.ts                                     3            0x1020               x
tcp.ts:
stack/tcp/tcp.ts:
tcp.ts                                       9            0x1024               x
tcp.ts                                       -            0x1030

scr_bytes.c:
scr_bytes.c                                 70            0x1030               x
scr_bytes.c                                  -            0x1040
`;

const tcp = "stack/tcp/tcp.ts";
const rows: readonly Row[] = [
  { address: 0x1010, file: tcp, line: 7 },
  { address: 0x1018, file: tcp, line: 9 },
  { address: 0x1020, file: "stack/base/bytes.ts", line: 3 },
  { address: 0x1024, file: tcp, line: 9 },
  { address: 0x1030, file: "", line: 0 },
];

/** As below_where does it. */
function where(table: Uint8Array, anchor: number, address: number): string {
  let at = 0;
  const number = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = table[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const names: string[] = [];
  for (let left = number(); left > 0n; left--) {
    const end = table.indexOf(0, at);
    names.push(new TextDecoder().decode(table.subarray(at, end)));
    at = end + 1;
  }
  const count = number();
  let [here, name, line] = [BigInt.asUintN(64, BigInt(anchor) + number()), 0, 0];
  for (let left = count; left > 0n; left--) {
    const step = number();
    here += step / 2n;
    if (here > BigInt(address)) break;
    if ((step & 1n) !== 0n) name = Number(number());
    const more = name === 0 ? 0 : Number(number());
    line += more % 2 === 1 ? -(more + 1) / 2 : more / 2;
  }
  return name === 0 ? "" : `${names[name - 1]}:${line}`;
}

describe("the table of places", () => {
  it("has a row for each change of the line; code of no TypeScript belongs to the line before it", () => {
    expect(parse(LISTING)).toEqual(rows);
  });

  it.each([0x800, 0x1014, 0x900000])("names addresses, counted from an anchor at %i", (anchor) => {
    const table = encode(rows, anchor);
    const told = [0x100f, 0x1010, 0x1017, 0x1018, 0x101f, 0x1020, 0x1024, 0x102f].map((a) => where(table, anchor, a));
    const bytes = "stack/base/bytes.ts:3";
    expect(told).toEqual(["", `${tcp}:7`, `${tcp}:7`, `${tcp}:9`, `${tcp}:9`, bytes, `${tcp}:9`, `${tcp}:9`]);
    expect(where(table, anchor, 0x1030)).toBe("");
  });
});
