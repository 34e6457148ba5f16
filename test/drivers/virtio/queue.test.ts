import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import {
  FAULT_ID,
  FAULT_LENGTH,
  FAULT_NONE,
  FAULT_USED_INDEX,
  MOST_SEGMENTS,
  Virtqueue,
} from "../../../drivers/virtio/queue.ts";
import { FakeHal } from "../../support/fake-hal.ts";
import { FakeTransport } from "../../support/fake-transport.ts";
import { FakeVirtio } from "../../support/fake-virtio.ts";

const RUNS = { numRuns: 150 };
const EVENT_IDX = 29;

interface Bed {
  readonly hal: FakeHal;
  readonly device: FakeVirtio;
  readonly queue: Virtqueue;
}

/** A queue in the hands of a model device, without a transport between. */
function bed(size: number, eventIndex: boolean): Bed {
  const hal = new FakeHal();
  const device = new FakeVirtio(hal, 0x1041, 1);
  device.status = 4;
  device.accepted = [eventIndex ? (1 << EVENT_IDX) >>> 0 : 0, 1];
  const queue = new Virtqueue(hal, size);
  queue.prepare(eventIndex);
  queue.attach(0, new FakeTransport(device));
  const q = device.queues[0]!;
  q.size = size;
  q.enabled = true;
  q.descriptors = queue.descriptorsAddress;
  q.driver = queue.availableAddress;
  q.device = queue.usedAddress;
  return { hal, device, queue };
}

/** Adds a chain of segments of these lengths at made-up addresses. */
function add(queue: Virtqueue, lengths: readonly number[], readable: number, token: number): boolean {
  lengths.forEach((length, i) => {
    queue.segmentAddress[i] = 0x7_0000_0000 + token * 0x10000 + i * 0x1000;
    queue.segmentLength[i] = length;
  });
  return queue.add(lengths.length, readable, token);
}

