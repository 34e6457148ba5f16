import { describe, expect, it } from "vitest";
import { adviseOnNetwork, describeDevice, findDevices } from "../../drivers/probe.ts";
import { FakeHal, FakePciFunction, putLe } from "../support/fake-hal.ts";
import { FakeVirtio } from "../support/fake-virtio.ts";

describe("findDevices", () => {
  it("tells what can be driven, modern or transitional, and names the rest", () => {
    const hal = new FakeHal();
    const balloon = new FakePciFunction(0x1af4, 0x1002, 0x00, 0xff);
    putLe(balloon.config, 0x2e, 2, 5);
    hal.plug(0, 0, 0, new FakePciFunction(0x8086, 0x29c0, 0x06, 0x00));
    hal.plug(0, 1, 0, new FakeVirtio(hal, 0x1041, 2));
    hal.plug(0, 2, 0, new FakeVirtio(hal, 0x1000, 2));
    hal.plug(0, 3, 0, new FakePciFunction(0x1af4, 0x1005, 0x00, 0xff));
    hal.plug(0, 4, 0, new FakePciFunction(0x1af4, 0x1044, 0x10, 0x00));
    hal.plug(0, 5, 0, new FakePciFunction(0x8086, 0x100e, 0x02, 0x00));
    hal.plug(0, 6, 0, balloon);
    const found = findDevices(hal);
    expect(found.map((f) => f.kind)).toEqual(["other", "net", "net", "rng", "rng", "foreign-net", "other"]);
    expect(found.map(describeDevice)).toEqual([
      "class 6.0 (8086:29c0) at 00:00.0",
      "virtio network card (1af4:1041) at 00:01.0",
      "virtio network card (1af4:1000) at 00:02.0",
      "virtio entropy source (1af4:1005) at 00:03.0",
      "virtio entropy source (1af4:1044) at 00:04.0",
      "Intel 82540EM (8086:100e) at 00:05.0",
      "virtio memory balloon (1af4:1002) at 00:06.0",
    ]);
  });

  it("advises who has no card, or one that cannot be driven", () => {
    const hal = new FakeHal();
    expect(adviseOnNetwork(findDevices(hal))).toBe("no network card; add one with -device virtio-net-pci");
    hal.plug(0, 5, 0, new FakePciFunction(0x8086, 0x100e, 0x02, 0x00));
    hal.plug(0, 6, 0, new FakePciFunction(0xabcd, 0x0001, 0x02, 0x80));
    expect(adviseOnNetwork(findDevices(hal))).toBe(
      "a network card that I cannot drive: Intel 82540EM (8086:100e) at 00:05.0, class 2.128 (abcd:0001) at 00:06.0; " +
        "use -device virtio-net-pci",
    );
  });
});
