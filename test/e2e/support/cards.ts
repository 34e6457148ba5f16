// Every kind of card that is driven, and how it wakes the machine, on machines that QEMU has.

import type { MachineOptions } from "../../../tools/qemu.ts";

export interface CardSetting {
  readonly name: string;
  readonly machine: Partial<MachineOptions>;
  /** What the console says of it. */
  readonly said: RegExp;
}

function microvm(acpi: string, legacy: string): CardSetting {
  return {
    name: `-M microvm,acpi=${acpi} -global virtio-mmio.force-legacy=${legacy}`,
    machine: {
      machine: `microvm,acpi=${acpi}`,
      card: "virtio-net-device,netdev=n0",
      entropy: false,
      extra: ["-device", "virtio-rng-device", "-global", `virtio-mmio.force-legacy=${legacy}`],
    },
    said: /network card: virtio-net at 0xfeb/,
  };
}

function card(machine: string, device: string): CardSetting {
  return {
    name: `-M ${machine} -device ${device}`,
    machine: { machine, card: `${device},netdev=n0` },
    said: /network card: virtio-net at \d/,
  };
}

function intel(machine: string, device: string): CardSetting {
  return { ...card(machine, device), said: /network card: e1000 at \d/ };
}

/** The same on a processor whose local APIC is not there: the 8259 and the 8254. */
function withoutApic(setting: CardSetting): CardSetting {
  return {
    ...setting,
    name: `${setting.name} -cpu qemu64,-apic`,
    machine: { ...setting.machine, cpu: "qemu64,-apic" },
  };
}

const LEGACY = "virtio-net-pci,disable-modern=on,disable-legacy=off";

export const CARDS: readonly CardSetting[] = [
  card("q35", "virtio-net-pci"),
  card("pc", "virtio-net-pci"),
  card("q35", "virtio-net-pci,disable-legacy=on,rx_queue_size=1024"),
  card("q35", "virtio-net-pci,disable-legacy=on,vectors=0"),
  card("pc", "virtio-net-pci,disable-legacy=on,vectors=0"),
  card("q35", LEGACY),
  card("pc", `${LEGACY},rx_queue_size=1024`),
  card("q35", `${LEGACY},mrg_rxbuf=off,any_layout=off`),
  card("pc", `${LEGACY},vectors=0`),
  card("q35", `${LEGACY},vectors=0`),
  intel("pc", "e1000"),
  intel("q35", "e1000"),
  intel("pc", "e1000-82545em"),
  intel("q35", "e1000e"),
  microvm("on", "on"),
  microvm("on", "off"),
  microvm("off", "on"),
  microvm("off", "off"),
  withoutApic(card("q35", "virtio-net-pci")),
  withoutApic(card("pc", "virtio-net-pci")),
  withoutApic(card("pc", LEGACY)),
  withoutApic(intel("q35", "e1000e")),
  withoutApic(microvm("off", "on")),
];
