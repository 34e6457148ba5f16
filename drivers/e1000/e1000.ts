// Intel's 8254x and 82574 network cards, which VirtualBox, VMware and virt-install give to who asks for nothing. Read: 317453
// (PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual), 14 (initialisation), 13.4; then wire.ts,
// receive.ts, transmit.ts. Without offloads: checksums and segments are ours.
//
// A card that breaks the rules is reset, reported by `takeEvents`, and initialised again a second later.

import type { FrameReceiver } from "../../stack/base/link.ts";
import { type Instant, MILLISECOND, NEVER, SECOND } from "../../stack/base/result.ts";
import { Card, EVENT_FAULT, EVENT_LINK_DOWN, EVENT_LINK_UP, EVENT_RECOVERED, POLL_INTERVAL } from "../card.ts";
import type { Hal } from "../hal.ts";
import type { InterruptLines } from "../interrupt-lines.ts";
import { LINE_INTERVAL, LineWatch } from "../line-watch.ts";
import { Bars } from "../pci/bar.ts";
import {
  COMMAND,
  COMMAND_BUS_MASTER,
  COMMAND_INTX_DISABLE,
  COMMAND_MEMORY,
  ConfigSpace,
  INTERRUPT_LINE,
  INTERRUPT_PIN,
} from "../pci/config.ts";
import type { PciFunction } from "../pci/enumerate.ts";
import { E1000Receive } from "./receive.ts";
import { E1000Transmit } from "./transmit.ts";
import {
  CAUSES,
  CTRL,
  CTRL_AUTO_SPEED,
  CTRL_INVERT_LOSS,
  CTRL_LINK_RESET,
  CTRL_PHY_RESET,
  CTRL_RESET,
  CTRL_SET_LINK_UP,
  DESCRIPTOR_SIZE,
  ICR,
  IMC,
  IMS,
  MTA,
  MTA_WORDS,
  RAH_VALID,
  RAH0,
  RAL0,
  RCTL,
  RCTL_ON,
  RDBAL,
  REGISTERS_LENGTH,
  RING_HEAD,
  RING_HIGH,
  RING_LENGTH,
  RING_TAIL,
  STATUS,
  STATUS_LINK_UP,
  TCTL,
  TCTL_ON,
  TDBAL,
  TIPG,
  TIPG_COPPER,
} from "./wire.ts";

const INTEL = 0x8086;
/** 82543GC, 82540EM, 82545EM, 82574L: those of VirtualBox, VMware and QEMU. */
const DEVICES: readonly number[] = [0x1004, 0x100e, 0x100f, 0x10d3];

/** 13.4.1: a reset takes a microsecond; and so often it is looked whether it is done. */
export const RESET_READS = 100_000;
export const CHECK_INTERVAL = 500 * MILLISECOND;
export const RECOVERY = SECOND;
const ABSENT = 0xffffffff;
const LINES = 16;
const TWO_32 = 0x100000000;

export type E1000Result =
  | { readonly ok: true; readonly value: E1000 }
  | { readonly ok: false; readonly reason: string };

export function isE1000(fn: PciFunction): boolean {
  return fn.vendor === INTEL && DEVICES.includes(fn.device);
}

/** Brings up the card; `mac` is our address when it has none. */
export function openE1000(hal: Hal, fn: PciFunction, mac: number, lines: InterruptLines): E1000Result {
  const config = new ConfigSpace(hal);
  const bars = new Bars(hal, config, fn.address);
  const registers = bars.map(0, 0, REGISTERS_LENGTH);
  if (registers < 0) return { ok: false, reason: "its registers lie nowhere (BAR 0)" };
  const line = config.read(fn.address, INTERRUPT_LINE, 1);
  const pin = config.read(fn.address, INTERRUPT_PIN, 1);
  const wakes = pin !== 0 && line > 0 && line < LINES && lines.route(line, true);
  const command = config.read(fn.address, COMMAND, 2) & ~COMMAND_INTX_DISABLE;
  config.write(fn.address, COMMAND, 2, command | COMMAND_MEMORY | COMMAND_BUS_MASTER);
  const card = new E1000(hal, fn.name, registers, mac, wakes);
  return card.bringUp() ? { ok: true, value: card } : { ok: false, reason: "it does not finish its reset" };
}

