// Which line of TypeScript an address of machine code came from: a table in the image, by which a fault of the compiled
// side is told as a person can read it. Taken from the line numbers that gcc wrote (DWARF), read by objdump.
//
// The table: count of names (varint), the names each ending in NUL, count of rows, distance of the first from the anchor
// (modulo 2^64), then a row for each address where the line changes: twice the distance from the row before, and 1 if
// the file is another; then that file's name + 1, or 0 for "none"; and, but for none, how much greater than that of the row
// before the line is (zigzag). All are varints. Code from no TypeScript that is inlined counts to the line before it.

import { run } from "./run.ts";

/** The function of the compiled side that addresses are counted from. */
export const ANCHOR = "below_install";

export interface Row {
  readonly address: number;
  /** "" where the code is nobody's. */
  readonly file: string;
  readonly line: number;
}

/** The table for a linked program that still has its symbols. */
export async function placesOf(program: string): Promise<Uint8Array> {
  const anchor = / *([0-9a-f]+) T below_install$/m.exec(await run("nm", [program]))?.[1];
  if (anchor === undefined) throw new Error(`${program} has no ${ANCHOR}`);
  const lines = await run("objdump", ["--dwarf=decodedline", "-WL", program], { label: "reading line numbers" });
  return encode(parse(lines), Number.parseInt(anchor, 16));
}

/** objdump's table: a heading "path/file.ts:" when the file changes, then "file.ts LINE ADDRESS"; "-" ends a piece. */
export function parse(text: string): Row[] {
  const rows: Row[] = [];
  let file = "";
  for (const row of text.split("\n")) {
    const heading = /^(?:\.\/)?(\S+\.\w+):(?:\[\+\+\])?$/.exec(row);
    if (heading !== null) file = heading[1]!;
    const entry = /^\S+ +(\d+|-) +0x([0-9a-f]+)/.exec(row);
    if (entry === null) continue;
    const ours = file.endsWith(".ts") && entry[1] !== "-";
    if (!ours && entry[1] !== "-") continue;
    rows.push({ address: Number.parseInt(entry[2]!, 16), file: ours ? file : "", line: ours ? Number(entry[1]) : 0 });
  }
  // Of several rows for one address the last counts; an end gives way to a beginning.
  const sorted = rows
    .map((row, i) => ({ row, i }))
    .sort((a, b) => a.row.address - b.row.address || order(a.row) - order(b.row) || a.i - b.i);
  const distinct: Row[] = [];
  for (const { row } of sorted) {
    const last = distinct.at(-1);
    if (last?.address === row.address) distinct.pop();
    const before = distinct.at(-1);
    if (before === undefined ? row.file === "" : before.file === row.file && before.line === row.line) continue;
    distinct.push(row);
  }
  return distinct;
}

function order(row: Row): number {
  return row.file === "" ? 0 : 1;
}

export function encode(rows: readonly Row[], anchor: number): Uint8Array {
  const often = new Map<string, number>();
  for (const { file } of rows) if (file !== "") often.set(file, (often.get(file) ?? 0) + 1);
  // Small numbers for those that come often.
  const names = [...often].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([file]) => file);
  const numbers = new Map(names.map((file, i) => [file, i + 1]));
  const bytes: number[] = [];
  const varint = (value: number | bigint): void => {
    let rest = BigInt(value);
    for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    bytes.push(Number(rest));
  };
  varint(names.length);
  for (const name of names) bytes.push(...new TextEncoder().encode(name), 0);
  varint(rows.length);
  let last: Row = { address: rows[0]?.address ?? anchor, file: "", line: 0 };
  varint(BigInt.asUintN(64, BigInt(last.address - anchor)));
  for (const { address, file, line } of rows) {
    varint(2 * (address - last.address) + (file === last.file ? 0 : 1));
    if (file !== last.file) varint(numbers.get(file) ?? 0);
    const more = line - last.line;
    if (file !== "") varint(more < 0 ? -2 * more - 1 : 2 * more);
    last = { address, file, line: file === "" ? last.line : line };
  }
  return Uint8Array.from(bytes);
}
