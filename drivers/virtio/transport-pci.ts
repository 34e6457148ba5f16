// Virtio over PCI: initialisation, features, queues, notifications, configuration.
// Read: VIRTIO 1.2, 2.1 (status), 2.2 (features), 3.1 (initialisation), 4.1 (PCI).

import type { Hal } from "../hal.ts";
import { Bars } from "../pci/bar.ts";
import { COMMAND, COMMAND_BUS_MASTER, COMMAND_INTX_DISABLE, COMMAND_MEMORY, ConfigSpace } from "../pci/config.ts";
import type { PciFunction } from "../pci/enumerate.ts";
import { Msix } from "../pci/msix.ts";
import { VirtioStructures } from "./capability.ts";
import type { VirtioError } from "./error.ts";
import type { Virtqueue } from "./queue.ts";

// 4.1.4.3: struct virtio_pci_common_cfg.
const DEVICE_FEATURE_SELECT = 0;
const DEVICE_FEATURE = 4;
const DRIVER_FEATURE_SELECT = 8;
const DRIVER_FEATURE = 12;
const CONFIG_MSIX_VECTOR = 16;
const NUM_QUEUES = 18;
const DEVICE_STATUS = 20;
const CONFIG_GENERATION = 21;
const QUEUE_SELECT = 22;
const QUEUE_SIZE = 24;
const QUEUE_MSIX_VECTOR = 26;
const QUEUE_ENABLE = 28;
const QUEUE_NOTIFY_OFFSET = 30;
const QUEUE_DESCRIPTORS = 32;
const QUEUE_DRIVER = 40;
const QUEUE_DEVICE = 48;

// 2.1: device status.
export const STATUS_ACKNOWLEDGE = 1;
export const STATUS_DRIVER = 2;
export const STATUS_DRIVER_OK = 4;
export const STATUS_FEATURES_OK = 8;
export const STATUS_NEEDS_RESET = 64;
export const STATUS_FAILED = 128;

// 6: reserved feature bits, as bits of the low word (0 to 31) or the high word (32 to 63).
export const FEATURE_EVENT_IDX = 1 << 29;
export const FEATURE_VERSION_1_HIGH = 1 << 0;
/** The device's accesses may be restricted or translated; with none programmed, they are not, and we program none. */
export const FEATURE_ACCESS_PLATFORM_HIGH = 1 << 1;
/** Memory accesses are ordered as those of a real device; our fences are for one. */
export const FEATURE_ORDER_PLATFORM_HIGH = 1 << 4;

/** 4.1.5.1.2: no interrupt for this queue. */
const NO_VECTOR = 0xffff;
/** The only MSI-X entry used: the machine wakes and looks at every ring, whatever the message says. */
const ENTRY = 0;
/** Reads of the status register before a reset counts as failed: some 100 ms on hardware, at once on a hypervisor. */
export const RESET_READS = 100_000;
/** Attempts to read a configuration field that changes under our eyes (2.5.1). */
const GENERATION_ATTEMPTS = 16;
const TWO_32 = 0x100000000;

export type TransportResult =
  | { readonly ok: true; readonly value: VirtioTransport }
  | { readonly ok: false; readonly error: VirtioError };

export class VirtioTransport {
  readonly hal: Hal;
  /** "00:03.0" */
  readonly name: string;
  /** False: the device has no MSI-X that can be used, so it wakes nobody and must be polled. */
  interrupts = false;
  /** Feature bits offered by the device, as of the last negotiate; unsigned. */
  offeredLow = 0;
  offeredHigh = 0;
  private readonly structures: VirtioStructures;
  private readonly msix: Msix;

  constructor(hal: Hal, name: string, structures: VirtioStructures, msix: Msix) {
    this.hal = hal;
    this.name = name;
    this.structures = structures;
    this.msix = msix;
  }

