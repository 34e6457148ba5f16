import { describe, expect, it } from "vitest";
import {
  EVENT_FAULT,
  EVENT_LINK_DOWN,
  EVENT_LINK_UP,
  EVENT_RECOVERED,
  POLL_INTERVAL,
  RECEIVE_BUDGET,
} from "../../../drivers/card.ts";
import { ALL_OFFLOADS, OFFLOAD_SEGMENTATION } from "../../../drivers/offload.ts";
import { ConfigSpace } from "../../../drivers/pci/config.ts";
import { CLASS_NETWORK, enumerate } from "../../../drivers/pci/enumerate.ts";
import {
  CHECK_INTERVAL,
  FAULT_HEADER,
  FAULT_NEEDS_RESET,
  FAULT_START,
  LEAST_ENTRIES,
  RECOVERY_LEAST,
  type VirtioNet,
} from "../../../drivers/virtio/net.ts";
import { FAULT_ID, FAULT_LENGTH, FAULT_USED_INDEX } from "../../../drivers/virtio/queue.ts";
import { FrameReceiver, NO_PAYLOAD } from "../../../stack/base/link.ts";
import { NEVER, SECOND } from "../../../stack/base/result.ts";
import { FakeHal, putLe } from "../../support/fake-hal.ts";
import { FakeVirtio } from "../../support/fake-virtio.ts";
import { openNet } from "../../support/open-virtio.ts";

const OWN = 0x52_54_00_12_34_56;
const FALLBACK = 0x02_00_00_00_00_01;
// CSUM GUEST_CSUM MTU MAC HOST_TSO4 HOST_TSO6 MRG_RXBUF STATUS EVENT_IDX
const OFFER = (1 | 2 | 8 | 32 | (1 << 11) | (1 << 12) | (1 << 15) | (1 << 16) | (1 << 29)) >>> 0;

class Recorder extends FrameReceiver {
  readonly frames: { bytes: number[]; checksumValid: boolean }[] = [];
  override receive(bytes: Uint8Array, offset: number, length: number, checksumValid: boolean): void {
    this.frames.push({ bytes: [...bytes.subarray(offset, offset + length)], checksumValid });
  }
}

interface Bed {
  hal: FakeHal;
  card: FakeVirtio;
  net: VirtioNet;
  got: Recorder;
}

function card(hal: FakeHal, offer = OFFER, entries = 256): FakeVirtio {
  const it = new FakeVirtio(hal, 0x1041, 2);
  it.offered = [offer, 1];
  for (let i = 0; i < 6; i++) it.deviceConfig[i] = Math.floor(OWN / 256 ** (5 - i)) % 256;
  putLe(it.deviceConfig, 6, 2, 1);
  putLe(it.deviceConfig, 10, 2, 1500);
  for (const q of it.queues) {
    q.most = entries;
    q.size = entries;
  }
  hal.plug(0, 3, 0, it);
  return it;
}

function open(offer = OFFER, offloads = ALL_OFFLOADS, entries = 256): Bed {
  const hal = new FakeHal();
  const it = card(hal, offer, entries);
  const fn = enumerate(new ConfigSpace(hal))[0]!;
  expect(fn.classCode).toBe(CLASS_NETWORK);
  const opened = openNet(hal, fn, FALLBACK, offloads);
  if (!opened.ok) throw new Error(opened.error.kind);
  return { hal, card: it, net: opened.value, got: new Recorder() };
}

function frame(length: number, seed = 0): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < length; i++) bytes.push((i * 7 + seed) & 255);
  return bytes;
}

/** A frame arrives: header, then the bytes. */
function arrive(bed: Bed, bytes: number[], flags = 0, buffers = 1): void {
  const chain = bed.card.take(0);
  if (chain === undefined) throw new Error("no receive buffer");
  const header = [flags, 0, 0, 0, 0, 0, 0, 0, 0, 0, buffers, 0];
  bed.card.giveBack(0, chain.id, bed.card.write(chain, [...header, ...bytes]));
}

