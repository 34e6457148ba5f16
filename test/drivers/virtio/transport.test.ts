import { describe, expect, it } from "vitest";
import { ALL_OFFLOADS } from "../../../drivers/offload.ts";
import { startNet, type VirtioNet } from "../../../drivers/virtio/net.ts";
import { Virtqueue } from "../../../drivers/virtio/queue.ts";
import { REQUEST_BYTES, startRng } from "../../../drivers/virtio/rng.ts";
import { GENERATION_ATTEMPTS, RESET_READS } from "../../../drivers/virtio/transport.ts";
import { NO_PAYLOAD } from "../../../stack/base/link.ts";
import { FakeHal } from "../../support/fake-hal.ts";
import { FakeTransport } from "../../support/fake-transport.ts";
import { FakeVirtio } from "../../support/fake-virtio.ts";
import { FrameRecorder } from "../../support/frame-recorder.ts";

const OWN = 0x52_54_00_12_34_56;
const CSUM = 1;
const MAC = 32;
const MRG_RXBUF = 1 << 15;
const ANY_LAYOUT = 1 << 27;

interface Bed {
  readonly hal: FakeHal;
  readonly device: FakeVirtio;
  readonly transport: FakeTransport;
}

function bed(modern: boolean, offered: number, entries = 256): Bed {
  const hal = new FakeHal();
  const device = new FakeVirtio(hal, 0x1041, 2);
  device.modern = modern;
  device.offered = [offered >>> 0, modern ? 1 : 0];
  for (let i = 0; i < 6; i++) device.deviceConfig[i] = Math.floor(OWN / 256 ** (5 - i)) % 256;
  for (const q of device.queues) {
    q.most = entries;
    q.size = entries;
  }
  return { hal, device, transport: new FakeTransport(device) };
}

function card(it: Bed): VirtioNet {
  const opened = startNet(it.transport, 2, ALL_OFFLOADS);
  if (!opened.ok) throw new Error(opened.error.kind);
  return opened.value;
}

function filled(count: number, byte: number): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < count; i++) bytes.push(byte);
  return bytes;
}

describe("a transport", () => {
  it("gives up a reset after so many looks", () => {
    const { device, transport } = bed(true, 0);
    device.status = 1;
    device.neverResets = true;
    expect(transport.negotiate(0, 0)).toEqual({ kind: "reset-timed-out" });
    expect(RESET_READS).toBeGreaterThan(1000);
  });

  it("adds FAILED to what the status said", () => {
    const { device, transport } = bed(true, 0);
    expect(transport.negotiate(0, 0)).toBeUndefined();
    transport.fail();
    expect(device.status).toBe(1 | 2 | 8 | 128);
    // A reset is the way back.
    expect(transport.negotiate(0, 0)).toBeUndefined();
    expect(device.status).toBe(11);
  });

  it("says so when the device is not live after DRIVER_OK", () => {
    const { device, transport } = bed(true, 0);
    expect(transport.negotiate(0, 0)).toBeUndefined();
    device.stuck = 64;
    expect(transport.start()).toEqual({ kind: "broken-at-start", status: 15 | 64 });
  });

  it("reads an address of six bytes anew when the configuration changes meanwhile", () => {
    const { device, transport } = bed(true, 0);
    let reads = 0;
    transport.onConfigRead = () => {
      reads++;
      if (reads !== 3) return;
      device.generation++;
      for (let i = 0; i < 6; i++) device.deviceConfig[i] = i + 1;
    };
    expect(transport.configAddress(0)).toBe(0x010203040506);
    expect(reads).toBe(12);
  });

  it("reads it so many times at most", () => {
    const { device, transport } = bed(true, 0);
    let reads = 0;
    transport.onConfigRead = () => {
      reads++;
      device.generation = (device.generation + 1) & 255;
    };
    expect(transport.configAddress(0)).toBe(OWN);
    expect(reads).toBe(6 * GENERATION_ATTEMPTS);
  });

  it("reads it until it is twice the same where there is no generation", () => {
    const { device, transport } = bed(false, 0);
    let reads = 0;
    transport.onConfigRead = () => {
      reads++;
      if (reads === 3) device.deviceConfig[0] = 0x02;
    };
    // First 52 54 ..., then twice 02 54 ...
    expect(transport.configAddress(0)).toBe(0x02_54_00_12_34_56);
    expect(reads).toBe(18);
  });

  it("has queues of the device's size where the driver cannot choose", () => {
    expect(bed(true, 0, 1024).transport.queueEntries(0, 256)).toBe(256);
    expect(bed(false, 0, 1024).transport.queueEntries(0, 256)).toBe(1024);
    expect(bed(false, 0, 65536).transport.queueEntries(0, 256)).toBe(0);
    expect(bed(false, 0, 128).transport.queueEntries(0, 256)).toBe(128);
    expect(bed(false, 0, 128).transport.queueEntries(2, 256)).toBe(0);
  });
});

