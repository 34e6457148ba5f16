import { describe, expect, it } from "vitest";
import { NO_LINES } from "../../../drivers/interrupt-lines.ts";
import { Bars } from "../../../drivers/pci/bar.ts";
import { ConfigSpace, pciAddress } from "../../../drivers/pci/config.ts";
import { enumerate } from "../../../drivers/pci/enumerate.ts";
import { MOST_STRUCTURE_BYTES, VirtioStructures } from "../../../drivers/virtio/capability.ts";
import { formatVirtioError, type VirtioError } from "../../../drivers/virtio/error.ts";
import { Virtqueue } from "../../../drivers/virtio/queue.ts";
import type { VirtioTransport } from "../../../drivers/virtio/transport.ts";
import { openPciTransport } from "../../../drivers/virtio/transport-pci.ts";
import { FakeHal, FakePciFunction, putLe } from "../../support/fake-hal.ts";
import { COMMON_OFFSET, FakeVirtio } from "../../support/fake-virtio.ts";

// Where FakeVirtio has its capabilities.
const CAP_COMMON = 0x84;
const CAP_DEVICE = 0x64;
const CAP_NOTIFY = 0x50;

function commonOf(config: Uint8Array, offset: number, length: number): void {
  putLe(config, CAP_COMMON + 8, 4, offset);
  putLe(config, CAP_COMMON + 12, 4, length);
}
function notifyOf(config: Uint8Array, offset: number, length: number): void {
  putLe(config, CAP_NOTIFY + 8, 4, offset);
  putLe(config, CAP_NOTIFY + 12, 4, length);
}
function deviceOf(config: Uint8Array, offset: number, length: number): void {
  putLe(config, CAP_DEVICE + 8, 4, offset);
  putLe(config, CAP_DEVICE + 12, 4, length);
}

function tried(change: (it: FakeVirtio, hal: FakeHal) => void): string {
  const hal = new FakeHal();
  const device = new FakeVirtio(hal, 0x1041, 1);
  change(device, hal);
  hal.plug(0, 1, 0, device);
  const opened = openPciTransport(hal, enumerate(new ConfigSpace(hal))[0]!, NO_LINES);
  if (opened.ok) return "ok";
  return opened.error.kind === "no-structure" ? opened.error.structure : opened.error.kind;
}

function open(change: (it: FakeVirtio, hal: FakeHal) => void = () => {}): {
  hal: FakeHal;
  device: FakeVirtio;
  transport: VirtioTransport;
} {
  const hal = new FakeHal();
  const device = new FakeVirtio(hal, 0x1041, 1);
  change(device, hal);
  hal.plug(0, 1, 0, device);
  const opened = openPciTransport(hal, enumerate(new ConfigSpace(hal))[0]!, NO_LINES);
  if (!opened.ok) throw new Error(opened.error.kind);
  return { hal, device, transport: opened.value };
}