  /** Takes a vector and routes the device's messages to it. Once: a reset leaves the MSI-X table as it is. */
  enableInterrupts(): void {
    if (this.msix.entries === 0) return;
    const data = this.hal.takeVector();
    if (data < 0) return;
    this.msix.enable();
    this.msix.route(ENTRY, this.hal.messageAddress(), data);
    this.interrupts = true;
  }

  /** 2.4, 4.1.4.3.1: resets and waits, bounded, until the device says that it has. */
  reset(): boolean {
    this.write(DEVICE_STATUS, 1, 0);
    for (let i = 0; i < RESET_READS; i++) {
      if (this.read(DEVICE_STATUS, 1) === 0) return true;
    }
    return false;
  }

  status(): number {
    return this.read(DEVICE_STATUS, 1);
  }

  /**
   * 3.1.1, steps 1 to 6: reset, greet, agree on features. Of the bits wanted, those that are offered are taken;
   * VERSION_1 is required. Undefined when done; `offeredLow & wantedLow` is then what holds.
   */
  negotiate(wantedLow: number, wantedHigh: number): VirtioError | undefined {
    if (!this.reset()) return { kind: "reset-timed-out" };
    this.write(DEVICE_STATUS, 1, STATUS_ACKNOWLEDGE);
    this.write(DEVICE_STATUS, 1, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    this.write(DEVICE_FEATURE_SELECT, 4, 0);
    this.offeredLow = this.read(DEVICE_FEATURE, 4);
    this.write(DEVICE_FEATURE_SELECT, 4, 1);
    this.offeredHigh = this.read(DEVICE_FEATURE, 4);
    if ((this.offeredHigh & FEATURE_VERSION_1_HIGH) === 0) {
      this.fail();
      return { kind: "not-version-1" };
    }
    const always = FEATURE_VERSION_1_HIGH | FEATURE_ACCESS_PLATFORM_HIGH | FEATURE_ORDER_PLATFORM_HIGH;
    const low = (this.offeredLow & wantedLow) >>> 0;
    const high = (this.offeredHigh & (wantedHigh | always)) >>> 0;
    this.write(DRIVER_FEATURE_SELECT, 4, 0);
    this.write(DRIVER_FEATURE, 4, low);
    this.write(DRIVER_FEATURE_SELECT, 4, 1);
    this.write(DRIVER_FEATURE, 4, high);
    const chosen = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK;
    this.write(DEVICE_STATUS, 1, chosen);
    // 3.1.1 step 6: the device says no by not keeping the bit.
    if ((this.read(DEVICE_STATUS, 1) & STATUS_FEATURES_OK) === 0) {
      this.fail();
      return { kind: "features-refused", low, high };
    }
    // 4.1.5.1.2: a vector that the device cannot take reads back as NO_VECTOR; then configuration changes go unseen.
    this.write(CONFIG_MSIX_VECTOR, 2, this.interrupts ? ENTRY : NO_VECTOR);
    return undefined;
  }

  /** Entries that the device allows in this queue: 0 when it is not there. A number out of its range counts as 0. */
  queueSize(index: number): number {
    if (index >= this.read(NUM_QUEUES, 2)) return 0;
    this.write(QUEUE_SELECT, 2, index);
    const size = this.read(QUEUE_SIZE, 2);
    // 4.1.4.3: a power of two, at most 32768 (2.7).
    return size <= 32768 && (size & (size - 1)) === 0 ? size : 0;
  }

  /** 4.1.5.1.3: gives the queue to the device, at its size, and learns where to notify. */
  enableQueue(index: number, queue: Virtqueue): VirtioError | undefined {
    this.write(QUEUE_SELECT, 2, index);
    this.write(QUEUE_SIZE, 2, queue.size);
    this.write64(QUEUE_DESCRIPTORS, queue.descriptorsAddress);
    this.write64(QUEUE_DRIVER, queue.availableAddress);
    this.write64(QUEUE_DEVICE, queue.usedAddress);
    if (this.interrupts) {
      this.write(QUEUE_MSIX_VECTOR, 2, ENTRY);
      if (this.read(QUEUE_MSIX_VECTOR, 2) !== ENTRY) this.interrupts = false;
    } else this.write(QUEUE_MSIX_VECTOR, 2, NO_VECTOR);
    // 4.1.4.4: cap.offset + queue_notify_off * notify_off_multiplier, which must lie in the structure.
    const offset = this.read(QUEUE_NOTIFY_OFFSET, 2) * this.structures.notifyMultiplier;
    if (offset + 2 > this.structures.notifyLength) return { kind: "no-structure", structure: "notify" };
    queue.attach(index, this.structures.notify + offset);
    this.write(QUEUE_ENABLE, 2, 1);
    return undefined;
  }

  /** 3.1.1 step 8: the device is live. */
  start(): VirtioError | undefined {
    const live = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK;
    this.hal.fence();
    this.write(DEVICE_STATUS, 1, live);
    const status = this.status();
    return status === live ? undefined : { kind: "broken-at-start", status };
  }

  /** 2.1: tells the device that its driver has given up. */
  fail(): void {
    this.write(DEVICE_STATUS, 1, this.read(DEVICE_STATUS, 1) | STATUS_FAILED);
  }

  /** A field of the device configuration by one access of its own width (4.1.3.1): 1, 2 or 4; 0 when it lies outside. */
  configField(offset: number, size: number): number {
    const { device, deviceLength } = this.structures;
    if (device < 0 || offset + size > deviceLength) return 0;
    return this.hal.deviceRead(device + offset, size);
  }

  /** Six bytes of the device configuration, first byte most significant; 0 when they lie outside. */
  configAddress(offset: number): number {
    let value = 0;
    for (let attempt = 0; attempt < GENERATION_ATTEMPTS; attempt++) {
      // 2.5.1: what takes several accesses holds when the generation is the same before and after.
      const before = this.read(CONFIG_GENERATION, 1);
      value = 0;
      for (let i = 0; i < 6; i++) value = value * 256 + this.configField(offset + i, 1);
      if (this.read(CONFIG_GENERATION, 1) === before) break;
    }
    return value;
  }

  private read(offset: number, size: number): number {
    return this.hal.deviceRead(this.structures.common + offset, size);
  }

  private write(offset: number, size: number, value: number): void {
    this.hal.deviceWrite(this.structures.common + offset, size, value);
  }

  // 4.1.3.1: a 64-bit field is written as two of 32 bits.
  private write64(offset: number, value: number): void {
    this.write(offset, 4, value % TWO_32);
    this.write(offset + 4, 4, Math.floor(value / TWO_32));
  }
}

/** Finds the structures of a virtio PCI function, turns its memory and bus mastering on, and takes its interrupts. */
export function openTransport(hal: Hal, fn: PciFunction): TransportResult {
  const config = new ConfigSpace(hal);
  const bars = new Bars(hal, config, fn.address);
  const command = config.read(fn.address, COMMAND, 2);
  config.write(fn.address, COMMAND, 2, command | COMMAND_MEMORY | COMMAND_BUS_MASTER | COMMAND_INTX_DISABLE);
  const structures = new VirtioStructures(config, fn.address, bars);
  if (!structures.seen) return { ok: false, error: { kind: "legacy-only" } };
  if (structures.common < 0) return { ok: false, error: { kind: "no-structure", structure: "common configuration" } };
  if (structures.notify < 0) return { ok: false, error: { kind: "no-structure", structure: "notify" } };
  const transport = new VirtioTransport(hal, fn.name, structures, new Msix(hal, config, fn.address, bars));
  // The firmware may have used the device and left it running: it must not write to memory while we set up.
  if (!transport.reset()) return { ok: false, error: { kind: "reset-timed-out" } };
  transport.enableInterrupts();
  return { ok: true, value: transport };
}
