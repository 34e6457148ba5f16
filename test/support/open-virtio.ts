// A virtio PCI function brought up, as drivers/probe.ts does it.

import type { Hal } from "../../drivers/hal.ts";
import { NO_LINES } from "../../drivers/interrupt-lines.ts";
import type { PciFunction } from "../../drivers/pci/enumerate.ts";
import { type NetResult, startNet } from "../../drivers/virtio/net.ts";
import { type RngResult, startRng } from "../../drivers/virtio/rng.ts";
import { openPciTransport } from "../../drivers/virtio/transport-pci.ts";

export function openNet(hal: Hal, fn: PciFunction, mac: number, offloads: number): NetResult {
  const opened = openPciTransport(hal, fn, NO_LINES);
  return opened.ok ? startNet(opened.value, mac, offloads) : { ok: false, error: opened.error };
}

export function openRng(hal: Hal, fn: PciFunction): RngResult {
  const opened = openPciTransport(hal, fn, NO_LINES);
  return opened.ok ? startRng(opened.value) : { ok: false, error: opened.error };
}