describe("the drivers over an interface of before virtio 1.0", () => {
  it("bring up a card without FEATURES_OK, its queues in one piece each", () => {
    const it0 = bed(false, CSUM | MAC | ANY_LAYOUT);
    const net = card(it0);
    expect(it0.device.status).toBe(1 | 2 | 4);
    expect(it0.device.accepted[0]).toBe(CSUM | MAC | ANY_LAYOUT);
    expect(net.mac).toBe(OWN);
    expect(net.describe()).toBe("virtio-net at fake (csum)");
    expect(it0.device.live).toBe(true);
  });

  it("have a header of 10 bytes, or of 12 with buffers that are merged", () => {
    for (const [features, size] of [
      [CSUM, 10],
      [CSUM | MRG_RXBUF, 12],
    ] as const) {
      const it0 = bed(false, features | MAC | ANY_LAYOUT);
      const net = card(it0);
      const at = net.reserve();
      for (let i = 0; i < 60; i++) net.slots[at + i] = i + 1;
      net.checksumStart = 34;
      net.checksumOffset = 16;
      net.send(at, 60, NO_PAYLOAD, 0, 0);
      net.flush();
      const sent = it0.device.read(it0.device.take(1)!);
      const header = [1, 0, 60, 0, 0, 0, 34, 0, 16, 0, 0, 0].slice(0, size);
      expect(sent.slice(0, size)).toEqual(header);
      expect(sent.slice(size, size + 3)).toEqual([1, 2, 3]);
      expect(sent.length).toBe(size + 60);

      const chain = it0.device.take(0)!;
      const frame: number[] = [];
      for (let i = 0; i < 64; i++) frame.push(i + 5);
      const before = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0].slice(0, size);
      it0.device.giveBack(0, chain.id, it0.device.write(chain, [...before, ...frame]));
      const got = new FrameRecorder();
      net.poll(got, 0);
      expect(got.frames).toEqual([frame]);
    }
  });

  it("give a header a descriptor of its own to a card that wants it so", () => {
    for (const merged of [0, MRG_RXBUF]) {
      const size = merged === 0 ? 10 : 12;
      const it0 = bed(false, CSUM | MAC | merged);
      const net = card(it0);
      // More frames than there are descriptors: what was sent is taken back.
      for (let round = 0; round < 300; round++) {
        const body = new Uint8Array(100);
        for (let i = 0; i < body.length; i++) body[i] = (i + round) & 255;
        const at = net.reserve();
        for (let i = 0; i < 54; i++) net.slots[at + i] = i;
        net.send(at, 54, body, 20, round % 2 === 0 ? 80 : 0);
        net.flush();
        const chain = it0.device.take(1)!;
        const lengths = round % 2 === 0 ? [size, 54, 80] : [size, 54];
        expect(chain.segments.map((s) => s.length)).toEqual(lengths);
        const sent = it0.device.read(chain);
        expect(sent[size + 53]).toBe(53);
        if (round % 2 === 0) expect(sent[size + 54]).toBe((20 + round) & 255);
        it0.device.giveBack(1, chain.id, 0);

        const got = new FrameRecorder();
        const buffer = it0.device.take(0)!;
        expect(buffer.segments.map((s) => s.length)).toEqual([size, 2048 - size]);
        const before = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0].slice(0, size);
        const frame = [...body.subarray(0, 64)];
        it0.device.giveBack(0, buffer.id, it0.device.write(buffer, [...before, ...frame]));
        net.poll(got, round);
        expect(got.frames).toEqual([frame]);
      }
      expect(net.lostOut()).toBe(0);
    }
  });

  it("use 256 descriptors of queues that are larger, and all places of their rings", () => {
    for (const entries of [1024, 32768]) {
      const it0 = bed(false, MAC | ANY_LAYOUT, entries);
      const net = card(it0);
      expect(it0.device.queues.map((q) => q.size)).toEqual([entries, entries]);
      let heads = 0;
      for (let n = 0; n < 1500; n++) {
        const at = net.reserve();
        for (let i = 0; i < 60; i++) net.slots[at + i] = n & 255;
        net.send(at, 60, NO_PAYLOAD, 0, 0);
        net.flush();
        const chain = it0.device.take(1)!;
        heads = Math.max(heads, chain.id);
        expect(it0.device.read(chain)[10]).toBe(n & 255);
        it0.device.giveBack(1, chain.id, 0);
        const buffer = it0.device.take(0)!;
        const frame = filled(60, n & 255);
        it0.device.giveBack(0, buffer.id, it0.device.write(buffer, [...filled(10, 0), ...frame]));
        const got = new FrameRecorder();
        net.poll(got, n);
        expect(got.frames).toEqual([frame]);
      }
      expect(heads).toBeLessThan(256);
      expect(net.faults).toBe(0);
    }
  });

  it("take no buffer back that the device made up out of the rest of a large queue", () => {
    const it0 = bed(false, MAC | ANY_LAYOUT, 1024);
    const net = card(it0);
    it0.device.giveBack(0, 300, 80);
    net.poll(new FrameRecorder(), 0);
    expect(net.faults).toBe(1);
    expect(net.describeFault()).toBe("it returned a buffer that it did not have");
  });

  it("feed entropy through a queue of the device's size", () => {
    const it0 = bed(false, 0, 64);
    const opened = startRng(it0.transport);
    if (!opened.ok) throw new Error(opened.error.kind);
    opened.value.request();
    const chain = it0.device.take(0)!;
    expect(chain.segments[0]!.length).toBe(REQUEST_BYTES);
    it0.device.giveBack(0, chain.id, it0.device.write(chain, [1, 2, 3]));
    expect(opened.value.poll()).toBe(3);
    expect(it0.hal.entropy).toEqual([1, 2, 3]);
  });

  it("take wakes back where they must be", () => {
    const it0 = bed(true, MAC);
    const net = card(it0);
    net.poll(new FrameRecorder(), 0);
    expect(it0.transport.acknowledgements).toBe(0);
    it0.transport.acknowledged = true;
    net.poll(new FrameRecorder(), 0);
    expect(it0.transport.acknowledgements).toBe(1);
  });
});

