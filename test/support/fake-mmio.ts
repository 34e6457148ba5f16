// A virtio device without a bus, as VIRTIO 1.2 describes it (4.2.2; version 1 as in 4.2.4), and an I/O APIC. What the device
// makes of its registers is FakeVirtio's; of a driver both take only what their specification allows.

import { type FakeHal, FakeRegisters, getLe } from "./fake-hal.ts";
import { FakeVirtio } from "./fake-virtio.ts";

const TWO_32 = 0x100000000;
const CONFIG = 0x100;

export class FakeMmio extends FakeRegisters {
  readonly model: FakeVirtio;
  version: number;
  /** 1: network card, 4: entropy source, 0: an empty slot. */
  type: number;
  magic = 0x74726976;
  interrupt = 0;
  private featureSelect = 0;
  private driverSelect = 0;
  private queueSelect = 0;
  private pageSize = 0;
  private align = 0;

  constructor(hal: FakeHal, from: number, version: number, type: number, queues: number, entries = 1024) {
    super(from, 0x200);
    this.version = version;
    this.type = type;
    this.model = new FakeVirtio(hal, 0, queues);
    this.model.modern = version === 2;
    this.model.offered = [0, version === 2 ? 1 : 0];
    for (const q of this.model.queues) q.most = entries;
  }

  override read(offset: number, size: number): number {
    const { model } = this;
    if (offset >= CONFIG) {
      const at = offset - CONFIG;
      return at + size <= model.deviceConfig.length ? getLe(model.deviceConfig, at, size) : 0;
    }
    this.register(offset, size);
    const q = model.queues[this.queueSelect];
    switch (offset) {
      case 0x000:
        return this.magic;
      case 0x004:
        return this.version;
      case 0x008:
        return this.type;
      case 0x010:
        return model.readFeatures(this.featureSelect);
      case 0x034:
        return q === undefined ? 0 : q.most;
      case 0x060:
        return this.interrupt;
      case 0x070:
        return model.status;
      case 0x0fc:
        this.only(2, offset);
        return model.generation;
      default:
        throw new Error(`a read of the register at ${offset}`);
    }
  }

  override write(offset: number, size: number, value: number): void {
    if (offset >= CONFIG) throw new Error("the configuration is written");
    this.register(offset, size);
    const { model } = this;
    const q = model.queues[this.queueSelect];
    switch (offset) {
      case 0x014:
        this.featureSelect = value;
        return;
      case 0x020:
        model.writeFeatures(this.driverSelect, value);
        return;
      case 0x024:
        this.driverSelect = value;
        return;
      case 0x028:
        this.only(1, offset);
        this.pageSize = value;
        return;
      case 0x030:
        this.queueSelect = value;
        return;
      case 0x038:
        if (q !== undefined) q.size = value;
        return;
      case 0x03c:
        this.only(1, offset);
        this.align = value;
        return;
      case 0x040:
        this.only(1, offset);
        if (q === undefined || this.pageSize === 0 || this.align === 0) throw new Error("a page of no size is placed");
        q.descriptors = value * this.pageSize;
        q.driver = q.descriptors + 16 * q.size;
        q.device = Math.ceil((q.driver + 6 + 2 * q.size) / this.align) * this.align;
        model.enable(q);
        return;
      case 0x044:
        this.only(2, offset);
        if (value !== 1 || q === undefined) throw new Error("a queue that is not made ready");
        model.enable(q);
        return;
      case 0x050:
        model.notified(value);
        return;
      case 0x064:
        this.interrupt &= ~value;
        return;
      case 0x070:
        model.writeStatus(value);
        if (value === 0) this.interrupt = 0;
        return;
      default:
        this.only(2, offset);
        this.address(offset, value);
    }
  }

  private address(offset: number, value: number): void {
    const q = this.model.queues[this.queueSelect];
    const field = offset & ~4;
    if (q === undefined || (field !== 0x080 && field !== 0x090 && field !== 0x0a0))
      throw new Error(`a write of the register at ${offset}`);
    const part = (offset & 4) === 0 ? value : value * TWO_32;
    if (field === 0x080) q.descriptors += part;
    else if (field === 0x090) q.driver += part;
    else q.device += part;
  }

  /** 4.2.2.2: 32 bits, aligned. */
  private register(offset: number, size: number): void {
    if (size !== 4 || offset % 4 !== 0) throw new Error(`${size} bytes of the register at ${offset}`);
  }

  private only(version: number, offset: number): void {
    if (this.version !== version) throw new Error(`the register at ${offset} in version ${this.version}`);
  }
}

/** An 82093AA: select and window. */
export class FakeIoApic extends FakeRegisters {
  version: number;
  /** The redirection table: two registers an entry; masked at first. */
  readonly table: number[] = [];
  private select = 0;

  constructor(from: number, entries: number) {
    super(from, 0x20);
    this.version = 0x20 + (entries - 1) * 0x10000;
    for (let i = 0; i < entries; i++) this.table.push(0x10000, 0);
  }

  override read(offset: number, size: number): number {
    if (size !== 4) throw new Error(`${size} bytes of an I/O APIC`);
    if (offset === 0) return this.select;
    if (offset !== 0x10) throw new Error(`offset ${offset} of an I/O APIC`);
    return this.select === 1 ? this.version : this.table[this.select - 0x10]!;
  }

  override write(offset: number, size: number, value: number): void {
    if (size !== 4) throw new Error(`${size} bytes of an I/O APIC`);
    if (offset === 0) {
      this.select = value;
      return;
    }
    const at = this.select - 0x10;
    if (offset !== 0x10 || at < 0 || at >= this.table.length) throw new Error(`register ${this.select} of an I/O APIC`);
    // 3.2.4: an entry is changed while it is masked.
    if (at % 2 === 1 && (this.table[at - 1]! & 0x10000) === 0) throw new Error("an entry changes while it is open");
    this.table[at] = value;
  }
}
