// What is plugged in, which of it we can drive, and the links that come of it: all that a target has to ask.
// Read: VIRTIO 1.2, 4.1.2 (PCI discovery), 4.2.1 (discovery without a bus), 5 (device types). What Xen has is found without PCI: xen/bus.ts.

import { type Instant, MILLISECOND } from "../stack/base/result.ts";
import { AcpiTables } from "./acpi/tables.ts";
import { decodeMmioDevices } from "./acpi/wire.ts";
import type { Card } from "./card.ts";
import { isE1000, openE1000 } from "./e1000/e1000.ts";
import type { Hal } from "./hal.ts";
import { type InterruptLines, IoApicLines, NO_LINES, PicLines } from "./interrupt-lines.ts";
import { ConfigSpace } from "./pci/config.ts";
import { CLASS_NETWORK, enumerate, HEADER_DEVICE, type PciFunction } from "./pci/enumerate.ts";
import { formatVirtioError } from "./virtio/error.ts";
import { decodeMmioWords, findMmioDevices, type MmioDevice } from "./virtio/mmio.ts";
import { startNet } from "./virtio/net.ts";
import { startRng, type VirtioRng } from "./virtio/rng.ts";
import type { TransportResult } from "./virtio/transport.ts";
import { openMmioTransport } from "./virtio/transport-mmio.ts";
import { openPciTransport } from "./virtio/transport-pci.ts";
import { XenBus } from "./xen/bus.ts";
import { formatXenError } from "./xen/error.ts";

export type DeviceKind =
  /** A virtio network card. */
  | "net"
  /** An Intel network card (e1000/). */
  | "e1000"
  /** A virtio entropy device. */
  | "rng"
  /** Another network card: worth a word to whoever wonders why there is no network. */
  | "foreign-net"
  | "other";

/** One of `fn` and `mmio` is there. */
export interface FoundDevice {
  readonly kind: DeviceKind;
  readonly fn: PciFunction | undefined;
  readonly mmio: MmioDevice | undefined;
}

/** What is plugged in, and what its interrupts may go through. */
export interface Found {
  readonly devices: readonly FoundDevice[];
  readonly lines: InterruptLines;
}

// 4.1.2: vendor and device IDs. A transitional device has an ID of its own, a modern one 0x1040 + its type.
const VIRTIO_VENDOR = 0x1af4;
const TRANSITIONAL_FIRST = 0x1000;
const TRANSITIONAL_LAST = 0x103f;
const MODERN_FIRST = 0x1040;
const MODERN_LAST = 0x107f;
const TRANSITIONAL_NET = 0x1000;
const TRANSITIONAL_RNG = 0x1005;
// 5: device types.
const TYPE_NET = 1;
const TYPE_RNG = 4;

/** A device that is left alone. */
export interface LeftAlone {
  readonly name: string;
  readonly reason: string;
}

/** What became of the devices of a kind: those that work, those that do not, in the order in which they were found. */
export interface CardsFound {
  readonly cards: Card[];
  readonly leftAlone: LeftAlone[];
}

export interface EntropyFound {
  readonly sources: VirtioRng[];
  readonly leftAlone: LeftAlone[];
}

/** What there is of Xen: one bus on a guest of Xen, else none. */
export interface XenFound {
  readonly buses: XenBus[];
  readonly leftAlone: LeftAlone[];
}

/** How long the machine waits for an entropy device at the start. */
export const ENTROPY_WAIT = 500 * MILLISECOND;

/**
 * Brings up network cards until `most` work. `mac` is for a card without an address of its own, `offloads` are the
 * OFFLOAD_ bits to ask for. A card beyond `most` is not touched: what was brought up would have to be polled.
 */