describe("a virtio device that is as strict as the specification", () => {
  const wrong: readonly (readonly [what: string, words: string, steps: (it: Bed) => void])[] = [
    ["DRIVER without ACKNOWLEDGE", "leaves a step out", ({ device }) => device.writeStatus(2)],
    ["two steps at once", "two steps at once", ({ device }) => device.writeStatus(3)],
    [
      "a bit that is cleared",
      "a bit is cleared",
      ({ device }) => {
        device.writeStatus(1);
        device.writeStatus(3);
        device.writeStatus(1);
      },
    ],
    ["features before DRIVER", "before DRIVER", ({ device }) => device.readFeatures(0)],
    [
      "features that were not offered",
      "of 32 accepted",
      ({ device }) => {
        device.writeStatus(1);
        device.writeStatus(3);
        device.writeFeatures(0, 33);
      },
    ],
    [
      "features after FEATURES_OK",
      "accepted too late",
      ({ device, transport }) => {
        transport.negotiate(MAC, 0);
        device.writeFeatures(0, MAC);
      },
    ],
    [
      "a queue before the features",
      "before the features",
      ({ hal, transport }) => {
        transport.enableQueue(0, new Virtqueue(hal, 8));
      },
    ],
    [
      "a queue that is enabled twice",
      "enabled twice",
      ({ hal, transport }) => {
        transport.negotiate(0, 0);
        transport.enableQueue(0, new Virtqueue(hal, 8));
        transport.enableQueue(0, new Virtqueue(hal, 8));
      },
    ],
    [
      "a queue after DRIVER_OK",
      "after DRIVER_OK",
      ({ hal, transport }) => {
        transport.negotiate(0, 0);
        transport.start();
        transport.enableQueue(0, new Virtqueue(hal, 8));
      },
    ],
    [
      "a notification before DRIVER_OK",
      "before DRIVER_OK",
      ({ hal, transport }) => {
        transport.negotiate(0, 0);
        transport.enableQueue(0, new Virtqueue(hal, 8));
        transport.notify(0);
      },
    ],
    [
      "anything after FAILED",
      "after FAILED",
      ({ device, transport }) => {
        transport.negotiate(0, 0);
        transport.fail();
        device.readFeatures(0);
      },
    ],
    [
      "going on after FAILED",
      "after FAILED",
      ({ transport }) => {
        transport.negotiate(0, 0);
        transport.fail();
        transport.start();
      },
    ],
  ];
  for (const [what, words, steps] of wrong) {
    it(`refuses ${what}`, () => {
      const it0 = bed(true, MAC);
      expect(() => steps(it0)).toThrow();
      expect(it0.device.violation.includes(words)).toBe(true);
    });
  }
});

describe("the machine of arrays", () => {
  it("refuses what the machine refuses: an odd width, an address that is not aligned, one outside what is mapped", () => {
    const hal = new FakeHal();
    hal.mapDevice(0x1000, 0x1000);
    const accesses: readonly (readonly [address: number, size: number])[] = [
      [0x1000, 3],
      [0x1000, 8],
      [0x1000, 0],
      [0x1001, 2],
      [0x1002, 4],
      [0x0ffc, 4],
      [0x1ffe, 4],
      [0x2000, 1],
    ];
    for (const [address, size] of accesses) {
      expect(() => hal.deviceRead(address, size)).toThrow();
      expect(() => hal.deviceWrite(address, size, 0)).toThrow();
    }
    expect(hal.deviceRead(0x1ffc, 4)).toBe(0xffffffff);
    for (const [port, size] of [
      [0xcfc, 3],
      [0xcfd, 2],
      [0xffff, 2],
      [-1, 1],
      [0x10000, 1],
    ] as const) {
      expect(() => hal.portRead(port, size)).toThrow();
      expect(() => hal.portWrite(port, size, 0)).toThrow();
    }
    expect(() => hal.portWrite(0xcf8, 4, 0x100000000)).toThrow();
    expect(() => hal.portWrite(0xcfc, 1, 256)).toThrow();
    expect(() => hal.portWrite(0xcf8, 4, -1)).toThrow();
  });
});
