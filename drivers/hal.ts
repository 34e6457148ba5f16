// The hardware as drivers see it: ports, device memory, memory that devices read and write, interrupts. NativeHal is
// the machine; test/support/fake-hal.ts is a machine of arrays. Addresses are physical, and memory is mapped at them.

import {
  addEntropy,
  addressOf,
  deviceRead,
  deviceWrite,
  fence,
  hypercall,
  mapDevice,
  messageAddress,
  portRead,
  portWrite,
  powerEvents,
  xenResumed,
  xenShared,
} from "./native.ts";

/** Device memory is mapped in whole pages of this size. */
export const PAGE_SIZE = 4096;

export abstract class Hal {
  /** I/O ports; `size` is 1, 2 or 4. */
  abstract portRead(port: number, size: number): number;
  abstract portWrite(port: number, size: number, value: number): void;
  /** Device memory within what mapDevice has mapped, as one access; `size` is 1, 2 or 4. */
  abstract deviceRead(address: number, size: number): number;
  abstract deviceWrite(address: number, size: number, value: number): void;
  /** Makes a range of device memory accessible; again for a range already mapped is fine. False: refused. */
  abstract mapDevice(address: number, length: number): boolean;
  /** Physical address of the array's first byte; the array must be kept alive while a device has it. */
  abstract addressOf(bytes: Uint8Array): number;
  /**
   * Two bytes, little-endian, of memory that a device reads or writes at the same time, as ONE access: an index
   * written byte by byte could be seen half written. `address` is even and lies in an array given to addressOf.
   */
  abstract sharedRead16(address: number): number;
  abstract sharedWrite16(address: number, value: number): void;
  /** The same of four bytes; `address` is a multiple of four. */
  abstract sharedRead32(address: number): number;
  abstract sharedWrite32(address: number, value: number): void;
  /** Orders all accesses before it against all after it, as devices see them. */
  abstract fence(): void;
  /** Message data of a fresh interrupt vector, or -1: none left, or nobody to send it to. */
  abstract takeVector(): number;
  /** Where messages (MSI-X) are written to; 0: there is no local APIC. */
  abstract messageAddress(): number;
  /** Bytes of an entropy device for the pool, counted as true randomness. */
  abstract addEntropy(bytes: Uint8Array): void;
  /** The port of ACPI's PM1 event registers, and above 16 bits how many bytes they have; 0: there are none. */
  abstract powerEvents(): number;
  /** A hypercall of Xen: its result, or a negative errno; NO_HYPERCALLS where there is no Xen. */
  abstract hypercall(number: number, a: number, b: number, c: number): number;
  /** The address of the page that Xen shares with us, 0 where there is none. Like device memory it may be read and written. */
  abstract xenShared(): number;
  /** After the machine has been suspended: asks Xen for that page again, and puts the clocks right. */
  abstract xenResumed(): void;
}

/** Vectors of devices, between those of traps and that of the timer (image/runtime/virtual/timer.c). */
const FIRST_VECTOR = 0x30;
const LAST_VECTOR = 0xef;

/** ENOSYS, as Xen has it. */
export const NO_HYPERCALLS = -38;

/** The machine that we run on. */
export class NativeHal extends Hal {
  // Ranges mapped already, so that drivers need not remember.
  private readonly mappedFrom: number[] = [];
  private readonly mappedTo: number[] = [];
  private nextVector = FIRST_VECTOR;

  override portRead(port: number, size: number): number {
    return portRead(port, size);
  }

  override portWrite(port: number, size: number, value: number): void {
    portWrite(port, size, value);
  }

  override deviceRead(address: number, size: number): number {
    return deviceRead(address, size);
  }

  override deviceWrite(address: number, size: number, value: number): void {
    deviceWrite(address, size, value);
  }

  override mapDevice(address: number, length: number): boolean {
    const from = Math.floor(address / PAGE_SIZE) * PAGE_SIZE;
    const to = Math.ceil((address + length) / PAGE_SIZE) * PAGE_SIZE;
    for (let i = 0; i < this.mappedFrom.length; i++) {
      if (this.mappedFrom[i]! <= from && to <= this.mappedTo[i]!) return true;
    }
    if (!mapDevice(from, to - from)) return false;
    this.mappedFrom.push(from);
    this.mappedTo.push(to);
    return true;
  }

  override addressOf(bytes: Uint8Array): number {
    return addressOf(bytes);
  }

  // The native accessor makes exactly one access of the size asked for, whatever lies at the address.
  override sharedRead16(address: number): number {
    return deviceRead(address, 2);
  }

  override sharedWrite16(address: number, value: number): void {
    deviceWrite(address, 2, value);
  }

  override sharedRead32(address: number): number {
    return deviceRead(address, 4);
  }

  override sharedWrite32(address: number, value: number): void {
    deviceWrite(address, 4, value);
  }

  override fence(): void {
    fence();
  }

  override takeVector(): number {
    if (this.nextVector > LAST_VECTOR || this.messageAddress() === 0) return -1;
    return this.nextVector++;
  }

  override messageAddress(): number {
    return messageAddress();
  }

  override addEntropy(bytes: Uint8Array): void {
    addEntropy(bytes);
  }

  override powerEvents(): number {
    return powerEvents();
  }

  override hypercall(number: number, a: number, b: number, c: number): number {
    return hypercall(number, a, b, c);
  }

  override xenShared(): number {
    return xenShared();
  }

  override xenResumed(): void {
    xenResumed();
  }
}