function transmit(net: VirtioNet, head: number[], payload: Uint8Array = NO_PAYLOAD): void {
  const at = net.reserve();
  expect(at).toBeGreaterThanOrEqual(0);
  net.slots.set(head, at);
  net.send(at, head.length, payload, 0, payload.length);
}

describe("virtio-net", () => {
  it("comes up with what both sides have, buffers posted, messages routed", () => {
    const { hal, card, net } = open();
    expect(card.live).toBe(true);
    expect(card.routed).toBe(true);
    expect(card.accepted).toEqual([OFFER, 1]);
    expect(net.mac).toBe(OWN);
    expect(net.mtu).toBe(1500);
    expect(net.checksumOffload).toBe(true);
    expect([net.segmentOffload, net.segmentOffload6]).toEqual([true, true]);
    expect(net.up).toBe(true);
    expect(net.wakes()).toBe(true);
    expect(net.describe()).toBe("virtio-net at 00:03.0 (csum guest-csum tso4 tso6 mrg-rxbuf event-idx mtu status)");
    expect(hal.dmaRead(card.queues[0]!.driver + 2, 2)).toBe(256);
    expect([...card.msixTable.subarray(0, 16)]).toEqual([0, 0, 0xe0, 0xfe, 0, 0, 0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0]);
    expect(card.config[0x9b]! & 0x80).toBe(0x80);
    expect(card.config[0x04]! & 6).toBe(6);
  });

  it("sends a frame as 12 bytes of zeros, the slot, then the payload from where it lies", () => {
    const { card, net } = open();
    transmit(net, frame(54), Uint8Array.from(frame(100, 3)));
    expect(card.take(1)).toBeUndefined();
    net.flush();
    expect(card.queues[1]!.notified).toBe(1);
    const chain = card.take(1)!;
    expect(chain.segments.map((s) => s.length)).toEqual([66, 100]);
    expect(card.read(chain)).toEqual([...frame(12).map(() => 0), ...frame(54), ...frame(100, 3)]);
    expect(net.framesSent).toBe(1);
    expect(net.bytesSent).toBe(154);
  });

  it("asks for checksum and segmentation in the header, once", () => {
    const { card, net } = open();
    net.checksumStart = 34;
    net.checksumOffset = 16;
    net.segmentSize = 1448;
    transmit(net, frame(66), new Uint8Array(5000));
    transmit(net, frame(60));
    net.flush();
    expect(card.read(card.take(1)!).slice(0, 12)).toEqual([1, 1, 66, 0, 0xa8, 0x05, 34, 0, 16, 0, 0, 0]);
    expect(card.read(card.take(1)!).slice(0, 2)).toEqual([0, 0]);
    expect(card.queues[1]!.notified).toBe(1);
  });

  it("asks for a checksum alone", () => {
    const { card, net } = open();
    net.checksumStart = 34;
    net.checksumOffset = 6;
    transmit(net, frame(60));
    net.flush();
    expect(card.read(card.take(1)!).slice(0, 12)).toEqual([1, 0, 60, 0, 0, 0, 34, 0, 6, 0, 0, 0]);
  });

  it("refuses a caller's mistakes: offloads that are not there, a slot that is not reserved, a range outside", () => {
    const { net } = open(32, ALL_OFFLOADS);
    net.checksumStart = 34;
    expect(() => transmit(net, frame(60))).toThrow();
    expect(() => net.send(16, 60, NO_PAYLOAD, 0, 0)).not.toThrow();
    expect(() => net.send(16, 60, NO_PAYLOAD, 0, 0)).toThrow();
    expect(() => net.send(17, 60, NO_PAYLOAD, 0, 0)).toThrow();
    const at = net.reserve();
    expect(() => net.send(at, 60, NO_PAYLOAD, 0, 1)).toThrow();
  });

  it("answers -1 when the ring is full, asks to be woken, and goes on when the device is done", () => {
    const { card, net, got } = open();
    for (let i = 0; i < 128; i++) transmit(net, frame(60));
    expect(net.reserve()).toBe(-1);
    expect(net.ringFull).toBe(1);
    const ids = [];
    for (let c = card.take(1); c !== undefined; c = card.take(1)) ids.push(c.id);
    expect(ids).toHaveLength(128);
    let before = card.queues[1]!.used;
    card.giveBack(1, ids[0]!, 0);
    expect(card.interruptWanted(1, before)).toBe(false);
    for (const id of ids.slice(1, 64)) card.giveBack(1, id, 0);
    before = card.queues[1]!.used;
    card.giveBack(1, ids[64]!, 0);
    expect(card.interruptWanted(1, before)).toBe(true);
    net.poll(got, 0);
    for (let i = 0; i < 65; i++) expect(net.reserve()).toBeGreaterThan(0);
    expect(net.reserve()).toBe(-1);
  });

  it("takes back sent slots by itself when the ring is full, without an interrupt", () => {
    const { card, net } = open(OFFER, ALL_OFFLOADS, 8);
    card.onNotify = (queue) => {
      for (let c = card.take(queue); queue === 1 && c !== undefined; c = card.take(1)) card.giveBack(1, c.id, 0);
    };
    for (let i = 0; i < 1000; i++) transmit(net, frame(60), new Uint8Array(10));
    expect(net.framesSent).toBe(1000);
    expect(net.ringFull).toBe(0);
    expect(net.faults).toBe(0);
  });

  it("believes a device that counts the bytes it read: they mean nothing", () => {
    const { card, net, got } = open();
    transmit(net, frame(60));
    net.flush();
    card.giveBack(1, card.take(1)!.id, 72);
    net.poll(got, 0);
    expect(net.faults).toBe(0);
  });

  it("hands frames over and their buffers back, and arms interrupts only when nothing is left", () => {
    const bed = open();
    const { card, net, got } = bed;
    arrive(bed, frame(60, 1));
    expect(card.interruptWanted(0, 0)).toBe(true);
    arrive(bed, frame(1514, 2), 2);
    arrive(bed, frame(80, 3), 1);
    expect(net.poll(got, 0)).toBe(true);
    expect(got.frames.map((f) => f.checksumValid)).toEqual([false, true, true]);
    expect(got.frames.map((f) => f.bytes)).toEqual([frame(60, 1), frame(1514, 2), frame(80, 3)]);
    arrive(bed, frame(60, 4));
    expect(card.interruptWanted(0, 3)).toBe(false);
    expect(net.poll(got, 0)).toBe(true);
    expect(net.poll(got, 0)).toBe(false);
    arrive(bed, frame(60, 5));
    expect(card.interruptWanted(0, 4)).toBe(true);
    expect(net.poll(got, 0)).toBe(true);
    expect(net.framesReceived).toBe(5);
  });

  it("goes round the ring many times", () => {
    const bed = open(OFFER, ALL_OFFLOADS, 16);
    for (let i = 0; i < 70_000; i += 10) {
      for (let j = 0; j < 10; j++) arrive(bed, [...frame(14), i & 255]);
      expect(bed.net.poll(bed.got, i)).toBe(true);
      expect(bed.got.frames.splice(0)).toHaveLength(10);
    }
    expect(bed.net.faults).toBe(0);
  });

  it("hands back every buffer of frames that are spread over several", () => {
    const bed = open(OFFER, ALL_OFFLOADS, 16);
    const header = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0];
    for (let i = 0; i < 100; i++) {
      const chains = [bed.card.take(0)!, bed.card.take(0)!];
      bed.card.element(0, chains[0]!.id, bed.card.write(chains[0]!, [...header, ...frame(2036)]));
      bed.card.element(0, chains[1]!.id, bed.card.write(chains[1]!, frame(10)));
      bed.card.showUsed(0);
      expect(bed.net.poll(bed.got, i)).toBe(true);
    }
    expect([bed.net.framesReceived, bed.net.bytesReceived, bed.net.faults]).toEqual([100, 204_600, 0]);
  });

  it("takes a bounded number of frames in one poll", () => {
    const bed = open();
    for (let i = 0; i < 100; i++) arrive(bed, frame(60));
    expect(bed.net.poll(bed.got, 0)).toBe(true);
    expect(bed.got.frames).toHaveLength(RECEIVE_BUDGET);
    expect(bed.net.poll(bed.got, 0)).toBe(true);
    expect(bed.got.frames).toHaveLength(100);
    expect(bed.net.poll(bed.got, 0)).toBe(false);
  });

  it("puts a frame together that is spread over several buffers", () => {
    const bed = open();
    const whole = frame(5000);
    const chains = [bed.card.take(0)!, bed.card.take(0)!, bed.card.take(0)!];
    const header = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0];
    bed.card.element(0, chains[0]!.id, bed.card.write(chains[0]!, [...header, ...whole.slice(0, 2036)]));
    bed.card.element(0, chains[1]!.id, bed.card.write(chains[1]!, whole.slice(2036, 4084)));
    bed.card.element(0, chains[2]!.id, bed.card.write(chains[2]!, whole.slice(4084)));
    bed.card.showUsed(0);
    arrive(bed, frame(60));
    expect(bed.net.poll(bed.got, 0)).toBe(true);
    expect(bed.got.frames.map((f) => f.bytes)).toEqual([whole, frame(60)]);
  });

  it("drops and counts what is too long to put together and what is too short to be a frame", () => {
    const bed = open();
    const chains = [0, 1, 2, 3, 4].map(() => bed.card.take(0)!);
    chains.forEach((c, i) => {
      bed.card.write(c, i === 0 ? [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0] : []);
      bed.card.element(0, c.id, 2048);
    });
    bed.card.showUsed(0);
    arrive(bed, frame(13));
    arrive(bed, frame(14));
    bed.net.poll(bed.got, 0);
    expect(bed.got.frames).toHaveLength(1);
    expect(bed.net.lostIn()).toBe(2);
    expect(bed.net.faults).toBe(0);
  });
});