export class E1000 extends Card {
  faults = 0;
  private readonly hal: Hal;
  private readonly name: string;
  private readonly registers: number;
  private readonly line: boolean;
  private readonly watch = new LineWatch();
  private readonly rx: E1000Receive;
  private readonly tx: E1000Transmit;
  private live = false;
  private events = 0;
  private polledAt: Instant = 0;
  private checkAt: Instant = 0;
  private recoverAt: Instant = NEVER;

  /** `line`: its line wakes the machine. Ready after `bringUp`. */
  constructor(hal: Hal, name: string, registers: number, mac: number, line: boolean) {
    super();
    this.hal = hal;
    this.name = name;
    this.registers = registers;
    this.line = line;
    this.mac = mac;
    this.rx = new E1000Receive(hal);
    this.tx = new E1000Transmit(hal);
    this.slots = this.tx.slots;
  }

  /** From reset to live. False: it does not finish its reset. */
  bringUp(): boolean {
    if (!this.reset()) return false;
    const down = CTRL_LINK_RESET | CTRL_INVERT_LOSS | CTRL_PHY_RESET;
    const up = CTRL_SET_LINK_UP | CTRL_AUTO_SPEED;
    this.write(CTRL, ((this.read(CTRL) & ~down) | up) >>> 0);
    this.takeAddress();
    for (let i = 0; i < MTA_WORDS; i++) this.write(MTA + 4 * i, 0);
    this.rx.prepare();
    this.tx.prepare();
    this.place(RDBAL, this.rx.ringAddress, this.rx.ringLength);
    this.place(TDBAL, this.tx.ringAddress, this.tx.ringLength);
    this.hal.fence();
    this.write(TIPG, TIPG_COPPER);
    this.write(TCTL, TCTL_ON);
    this.write(RCTL, RCTL_ON);
    this.write(RDBAL + RING_TAIL, this.rx.ringLength / DESCRIPTOR_SIZE - 1);
    if (this.line) this.write(IMS, CAUSES);
    this.live = true;
    this.recoverAt = NEVER;
    this.carrier();
    return true;
  }

  override reserve(): number {
    return this.live ? this.tx.reserve() : -1;
  }

  override send(
    slot: number,
    headLength: number,
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
  ): void {
    const asked = this.checksumStart !== 0 || this.segmentSize !== 0;
    this.checksumStart = 0;
    this.checksumOffset = 0;
    this.segmentSize = 0;
    if (asked) throw new RangeError("work left to a card without offloads");
    if (this.live) this.tx.send(slot, headLength, payload, payloadOffset, payloadLength);
    else this.tx.drop(slot);
  }

  override lostIn(): number {
    return this.rx.drops;
  }

  override lostOut(): number {
    return this.tx.drops;
  }

  override flush(): void {
    if (!this.live) return;
    const tail = this.tx.tail();
    if (tail < 0) return;
    this.hal.fence();
    this.write(TDBAL + RING_TAIL, tail);
  }

  override poll(receiver: FrameReceiver, now: Instant): boolean {
    const since = now - this.polledAt;
    this.polledAt = now;
    if (!this.live) {
      if (now < this.recoverAt) return false;
      this.recover(now);
      if (!this.live) return false;
    }
    this.flush();
    this.tx.reclaim();
    // Before the next frame is to wake us: reading takes back what it has called for (13.4.17).
    if (this.line && !this.rx.ready() && this.read(ICR) !== 0) this.watch.called(since);
    const received = this.rx.poll(receiver);
    const tail = this.rx.tail();
    if (this.rx.fault) this.fail(now);
    else if (tail >= 0) {
      this.hal.fence();
      this.write(RDBAL + RING_TAIL, tail);
    } else if (now >= this.checkAt) this.check(now);
    return received;
  }

