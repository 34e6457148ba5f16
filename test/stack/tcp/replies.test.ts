// Segments that are written for themselves, without a queue behind them (reply.ts, output.ts): their numbers, their options
// and who completes their checksum.

import { describe, expect, test } from "vitest";
import { ACK, CHECKSUM, FIN, RST, SYN } from "../../../stack/tcp/wire.ts";
import { Bench, type SegmentFields } from "./harness.ts";

describe("a reset", () => {
  test("for a segment of no connection has the number that it acknowledges, or acknowledges all of it", () => {
    const cases: ReadonlyArray<readonly [came: number, data: string, seq: number, ack: number, flags: number]> = [
      [ACK, "abc", 5000, 0, RST],
      [FIN | ACK, "", 5000, 0, RST],
      [SYN, "", 0, 7001, RST | ACK],
      [SYN, "abc", 0, 7004, RST | ACK],
      [FIN, "abc", 0, 7004, RST | ACK],
      [0, "abc", 0, 7003, RST | ACK],
    ];
    for (const [came, data, seq, ack, flags] of cases) {
      const bench = new Bench();
      bench.localPort = 9;
      const [reset] = bench.receive({ flags: came, ack: 5000, seq: 7000, data });
      const { sourcePort, destinationPort, window, hasTimestamps } = reset!;
      expect([came, data.length, reset!.seq, reset!.ack, reset!.flags]).toEqual([came, data.length, seq, ack, flags]);
      expect([sourcePort, destinationPort, window]).toEqual([9, bench.remotePort, 0]);
      expect(hasTimestamps).toBe(false);
    }
  });

  test("of a connection has the numbers that the peer expects, of both ways", () => {
    const bench = new Bench();
    bench.accept({ timestamps: [1, 0] });
    bench.receive({ data: "abc", timestamps: [2, 0] });
    bench.send(10);
    bench.sent();
    bench.tcp.abort(bench.handle);
    const [reset] = bench.sent();
    const { flags, seq, ack, window, hasTimestamps, sourcePort, destinationPort } = reset!;
    expect([flags, seq, ack]).toEqual([RST | ACK, (bench.ack + 10) >>> 0, bench.seq + 3]);
    expect([window, sourcePort, destinationPort]).toEqual([0, 80, bench.remotePort]);
    expect(hasTimestamps).toBe(false);
  });
});

describe("with checksum offload", () => {
  const bench = (offload: boolean): Bench =>
    new Bench((_limits, sink) => {
      sink.checksumOffload = offload;
    });

  const SENDERS: ReadonlyArray<readonly [name: string, act: (bench: Bench) => void]> = [
    ["a SYN", (bench) => void bench.connect()],
    ["a SYN-ACK, and data", (bench) => dataSent(bench)],
    ["a reset", (bench) => void bench.receive({ flags: ACK, ack: 5000 })],
  ];
  for (const [name, act] of SENDERS)
    test(`in ${name} the field holds the pseudo-header's sum, and the link completes it`, () => {
      const offloaded = bench(true);
      act(offloaded);
      expect(offloaded.sink.checksums.length).toBeGreaterThan(0);
      for (const { field, offset, sum } of offloaded.sink.checksums) expect([offset, field]).toEqual([CHECKSUM, sum]);
      // Without, the field is right by itself (the bench looks) and nothing is asked for.
      const without = bench(false);
      act(without);
      for (const { offset } of without.sink.checksums) expect(offset).toBe(0);
    });

  function dataSent(bench: Bench): void {
    bench.accept();
    bench.send(3000);
    bench.sent();
  }
});

describe("what comes with a SYN-ACK", () => {
  test("is read: data may follow the SYN in the same segment", () => {
    const bench = new Bench();
    bench.remotePort = 443;
    bench.handle = bench.tcp.connect(bench.path, 443, bench.userNumber, 65_536, bench.now);
    const [syn] = bench.sent();
    bench.localPort = syn!.sourcePort;
    bench.ack = syn!.seq + 1;
    const [ack] = bench.receive({ flags: SYN | ACK, data: "hello" });
    expect(ack!.ack).toBe(bench.seq + 6);
    expect(bench.user.take()).toEqual(["connected", "readable"]);
    expect(bench.user.received).toEqual([104, 101, 108, 108, 111]);
  });
});

describe("options", () => {
  const EACH: ReadonlyArray<readonly [name: string, fields: SegmentFields, scale: number, stamped: boolean]> = [
    ["none", {}, -1, false],
    ["a window scale", { scale: 3 }, 0, false],
    ["timestamps", { timestamps: [9, 0] }, -1, true],
    ["both", { scale: 3, timestamps: [9, 0] }, 0, true],
  ];
  for (const [name, fields, scale, stamped] of EACH)
    test(`a SYN with ${name} is answered with the same`, () => {
      const bench = new Bench();
      const [synAck] = bench.receive({ ...fields, flags: SYN });
      expect([synAck!.scale >= 0, synAck!.hasTimestamps]).toEqual([scale >= 0, stamped]);
      if (stamped) expect(synAck!.tsEcho).toBe(9);
    });
});
