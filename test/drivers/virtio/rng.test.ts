import { describe, expect, it } from "vitest";
import { ConfigSpace } from "../../../drivers/pci/config.ts";
import { enumerate } from "../../../drivers/pci/enumerate.ts";
import { REQUEST_BYTES, type VirtioRng } from "../../../drivers/virtio/rng.ts";
import { FakeHal } from "../../support/fake-hal.ts";
import { FakeVirtio } from "../../support/fake-virtio.ts";
import { openRng } from "../../support/open-virtio.ts";

interface Bed {
  readonly hal: FakeHal;
  readonly device: FakeVirtio;
  readonly rng: VirtioRng;
}

function open(offered = (1 << 29) >>> 0): Bed {
  const hal = new FakeHal();
  const device = new FakeVirtio(hal, 0x1044, 1);
  device.offered = [offered, 1];
  hal.plug(0, 4, 0, device);
  const opened = openRng(hal, enumerate(new ConfigSpace(hal))[0]!);
  if (!opened.ok) throw new Error(opened.error.kind);
  return { hal, device, rng: opened.value };
}

describe("virtio-rng", () => {
  it("asks for 64 bytes, waits for nobody, and feeds what comes into the pool", () => {
    const { hal, device, rng } = open();
    expect(rng.interrupts).toBe(true);
    expect(rng.poll()).toBe(0);
    rng.request();
    rng.request();
    expect(device.queues[0]!.notified).toBe(1);
    expect(rng.poll()).toBe(0);
    const chain = device.take(0)!;
    expect(chain.segments.map((s) => [s.length, s.writable])).toEqual([[REQUEST_BYTES, true]]);
    const bytes = Uint8Array.from({ length: REQUEST_BYTES }, (_, i) => i + 1);
    device.giveBack(0, chain.id, device.write(chain, [...bytes]));
    expect(device.interruptWanted(0, 0)).toBe(true);
    expect(rng.poll()).toBe(REQUEST_BYTES);
    expect(hal.entropy).toEqual([...bytes]);
    expect(rng.fed).toBe(REQUEST_BYTES);
    expect(hal.dmaRead(chain.segments[0]!.address, 4)).toBe(0);
    expect(rng.poll()).toBe(0);
  });

  it("takes fewer bytes than it asked for, and asks again and again", () => {
    for (const offered of [0, (1 << 29) >>> 0]) {
      const { hal, device, rng } = open(offered);
      for (let i = 0; i < 100; i++) {
        rng.request();
        const chain = device.take(0)!;
        device.giveBack(0, chain.id, device.write(chain, [i, 7, 7]));
        expect(rng.poll()).toBe(3);
      }
      expect(hal.entropy).toHaveLength(300);
    }
  });

  it("does not ask a device again that has broken the rules, and resets it", () => {
    for (const lie of [
      (b: Bed) => b.device.giveBack(0, 0, 65),
      (b: Bed) => b.device.giveBack(0, 0, 0),
      (b: Bed) => b.device.giveBack(0, 9, 64),
      (b: Bed) => b.hal.dmaWrite(b.device.queues[0]!.device + 2, 2, 5),
    ]) {
      const bed = open();
      bed.rng.request();
      lie(bed);
      expect(bed.rng.poll()).toBe(0);
      expect(bed.rng.failed).toBe(true);
      expect(bed.device.status).toBe(0);
      bed.rng.request();
      expect(bed.device.queues[0]!.notified).toBe(1);
      expect(bed.hal.entropy).toHaveLength(0);
    }
  });

  it("says why it cannot drive a device", () => {
    const hal = new FakeHal();
    const device = new FakeVirtio(hal, 0x1044, 0);
    hal.plug(0, 4, 0, device);
    const opened = openRng(hal, enumerate(new ConfigSpace(hal))[0]!);
    expect(opened.ok ? "ok" : opened.error.kind).toBe("queue-unusable");
  });
});
