// Where a virtio PCI device has its structures. Read: Virtual I/O Device (VIRTIO) 1.2, 4.1.4.
// The PCI configuration access structure (4.1.4.9) is for firmware and not used here.

import type { Bars } from "../pci/bar.ts";
import { CAPABILITY_VENDOR, type ConfigSpace, type PciAddress } from "../pci/config.ts";

// 4.1.4: struct virtio_pci_cap.
const CAP_LENGTH = 2;
const CAP_TYPE = 3;
const CAP_BAR = 4;
const CAP_OFFSET = 8;
const CAP_STRUCTURE_LENGTH = 12;
const CAP_SIZE = 16;
// 4.1.4.4: struct virtio_pci_notify_cap.
const CAP_NOTIFY_MULTIPLIER = 16;
const CAP_NOTIFY_SIZE = 20;

// 4.1.4: cfg_type.
const TYPE_COMMON = 1;
const TYPE_NOTIFY = 2;
const TYPE_ISR = 3;
const TYPE_DEVICE = 4;

/** 4.1.4.3: struct virtio_pci_common_cfg up to queue_device; what version 1.2 adds behind it is not used. */
const COMMON_LENGTH = 56;
/** Of a structure longer than this only the beginning is mapped: no device type and no queue used here needs more. */
export const MOST_STRUCTURE_BYTES = 1024 * 1024;

/** Where the structures lie, in memory (mapped) or in I/O space (registers.ts); -1 where there is none that can be used. */
export class VirtioStructures {
  common = -1;
  notify = -1;
  notifyLength = 0;
  notifyMultiplier = 0;
  /** One byte. */
  isr = -1;
  device = -1;
  deviceLength = 0;
  /** Whether any virtio capability was seen at all: without one the device is legacy. */
  seen = false;

  constructor(config: ConfigSpace, fn: PciAddress, bars: Bars) {
    for (const at of config.capabilities(fn)) {
      if (config.read(fn, at, 1) !== CAPABILITY_VENDOR) continue;
      // 4.1.4.1: the device sets cap_len to its size; a shorter one is no virtio capability.
      const size = config.read(fn, at + CAP_LENGTH, 1);
      if (size < CAP_SIZE || at + size > 256) continue;
      const type = config.read(fn, at + CAP_TYPE, 1);
      // 4.1.4.1: unknown types are ignored.
      if (type < TYPE_COMMON || type > TYPE_DEVICE) continue;
      this.seen = true;
      this.take(config, fn, bars, at, type, size);
    }
  }

  // 4.1.4.1: the first structure of a type that the driver can support is the preferred one.
  private take(config: ConfigSpace, fn: PciAddress, bars: Bars, at: number, type: number, size: number): void {
    const bar = config.read(fn, at + CAP_BAR, 1);
    const offset = config.read(fn, at + CAP_OFFSET, 4);
    const length = Math.min(config.read(fn, at + CAP_STRUCTURE_LENGTH, 4), MOST_STRUCTURE_BYTES);
    switch (type) {
      case TYPE_COMMON:
        // 4.1.4.3.1: offset 4-byte aligned.
        if (this.common < 0 && length >= COMMON_LENGTH && offset % 4 === 0) {
          this.common = bars.place(bar, offset, COMMON_LENGTH);
        }
        break;
      case TYPE_NOTIFY: {
        // 4.1.4.4.1: offset 2-byte aligned, the multiplier 0 or an even power of 2, the structure at least 2 bytes.
        if (this.notify >= 0 || size < CAP_NOTIFY_SIZE || length < 2 || offset % 2 !== 0) break;
        const multiplier = config.read(fn, at + CAP_NOTIFY_MULTIPLIER, 4);
        if (multiplier % 2 !== 0) break;
        this.notify = bars.place(bar, offset, length);
        this.notifyLength = length;
        this.notifyMultiplier = multiplier;
        break;
      }
      case TYPE_ISR:
        // 4.1.4.5: of any alignment.
        if (this.isr < 0) this.isr = bars.place(bar, offset, 1);
        break;
      case TYPE_DEVICE:
        // 4.1.4.6.1: offset 4-byte aligned.
        if (this.device < 0 && length > 0 && offset % 4 === 0) {
          this.device = bars.place(bar, offset, length);
          this.deviceLength = length;
        }
        break;
      default:
        break;
    }
  }
}
