// A virtio device as VIRTIO 1.2, 2 and 3 describe it, over PCI (4.1) behind FakeHal, or directly (fake-transport.ts). It
// does as it is told by the test, and can lie: about lengths, ids, indices, features, its reset. Of a driver it takes
// nothing but what the specification allows, in the order that it asks for: anything else throws.

import { type FakeHal, FakePciFunction, getLe, putLe } from "./fake-hal.ts";

export const COMMON_OFFSET = 0x0000;
export const DEVICE_OFFSET = 0x2000;
export const NOTIFY_OFFSET = 0x3000;
const NOTIFY_MULTIPLIER = 4;

// 2.1: device status.
const ACKNOWLEDGE = 1;
const DRIVER = 2;
const DRIVER_OK = 4;
const FEATURES_OK = 8;
const NEEDS_RESET = 64;
const FAILED = 128;
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
  /** Of virtio 1.0 or later; false: the legacy interface, which only fake-transport.ts has. */
  modern = true;
  resets = 0;
  /** What the driver did at last that it may not. */
  violation = "";
  /** Lies. */
  refuseFeatures = false;
  neverResets = false;
  /** Status bits that the device sets by itself. */
  stuck = 0;
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

  /** Moves the structures behind ports, as OpenBSD's vmm has them. */
  behindPorts(port: number): void {
    this.bars.pop();
    putLe(this.config, 0x20, 4, 0);
    putLe(this.config, 0x24, 4, 0);
    this.addPortBar(4, port, 0x4000);
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
    if (offset < 56 && size !== widthOf(offset)) throw new Error(`${size} bytes of the field at ${offset}`);
    if (offset >= DEVICE_OFFSET && offset < DEVICE_OFFSET + this.deviceConfig.length)
      return getLe(this.deviceConfig, offset - DEVICE_OFFSET, size);
    const q = this.queues[this.queueSelect];
    switch (offset) {
      case 4:
        return this.readFeatures(this.featureSelect);
      case 18:
        return this.queues.length;
      case 20:
        return this.status;
      case 21:
        this.alive("read the generation");
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
    if (offset < 56 && size !== widthOf(offset)) throw new Error(`${size} bytes of the field at ${offset}`);
    const q = this.queues[this.queueSelect];
    switch (offset) {
      case 0:
        this.featureSelect = value;
        return;
      case 8:
        this.driverSelect = value;
        return;
      case 12:
        this.writeFeatures(this.driverSelect, value);
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
        this.configurable("set a queue's size");
        if (q !== undefined) q.size = value;
        return;
      case 26:
        if (q !== undefined) q.vector = this.refuseVectors ? 0xffff : value;
        return;
      case 28:
        // 4.1.4.3.2: the driver writes no 0 here.
        if (value !== 1) throw new Error("a queue is disabled by a reset only");
        if (q !== undefined) this.enable(q);
        return;
      default:
        this.configurable("place a queue");
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

  // ---- What a driver does, by whatever transport -----------------------------------------------------------------

  /** 3.1.1 step 4: after DRIVER. */
  readFeatures(word: number): number {
    this.alive("read features");
    if ((this.status & DRIVER) === 0) throw this.wrong("features are read before DRIVER");
    return word < this.offered.length ? this.offered[word]! : 0;
  }

  /** 2.2.1, 3.1.1 step 4: only what was offered, and only until FEATURES_OK. */
  writeFeatures(word: number, bits: number): void {
    this.alive("accept features");
    if ((this.status & DRIVER) === 0) throw this.wrong("features are accepted before DRIVER");
    if ((this.status & (FEATURES_OK | DRIVER_OK)) !== 0) throw this.wrong("features are accepted too late");
    const offered = word < this.offered.length ? this.offered[word]! : 0;
    if ((bits & ~offered) !== 0) throw this.wrong(`features ${bits} of ${offered} accepted`);
    this.accepted[word] = bits;
  }

  /** 3.1.1 step 7, 4.1.5.1.3: a queue is placed after the features, before DRIVER_OK. */
  enable(q: FakeQueue): void {
    this.configurable("enable a queue");
    if (q.enabled) throw this.wrong("a queue is enabled twice");
    if (q.size < 1 || q.size > q.most || (q.size & (q.size - 1)) !== 0) throw this.wrong(`queue of ${q.size}`);
    // 2.7: alignment.
    if (q.descriptors % 16 !== 0 || q.driver % 2 !== 0 || q.device % 4 !== 0) throw this.wrong("a ring is not aligned");
    if (q.descriptors === 0 || q.driver === 0 || q.device === 0) throw this.wrong("a ring is nowhere");
    q.enabled = true;
  }

  notified(queue: number): void {
    this.alive("notify");
    const q = this.queues[queue]!;
    if ((this.status & DRIVER_OK) === 0 || !q.enabled) throw this.wrong("notified before DRIVER_OK");
    q.notified++;
    this.onNotify(queue);
  }

  private wrong(what: string): Error {
    this.violation = what;
    return new Error(what);
  }

  /** 2.1.1: after FAILED nothing but a reset. */
  private alive(what: string): void {
    if ((this.status & FAILED) !== 0) throw this.wrong(`after FAILED: ${what}`);
  }

  private configurable(what: string): void {
    this.alive(what);
    const agreed = this.modern ? FEATURES_OK : DRIVER;
    if ((this.status & agreed) === 0) throw this.wrong(`before the features are agreed on: ${what}`);
    if ((this.status & DRIVER_OK) !== 0) throw this.wrong(`after DRIVER_OK: ${what}`);
  }

  private notify(offset: number, value: number): void {
    const queue = (offset - NOTIFY_OFFSET) / NOTIFY_MULTIPLIER;
    if (queue !== value) throw this.wrong(`queue ${value} notified at ${offset}`);
    this.notified(queue);
  }

  /** 2.1.1, 3.1.1: bits are added one after the other, in their order, and taken away by a reset only. */
  writeStatus(value: number): void {
    if (value !== 0) {
      if ((value & FAILED) === 0) this.alive("go on");
      if ((this.status & ~value & ~NEEDS_RESET) !== 0)
        throw this.wrong(`status ${this.status} becomes ${value}: a bit is cleared`);
      if (!this.modern && (value & FEATURES_OK) !== 0) throw this.wrong("FEATURES_OK in the legacy interface");
      const order = this.modern ? [ACKNOWLEDGE, DRIVER, FEATURES_OK, DRIVER_OK] : [ACKNOWLEDGE, DRIVER, DRIVER_OK];
      let earlier = 0;
      for (const bit of order) {
        if ((value & bit) !== 0 && (value & earlier) !== earlier) throw this.wrong(`status ${value} leaves a step out`);
        if ((value & bit) !== 0 && (this.status & bit) === 0 && (this.status & earlier) !== earlier)
          throw this.wrong(`status ${this.status} becomes ${value}: two steps at once`);
        earlier |= bit;
      }
    }
    if (value === 0) {
      if (this.neverResets) return;
      this.resets++;
      this.status = 0;
      this.accepted = [0, 0];
      for (const q of this.queues) {
        q.descriptors = 0;
        q.driver = 0;
        q.device = 0;
        q.size = q.most;
        q.enabled = false;
        q.seen = 0;
        q.used = 0;
        q.vector = 0xffff;
      }
      return;
    }
    const refused = (value & FEATURES_OK) !== 0 && this.refuseFeatures;
    this.status = (refused ? value & ~FEATURES_OK : value) | this.stuck;
  }
}

/** 4.1.3.1: each field of the common configuration is reached by one access of its width, 64 bits as two of 32. */
function widthOf(offset: number): number {
  if (offset === 20 || offset === 21) return 1;
  return offset >= 16 && offset < 32 ? 2 : 4;
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
