import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RETRANSMITS, SEGMENTS_OUT } from "../../../stack/base/counters.ts";
import { ERROR_TOO_BIG, ERROR_UNREACHABLE } from "../../../stack/base/quotation.ts";
import { MILLISECOND, SECOND } from "../../../stack/base/result.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../../stack/tcp/wire.ts";
import { Bench, decoded, HERE, PATTERN, THERE } from "./harness.ts";

/** A bench whose peer has answered once, so that the round-trip time is known: 50 ms. */
function measuredBench(window = 65_535): Bench {
  const bench = new Bench();
  bench.accept();
  bench.send(1);
  bench.sent();
  bench.now += 50 * MILLISECOND;
  bench.ack++;
  bench.receive({ window });
  bench.user.take();
  return bench;
}

describe("what is queued", () => {
  test("leaves in full segments, from where it lies, the last one with PSH", () => {
    const bench = new Bench();
    bench.accept();
    bench.tcp.send(bench.handle, PATTERN, 0, 300);
    bench.tcp.send(bench.handle, PATTERN, 300, 4000);
    const segments = bench.sent();
    expect(segments.map((s) => s.payloadLength)).toEqual([1460, 1460, 1380]);
    expect(segments.map((s) => s.flags & PSH)).toEqual([0, 0, PSH]);
    expect(bench.tcp.queued(bench.handle)).toBe(4300);
    bench.ack += 2000;
    bench.receive({});
    expect(bench.tcp.queued(bench.handle)).toBe(2300);
    expect(bench.user.take()).toEqual(["accepted 80", "sent"]);
  });

  test("goes out ten segments at first (RFC 6928)", () => {
    const bench = new Bench();
    bench.accept();
    bench.send(100_000);
    expect(bench.sent()).toHaveLength(10);
  });

  test("carries the acknowledgment of what was asked: no packet of its own", () => {
    const bench = new Bench();
    bench.accept();
    bench.user.onReadable = () => bench.send(100);
    const segments = bench.receive({ data: "GET" });
    expect(segments).toHaveLength(1);
    expect(segments[0]!.ack).toBe(bench.seq + 3);
    expect(bench.pass(SECOND)[0]!.payloadLength).toBe(100);
  });

  test("is one packet with segmentation offload, head copied and body by reference", () => {
    const bench = new Bench((_limits, sink) => {
      sink.segmentOffload = true;
      sink.checksumOffload = true;
    });
    bench.accept();
    bench.tcp.send(bench.handle, PATTERN, 0, 300);
    bench.tcp.send(bench.handle, PATTERN, 300, 8192);
    bench.tcp.transmit(bench.now);
    expect(bench.sink.sends).toEqual([8492]);
    // What the link makes of it.
    expect(bench.sent().map((s) => s.payloadLength)).toEqual([1460, 1460, 1460, 1460, 1460, 1192]);
  });

  test("is refused beyond the limit of ranges, and after shutdown", () => {
    const bench = new Bench((limits) => {
      limits.sendRanges = 3;
    });
    bench.accept();
    for (let i = 0; i < 3; i++) expect(bench.tcp.send(bench.handle, PATTERN, 0, 10)).toBe(true);
    expect(bench.tcp.send(bench.handle, PATTERN, 0, 10)).toBe(false);
    bench.sent();
    bench.ack += 30;
    bench.receive({});
    expect(bench.tcp.send(bench.handle, PATTERN, 0, 10)).toBe(true);
    bench.tcp.shutdown(bench.handle);
    expect(bench.tcp.send(bench.handle, PATTERN, 0, 10)).toBe(false);
  });

  test("waits for a slot when the link has none, and is not lost", () => {
    const bench = new Bench();
    bench.accept();
    bench.sink.slots = 1;
    bench.send(3000);
    expect(bench.sent()).toHaveLength(1);
    expect(bench.tcp.transmitPending).toBe(true);
    bench.sink.slots = 10;
    expect(bench.sent()).toHaveLength(2);
    expect(bench.tcp.transmitPending).toBe(false);
  });
});

