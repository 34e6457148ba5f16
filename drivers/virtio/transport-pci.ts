// Virtio over PCI, as of version 1.0. Read: VIRTIO 1.2, 4.1 (4.1.4.3 layout, 4.1.5 initialisation and operation).

import type { Hal } from "../hal.ts";
import type { InterruptLines } from "../interrupt-lines.ts";
import { Bars } from "../pci/bar.ts";
import {
  COMMAND,
  COMMAND_BUS_MASTER,
  COMMAND_INTX_DISABLE,
  COMMAND_IO,
  COMMAND_MEMORY,
  ConfigSpace,
} from "../pci/config.ts";
import type { PciFunction } from "../pci/enumerate.ts";
import { Msix } from "../pci/msix.ts";
import { PORT_SPACE, registerRead, registerWrite } from "../registers.ts";
import { VirtioStructures } from "./capability.ts";
import type { VirtioError } from "./error.ts";
import { ENTRY, NO_VECTOR, PciInterrupt } from "./pci-interrupt.ts";
import type { Virtqueue } from "./queue.ts";
import { type TransportResult, VirtioTransport } from "./transport.ts";
import { LegacyPciTransport } from "./transport-legacy.ts";

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

const TWO_32 = 0x100000000;

/** 4.1.2.1: from this device ID on there is no legacy interface. */
const MODERN_FIRST = 0x1040;
/** 4.1.4.8: with its MSI-X vectors; and where in it the ISR status is. */
const LEGACY_LENGTH = 24;
const LEGACY_ISR = 19;

class PciTransport extends VirtioTransport {
  private readonly structures: VirtioStructures;
  private readonly interrupt: PciInterrupt;
  /** By queue: where it is notified. */
  private readonly notifyAddress: number[] = [];

  constructor(hal: Hal, name: string, structures: VirtioStructures, interrupt: PciInterrupt) {
    super(hal, name, true);
    this.structures = structures;
    this.interrupt = interrupt;
  }

  override readStatus(): number {
    return this.read(DEVICE_STATUS, 1);
  }

  override writeStatus(status: number): void {
    this.write(DEVICE_STATUS, 1, status);
  }

  override readFeatures(word: number): number {
    this.write(DEVICE_FEATURE_SELECT, 4, word);
    return this.read(DEVICE_FEATURE, 4);
  }

  override writeFeatures(word: number, bits: number): void {
    this.write(DRIVER_FEATURE_SELECT, 4, word);
    this.write(DRIVER_FEATURE, 4, bits);
  }

  override routeConfig(): void {
    this.interrupts = this.interrupt.wakes;
    // 4.1.5.1.2: a vector that the device cannot take reads back as NO_VECTOR; then configuration changes go unseen.
    this.write(CONFIG_MSIX_VECTOR, 2, this.interrupt.messages ? ENTRY : NO_VECTOR);
  }

  override readQueueSize(index: number): number {
    if (index >= this.read(NUM_QUEUES, 2)) return 0;
    this.write(QUEUE_SELECT, 2, index);
    return this.read(QUEUE_SIZE, 2);
  }

  // 4.1.5.1.3
  override placeQueue(index: number, queue: Virtqueue): VirtioError | undefined {
    this.write(QUEUE_SELECT, 2, index);
    this.write(QUEUE_SIZE, 2, queue.size);
    this.write64(QUEUE_DESCRIPTORS, queue.descriptorsAddress);
    this.write64(QUEUE_DRIVER, queue.availableAddress);
    this.write64(QUEUE_DEVICE, queue.usedAddress);
    if (this.interrupt.messages) {
      this.write(QUEUE_MSIX_VECTOR, 2, ENTRY);
      if (this.read(QUEUE_MSIX_VECTOR, 2) !== ENTRY) this.interrupts = false;
    } else this.write(QUEUE_MSIX_VECTOR, 2, NO_VECTOR);
    // 4.1.4.4: cap.offset + queue_notify_off * notify_off_multiplier, which must lie in the structure.
    const offset = this.read(QUEUE_NOTIFY_OFFSET, 2) * this.structures.notifyMultiplier;
    if (offset + 2 > this.structures.notifyLength) return { kind: "no-structure", structure: "notify" };
    while (this.notifyAddress.length <= index) this.notifyAddress.push(0);
    this.notifyAddress[index] = this.structures.notify + offset;
    this.write(QUEUE_ENABLE, 2, 1);
    return undefined;
  }