describe("a virtqueue", () => {
  let it0: Bed;
  beforeEach(() => {
    it0 = bed(8, true);
  });

  it("notifies when the index passes the one that the device named, and not when that was passed before", () => {
    const { hal, device, queue } = it0;
    const event = queue.usedAddress + 4 + 8 * queue.size;
    // 2.7.10: after entry 0, after entry 1, after one long ago.
    for (const [named, notified] of [
      [0, true],
      [1, false],
      [0xffff, false],
      [0xfffe, false],
    ] as const) {
      device.queues[0]!.notified = 0;
      queue.prepare(true);
      hal.dmaWrite(event, 2, named);
      add(queue, [10], 1, 0);
      queue.publish();
      expect(device.queues[0]!.notified).toBe(notified ? 1 : 0);
    }
  });

  it("lies aligned as 2.7 says, whatever address the array has", () => {
    for (const size of [1, 2, 4, 8, 64, 256]) {
      const { hal, queue } = bed(size, false);
      expect(queue.descriptorsAddress % 4096).toBe(0);
      expect(queue.availableAddress % 2).toBe(0);
      expect(queue.usedAddress % 4).toBe(0);
      expect(queue.availableAddress - queue.descriptorsAddress).toBe(16 * size);
      // The last byte of the used ring, avail_event included, is still ours.
      expect(hal.dmaRead(queue.usedAddress + 4 + 8 * size + 1, 1)).toBe(0);
    }
  });

  it("writes descriptors and ring as in 2.7.5 and 2.7.6", () => {
    const { hal, queue } = it0;
    expect(add(queue, [12, 1500, 1], 2, 5)).toBe(true);
    const at = queue.descriptorsAddress;
    const words = [0, 4, 8, 12, 14].map((o) => hal.dmaRead(at + o, o >= 12 ? 2 : 4));
    expect(words).toEqual([0x50000, 7, 12, 1, 1]);
    expect([0, 4, 8, 12, 14].map((o) => hal.dmaRead(at + 16 + o, o >= 12 ? 2 : 4))).toEqual([0x51000, 7, 1500, 1, 2]);
    expect([0, 4, 8, 12, 14].map((o) => hal.dmaRead(at + 32 + o, o >= 12 ? 2 : 4))).toEqual([0x52000, 7, 1, 2, 0]);
    // Not shown to the device before publish.
    expect(hal.dmaRead(queue.availableAddress + 2, 2)).toBe(0);
    queue.publish();
    expect(hal.dmaRead(queue.availableAddress + 2, 2)).toBe(1);
  });

  it("refuses a chain for which there is no room, and a length of chain that it was not made for", () => {
    const { queue } = it0;
    expect(add(queue, [1, 1, 1, 1, 1], 5, 0)).toBe(true);
    expect(add(queue, [1, 1, 1, 1], 4, 1)).toBe(false);
    expect(add(queue, [1, 1, 1], 3, 1)).toBe(true);
    expect(queue.free).toBe(0);
    expect(() => queue.add(0, 0, 0)).toThrow();
    expect(() => queue.add(MOST_SEGMENTS + 1, 0, 0)).toThrow();
    expect(() => new Virtqueue(it0.hal, 24)).toThrow();
    expect(() => new Virtqueue(it0.hal, 65536)).toThrow();
  });

  it("notifies once for all that was added, and not at all when the device asks for none", () => {
    for (const eventIndex of [true, false]) {
      const { hal, device, queue } = bed(8, eventIndex);
      add(queue, [1], 1, 0);
      add(queue, [1], 1, 1);
      queue.publish();
      queue.publish();
      expect(device.queues[0]!.notified).toBe(1);
      // The device has seen nothing yet (event index 0), or says NO_NOTIFY.
      if (!eventIndex) hal.dmaWrite(queue.usedAddress, 2, 1);
      add(queue, [1], 1, 2);
      queue.publish();
      expect(device.queues[0]!.notified).toBe(1);
      expect(queue.notifications).toBe(1);
    }
  });

  it("sees what was used while interrupts were being asked for", () => {
    const { device, queue } = it0;
    add(queue, [1], 1, 3);
    queue.publish();
    expect(queue.arm(0)).toBe(false);
    device.giveBack(0, device.take(0)!.id, 0);
    expect(queue.arm(0)).toBe(true);
    expect(queue.ready()).toBe(1);
    expect(queue.take()).toBe(3);
    queue.release();
    expect(queue.ready()).toBe(0);
  });

  it("keeps chains for their owner: of a pair only lengths and the second address are written again", () => {
    const { hal, device, queue } = it0;
    queue.segmentAddress[0] = 0x7_0000_1000;
    queue.segmentLength[0] = 0;
    queue.segmentAddress[1] = 0;
    queue.segmentLength[1] = 0;
    const head = queue.keep(2, 2, 9);
    expect(head).toBe(0);
    expect(queue.free).toBe(6);
    queue.publish();
    expect(device.take(0)).toBeUndefined();
    for (const [length, second] of [
      [66, 1448],
      [54, 0],
      [100, 1],
    ] as const) {
      queue.postPair(head, length, 0xc_0001_0003, second);
      queue.publish();
      const chain = device.take(0)!;
      const segments = [
        { address: 0x7_0000_1000, length, writable: false },
        { address: 0xc_0001_0003, length: second, writable: false },
      ];
      expect(chain).toEqual({ id: head, segments: second === 0 ? segments.slice(0, 1) : segments });
      device.giveBack(0, head, 0);
      expect(queue.ready()).toBe(1);
      expect(queue.take()).toBe(9);
      expect(queue.outstanding).toBe(0);
    }
    expect(queue.free).toBe(6);
    // Room for one that comes and goes, beside it.
    expect(add(queue, [1, 2, 3, 4, 5, 6], 6, 4)).toBe(true);
    expect(queue.keep(1, 1, 0)).toBe(-1);
    expect(hal.dmaRead(queue.descriptorsAddress, 4)).toBe(0x1000);
  });

  it("believes no device that returns what it does not have: a chain not posted, not published, or twice", () => {
    for (const [post, publish, returns] of [
      [false, true, 1],
      [true, false, 1],
      [true, true, 2],
    ] as const) {
      const { device, queue } = bed(8, true);
      add(queue, [1], 1, 3);
      add(queue, [1], 1, 3);
      queue.publish();
      const head = queue.keep(2, 2, 9);
      if (post) queue.postPair(head, 10, 0, 0);
      if (publish) queue.publish();
      for (let i = 0; i < returns; i++) device.giveBack(0, head, 0);
      expect(queue.ready()).toBe(returns);
      for (let i = 1; i < returns; i++) expect(queue.take()).toBe(9);
      expect(queue.take()).toBe(-1);
      expect(queue.fault).toBe(FAULT_ID);
    }
  });

  it("gives each descriptor to one chain at a time, in whatever order chains come back", () => {
    const { device, queue } = it0;
    /** By chain that the device has: its head. */
    const held: { readonly id: number; readonly count: number }[] = [];
    const lengths = [1, 2, 3, 1, 2, 4, 1, 1, 3, 2, 5, 1, 8, 2, 2, 2, 2, 1];
    for (let round = 0; round < 300; round++) {
      const count = lengths[round % lengths.length]!;
      const want = Array.from({ length: count }, (_, i) => 100 + i);
      while (queue.free < count) {
        const [back] = held.splice((round * 7) % held.length, 1);
        device.giveBack(0, back!.id, 0);
        expect(queue.ready()).toBe(1);
        queue.take();
        queue.release();
      }
      expect(add(queue, want, count, round & 0xff)).toBe(true);
      queue.publish();
      const chain = device.take(0)!;
      expect(chain.segments.map((s) => s.length)).toEqual(want);
      held.push({ id: chain.id, count });
      expect(new Set(held.map(({ id }) => id)).size).toBe(held.length);
      expect(held.reduce((sum, h) => sum + h.count, queue.free)).toBe(8);
    }
  });

  it("asks for no interrupt until it is armed again, however much is used meanwhile", () => {
    for (const eventIndex of [true, false]) {
      const { device, queue } = bed(64, eventIndex);
      for (let i = 0; i < 60; i++) add(queue, [1], 1, i);
      queue.publish();
      const ids = Array.from({ length: 60 }, () => device.take(0)!.id);
      device.giveBack(0, ids[0]!, 0);
      queue.ready();
      queue.take();
      queue.release();
      queue.disarm();
      for (let i = 1; i < 50; i++) {
        const before = device.queues[0]!.used;
        device.giveBack(0, ids[i]!, 0);
        expect([i, device.interruptWanted(0, before)]).toEqual([i, false]);
      }
      while (queue.ready() > 0) {
        queue.take();
        queue.release();
      }
      expect(queue.arm(0)).toBe(false);
      const before = device.queues[0]!.used;
      device.giveBack(0, ids[50]!, 0);
      expect(device.interruptWanted(0, before)).toBe(true);
    }
  });

  it("says of each chain what was written into it, also when that is nothing", () => {
    const { device, queue } = it0;
    for (const [readable, told, length] of [
      [0, 5, 5],
      [0, 0, 0],
      [0, 64, 64],
      // What the device only reads it cannot have written, whatever it says.
      [1, 64, 0],
      [0, 1, 1],
      [1, 0, 0],
    ] as const) {
      add(queue, [64], readable, 3);
      queue.publish();
      device.giveBack(0, device.take(0)!.id, told);
      expect(queue.ready()).toBe(1);
      expect(queue.take()).toBe(3);
      expect([told, queue.usedLength]).toEqual([told, length]);
      queue.release();
    }
  });

  it("asks to be woken behind as many as it says, and no sooner", () => {
    const { device, queue } = it0;
    for (let i = 0; i < 6; i++) add(queue, [1], 1, i);
    queue.publish();
    queue.arm(3);
    for (let i = 0; i < 5; i++) {
      const before = device.queues[0]!.used;
      device.giveBack(0, device.take(0)!.id, 0);
      expect([i, device.interruptWanted(0, before)]).toEqual([i, i === 3]);
      expect(queue.arm(3)).toBe(i > 2);
    }
  });

  it("can be emptied and used again after a fault, and yields nothing before", () => {
    const { hal, device, queue } = it0;
    add(queue, [64], 0, 1);
    queue.publish();
    const chain = device.take(0)!;
    device.giveBack(0, chain.id, 65);
    expect(queue.ready()).toBe(1);
    expect(queue.take()).toBe(-1);
    expect(queue.fault).toBe(FAULT_LENGTH);
    expect(queue.ready()).toBe(0);
    queue.prepare(true);
    expect(queue.free).toBe(8);
    expect(queue.fault).toBe(FAULT_NONE);
    expect(hal.dmaRead(queue.usedAddress + 2, 2)).toBe(0);
    const q = device.queues[0]!;
    q.seen = 0;
    q.used = 0;
    add(queue, [64], 0, 2);
    queue.publish();
    device.giveBack(0, device.take(0)!.id, 64);
    expect(queue.ready()).toBe(1);
    expect(queue.take()).toBe(2);
    expect(queue.usedLength).toBe(64);
  });
});

