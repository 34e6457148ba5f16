// What of ACPI's tables drivers need, out of bytes: where I/O APICs are, and where a machine without PCI has its virtio
// devices, and where a host keeps the generation of a machine. Read: ACPI 6.4, 5.2.6 (header), 5.2.7, 5.2.8 (RSDT, XSDT), 5.2.12.3 (I/O APIC), 6.4.3.4 (Memory32Fixed), 6.4.3.6
// (extended interrupt), 20.2.3 (integers, strings in AML), 20.2.5 (packages); Microsoft, Virtual Machine Generation ID (2012).
//
// AML is not interpreted. Hypervisors write a virtio-mmio device as a name of its kind, "LNRO0005", and behind it a
// template of resources: a range of memory and an interrupt. That pattern is looked for; whatever it gives is only a
// place to look at, where a device has to say itself that it is one. In the same way the generation is found as Firecracker
// and bhyve write it: a device that is compatible with "VM_Gen_Counter", and in it a package ADDR of two integers.

/** 5.2.6: signature, length, revision, checksum, identification. */
export const TABLE_HEADER = 36;
/** I/O APICs, and virtio devices, of one table at most. */
export const MOST_IO_APICS = 8;
export const MOST_MMIO_DEVICES = 32;

/** Where a virtio device has its registers, and which interrupt (global system interrupt) is its. */
export interface MmioPlace {
  readonly address: number;
  readonly size: number;
  readonly line: number;
}

export interface IoApic {
  readonly address: number;
  /** The first of its global system interrupts. */
  readonly firstLine: number;
}

/** Registers of devices are neither in the first megabyte nor beyond what an x86-64 machine can address. */
const LEAST_ADDRESS = 0x100000;
const TWO_32 = 0x100000000;

/** `size` bytes as an unsigned integer, 8 at most; one that is too large to be exact is too large to be an address. */
export function little(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!;
  return value >= 2 ** 52 ? TWO_32 * TWO_32 : value;
}

export function little32(bytes: Uint8Array, at: number): number {
  return little(bytes, at, 4);
}

/** 5.2.6: all bytes of a table add up to 0. */
export function sumsToZero(bytes: Uint8Array): boolean {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum = (sum + bytes[i]!) & 255;
  return sum === 0;
}

/** 5.2.12, MADT: the structures behind the local APIC's address and flags. */
export function decodeIoApics(madt: Uint8Array): IoApic[] {
  const found: IoApic[] = [];
  let at = TABLE_HEADER + 8;
  while (at + 2 <= madt.length && found.length < MOST_IO_APICS) {
    const length = madt[at + 1]!;
    if (length < 2 || at + length > madt.length) break;
    if (madt[at] === 1 && length === 12) {
      const address = little32(madt, at + 4);
      if (address >= LEAST_ADDRESS && address % 16 === 0) found.push({ address, firstLine: little32(madt, at + 8) });
    }
    at += length;
  }
  return found;
}

// 20.2.3: StringPrefix, the characters, a zero.
const KIND: readonly number[] = [0x0d, 0x4c, 0x4e, 0x52, 0x4f, 0x30, 0x30, 0x30, 0x35, 0];
/** Bytes behind its kind in which a device has its resources. */
const REACH = 256;
// 6.4.3: tags of large resources.
const MEMORY_32_FIXED = 0x86;
const EXTENDED_INTERRUPT = 0x89;

/** The virtio-mmio devices that the bytes of a DSDT or SSDT tell of. */
export function decodeMmioDevices(table: Uint8Array): MmioPlace[] {
  const found: MmioPlace[] = [];
  for (let at = TABLE_HEADER; at + KIND.length <= table.length && found.length < MOST_MMIO_DEVICES; at++) {
    if (!matches(table, at, KIND)) continue;
    const end = Math.min(table.length, at + KIND.length + REACH);
    for (let i = at + KIND.length; i + 21 <= end && !matches(table, i, KIND); i++) {
      // Memory32Fixed (12 bytes), then one extended interrupt (9 bytes).
      if (table[i] !== MEMORY_32_FIXED || table[i + 1] !== 9 || table[i + 2] !== 0) continue;
      if (table[i + 12] !== EXTENDED_INTERRUPT || table[i + 13] !== 6 || table[i + 14] !== 0 || table[i + 16] !== 1) {
        continue;
      }
      const place = mmioPlace(little32(table, i + 4), little32(table, i + 8), little32(table, i + 17));
      if (place !== undefined) found.push(place);
      break;
    }
  }
  return found;
}