describe("the structures of a virtio device", () => {
  it("are refused when they lie outside their BAR, badly aligned, too short or in no BAR", () => {
    expect(tried(() => {})).toBe("ok");
    const bad: readonly (readonly [string, (c: Uint8Array) => void])[] = [
      ["common configuration", (c) => putLe(c, CAP_COMMON + 8, 4, 0x3fe0)],
      ["common configuration", (c) => putLe(c, CAP_COMMON + 8, 4, 0xfffffff0)],
      ["common configuration", (c) => putLe(c, CAP_COMMON + 8, 4, 2)],
      ["common configuration", (c) => putLe(c, CAP_COMMON + 12, 4, 55)],
      ["common configuration", (c) => putLe(c, CAP_COMMON + 4, 1, 2)],
      ["common configuration", (c) => putLe(c, CAP_COMMON + 4, 1, 6)],
      ["common configuration", (c) => putLe(c, CAP_COMMON + 2, 1, 15)],
      ["notify", (c) => putLe(c, CAP_NOTIFY + 2, 1, 16)],
      ["notify", (c) => putLe(c, CAP_NOTIFY + 8, 4, 0x3001)],
      ["notify", (c) => putLe(c, CAP_NOTIFY + 12, 4, 1)],
      ["notify", (c) => putLe(c, CAP_NOTIFY + 12, 4, 0x1001)],
      ["notify", (c) => putLe(c, CAP_NOTIFY + 16, 4, 3)],
      // No address was assigned to BAR 4.
      ["common configuration", (c) => c.set([4, 0, 0, 0, 0, 0, 0, 0], 0x20)],
    ];
    for (const [what, change] of bad) expect(tried((it) => change(it.config))).toBe(what);
    expect(
      tried((_, hal) => {
        hal.refuseMapping = true;
      }),
    ).toBe("common configuration");
  });

  it("are taken from the first capability that is right; unknown types are passed over", () => {
    const { transport } = open((it) => {
      // The first common configuration is in a reserved BAR; a second one follows, behind a type of tomorrow.
      putLe(it.config, CAP_COMMON + 4, 1, 6);
      it.addStructure(0xb0, 9, 4, 0, 0x1000);
      it.addStructure(0xc0, 1, 4, COMMON_OFFSET, 0x1000);
    });
    expect(transport.negotiate(0, 0)).toBeUndefined();
  });

  it("lie where their capabilities say, to the last byte of their BAR, and are the first of their kind", () => {
    const cases: readonly (readonly [what: string, expected: readonly number[], change: (c: Uint8Array) => void])[] = [
      ["as they come", [0, 0x3000, 0x1000, 0x2000, 0x1000], () => {}],
      ["common at another place", [0x3fc8, 0x3000, 0x1000, 0x2000, 0x1000], (c) => putLe(c, CAP_COMMON + 8, 4, 0x3fc8)],
      ["common one step further", [-1, 0x3000, 0x1000, 0x2000, 0x1000], (c) => putLe(c, CAP_COMMON + 8, 4, 0x3fcc)],
      ["common of just its length", [4, 0x3000, 0x1000, 0x2000, 0x1000], (c) => commonOf(c, 4, 56)],
      ["notify of two bytes", [0, 0x3ffe, 2, 0x2000, 0x1000], (c) => notifyOf(c, 0x3ffe, 2)],
      ["notify of two bytes, one too far", [0, -1, 2, 0x2000, 0x1000], (c) => notifyOf(c, 0x4000, 2)],
      ["device of one byte", [0, 0x3000, 0x1000, 0x3ffc, 1], (c) => deviceOf(c, 0x3ffc, 1)],
      ["device of no bytes", [0, 0x3000, 0x1000, -1, 0], (c) => deviceOf(c, 0x3ffc, 0)],
      ["device not aligned", [0, 0x3000, 0x1000, -1, 0], (c) => deviceOf(c, 0x2002, 8)],
    ];
    for (const [what, expected, change] of cases) {
      const hal = new FakeHal();
      const device = new FakeVirtio(hal, 0x1041, 1);
      change(device.config);
      hal.plug(0, 1, 0, device);
      const config = new ConfigSpace(hal);
      const fn = pciAddress(0, 1, 0);
      const found = new VirtioStructures(config, fn, new Bars(hal, config, fn));
      const base = device.barAddress(4);
      const at = (address: number): number => (address < 0 ? -1 : address - base);
      const places = [at(found.common), at(found.notify), found.notifyLength, at(found.device), found.deviceLength];
      expect([what, places]).toEqual([what, expected]);
    }
  });

  it("are no longer than what is mapped of them", () => {
    const hal = new FakeHal();
    const device = new FakePciFunction(0x1af4, 0x1041, 2, 0);
    device.addBar(4, 0xc0_0000_0000, 4 * MOST_STRUCTURE_BYTES, true);
    device.addCapability(0x50, [9, 0, 20, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 4, 0, 0, 0]);
    hal.plug(0, 1, 0, device);
    const config = new ConfigSpace(hal);
    const found = new VirtioStructures(config, pciAddress(0, 1, 0), new Bars(hal, config, pciAddress(0, 1, 0)));
    expect([found.notifyLength, found.notifyMultiplier]).toEqual([MOST_STRUCTURE_BYTES, 4]);
    expect(hal.mapped).toEqual([{ from: 0xc0_0000_0000, to: 0xc0_0000_0000 + MOST_STRUCTURE_BYTES }]);
  });

  it("are named by capabilities that lie in configuration space as a whole", () => {
    for (const [size, seen] of [
      [15, false],
      [16, true],
      [17, false],
    ] as const) {
      const hal = new FakeHal();
      const device = new FakePciFunction(0x1af4, 0x1041, 2, 0);
      device.addBar(4, 0xc0_0000_0000, 0x4000, true);
      device.addCapability(0xf0, [9, 0, size, 4, 4, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0]);
      hal.plug(0, 1, 0, device);
      const config = new ConfigSpace(hal);
      const found = new VirtioStructures(config, pciAddress(0, 1, 0), new Bars(hal, config, pciAddress(0, 1, 0)));
      expect(`${size} ${found.seen} ${found.device >= 0}`).toBe(`${size} ${seen} ${seen}`);
    }
  });

  it("may lack the device configuration: its fields read as 0, as those beyond its end do", () => {
    const { transport } = open((it) => putLe(it.config, CAP_DEVICE + 4, 1, 7));
    expect(transport.readConfig(0, 4)).toBe(0);
    expect(transport.configAddress(0)).toBe(0);
    const short = open((it) => {
      putLe(it.config, CAP_DEVICE + 12, 4, 4);
      it.deviceConfig.fill(1);
    }).transport;
    expect(short.readConfig(2, 2)).toBe(0x0101);
    expect(short.readConfig(3, 2)).toBe(0);
    expect(short.configAddress(0)).toBe(0x010101010000);
  });

  it("are absent in a device that is no virtio 1.x device", () => {
    const hal = new FakeHal();
    hal.plug(0, 1, 0, new FakePciFunction(0x1af4, 0x1000, 2, 0));
    const opened = openPciTransport(hal, enumerate(new ConfigSpace(hal))[0]!, NO_LINES);
    expect(opened.ok ? "ok" : formatVirtioError(opened.error)).toBe(
      "the legacy structure is missing or lies outside its BAR",
    );
  });
});

