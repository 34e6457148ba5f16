// What to say to who has no network card that can be driven: what was found, and the one line that mends it on the host at hand.

import type { FoundDevice, LeftAlone } from "./probe.ts";

/** Vendors (PCI) of devices that only one host gives, and how a card that we drive is asked for there. */
const HOSTS: readonly (readonly [vendor: number, line: string])[] = [
  [0x80ee, "VBoxManage modifyvm NAME --nic-type1 virtio"],
  [0x15ad, 'ethernet0.virtualDev = "e1000e" in the .vmx file'],
  [0x1ae0, "gcloud compute instances create --network-interface=nic-type=VIRTIO_NET"],
  [0x1d0f, "an instance type without ENA (t2, m4): there is no driver for it yet"],
  [0x1b36, "-device virtio-net-pci (libvirt: <model type='virtio'/>)"],
];
const XEN = 'vif=["bridge=..."] in its xl.cfg';
const NO_PCI = "-device virtio-net-device (QEMU's microvm), or the host's network interface";
const PCI = "-device virtio-net-pci (libvirt: <model type='virtio'/>)";

/** For the console, when no card works; `devices` are all that were found, `xen`: on a guest of Xen. */
export function adviseOnNetwork(
  leftAlone: readonly LeftAlone[],
  devices: readonly FoundDevice[],
  xen: boolean,
): string {
  const wanted = lineFor(devices, xen);
  if (leftAlone.length === 0) return `no network card; add one with ${wanted}`;
  let text = "";
  for (const { name, reason } of leftAlone) text += `${text === "" ? "" : "; "}${name}: ${reason}`;
  return `no network card that can be driven: ${text}; use ${wanted}`;
}

function lineFor(devices: readonly FoundDevice[], xen: boolean): string {
  if (xen) return XEN;
  let pci = false;
  for (const { fn } of devices) {
    if (fn === undefined) continue;
    pci = true;
    for (const [vendor, line] of HOSTS) if (fn.vendor === vendor) return line;
  }
  return pci ? PCI : NO_PCI;
}