describe("segments that repeat the headers of the one before", () => {
  test("are those of a long range behind the first, and without a FIN the last one too", () => {
    for (const [fin, repeats] of [
      [false, 4],
      [true, 3],
    ] as const) {
      const bench = new Bench();
      bench.accept();
      bench.tcp.send(bench.handle, PATTERN, 0, 300);
      bench.tcp.send(bench.handle, PATTERN, 300, 6700);
      if (fin) bench.tcp.shutdown(bench.handle);
      const segments = bench.sent();
      expect(segments.map((s) => s.payloadLength)).toEqual([1460, 1460, 1460, 1460, 1160]);
      expect(segments.map((s) => s.flags)).toEqual([ACK, ACK, ACK, ACK, ACK | PSH | (fin ? FIN : 0)]);
      expect(bench.sink.repeats).toBe(repeats);
    }
  });

  test("are the same bytes as without, whatever is queued, fits and goes missing", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("send" as const), from: fc.nat(5000), length: fc.integer({ min: 1, max: 9000 }) }),
      fc.record({
        do: fc.constant("acknowledge" as const),
        part: fc.nat(100),
        window: fc.constantFrom(0, 700, 5000, 65_535, 65_535),
      }),
      fc.record({ do: fc.constant("slots" as const), slots: fc.nat(60) }),
      fc.record({ do: fc.constant("pass" as const), time: fc.integer({ min: 1, max: 400 }) }),
      fc.record({ do: fc.constant("shutdown" as const) }),
    );
    let repeats = 0;
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom(536, 1200, 1460),
        fc.array(step, { maxLength: 30 }),
        (timestamps, offload, mss, steps) => {
          const [a, b] = [true, false].map((repeating) => {
            const bench = new Bench((_limits, sink) => {
              sink.repeating = repeating;
              sink.checksumOffload = offload;
            });
            bench.accept(timestamps ? { mss, timestamps: [5, 0] } : { mss });
            const end = bench.ack;
            const packets: Uint8Array[] = [];
            let sentTo = end;
            for (const s of steps) {
              if (s.do === "send") bench.tcp.send(bench.handle, PATTERN, s.from, s.length);
              else if (s.do === "acknowledge") {
                bench.ack += Math.floor(((sentTo - bench.ack) * s.part) / 100);
                bench.input(timestamps ? { window: s.window, timestamps: [6, 0] } : { window: s.window });
              } else if (s.do === "slots") bench.sink.slots = s.slots;
              else if (s.do === "shutdown") bench.tcp.shutdown(bench.handle);
              else {
                bench.now += s.time * MILLISECOND;
                bench.tcp.step(bench.now);
              }
              bench.tcp.transmit(bench.now);
              for (const { bytes } of bench.sink.take()) {
                const segment = decoded(bytes);
                const fin = (segment.flags & FIN) !== 0 ? 1 : 0;
                sentTo = Math.max(sentTo, segment.seq + segment.payloadLength + fin);
                packets.push(bytes);
              }
            }
            repeats += bench.sink.repeats;
            const counted = [bench.tcp.counts(SEGMENTS_OUT), bench.tcp.counts(RETRANSMITS)];
            return { packets, counted, next: bench.tcp.nextDeadline() };
          });
          expect(a).toEqual(b);
        },
      ),
      { numRuns: 300 },
    );
    expect(repeats).toBeGreaterThan(100);
  });
});

