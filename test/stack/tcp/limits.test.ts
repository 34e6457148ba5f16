import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COOKIES_SENT, SYNS_REFUSED } from "../../../stack/base/counters.ts";
import { ERROR_TOO_BIG } from "../../../stack/base/quotation.ts";
import { SECOND } from "../../../stack/base/result.ts";
import type { Handle } from "../../../stack/base/streams.ts";
import { ACK, FIN, RST, SYN } from "../../../stack/tcp/wire.ts";
import { Bench, random } from "./harness.ts";

describe("a SYN flood", () => {
  test("fills the half-open ones, then cookies answer, and an honest peer gets through", () => {
    const bench = new Bench((limits) => {
      limits.halfOpen = 10;
    });
    for (let i = 0; i < 200; i++) {
      bench.remotePort = 10_000 + i;
      expect(bench.receive({ flags: SYN })).toHaveLength(1);
    }
    expect(bench.tcp.counters.halfOpen).toBe(10);
    expect(bench.tcp.counters.connections).toBe(10);
    expect(bench.tcp.counts(COOKIES_SENT)).toBe(190);
    bench.remotePort = 5555;
    const [synAck] = bench.receive({ flags: SYN, mss: 1460, scale: 7, timestamps: [1, 0] });
    expect([synAck!.scale, synAck!.hasTimestamps, synAck!.mss]).toEqual([-1, false, 1460]);
    bench.seq++;
    bench.ack = synAck!.seq + 1;
    bench.input({ data: "GET" });
    expect(bench.user.take()).toEqual(["accepted 80", "readable"]);
    bench.handle = bench.user.handle;
    bench.send(2000);
    expect(bench.sent().map((s) => s.payloadLength)).toEqual([1460, 540]);
  });

  test("a connection out of a cookie that is aborted resets with the number that the peer expects (RFC 5961 3.2)", () => {
    const bench = new Bench((limits) => {
      limits.halfOpen = 0;
    });
    const [cookie] = bench.receive({ flags: SYN });
    bench.seq++;
    bench.ack = cookie!.seq + 1;
    bench.receive({});
    bench.tcp.abort(bench.user.handle);
    const [rst] = bench.sent();
    expect([rst!.flags, rst!.seq]).toEqual([RST | ACK, bench.ack]);
  });

  test("a cookie that was never sent opens nothing", () => {
    const bench = new Bench((limits) => {
      limits.halfOpen = 0;
    });
    const [synAck] = bench.receive({ flags: SYN });
    bench.seq++;
    const next = random(1);
    for (let i = 0; i < 100; i++) {
      const [rst] = bench.receive({ ack: Math.floor(next() * 0x100000000) });
      expect(rst!.flags).toBe(RST);
    }
    bench.pass(200 * SECOND);
    const [late] = bench.receive({ ack: synAck!.seq + 1 });
    expect(late!.flags).toBe(RST);
    expect(bench.tcp.counters.connections).toBe(0);
  });
});

