import { describe, expect, it } from "vitest";
import { NO_LINES } from "../../../drivers/interrupt-lines.ts";
import { ALL_OFFLOADS } from "../../../drivers/offload.ts";
import { ConfigSpace, pciAddress } from "../../../drivers/pci/config.ts";
import { enumerate } from "../../../drivers/pci/enumerate.ts";
import { startNet } from "../../../drivers/virtio/net.ts";
import { Virtqueue } from "../../../drivers/virtio/queue.ts";
import { startRng } from "../../../drivers/virtio/rng.ts";
import type { VirtioTransport } from "../../../drivers/virtio/transport.ts";
import { openPciTransport } from "../../../drivers/virtio/transport-pci.ts";
import { NO_PAYLOAD } from "../../../stack/base/link.ts";
import { FakeHal, type FakePciFunction, putLe } from "../../support/fake-hal.ts";
import { FakeLegacy } from "../../support/fake-legacy.ts";
import { FakeVirtio } from "../../support/fake-virtio.ts";
import { FrameRecorder } from "../../support/frame-recorder.ts";

const OWN = 0x52_54_00_12_34_56;
const MAC = 32;
const STATUS = 1 << 16;
const ANY_LAYOUT = 1 << 27;
const MSIX = 0xfebd1000;

function filled(count: number, byte: number): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < count; i++) bytes.push(byte);
  return bytes;
}

function plugged(device: FakePciFunction, hal: FakeHal): VirtioTransport {
  hal.plug(0, 1, 0, device);
  const opened = openPciTransport(hal, enumerate(new ConfigSpace(hal))[0]!, NO_LINES);
  if (!opened.ok) throw new Error(opened.error.kind);
  return opened.value;
}

function card(entries: number, msix: number): { hal: FakeHal; device: FakeLegacy; transport: VirtioTransport } {
  const hal = new FakeHal();
  const device = new FakeLegacy(hal, 0x1000, 2, entries, 0xc000, msix);
  device.model.offered = [MAC | STATUS | ANY_LAYOUT, 0];
  for (let i = 0; i < 6; i++) device.model.deviceConfig[i] = Math.floor(OWN / 256 ** (5 - i)) % 256;
  device.model.deviceConfig[6] = 1;
  return { hal, device, transport: plugged(device, hal) };
}