  // 4.1.5.2
  override notify(index: number): void {
    registerWrite(this.hal, this.notifyAddress[index]!, 2, index);
  }

  // 4.1.3.1: a field is read by one access of its own width.
  override readConfig(offset: number, size: number): number {
    const { device, deviceLength } = this.structures;
    if (device < 0 || offset + size > deviceLength) return 0;
    return registerRead(this.hal, device + offset, size);
  }

  override configGeneration(): number {
    return this.read(CONFIG_GENERATION, 1);
  }

  override acknowledge(): boolean {
    return this.interrupt.acknowledge();
  }

  private read(offset: number, size: number): number {
    return registerRead(this.hal, this.structures.common + offset, size);
  }

  private write(offset: number, size: number, value: number): void {
    registerWrite(this.hal, this.structures.common + offset, size, value);
  }

  // 4.1.3.1: a 64-bit field is written as two of 32 bits.
  private write64(offset: number, value: number): void {
    this.write(offset, 4, value % TWO_32);
    this.write(offset + 4, 4, Math.floor(value / TWO_32));
  }
}

/**
 * Opens a virtio PCI function by the interface of version 1.0, or by the one of before where it has no other: turns its
 * decoding and bus mastering on, and takes its interrupts: messages, or where it has none its line.
 */
export function openPciTransport(hal: Hal, fn: PciFunction, lines: InterruptLines): TransportResult {
  const config = new ConfigSpace(hal);
  const bars = new Bars(hal, config, fn.address);
  const command = config.read(fn.address, COMMAND, 2);
  const wanted = COMMAND_IO | COMMAND_MEMORY | COMMAND_BUS_MASTER | COMMAND_INTX_DISABLE;
  config.write(fn.address, COMMAND, 2, command | wanted);
  const structures = new VirtioStructures(config, fn.address, bars);
  const legacy = legacyRegisters(fn, bars);
  let missing = "";
  if (structures.common < 0) missing = "common configuration";
  else if (structures.notify < 0) missing = "notify";
  if (missing !== "" && legacy < 0) {
    if (!structures.seen) missing = "legacy";
    return { ok: false, error: { kind: "no-structure", structure: missing } };
  }
  const interrupt = new PciInterrupt(hal);
  interrupt.useMessages(new Msix(hal, config, fn.address, bars));
  const transport: VirtioTransport =
    missing === ""
      ? new PciTransport(hal, fn.name, structures, interrupt)
      : new LegacyPciTransport(hal, fn.name, legacy, bars.size[0]!, interrupt);
  // The firmware may have used the device and left it running: it must not write to memory while we set up.
  if (!transport.reset()) return { ok: false, error: { kind: "reset-timed-out" } };
  const isr = missing === "" ? structures.isr : legacy + LEGACY_ISR;
  if (!interrupt.messages) interrupt.useLine(lines, config, fn.address, isr);
  transport.acknowledged = interrupt.line;
  return { ok: true, value: transport };
}

/** 4.1.2.3, 4.1.4.8: where a device that is legacy or transitional has the registers of before, or -1. */
function legacyRegisters(fn: PciFunction, bars: Bars): number {
  if (fn.device >= MODERN_FIRST) return -1;
  const at = bars.place(0, 0, LEGACY_LENGTH);
  return at < PORT_SPACE ? -1 : at;
}
