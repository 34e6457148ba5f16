// Base address registers. Read: PCI Local Bus Specification 3.0, 6.2.5.1.

import type { Hal } from "../hal.ts";
import { PORT_SPACE } from "../registers.ts";
import { BAR0, COMMAND, COMMAND_IO, COMMAND_MEMORY, type ConfigSpace, type PciAddress } from "./config.ts";

/** BARs of a header of layout 0. */
export const BARS = 6;

const IO_SPACE = 0x1;
const TYPE = 0x6;
const TYPE_64 = 0x4;
const MEMORY_FLAGS = 0xf;
const TWO_32 = 0x100000000;

/** Addresses that JavaScript numbers and our page tables can hold; an x86-64 machine has at most 52 bits. */
const ADDRESS_LIMIT = PORT_SPACE;
const IO_FLAGS = 0x3;
/** A PC has ports of 16 bits; a device need not have the bits above them. */
const PORT_LIMIT = 0x10000;

/** A function's BARs, by number; one that is absent or the upper half of another has size 0. */
export class Bars {
  private readonly hal: Hal;
  /** Physical address, or PORT_SPACE and a port; 0 when nothing was assigned. */
  readonly address: number[] = [];
  readonly size: number[] = [];

  /** Finds out the sizes, which needs the function's decoding to be off for a moment. */
  constructor(hal: Hal, config: ConfigSpace, fn: PciAddress) {
    this.hal = hal;
    const command = config.read(fn, COMMAND, 2);
    config.write(fn, COMMAND, 2, command & ~(COMMAND_IO | COMMAND_MEMORY));
    for (let i = 0; i < BARS; i++) {
      this.address.push(0);
      this.size.push(0);
      const low = config.read(fn, BAR0 + 4 * i, 4);
      if ((low & IO_SPACE) !== 0) {
        const port = (low - (low & IO_FLAGS)) % PORT_LIMIT;
        this.address[i] = port === 0 ? 0 : PORT_SPACE + port;
        this.size[i] = lowestBit(probe(config, fn, i, low) & (PORT_LIMIT - 1) & ~IO_FLAGS, 0);
        continue;
      }
      const wide = (low & TYPE) === TYPE_64 && i + 1 < BARS;
      const high = wide ? config.read(fn, BAR0 + 4 * i + 4, 4) : 0;
      const sizeLow = probe(config, fn, i, low);
      const sizeHigh = wide ? probe(config, fn, i + 1, high) : 0;
      this.address[i] = high * TWO_32 + (low - (low & MEMORY_FLAGS));
      this.size[i] = lowestBit(sizeLow - (sizeLow & MEMORY_FLAGS), sizeHigh);
      if (wide) {
        this.address.push(0);
        this.size.push(0);
        i++;
      }
    }
    config.write(fn, COMMAND, 2, command);
  }

  /** Maps a range of a memory BAR and returns its address; -1 when it does not lie in an assigned one or cannot be mapped. */
  map(bar: number, offset: number, length: number): number {
    const at = this.place(bar, offset, length);
    return at < PORT_SPACE ? at : -1;
  }

  /** As `map`, for what may as well lie in I/O space: then PORT_SPACE and a port. */
  place(bar: number, offset: number, length: number): number {
    if (bar < 0 || bar >= BARS || length < 1 || offset < 0) return -1;
    const address = this.address[bar]!;
    const size = this.size[bar]!;
    if (address === 0 || offset + length > size) return -1;
    if (address > ADDRESS_LIMIT) return address + size <= PORT_SPACE + PORT_LIMIT ? address + offset : -1;
    if (address + size > ADDRESS_LIMIT) return -1;
    return this.hal.mapDevice(address + offset, length) ? address + offset : -1;
  }
}

/** Writes all ones, reads which bits stuck, puts the value back. */
function probe(config: ConfigSpace, fn: PciAddress, bar: number, value: number): number {
  config.write(fn, BAR0 + 4 * bar, 4, 0xffffffff);
  const stuck = config.read(fn, BAR0 + 4 * bar, 4);
  config.write(fn, BAR0 + 4 * bar, 4, value);
  return stuck;
}

/** The size is the lowest address bit that can be written. */
function lowestBit(low: number, high: number): number {
  if (low !== 0) return (low & -low) >>> 0;
  return high === 0 ? 0 : ((high & -high) >>> 0) * TWO_32;
}