describe("the retransmission timer (RFC 6298)", () => {
  test("is 200 ms at least, doubles with each timeout and gives up after the user timeout", () => {
    const bench = measuredBench();
    bench.send(100);
    bench.sent();
    expect(bench.pass(199 * MILLISECOND)).toHaveLength(0);
    expect(bench.pass(2 * MILLISECOND)).toHaveLength(1);
    expect(bench.pass(398 * MILLISECOND)).toHaveLength(0);
    expect(bench.pass(2 * MILLISECOND)).toHaveLength(1);
    expect(bench.pass(798 * MILLISECOND)).toHaveLength(0);
    expect(bench.pass(2 * MILLISECOND)).toHaveLength(1);
    bench.user.take();
    bench.pass(170 * SECOND);
    expect(bench.user.take()).toEqual(["closed 2"]);
    expect(bench.tcp.counters.connections).toBe(0);
  });

  test("is 1 s before anything was measured", () => {
    const bench = new Bench();
    const [synAck] = bench.receive({ flags: 2 });
    expect(synAck).toBeDefined();
    expect(bench.pass(999 * MILLISECOND)).toHaveLength(0);
    expect(bench.pass(2 * MILLISECOND)).toHaveLength(1);
  });

  test("follows the round-trip time: SRTT 500 ms, RTTVAR 250 ms give 1.5 s", () => {
    const bench = new Bench();
    const [synAck] = bench.receive({ flags: 2 });
    bench.seq++;
    bench.ack = synAck!.seq + 1;
    bench.now += 500 * MILLISECOND;
    bench.receive({});
    bench.handle = bench.user.handle;
    bench.send(10);
    bench.sent();
    expect(bench.pass(1499 * MILLISECOND)).toHaveLength(0);
    expect(bench.pass(2 * MILLISECOND)).toHaveLength(1);
  });

  test("starts again with each ACK of something new", () => {
    const bench = measuredBench();
    bench.send(3000);
    bench.sent();
    bench.pass(150 * MILLISECOND);
    bench.ack += 1460;
    bench.receive({});
    expect(bench.pass(100 * MILLISECOND)).toHaveLength(0);
  });

  test("does not believe the time of a segment that was sent twice (Karn)", () => {
    const bench = measuredBench();
    bench.send(10);
    bench.sent();
    bench.pass(201 * MILLISECOND);
    bench.now += 5 * SECOND;
    bench.tcp.step(bench.now);
    bench.sent();
    bench.ack += 10;
    bench.receive({});
    // Still backed off, not 5 s measured: 800 ms.
    bench.send(10);
    bench.sent();
    expect(bench.pass(790 * MILLISECOND)).toHaveLength(0);
    expect(bench.pass(20 * MILLISECOND)).toHaveLength(1);
  });

  test("after a timeout one segment leaves, and slow start goes on from what is acknowledged", () => {
    const bench = measuredBench();
    bench.send(14_600);
    expect(bench.sent()).toHaveLength(10);
    expect(bench.pass(201 * MILLISECOND)).toHaveLength(1);
    // All but the first had arrived.
    bench.ack += 14_600;
    bench.send(14_600);
    const next = bench.receive({});
    expect(next.length).toBeGreaterThanOrEqual(2);
    expect(next[0]!.seq).toBe(bench.ack >>> 0);
  });
});

describe("fast retransmit and recovery (RFC 5681, RFC 6582)", () => {
  test("the third duplicate ACK sends the first segment again; two let a new one out each", () => {
    const bench = measuredBench();
    bench.send(100_000);
    const first = bench.sent();
    expect(first).toHaveLength(10);
    const limited = [...bench.receive({}), ...bench.receive({})];
    expect(limited.map((s) => s.seq)).toEqual([bench.ack + 14_600, bench.ack + 16_060]);
    const [again] = bench.receive({});
    expect([again!.seq, again!.payloadLength]).toEqual([bench.ack, 1460]);
    expect(bench.tcp.counts(RETRANSMITS)).toBe(1);
  });

  test("a partial ACK sends the next hole again, a full one ends recovery at ssthresh", () => {
    const bench = measuredBench();
    bench.send(14_600);
    bench.sent();
    for (let i = 0; i < 3; i++) bench.receive({});
    bench.ack += 2920;
    const [hole] = bench.receive({});
    expect([hole!.seq, hole!.payloadLength]).toEqual([bench.ack, 1460]);
    bench.ack += 14_600 - 2920;
    bench.send(100_000);
    // ssthresh is half of what was in flight, so five segments at most, plus none.
    const after = bench.receive({});
    expect(after.length).toBeGreaterThanOrEqual(1);
    expect(after.length).toBeLessThanOrEqual(5);
  });

  test("ACKs with data or with another window are no duplicates", () => {
    const bench = measuredBench();
    bench.send(14_600);
    bench.sent();
    for (let i = 0; i < 3; i++) {
      bench.receive({ data: "x" });
      bench.seq++;
    }
    for (let i = 0; i < 3; i++) bench.receive({ window: 60_000 + i });
    expect(bench.tcp.counts(RETRANSMITS)).toBe(0);
  });
});