export function probeCards(
  hal: Hal,
  { devices, lines }: Found,
  mac: number,
  offloads: number,
  most: number,
): CardsFound {
  const found: CardsFound = { cards: [], leftAlone: [] };
  for (const device of devices) {
    if (device.kind === "foreign-net") leave(found.leftAlone, device, "there is no driver for it");
    if (device.kind !== "net" && device.kind !== "e1000") continue;
    if (found.cards.length >= most) {
      leave(found.leftAlone, device, "so many cards work already");
      continue;
    }
    if (device.kind === "e1000" && device.fn !== undefined) {
      const e1000 = openE1000(hal, device.fn, mac, lines);
      if (e1000.ok) found.cards.push(e1000.value);
      else leave(found.leftAlone, device, e1000.reason);
      continue;
    }
    const opened = openTransport(hal, device, lines);
    if (!opened.ok) {
      leave(found.leftAlone, device, formatVirtioError(opened.error));
      continue;
    }
    const started = startNet(opened.value, mac, offloads);
    if (started.ok) found.cards.push(started.value);
    else leave(found.leftAlone, device, formatVirtioError(started.error));
  }
  return found;
}

/** As `probeCards`, with the cards of Xen. */
export function probeXenCards(buses: readonly XenBus[], offloads: number, most: number): CardsFound {
  const found: CardsFound = { cards: [], leftAlone: [] };
  for (const bus of buses) {
    for (const path of bus.vifs()) {
      const name = `Xen network card at ${path}`;
      if (found.cards.length >= most) {
        found.leftAlone.push({ name, reason: "so many cards work already" });
        continue;
      }
      const opened = bus.connect(path, offloads);
      if (opened.ok) found.cards.push(opened.value);
      else found.leftAlone.push({ name, reason: formatXenError(opened.error) });
    }
  }
  return found;
}

/** Finds Xen, if that is what we run on. `now` is asked while its store is. */
export function findXen(hal: Hal, now: () => Instant): XenFound {
  const found: XenFound = { buses: [], leftAlone: [] };
  const shared = hal.xenShared();
  if (shared === 0) return found;
  const bus = new XenBus(hal, shared, now);
  const reason = bus.open();
  if (reason === "") found.buses.push(bus);
  else found.leftAlone.push({ name: "Xen", reason });
  return found;
}

/** Brings up the first entropy device that gives bytes; `now` is asked while it thinks about them. */
export function probeEntropy(hal: Hal, { devices }: Found, now: () => Instant): EntropyFound {
  const found: EntropyFound = { sources: [], leftAlone: [] };
  for (const device of devices) {
    if (device.kind !== "rng" || found.sources.length > 0) continue;
    // It is looked at, and need not wake the machine.
    const opened = openTransport(hal, device, NO_LINES);
    const started = opened.ok ? startRng(opened.value) : opened;
    if (!started.ok) {
      leave(found.leftAlone, device, formatVirtioError(started.error));
      continue;
    }
    const rng = started.value;
    rng.request();
    const until = now() + ENTROPY_WAIT;
    while (rng.poll() === 0 && !rng.failed && now() < until) hal.fence();
    if (rng.fed > 0) found.sources.push(rng);
    else leave(found.leftAlone, device, "it gives no bytes");
  }
  return found;
}

/**
 * Everything on the PCI buses, in the order of bus, device, function, and the virtio devices without a bus that `words`
 * name, which are a host's on the command line; where there is neither, those that ACPI tells of.
 */
export function findDevices(hal: Hal, words: string): Found {
  const acpi = new AcpiTables(hal);
  const devices: FoundDevice[] = [];
  for (const fn of enumerate(new ConfigSpace(hal))) devices.push({ kind: kindOf(fn), fn, mmio: undefined });
  let places = decodeMmioWords(words);
  if (places.length === 0 && devices.length === 0 && hal.xenShared() === 0) places = decodeMmioDevices(acpi.dsdt());
  for (const mmio of findMmioDevices(hal, places)) {
    devices.push({ kind: kindOfType(mmio.type), fn: undefined, mmio });
  }
  return { devices, lines: hal.messageAddress() === 0 ? new PicLines(hal) : new IoApicLines(hal, acpi) };
}

