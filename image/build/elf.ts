// What the builders read of an ELF that a hypervisor starts (System V ABI, "Program Header"; x86-64, little-endian).

import { BuildError } from "./run.ts";

export interface ElfImage {
  /** Physical address at which it is entered. */
  readonly entry: number;
  /** Physical address of its first byte; the file's first byte lies there. */
  readonly start: number;
  /** Address behind the last byte of its memory, .bss included. */
  readonly end: number;
  /** The file's bytes from the start to the last loaded one: what comes behind is zero. */
  readonly loaded: Uint8Array;
}

const PT_LOAD = 1;
const PROGRAM_HEADER_SIZE = 56;

/** Throws a BuildError when file and memory do not lie alike: then it cannot be loaded as it is. */
export function readElf(file: Uint8Array): ElfImage {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const number = (at: number): number => Number(view.getBigUint64(at, true));
  if (file.length < 64 || view.getUint32(0, false) !== 0x7f454c46) throw new BuildError("the image is not an ELF file");
  const [table, size, count] = [number(32), view.getUint16(54, true), view.getUint16(56, true)];
  if (count > 0 && (size < PROGRAM_HEADER_SIZE || table + count * size > file.length))
    throw new BuildError("the image ends within its program headers");
  let [start, end, last] = [Number.POSITIVE_INFINITY, 0, 0];
  for (let i = 0; i < count; i++) {
    const at = table + i * size;
    if (view.getUint32(at, true) !== PT_LOAD) continue;
    const [offset, address, fileSize, memorySize] = [at + 8, at + 24, at + 32, at + 40].map(number) as [
      number,
      number,
      number,
      number,
    ];
    if (start === Number.POSITIVE_INFINITY) start = address - offset;
    if (address - offset !== start) throw new BuildError("the image's segments do not lie in memory as in the file");
    end = Math.max(end, address + memorySize);
    last = Math.max(last, offset + fileSize);
  }
  if (start === Number.POSITIVE_INFINITY || start < 0)
    throw new BuildError("the image has no segment that can be loaded");
  if (last > file.length) throw new BuildError("the image ends within a segment");
  return { entry: number(24), start, end, loaded: file.subarray(0, last) };
}
