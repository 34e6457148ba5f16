// How a driver reaches a virtio device: the same steps on every bus, over the few accesses in which buses differ.
// Read: VIRTIO 1.2, 2.1 (status), 2.2 (features), 2.5 (configuration), 3.1 (initialisation), and of chapter 4 the bus.
//
// transport-pci.ts has virtio 1.0 over PCI, transport-legacy.ts what was there before it (4.1.4.8 to 4.1.4.10, and what 2 and
// 3 say of "legacy"), transport-mmio.ts both without a bus. Before 1.0 there is no FEATURES_OK, one word of features, queues of the device's size in one piece, and no generation
// of its configuration. The fakes, as strict as the specification, are in test/support.

import type { Hal } from "../hal.ts";
import type { VirtioError } from "./error.ts";
import { MOST_QUEUE_SIZE, Notifier, type Virtqueue } from "./queue.ts";

// 2.1: device status.
export const STATUS_ACKNOWLEDGE = 1;
export const STATUS_DRIVER = 2;
export const STATUS_DRIVER_OK = 4;
export const STATUS_FEATURES_OK = 8;
export const STATUS_NEEDS_RESET = 64;
export const STATUS_FAILED = 128;

// 6: reserved feature bits, as bits of the low word (0 to 31) or the high word (32 to 63).
/** Of the legacy interface: descriptors may hold anything; without it a header has one of its own. */
export const FEATURE_ANY_LAYOUT = 1 << 27;
export const FEATURE_EVENT_IDX = 1 << 29;
export const FEATURE_VERSION_1_HIGH = 1 << 0;
/** The device's accesses may be restricted or translated; with none programmed, they are not, and we program none. */
export const FEATURE_ACCESS_PLATFORM_HIGH = 1 << 1;
/** Memory accesses are ordered as those of a real device; our fences are for one. */
export const FEATURE_ORDER_PLATFORM_HIGH = 1 << 4;

/** Reads of the status register before a reset counts as failed: some 100 ms on hardware, at once on a hypervisor. */
export const RESET_READS = 100_000;
/** Attempts to read a configuration field that changes under our eyes (2.5.1). */
export const GENERATION_ATTEMPTS = 16;
/** `configGeneration` of a device that counts none. */
export const NO_GENERATION = -1;

export type TransportResult =
  | { readonly ok: true; readonly value: VirtioTransport }
  | { readonly ok: false; readonly error: VirtioError };

export abstract class VirtioTransport extends Notifier {
  readonly hal: Hal;
  /** "00:03.0" */
  readonly name: string;
  /** The device is of virtio 1.0 or later. */
  readonly modern: boolean;
  /** False: the device wakes nobody and must be polled. Known once its queues are enabled. */
  interrupts = false;
  /** The device goes on waking until `acknowledge` is called (INTx, virtio-mmio). */
  acknowledged = false;
  /** Feature bits offered by the device, as of the last negotiate; unsigned. */
  offeredLow = 0;
  offeredHigh = 0;

  constructor(hal: Hal, name: string, modern: boolean) {
    super();
    this.hal = hal;
    this.name = name;
    this.modern = modern;
  }

  // ---- What each bus has its own way for -------------------------------------------------------------------------

  abstract readStatus(): number;
  /** Writing 0 resets. */
  abstract writeStatus(status: number): void;
  /** Word 0: bits 0 to 31; word 1, which only a modern device has: bits 32 to 63. Unsigned. */
  abstract readFeatures(word: number): number;
  abstract writeFeatures(word: number, bits: number): void;
  /** What the device says that it allows, unchecked; 0 for a queue that is not there. */
  abstract readQueueSize(index: number): number;
  /** Tells the device where the queue lies, at its size, and makes it ready: its interrupt, where to notify. */
  abstract placeQueue(index: number, queue: Virtqueue): VirtioError | undefined;
  /** One access of `size` 1, 2 or 4 to the configuration of the device type; 0 when it lies outside. */
  abstract readConfig(offset: number, size: number): number;
  /** NO_GENERATION: there is none. */
  abstract configGeneration(): number;
  /** Routes the interrupt for changes of configuration, as far as there is one of its own. */
  routeConfig(): void {}
  /** Takes back what has woken us; only where `acknowledged`. True: there was something. */
  acknowledge(): boolean {
    return false;
  }
  /** The driver cannot choose a smaller queue than the device has. */
  queueSizeFixed(): boolean {
    return false;
  }
  /** How the used ring is aligned behind the available one: 4, or what the legacy layout asks for (2.7.2). */
  usedAlignment(): number {
    return 4;
  }

