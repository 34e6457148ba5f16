// Virtio over memory-mapped registers. Read: VIRTIO 1.2, 4.2.2 (registers), 4.2.3 (initialisation, notification, interrupts),
// 4.2.4 (legacy interface, version 1). Every register has 32 bits and is reached by one access of these; the configuration
// behind them by the width of its fields.

import type { Hal } from "../hal.ts";
import type { InterruptLines } from "../interrupt-lines.ts";
import type { VirtioError } from "./error.ts";
import { type MmioDevice, VERSION_1 } from "./mmio.ts";
import type { Virtqueue } from "./queue.ts";
import { NO_GENERATION, type TransportResult, VirtioTransport } from "./transport.ts";

// 4.2.2, 4.2.4.
const DEVICE_FEATURES = 0x010;
const DEVICE_FEATURES_SELECT = 0x014;
const DRIVER_FEATURES = 0x020;
const DRIVER_FEATURES_SELECT = 0x024;
/** Version 1. */
const GUEST_PAGE_SIZE = 0x028;
const QUEUE_SELECT = 0x030;
const QUEUE_SIZE_MOST = 0x034;
const QUEUE_SIZE = 0x038;
/** Version 1. */
const QUEUE_ALIGN = 0x03c;
const QUEUE_PAGE = 0x040;
const QUEUE_READY = 0x044;
const QUEUE_NOTIFY = 0x050;
const INTERRUPT_STATUS = 0x060;
const INTERRUPT_ACKNOWLEDGE = 0x064;
const STATUS = 0x070;
const QUEUE_DESCRIPTORS = 0x080;
const QUEUE_DRIVER = 0x090;
const QUEUE_DEVICE = 0x0a0;
const CONFIG_GENERATION = 0x0fc;
const CONFIG = 0x100;

// 4.2.2, InterruptStatus.
const USED_BUFFER = 1;
const CONFIG_CHANGED = 2;

const PAGE = 4096;
const TWO_32 = 0x100000000;

class MmioTransport extends VirtioTransport {
  private readonly base: number;
  private readonly length: number;
  private readonly wakes: boolean;

  /** `wakes`: its line is routed. */
  constructor(hal: Hal, device: MmioDevice, wakes: boolean) {
    super(hal, device.name, device.version === VERSION_1);
    this.base = device.place.address;
    this.length = device.place.size;
    this.wakes = wakes;
    this.acknowledged = wakes;
  }

  override readStatus(): number {
    return this.read(STATUS);
  }

  override writeStatus(status: number): void {
    this.write(STATUS, status);
  }

  override readFeatures(word: number): number {
    this.write(DEVICE_FEATURES_SELECT, word);
    return this.read(DEVICE_FEATURES);
  }

  override writeFeatures(word: number, bits: number): void {
    this.write(DRIVER_FEATURES_SELECT, word);
    this.write(DRIVER_FEATURES, bits);
  }

  override routeConfig(): void {
    this.interrupts = this.wakes;
    // 4.2.4: before any queue.
    if (!this.modern) this.write(GUEST_PAGE_SIZE, PAGE);
  }

  override readQueueSize(index: number): number {
    this.write(QUEUE_SELECT, index);
    return this.read(QUEUE_SIZE_MOST);
  }

  // 4.2.3.2, 4.2.4
  override placeQueue(index: number, queue: Virtqueue): VirtioError | undefined {
    this.write(QUEUE_SELECT, index);
    this.write(QUEUE_SIZE, queue.size);
    if (this.modern) {
      this.write64(QUEUE_DESCRIPTORS, queue.descriptorsAddress);
      this.write64(QUEUE_DRIVER, queue.availableAddress);
      this.write64(QUEUE_DEVICE, queue.usedAddress);
      this.write(QUEUE_READY, 1);
    } else {
      this.write(QUEUE_ALIGN, PAGE);
      this.write(QUEUE_PAGE, Math.floor(queue.descriptorsAddress / PAGE));
    }
    return undefined;
  }

  override notify(index: number): void {
    this.write(QUEUE_NOTIFY, index);
  }

  override readConfig(offset: number, size: number): number {
    return CONFIG + offset + size <= this.length ? this.hal.deviceRead(this.base + CONFIG + offset, size) : 0;
  }

  override configGeneration(): number {
    return this.modern ? this.read(CONFIG_GENERATION) : NO_GENERATION;
  }

  override usedAlignment(): number {
    return this.modern ? 4 : PAGE;
  }

  // 4.2.3.4: both, also one that is set only now, or the line stays as it is and never rises again.
  override acknowledge(): boolean {
    if (this.read(INTERRUPT_STATUS) === 0) return false;
    this.write(INTERRUPT_ACKNOWLEDGE, USED_BUFFER | CONFIG_CHANGED);
    return true;
  }

  private read(register: number): number {
    return this.hal.deviceRead(this.base + register, 4);
  }

  private write(register: number, value: number): void {
    this.hal.deviceWrite(this.base + register, 4, value);
  }

  private write64(register: number, value: number): void {
    this.write(register, value % TWO_32);
    this.write(register + 4, Math.floor(value / TWO_32));
  }
}

/** Takes the device's interrupts, and resets it. */
export function openMmioTransport(hal: Hal, device: MmioDevice, lines: InterruptLines): TransportResult {
  const transport = new MmioTransport(hal, device, lines.route(device.place.line, false));
  if (!transport.reset()) return { ok: false, error: { kind: "reset-timed-out" } };
  return { ok: true, value: transport };
}
