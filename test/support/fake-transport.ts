// The fake of drivers/virtio/transport.ts: a FakeVirtio without a bus between, so that it can have what another bus would:
// the interface of before virtio 1.0 (`modern` false: one word of features, no FEATURES_OK, queues of the device's size in
// one piece, no generation), wakes that must be acknowledged, or none. FakeVirtio throws at each step that the
// specification forbids.

import type { VirtioError } from "../../drivers/virtio/error.ts";
import type { Virtqueue } from "../../drivers/virtio/queue.ts";
import { NO_GENERATION, VirtioTransport } from "../../drivers/virtio/transport.ts";
import { getLe } from "./fake-hal.ts";
import type { FakeVirtio } from "./fake-virtio.ts";

/** 2.7.2: the legacy layout. */
const PAGE = 4096;

export class FakeTransport extends VirtioTransport {
  readonly device: FakeVirtio;
  /** Times that a wake was acknowledged. */
  acknowledgements = 0;
  /** Whether there was one. */
  called = false;
  /** Called after each read of a byte of the configuration: a device may change it at any time. */
  onConfigRead: () => void = () => {};

  constructor(device: FakeVirtio) {
    super(device.hal, "fake", device.modern);
    this.device = device;
    this.interrupts = true;
  }

  override readStatus(): number {
    return this.device.status;
  }

  override writeStatus(status: number): void {
    this.device.writeStatus(status);
  }

  override readFeatures(word: number): number {
    if (word > 0 && !this.modern) throw new Error("the legacy interface has one word of features");
    return this.device.readFeatures(word);
  }

  override writeFeatures(word: number, bits: number): void {
    if (word > 0 && !this.modern) throw new Error("the legacy interface has one word of features");
    this.device.writeFeatures(word, bits);
  }

  override readQueueSize(index: number): number {
    return index < this.device.queues.length ? this.device.queues[index]!.most : 0;
  }

  override placeQueue(index: number, queue: Virtqueue): VirtioError | undefined {
    const q = this.device.queues[index]!;
    if (!this.modern) {
      // 4.1.4.8: the device is told a page; it knows its size and where the rings are in it.
      const available = queue.descriptorsAddress + 16 * q.most;
      const used = Math.ceil((available + 6 + 2 * q.most) / PAGE) * PAGE;
      if (queue.size !== q.most) throw new Error("the legacy interface has queues of the device's size");
      if (queue.descriptorsAddress % PAGE !== 0) throw new Error("a queue does not begin with a page");
      if (queue.availableAddress !== available || queue.usedAddress !== used) throw new Error("not the legacy layout");
    }
    q.size = queue.size;
    q.descriptors = queue.descriptorsAddress;
    q.driver = queue.availableAddress;
    q.device = queue.usedAddress;
    this.device.enable(q);
    return undefined;
  }

  override notify(index: number): void {
    this.device.notified(index);
  }

  override readConfig(offset: number, size: number): number {
    const { deviceConfig } = this.device;
    const value = offset + size <= deviceConfig.length ? getLe(deviceConfig, offset, size) : 0;
    this.onConfigRead();
    return value;
  }

  override configGeneration(): number {
    return this.modern ? this.device.generation : NO_GENERATION;
  }

  override queueSizeFixed(): boolean {
    return !this.modern;
  }

  override usedAlignment(): number {
    return this.modern ? 4 : PAGE;
  }

  override acknowledge(): boolean {
    this.acknowledgements++;
    return this.called;
  }
}