describe("virtio-net's figures", () => {
  it("count frames, bytes and drops, of one buffer or several, and notifications", () => {
    const bed = open();
    arrive(bed, frame(60));
    arrive(bed, frame(100));
    arrive(bed, frame(5));
    const chains = [bed.card.take(0)!, bed.card.take(0)!];
    const header = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0];
    bed.card.element(0, chains[0]!.id, bed.card.write(chains[0]!, [...header, ...frame(2036)]));
    bed.card.element(0, chains[1]!.id, bed.card.write(chains[1]!, frame(64)));
    bed.card.showUsed(0);
    bed.net.poll(bed.got, 0);
    expect([bed.net.framesReceived, bed.net.bytesReceived, bed.net.lostIn()]).toEqual([3, 60 + 100 + 2100, 1]);
    transmit(bed.net, frame(54), new Uint8Array(10));
    transmit(bed.net, frame(60));
    bed.net.flush();
    expect([bed.net.framesSent, bed.net.bytesSent, bed.net.lostOut(), bed.net.ringFull]).toEqual([2, 124, 0, 0]);
    expect(bed.net.notifications).toBe(bed.card.queues[0]!.notified + bed.card.queues[1]!.notified);
    expect(bed.card.queues[1]!.notified).toBe(1);
  });
});

