// What is plugged in, and which of it we can drive. Read: VIRTIO 1.2, 4.1.2 (PCI discovery), 5 (device types).

import type { Hal } from "./hal.ts";
import { ConfigSpace } from "./pci/config.ts";
import { CLASS_NETWORK, enumerate, HEADER_DEVICE, type PciFunction } from "./pci/enumerate.ts";

export type DeviceKind =
  /** A virtio network card: openNet. */
  | "net"
  /** A virtio entropy device: openRng. */
  | "rng"
  /** A network card that is not virtio: worth a word to whoever wonders why there is no network. */
  | "foreign-net"
  | "other";

export interface FoundDevice {
  readonly kind: DeviceKind;
  readonly fn: PciFunction;
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

/** Everything on the PCI buses, in the order of bus, device, function; empty on a machine without PCI. */
export function findDevices(hal: Hal): FoundDevice[] {
  const found: FoundDevice[] = [];
  for (const fn of enumerate(new ConfigSpace(hal))) found.push({ kind: kindOf(fn), fn });
  return found;
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
  const { fn } = found;
  const name = nameOf(fn);
  return `${name === "" ? `class ${fn.classCode}.${fn.subclass}` : name} (${fn.id}) at ${fn.name}`;
}

/** For the console, when there is no virtio network card among the devices. */
export function adviseOnNetwork(devices: readonly FoundDevice[]): string {
  let foreign = "";
  for (const it of devices) {
    if (it.kind === "foreign-net") foreign += `${foreign === "" ? "" : ", "}${describeDevice(it)}`;
  }
  if (foreign === "") return "no network card; add one with -device virtio-net-pci";
  return `a network card that I cannot drive: ${foreign}; use -device virtio-net-pci`;
}

function kindOf(fn: PciFunction): DeviceKind {
  const type = virtioType(fn);
  if (type === TYPE_NET) return "net";
  if (type === TYPE_RNG) return "rng";
  return fn.classCode === CLASS_NETWORK ? "foreign-net" : "other";
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
    case "1d0f:ec20":
      return "Amazon ENA";
    case "5853:0001":
      return "Xen platform device";
    default:
      break;
  }
  switch (virtioType(fn)) {
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
