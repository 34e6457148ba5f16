// Intel's 8254x as its manual (317453) describes it, as far as a driver without offloads goes: rings, resets, interrupts, and
// lies. Of a driver it takes what the manual allows: anything else throws.

import { type FakeHal, FakePciFunction } from "./fake-hal.ts";

const CTRL = 0x0000;
const STATUS = 0x0008;
const ICR = 0x00c0;
const IMS = 0x00d0;
const IMC = 0x00d8;
const RCTL = 0x0100;
const TCTL = 0x0400;
const TIPG = 0x0410;
const RD = 0x2800;
const TD = 0x3800;
const MTA = 0x5200;
const RAL = 0x5400;
const RAH = 0x5404;
const ON = 2;
const TWO_32 = 0x100000000;

class Ring {
  low = 0;
  high = 0;
  length = 0;
  head = 0;
  tail = 0;

  get entries(): number {
    return this.length / 16;
  }

  get base(): number {
    return this.high * TWO_32 + this.low;
  }
}

export class FakeE1000 extends FakePciFunction {
  readonly hal: FakeHal;
  readonly rx = new Ring();
  readonly tx = new Ring();
  readonly sent: number[][] = [];
  /** What the card was not ready for. */
  dropped = 0;
  resets = 0;
  tails = 0;
  link = true;
  own = 0x52_54_00_12_34_56;
  interruptCause = 0;
  interruptMask = 0;
  /** Lies. */
  neverResets = false;
  gone = false;
  /** Sends nothing on its own. */
  stalled = false;
  private control = 0;
  private receiveControl = 0;
  private transmitControl = 0;
  private addressLow = 0;
  private addressHigh = 0;
  private half: number[] = [];

  constructor(hal: FakeHal, device = 0x100e, base = 0xfebc0000) {
    super(0x8086, device, 0x02, 0x00);
    this.hal = hal;
    this.addBar(0, base, 0x20000, false);
    this.config[0x3c] = 11;
    this.config[0x3d] = 1;
  }

  override barRead(_bar: number, offset: number, size: number): number {
    if (size !== 4) throw new Error(`${size} bytes of the register at ${offset}`);
    if (this.gone) return 0xffffffff;
    switch (offset) {
      case CTRL:
        return this.control;
      case STATUS:
        return this.link ? 0x80080783 : 0x80080781;
      case ICR: {
        const cause = this.interruptCause;
        this.interruptCause = 0;
        return cause;
      }
      case RAL:
        return this.addressLow;
      case RAH:
        return this.addressHigh;
      default:
        throw new Error(`a read of the register at ${offset}`);
    }
  }

  override barWrite(_bar: number, offset: number, size: number, value: number): void {
    if (size !== 4) throw new Error(`${size} bytes of the register at ${offset}`);
    if (this.gone || (offset >= MTA && offset < MTA + 512)) return;
    if (offset >= RD && offset <= RD + 0x18) this.ring(this.rx, offset - RD, value, this.receiveControl);
    else if (offset >= TD && offset <= TD + 0x18) {
      this.ring(this.tx, offset - TD, value, this.transmitControl);
      if (offset === TD + 0x18 && (this.transmitControl & ON) !== 0) this.transmit();
    } else this.register(offset, value);
  }

  /** A frame from the wire. */
  receive(frame: readonly number[], errors = 0): void {
    const { rx } = this;
    const buffers = Math.max(1, Math.ceil(frame.length / 2048));
    if ((this.receiveControl & ON) === 0 || (rx.tail - rx.head + rx.entries) % rx.entries < buffers) {
      this.dropped++;
      return;
    }
    for (let i = 0; i < buffers; i++) {
      const piece = frame.slice(2048 * i, 2048 * (i + 1));
      const at = rx.base + 16 * rx.head;
      const buffer = this.hal.dmaRead(at, 4) + this.hal.dmaRead(at + 4, 4) * TWO_32;
      for (let n = 0; n < piece.length; n++) this.hal.dmaWrite(buffer + n, 1, piece[n]!);
      this.describe(piece.length, i + 1 === buffers ? 3 : 1, errors);
    }
    this.interruptCause |= 0x80;
  }

