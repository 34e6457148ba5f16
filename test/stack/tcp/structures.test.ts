import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Ipv4 } from "../../../stack/base/address.ts";
import { type Path, PathTable } from "../../../stack/base/path.ts";
import { NEVER } from "../../../stack/base/result.ts";
import type { Seq } from "../../../stack/base/seq.ts";
import { Shared, SharedMemory } from "../../../stack/base/shared.ts";
import { NO_HANDLE } from "../../../stack/base/streams.ts";
import { BufferPool } from "../../../stack/tcp/buffers.ts";
import { Connection } from "../../../stack/tcp/connection.ts";
import { Secret } from "../../../stack/tcp/isn.ts";
import { SendQueue } from "../../../stack/tcp/send-queue.ts";
import { Sender } from "../../../stack/tcp/sender.ts";
import { ConnectionTable } from "../../../stack/tcp/table.ts";
import { Timers } from "../../../stack/tcp/timers.ts";
import { Segment } from "../../../stack/tcp/wire.ts";
import { PATTERN, SECRET } from "./harness.ts";

describe("the table", () => {
  test("finds what is in it and nothing else, whatever was inserted and removed", () => {
    const operation = fc.record({ port: fc.integer({ min: 1, max: 40 }), insert: fc.boolean() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), fc.integer(), (operations, key) => {
        const connections = Array.from(
          { length: 41 },
          (_, index) => new Connection(index, NO_HANDLE, new SendQueue(), new Sender()),
        );
        for (const c of connections) {
          c.path = 5 as Path;
          c.localPort = 80;
          c.remotePort = c.index;
        }
        const table = new ConnectionTable(20, connections, key);
        const model = new Set<number>();
        for (const { port, insert } of operations) {
          if (insert && !model.has(port) && model.size < 20) {
            table.insert(connections[port]!);
            model.add(port);
          } else if (!insert) {
            table.remove(connections[port]!);
            model.delete(port);
          }
        }
        expect(table.size).toBe(model.size);
        for (let port = 1; port <= 40; port++)
          expect(table.find(5 as Path, 80, port)).toBe(model.has(port) ? port : -1);
        expect([table.find(6 as Path, 80, 1), table.find(5 as Path, 81, 1)]).toEqual([-1, -1]);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the timers", () => {
  test("come in the order of time, an earlier deadline replacing a later one and not the other way round", () => {
    const change = fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 1000 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
        const timers = new Timers(16);
        const model = new Map<number, number>();
        for (const [who, at] of changes) {
          timers.schedule(who, at);
          model.set(who, Math.min(at, model.get(who) ?? NEVER));
        }
        let last = -1;
        while (timers.first !== NEVER) {
          const at = timers.first;
          expect(at).toBeGreaterThanOrEqual(last);
          last = at;
          const who = timers.take();
          expect(model.get(who)).toBe(at);
          model.delete(who);
        }
        expect(model.size).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the send queue", () => {
  test("holds ranges up to its limit and keeps cursor and bytes straight while it grows", () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant("push" as const), length: fc.integer({ min: 1, max: 50 }) }),
      fc.record({ kind: fc.constant("drop" as const), length: fc.integer({ min: 1, max: 120 }) }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 150 }), (operations) => {
        const queue = new SendQueue();
        const memory = new SharedMemory();
        const pattern = new Shared(PATTERN);
        let first = 0;
        let end = 0;
        for (const operation of operations) {
          if (operation.kind === "push") {
            if (queue.push(pattern, end, operation.length, 16, memory)) end += operation.length;
          } else {
            const length = Math.min(operation.length, queue.queued);
            queue.drop(length, memory);
            first += length;
            queue.rewind();
          }
          expect(queue.queued).toBe(end - first);
          if (queue.queued > 0) {
            const slot = queue.cursor & queue.mask;
            expect(queue.offsets[slot]! + queue.cursorSkip).toBe(first);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("the buffers", () => {
  test("stay under their limit, and what was given back serves again", () => {
    const pool = new BufferPool(100_000);
    const large = pool.take(2);
    expect(large).toHaveLength(65_536);
    expect(pool.take(2)).toHaveLength(0);
    expect(pool.take(1)).toHaveLength(16_384);
    pool.give(2, large);
    expect(pool.inUse).toBe(16_384);
    expect(pool.take(2) === large).toBe(true);
    pool.give(2, large);
    // The 64 KB that wait give way to 16 KB buffers.
    for (let i = 0; i < 5; i++) {
      expect(pool.take(1)).toHaveLength(16_384);
      expect(pool.allocated).toBeLessThanOrEqual(100_000);
    }
    expect(pool.take(1)).toHaveLength(0);
    expect(pool.has(0)).toBe(false);
  });
});

describe("the sizes of buffers", () => {
  test("are the smallest that hold what is to be kept", () => {
    const pool = new BufferPool(1_000_000);
    for (const [length, sizeClass] of [
      [1, 0],
      [4096, 0],
      [4097, 1],
      [16_384, 1],
      [16_385, 2],
      [65_536, 2],
      [65_537, 3],
      [262_144, 3],
      [262_145, -1],
    ] as const)
      expect([length, pool.classOf(length)]).toEqual([length, sizeClass]);
  });

  test("are what is taken and given back, to the byte", () => {
    const pool = new BufferPool(4096 + 16_384);
    expect(pool.available).toBe(20_480);
    const small = pool.take(0);
    expect([pool.inUse, pool.available, pool.allocated]).toEqual([4096, 16_384, 4096]);
    expect([pool.has(1), pool.has(2)]).toEqual([true, false]);
    expect(pool.take(1)).toHaveLength(16_384);
    expect([pool.has(0), pool.take(0).length, pool.allocated]).toEqual([false, 0, 20_480]);
    pool.give(0, small);
    expect([pool.inUse, pool.allocated, pool.has(0)]).toEqual([16_384, 20_480, true]);
  });
});

describe("the secret", () => {
  const paths = new PathTable(4, 1500, 1);
  const path = paths.open4(0x0a000001 as Ipv4, 0x0a000002 as Ipv4);
  const other = paths.open4(0x0a000001 as Ipv4, 0x0a000003 as Ipv4);

  const segment = (seq: number, ack: number, sourcePort = 5000, mss = 0): Segment => {
    const made = new Segment();
    made.sourcePort = sourcePort;
    made.destinationPort = 80;
    made.seq = seq as Seq;
    made.ack = ack as Seq;
    made.mss = mss;
    return made;
  };

  test("initial sequence numbers of a connection follow a 4 µs clock; those of another say nothing about it", () => {
    const secret = new Secret(SECRET, paths);
    const at = secret.isn(path, 80, 5000, 0);
    expect((secret.isn(path, 80, 5000, 4000) - at) >>> 0).toBe(1000);
    expect(secret.isn(path, 80, 5001, 0) === at).toBe(false);
    expect(secret.isn(path, 81, 5000, 0) === at).toBe(false);
    expect(secret.isn(other, 80, 5000, 0) === at).toBe(false);
  });

  test("a cookie carries the MSS, for two periods and for one connection", () => {
    const secret = new Secret(SECRET, paths);
    const now = 1_000_000_000;
    const cookie = secret.cookie(path, segment(77, 0, 5000, 1450), now);
    const ack = (seq: number, port = 5000): Segment => segment(seq + 1, (cookie + 1) >>> 0, port);
    expect(secret.cookieMss(path, ack(77), now)).toBe(1440);
    expect(secret.cookieMss(path, ack(77), now + 60_000_000)).toBe(1440);
    expect(secret.cookieMss(path, ack(77), now + 200_000_000)).toBe(0);
    expect(secret.cookieMss(path, ack(77, 5001), now)).toBe(0);
    expect(secret.cookieMss(other, ack(77), now)).toBe(0);
    expect(secret.cookieMss(path, ack(78), now)).toBe(0);
  });

  test("SipHash-2-4 agrees with the reference vector for 20 bytes", () => {
    const key = Uint8Array.from({ length: 16 }, (_, i) => i);
    expect(
      nativeSipHash(
        key,
        Uint8Array.from({ length: 20 }, (_, i) => i),
        0,
        20,
      ),
    ).toBe(0x1aa2ee98);
  });

  test("a secret of less than 16 bytes is our bug", () => {
    expect(() => new Secret(new Uint8Array(15), paths)).toThrow();
  });
});