describe("a caller's mistake", () => {
  it("in the length of a head or the range of a payload is thrown, and the slot stays reserved", () => {
    const { net, card } = open();
    const at = net.reserve();
    const payload = new Uint8Array(10);
    for (const [head, offset, length] of [
      [-1, 0, 0],
      [2049, 0, 0],
      [60, -1, 5],
      [60, 0, 11],
      [60, 6, 5],
    ] as const)
      expect(() => net.send(at, head, payload, offset, length)).toThrow();
    net.send(at, 2048, payload, 5, 5);
    net.flush();
    expect(card.take(1)!.segments.map((s) => s.length)).toEqual([2060, 5]);
  });

  it("in the slot is thrown", () => {
    const { net } = open();
    const at = net.reserve();
    for (const slot of [at + 1, at - 16, -2048, at + 128 * 2064])
      expect(() => net.send(slot, 60, NO_PAYLOAD, 0, 0)).toThrow();
  });

  it("to ask a card for what it cannot do is thrown, and asked of nobody else", () => {
    const { net, card } = open((OFFER & ~(1 << 11)) >>> 0);
    net.checksumStart = 34;
    net.segmentSize = 1448;
    expect(() => transmit(net, frame(60))).toThrow();
    transmit(net, frame(60));
    net.flush();
    expect(card.read(card.take(1)!).slice(0, 12)).toEqual(frame(12).map(() => 0));
  });
});

