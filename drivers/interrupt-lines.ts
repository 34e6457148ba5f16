// Interrupts that come over a line: to an I/O APIC, which sends a message for it as MSI-X does of itself, or where no local
// APIC takes messages to a pair of 8259. Read: Intel 82093AA I/O Advanced Programmable Interrupt Controller, 3.1 and 3.2;
// ACPI 6.4, 5.2.12.3 and 5.2.13 (global system interrupts); Intel 8259A (operation command word 1), and of a PC's chipset
// (82371AB, 4.1.8) the edge and level control registers.

import type { AcpiTables } from "./acpi/tables.ts";
import { decodeIoApics, type IoApic } from "./acpi/wire.ts";
import type { Hal } from "./hal.ts";

/** Where the first one is on every PC, when no table says it. */
const USUAL: IoApic = { address: 0xfec00000, firstLine: 0 };

// 3.1: register select and window; 3.2: version, and the redirection table from 0x10 on, two registers an entry.
const SELECT = 0x00;
const WINDOW = 0x10;
const LENGTH = 0x20;
const VERSION = 1;
const TABLE = 0x10;
// 3.2.4: bits of the lower register of an entry. Fixed delivery to a physical destination, active high, are zeros.
const LEVEL = 0x8000;
const MASKED = 0x10000;
const ALL_ONES = 0xffffffff;

/** Lines that lead nowhere: what is on them is polled, or wakes nobody. */
export class InterruptLines {
  /**
   * From here on the line wakes the machine: at each rise, or with `level` as long as it is asserted. False: there is no I/O
   * APIC that has it, or no vector is left. Whether the device is behind this line only its interrupts can show.
   */
  route(_line: number, _level: boolean): boolean {
    return false;
  }
}

export const NO_LINES = new InterruptLines();

export class IoApicLines extends InterruptLines {
  private readonly hal: Hal;
  private readonly acpi: AcpiTables;
  /** Lines that have been routed. */
  private readonly routed: number[] = [];

  constructor(hal: Hal, acpi: AcpiTables) {
    super();
    this.hal = hal;
    this.acpi = acpi;
  }

  override route(line: number, level: boolean): boolean {
    const { hal, routed } = this;
    if (routed.includes(line)) return true;
    const told = decodeIoApics(this.acpi.table("APIC"));
    for (const { address, firstLine } of told.length > 0 ? told : [USUAL]) {
      if (line < firstLine || !hal.mapDevice(address, LENGTH)) continue;
      const version = this.read(address, VERSION);
      if (version === ALL_ONES || version === 0 || line - firstLine > ((version >>> 16) & 255)) continue;
      const vector = hal.takeVector();
      if (vector < 0) return false;
      const entry = TABLE + 2 * (line - firstLine);
      this.write(address, entry, MASKED);
      // The local APIC that messages go to.
      this.write(address, entry + 1, ((hal.messageAddress() >>> 12) & 255) * 0x1000000);
      this.write(address, entry, level ? vector | LEVEL : vector);
      routed.push(line);
      return true;
    }
    return false;
  }

  private read(address: number, register: number): number {
    this.hal.deviceWrite(address + SELECT, 4, register);
    return this.hal.deviceRead(address + WINDOW, 4);
  }

  private write(address: number, register: number, value: number): void {
    this.hal.deviceWrite(address + SELECT, 4, register);
    this.hal.deviceWrite(address + WINDOW, 4, value);
  }
}

/** Masks of the two, and which lines are level-triggered; one bit a line, 8 to 15 at the next address. */
const MASK_FIRST = 0x21;
const MASK_SECOND = 0xa1;
const LEVELS = 0x4d0;
const PIC_LINES = 16;
/** The timer, and where the second one is. */
const TAKEN_LINES = 0b101;
const ABSENT = 0xff;

/** The 8259 of a PC, which image/runtime/virtual/timer.c has set up. */
export class PicLines extends InterruptLines {
  private readonly hal: Hal;

  constructor(hal: Hal) {
    super();
    this.hal = hal;
  }

  override route(line: number, level: boolean): boolean {
    if (line < 0 || line >= PIC_LINES || ((TAKEN_LINES >> line) & 1) !== 0) return false;
    const { hal } = this;
    const first = line < 8;
    const bit = 1 << (line & 7);
    const mask = hal.portRead(first ? MASK_FIRST : MASK_SECOND, 1);
    // Where there is one, it lets the timer in.
    if (hal.portRead(MASK_FIRST, 1) === ABSENT) return false;
    const levels = hal.portRead(first ? LEVELS : LEVELS + 1, 1);
    hal.portWrite(first ? LEVELS : LEVELS + 1, 1, level ? levels | bit : levels & ~bit);
    hal.portWrite(first ? MASK_FIRST : MASK_SECOND, 1, mask & ~bit);
    return true;
  }
}
