// The fake of drivers/hal.ts: a machine of arrays. PCI functions are plugged in; arrays given to addressOf become
// memory that the fake devices reach by address, above 4 GB and badly aligned, so that nobody relies on either.

import { Hal, NO_HYPERCALLS } from "../../drivers/hal.ts";

const ALL_ONES: Record<number, number> = { 1: 0xff, 2: 0xffff, 4: 0xffffffff };
const TWO_32 = 0x100000000;

export function getLe(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!;
  return value;
}

export function putLe(bytes: Uint8Array, at: number, size: number, value: number): void {
  let rest = value;
  for (let i = 0; i < size; i++) {
    bytes[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** What drivers/native.d.ts and stack/base/native.d.ts say of `Width`, `Uint16` and `Uint32`: the machine refuses anything else. */
function checkWidth(size: number): void {
  if (size !== 1 && size !== 2 && size !== 4) throw new RangeError(`an access of ${size} bytes`);
}

function checkPort(port: number, size: number): void {
  checkWidth(size);
  if (!Number.isInteger(port) || port < 0 || port + size > 0x10000) throw new RangeError(`port ${port}`);
  if (port % size !== 0) throw new RangeError(`${size} bytes at port ${port}`);
}

function checkValue(size: number, value: number): void {
  const most = ALL_ONES[size] ?? 0;
  if (!Number.isInteger(value) || value < 0 || value > most) throw new RangeError(`${value} in ${size} bytes`);
}

export interface FakeBar {
  readonly index: number;
  readonly size: number;
  /** 64-bit: takes the next register, too. */
  readonly wide: boolean;
  /** In I/O space. */
  readonly ports: boolean;
}

/** A PCI function: configuration space as a real one has it, and BARs that subclasses answer for. */
export class FakePciFunction {
  readonly config = new Uint8Array(256);
  readonly bars: FakeBar[] = [];
  /** BAR sizes probed while memory decoding was on: a driver's mistake. */
  probedWhileDecoding = 0;

  constructor(vendor: number, device: number, classCode: number, subclass: number) {
    putLe(this.config, 0x00, 2, vendor);
    putLe(this.config, 0x02, 2, device);
    this.config[0x0a] = subclass;
    this.config[0x0b] = classCode;
  }

  addBar(index: number, address: number, size: number, wide: boolean): void {
    this.bars.push({ index, size, wide, ports: false });
    putLe(this.config, 0x10 + 4 * index, 4, (address % TWO_32) + (wide ? 4 : 0));
    if (wide) putLe(this.config, 0x14 + 4 * index, 4, Math.floor(address / TWO_32));
  }

  addPortBar(index: number, port: number, size: number): void {
    this.bars.push({ index, size, wide: false, ports: true });
    putLe(this.config, 0x10 + 4 * index, 4, port + 1);
  }

  /** Appends a capability to the list and returns where it lies. */
  addCapability(at: number, bytes: readonly number[]): void {
    this.config[0x06] = this.config[0x06]! | 0x10;
    let last = 0x34;
    while (this.config[last] !== 0) last = this.config[last]! + 1;
    this.config[last] = at;
    bytes.forEach((b, i) => {
      this.config[at + i] = b;
    });
    this.config[at + 1] = 0;
  }

  get decoding(): boolean {
    return (this.config[0x04]! & 2) !== 0;
  }

  get decodingPorts(): boolean {
    return (this.config[0x04]! & 1) !== 0;
  }

  barAddress(index: number): number {
    const high = this.bar(index)!.wide ? getLe(this.config, 0x14 + 4 * index, 4) : 0;
    const flags = this.bar(index)!.ports ? 3 : 15;
    return high * TWO_32 + getLe(this.config, 0x10 + 4 * index, 4) - (this.config[0x10 + 4 * index]! & flags);
  }

  configRead(offset: number, size: number): number {
    return getLe(this.config, offset, size);
  }

  configWrite(offset: number, size: number, value: number): void {
    if (offset >= 0x10 && offset < 0x28 && size === 4) {
      this.writeBar((offset - 0x10) / 4, value);
      return;
    }
    // Read-only: identification, header type, capabilities' addresses.
    if (offset < 0x04 || (offset >= 0x06 && offset < 0x10) || (offset >= 0x28 && offset < 0x38)) return;
    putLe(this.config, offset, size, value);
  }

  barRead(_bar: number, _offset: number, size: number): number {
    return ALL_ONES[size]!;
  }

  barWrite(_bar: number, _offset: number, _size: number, _value: number): void {}

  private bar(index: number): FakeBar | undefined {
    return this.bars.find((bar) => bar.index === index);
  }

  private writeBar(index: number, value: number): void {
    if (value === 0xffffffff && (this.decoding || this.decodingPorts)) this.probedWhileDecoding++;
    const own = this.bar(index);
    const below = this.bar(index - 1);
    if (own?.ports === true) {
      // PCI 3.0, 6.2.5.1: a device may leave the upper half of an I/O BAR out.
      putLe(this.config, 0x10 + 4 * index, 4, (value & 0xffff & ~(own.size - 1)) + 1);
    } else if (own !== undefined) {
      const mask = own.size >= TWO_32 ? 0 : (0xffffffff - (own.size - 1)) >>> 0;
      putLe(this.config, 0x10 + 4 * index, 4, ((value & mask) >>> 0) + (own.wide ? 4 : 0));
    } else if (below?.wide === true) {
      const mask = below.size > TWO_32 ? (0xffffffff - (below.size / TWO_32 - 1)) >>> 0 : 0xffffffff;
      putLe(this.config, 0x10 + 4 * index, 4, (value & mask) >>> 0);
    }
  }
}

/** Registers at an address, without a bus. */
export abstract class FakeRegisters {
  readonly from: number;
  readonly size: number;

  constructor(from: number, size: number) {
    this.from = from;
    this.size = size;
  }

  abstract read(offset: number, size: number): number;
  abstract write(offset: number, size: number, value: number): void;
}

export class FakeHal extends Hal {
  /** Message data of the vectors not taken yet. */
  vectors: number[] = [0x30, 0x31, 0x32, 0x33];
  /** Addresses that mapDevice refuses. */
  refuseMapping = false;
  /** False: a machine without PCI, whose ports float. */
  pci = true;
  fences = 0;
  readonly entropy: number[] = [];
  /** What firmware has left in memory. */
  readonly firmware: { from: number; bytes: Uint8Array }[] = [];
  readonly mapped: { from: number; to: number }[] = [];

  private readonly registers: FakeRegisters[] = [];
  private readonly functions: { readonly address: number; readonly fn: FakePciFunction }[] = [];
  private readonly arrays: { readonly from: number; readonly bytes: Uint8Array }[] = [];
  private nextAddress = 0x1_2345_6008;
  private selected = 0;

  plug(bus: number, device: number, fn: number, it: FakePciFunction): void {
    this.functions.push({ address: (bus << 16) | (device << 11) | (fn << 8), fn: it });
  }

  portRead(port: number, size: number): number {
    checkPort(port, size);
    if (!this.pci) return ALL_ONES[size]!;
    if (port === 0xcf8) return this.selected;
    const at = this.portAt(port, size);
    if (at !== undefined) return at.fn.barRead(at.bar, at.offset, size);
    if (port < 0xcfc || port > 0xcff) return ALL_ONES[size]!;
    const fn = this.selectedFunction();
    return fn === undefined ? ALL_ONES[size]! : fn.configRead((this.selected & 0xfc) + port - 0xcfc, size);
  }

  portWrite(port: number, size: number, value: number): void {
    checkPort(port, size);
    checkValue(size, value);
    const at = this.portAt(port, size);
    if (at !== undefined) at.fn.barWrite(at.bar, at.offset, size, value);
    else if (port === 0xcf8 && size === 4) this.selected = value;
    else if (port >= 0xcfc && port <= 0xcff)
      this.selectedFunction()?.configWrite((this.selected & 0xfc) + port - 0xcfc, size, value);
  }

  /** Puts a device without a bus into the machine. */
  place(device: FakeRegisters): void {
    this.registers.push(device);
  }

  deviceRead(address: number, size: number): number {
    const at = this.deviceAt(address, size);
    const device = at === undefined ? this.registersAt(address, size) : undefined;
    if (device !== undefined) return device.read(address - device.from, size);
    const memory =
      at === undefined ? this.firmware.find((m) => address >= m.from && address < m.from + m.bytes.length) : undefined;
    if (memory !== undefined) return getLe(memory.bytes, address - memory.from, size);
    return at === undefined ? ALL_ONES[size]! : at.fn.barRead(at.bar, at.offset, size);
  }

  deviceWrite(address: number, size: number, value: number): void {
    checkValue(size, value);
    const at = this.deviceAt(address, size);
    at?.fn.barWrite(at.bar, at.offset, size, value);
    const device = at === undefined ? this.registersAt(address, size) : undefined;
    device?.write(address - device.from, size, value);
  }

  mapDevice(address: number, length: number): boolean {
    if (this.refuseMapping) return false;
    this.mapped.push({ from: address, to: address + length });
    return true;
  }

  addressOf(bytes: Uint8Array): number {
    const known = this.arrays.find((a) => a.bytes === bytes);
    if (known !== undefined) return known.from;
    const from = this.nextAddress;
    this.arrays.push({ from, bytes });
    // A gap behind each array, so that one byte too far is nobody's.
    this.nextAddress += Math.ceil((bytes.length + 64) / 16) * 16;
    return from;
  }

  sharedRead16(address: number): number {
    if (address % 2 !== 0) throw new Error("odd address");
    return this.dmaRead(address, 2);
  }

  sharedWrite16(address: number, value: number): void {
    if (address % 2 !== 0 || value > 0xffff) throw new Error("not a 16-bit access");
    this.dmaWrite(address, 2, value);
  }

  sharedRead32(address: number): number {
    if (address % 4 !== 0) throw new Error("not aligned to four bytes");
    return this.dmaRead(address, 4);
  }

  sharedWrite32(address: number, value: number): void {
    if (address % 4 !== 0 || value > 0xffffffff) throw new Error("not a 32-bit access");
    this.dmaWrite(address, 4, value);
  }

  fence(): void {
    this.fences++;
  }

  takeVector(): number {
    return this.vectors.length > 0 ? this.vectors.shift()! : -1;
  }

  messageAddress(): number {
    return 0xfee00000;
  }

  addEntropy(bytes: Uint8Array): void {
    for (const b of bytes) this.entropy.push(b);
  }

  powerEvents(): number {
    return 0;
  }

  // A machine without Xen.
  hypercall(_number: number, _a: number, _b: number, _c: number): number {
    return NO_HYPERCALLS;
  }

  xenShared(): number {
    return 0;
  }

  xenResumed(): void {}

  /** What a device does: memory by physical address. */
  dmaRead(address: number, size: number): number {
    const { bytes, at } = this.memoryAt(address, size);
    return getLe(bytes, at, size);
  }

  dmaWrite(address: number, size: number, value: number): void {
    const { bytes, at } = this.memoryAt(address, size);
    putLe(bytes, at, size, value);
  }

  /** Memory of somebody else's at an address of its own, which a driver reaches as it reaches a device's. */
  placeMemory(from: number, bytes: Uint8Array): void {
    this.arrays.push({ from, bytes });
  }

  protected memoryAt(address: number, size: number): { bytes: Uint8Array; at: number } {
    for (const { from, bytes } of this.arrays) {
      if (address >= from && address + size <= from + bytes.length) return { bytes, at: address - from };
    }
    throw new Error(`no memory at ${address}`);
  }

  private registersAt(address: number, size: number): FakeRegisters | undefined {
    return this.registers.find((d) => address >= d.from && address + size <= d.from + d.size);
  }

  private selectedFunction(): FakePciFunction | undefined {
    const address = this.selected % 0x80000000;
    return this.functions.find((f) => f.address === address - (address % 256))?.fn;
  }

  private portAt(port: number, size: number): { fn: FakePciFunction; bar: number; offset: number } | undefined {
    for (const { fn } of this.functions) {
      if (!fn.decodingPorts) continue;
      for (const bar of fn.bars) {
        if (!bar.ports) continue;
        const offset = port - fn.barAddress(bar.index);
        if (offset >= 0 && offset + size <= bar.size) return { fn, bar: bar.index, offset };
      }
    }
    return undefined;
  }

  private deviceAt(address: number, size: number): { fn: FakePciFunction; bar: number; offset: number } | undefined {
    checkWidth(size);
    if (address % size !== 0) throw new Error("unaligned access");
    if (!this.mapped.some((m) => address >= m.from && address + size <= m.to))
      throw new Error(`${address} is not mapped`);
    for (const { fn } of this.functions) {
      if (!fn.decoding) continue;
      for (const bar of fn.bars) {
        if (bar.ports) continue;
        const offset = address - fn.barAddress(bar.index);
        if (offset >= 0 && offset + size <= bar.size) return { fn, bar: bar.index, offset };
      }
    }
    return undefined;
  }
}