/** 4.2.2 of VIRTIO 1.2: the registers take 0x100 bytes, the device's configuration follows. */
const LEAST_SIZE = 0x108;
const MOST_SIZE = 0x100000;
const ADDRESS_LIMIT = 2 ** 52;
/** A global system interrupt is a number of 32 bits; machines have some hundreds. */
const MOST_LINE = 0xffff;

/** Undefined for what cannot be the place of a device. */
export function mmioPlace(address: number, size: number, line: number): MmioPlace | undefined {
  if (address < LEAST_ADDRESS || address + size > ADDRESS_LIMIT || address % 4 !== 0) return undefined;
  if (size < LEAST_SIZE || size > MOST_SIZE || line < 1 || line > MOST_LINE) return undefined;
  return { address, size, line };
}

/** Bytes of a generation. */
export const GENERATION_LENGTH = 16;
// The string "VM_Gen_Counter", and Name(ADDR, Package.
const COUNTER: readonly number[] = [
  0x0d, 0x56, 0x4d, 0x5f, 0x47, 0x65, 0x6e, 0x5f, 0x43, 0x6f, 0x75, 0x6e, 0x74, 0x65, 0x72, 0,
];
const ADDR: readonly number[] = [0x08, 0x41, 0x44, 0x44, 0x52, 0x12];

/** Where the generation of this machine is, by the bytes of a DSDT or SSDT; 0: they do not say. */
export function decodeGenerationAddress(table: Uint8Array): number {
  for (let at = TABLE_HEADER; at + COUNTER.length <= table.length; at++) {
    if (!matches(table, at, COUNTER)) continue;
    const end = Math.min(table.length, at + COUNTER.length + REACH);
    for (let i = at + COUNTER.length; i + ADDR.length + 2 <= end; i++) {
      if (!matches(table, i, ADDR)) continue;
      // 20.2.4: a length of one byte; then how many elements there are.
      const low = i + ADDR.length + 2;
      if (table[low - 2]! >= 0x40 || table[low - 1] !== 2) continue;
      const high = low + integerLength(table, low);
      if (integer(table, low) >= TWO_32 || integer(table, high) >= TWO_32) continue;
      const address = generationAddress(integer(table, high) * TWO_32 + integer(table, low));
      if (address !== 0) return address;
    }
  }
  return 0;
}

/** 0 for what cannot be the address of a generation, which is aligned to 8 bytes. */
export function generationAddress(address: number): number {
  return address % 8 === 0 && address + GENERATION_LENGTH <= ADDRESS_LIMIT ? address : 0;
}

/** 20.2.3: how long the integer is; 0: there is none. */
function integerLength(table: Uint8Array, at: number): number {
  switch (at < table.length ? table[at]! : -1) {
    case 0x00:
    case 0x01:
      return 1;
    case 0x0a:
      return 2;
    case 0x0b:
      return 3;
    case 0x0c:
      return 5;
    default:
      return 0;
  }
}

/** Its value; 2^32, which is none: there is no integer, or it is not whole. */
function integer(table: Uint8Array, at: number): number {
  const length = integerLength(table, at);
  if (length === 0 || at + length > table.length) return TWO_32;
  if (length === 1) return table[at]!;
  return little(table, at + 1, length - 1);
}

function matches(table: Uint8Array, at: number, bytes: readonly number[]): boolean {
  if (at + bytes.length > table.length) return false;
  for (let i = 0; i < bytes.length; i++) if (table[at + i] !== bytes[i]) return false;
  return true;
}