  // ---- What is alike on all --------------------------------------------------------------------------------------

  /** 2.4: resets and waits, bounded, until the device says that it has. */
  reset(): boolean {
    this.writeStatus(0);
    for (let i = 0; i < RESET_READS; i++) {
      if (this.readStatus() === 0) return true;
    }
    return false;
  }

  /**
   * 3.1.1, steps 1 to 6: reset, greet, agree on features. Of the bits wanted, those that are offered are taken;
   * VERSION_1 is required of a modern device. Undefined when done; `offeredLow & wantedLow` is then what holds.
   */
  negotiate(wantedLow: number, wantedHigh: number): VirtioError | undefined {
    if (!this.reset()) return { kind: "reset-timed-out" };
    this.writeStatus(STATUS_ACKNOWLEDGE);
    this.writeStatus(STATUS_ACKNOWLEDGE | STATUS_DRIVER);
    this.offeredLow = this.readFeatures(0);
    this.offeredHigh = this.modern ? this.readFeatures(1) : 0;
    const low = (this.offeredLow & wantedLow) >>> 0;
    // 3.1.2: the legacy interface ends here.
    if (!this.modern) {
      this.writeFeatures(0, low);
      this.routeConfig();
      return undefined;
    }
    if ((this.offeredHigh & FEATURE_VERSION_1_HIGH) === 0) {
      this.fail();
      return { kind: "not-version-1" };
    }
    const always = FEATURE_VERSION_1_HIGH | FEATURE_ACCESS_PLATFORM_HIGH | FEATURE_ORDER_PLATFORM_HIGH;
    const high = (this.offeredHigh & (wantedHigh | always)) >>> 0;
    this.writeFeatures(0, low);
    this.writeFeatures(1, high);
    this.writeStatus(STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK);
    // 3.1.1 step 6: the device says no by not keeping the bit.
    if ((this.readStatus() & STATUS_FEATURES_OK) === 0) {
      this.fail();
      return { kind: "features-refused", low, high };
    }
    this.routeConfig();
    return undefined;
  }

  /** Entries that the device allows in this queue: 0 when it is not there. A number out of its range counts as 0. */
  queueSize(index: number): number {
    const size = this.readQueueSize(index);
    // 2.7: a power of two, at most 32768.
    return size <= MOST_QUEUE_SIZE && (size & (size - 1)) === 0 ? size : 0;
  }

  /** Entries that a queue of `most` will have: fewer where the device allows no more, its own where they are fixed. */
  queueEntries(index: number, most: number): number {
    const size = this.queueSize(index);
    return this.queueSizeFixed() ? size : Math.min(size, most);
  }

  /** Gives the queue to the device. */
  enableQueue(index: number, queue: Virtqueue): VirtioError | undefined {
    const failed = this.placeQueue(index, queue);
    if (failed === undefined) queue.attach(index, this);
    return failed;
  }

  /** 3.1.1 step 8: the device is live. */
  start(): VirtioError | undefined {
    const agreed = this.modern ? STATUS_FEATURES_OK : 0;
    const live = STATUS_ACKNOWLEDGE | STATUS_DRIVER | agreed | STATUS_DRIVER_OK;
    this.hal.fence();
    this.writeStatus(live);
    const status = this.readStatus();
    return status === live ? undefined : { kind: "broken-at-start", status };
  }

  /** 2.1: tells the device that its driver has given up. */
  fail(): void {
    this.writeStatus(this.readStatus() | STATUS_FAILED);
  }

  /** Six bytes of the device configuration, first byte most significant; 0 when they lie outside. */
  configAddress(offset: number): number {
    let last = -1;
    for (let attempt = 0; attempt < GENERATION_ATTEMPTS; attempt++) {
      const before = this.configGeneration();
      let value = 0;
      for (let i = 0; i < 6; i++) value = value * 256 + this.readConfig(offset + i, 1);
      // 2.5.1: what takes several accesses holds when the generation is the same before and after; without one, when it
      // is read the same twice.
      const same = before === NO_GENERATION ? value === last : this.configGeneration() === before;
      last = value;
      if (same) break;
    }
    return last;
  }
}
