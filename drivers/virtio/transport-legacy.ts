// Virtio over PCI as it was before version 1.0, in the I/O BAR 0. Read: VIRTIO 1.2, 4.1.4.8 to 4.1.4.10 (legacy
// interfaces: layout), 4.1.5.1.3.1 (queues by page), 2.7.2 (layout of a legacy queue).

import type { Hal } from "../hal.ts";
import { registerRead, registerWrite } from "../registers.ts";
import type { VirtioError } from "./error.ts";
import { ENTRY, NO_VECTOR, type PciInterrupt } from "./pci-interrupt.ts";
import type { Virtqueue } from "./queue.ts";
import { NO_GENERATION, VirtioTransport } from "./transport.ts";

// 4.1.4.8: the legacy header.
const DEVICE_FEATURES = 0;
const DRIVER_FEATURES = 4;
const QUEUE_PAGE = 8;
const QUEUE_SIZE = 12;
const QUEUE_SELECT = 14;
const QUEUE_NOTIFY = 16;
const DEVICE_STATUS = 18;
// Only while MSI-X is on; then they move the configuration.
const CONFIG_MSIX_VECTOR = 20;
const QUEUE_MSIX_VECTOR = 22;
const HEADER_LENGTH = 20;
const HEADER_LENGTH_MSIX = 24;

/** 2.7.2, 4.1.5.1.3.1: what queues are aligned and counted in. */
const QUEUE_ALIGNMENT = 4096;

export class LegacyPciTransport extends VirtioTransport {
  private readonly registers: number;
  private readonly length: number;
  private readonly interrupt: PciInterrupt;

  /** `registers`: where BAR 0 lies (registers.ts), of `length` bytes. */
  constructor(hal: Hal, name: string, registers: number, length: number, interrupt: PciInterrupt) {
    super(hal, name, false);
    this.registers = registers;
    this.length = length;
    this.interrupt = interrupt;
  }

  override readStatus(): number {
    return this.read(DEVICE_STATUS, 1);
  }

  override writeStatus(status: number): void {
    this.write(DEVICE_STATUS, 1, status);
  }

  override readFeatures(_word: number): number {
    return this.read(DEVICE_FEATURES, 4);
  }

  override writeFeatures(_word: number, bits: number): void {
    this.write(DRIVER_FEATURES, 4, bits);
  }

  override routeConfig(): void {
    this.interrupts = this.interrupt.wakes;
    if (this.interrupt.messages) this.write(CONFIG_MSIX_VECTOR, 2, ENTRY);
  }

  override readQueueSize(index: number): number {
    this.write(QUEUE_SELECT, 2, index);
    return this.read(QUEUE_SIZE, 2);
  }

  override placeQueue(index: number, queue: Virtqueue): VirtioError | undefined {
    this.write(QUEUE_SELECT, 2, index);
    if (this.interrupt.messages) {
      this.write(QUEUE_MSIX_VECTOR, 2, ENTRY);
      if (this.read(QUEUE_MSIX_VECTOR, 2) === NO_VECTOR) this.interrupts = false;
    }
    this.write(QUEUE_PAGE, 4, Math.floor(queue.descriptorsAddress / QUEUE_ALIGNMENT));
    return undefined;
  }

  override notify(index: number): void {
    this.write(QUEUE_NOTIFY, 2, index);
  }

  override readConfig(offset: number, size: number): number {
    const at = (this.interrupt.messages ? HEADER_LENGTH_MSIX : HEADER_LENGTH) + offset;
    return at + size <= this.length ? this.read(at, size) : 0;
  }

  override configGeneration(): number {
    return NO_GENERATION;
  }

  override queueSizeFixed(): boolean {
    return true;
  }

  override usedAlignment(): number {
    return QUEUE_ALIGNMENT;
  }

  override acknowledge(): boolean {
    return this.interrupt.acknowledge();
  }

  private read(offset: number, size: number): number {
    return registerRead(this.hal, this.registers + offset, size);
  }

  private write(offset: number, size: number, value: number): void {
    registerWrite(this.hal, this.registers + offset, size, value);
  }
}
