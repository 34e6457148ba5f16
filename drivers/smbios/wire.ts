// What SMBIOS's tables say, for a machine that wants one thing of them: the strings that its host gave it. Read: DMTF DSP0134
// 3.7, 5.2 (entry points), 6.1 (structures and their strings), 7.12 (OEM strings, type 11).

import { copyBytes } from "../../stack/base/native.ts";
import { little32, sumsToZero } from "../acpi/wire.ts";

/** 5.2.1 and 5.2.2: bytes of an entry point at most. */
export const ENTRY_POINT_SIZE = 31;
const ENTRY_2_SIZE = 31;
const ENTRY_3_SIZE = 24;
const TWO_32 = 0x100000000;

/** Where the structures are. */
export interface SmbiosTable {
  readonly address: number;
  readonly length: number;
}

/** The table of the entry point at the start of the bytes; of none: address and length 0. */
export function decodeEntryPoint(bytes: Uint8Array): SmbiosTable {
  const none: SmbiosTable = { address: 0, length: 0 };
  // 5.2.2: "_SM3_", a length of 24.
  if (begins(bytes, 0, [0x5f, 0x53, 0x4d, 0x33, 0x5f])) {
    if (bytes.length < ENTRY_3_SIZE || bytes[6] !== ENTRY_3_SIZE || !sumsToZero(bytes.slice(0, ENTRY_3_SIZE)))
      return none;
    return { address: little32(bytes, 16) + little32(bytes, 20) * TWO_32, length: little32(bytes, 12) };
  }
  // 5.2.1: "_SM_", "_DMI_" within, a length of 31; 30 is what 2.1 said of the same by mistake.
  if (!begins(bytes, 0, [0x5f, 0x53, 0x4d, 0x5f]) || bytes.length < ENTRY_2_SIZE) return none;
  if (bytes[5] !== ENTRY_2_SIZE && bytes[5] !== ENTRY_2_SIZE - 1) return none;
  if (!begins(bytes, 16, [0x5f, 0x44, 0x4d, 0x49, 0x5f])) return none;
  if (!sumsToZero(bytes.slice(0, bytes[5])) || !sumsToZero(bytes.slice(16, ENTRY_2_SIZE))) return none;
  return { address: little32(bytes, 24), length: bytes[22]! + bytes[23]! * 256 };
}

/** 6.1.2. */
const HEADER_SIZE = 4;
const TYPE_OEM_STRINGS = 11;
const TYPE_END = 127;
/** Of the strings those are for us. */
const MARK: readonly number[] = [0x65, 0x70, 0x69, 0x70, 0x68, 0x79, 0x74, 0x65, 0x3a];
const NEW_LINE = 10;

export interface OemStrings {
  /** The strings for us, without "epiphyte:", a line each. */
  readonly text: Uint8Array;
  /** What is wrong with the table; what stands before it counts. "" for nothing. */
  readonly fault: string;
}

/** The strings of all structures of type 11 that begin with "epiphyte:". */
export function decodeOemStrings(table: Uint8Array): OemStrings {
  const text = new Uint8Array(table.length);
  let length = 0;
  let fault = "";
  let at = 0;
  while (at < table.length) {
    const size = at + 1 < table.length ? table[at + 1]! : 0;
    if (size < HEADER_SIZE || at + size > table.length) {
      fault = `a structure of ${size} bytes at ${at} of ${table.length}`;
      break;
    }
    const type = table[at]!;
    if (type === TYPE_END) break;
    // 6.1.3: strings, each with a zero behind it, and one more; without any there are two zeros.
    let from = at + size;
    let end = endOfString(table, from);
    while (end > from && end < table.length) {
      if (type === TYPE_OEM_STRINGS && begins(table, from, MARK)) {
        const start = from + MARK.length;
        copyBytes(text, length, table, start, end - start);
        text[length + end - start] = NEW_LINE;
        length += end - start + 1;
      }
      from = end + 1;
      end = endOfString(table, from);
    }
    if (end >= table.length) {
      fault = `strings without an end at ${from} of ${table.length}`;
      break;
    }
    at = from === at + size ? from + 2 : from + 1;
  }
  return { text: text.slice(0, length), fault };
}

/** Where its zero is; the table's length when there is none. */
function endOfString(table: Uint8Array, from: number): number {
  let at = from;
  while (at < table.length && table[at] !== 0) at++;
  return Math.min(at, table.length);
}

function begins(bytes: Uint8Array, at: number, start: readonly number[]): boolean {
  if (at + start.length > bytes.length) return false;
  for (let i = 0; i < start.length; i++) if (bytes[at + i] !== start[i]) return false;
  return true;
}