// What driver and device may do next; numbers choose among what is possible.
type Action =
  | { readonly do: "add"; readonly lengths: number[]; readonly readable: number }
  | { readonly do: "publish" }
  | { readonly do: "use"; readonly which: number; readonly part: number }
  | { readonly do: "reap"; readonly most: number; readonly repost: boolean }
  | { readonly do: "arm"; readonly after: number }
  | { readonly do: "disarm" };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    do: fc.constant("add" as const),
    lengths: fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: MOST_SEGMENTS }),
    readable: fc.nat({ max: MOST_SEGMENTS }),
  }),
  fc.record({ do: fc.constant("publish" as const) }),
  fc.record({ do: fc.constant("use" as const), which: fc.nat(), part: fc.nat({ max: 100 }) }),
  fc.record({ do: fc.constant("reap" as const), most: fc.nat({ max: 8 }), repost: fc.boolean() }),
  fc.record({ do: fc.constant("arm" as const), after: fc.nat({ max: 4 }) }),
  fc.record({ do: fc.constant("disarm" as const) }),
);

interface Posted {
  readonly lengths: number[];
  readonly readable: number;
}

describe("a virtqueue and an honest device", () => {
  it("agree on every chain, in any order of use, with and without event index", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(2, 4, 16, 64),
        fc.boolean(),
        fc.array(action, { maxLength: 120 }),
        (size, eventIndex, actions) => {
          const { device, queue } = bed(size, eventIndex);
          const posted = new Map<number, Posted>();
          const held: { id: number; token: number }[] = [];
          const returned: { token: number; length: number }[] = [];
          let free = size;
          let token = 0;
          for (const a of actions) {
            switch (a.do) {
              case "add": {
                const readable = Math.min(a.readable, a.lengths.length);
                const fits = a.lengths.length <= free;
                expect(add(queue, a.lengths, readable, token)).toBe(fits);
                if (!fits) break;
                posted.set(token++, { lengths: a.lengths, readable });
                free -= a.lengths.length;
                break;
              }
              case "publish": {
                queue.publish();
                for (let c = device.take(0); c !== undefined; c = device.take(0)) {
                  const which = Math.floor((c.segments[0]!.address - 0x7_0000_0000) / 0x10000);
                  const p = posted.get(which)!;
                  expect(c.segments.map((s) => s.length)).toEqual(p.lengths);
                  expect(c.segments.map((s) => s.writable)).toEqual(p.lengths.map((_, i) => i >= p.readable));
                  held.push({ id: c.id, token: which });
                }
                break;
              }
              case "use": {
                if (held.length === 0) break;
                const [h] = held.splice(a.which % held.length, 1);
                const p = posted.get(h!.token)!;
                const most = p.lengths.slice(p.readable).reduce((sum, l) => sum + l, 0);
                const length = Math.floor((most * a.part) / 100);
                device.giveBack(0, h!.id, length);
                returned.push({ token: h!.token, length });
                break;
              }
              case "reap": {
                const ready = queue.ready();
                expect(ready).toBe(returned.length);
                for (let n = Math.min(ready, a.most); n > 0; n--) {
                  const r = returned.shift()!;
                  expect(queue.take()).toBe(r.token);
                  expect(queue.usedLength).toBe(r.length);
                  if (a.repost) queue.repost();
                  else {
                    queue.release();
                    free += posted.get(r.token)!.lengths.length;
                  }
                }
                break;
              }
              case "arm":
                expect(queue.arm(a.after)).toBe(returned.length > a.after);
                break;
              default:
                queue.disarm();
            }
            expect(queue.free).toBe(free);
            expect(queue.fault).toBe(FAULT_NONE);
          }
        },
      ),
      RUNS,
    );
  });
});

