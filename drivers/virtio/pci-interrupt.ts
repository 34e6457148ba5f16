// How a virtio device on PCI wakes the machine. Read: VIRTIO 1.2, 4.1.5.1.2 (MSI-X vector configuration).

import type { Hal } from "../hal.ts";
import type { Msix } from "../pci/msix.ts";

/** 4.1.5.1.2: no interrupt. */
export const NO_VECTOR = 0xffff;
/** The only MSI-X entry used: the machine wakes and looks at every ring, whatever the message says. */
export const ENTRY = 0;

export class PciInterrupt {
  /** Messages (MSI-X) are on. */
  messages = false;

  /** Takes a vector and routes the device's messages to it. Once: a reset leaves the MSI-X table as it is. */
  constructor(hal: Hal, msix: Msix) {
    if (msix.entries === 0) return;
    const data = hal.takeVector();
    if (data < 0) return;
    msix.enable();
    msix.route(ENTRY, hal.messageAddress(), data);
    this.messages = true;
  }

  /** Whether the device wakes the machine. */
  get wakes(): boolean {
    return this.messages;
  }
}