describe("congestion control", () => {
  test("slow start doubles the window each round trip, congestion avoidance adds one segment", () => {
    const bench = new Bench();
    bench.accept({ window: 65_535, scale: 7 });
    bench.send(1 << 20);
    bench.send(1 << 20);
    let inFlight = bench.sent().length;
    expect(inFlight).toBe(10);
    bench.now += 50_000;
    let sent = 0;
    for (let i = 0; i < inFlight; i++) {
      bench.ack += 1460;
      sent += bench.receive({}).length;
    }
    expect(sent).toBe(20);
    inFlight = 20;
    // A loss: then half of it, and one more each round trip.
    for (let i = 0; i < 3; i++) bench.receive({});
    bench.ack += inFlight * 1460;
    // What limited transmit let out beside it.
    bench.ack += 2 * 1460;
    const after = bench.receive({}).length;
    expect(after).toBeLessThanOrEqual(12);
    bench.ack += after * 1460;
    bench.now += 50_000;
    const next = bench.receive({}).length;
    expect(next).toBeLessThanOrEqual(13);
  });

  test("a window that was not used does not grow, and after an idle RTO begins afresh", () => {
    const bench = measuredBench();
    for (let i = 0; i < 50; i++) {
      bench.send(100);
      bench.sent();
      bench.ack += 100;
      bench.receive({});
    }
    bench.send(100_000);
    expect(bench.sent()).toHaveLength(10);
  });
});

describe("the peer's window", () => {
  test("bounds what leaves, scaled by what its SYN said", () => {
    const bench = new Bench();
    bench.accept({ window: 50, scale: 7 });
    bench.send(20_000);
    // 6,400 bytes, of which whole segments: four.
    expect(bench.sent().map((s) => s.payloadLength)).toEqual([1460, 1460, 1460, 1460]);
  });

  test("of zero is probed with one octet, at growing intervals, for as long as the peer answers", () => {
    const bench = measuredBench(0);
    bench.send(5000);
    expect(bench.sent()).toHaveLength(0);
    let probes = 0;
    for (let i = 0; i < 300; i++) {
      for (const probe of bench.pass(SECOND)) {
        expect([probe.seq, probe.payloadLength]).toEqual([bench.ack >>> 0, 1]);
        probes++;
        bench.receive({ window: 0 });
      }
    }
    expect(probes).toBeGreaterThan(8);
    expect(probes).toBeLessThan(20);
    // It opens: everything leaves, the probed octet included.
    const segments = bench.receive({ window: 65_535 });
    expect(segments[0]!.seq).toBe(bench.ack >>> 0);
    expect(segments.reduce((sum, s) => sum + s.payloadLength, 0)).toBe(5000);
  });

  test("of zero that is never answered ends the connection", () => {
    const bench = measuredBench(0);
    bench.send(5000);
    bench.sent();
    bench.pass(300 * SECOND);
    expect(bench.user.take()).toEqual(["closed 2"]);
  });

  test("a probe that the peer takes moves things on", () => {
    const bench = measuredBench(0);
    bench.send(2);
    bench.sent();
    expect(bench.pass(300 * MILLISECOND).map((s) => s.payloadLength)).toEqual([1]);
    bench.ack += 1;
    bench.receive({ window: 0 });
    expect(bench.tcp.queued(bench.handle)).toBe(1);
    const segments = bench.receive({ window: 1000 });
    expect([segments[0]!.seq, segments[0]!.payloadLength]).toEqual([bench.ack >>> 0, 1]);
  });

  test("that opens by little is not filled with little (SWS avoidance, RFC 9293 3.8.6.2.1)", () => {
    const bench = measuredBench();
    bench.send(65_535 + 1000);
    bench.sent();
    while (bench.tcp.queued(bench.handle) > 1000) {
      const flight = Math.min(14_600, bench.tcp.queued(bench.handle) - 1000);
      bench.ack += flight;
      bench.receive({ window: bench.tcp.queued(bench.handle) - flight > 1000 ? 65_535 : 100 });
      if (bench.tcp.counts(SEGMENTS_OUT) > 500) break;
    }
    expect(bench.sent()).toHaveLength(0);
    // But in the end, it is.
    const segments = bench.pass(SECOND);
    expect(segments.length).toBeGreaterThanOrEqual(1);
    expect(segments[0]!.payloadLength).toBe(100);
  });

  test("a FIN leaves even when it is shut", () => {
    const bench = measuredBench(0);
    bench.tcp.shutdown(bench.handle);
    expect(bench.sent()[0]!.flags).toBe(FIN | ACK);
  });
});

