// What an acknowledgment tells: which time it took, what it ends, and what it must not be believed (RFC 6298, RFC 7323 4,
// RFC 9293 3.10.7.4 "fifth").

import { describe, expect, test } from "vitest";
import { ERROR_TOO_BIG } from "../../../stack/base/quotation.ts";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { ACK, FIN, RST, SYN } from "../../../stack/tcp/wire.ts";
import { Bench, type SegmentFields } from "./harness.ts";

/** Sends ten bytes and says after how many milliseconds, to the nearest, they are sent again. */
function timeout(bench: Bench): number {
  bench.send(10);
  bench.sent();
  for (let ms = 1; ms <= 70_000; ms++) if (bench.pass(MILLISECOND).length > 0) return ms;
  return -1;
}

/** A round trip of ten bytes that takes so long. */
function roundTrip(bench: Bench, ms: number, fields: SegmentFields = {}): void {
  bench.send(10);
  bench.sent();
  bench.now += ms * MILLISECOND;
  bench.ack += 10;
  bench.receive(fields);
}

/** A connection whose handshake took 500 ms: SRTT 500, RTTVAR 250. */
function slow(fields: SegmentFields = {}): Bench {
  const bench = new Bench();
  const [synAck] = bench.receive({ ...fields, flags: SYN });
  bench.seq++;
  bench.ack = synAck!.seq + 1;
  bench.now += 500 * MILLISECOND;
  bench.receive(fields);
  bench.handle = bench.user.handle;
  return bench;
}

describe("the round-trip time", () => {
  test("of the handshake is one measurement, and ends with it: a connection that then is idle learns nothing", () => {
    const passive = new Bench();
    const [synAck] = passive.receive({ flags: SYN });
    passive.seq++;
    passive.ack = synAck!.seq + 1;
    passive.now += 100 * MILLISECOND;
    passive.receive({});
    passive.handle = passive.user.handle;
    const active = new Bench();
    active.remotePort = 443;
    active.handle = active.tcp.connect(active.path, 443, active.userNumber, 65_536, active.now);
    const [syn] = active.sent();
    active.localPort = syn!.sourcePort;
    active.ack = syn!.seq + 1;
    active.now += 100 * MILLISECOND;
    active.receive({ flags: SYN | ACK });
    active.seq++;
    for (const bench of [passive, active]) {
      bench.now += 20 * SECOND;
      // SRTT 100, RTTVAR 50; then again 100: 37.5. With 20 s it would be far more.
      roundTrip(bench, 100);
      expect(timeout(bench)).toBe(250);
    }
  });

  test("is that of the segment that waited longest", () => {
    const bench = slow();
    bench.send(1460);
    bench.sent();
    bench.now += 500 * MILLISECOND;
    bench.send(1460);
    bench.sent();
    bench.now += 500 * MILLISECOND;
    bench.ack += 2920;
    bench.receive({});
    // 1000 ms: SRTT 562.5, RTTVAR 312.5. The second alone took 500 and would make it 1250.
    expect(timeout(bench)).toBe(1813);
  });

  test("is taken with each acknowledgment, of a part as well", () => {
    const bench = slow();
    bench.send(2920);
    bench.sent();
    bench.now += 600 * MILLISECOND;
    bench.ack += 100;
    bench.receive({});
    bench.now += 400 * MILLISECOND;
    bench.ack += 2820;
    bench.receive({});
    // 600 ms: SRTT 512.5, RTTVAR 212.5; then 1000 ms: SRTT 573.4, RTTVAR 281.25.
    expect(timeout(bench)).toBe(1699);
  });

  test("by timestamps is for a connection that has them, from an echo that is one, of a time that can be", () => {
    const cases: ReadonlyArray<readonly [name: string, stamped: boolean, echo: (real: number) => number, rto: number]> =
      [
        // 500 ms: SRTT 500, RTTVAR 187.5. Otherwise it stays backed off.
        ["an echo of 500 ms ago", true, (real) => real, 1250],
        ["an echo of nothing", true, () => 0, 3000],
        ["an echo from the future", true, (real) => real + 1000, 3000],
        ["an echo of ten minutes ago", true, (real) => real - 599_500, 3000],
        ["a connection without", false, (real) => real, 3000],
      ];
    for (const [name, stamped, echo, rto] of cases) {
      const bench = slow(stamped ? { timestamps: [1, 0] } : {});
      // Our clock of timestamps comes round: an echo of 0 would be one of a second ago.
      const syn: SegmentFields = stamped ? { timestamps: [1, 0] } : {};
      const clock = bench.receive({ ...syn, flags: SYN })[0]!.tsValue;
      bench.now += (2 ** 32 - clock - 1000) * MILLISECOND;
      bench.send(10);
      const sentAt = bench.sent()[0]!.tsValue;
      // Sent again, so that our own clock is spoilt (Karn).
      expect(bench.pass(1500 * MILLISECOND)).toHaveLength(1);
      bench.now += 500 * MILLISECOND;
      bench.ack += 10;
      bench.receive({ timestamps: [2, echo(sentAt + 1500) >>> 0] });
      expect([name, timeout(bench)]).toEqual([name, rto]);
    }
  });
});

