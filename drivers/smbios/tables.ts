// Where SMBIOS's tables are: by an entry point in the last 64 KB of the first megabyte (DSP0134 5.2), where BIOS puts it and
// cloud-hypervisor; on QEMU also in its fw_cfg, whatever the firmware makes of them. UEFI's own list of tables is not read.

import type { FwCfg } from "../fw-cfg.ts";
import { type Hal, PAGE_SIZE } from "../hal.ts";
import { decodeEntryPoint, decodeOemStrings, ENTRY_POINT_SIZE, type OemStrings } from "./wire.ts";

const SEGMENT = 0xf0000;
const SEGMENT_END = 0x100000;
/** Both kinds of entry point are at a multiple of 16. */
const STEP = 16;
/** "_SM_" and "_SM3". */
const ANCHOR_2 = 0x5f4d535f;
const ANCHOR_3 = 0x334d535f;
/** As QEMU names them. */
const TABLES_FILE = "etc/smbios/smbios-tables";
/** Bytes of tables that are read at most: those of QEMU are under one, and those of servers under ten thousand. */
export const MOST_SMBIOS = 128 * 1024;

/** The strings that the host has for us. */
export function readOemStrings(hal: Hal, fwCfg: FwCfg): OemStrings {
  if (hal.mapDevice(SEGMENT, SEGMENT_END - SEGMENT)) {
    for (let at = SEGMENT; at + ENTRY_POINT_SIZE < SEGMENT_END; at += STEP) {
      const anchor = hal.deviceRead(at, 4);
      if (anchor !== ANCHOR_2 && anchor !== ANCHOR_3) continue;
      const { address, length } = decodeEntryPoint(memory(hal, at, ENTRY_POINT_SIZE));
      if (length === 0) continue;
      if (length > MOST_SMBIOS) return tooLong(length);
      if (address < PAGE_SIZE || address > 2 ** 52 || !hal.mapDevice(address, length)) {
        return faulty(`${length} bytes at ${address}, where no table can be`);
      }
      return decodeOemStrings(memory(hal, address, length));
    }
  }
  for (const file of fwCfg.named(TABLES_FILE)) {
    return file.size > MOST_SMBIOS ? tooLong(file.size) : decodeOemStrings(fwCfg.read(file, file.size));
  }
  return faulty("");
}

function tooLong(length: number): OemStrings {
  return faulty(`${length} bytes; at most ${MOST_SMBIOS} are read`);
}

function faulty(fault: string): OemStrings {
  return { text: new Uint8Array(0), fault };
}

/** It is mapped. */
function memory(hal: Hal, address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = hal.deviceRead(address + i, 1);
  return bytes;
}
