// How a virtio device on PCI wakes the machine: by a message (MSI-X), by its line (INTx), or not at all. Read: VIRTIO 1.2,
// 4.1.4.5 (ISR status), 4.1.5.1.2 (MSI-X vector configuration); PCI Local Bus Specification 3.0, 6.2.4 (interrupt line and pin).
//
// Which input of an I/O APIC a function's pin leads to only AML says. Chipsets of PCs lead it to the input of the number that
// firmware has written into the function, too, as they did before there were I/O APICs.

import type { Hal } from "../hal.ts";
import type { InterruptLines } from "../interrupt-lines.ts";
import {
  COMMAND,
  COMMAND_INTX_DISABLE,
  type ConfigSpace,
  INTERRUPT_LINE,
  INTERRUPT_PIN,
  type PciAddress,
} from "../pci/config.ts";
import type { Msix } from "../pci/msix.ts";
import { registerRead } from "../registers.ts";

/** 4.1.5.1.2: no interrupt. */
export const NO_VECTOR = 0xffff;
/** The only MSI-X entry used: the machine wakes and looks at every ring, whatever the message says. */
export const ENTRY = 0;
/** 6.2.4: lines of a PC. */
const LINES = 16;

export class PciInterrupt {
  private readonly hal: Hal;
  /** Messages (MSI-X) are on. */
  messages = false;
  /** The function's line is routed. */
  line = false;
  private isr = -1;

  constructor(hal: Hal) {
    this.hal = hal;
  }

  /** Takes a vector and routes the device's messages to it. Once: a reset leaves the MSI-X table as it is. */
  useMessages(msix: Msix): void {
    if (msix.entries === 0) return;
    const data = this.hal.takeVector();
    if (data < 0) return;
    msix.enable();
    msix.route(ENTRY, this.hal.messageAddress(), data);
    this.messages = true;
  }

  /** Lets the function assert its line, which `isr` (registers.ts; -1: there is none) then tells and takes back. */
  useLine(lines: InterruptLines, config: ConfigSpace, fn: PciAddress, isr: number): void {
    const line = config.read(fn, INTERRUPT_LINE, 1);
    if (isr < 0 || config.read(fn, INTERRUPT_PIN, 1) === 0 || line < 1 || line >= LINES) return;
    // Others may share it: it is not taken back before all of them have been looked at.
    if (!lines.route(line, true)) return;
    config.write(fn, COMMAND, 2, config.read(fn, COMMAND, 2) & ~COMMAND_INTX_DISABLE);
    this.isr = isr;
    this.line = true;
  }

  /** Whether the device wakes the machine. */
  get wakes(): boolean {
    return this.messages || this.line;
  }

  /** 4.1.4.5: reading clears, and the line is no longer asserted. True: it was. */
  acknowledge(): boolean {
    return this.isr >= 0 && registerRead(this.hal, this.isr, 1) !== 0;
  }
}
