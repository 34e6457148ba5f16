// QEMU's firmware configuration device, which has what `-fw_cfg` gives a machine. Read: QEMU docs/specs/fw_cfg.rst (selector
// and data register, signature, file directory). Through the ports, which every version has and which take a byte an access.

import { latin1 } from "../stack/base/native.ts";
import type { Hal } from "./hal.ts";

const SELECTOR = 0x510;
const DATA = 0x511;
const KEY_SIGNATURE = 0x0000;
const KEY_DIRECTORY = 0x0019;
/** "QEMU". */
const SIGNATURE: readonly number[] = [0x51, 0x45, 0x4d, 0x55];

/** Files of a directory that are looked at. QEMU has 32 places, and may be told to have more. */
export const MOST_FW_CFG_FILES = 256;
const COUNT_SIZE = 4;
const ENTRY_SIZE = 64;
const NAME_AT = 8;
const NAME_SIZE = 56;

export interface FwCfgFile {
  readonly name: string;
  readonly size: number;
  readonly key: number;
}

/** Entries of a directory: size, selector and name, numbers with the highest byte first. */
export function decodeFwCfgFiles(bytes: Uint8Array): FwCfgFile[] {
  const files: FwCfgFile[] = [];
  for (let at = 0; at + ENTRY_SIZE <= bytes.length; at += ENTRY_SIZE) {
    let length = 0;
    while (length < NAME_SIZE && bytes[at + NAME_AT + length] !== 0) length++;
    const size = big32(bytes, at);
    const key = bytes[at + 4]! * 256 + bytes[at + 5]!;
    files.push({ name: latin1(bytes, at + NAME_AT, length), size, key });
  }
  return files;
}

export class FwCfg {
  private readonly hal: Hal;
  /** Whether there is such a device: without one there are no files. */
  readonly present: boolean;
  private readonly files: readonly FwCfgFile[];

  constructor(hal: Hal) {
    this.hal = hal;
    this.present = this.isThere();
    this.files = this.present ? this.directory() : [];
  }

  /** The files of this name: one, or none. */
  named(name: string): readonly FwCfgFile[] {
    for (const file of this.files) if (file.name === name) return [file];
    return [];
  }

  /** The first `length` bytes; behind a file's end the device gives zeros. */
  read(file: FwCfgFile, length: number): Uint8Array {
    return this.bytes(file.key, length);
  }

  private isThere(): boolean {
    const found = this.bytes(KEY_SIGNATURE, SIGNATURE.length);
    for (let i = 0; i < SIGNATURE.length; i++) if (found[i] !== SIGNATURE[i]) return false;
    return true;
  }

  private directory(): FwCfgFile[] {
    const count = big32(this.bytes(KEY_DIRECTORY, COUNT_SIZE), 0);
    const entries = new Uint8Array(Math.min(count, MOST_FW_CFG_FILES) * ENTRY_SIZE);
    // The device remembers where reading stood.
    this.more(entries);
    return decodeFwCfgFiles(entries);
  }

  private bytes(key: number, length: number): Uint8Array {
    this.hal.portWrite(SELECTOR, 2, key);
    const bytes = new Uint8Array(length);
    this.more(bytes);
    return bytes;
  }

  private more(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.hal.portRead(DATA, 1);
  }
}

function big32(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x1000000 + bytes[at + 1]! * 0x10000 + bytes[at + 2]! * 0x100 + bytes[at + 3]!;
}
