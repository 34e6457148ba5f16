// ACPI's tables in memory. Read: ACPI 6.4, 5.2.5 (RSDP and where it is looked for), 5.2.6 to 5.2.9. They are looked for only by
// who needs one: a machine without PCI, or a device whose interrupts go through an I/O APIC. A table whose length cannot
// be, which cannot be mapped, or whose bytes do not add up to 0 is as good as none.

import { type Hal, PAGE_SIZE } from "../hal.ts";
import { little, sumsToZero, TABLE_HEADER } from "./wire.ts";

/** 5.2.5.1: where the RSDP is, at a multiple of 16. */
const RSDP_FROM = 0xe0000;
const RSDP_TO = 0x100000;
const RSD = 0x20445352;
const PTR = 0x20525450;
/** Bytes of a table that are read at most, and tables that are looked at. */
export const MOST_TABLE = 256 * 1024;
export const MOST_TABLES = 64;
/** 5.2.9: in the FADT, DSDT and X_DSDT. */
const FADT_DSDT = 40;
const FADT_X_DSDT = 140;

const NOTHING = new Uint8Array(0);

export class AcpiTables {
  private readonly hal: Hal;
  private looked = false;
  /** Addresses of the tables that RSDT or XSDT list. */
  private readonly addresses: number[] = [];

  constructor(hal: Hal) {
    this.hal = hal;
  }

  /** The first table with this signature; no bytes when there is none. */
  table(signature: string): Uint8Array {
    this.look();
    for (const address of this.addresses) {
      const found = this.read(address, signature);
      if (found.length > 0) return found;
    }
    return NOTHING;
  }

  /** All with this signature, for of some there are several. */
  tables(signature: string): Uint8Array[] {
    this.look();
    const all: Uint8Array[] = [];
    for (const address of this.addresses) {
      const found = this.read(address, signature);
      if (found.length > 0) all.push(found);
    }
    return all;
  }

  /** 5.2.9: the table that the FADT names. */
  dsdt(): Uint8Array {
    const fadt = this.table("FACP");
    const wide = fadt.length >= FADT_X_DSDT + 8 ? little(fadt, FADT_X_DSDT, 8) : 0;
    const address = wide === 0 && fadt.length >= FADT_DSDT + 4 ? little(fadt, FADT_DSDT, 4) : wide;
    return this.read(address, "DSDT");
  }

  private look(): void {
    if (this.looked) return;
    this.looked = true;
    const rsdp = this.findRsdp();
    if (rsdp.length === 0) return;
    const wide = rsdp.length === 36 ? little(rsdp, 24, 8) : 0;
    const list = wide !== 0 ? this.read(wide, "XSDT") : this.read(little(rsdp, 16, 4), "RSDT");
    const size = wide !== 0 ? 8 : 4;
    for (let at = TABLE_HEADER; at + size <= list.length && this.addresses.length < MOST_TABLES; at += size) {
      this.addresses.push(little(list, at, size));
    }
  }

  /** 5.2.5.3: its 20 bytes, or 36 of one of revision 2. */
  private findRsdp(): Uint8Array {
    const { hal } = this;
    if (!hal.mapDevice(RSDP_FROM, RSDP_TO - RSDP_FROM)) return NOTHING;
    for (let at = RSDP_FROM; at + 36 <= RSDP_TO; at += 16) {
      if (hal.deviceRead(at, 4) !== RSD || hal.deviceRead(at + 4, 4) !== PTR) continue;
      if (!sumsToZero(this.bytes(at, 20))) continue;
      const whole = this.bytes(at, 36);
      return whole[15]! >= 2 && sumsToZero(whole) ? whole : whole.slice(0, 20);
    }
    return NOTHING;
  }

  private read(address: number, signature: string): Uint8Array {
    const { hal } = this;
    if (address < PAGE_SIZE || address > 2 ** 52 || !hal.mapDevice(address, TABLE_HEADER)) return NOTHING;
    for (let i = 0; i < 4; i++) if (hal.deviceRead(address + i, 1) !== signature.charCodeAt(i)) return NOTHING;
    const length = little(this.bytes(address + 4, 4), 0, 4);
    if (length < TABLE_HEADER || length > MOST_TABLE || !hal.mapDevice(address, length)) return NOTHING;
    const found = this.bytes(address, length);
    return sumsToZero(found) ? found : NOTHING;
  }

  /** They are mapped. One by one: a table may begin anywhere. */
  private bytes(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.hal.deviceRead(address + i, 1);
    return bytes;
  }
}
