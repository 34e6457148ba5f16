// A virtio device over PCI as VIRTIO 1.2, 4.1 describes it, behind FakeHal. It does as it is told by the test, and can
// lie: about lengths, ids, indices, features, its reset.

import { type FakeHal, FakePciFunction, getLe, putLe } from "./fake-hal.ts";

export const COMMON_OFFSET = 0x0000;
export const DEVICE_OFFSET = 0x2000;
export const NOTIFY_OFFSET = 0x3000;
const NOTIFY_MULTIPLIER = 4;
const TWO_32 = 0x100000000;

export interface FakeSegment {
  readonly address: number;
  readonly length: number;
  readonly writable: boolean;
}

export interface FakeChain {
  readonly id: number;
  readonly segments: FakeSegment[];
}

export class FakeQueue {
  most = 256;
  size = 256;
  vector = 0xffff;
  enabled = false;
  descriptors = 0;
  driver = 0;
  device = 0;
  /** Next entry of the available ring to look at; own copy of the used index. */
  seen = 0;
  used = 0;
  notified = 0;
}

export class FakeVirtio extends FakePciFunction {
  readonly hal: FakeHal;
  readonly queues: FakeQueue[] = [];
  readonly deviceConfig = new Uint8Array(64);
  /** MSI-X table of two entries in BAR 1. */
  readonly msixTable = new Uint8Array(32);
  offered: number[] = [0, 1];
  accepted: number[] = [0, 0];
  status = 0;
  generation = 0;
  resets = 0;
  /** Lies. */
  refuseFeatures = false;
  neverResets = false;
  refuseVectors = false;
  /** Added to what queue_notify_off says. */
  notifyOffsetBeyond = 0;
  /** Called for each notification, with the queue's number. */
  onNotify: (queue: number) => void = () => {};

  private featureSelect = 0;
  private driverSelect = 0;
  private queueSelect = 0;
  private configVector = 0xffff;

  constructor(hal: FakeHal, device: number, queues: number, base = 0xc0_0000_0000, msix = 0xfebd1000) {
    super(0x1af4, device, 0x02, 0x00);
    this.hal = hal;
    for (let i = 0; i < queues; i++) this.queues.push(new FakeQueue());
    this.addBar(1, msix, 0x1000, false);
    this.addBar(4, base, 0x4000, true);
    this.addCapability(0x98, [0x11, 0, 1, 0, 1, 0, 0, 0, 0x01, 0x08, 0, 0]);
    this.addStructure(0x84, 1, 4, COMMON_OFFSET, 0x1000);
    this.addStructure(0x74, 3, 4, 0x1000, 0x1000);
    this.addStructure(0x64, 4, 4, DEVICE_OFFSET, 0x1000);
    this.addStructure(0x50, 2, 4, NOTIFY_OFFSET, 0x1000);
  }

  /** 4.1.4: struct virtio_pci_cap, with the notify multiplier behind it when the type is 2. */
  addStructure(at: number, type: number, bar: number, offset: number, length: number): void {
    const bytes = new Uint8Array(type === 2 ? 20 : 16);
    bytes[0] = 0x09;
    bytes[2] = bytes.length;
    bytes[3] = type;
    bytes[4] = bar;
    putLe(bytes, 8, 4, offset);
    putLe(bytes, 12, 4, length);
    if (type === 2) putLe(bytes, 16, 4, NOTIFY_MULTIPLIER);
    this.addCapability(at, [...bytes]);
  }

  override barRead(bar: number, offset: number, size: number): number {
    if (bar === 1) return offset < 32 ? getLe(this.msixTable, offset, size) : 0;
    if (offset >= DEVICE_OFFSET && offset < DEVICE_OFFSET + this.deviceConfig.length)
      return getLe(this.deviceConfig, offset - DEVICE_OFFSET, size);
    const q = this.queues[this.queueSelect];
    switch (offset) {
      case 4:
        return this.featureSelect < this.offered.length ? this.offered[this.featureSelect]! : 0;
      case 18:
        return this.queues.length;
      case 20:
        return this.status;
      case 21:
        return this.generation;
      case 24:
        return q === undefined ? 0 : q.size;
      case 26:
        return q === undefined ? 0xffff : q.vector;
      case 30:
        return this.queueSelect + this.notifyOffsetBeyond;
      default:
        return 0;
    }
  }

  override barWrite(bar: number, offset: number, size: number, value: number): void {
    if (bar === 1) {
      if (offset < 32) putLe(this.msixTable, offset, size, value);
      return;
    }
    if (offset >= NOTIFY_OFFSET) {
      this.notify(offset, value);
      return;
    }
    const q = this.queues[this.queueSelect];
    switch (offset) {
      case 0:
        this.featureSelect = value;
        return;
      case 8:
        this.driverSelect = value;
        return;
      case 12:
        this.accepted[this.driverSelect] = value;
        return;
      case 16:
        this.configVector = this.refuseVectors ? 0xffff : value;
        return;
      case 20:
        this.writeStatus(value);
        return;
      case 22:
        this.queueSelect = value;
        return;
      case 24:
        if (q !== undefined) q.size = value;
        return;
      case 26:
        if (q !== undefined) q.vector = this.refuseVectors ? 0xffff : value;
        return;
      case 28:
        if (q !== undefined) q.enabled = value === 1;
        return;
      default:
        if (q !== undefined) writeAddress(q, offset, value);
    }
  }