  override nextDeadline(): Instant {
    if (!this.live) return this.recoverAt;
    return this.polledAt + (this.wakes() ? LINE_INTERVAL : POLL_INTERVAL);
  }

  override close(): boolean {
    this.live = false;
    this.up = false;
    return this.reset();
  }

  override wakes(): boolean {
    return this.line && !this.watch.lost();
  }

  override describe(): string {
    return `e1000 at ${this.name}`;
  }

  override takeEvents(): number {
    const { events } = this;
    this.events = 0;
    return events;
  }

  override describeFault(): string {
    return this.faults === 0 ? "no fault" : "it wrote more than the buffer holds, or went away";
  }

  /** 14.3: without interrupts, receiver and transmitter off, then the reset; bounded. */
  private reset(): boolean {
    this.write(IMC, ABSENT);
    this.write(RCTL, 0);
    this.write(TCTL, 0);
    this.write(CTRL, (this.read(CTRL) | CTRL_RESET) >>> 0);
    for (let i = 0; i < RESET_READS; i++) {
      const now = this.read(CTRL);
      if (now === ABSENT) return false;
      if ((now & CTRL_RESET) !== 0) continue;
      this.write(IMC, ABSENT);
      this.read(ICR);
      return true;
    }
    return false;
  }

  /** 13.5.1: the first filter holds the card's own address after a reset; the first byte is the lowest. */
  private takeAddress(): void {
    const low = this.read(RAL0);
    const high = this.read(RAH0) % 0x10000;
    let own = 0;
    for (let i = 0; i < 6; i++) {
      const word = i < 4 ? low : high;
      own = own * 256 + (Math.floor(word / 256 ** (i % 4)) % 256);
    }
    if (own !== 0 && Math.floor(own / 2 ** 40) % 2 === 0) {
      this.mac = own;
      return;
    }
    let ownLow = 0;
    let ownHigh = 0;
    for (let i = 0; i < 6; i++) {
      const byte = Math.floor(this.mac / 256 ** (5 - i)) % 256;
      if (i < 4) ownLow += byte * 256 ** i;
      else ownHigh += byte * 256 ** (i - 4);
    }
    this.write(RAL0, ownLow);
    this.write(RAH0, ownHigh + RAH_VALID);
  }

  private place(base: number, address: number, length: number): void {
    this.write(base, address % TWO_32);
    this.write(base + RING_HIGH, Math.floor(address / TWO_32));
    this.write(base + RING_LENGTH, length);
    this.write(base + RING_HEAD, 0);
    this.write(base + RING_TAIL, 0);
  }

  private check(now: Instant): void {
    this.checkAt = now + CHECK_INTERVAL;
    if (this.read(CTRL) === ABSENT) this.fail(now);
    else this.carrier();
  }

  private carrier(): void {
    const up = (this.read(STATUS) & STATUS_LINK_UP) !== 0;
    if (up !== this.up) this.events |= up ? EVENT_LINK_UP : EVENT_LINK_DOWN;
    this.up = up;
  }

  private fail(now: Instant): void {
    this.faults++;
    this.events |= EVENT_FAULT;
    this.live = false;
    this.up = false;
    // Should it not obey, it may still use every buffer: they stay as they are until bringUp has seen it reset.
    this.reset();
    this.recoverAt = now + RECOVERY;
  }

  private recover(now: Instant): void {
    if (this.bringUp()) this.events |= EVENT_RECOVERED;
    else this.recoverAt = now + RECOVERY;
  }

  private read(register: number): number {
    return this.hal.deviceRead(this.registers + register, 4);
  }

  private write(register: number, value: number): void {
    this.hal.deviceWrite(this.registers + register, 4, value);
  }
}