describe("segment size", () => {
  test("is the smaller of the peer's MSS and the link's, less the timestamps", () => {
    const small = new Bench();
    small.accept({ mss: 1000 });
    small.send(5000);
    expect(small.sent()[0]!.payloadLength).toBe(1000);
    const stamped = new Bench();
    stamped.accept({ mss: 9000, timestamps: [5, 0] });
    stamped.send(5000);
    expect(stamped.sent()[0]!.payloadLength).toBe(1448);
  });

  test("an MSS too small to be meant is not believed", () => {
    const bench = new Bench();
    bench.accept({ mss: 1 });
    bench.send(1000);
    expect(bench.sent()[0]!.payloadLength).toBe(88);
  });

  test("a SYN without MSS means 536", () => {
    const bench = new Bench();
    bench.accept({ mss: 0 });
    bench.send(1000);
    expect(bench.sent()[0]!.payloadLength).toBe(536);
  });
});

describe("ICMP", () => {
  const needed = (bench: Bench, seq: number, mtu: number): void =>
    bench.networkError(ERROR_TOO_BIG, { sequence: seq, mtu });

  test("'fragmentation needed' for a segment in flight makes segments smaller and sends them again at once", () => {
    const bench = measuredBench();
    bench.send(2920);
    bench.sent();
    needed(bench, bench.ack, 1280);
    const again = bench.sent();
    // RFC 1191 6.5: one until acknowledgments come.
    expect(again.map((s) => s.payloadLength)).toEqual([1240]);
    expect(again[0]!.seq).toBe(bench.ack >>> 0);
    bench.ack += 1240;
    expect(bench.receive({}).map((s) => s.payloadLength)).toEqual([1240, 440]);
  });

  test("a router that does not say its MTU makes us guess the next one there is (RFC 1191 7.1)", () => {
    for (const [length, mss] of [
      [1500, 1452],
      [1200, 966],
      [0, 512],
      [9000, 1452],
    ] as const) {
      const bench = measuredBench();
      bench.send(2920);
      bench.sent();
      bench.networkError(ERROR_TOO_BIG, { sequence: bench.ack, mtu: 0, length });
      if (length === 0) expect(bench.sent()).toEqual([]);
      else expect(bench.sent().map((s) => s.payloadLength)).toEqual([mss]);
    }
  });

  test("lies about an MTU that falls and falls make us send one segment again, not all each time", () => {
    const bench = measuredBench();
    bench.send(10 * 1460);
    bench.sent();
    let bytes = 0;
    for (let mtu = 1499; mtu > 1410; mtu--) {
      needed(bench, bench.ack, mtu);
      for (const s of bench.sent()) bytes += s.payloadLength;
    }
    expect(bytes).toBeLessThanOrEqual(1460);
    // The last of them holds, and the timeout mends the rest.
    expect(bench.pass(2 * SECOND)[0]!.payloadLength).toBe(1411 - 40);
  });

  test("holds for the path: the next connection begins with it", () => {
    const bench = measuredBench();
    bench.send(2920);
    bench.sent();
    needed(bench, bench.ack, 1280);
    bench.sent();
    bench.remotePort = 7777;
    bench.seq = 9_000_000;
    bench.accept();
    bench.send(2000);
    expect(bench.sent().map((s) => s.payloadLength)).toEqual([1240, 760]);
  });

  test("is ignored for a number that is not in flight, and when it says more than we know", () => {
    const bench = measuredBench();
    bench.send(2920);
    bench.sent();
    needed(bench, bench.ack - 1, 1280);
    needed(bench, bench.ack + 2920, 1280);
    needed(bench, bench.ack, 1500);
    needed(bench, bench.ack, 67);
    expect(bench.sent()).toEqual([]);
  });

  test("of a path of less than 552 bytes: 512 a segment, and fragments may be made", () => {
    const bench = measuredBench();
    bench.send(1000);
    bench.sent();
    needed(bench, bench.ack, 300);
    bench.tcp.transmit(bench.now);
    expect(bench.sink.fragmentable).toEqual([true]);
    expect(bench.sent().map((s) => s.payloadLength)).toEqual([512]);
  });

  test("of such a path is obeyed by a card that cuts segments, too: what it cuts must not be fragmented", () => {
    const bench = new Bench((_limits, sink) => {
      sink.segmentOffload = true;
      sink.checksumOffload = true;
    });
    bench.accept();
    bench.send(5000);
    bench.sent();
    needed(bench, bench.ack, 300);
    bench.tcp.transmit(bench.now);
    expect(bench.sink.sends).toEqual([512]);
    expect(bench.sink.fragmentable).toEqual([true]);
  });

  test("'unreachable' ends a connect and nothing else (RFC 5927)", () => {
    const bench = measuredBench();
    bench.send(100);
    bench.sent();
    bench.networkError(ERROR_UNREACHABLE, { sequence: bench.ack });
    expect(bench.user.take()).toEqual([]);
    bench.tcp.connect(bench.path, 443, bench.userNumber, 65_536, bench.now);
    const [syn] = bench.sent();
    bench.networkError(ERROR_UNREACHABLE, { localPort: syn!.sourcePort, remotePort: 443, sequence: syn!.seq });
    expect(bench.user.take()).toEqual(["closed 4"]);
  });
});