  get live(): boolean {
    return (this.status & 4) !== 0 && this.queues.every((q) => q.enabled);
  }

  get routed(): boolean {
    return this.configVector === 0;
  }

  has(feature: number): boolean {
    return (this.accepted[feature >> 5]! & (1 << (feature & 31))) !== 0;
  }

  /** 2.7.13: the next chain made available, or undefined. Checks what a device may rely on. */
  take(queue: number): FakeChain | undefined {
    const q = this.queues[queue]!;
    const available = this.hal.dmaRead(q.driver + 2, 2);
    const waiting = (available - q.seen) & 0xffff;
    if (waiting > q.size) throw new Error(`available index jumped by ${waiting}`);
    if (waiting === 0) return undefined;
    const id = this.hal.dmaRead(q.driver + 4 + 2 * (q.seen % q.size), 2);
    if (id >= q.size) throw new Error(`head ${id} of ${q.size}`);
    q.seen = (q.seen + 1) & 0xffff;
    // With event index: notify again when something is added behind what was seen.
    if (this.has(29)) this.hal.dmaWrite(q.device + 4 + 8 * q.size, 2, q.seen);
    const segments: FakeSegment[] = [];
    let at = id;
    for (let n = 0; ; n++) {
      if (n > q.size) throw new Error("descriptor loop");
      const d = q.descriptors + 16 * at;
      const flags = this.hal.dmaRead(d + 12, 2);
      segments.push({
        address: this.hal.dmaRead(d, 4) + this.hal.dmaRead(d + 4, 4) * TWO_32,
        length: this.hal.dmaRead(d + 8, 4),
        writable: (flags & 2) !== 0,
      });
      if ((flags & 1) === 0) break;
      at = this.hal.dmaRead(d + 14, 2);
    }
    return { id, segments };
  }

  /** 2.7.8: returns a buffer. `element` alone leaves the index for later (`showUsed`). */
  giveBack(queue: number, id: number, length: number): void {
    this.element(queue, id, length);
    this.showUsed(queue);
  }

  element(queue: number, id: number, length: number): void {
    const q = this.queues[queue]!;
    const at = q.device + 4 + 8 * (q.used % q.size);
    this.hal.dmaWrite(at, 4, id);
    this.hal.dmaWrite(at + 4, 4, length);
    q.used = (q.used + 1) & 0xffff;
  }

  showUsed(queue: number): void {
    const q = this.queues[queue]!;
    this.hal.dmaWrite(q.device + 2, 2, q.used);
  }

  /** 2.7.7, 2.7.10: whether the driver wants an interrupt for the use that takes the index from `before` to now. */
  interruptWanted(queue: number, before: number): boolean {
    const q = this.queues[queue]!;
    if (!this.has(29)) return (this.hal.dmaRead(q.driver, 2) & 1) === 0;
    const event = this.hal.dmaRead(q.driver + 4 + 2 * q.size, 2);
    return ((q.used - event - 1) & 0xffff) < ((q.used - before) & 0xffff);
  }

  /** The bytes of the chain's segments that the device reads. */
  read(chain: FakeChain): number[] {
    const bytes: number[] = [];
    for (const s of chain.segments) {
      if (!s.writable) for (let i = 0; i < s.length; i++) bytes.push(this.hal.dmaRead(s.address + i, 1));
    }
    return bytes;
  }

  /** Writes into the chain's segments for the device; how many bytes went in. */
  write(chain: FakeChain, bytes: readonly number[]): number {
    let n = 0;
    for (const s of chain.segments) {
      if (s.writable)
        for (let i = 0; i < s.length && n < bytes.length; i++) this.hal.dmaWrite(s.address + i, 1, bytes[n++]!);
    }
    return n;
  }

  private notify(offset: number, value: number): void {
    const queue = (offset - NOTIFY_OFFSET) / NOTIFY_MULTIPLIER;
    if (queue !== value) throw new Error(`queue ${value} notified at ${offset}`);
    if (!this.live) throw new Error("notified before DRIVER_OK");
    const q = this.queues[queue]!;
    q.notified++;
    this.onNotify(queue);
  }

  private writeStatus(value: number): void {
    if (value === 0) {
      if (this.neverResets) return;
      this.resets++;
      this.status = 0;
      this.accepted = [0, 0];
      for (const q of this.queues) {
        q.size = q.most;
        q.enabled = false;
        q.seen = 0;
        q.used = 0;
        q.vector = 0xffff;
      }
      return;
    }
    const refused = (value & 8) !== 0 && this.refuseFeatures;
    this.status = refused ? value & ~8 : value;
  }
}

function writeAddress(q: FakeQueue, offset: number, value: number): void {
  const field = offset & ~7;
  const high = (offset & 4) !== 0;
  const join = (old: number): number =>
    high ? value * TWO_32 + (old % TWO_32) : Math.floor(old / TWO_32) * TWO_32 + value;
  if (field === 32) q.descriptors = join(q.descriptors);
  else if (field === 40) q.driver = join(q.driver);
  else if (field === 48) q.device = join(q.device);
}
