// PCI configuration space. Read: PCI Local Bus Specification 3.0, 3.2.2.3.2 (configuration mechanism #1), chapter 6
// (header layout), 6.7 (capability list).

import type { Hal } from "../hal.ts";

// 3.2.2.3.2: CONFIG_ADDRESS and CONFIG_DATA.
const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const ENABLE = 0x80000000;

// 6.1, 6.2: header fields used here.
export const VENDOR_ID = 0x00;
export const DEVICE_ID = 0x02;
export const COMMAND = 0x04;
export const STATUS = 0x06;
export const REVISION_ID = 0x08;
export const PROGRAMMING_INTERFACE = 0x09;
export const SUBCLASS = 0x0a;
export const CLASS = 0x0b;
export const HEADER_TYPE = 0x0e;
export const BAR0 = 0x10;
export const SUBSYSTEM_VENDOR_ID = 0x2c;
export const SUBSYSTEM_ID = 0x2e;
export const CAPABILITIES_POINTER = 0x34;
export const INTERRUPT_LINE = 0x3c;
export const INTERRUPT_PIN = 0x3d;
// PCI-to-PCI Bridge Architecture 1.2, 3.2.5.4
export const SECONDARY_BUS = 0x19;

// 6.2.2: command register.
export const COMMAND_IO = 0x0001;
export const COMMAND_MEMORY = 0x0002;
export const COMMAND_BUS_MASTER = 0x0004;
export const COMMAND_INTX_DISABLE = 0x0400;
// 6.2.3: status register.
export const STATUS_CAPABILITIES = 0x0010;

/** Vendor ID of a function that is not there (6.1). */
export const NO_VENDOR = 0xffff;

/** Capability IDs (appendix H). */
export const CAPABILITY_VENDOR = 0x09;
export const CAPABILITY_MSIX = 0x11;

/** Where the capability list may lie (6.7): behind the header, in steps of four bytes; so it has at most 48 entries. */
const FIRST_CAPABILITY = 0x40;
const MOST_CAPABILITIES = (256 - FIRST_CAPABILITY) / 4;

/** Bus, device and function in one number, as they stand in CONFIG_ADDRESS. */
export type PciAddress = number & { readonly brand: "PciAddress" };

export function pciAddress(bus: number, device: number, fn: number): PciAddress {
  return ((bus << 16) | (device << 11) | (fn << 8)) as PciAddress;
}

export class ConfigSpace {
  private readonly hal: Hal;

  constructor(hal: Hal) {
    this.hal = hal;
  }

  /**
   * Whether there is a mechanism #1 at all: CONFIG_ADDRESS keeps what is written to it. On a machine without PCI
   * (Xen PVH, Firecracker without --enable-pci) the port floats.
   */
  present(): boolean {
    this.hal.portWrite(CONFIG_ADDRESS, 4, ENABLE);
    return this.hal.portRead(CONFIG_ADDRESS, 4) === ENABLE;
  }

  /** `offset` 0 to 255, aligned to `size` 1, 2 or 4. */
  read(address: PciAddress, offset: number, size: number): number {
    this.hal.portWrite(CONFIG_ADDRESS, 4, (ENABLE | address | (offset & 0xfc)) >>> 0);
    return this.hal.portRead(CONFIG_DATA + (offset & 3), size);
  }

  write(address: PciAddress, offset: number, size: number, value: number): void {
    this.hal.portWrite(CONFIG_ADDRESS, 4, (ENABLE | address | (offset & 0xfc)) >>> 0);
    this.hal.portWrite(CONFIG_DATA + (offset & 3), size, value);
  }

  /** Offsets of the function's capabilities, in the order of the list; ends at the first entry seen twice. */
  capabilities(address: PciAddress): number[] {
    const found: number[] = [];
    if ((this.read(address, STATUS, 2) & STATUS_CAPABILITIES) === 0) return found;
    // 6.7: the bottom two bits are reserved and masked off.
    let at = this.read(address, CAPABILITIES_POINTER, 1) & 0xfc;
    while (at >= FIRST_CAPABILITY && found.length < MOST_CAPABILITIES && !found.includes(at)) {
      found.push(at);
      at = this.read(address, at + 1, 1) & 0xfc;
    }
    return found;
  }
}