  /** Fills in the next receive descriptor without looking at anything. */
  describe(length: number, status: number, errors: number): void {
    const { rx } = this;
    const at = rx.base + 16 * rx.head;
    if ((this.hal.dmaRead(at + 12, 4) & 1) !== 0) throw new Error("a descriptor that was not cleared");
    this.hal.dmaWrite(at + 8, 2, length);
    this.hal.dmaWrite(at + 12, 1, status);
    this.hal.dmaWrite(at + 13, 1, errors);
    rx.head = (rx.head + 1) % rx.entries;
  }

  /** Sends what the tail allows: chains of descriptors up to one that ends a frame. */
  transmit(): void {
    const { tx } = this;
    while (tx.head !== tx.tail && !this.stalled) {
      const at = tx.base + 16 * tx.head;
      const buffer = this.hal.dmaRead(at, 4) + this.hal.dmaRead(at + 4, 4) * TWO_32;
      const length = this.hal.dmaRead(at + 8, 2);
      const command = this.hal.dmaRead(at + 11, 1);
      if (length === 0) throw new Error("a descriptor of no bytes");
      if ((command & 2) === 0) throw new Error("a frame without a frame check sequence");
      for (let i = 0; i < length; i++) this.half.push(this.hal.dmaRead(buffer + i, 1));
      if ((command & 1) !== 0) {
        this.sent.push(this.half);
        this.half = [];
      }
      if ((command & 8) !== 0) this.hal.dmaWrite(at + 12, 1, 1);
      tx.head = (tx.head + 1) % tx.entries;
    }
  }

  private register(offset: number, value: number): void {
    switch (offset) {
      case CTRL:
        if (value >= 0x80000000) throw new Error("the PHY is reset");
        this.control = value;
        if ((value & 0x04000000) !== 0 && !this.neverResets) this.reset();
        return;
      case IMS:
        this.interruptMask |= value;
        return;
      case IMC:
        this.interruptMask &= ~value;
        return;
      case RCTL:
        if ((value & ON) !== 0) this.placed(this.rx);
        this.receiveControl = value;
        return;
      case TCTL:
        if ((value & ON) !== 0) this.placed(this.tx);
        this.transmitControl = value;
        return;
      case TIPG:
        return;
      case RAL:
        this.addressLow = value;
        return;
      case RAH:
        this.addressHigh = value;
        return;
      default:
        throw new Error(`a write of the register at ${offset}`);
    }
  }

  /** 13.4.25 and on: base of 16 bytes, a length of 128; both, and the head, only while the unit is off. */
  private ring(ring: Ring, field: number, value: number, control: number): void {
    if (field !== 0x18 && (control & ON) !== 0) throw new Error("a ring is moved while it is in use");
    if (field === 0) {
      if (value % 16 !== 0) throw new Error("a ring is not aligned");
      ring.low = value;
    } else if (field === 4) ring.high = value;
    else if (field === 8) {
      if (value % 128 !== 0 || value === 0) throw new Error(`a ring of ${value} bytes`);
      ring.length = value;
    } else if (field === 0x10) ring.head = value;
    else if (field === 0x18) {
      if (value >= Math.max(1, ring.entries)) throw new Error(`tail ${value} of ${ring.entries}`);
      ring.tail = value;
      this.tails++;
    } else throw new Error(`a field of a ring at ${field}`);
  }

  private placed(ring: Ring): void {
    if (ring.base === 0 || ring.length === 0) throw new Error("a unit is on without a ring");
  }

  private reset(): void {
    this.resets++;
    this.control = 0x00000041;
    this.receiveControl = 0;
    this.transmitControl = 0;
    this.interruptMask = 0;
    this.interruptCause = 4;
    this.half = [];
    for (const ring of [this.rx, this.tx]) {
      ring.low = 0;
      ring.high = 0;
      ring.length = 0;
      ring.head = 0;
      ring.tail = 0;
    }
    const byte = (i: number): number => Math.floor(this.own / 256 ** (5 - i)) % 256;
    this.addressLow = byte(0) + byte(1) * 0x100 + byte(2) * 0x10000 + byte(3) * 0x1000000;
    this.addressHigh = byte(4) + byte(5) * 0x100 + 0x80000000;
  }
}