describe("a next hop that does not answer", () => {
  test("ends connects to that peer, and nothing else", () => {
    const bench = measuredBench();
    bench.tcp.connect(bench.path, 443, bench.userNumber, 65_536, bench.now);
    bench.sent();
    bench.tcp.pathUnreachable(bench.sink.paths.open4(THERE, HERE), bench.now);
    expect(bench.user.take()).toEqual([]);
    bench.tcp.pathUnreachable(bench.path, bench.now);
    expect(bench.user.take()).toEqual(["closed 4"]);
    expect(bench.tcp.counters.connections).toBe(1);
  });
});

describe("the next hop", () => {
  test("is doubted when the same has been sent twice in vain, data or SYN-ACK", () => {
    const bench = measuredBench();
    bench.send(100);
    bench.sent();
    bench.pass(300 * MILLISECOND);
    expect(bench.sink.doubted).toEqual([]);
    bench.pass(800 * MILLISECOND);
    expect(bench.sink.doubted[0]).toBe(bench.path);
    const other = new Bench();
    other.receive({ flags: SYN });
    other.pass(1100 * MILLISECOND);
    expect(other.sink.doubted).toEqual([]);
    other.pass(2 * SECOND);
    expect(other.sink.doubted).toEqual([other.path]);
  });
});

describe("keep-alive", () => {
  test("is off unless asked for; then an idle peer is probed and a dead one given up", () => {
    const quiet = measuredBench();
    expect(quiet.pass(86_400 * SECOND)).toHaveLength(0);
    const bench = new Bench((limits) => {
      limits.keepAlive = 3600 * SECOND;
    });
    bench.accept();
    bench.user.take();
    const [probe] = bench.pass(3601 * SECOND);
    expect([probe!.seq, probe!.payloadLength]).toEqual([(bench.ack - 1) >>> 0, 0]);
    bench.receive({});
    expect(bench.pass(3590 * SECOND)).toHaveLength(0);
    const probes = bench.pass(3600 * SECOND);
    expect(probes.filter((s) => (s.flags & RST) === 0)).toHaveLength(8);
    expect(bench.user.take()).toEqual(["closed 2"]);
  });
});