describe("virtio-net with less", () => {
  it("does without any feature that the device does not offer", () => {
    const bed = open(0);
    const { card, net } = bed;
    expect(card.accepted).toEqual([0, 1]);
    expect(net.mac).toBe(FALLBACK);
    expect(net.checksumOffload).toBe(false);
    expect(net.segmentOffload).toBe(false);
    transmit(net, frame(60));
    net.flush();
    expect(card.queues[1]!.notified).toBe(1);
    // Without GUEST_CSUM the flags mean nothing, without MRG_RXBUF the number of buffers.
    arrive(bed, frame(60), 2, 7);
    expect(net.poll(bed.got, 0)).toBe(true);
    expect(bed.got.frames[0]!.checksumValid).toBe(false);
    expect(card.interruptWanted(0, 0)).toBe(false);
    expect(net.poll(bed.got, 0)).toBe(false);
    expect(card.interruptWanted(0, 0)).toBe(true);
  });

  it("switches off each feature that it is told to", () => {
    const { card } = open(OFFER, OFFLOAD_SEGMENTATION);
    expect(card.accepted).toEqual([8 | 32 | (1 << 16), 1]);
  });

  it("does not cut segments when the device cannot complete checksums", () => {
    const { net } = open((OFFER & ~1) >>> 0);
    expect([net.segmentOffload, net.segmentOffload6]).toEqual([false, false]);
  });

  it("cuts segments of the families that the device cuts, and says which one it is", () => {
    const { card, net } = open((OFFER & ~(1 << 11)) >>> 0);
    expect([net.segmentOffload, net.segmentOffload6]).toEqual([false, true]);
    const at = net.reserve();
    net.checksumStart = 54;
    net.checksumOffset = 16;
    net.segmentSize = 1440;
    net.send(at, 74, Uint8Array.from(frame(3000)), 0, 3000);
    net.flush();
    // NEEDS_CSUM, GSO_TCPV6; lengths of the headers and of a segment, where the checksum begins and lies.
    expect(card.read(card.take(1)!).slice(0, 10)).toEqual([1, 4, 74, 0, 1440 & 255, 1440 >> 8, 54, 0, 16, 0]);
  });

  it("believes an MTU only of a device that offers to tell it", () => {
    const hal = new FakeHal();
    const it = card(hal, (OFFER & ~8) >>> 0);
    putLe(it.deviceConfig, 10, 2, 600);
    const opened = openNet(hal, enumerate(new ConfigSpace(hal))[0]!, FALLBACK, ALL_OFFLOADS);
    expect(opened.ok && opened.value.mtu).toBe(1500);
  });

  it("needs four entries a queue: two frames of two parts", () => {
    expect(LEAST_ENTRIES).toBe(4);
    const bed = open(OFFER, ALL_OFFLOADS, 4);
    transmit(bed.net, frame(54), Uint8Array.from(frame(100)));
    transmit(bed.net, frame(54), Uint8Array.from(frame(100)));
    expect(bed.net.reserve()).toBe(-1);
    const hal = new FakeHal();
    card(hal, OFFER, 2);
    const opened = openNet(hal, enumerate(new ConfigSpace(hal))[0]!, FALLBACK, ALL_OFFLOADS);
    expect(opened.ok ? undefined : opened.error).toEqual({ kind: "queue-unusable", queue: 0, size: 2 });
  });

  it("obeys a smaller MTU, ignores one that cannot be and one beyond Ethernet", () => {
    for (const [offered, mtu] of [
      [1400, 1400],
      [67, 1500],
      [9000, 1500],
    ] as const) {
      const hal = new FakeHal();
      const it = card(hal);
      putLe(it.deviceConfig, 10, 2, offered);
      const opened = openNet(hal, enumerate(new ConfigSpace(hal))[0]!, FALLBACK, ALL_OFFLOADS);
      expect(opened.ok && opened.value.mtu).toBe(mtu);
    }
  });

  it("takes the given address when the device has none or a group's", () => {
    for (const first of [0x00, 0x01]) {
      const hal = new FakeHal();
      const it = card(hal);
      for (let i = 0; i < 6; i++) it.deviceConfig[i] = i === 0 ? first : 0;
      const opened = openNet(hal, enumerate(new ConfigSpace(hal))[0]!, FALLBACK, ALL_OFFLOADS);
      expect(opened.ok && opened.value.mac).toBe(FALLBACK);
    }
  });

  it("is polled when the device can send no interrupt", () => {
    const hal = new FakeHal();
    hal.vectors = [];
    card(hal);
    const opened = openNet(hal, enumerate(new ConfigSpace(hal))[0]!, FALLBACK, ALL_OFFLOADS);
    if (!opened.ok) throw new Error("not open");
    expect(opened.value.wakes()).toBe(false);
    opened.value.poll(new Recorder(), 500);
    expect(opened.value.nextDeadline()).toBe(500 + POLL_INTERVAL);
  });

  it("says why it cannot drive a card", () => {
    const tried = (change: (it: FakeVirtio) => void): string => {
      const hal = new FakeHal();
      change(card(hal));
      const opened = openNet(hal, enumerate(new ConfigSpace(hal))[0]!, FALLBACK, ALL_OFFLOADS);
      return opened.ok ? "ok" : opened.error.kind;
    };
    expect(tried((it) => it.offered.fill(0))).toBe("not-version-1");
    expect(
      tried((it) => {
        it.refuseFeatures = true;
      }),
    ).toBe("features-refused");
    expect(
      tried((it) => {
        it.neverResets = true;
        it.status = 7;
      }),
    ).toBe("reset-timed-out");
    expect(
      tried((it) => {
        it.queues[1]!.most = 0;
      }),
    ).toBe("queue-unusable");
    expect(
      tried((it) => {
        it.queues[0]!.most = 24;
      }),
    ).toBe("queue-unusable");
    expect(
      tried((it) => {
        it.config[0x34] = 0x98;
        it.config[0x99] = 0;
      }),
    ).toBe("no-structure");
  });
});

