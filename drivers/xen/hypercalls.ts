/// <reference path="../native.d.ts" />
// What the drivers ask of Xen. Read: Xen public/xen.h (the numbers), memory.h, event_channel.h, hvm/hvm_op.h, hvm/params.h,
// sched.h. A structure for Xen is written into one block, which it reads before the call returns.

import { type Hal, PAGE_SIZE } from "../hal.ts";

const MEMORY_OP = 12;
const SCHED_OP = 29;
const EVENT_CHANNEL_OP = 32;
const HVM_OP = 34;

const ADD_TO_PHYSMAP = 7;
const SPACE_GRANT_TABLE = 1;
const YIELD = 0;
const SHUTDOWN = 2;
const CLOSE = 3;
const SEND = 4;
const ALLOC_UNBOUND = 6;
const SET_PARAMETER = 0;
const GET_PARAMETER = 1;
const SET_UPCALL_VECTOR = 23;

const DOMID_SELF = 0x7ff0;
/** No domain has a number as high as this (DOMID_FIRST_RESERVED). */
export const MOST_DOMAIN = 0x7fef;
/** Event channels that there can be (2-level ABI, 64 bits). */
export const MOST_PORT = 4095;

/** hvm/params.h. */
export const PARAM_CALLBACK_IRQ = 0;
export const PARAM_STORE_PFN = 1;
export const PARAM_STORE_EVENT = 2;

/** sched.h: why a domain ends. */
export const REASON_POWER_OFF = 0;
export const REASON_REBOOT = 1;
export const REASON_SUSPEND = 2;

const BLOCK_SIZE = 32;
const TWO_32 = 0x100000000;

export class Hypercalls {
  readonly hal: Hal;
  private readonly block: Uint8Array;
  private readonly address: number;
  private readonly at: number;

  constructor(hal: Hal) {
    this.hal = hal;
    this.block = new Uint8Array(BLOCK_SIZE + 8);
    const from = hal.addressOf(this.block);
    this.at = (8 - (from % 8)) % 8;
    this.address = from + this.at;
  }

  /** A parameter of this machine (PARAM_); 0 when it has none. */
  parameter(index: number): number {
    this.put(0, DOMID_SELF);
    this.put(4, index);
    this.put64(8, 0);
    if (this.hal.hypercall(HVM_OP, GET_PARAMETER, this.address, 0) !== 0) return 0;
    return this.get(12) * TWO_32 + this.get(8);
  }

  setParameter(index: number, value: number): boolean {
    this.put(0, DOMID_SELF);
    this.put(4, index);
    this.put64(8, value);
    return this.hal.hypercall(HVM_OP, SET_PARAMETER, this.address, 0) === 0;
  }

  /** Has events raise this interrupt vector of the first processor's local APIC; false: this Xen cannot (before 4.6). */
  setUpcallVector(vector: number): boolean {
    this.put(0, 0);
    this.put(4, vector);
    return this.hal.hypercall(HVM_OP, SET_UPCALL_VECTOR, this.address, 0) === 0;
  }

  /** Puts the grant table's page `index` in the place of our page at `address`. */
  mapGrantTable(index: number, address: number): boolean {
    this.put(0, DOMID_SELF);
    this.put(4, SPACE_GRANT_TABLE);
    this.put64(8, index);
    this.put64(16, address / PAGE_SIZE);
    return this.hal.hypercall(MEMORY_OP, ADD_TO_PHYSMAP, this.address, 0) === 0;
  }

  /** A new event channel that `domain` may bind to: its port, or -1. */
  allocateChannel(domain: number): number {
    this.put(0, domain * 0x10000 + DOMID_SELF);
    this.put(4, 0);
    if (this.hal.hypercall(EVENT_CHANNEL_OP, ALLOC_UNBOUND, this.address, 0) !== 0) return -1;
    const port = this.get(4);
    return port >= 1 && port <= MOST_PORT ? port : -1;
  }

  closeChannel(port: number): void {
    this.put(0, port);
    this.hal.hypercall(EVENT_CHANNEL_OP, CLOSE, this.address, 0);
  }

  notify(port: number): void {
    this.put(0, port);
    this.hal.hypercall(EVENT_CHANNEL_OP, SEND, this.address, 0);
  }

  /** Lets other domains have the processor. */
  yield(): void {
    this.hal.hypercall(SCHED_OP, YIELD, 0, 0);
  }

  /** Ends this domain, or suspends it (REASON_); then what it returns is 0, or not 0 when nothing has changed meanwhile. */
  shutdown(reason: number): number {
    this.put(0, reason);
    return this.hal.hypercall(SCHED_OP, SHUTDOWN, this.address, 0);
  }

  private put(offset: number, value: number): void {
    nativeStoreLittle32(this.block, this.at + offset, value);
  }

  private put64(offset: number, value: number): void {
    this.put(offset, value % TWO_32);
    this.put(offset + 4, Math.floor(value / TWO_32));
  }

  private get(offset: number): number {
    return nativeLoadLittle32(this.block, this.at + offset);
  }
}
