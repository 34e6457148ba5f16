// Message signalled interrupts. Read: PCI Local Bus Specification 3.0, 6.8.2 (MSI-X capability and table).

import type { Hal } from "../hal.ts";
import type { Bars } from "./bar.ts";
import { CAPABILITY_MSIX, type ConfigSpace, type PciAddress } from "./config.ts";

// 6.8.2.3: message control; 6.8.2.4, 6.8.2.5: where the table and the pending bits lie.
const MESSAGE_CONTROL = 2;
const TABLE = 4;
const PENDING = 8;
const TABLE_SIZE = 0x07ff;
const FUNCTION_MASK = 0x4000;
const ENABLE = 0x8000;
const BAR_INDICATOR = 0x7;

// 6.8.2.6 to 6.8.2.9: a table entry.
const ENTRY_SIZE = 16;
const ENTRY_ADDRESS_LOW = 0;
const ENTRY_ADDRESS_HIGH = 4;
const ENTRY_DATA = 8;
const ENTRY_CONTROL = 12;
const ENTRY_MASKED = 1;

const TWO_32 = 0x100000000;

export class Msix {
  private readonly hal: Hal;
  private readonly config: ConfigSpace;
  private readonly fn: PciAddress;
  private readonly capability: number;
  /** Number of table entries; 0: the function has no MSI-X that can be used. */
  readonly entries: number;
  private readonly table: number;
  private readonly pendingBits: number;

  constructor(hal: Hal, config: ConfigSpace, fn: PciAddress, bars: Bars) {
    this.hal = hal;
    this.config = config;
    this.fn = fn;
    let at = 0;
    for (const capability of config.capabilities(fn)) {
      if (at === 0 && config.read(fn, capability, 1) === CAPABILITY_MSIX) at = capability;
    }
    this.capability = at;
    let entries = 0;
    let table = -1;
    let pending = -1;
    if (at !== 0) {
      // The size field holds N - 1.
      entries = (config.read(fn, at + MESSAGE_CONTROL, 2) & TABLE_SIZE) + 1;
      const where = config.read(fn, at + TABLE, 4);
      table = bars.map(where & BAR_INDICATOR, where - (where & BAR_INDICATOR), entries * ENTRY_SIZE);
      const bits = config.read(fn, at + PENDING, 4);
      pending = bars.map(bits & BAR_INDICATOR, bits - (bits & BAR_INDICATOR), Math.ceil(entries / 64) * 8);
    }
    this.entries = table < 0 ? 0 : entries;
    this.table = table;
    this.pendingBits = pending;
  }

  /** Masks every entry, then turns MSI-X on; from here on the function raises no INTx (6.8.2.3). */
  enable(): void {
    if (this.entries === 0) return;
    // With the function mask set no message leaves while the table holds rubbish.
    this.control(ENABLE | FUNCTION_MASK);
    for (let i = 0; i < this.entries; i++) this.mask(i);
    this.control(ENABLE);
  }

  disable(): void {
    if (this.entries !== 0) this.control(0);
  }

  /** Points the entry to a message and unmasks it. */
  route(entry: number, address: number, data: number): void {
    const at = this.entry(entry);
    // 6.8.2.7: address and data may be changed only while masked.
    this.mask(entry);
    this.hal.deviceWrite(at + ENTRY_ADDRESS_LOW, 4, address % TWO_32);
    this.hal.deviceWrite(at + ENTRY_ADDRESS_HIGH, 4, Math.floor(address / TWO_32));
    this.hal.deviceWrite(at + ENTRY_DATA, 4, data);
    this.unmask(entry);
  }

  mask(entry: number): void {
    this.hal.deviceWrite(this.entry(entry) + ENTRY_CONTROL, 4, ENTRY_MASKED);
  }

  unmask(entry: number): void {
    this.hal.deviceWrite(this.entry(entry) + ENTRY_CONTROL, 4, 0);
  }

  /** Whether a message waits because its entry is masked. */
  pending(entry: number): boolean {
    if (this.pendingBits < 0 || entry >= this.entries) return false;
    const word = this.hal.deviceRead(this.pendingBits + Math.floor(entry / 32) * 4, 4);
    return ((word >>> (entry & 31)) & 1) === 1;
  }

  private entry(entry: number): number {
    if (entry < 0 || entry >= this.entries) throw new RangeError(`MSI-X entry ${entry} of ${this.entries}`);
    return this.table + entry * ENTRY_SIZE;
  }

  private control(bits: number): void {
    const at = this.capability + MESSAGE_CONTROL;
    const kept = this.config.read(this.fn, at, 2) & ~(ENABLE | FUNCTION_MASK);
    this.config.write(this.fn, at, 2, kept | bits);
  }
}
