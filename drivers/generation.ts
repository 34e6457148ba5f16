/// <reference path="../stack/base/native.d.ts" />
// The generation of a machine: 16 bytes that its host changes when the machine is copied, or set back to a snapshot; a move to
// another host leaves them. What was to be random before is then known to others. Read: Microsoft, Virtual Machine
// Generation ID (2012); QEMU docs/specs/vmgenid.rst. The host also interrupts; it is enough to look.

import { AcpiTables } from "./acpi/tables.ts";
import { decodeGenerationAddress, GENERATION_LENGTH, generationAddress, little } from "./acpi/wire.ts";
import type { FwCfg } from "./fw-cfg.ts";
import type { Hal } from "./hal.ts";

/** Where firmware tells QEMU that the generation is. */
const FW_CFG_NAME = "etc/vmgenid_addr";
const WORDS = GENERATION_LENGTH / 4;

export class Generation {
  /** Where it is; 0: this host does not offer one. */
  readonly address: number;
  /** As it was when it was looked at last. */
  readonly bytes: Uint8Array = new Uint8Array(GENERATION_LENGTH);
  private readonly hal: Hal;
  private readonly words: number[] = [];

  constructor(hal: Hal, fwCfg: FwCfg) {
    this.hal = hal;
    const address = findGeneration(hal, fwCfg);
    this.address = address !== 0 && hal.mapDevice(address, GENERATION_LENGTH) ? address : 0;
    for (let i = 0; i < WORDS; i++) this.words.push(0);
    this.changed();
  }

  /** Whether it is another than when this was last asked. */
  changed(): boolean {
    if (this.address === 0) return false;
    let changed = false;
    for (let i = 0; i < WORDS; i++) {
      const word = this.hal.deviceRead(this.address + 4 * i, 4);
      if (word === this.words[i]) continue;
      this.words[i] = word;
      nativeStoreLittle32(this.bytes, 4 * i, word);
      changed = true;
    }
    return changed;
  }
}

/** QEMU's fw_cfg has it, under whatever firmware; of other hosts ACPI. 0: none. */
function findGeneration(hal: Hal, fwCfg: FwCfg): number {
  for (const file of fwCfg.named(FW_CFG_NAME)) return generationAddress(little(fwCfg.read(file, 8), 0, 8));
  if (fwCfg.present || hal.xenShared() !== 0) return 0;
  const acpi = new AcpiTables(hal);
  const address = decodeGenerationAddress(acpi.dsdt());
  if (address !== 0) return address;
  for (const table of acpi.tables("SSDT")) {
    const found = decodeGenerationAddress(table);
    if (found !== 0) return found;
  }
  return 0;
}