describe("a virtqueue and a device that writes anything anywhere in its rings", () => {
  it("never throws, never yields more than it had, and has a fault or its own tokens to show", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(2, 8, 32),
        fc.boolean(),
        fc.array(
          fc.oneof(
            { weight: 3, arbitrary: action },
            {
              weight: 2,
              arbitrary: fc.record({
                do: fc.constant("scribble" as const),
                at: fc.nat({ max: 1000 }),
                value: fc.nat({ max: 255 }),
              }),
            },
            {
              weight: 1,
              arbitrary: fc.record({
                do: fc.constant("claim" as const),
                id: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 0xffffffff })),
                length: fc.oneof(fc.nat({ max: 6000 }), fc.nat({ max: 0xffffffff })),
              }),
            },
          ),
          { maxLength: 100 },
        ),
        (size, eventIndex, actions) => {
          const { hal, device, queue } = bed(size, eventIndex);
          const total = queue.usedAddress + 4 + 8 * size + 2 - queue.descriptorsAddress;
          const writable = new Map<number, number>();
          let token = 0;
          for (const a of actions) {
            switch (a.do) {
              case "add": {
                const readable = Math.min(a.readable, a.lengths.length);
                if (add(queue, a.lengths, readable, token))
                  writable.set(
                    token++,
                    a.lengths.slice(readable).reduce((sum, l) => sum + l, 0),
                  );
                break;
              }
              case "publish":
                queue.publish();
                break;
              case "scribble":
                hal.dmaWrite(queue.descriptorsAddress + (a.at % total), 1, a.value);
                break;
              case "claim":
                device.giveBack(0, a.id, a.length);
                break;
              case "reap": {
                const ready = queue.ready();
                expect(ready).toBeLessThanOrEqual(queue.outstanding);
                for (let n = Math.min(ready, a.most); n > 0; n--) {
                  const got = queue.take();
                  if (got < 0) {
                    expect([FAULT_USED_INDEX, FAULT_ID, FAULT_LENGTH]).toContain(queue.fault);
                    expect(queue.ready()).toBe(0);
                    break;
                  }
                  expect(queue.usedLength).toBeLessThanOrEqual(writable.get(got)!);
                  if (a.repost) queue.repost();
                  else {
                    queue.release();
                    writable.delete(got);
                  }
                }
                break;
              }
              case "arm":
                queue.arm(a.after);
                break;
              case "disarm":
                queue.disarm();
                break;
              default:
                break;
            }
            expect(queue.free).toBeGreaterThanOrEqual(0);
            expect(queue.free).toBeLessThanOrEqual(size);
            expect(queue.outstanding).toBe(writable.size);
          }
        },
      ),
      RUNS,
    );
  });
});
