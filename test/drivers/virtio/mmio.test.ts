import { describe, expect, it } from "vitest";
import { AcpiTables } from "../../../drivers/acpi/tables.ts";
import { POLL_INTERVAL } from "../../../drivers/card.ts";
import { IoApicLines } from "../../../drivers/interrupt-lines.ts";
import { LINE_INTERVAL, MISSED_MOST } from "../../../drivers/line-watch.ts";
import { ALL_OFFLOADS } from "../../../drivers/offload.ts";
import { describeDevice, findDevices, probeCards, probeEntropy } from "../../../drivers/probe.ts";
import { decodeMmioWords, findMmioDevices } from "../../../drivers/virtio/mmio.ts";
import { startNet, type VirtioNet } from "../../../drivers/virtio/net.ts";
import { openMmioTransport } from "../../../drivers/virtio/transport-mmio.ts";
import { NO_PAYLOAD } from "../../../stack/base/link.ts";
import { madt, mmioAml, placeTables, table } from "../../support/acpi.ts";
import { FakeHal, FakePciFunction } from "../../support/fake-hal.ts";
import { FakeIoApic, FakeMmio } from "../../support/fake-mmio.ts";
import { FrameRecorder } from "../../support/frame-recorder.ts";

const OWN = 0x52_54_00_12_34_56;
const CSUM = 1;
const MAC = 32;
const ANY_LAYOUT = 1 << 27;
const AT = 0xfeb00e00;

interface Bed {
  readonly hal: FakeHal;
  readonly device: FakeMmio;
  readonly ioApic: FakeIoApic;
  readonly net: VirtioNet;
}

function bed(version: number): Bed {
  const hal = new FakeHal();
  hal.pci = false;
  const device = new FakeMmio(hal, AT, version, 1, 2);
  device.model.offered[0] = (CSUM | MAC | ANY_LAYOUT) >>> 0;
  for (let i = 0; i < 6; i++) device.model.deviceConfig[i] = Math.floor(OWN / 256 ** (5 - i)) % 256;
  const ioApic = new FakeIoApic(0xfec00000, 24);
  hal.place(device);
  hal.place(ioApic);
  const [found] = findMmioDevices(hal, [{ address: AT, size: 0x200, line: 12 }]);
  const opened = openMmioTransport(hal, found!, new IoApicLines(hal, new AcpiTables(hal)));
  if (!opened.ok) throw new Error(opened.error.kind);
  const started = startNet(opened.value, 2, ALL_OFFLOADS);
  if (!started.ok) throw new Error(started.error.kind);
  return { hal, device, ioApic, net: started.value };
}

describe("a virtio device without a bus", () => {
  it("serves frames in version 1 and 2, from queues that are no larger than ours", () => {
    for (const version of [1, 2]) {
      const { device, net, ioApic } = bed(version);
      const { model } = device;
      expect(net.mac).toBe(OWN);
      expect(net.wakes()).toBe(true);
      expect(ioApic.table[24]).toBe(0x30);
      expect(model.queues.map((q) => q.size)).toEqual([256, 256]);
      const header = version === 1 ? 10 : 12;
      for (let n = 0; n < 20; n++) {
        const at = net.reserve();
        net.slots[at + 5] = n;
        net.send(at, 60, NO_PAYLOAD, 0, 0);
        net.flush();
        const sent = model.take(1)!;
        expect(model.read(sent)[header + 5]).toBe(n);
        model.giveBack(1, sent.id, 0);
        const chain = model.take(0)!;
        const bytes: number[] = [];
        for (let i = 0; i < header + 60; i++) bytes.push(i < header ? 0 : n);
        model.giveBack(0, chain.id, model.write(chain, bytes));
        device.interrupt = 3;
        const got = new FrameRecorder();
        net.poll(got, n);
        expect(got.frames.length).toBe(1);
        // While frames come nobody needs to be woken; it is taken back before the next is to wake us.
        expect(device.interrupt).toBe(3);
        expect(net.poll(got, n)).toBe(false);
        expect(device.interrupt).toBe(0);
      }
      expect(net.faults).toBe(0);
      expect(net.nextDeadline()).toBe(19 + LINE_INTERVAL);
    }
  });

  it("that calls and wakes nobody is polled", () => {
    const { device, net } = bed(2);
    let now = 0;
    for (let i = 0; i < MISSED_MOST; i++) {
      expect(net.wakes()).toBe(true);
      now = net.nextDeadline();
      device.interrupt = 1;
      net.poll(new FrameRecorder(), now);
    }
    expect(net.wakes()).toBe(false);
    expect(net.nextDeadline()).toBe(now + POLL_INTERVAL);
  });

  it("that is silent, or calls in time, is not", () => {
    const { device, net } = bed(2);
    for (let i = 1; i < 100; i++) {
      device.interrupt = i & 1;
      net.poll(new FrameRecorder(), i * (LINE_INTERVAL - 1));
      net.poll(new FrameRecorder(), i * (LINE_INTERVAL - 1) + 1);
    }
    expect(net.wakes()).toBe(true);
  });

  it("is one only where it says so, in a version that is known; an empty slot is none", () => {
    const hal = new FakeHal();
    const all: FakeMmio[] = [];
    for (let i = 0; i < 5; i++) {
      const device = new FakeMmio(hal, AT + 512 * i, 2, 1, 2);
      hal.place(device);
      all.push(device);
    }
    all[1]!.magic = 0;
    all[2]!.version = 3;
    all[3]!.type = 0;
    const places = all.map((device) => ({ address: device.from, size: 512, line: 5 }));
    const found = findMmioDevices(hal, [...places, ...places, { address: 0xf0000000, size: 512, line: 5 }]);
    expect(found.map((device) => device.place.address)).toEqual([AT, AT + 2048]);
  });
});

