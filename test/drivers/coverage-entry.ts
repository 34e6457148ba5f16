// Entry for `scriptc coverage`: reaches every file of drivers/, so that what cannot be compiled is listed.

import { NativeHal } from "../../drivers/hal.ts";
import { adviseOnNetwork, describeDevice, findDevices } from "../../drivers/scan.ts";
import { NativeTap, openTap } from "../../drivers/tap/tap-link.ts";
import { formatVirtioError } from "../../drivers/virtio/error.ts";
import { describeFault, openNet } from "../../drivers/virtio/net.ts";
import { allNetOptions } from "../../drivers/virtio/net-features.ts";
import { openRng } from "../../drivers/virtio/rng.ts";
import { FrameReceiver } from "../../stack/base/link.ts";

class Counter extends FrameReceiver {
  frames = 0;
  override receive(_bytes: Uint8Array, _offset: number, _length: number, _checksumValid: boolean): void {
    this.frames++;
  }
}

const hal = new NativeHal();
const receiver = new Counter();
const devices = findDevices(hal);
console.log(adviseOnNetwork(devices));
for (const it of devices) {
  console.log(describeDevice(it));
  if (it.kind === "net") {
    const net = openNet(hal, it.fn, allNetOptions(0x020000000001));
    if (net.ok) {
      const at = net.value.reserve();
      if (at >= 0) net.value.send(at, 60, net.value.slots, 0, 0);
      net.value.flush();
      net.value.poll(receiver, 0);
      console.log(net.value.description, describeFault(net.value.lastFault), String(net.value.takeEvents()));
    } else console.log(formatVirtioError(net.error));
  }
  if (it.kind === "rng") {
    const rng = openRng(hal, it.fn);
    if (rng.ok) {
      rng.value.request();
      console.log(String(rng.value.poll()));
    }
  }
}
const tap = openTap(new NativeTap(), "tap0", {
  mac: 0x020000000002,
  mtu: 1500,
  checksum: true,
  guestChecksum: true,
  segmentation: true,
});
if (tap.ok) tap.value.poll(receiver, 0);