describe("virtio-net when the device breaks the rules", () => {
  const lies: readonly (readonly [string, number, (bed: Bed) => void])[] = [
    [
      "a used index beyond what it was given",
      FAULT_USED_INDEX,
      (b) => b.hal.dmaWrite(b.card.queues[0]!.device + 2, 2, 300),
    ],
    ["a used index that goes back", FAULT_USED_INDEX, (b) => b.hal.dmaWrite(b.card.queues[0]!.device + 2, 2, 0xffff)],
    ["an id out of range", FAULT_ID, (b) => b.card.giveBack(0, 256, 60)],
    ["a huge id", FAULT_ID, (b) => b.card.giveBack(0, 0xffffffff, 60)],
    ["a length beyond the buffer", FAULT_LENGTH, (b) => b.card.giveBack(0, 0, 2049)],
    ["less than a header", FAULT_HEADER, (b) => b.card.giveBack(0, 0, 11)],
    ["a frame of no buffers", FAULT_HEADER, (b) => arrive(b, frame(60), 0, 0)],
    ["a frame of more buffers than it returned", FAULT_HEADER, (b) => arrive(b, frame(60), 0, 2)],
    [
      "a frame of 257 buffers",
      FAULT_HEADER,
      (b) => {
        const chain = b.card.take(0)!;
        b.card.giveBack(0, chain.id, b.card.write(chain, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, ...frame(60)]));
      },
    ],
    [
      "a transmit buffer that was never sent",
      FAULT_ID,
      (b) => {
        transmit(b.net, frame(60));
        b.net.flush();
        b.card.giveBack(1, 77, 0);
      },
    ],
  ];
  for (const [what, fault, lie] of lies) {
    it(`resets it, says so and brings it back: ${what}`, () => {
      const bed = open();
      const resets = bed.card.resets;
      lie(bed);
      bed.net.poll(bed.got, SECOND);
      expect(bed.net.lastFault).toBe(fault);
      expect(bed.net.describeFault()).toMatch(/^it/);
      expect(bed.net.takeEvents()).toBe(EVENT_FAULT);
      expect(bed.card.resets).toBe(resets + 1);
      expect(bed.card.status).toBe(0);
      expect(bed.net.up).toBe(false);
      expect(bed.net.reserve()).toBe(-1);
      expect(bed.net.nextDeadline()).toBe(SECOND);
      bed.net.poll(bed.got, SECOND);
      expect(bed.net.takeEvents()).toBe(EVENT_RECOVERED | EVENT_LINK_UP);
      expect(bed.card.live).toBe(true);
      bed.got.frames.splice(0);
      arrive(bed, frame(60, 9));
      expect(bed.net.poll(bed.got, SECOND)).toBe(true);
      expect(bed.got.frames.map((f) => f.bytes)).toEqual([frame(60, 9)]);
      for (let i = 0; i < 128; i++) transmit(bed.net, frame(60));
    });
  }

  it("hands over what came before the lie", () => {
    const bed = open();
    arrive(bed, frame(60));
    bed.card.giveBack(0, 999, 60);
    expect(bed.net.poll(bed.got, 0)).toBe(true);
    expect(bed.got.frames).toHaveLength(1);
    expect(bed.net.lastFault).toBe(FAULT_ID);
  });

  it("does not take the same buffer twice in one go", () => {
    const bed = open();
    const chain = bed.card.take(0)!;
    bed.card.giveBack(0, chain.id, 72);
    bed.card.giveBack(0, chain.id, 72);
    bed.hal.dmaWrite(chain.segments[0]!.address + 10, 1, 1);
    bed.net.poll(bed.got, 0);
    expect(bed.got.frames).toHaveLength(1);
    expect(bed.net.lastFault).toBe(FAULT_ID);
  });

  it("keeps a reserved slot across the reset, and drops its frame while the card is away", () => {
    const bed = open();
    const at = bed.net.reserve();
    const other = bed.net.reserve();
    bed.card.giveBack(0, 999, 60);
    bed.net.poll(bed.got, 0);
    bed.net.send(at, 60, NO_PAYLOAD, 0, 0);
    expect(bed.net.lostOut()).toBe(1);
    bed.net.poll(bed.got, 0);
    bed.net.send(other, 60, NO_PAYLOAD, 0, 0);
    bed.net.flush();
    expect(bed.card.take(1)).toBeDefined();
    expect(bed.net.framesSent).toBe(1);
  });

  it("comes back at growing intervals when it lies again and again", () => {
    const bed = open();
    let now = SECOND;
    const waits = [];
    for (let i = 0; i < 10; i++) {
      bed.card.giveBack(0, 999, 60);
      bed.net.poll(bed.got, now);
      waits.push((bed.net.nextDeadline() - now) / RECOVERY_LEAST);
      now = bed.net.nextDeadline();
      bed.net.poll(bed.got, now);
      expect(bed.card.live).toBe(true);
    }
    expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 64, 64]);
    now += 700 * SECOND;
    bed.card.giveBack(0, 999, 60);
    bed.net.poll(bed.got, now);
    expect(bed.net.nextDeadline()).toBe(now);
  });

  it("is forgiven after ten minutes without a fault, and not before", () => {
    for (const [quiet, wait] of [
      [600 * SECOND, RECOVERY_LEAST],
      [600 * SECOND + 1, 0],
    ] as const) {
      const bed = open();
      let now = 5 * SECOND;
      // Twice in a row: the next wait is known to have grown.
      for (let i = 0; i < 2; i++) {
        bed.card.giveBack(0, 999, 60);
        bed.net.poll(bed.got, now);
        now = bed.net.nextDeadline();
        bed.net.poll(bed.got, now);
      }
      now += quiet;
      bed.card.giveBack(0, 999, 60);
      bed.net.poll(bed.got, now);
      expect(bed.net.nextDeadline()).toBe(now);
      bed.net.poll(bed.got, now);
      bed.card.giveBack(0, 999, 60);
      bed.net.poll(bed.got, now);
      const grown = wait === 0 ? RECOVERY_LEAST : 4 * RECOVERY_LEAST;
      expect(bed.net.nextDeadline()).toBe(now + grown);
    }
  });

  it("tries again later when the device cannot be brought back", () => {
    const bed = open();
    bed.card.giveBack(0, 999, 60);
    bed.net.poll(bed.got, 0);
    bed.card.refuseFeatures = true;
    bed.net.poll(bed.got, 0);
    expect(bed.net.lastFault).toBe(FAULT_START);
    expect(bed.net.nextDeadline()).toBe(RECOVERY_LEAST);
    bed.card.refuseFeatures = false;
    bed.net.poll(bed.got, RECOVERY_LEAST - 1);
    expect(bed.card.live).toBe(false);
    bed.net.poll(bed.got, RECOVERY_LEAST);
    expect(bed.card.live).toBe(true);
  });

  it("touches no buffer of a device that does not finish its reset, and asks it again later", () => {
    const bed = open();
    transmit(bed.net, frame(60), Uint8Array.from(frame(100, 3)));
    bed.net.flush();
    bed.card.neverResets = true;
    bed.card.giveBack(0, 999, 60);
    bed.net.poll(bed.got, 0);
    bed.net.poll(bed.got, 0);
    expect(bed.net.lastFault).toBe(FAULT_START);
    expect(bed.card.read(bed.card.take(1)!).slice(12)).toEqual([...frame(60), ...frame(100, 3)]);
    bed.card.neverResets = false;
    bed.net.poll(bed.got, RECOVERY_LEAST);
    expect(bed.card.live).toBe(true);
    expect(bed.card.take(1)).toBeUndefined();
    for (let i = 0; i < 128; i++) transmit(bed.net, frame(60));
    expect(bed.net.reserve()).toBe(-1);
  });

  it("stays away from a device that comes back with fewer features", () => {
    const bed = open();
    bed.card.offered = [32, 1];
    bed.card.giveBack(0, 999, 60);
    bed.net.poll(bed.got, 0);
    bed.net.poll(bed.got, 0);
    expect(bed.net.up).toBe(false);
    expect(bed.net.lastFault).toBe(FAULT_START);
  });
});