describe("a FIN under way", () => {
  test("alone is not sent again for duplicate acknowledgments, but by the timer", () => {
    const bench = new Bench();
    bench.accept();
    roundTrip(bench, 50);
    bench.tcp.shutdown(bench.handle);
    expect(bench.sent().map((s) => s.flags)).toEqual([FIN | ACK]);
    for (let i = 0; i < 5; i++) expect(bench.receive({})).toEqual([]);
    expect(bench.pass(300 * MILLISECOND).map((s) => s.flags & FIN)).toEqual([FIN]);
  });

  test("behind data is acknowledged only by more than the data", () => {
    const bench = new Bench();
    bench.accept();
    bench.send(10);
    bench.tcp.shutdown(bench.handle);
    bench.sent();
    bench.ack += 10;
    bench.receive({});
    bench.receive({ flags: FIN | ACK });
    bench.seq++;
    // Both FINs have crossed: ours is not acknowledged yet.
    expect(bench.tcp.counters.timeWait).toBe(0);
    bench.ack++;
    bench.receive({});
    expect(bench.tcp.counters.timeWait).toBe(1);
  });
});

describe("an acknowledgment of what was never sent", () => {
  test("in SYN-RECEIVED is answered by a reset with its number, to either side of what was", () => {
    for (const off of [-1, 1]) {
      const bench = new Bench();
      const [synAck] = bench.receive({ flags: SYN });
      bench.seq++;
      bench.ack = synAck!.seq + 1 + off;
      const [reset] = bench.receive({});
      expect([reset!.flags, reset!.seq]).toEqual([RST, bench.ack >>> 0]);
      expect(bench.tcp.counters.halfOpen).toBe(1);
      expect(bench.user.take()).toEqual([]);
    }
  });

  test("brings no window with it", () => {
    const bench = new Bench();
    bench.accept({ window: 1000 });
    bench.receive({ ack: bench.ack + 1, window: 60_000 });
    bench.send(5000);
    expect(bench.sent().reduce((sum, s) => sum + s.payloadLength, 0)).toBeLessThanOrEqual(1000);
  });
});

describe("the window of the peer", () => {
  test("is not taken from a segment that is older than the one that told it last", () => {
    const bench = new Bench();
    bench.accept({ window: 10_000 });
    bench.receive({ data: "abc", window: 1460 });
    bench.seq += 3;
    // A segment from before, late.
    bench.receive({ seq: bench.seq - 3, window: 9000 });
    bench.send(5000);
    expect(bench.sent().reduce((sum, s) => sum + s.payloadLength, 0)).toBe(1460);
  });

  test("is taken from the same segment with a later acknowledgment, and not from one with an earlier", () => {
    const bench = new Bench();
    bench.accept({ window: 10_000 });
    bench.send(1000);
    bench.sent();
    bench.ack += 1000;
    bench.receive({ window: 1460 });
    bench.receive({ ack: bench.ack - 500, window: 9000 });
    bench.send(5000);
    expect(bench.sent().reduce((sum, s) => sum + s.payloadLength, 0)).toBe(1460);
  });
});

describe("a path that turns out narrow", () => {
  test("is no sign of congestion: slow start leads back to the window that there was (RFC 1191 6.5)", () => {
    const bench = new Bench();
    bench.accept();
    roundTrip(bench, 50);
    bench.send(200_000);
    const before = bench.sent().reduce((sum, s) => sum + s.payloadLength, 0);
    expect(before).toBe(14_600);
    bench.networkError(ERROR_TOO_BIG, { sequence: bench.ack, mtu: 1040 });
    // From one segment on what is acknowledged, until it is what it was (the last of what was lost is 600 bytes); from
    // there on by CUBIC, a segment a round trip or less.
    let left = bench.sent().reduce((sum, s) => sum + s.payloadLength, 0);
    const rounds = [left / 1000];
    for (let i = 0; i < 10; i++) {
      bench.now += 50 * MILLISECOND;
      bench.ack += left;
      left = bench.receive({}).reduce((sum, s) => sum + s.payloadLength, 0);
      rounds.push(left / 1000);
    }
    expect(rounds.slice(0, 6)).toEqual([1, 2, 4, 7.6, 15, 16]);
    for (let i = 6; i < rounds.length; i++) expect(rounds[i]! - rounds[i - 1]!).toBeLessThanOrEqual(1);
  });
});

describe("bytes out of order", () => {
  test("are given back when their user lets go, or the connection ends", () => {
    for (const end of [
      (bench: Bench): void => bench.tcp.close(bench.handle),
      (bench: Bench): void => bench.tcp.abort(bench.handle),
      (bench: Bench): void => void bench.receive({ flags: RST }),
    ]) {
      const bench = new Bench();
      bench.accept();
      bench.receive({ seq: bench.seq + 100, data: "later" });
      expect(bench.tcp.memoryInUse).toBeGreaterThan(0);
      end(bench);
      expect(bench.tcp.memoryInUse).toBe(0);
    }
  });
});
