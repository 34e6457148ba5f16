import { expect, it } from "vitest";
import { adviseOnNetwork } from "../../drivers/advice.ts";
import { describeDevice, findDevices } from "../../drivers/probe.ts";
import { FakeHal, FakePciFunction } from "../support/fake-hal.ts";

/** What is said on a machine with a bridge of this vendor and this card. */
function advice(vendor: number, card: FakePciFunction | undefined, xen = false): string {
  const hal = new FakeHal();
  hal.plug(0, 0, 0, new FakePciFunction(vendor, 0x0001, 0x06, 0x00));
  if (card !== undefined) hal.plug(0, 5, 0, card);
  const { devices } = findDevices(hal, "");
  const leftAlone = devices
    .filter((device) => device.kind === "foreign-net")
    .map((device) => ({ name: describeDevice(device), reason: "there is no driver for it" }));
  return adviseOnNetwork(leftAlone, devices, xen);
}

const RTL8139 = (): FakePciFunction => new FakePciFunction(0x10ec, 0x8139, 0x02, 0x00);
const QEMU = "-device virtio-net-pci (libvirt: <model type='virtio'/>)";

it("says who has no card how to add one, on the host at hand", () => {
  expect(advice(0x8086, undefined)).toBe(`no network card; add one with ${QEMU}`);
  expect(advice(0x1b36, undefined)).toBe(`no network card; add one with ${QEMU}`);
  expect(advice(0x8086, undefined, true)).toBe('no network card; add one with vif=["bridge=..."] in its xl.cfg');
  const hal = new FakeHal();
  hal.pci = false;
  const { devices } = findDevices(hal, "");
  expect(adviseOnNetwork([], devices, false)).toBe(
    "no network card; add one with -device virtio-net-device (QEMU's microvm), or the host's network interface",
  );
});

it("names a card that is not known, and the line that gives one that is", () => {
  const named =
    "no network card that can be driven: Realtek RTL8139 (10ec:8139) at 00:05.0: there is no driver for it; use ";
  expect(advice(0x8086, RTL8139())).toBe(named + QEMU);
  expect(advice(0x80ee, RTL8139())).toBe(`${named}VBoxManage modifyvm NAME --nic-type1 virtio`);
  expect(advice(0x15ad, RTL8139())).toBe(`${named}ethernet0.virtualDev = "e1000e" in the .vmx file`);
});

it("knows the host by the card itself", () => {
  expect(advice(0x8086, new FakePciFunction(0x1ae0, 0x0042, 0x02, 0x00))).toBe(
    "no network card that can be driven: Google gVNIC (1ae0:0042) at 00:05.0: there is no driver for it; " +
      "use gcloud compute instances create --network-interface=nic-type=VIRTIO_NET",
  );
});
