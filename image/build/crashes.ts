// musl ends what must not go on with `hlt`, which kills a process; in ring 0 it sleeps until the next interrupt and goes
// on. In the linked image each such `hlt` becomes `int3`, of the same length: a trap, and with it a panic that says where.

import { readFile, writeFile } from "node:fs/promises";
import { BuildError, run } from "./run.ts";

const HLT = 0xf4;
const INT3 = 0xcc;
// ELF-64 Object File Format, "ELF header" and "Program header".
const PROGRAM_HEADERS = 32;
const HEADER_SIZE = 54;
const HEADER_COUNT = 56;
const SEGMENT_LOAD = 1;

/** Changes the linked program, which still has its symbols; returns the names of the functions that it found. */
export async function trapCrashes(program: string): Promise<string[]> {
  const library = (await run("musl-gcc", ["-print-file-name=libc.a"])).trim();
  const theirs = functionsOf(await run("nm", [library]));
  const places = haltsIn(
    await run("objdump", ["-d", "--no-show-raw-insn", program], { label: "reading machine code" }),
  );
  const bytes = await readFile(program);
  const found: string[] = [];
  for (const { name, address } of places) {
    if (!theirs.has(name)) continue;
    const at = offsetOf(bytes, address);
    if (bytes[at] !== HLT) throw new BuildError(`${program}: no hlt in ${name} at ${address.toString(16)}`);
    bytes[at] = INT3;
    found.push(name);
  }
  await writeFile(program, bytes);
  return found;
}

/** The functions, static ones included, in the output of nm. */
export function functionsOf(symbols: string): Set<string> {
  return new Set([...symbols.matchAll(/^[0-9a-f]+ [tTwW] (\S+)$/gm)].map((match) => match[1]!));
}

export interface Halt {
  /** The function that it is in. */
  readonly name: string;
  readonly address: number;
}

/** Every `hlt` in the output of objdump. */
export function haltsIn(listing: string): Halt[] {
  const halts: Halt[] = [];
  let name = "";
  for (const row of listing.split("\n")) {
    name = /^[0-9a-f]+ <(.+)>:$/.exec(row)?.[1] ?? name;
    const halt = /^ *([0-9a-f]+):\s+hlt\b/.exec(row);
    if (halt !== null) halts.push({ name, address: Number.parseInt(halt[1]!, 16) });
  }
  return halts;
}

function offsetOf(elf: Buffer, address: number): number {
  const first = Number(elf.readBigUInt64LE(PROGRAM_HEADERS));
  for (let i = 0; i < elf.readUInt16LE(HEADER_COUNT); i++) {
    const at = first + i * elf.readUInt16LE(HEADER_SIZE);
    const [offset, start, size] = [8, 16, 32].map((field) => Number(elf.readBigUInt64LE(at + field)));
    if (elf.readUInt32LE(at) === SEGMENT_LOAD && address >= start! && address < start! + size!)
      return offset! + address - start!;
  }
  throw new BuildError(`nothing of the file lies at ${address.toString(16)}`);
}
