// Which functions are there. Read: PCI Local Bus Specification 3.0, 3.2.2.3.4 and 6.2.1; PCI-to-PCI Bridge
// Architecture 1.2, 3.2.4 and 3.2.5. Bus numbers are the firmware's or the hypervisor's: none is assigned here.

import {
  CLASS,
  type ConfigSpace,
  DEVICE_ID,
  HEADER_TYPE,
  NO_VENDOR,
  type PciAddress,
  PROGRAMMING_INTERFACE,
  pciAddress,
  REVISION_ID,
  SECONDARY_BUS,
  SUBCLASS,
  SUBSYSTEM_ID,
  SUBSYSTEM_VENDOR_ID,
  VENDOR_ID,
} from "./config.ts";

const BUSES = 256;
const DEVICES = 32;
const FUNCTIONS = 8;
/** Functions listed at most; a machine has a few dozen. */
export const MOST_FUNCTIONS = 1024;

// 6.2.1: header type.
const MULTI_FUNCTION = 0x80;
const HEADER_LAYOUT = 0x7f;
export const HEADER_DEVICE = 0;
export const HEADER_BRIDGE = 1;

// Appendix D: classes.
export const CLASS_NETWORK = 0x02;
export const CLASS_BRIDGE = 0x06;
const SUBCLASS_HOST = 0x00;

export class PciFunction {
  readonly address: PciAddress;
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  readonly classCode: number;
  readonly subclass: number;
  readonly programmingInterface: number;
  /** Layout of the header: HEADER_DEVICE, HEADER_BRIDGE, … */
  readonly layout: number;
  /** 0 unless the layout is HEADER_DEVICE. */
  readonly subsystemVendor: number;
  readonly subsystem: number;

  constructor(config: ConfigSpace, address: PciAddress) {
    this.address = address;
    this.vendor = config.read(address, VENDOR_ID, 2);
    this.device = config.read(address, DEVICE_ID, 2);
    this.revision = config.read(address, REVISION_ID, 1);
    this.programmingInterface = config.read(address, PROGRAMMING_INTERFACE, 1);
    this.subclass = config.read(address, SUBCLASS, 1);
    this.classCode = config.read(address, CLASS, 1);
    this.layout = config.read(address, HEADER_TYPE, 1) & HEADER_LAYOUT;
    const plain = this.layout === HEADER_DEVICE;
    this.subsystemVendor = plain ? config.read(address, SUBSYSTEM_VENDOR_ID, 2) : 0;
    this.subsystem = plain ? config.read(address, SUBSYSTEM_ID, 2) : 0;
  }

  /** "00:03.0", as lspci writes it. */
  get name(): string {
    const a = this.address;
    return `${hex((a >> 16) & 255, 2)}:${hex((a >> 11) & 31, 2)}.${(a >> 8) & 7}`;
  }

  /** "8086:100e" */
  get id(): string {
    return `${hex(this.vendor, 4)}:${hex(this.device, 4)}`;
  }
}

/** All functions on all buses that can be reached from bus 0; each bus is visited once, whatever bridges say. */
export function enumerate(config: ConfigSpace): PciFunction[] {
  const found: PciFunction[] = [];
  if (!config.present()) return found;
  const known: boolean[] = [];
  for (let i = 0; i < BUSES; i++) known.push(i === 0);
  const buses: number[] = [0];
  for (let next = 0; next < buses.length; next++) {
    const bus = buses[next]!;
    for (let device = 0; device < DEVICES; device++) {
      const functions = functionsOf(config, bus, device);
      for (let fn = 0; fn < functions && found.length < MOST_FUNCTIONS; fn++) {
        const address = pciAddress(bus, device, fn);
        if (config.read(address, VENDOR_ID, 2) === NO_VENDOR) continue;
        const it = new PciFunction(config, address);
        found.push(it);
        const below = busBelow(config, it, bus, device, fn);
        if (below > 0 && !known[below]!) {
          known[below] = true;
          buses.push(below);
        }
      }
    }
  }
  return found;
}

/** `digits` hexadecimal digits. */
export function hex(value: number, digits: number): string {
  let text = "";
  for (let i = digits - 1; i >= 0; i--) text += "0123456789abcdef".charAt(Math.floor(value / 16 ** i) % 16);
  return text;
}

/** How many function numbers to try: none without function 0 (3.2.2.3.4), one unless its header says more. */
function functionsOf(config: ConfigSpace, bus: number, device: number): number {
  const first = pciAddress(bus, device, 0);
  if (config.read(first, VENDOR_ID, 2) === NO_VENDOR) return 0;
  return (config.read(first, HEADER_TYPE, 1) & MULTI_FUNCTION) === 0 ? 1 : FUNCTIONS;
}

/** The bus that the function leads to, or 0. */
function busBelow(config: ConfigSpace, it: PciFunction, bus: number, device: number, fn: number): number {
  if (it.layout === HEADER_BRIDGE) return config.read(it.address, SECONDARY_BUS, 1);
  // Several host bridges in one device: function n is the bridge of bus n.
  const host = it.classCode === CLASS_BRIDGE && it.subclass === SUBCLASS_HOST;
  return host && bus === 0 && device === 0 ? fn : 0;
}
