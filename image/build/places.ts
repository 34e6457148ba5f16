// Which line of TypeScript an address of machine code came from: a table in the image, by which a fault of the compiled
// side is told as a person can read it. Taken from the line numbers that gcc wrote (DWARF), read by objdump.
//
// The table: count of names (varint), the names each ending in NUL, then a row for each address where the line changes:
// distance from the row before (varint, the first from the anchor, zigzag), name + 1 or 0 for "none", line (both varint).

import { run } from "./run.ts";

/** The function of the compiled side that addresses are counted from. */
export const ANCHOR = "below_install";

interface Row {
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
  const names = [...new Set(rows.map((row) => row.file).filter((file) => file !== ""))];
  const bytes: number[] = [];
  const varint = (value: number): void => {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
    bytes.push(rest);
  };
  varint(names.length);
  for (const name of names) bytes.push(...new TextEncoder().encode(name), 0);
  varint(rows.length);
  let last = anchor;
  for (const row of rows) {
    const step = row.address - last;
    varint(step < 0 ? -2 * step - 1 : 2 * step);
    varint(row.file === "" ? 0 : names.indexOf(row.file) + 1);
    if (row.file !== "") varint(row.line);
    last = row.address;
  }
  return Uint8Array.from(bytes);
}