describe("the places of virtio devices", () => {
  it("are read out of words, with and without their name", () => {
    expect(
      decodeMmioWords("virtio_mmio.device=4K@0xc0001000:5 512@0xfeb00e00:12:3 0x200@3489660928:7 1k@0xD0000000:8"),
    ).toEqual([
      { address: 0xc0001000, size: 4096, line: 5 },
      { address: AT, size: 512, line: 12 },
      { address: 0xd0000000, size: 512, line: 7 },
      { address: 0xd0000000, size: 1024, line: 8 },
    ]);
    for (const word of [
      ...[
        "",
        "4K",
        "4K@",
        "@1:2",
        "4K@0xc0001000",
        "4K@0xc0001000:",
        "4K@0xc0001000:x",
        "4K@0xc0001000:5:",
        "K@0xc0001000:5",
      ],
      ...[
        "4K@0xc0001000:5:6:7",
        "4K@4K@0xc0001000:5",
        "4X@0xc0001000:5",
        "4K@c0001000:5",
        "4K@0x:5",
        "4K@0xc0001001:5",
      ],
      ...[
        "4K@0x1000:5",
        "4G@0xc0001000:5",
        "4K@0xfffffffffffff:5",
        "4K@0xc0001000:0",
        "4K@0xc0001000:65536",
        "-4K@0xc0001000:5",
      ],
    ])
      expect(decodeMmioWords(word)).toEqual([]);
  });

  it("are taken from the command line, else from ACPI where there is no PCI", () => {
    const machine = (pci: boolean): FakeHal => {
      const hal = new FakeHal();
      hal.pci = pci;
      if (pci) hal.plug(0, 0, 0, new FakePciFunction(0x8086, 0x29c0, 0x06, 0x00));
      hal.place(new FakeMmio(hal, AT, 1, 1, 2));
      hal.place(new FakeMmio(hal, 0xd0000000, 2, 4, 1));
      placeTables(hal, 2, { dsdt: table("DSDT", mmioAml({ address: AT, size: 512, line: 12 })), madt: madt([]) });
      return hal;
    };
    const names = (pci: boolean, words: string): string[] =>
      findDevices(machine(pci), words).devices.map(describeDevice);
    expect(names(false, "")).toEqual(["virtio network card (virtio-mmio 1) at 0xfeb00e00"]);
    expect(names(false, "4K@0xd0000000:5")).toEqual(["virtio entropy source (virtio-mmio 2) at 0xd0000000"]);
    expect(names(true, "")).toEqual(["class 6.0 (8086:29c0) at 00:00.0"]);
    expect(names(true, "4K@0xd0000000:5").length).toBe(2);
  });

  it("give cards and entropy", () => {
    const hal = new FakeHal();
    hal.pci = false;
    const card = new FakeMmio(hal, AT, 1, 1, 2);
    card.model.offered[0] = (MAC | ANY_LAYOUT) >>> 0;
    const rng = new FakeMmio(hal, AT + 512, 1, 4, 1, 8);
    rng.model.onNotify = () => {
      const chain = rng.model.take(0)!;
      rng.model.giveBack(0, chain.id, rng.model.write(chain, [1, 2, 3]));
    };
    hal.place(card);
    hal.place(rng);
    const found = findDevices(hal, `512@${AT}:12 512@${AT + 512}:11`);
    expect(probeCards(hal, found, 2, ALL_OFFLOADS, 1).cards.map((it) => it.describe())).toEqual([
      "virtio-net at 0xfeb00e00 ()",
    ]);
    // Without an I/O APIC they are polled.
    expect(probeEntropy(hal, found, () => 0).sources.length).toBe(1);
    expect(hal.entropy).toEqual([1, 2, 3]);
  });
});