describe("virtio-net's configuration", () => {
  it("notices DEVICE_NEEDS_RESET and resets the device", () => {
    const bed = open();
    bed.card.status = bed.card.status | 64;
    bed.net.poll(bed.got, CHECK_INTERVAL);
    expect(bed.net.lastFault).toBe(FAULT_NEEDS_RESET);
    bed.net.poll(bed.got, CHECK_INTERVAL);
    expect(bed.card.live).toBe(true);
  });

  it("reports a cable pulled and put back, looking at most every so often", () => {
    const { card, net, got } = open();
    net.poll(got, 0);
    expect(net.nextDeadline()).toBe(NEVER);
    putLe(card.deviceConfig, 6, 2, 0);
    net.poll(got, 10);
    expect(net.takeEvents()).toBe(0);
    expect(net.nextDeadline()).toBe(CHECK_INTERVAL);
    net.poll(got, CHECK_INTERVAL);
    expect(net.takeEvents()).toBe(EVENT_LINK_DOWN);
    expect(net.up).toBe(false);
    expect(net.nextDeadline()).toBe(NEVER);
    putLe(card.deviceConfig, 6, 2, 1);
    net.poll(got, 3 * CHECK_INTERVAL);
    expect(net.takeEvents()).toBe(EVENT_LINK_UP);
  });
});