describe("a virtio device of before 1.0", () => {
  it("is found behind the ports of its BAR 0, reset, and given decoding of ports", () => {
    const { hal, device, transport } = card(256, MSIX);
    expect(transport.modern).toBe(false);
    expect(device.model.resets).toBe(1);
    expect(new ConfigSpace(hal).read(pciAddress(0, 1, 0), 4, 2)).toBe(0x0407);
    expect(device.probedWhileDecoding).toBe(0);
  });

  it("serves frames: queues by page, of the device's size, with and without MSI-X", () => {
    for (const [entries, msix] of [
      [256, MSIX],
      [1024, MSIX],
      [8, 0],
      [32768, 0],
    ] as [number, number][]) {
      const { device, transport } = card(entries, msix);
      const opened = startNet(transport, 2, ALL_OFFLOADS);
      if (!opened.ok) throw new Error(opened.error.kind);
      const net = opened.value;
      // The configuration lies behind the vectors while MSI-X is on.
      expect(net.mac).toBe(OWN);
      expect(net.up).toBe(true);
      expect(net.wakes()).toBe(msix !== 0);
      const { model } = device;
      expect(model.status).toBe(7);
      expect(model.queues.map((q) => [q.size, q.vector])).toEqual([
        [entries, msix === 0 ? 0xffff : 0],
        [entries, msix === 0 ? 0xffff : 0],
      ]);
      for (let n = 0; n < 40; n++) {
        const at = net.reserve();
        for (let i = 0; i < 60; i++) net.slots[at + i] = n;
        net.send(at, 60, NO_PAYLOAD, 0, 0);
        net.flush();
        const sent = model.take(1)!;
        expect(model.read(sent).slice(9, 12)).toEqual([0, n, n]);
        model.giveBack(1, sent.id, 0);
        const chain = model.take(0)!;
        const frame = filled(60, n);
        model.giveBack(0, chain.id, model.write(chain, [...filled(10, 0), ...frame]));
        const got = new FrameRecorder();
        net.poll(got, n);
        expect(got.frames).toEqual([frame]);
      }
      expect(model.queues[1]!.notified).toBeGreaterThan(0);
      expect(net.faults).toBe(0);
    }
  });

  it("sees a cable that is pulled, and its configuration to the end of the BAR and no further", () => {
    const { device, transport } = card(256, 0);
    device.model.deviceConfig[43] = 7;
    expect(transport.readConfig(43, 1)).toBe(7);
    expect(transport.readConfig(44, 1)).toBe(0);
    expect(transport.readConfig(40, 4)).toBe(0x07000000);
    expect(transport.readConfig(41, 4)).toBe(0);
  });

  it("goes without interrupts when it refuses the vector", () => {
    const { hal, device, transport } = card(256, MSIX);
    device.refuseVectors = true;
    expect(transport.negotiate(0, 0)).toBeUndefined();
    expect(transport.interrupts).toBe(true);
    expect(transport.enableQueue(0, new Virtqueue(hal, 256, 4096))).toBeUndefined();
    expect(transport.interrupts).toBe(false);
  });

  it("may be a source of entropy", () => {
    const hal = new FakeHal();
    const device = new FakeLegacy(hal, 0x1005, 1, 8);
    const opened = startRng(plugged(device, hal));
    if (!opened.ok) throw new Error(opened.error.kind);
    opened.value.request();
    const chain = device.model.take(0)!;
    device.model.giveBack(0, chain.id, device.model.write(chain, [1, 2, 3]));
    expect(opened.value.poll()).toBe(3);
  });

  it("is refused when its queues are no power of two, too many, or too few", () => {
    for (const entries of [0, 2, 100, 0xffff]) {
      const opened = startNet(card(entries, MSIX).transport, 2, ALL_OFFLOADS);
      expect(opened.ok ? entries : opened.error.kind).toBe("queue-unusable");
    }
  });

  it("is refused when it is a modern one, its BAR lies in memory, nowhere, or is too short", () => {
    const changes: readonly ((it: FakeLegacy) => void)[] = [
      (it) => putLe(it.config, 2, 2, 0x1041),
      (it) => {
        it.bars.shift();
        it.addBar(0, 0xfebc0000, 0x1000, false);
      },
      (it) => putLe(it.config, 0x10, 4, 1),
      (it) => {
        it.bars.shift();
        it.addPortBar(0, 0xc000, 16);
      },
    ];
    for (const change of changes) {
      const hal = new FakeHal();
      const device = new FakeLegacy(hal, 0x1000, 2, 256);
      change(device);
      hal.plug(0, 1, 0, device);
      const opened = openPciTransport(hal, enumerate(new ConfigSpace(hal))[0]!, NO_LINES);
      expect(opened.ok ? undefined : opened.error).toEqual({ kind: "no-structure", structure: "legacy" });
    }
  });
});

describe("a virtio device of 1.0", () => {
  it("may have its structures behind ports", () => {
    const hal = new FakeHal();
    const device = new FakeVirtio(hal, 0x1041, 2);
    device.behindPorts(0x4000);
    device.offered = [MAC, 1];
    device.deviceConfig[0] = 0x52;
    device.deviceConfig[5] = 1;
    const opened = startNet(plugged(device, hal), 2, ALL_OFFLOADS);
    if (!opened.ok) throw new Error(opened.error.kind);
    const net = opened.value;
    expect(net.mac).toBe(0x520000000001);
    expect(device.live).toBe(true);
    const at = net.reserve();
    net.send(at, 60, NO_PAYLOAD, 0, 0);
    net.flush();
    expect(device.queues[1]!.notified).toBe(1);
    expect(hal.mapped.every(({ from }) => from < 0x1_0000_0000)).toBe(true);
  });

  it("is driven by the interface of before when its structures cannot be used and it has one", () => {
    const hal = new FakeHal();
    const device = new FakeLegacy(hal, 0x1000, 2, 256);
    // A common configuration in BAR 4, to which no address was assigned.
    device.addCapability(0x50, [9, 0, 16, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0]);
    hal.plug(0, 1, 0, device);
    const fn = enumerate(new ConfigSpace(hal))[0]!;
    const opened = openPciTransport(hal, fn, NO_LINES);
    expect(opened.ok && !opened.value.modern).toBe(true);
  });
});
