// Virtio devices without a bus: where they are. A hypervisor says it on the command line, in the words that Linux reads
// (virtio_mmio.device=SIZE@ADDRESS:LINE[:ID]), or in ACPI's tables. Read: VIRTIO 1.2, 4.2.1 (discovery), 4.2.2 (registers);
// Linux Documentation/admin-guide/kernel-parameters.txt (virtio_mmio.device).

import { type MmioPlace, MOST_MMIO_DEVICES, mmioPlace } from "../acpi/wire.ts";
import type { Hal } from "../hal.ts";
import { hex } from "../pci/enumerate.ts";

// 4.2.2.
const MAGIC = 0x000;
const VERSION = 0x004;
const DEVICE_ID = 0x008;
/** "virt" */
const MAGIC_VALUE = 0x74726976;
/** Of the legacy interface, and of 1.0. */
export const VERSION_LEGACY = 1;
export const VERSION_1 = 2;

/** A device that has said that it is one. */
export class MmioDevice {
  readonly place: MmioPlace;
  readonly version: number;
  /** Its type (5). */
  readonly type: number;

  constructor(place: MmioPlace, version: number, type: number) {
    this.place = place;
    this.version = version;
    this.type = type;
  }

  /** "0xfeb00e00" */
  get name(): string {
    const { address } = this.place;
    return `0x${hex(address, address < 0x100000000 ? 8 : 13)}`;
  }
}

/** What there is at these places; 4.2.2: an empty one has a device ID of 0. */
export function findMmioDevices(hal: Hal, places: readonly MmioPlace[]): MmioDevice[] {
  const found: MmioDevice[] = [];
  for (const place of places) {
    const address = place.address;
    if (found.some((other) => other.place.address === address) || !hal.mapDevice(address, place.size)) continue;
    if (hal.deviceRead(address + MAGIC, 4) !== MAGIC_VALUE) continue;
    const version = hal.deviceRead(address + VERSION, 4);
    const type = hal.deviceRead(address + DEVICE_ID, 4);
    if ((version !== VERSION_LEGACY && version !== VERSION_1) || type === 0) continue;
    found.push(new MmioDevice(place, version, type));
  }
  return found;
}

const PREFIX = "virtio_mmio.device=";

/** The places that the words of a command line name; what says it in another way is passed over. */
export function decodeMmioWords(text: string): MmioPlace[] {
  const found: MmioPlace[] = [];
  for (const word of text.split(" ")) {
    const place = decodeMmioWord(word.startsWith(PREFIX) ? word.slice(PREFIX.length) : word);
    if (place !== undefined && found.length < MOST_MMIO_DEVICES) found.push(place);
  }
  return found;
}

/** SIZE@ADDRESS:LINE[:ID], numbers decimal or with 0x, the size with K, M or G behind it. */
function decodeMmioWord(word: string): MmioPlace | undefined {
  const parts = word.split("@");
  if (parts.length !== 2) return undefined;
  const behind = parts[1]!.split(":");
  if (behind.length < 2 || behind.length > 3) return undefined;
  if (behind.length === 3 && numberOf(behind[2]!) < 0) return undefined;
  const size = sizeOf(parts[0]!);
  const address = numberOf(behind[0]!);
  const line = numberOf(behind[1]!);
  return size < 0 || address < 0 || line < 0 ? undefined : mmioPlace(address, size, line);
}

function sizeOf(text: string): number {
  const last = text.length - 1;
  const power = last < 1 ? -1 : "KMG".indexOf(text.charAt(last));
  const small = last < 1 ? -1 : "kmg".indexOf(text.charAt(last));
  const shift = Math.max(power, small) + 1;
  const value = numberOf(shift === 0 ? text : text.slice(0, last));
  return value < 0 ? -1 : value * 1024 ** shift;
}

/** -1: it is no number, or one of more than 12 digits. */
function numberOf(text: string): number {
  const hexadecimal = text.startsWith("0x") || text.startsWith("0X");
  const digits = hexadecimal ? text.slice(2) : text;
  if (digits.length < 1 || digits.length > 12) return -1;
  let value = 0;
  for (let i = 0; i < digits.length; i++) {
    const c = digits.charCodeAt(i);
    let digit = 99;
    if (c >= 0x30 && c <= 0x39) digit = c - 0x30;
    else if (c >= 0x61 && c <= 0x66) digit = c - 0x57;
    else if (c >= 0x41 && c <= 0x46) digit = c - 0x37;
    const base = hexadecimal ? 16 : 10;
    if (digit >= base) return -1;
    value = value * base + digit;
  }
  return value;
}