describe("a virtio device", () => {
  it("is given decoding and bus mastering, and loses INTx", () => {
    const { hal } = open();
    expect(new ConfigSpace(hal).read(pciAddress(0, 1, 0), 4, 2)).toBe(0x0407);
  });

  it("is reset before anything else, for firmware may have left it running", () => {
    const { device } = open((it) => {
      it.status = 0x0f;
    });
    expect(device.resets).toBe(1);
    expect(device.status).toBe(0);
  });

  it("agrees to what both have, the platform's bits and VERSION_1 included", () => {
    const { device, transport } = open((it) => {
      it.offered = [0xf0, 0x3f];
    });
    expect(transport.negotiate(0x3c, 0)).toBeUndefined();
    expect(device.accepted).toEqual([0x30, 1 | 2 | 16]);
    expect(device.status).toBe(11);
  });

  it("reports FAILED to a device that is given up", () => {
    const { device, transport } = open((it) => {
      it.offered = [0xff, 0];
    });
    expect(transport.negotiate(0, 0)).toEqual({ kind: "not-version-1" });
    expect(device.status & 128).toBe(128);
  });

  it("has queues of a power of two or none", () => {
    const { device, transport } = open();
    for (const [size, seen] of [
      [0, 0],
      [1, 1],
      [256, 256],
      [300, 0],
      [32768, 32768],
      [0xffff, 0],
    ] as const) {
      device.queues[0]!.size = size;
      expect(transport.queueSize(0)).toBe(seen);
    }
    expect(transport.queueSize(1)).toBe(0);
  });

  it("gets the addresses of a queue as two halves each, above 4 GB", () => {
    const { hal, device, transport } = open();
    const queue = new Virtqueue(hal, 8);
    expect(transport.negotiate(0, 0)).toBeUndefined();
    expect(transport.enableQueue(0, queue)).toBeUndefined();
    const q = device.queues[0]!;
    expect([q.descriptors, q.driver, q.device]).toEqual([
      queue.descriptorsAddress,
      queue.availableAddress,
      queue.usedAddress,
    ]);
    expect(q.descriptors).toBeGreaterThan(0xffffffff);
    expect([q.size, q.vector, q.enabled]).toEqual([8, 0, true]);
    expect(transport.start()).toBeUndefined();
    expect(device.live).toBe(true);
  });

  it("goes without interrupts when it refuses the vector", () => {
    const { hal, device, transport } = open((it) => {
      it.refuseVectors = true;
    });
    expect(transport.negotiate(0, 0)).toBeUndefined();
    expect(transport.interrupts).toBe(true);
    expect(transport.enableQueue(0, new Virtqueue(hal, 8))).toBeUndefined();
    expect(transport.interrupts).toBe(false);
    expect(device.queues[0]!.vector).toBe(0xffff);
  });

  it("may have no place to notify a queue at", () => {
    const { hal, transport } = open((it) => {
      putLe(it.config, CAP_NOTIFY + 12, 4, 2);
      putLe(it.config, CAP_NOTIFY + 16, 4, 0x80000000);
      it.notifyOffsetBeyond = 3;
    });
    expect(transport.negotiate(0, 0)).toBeUndefined();
    const error = transport.enableQueue(0, new Virtqueue(hal, 8));
    expect(error).toEqual({ kind: "no-structure", structure: "notify" });
  });

  it("has a sentence for each reason not to drive it", () => {
    const errors: VirtioError[] = [
      { kind: "no-structure", structure: "notify" },
      { kind: "reset-timed-out" },
      { kind: "not-version-1" },
      { kind: "features-refused", low: 0x20, high: 1 },
      { kind: "queue-unusable", queue: 1, size: 0 },
      { kind: "broken-at-start", status: 0xcf },
    ];
    const texts = errors.map(formatVirtioError);
    expect(new Set(texts).size).toBe(errors.length);
    expect(texts[3]).toMatch(/0000000100000020/);
    expect(texts[5]).toMatch(/cf/);
  });
});