function openTransport(hal: Hal, device: FoundDevice, lines: InterruptLines): TransportResult {
  if (device.fn !== undefined) return openPciTransport(hal, device.fn, lines);
  if (device.mmio !== undefined) return openMmioTransport(hal, device.mmio, lines);
  throw new Error("a device that is nowhere");
}

/**
 * The virtio type of the function, or 0. IDs 0x1000 to 0x103f are transitional devices (4.1.2.1), of which only
 * network card and entropy source are told apart here.
 */
export function virtioType(fn: PciFunction): number {
  if (fn.vendor !== VIRTIO_VENDOR || fn.layout !== HEADER_DEVICE) return 0;
  if (fn.device >= MODERN_FIRST && fn.device <= MODERN_LAST) return fn.device - MODERN_FIRST;
  if (fn.device === TRANSITIONAL_NET) return TYPE_NET;
  if (fn.device === TRANSITIONAL_RNG) return TYPE_RNG;
  // 4.1.2.3: a transitional device has its type in the subsystem ID.
  return fn.device >= TRANSITIONAL_FIRST && fn.device <= TRANSITIONAL_LAST ? fn.subsystem : 0;
}

/** For the console: "Intel 82540EM (8086:100e) at 00:03.0". */
export function describeDevice(found: FoundDevice): string {
  const { fn, mmio } = found;
  if (mmio !== undefined) return `${nameOfType(mmio.type)} (virtio-mmio ${mmio.version}) at ${mmio.name}`;
  if (fn === undefined) return "";
  const name = nameOf(fn);
  return `${name === "" ? `class ${fn.classCode}.${fn.subclass}` : name} (${fn.id}) at ${fn.name}`;
}

function leave(leftAlone: LeftAlone[], device: FoundDevice, reason: string): void {
  leftAlone.push({ name: describeDevice(device), reason });
}

function kindOf(fn: PciFunction): DeviceKind {
  const kind = kindOfType(virtioType(fn));
  if (kind !== "other") return kind;
  if (isE1000(fn)) return "e1000";
  return fn.classCode === CLASS_NETWORK ? "foreign-net" : "other";
}

function kindOfType(type: number): DeviceKind {
  if (type === TYPE_NET) return "net";
  return type === TYPE_RNG ? "rng" : "other";
}

/** Names of what hypervisors commonly plug in; "" for anything else. */
function nameOf(fn: PciFunction): string {
  switch (fn.id) {
    case "8086:100e":
      return "Intel 82540EM";
    case "8086:100f":
      return "Intel 82545EM";
    case "8086:10d3":
      return "Intel 82574L";
    case "8086:10c9":
      return "Intel 82576";
    case "10ec:8139":
      return "Realtek RTL8139";
    case "10ec:8029":
      return "Realtek RTL8029 (ne2k)";
    case "1022:2000":
      return "AMD PCnet";
    case "15ad:07b0":
      return "VMware vmxnet3";
    case "1ae0:0042":
      return "Google gVNIC";
    case "1d0f:ec20":
      return "Amazon ENA";
    case "5853:0001":
      return "Xen platform device";
    default:
      return nameOfType(virtioType(fn));
  }
}

/** 5: device types. "" for what is not virtio, or seldom. */
function nameOfType(type: number): string {
  switch (type) {
    case TYPE_NET:
      return "virtio network card";
    case 2:
      return "virtio block device";
    case 3:
      return "virtio console";
    case TYPE_RNG:
      return "virtio entropy source";
    case 5:
      return "virtio memory balloon";
    case 8:
      return "virtio SCSI host";
    case 9:
      return "virtio 9P transport";
    case 16:
      return "virtio GPU";
    case 18:
      return "virtio input device";
    case 19:
      return "virtio socket device";
    case 26:
      return "virtio file system";
    default:
      return "";
  }
}
