// A virtio device of before version 1.0 on PCI, as VIRTIO 1.2 describes the legacy interface (4.1.4.8 and 2.7.2): its
// registers behind the ports of BAR 0, queues in one piece of the device's size. What it makes of them is FakeVirtio's; of a driver it
// takes only what the specification allows.

import { type FakeHal, FakePciFunction, getLe, putLe } from "./fake-hal.ts";
import { FakeVirtio } from "./fake-virtio.ts";

const PAGE = 4096;
const MSIX_AT = 0x98;
const NO_VECTOR = 0xffff;

export class FakeLegacy extends FakePciFunction {
  /** The device behind the interface; it is not plugged in itself. */
  readonly model: FakeVirtio;
  readonly msixTable = new Uint8Array(32);
  /** Bits of the ISR register, which a read clears. */
  isr = 0;
  isrReads = 0;
  refuseVectors = false;
  private configVector = NO_VECTOR;
  private queueSelect = 0;

  /** `id` 0x1000: network card, 0x1005: entropy source. `entries`: of each queue. */
  constructor(hal: FakeHal, id: number, queues: number, entries: number, port = 0xc000, msix = 0xfebd1000) {
    super(0x1af4, id, 0x02, 0x00);
    this.model = new FakeVirtio(hal, id, queues);
    this.model.modern = false;
    this.model.offered = [0, 0];
    for (const q of this.model.queues) {
      q.most = entries;
      q.size = entries;
    }
    this.addPortBar(0, port, 64);
    if (msix === 0) return;
    this.addBar(1, msix, 0x1000, false);
    this.addCapability(MSIX_AT, [0x11, 0, 1, 0, 1, 0, 0, 0, 0x01, 0x08, 0, 0]);
  }

  private get msix(): boolean {
    return this.config[0x34] === MSIX_AT && (this.config[MSIX_AT + 3]! & 0x80) !== 0;
  }

  private get header(): number {
    return this.msix ? 24 : 20;
  }

  override barRead(bar: number, offset: number, size: number): number {
    if (bar === 1) return offset < 32 ? getLe(this.msixTable, offset, size) : 0;
    const { model } = this;
    if (offset >= this.header) {
      const at = offset - this.header;
      return at + size <= model.deviceConfig.length ? getLe(model.deviceConfig, at, size) : 0;
    }
    this.width(offset, size);
    const q = model.queues[this.queueSelect];
    switch (offset) {
      case 0:
        return model.readFeatures(0);
      case 4:
        return model.accepted[0]!;
      case 8:
        return q === undefined ? 0 : q.descriptors / PAGE;
      case 12:
        return q === undefined ? 0 : q.most;
      case 14:
        return this.queueSelect;
      case 18:
        return model.status;
      case 19: {
        const { isr } = this;
        this.isr = 0;
        this.isrReads++;
        return isr;
      }
      case 20:
        return this.configVector;
      case 22:
        return q === undefined ? NO_VECTOR : q.vector;
      default:
        throw new Error(`a read of the register at ${offset}`);
    }
  }

  override barWrite(bar: number, offset: number, size: number, value: number): void {
    if (bar === 1) {
      if (offset < 32) putLe(this.msixTable, offset, size, value);
      return;
    }
    if (offset >= this.header) throw new Error("the configuration is written");
    this.width(offset, size);
    const { model } = this;
    const q = model.queues[this.queueSelect];
    switch (offset) {
      case 4:
        model.writeFeatures(0, value);
        return;
      case 8: {
        // 2.7.2: the device knows its size, and where the rings are in one piece.
        if (q === undefined) throw new Error(`queue ${this.queueSelect} is placed`);
        q.size = q.most;
        q.descriptors = value * PAGE;
        q.driver = q.descriptors + 16 * q.most;
        q.device = Math.ceil((q.driver + 6 + 2 * q.most) / PAGE) * PAGE;
        model.enable(q);
        return;
      }
      case 14:
        this.queueSelect = value;
        return;
      case 16:
        model.notified(value);
        return;
      case 18:
        model.writeStatus(value);
        if (value === 0) this.configVector = NO_VECTOR;
        return;
      case 20:
        this.configVector = this.refuseVectors ? NO_VECTOR : value;
        return;
      case 22:
        if (q !== undefined) q.vector = this.refuseVectors ? NO_VECTOR : value;
        return;
      default:
        throw new Error(`a write of the register at ${offset}`);
    }
  }

  private width(offset: number, size: number): void {
    const wanted = offset < 12 ? 4 : offset === 18 || offset === 19 ? 1 : 2;
    if (size !== wanted) throw new Error(`${size} bytes of the register at ${offset}`);
  }
}