describe("the number of connections", () => {
  test("is bounded: beyond it a cookie answers a SYN, its ACK nobody, and what follows opens when there is room", () => {
    const bench = new Bench((limits) => {
      limits.connections = 3;
    });
    for (let i = 0; i < 3; i++) {
      bench.remotePort = 6000 + i;
      bench.seq = 7_000_000;
      bench.accept();
    }
    const last = bench.handle;
    bench.user.take();
    bench.remotePort = 6003;
    bench.seq = 7_000_000;
    const [synAck] = bench.receive({ flags: SYN });
    expect(synAck!.flags).toBe(SYN | ACK);
    expect(bench.tcp.connect(bench.path, 443, 0, 1000, bench.now)).toBe(-1);
    bench.seq++;
    bench.ack = synAck!.seq + 1;
    expect(bench.receive({})).toEqual([]);
    expect(bench.receive({ data: "GET" })).toEqual([]);
    expect([bench.tcp.counts(SYNS_REFUSED), bench.tcp.counters.connections]).toEqual([2, 3]);
    bench.tcp.abort(last);
    bench.sent();
    bench.receive({ data: "GET" });
    expect(bench.user.take()).toEqual(["accepted 80", "readable"]);
    expect(bench.tcp.counters.connections).toBe(3);
  });

  test("the last are for connections of our own", () => {
    const bench = new Bench((limits) => {
      limits.connections = 3;
      limits.reserved = 1;
    });
    for (let i = 0; i < 3; i++) {
      bench.remotePort = 6000 + i;
      bench.seq = 7_000_000;
      bench.accept();
    }
    expect(bench.tcp.counters.connections).toBe(2);
    expect(bench.tcp.connect(bench.path, 443, 0, 1000, bench.now)).toBeGreaterThan(0);
  });

  test("connections in TIME-WAIT make room, the oldest first", () => {
    const bench = new Bench((limits) => {
      limits.connections = 3;
    });
    for (let i = 0; i < 3; i++) closeFirst(bench, 6000 + i);
    expect(bench.tcp.counters.timeWait).toBe(3);
    bench.remotePort = 6003;
    bench.accept();
    expect(bench.tcp.counters.timeWait).toBe(2);
    expect(bench.tcp.counters.connections).toBe(3);
  });

  test("TIME-WAIT has a limit of its own", () => {
    const bench = new Bench((limits) => {
      limits.timeWait = 5;
    });
    for (let i = 0; i < 50; i++) closeFirst(bench, 6000 + i);
    expect(bench.tcp.counters.timeWait).toBe(5);
    expect(bench.tcp.counters.connections).toBe(5);
    bench.pass(61 * SECOND);
    expect(bench.tcp.counters.connections).toBe(0);
    expect(bench.tcp.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test("handles are not used twice", () => {
    const bench = new Bench((limits) => {
      limits.connections = 1;
    });
    const seen = new Set<Handle>();
    for (let i = 0; i < 100; i++) {
      bench.remotePort = 6000 + i;
      bench.seq = 7_000_000;
      bench.accept();
      expect(seen.has(bench.handle)).toBe(false);
      seen.add(bench.handle);
      bench.tcp.abort(bench.handle);
      bench.sent();
    }
  });
});

describe("TIME-WAIT (RFC 6191)", () => {
  test("a SYN with a later number opens anew; an earlier one is answered by an ACK", () => {
    const bench = new Bench();
    closeFirst(bench, 6000);
    const [ack] = bench.receive({ flags: SYN, seq: bench.seq - 100 });
    expect(ack!.flags).toBe(ACK);
    const [synAck] = bench.receive({ flags: SYN, seq: bench.seq + 100 });
    expect(synAck!.flags).toBe(SYN | ACK);
    expect(bench.tcp.counters.timeWait).toBe(0);
  });

  test("with timestamps a later one decides, whatever the number", () => {
    const bench = new Bench();
    bench.accept({ timestamps: [1000, 0] });
    bench.tcp.close(bench.handle);
    bench.sent();
    bench.ack++;
    bench.receive({ flags: FIN | ACK, timestamps: [1001, 0] });
    expect(bench.tcp.counters.timeWait).toBe(1);
    const [ack] = bench.receive({ flags: SYN, seq: bench.seq + 100, timestamps: [900, 0] });
    expect(ack!.flags).toBe(ACK);
    const [synAck] = bench.receive({ flags: SYN, seq: bench.seq - 5000, timestamps: [1002, 0] });
    expect(synAck!.flags).toBe(SYN | ACK);
  });

  test("is not ended by a reset (RFC 1337)", () => {
    const bench = new Bench();
    closeFirst(bench, 6000);
    bench.receive({ flags: RST });
    expect(bench.tcp.counters.timeWait).toBe(1);
  });
});

describe("whatever arrives", () => {
  test("in whatever state: nothing throws, limits hold, and in the end everything is given back", () => {
    const flags = fc.constantFrom(0, FIN, SYN, RST, ACK, ACK, ACK, FIN | ACK, SYN | ACK, RST | ACK, SYN | FIN, 0x3f);
    const near = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -70_000, max: 70_000 }), fc.integer());
    const segment = fc.record({
      kind: fc.constant("segment" as const),
      flags,
      seq: near,
      ack: near,
      window: fc.constantFrom(0, 1, 1000, 65_535),
      length: fc.integer({ min: 0, max: 1460 }),
      stamp: fc.option(fc.integer({ min: 0, max: 100 })),
      scale: fc.integer({ min: -1, max: 255 }),
    });
    const act = fc.record({
      kind: fc.constant("act" as const),
      what: fc.constantFrom("send", "shutdown", "close", "abort", "read", "connect", "noslots", "slots", "icmp"),
      amount: fc.integer({ min: 0, max: 30_000 }),
    });
    const wait = fc.record({ kind: fc.constant("wait" as const), time: fc.integer({ min: 0, max: 70_000_000 }) });
    fc.assert(
      fc.property(fc.array(fc.oneof(segment, segment, act, wait), { maxLength: 60 }), fc.boolean(), (steps, known) => {
        const bench = new Bench((limits) => {
          limits.memoryTotal = 32_768;
          limits.connections = 4;
          limits.halfOpen = 2;
        });
        if (known) bench.accept();
        bench.user.reads = false;
        for (const step of steps) {
          if (step.kind === "wait") bench.pass(step.time);
          else if (step.kind === "act") {
            const handle = bench.user.handle;
            if (step.what === "send") bench.tcp.send(handle, new Uint8Array(30_000), 0, step.amount);
            else if (step.what === "shutdown") bench.tcp.shutdown(handle);
            else if (step.what === "close") bench.tcp.close(handle);
            else if (step.what === "abort") bench.tcp.abort(handle);
            else if (step.what === "read") bench.user.read(handle);
            else if (step.what === "noslots") bench.sink.slots = step.amount & 3;
            else if (step.what === "slots") bench.sink.slots = 100_000;
            else if (step.what === "icmp")
              bench.networkError(ERROR_TOO_BIG, { sequence: bench.ack + (step.amount & 1), mtu: step.amount });
            else bench.tcp.connect(bench.path, 443, bench.userNumber, 65_536, bench.now);
          } else {
            const fields = {
              flags: step.flags,
              seq: bench.seq + step.seq,
              ack: bench.ack + step.ack,
              window: step.window,
              data: new Uint8Array(step.length),
              scale: step.scale,
            };
            bench.receive(step.stamp === null ? fields : { ...fields, timestamps: [step.stamp, 0] });
          }
          expect(bench.tcp.memoryInUse).toBeLessThanOrEqual(32_768);
          expect(bench.tcp.counters.connections).toBeLessThanOrEqual(4);
        }
        bench.sink.slots = 1_000_000;
        bench.tcp.close(bench.user.handle);
        bench.pass(400 * SECOND);
        bench.tcp.addressLost(bench.now);
        expect(bench.tcp.counters.connections).toBe(0);
        expect(bench.tcp.counters.halfOpen).toBe(0);
        expect(bench.tcp.counters.orphans).toBe(0);
        expect(bench.tcp.counters.timeWait).toBe(0);
        expect(bench.tcp.memoryInUse).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

/** A connection that the machine closes first, up to TIME-WAIT. */
function closeFirst(bench: Bench, remotePort: number): void {
  bench.remotePort = remotePort;
  bench.seq = 7_000_000;
  bench.accept();
  bench.tcp.close(bench.handle);
  bench.sent();
  bench.ack++;
  bench.receive({ flags: FIN | ACK });
  bench.seq++;
}
